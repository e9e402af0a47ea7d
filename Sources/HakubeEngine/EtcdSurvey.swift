// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
package import HakubePlan
package import HakubeTransport

/// Asks etcd who its members are and how they fare. It reads only.
package enum EtcdSurvey {
    /// - Parameter control: for the master behind `transport`.
    /// - Returns: `nil` when etcd told nothing that makes sense: most often it has no majority.
    /// - Throws: `TransportError`.
    package static func members(through transport: any Transport, _ control: EtcdControl) async throws -> [EtcdMember]?
    {
        let output = try await transport.run(control.survey) { _ in }
        return members(from: output.out)
    }

    static func members(from output: String) -> [EtcdMember]? {
        func document(_ key: String) -> Data? {
            output.split(separator: "\n").first { $0.hasPrefix("\(key) ") }
                .flatMap { Data(base64Encoded: String($0.dropFirst(key.count + 1))) }
        }
        guard let list = document("members").flatMap({ try? JSONDecoder().decode(MemberList.self, from: $0) }),
            !list.members.isEmpty
        else { return nil }
        let states = document("status").flatMap { try? JSONDecoder().decode([EndpointStatus].self, from: $0) } ?? []
        return list.members.map { member in
            let state = states.first { $0.Status.header.member_id == member.ID }?.Status
            return EtcdMember(
                id: member.ID, name: member.name ?? "", peerURLs: member.peerURLs ?? [],
                clientURLs: member.clientURLs ?? [], isLearner: member.isLearner ?? false,
                // Its errors may be alarms, which every member tells of every other.
                isHealthy: (state?.leader ?? 0) != 0,
                isLeader: state?.leader == member.ID)
        }
    }
}

// etcdctl's own spelling, as of 3.4 to 3.6.

private struct MemberList: Decodable {
    struct Member: Decodable {
        let ID: UInt64
        let name: String?
        let peerURLs: [String]?, clientURLs: [String]?
        let isLearner: Bool?
    }

    let members: [Member]
}

private struct EndpointStatus: Decodable {
    struct Header: Decodable { let member_id: UInt64 }

    struct Status: Decodable {
        let header: Header
        let leader: UInt64?
    }

    let Status: Status
}
