// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// How many members etcd can lose. A change of membership needs the votes of a majority, before and after.
package struct EtcdQuorum: Sendable, Hashable {
    package let voters: Int
    package let healthy: Int

    package init(_ members: [EtcdMember]) {
        let voting = members.filter { !$0.isLearner }
        voters = voting.count
        healthy = voting.count(where: \.isHealthy)
    }

    private init(voters: Int, healthy: Int) {
        self.voters = voters
        self.healthy = healthy
    }

    /// A majority answers.
    package var stands: Bool { healthy > voters / 2 }

    /// Members that have to answer so that anything can be written.
    package var majority: Int { voters / 2 + 1 }

    /// True when a majority still answers while so many healthy members are away and stay members.
    package func stands(without away: Int) -> Bool { healthy - away >= majority }

    /// True when members can be removed one after another, the dead first, and a majority stands after each.
    package func survives(removingHealthy living: Int, dead: Int) -> Bool {
        guard stands else { return false }
        let rest = EtcdQuorum(voters: voters - dead, healthy: healthy)
        return (0...living).allSatisfy { gone in
            let left = EtcdQuorum(voters: rest.voters - gone, healthy: rest.healthy - gone)
            return left.voters > 0 && left.stands
        }
    }

    /// How many healthy members may go, after `dead` dead ones.
    package func spare(afterRemovingDead dead: Int) -> Int {
        (0...max(0, healthy)).last { survives(removingHealthy: $0, dead: dead) } ?? 0
    }
}
