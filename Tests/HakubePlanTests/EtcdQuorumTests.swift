// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubePlan

/// How many members may go is arithmetic, and has to be right.
@Suite struct EtcdQuorumTests {
    private func quorum(_ voters: Int, healthy: Int, learners: Int = 0) -> EtcdQuorum {
        let members = (0..<voters + learners).map { index in
            EtcdMember(
                id: UInt64(index), name: "m\(index)", peerURLs: [], clientURLs: [], isLearner: index >= voters,
                isHealthy: index < healthy, isLeader: index == 0)
        }
        return EtcdQuorum(members)
    }

    @Test(arguments: [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)])
    func `of healthy members all but one may go, one after another`(voters: Int, spare: Int) {
        #expect(quorum(voters, healthy: voters).spare(afterRemovingDead: 0) == spare)
    }

    @Test func `with one of three dead no healthy one may go before it`() {
        let quorum = quorum(3, healthy: 2)
        #expect(!quorum.survives(removingHealthy: 1, dead: 0))
        #expect(quorum.survives(removingHealthy: 0, dead: 1))
        #expect(quorum.survives(removingHealthy: 1, dead: 1))
        #expect(quorum.spare(afterRemovingDead: 1) == 1)
    }

    @Test func `with two of five dead a healthy one may go only after one of them`() {
        let quorum = quorum(5, healthy: 3)
        #expect(!quorum.survives(removingHealthy: 1, dead: 0))
        #expect(quorum.survives(removingHealthy: 1, dead: 1))
        #expect(quorum.survives(removingHealthy: 2, dead: 2))
    }

    @Test func `without a majority not even the dead can be removed`() {
        #expect(!quorum(3, healthy: 1).survives(removingHealthy: 0, dead: 2))
        #expect(!quorum(2, healthy: 1).survives(removingHealthy: 0, dead: 1))
    }

    @Test func `learners do not vote`() {
        #expect(quorum(3, healthy: 2, learners: 1).spare(afterRemovingDead: 1) == 1)
        #expect(quorum(1, healthy: 1, learners: 1).spare(afterRemovingDead: 0) == 0)
    }
}
