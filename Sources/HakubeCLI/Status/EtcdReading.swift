// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel

/// What the members of etcd said, each of itself.
struct EtcdReading: Sendable, Hashable {
    struct Member: Sendable, Hashable {
        let id: UInt64
        /// Empty for a member that was announced and has never started.
        let name: String
        let peerURLs: [String]
        let isLearner: Bool

        func isAt(_ address: IPAddress) -> Bool { peerURLs.contains { $0.contains("//\(address.bracketed):") } }
    }

    struct Local: Sendable, Hashable {
        let member: UInt64
        /// 0: it knows none.
        let leader: UInt64
        let version: String
        let bytes: Int
        let alarms: [String]
        /// It has answered a question that needs a majority.
        let hasQuorum: Bool
    }

    /// As the first member that could list them has it; empty when none could.
    let members: [Member]
    let local: [HostID: Local]

    init(_ answers: [(HostID, HostAnswer)]) {
        members =
            answers.lazy.compactMap { Self.decoded(MemberList.self, $0.1.etcdMembers)?.members }
            .first.map { list in
                list.map {
                    Member(
                        id: $0.ID, name: $0.name ?? "", peerURLs: $0.peerURLs ?? [], isLearner: $0.isLearner ?? false)
                }
            } ?? []
        var local: [HostID: Local] = [:]
        for (host, answer) in answers {
            guard let status = Self.decoded([Endpoint].self, answer.etcdStatus)?.first?.Status else { continue }
            let health = Self.decoded([Health].self, answer.etcdHealth)?.first
            local[host] = Local(
                member: status.header.member_id, leader: status.leader ?? 0, version: status.version ?? "",
                bytes: status.dbSize ?? 0, alarms: status.errors ?? [], hasQuorum: health?.health ?? false)
        }
        self.local = local
    }

    /// The leader that members agree on.
    var leader: UInt64? {
        Set(local.values.map(\.leader).filter { $0 != 0 }).count == 1
            ? local.values.lazy.map(\.leader).first { $0 != 0 } : nil
    }

    private static func decoded<Value: Decodable>(_ type: Value.Type, _ json: String) -> Value? {
        try? JSONDecoder().decode(type, from: Data(json.utf8))
    }

    private struct MemberList: Decodable {
        struct Entry: Decodable {
            let ID: UInt64
            let name: String?
            let peerURLs: [String]?
            let isLearner: Bool?
        }
        let members: [Entry]
    }

    private struct Endpoint: Decodable {
        struct Header: Decodable { let member_id: UInt64 }
        struct Body: Decodable {
            let header: Header
            let leader: UInt64?
            let version: String?
            let dbSize: Int?
            let errors: [String]?
        }
        let Status: Body
    }

    private struct Health: Decodable { let health: Bool }
}
