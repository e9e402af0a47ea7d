// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan

/// The stable shape of `hakube status --output json`. A key once published stays; new ones may come.
struct StatusDocument: Encodable {
    struct EndpointEntry: Encodable {
        let authority: String
        let strategy: String
        /// Left out for an external endpoint.
        let vip: String?
        /// Left out where workers have none.
        let guardian: String?
    }

    struct HostEntry: Encodable {
        let host: String
        let name: String?
        let role: String
        let address: String
        let reachable: Bool
        let kubelet: String?
        let runtime: String?
        let hostsFileIsRight: Bool?
        let api: APIEntry?
        let node: NodeEntry?
        let guardian: GuardianEntry?
        /// Whether this master has the address that moves between masters; left out where there is none.
        let holdsVIP: Bool?
        /// What this worker gets through the endpoint; left out where a guardian says it.
        let endpoint: APIEntry?
        let certificates: [CertificateEntry]
    }

    struct APIEntry: Encodable {
        let ready: Bool
        let message: String
    }

    struct NodeEntry: Encodable {
        let ready: Bool
        let reason: String
        let version: String
        let unschedulable: Bool
    }

    struct GuardianEntry: Encodable {
        let verdict: GuardianFinding.Verdict
        let status: GuardianReport?
    }

    struct CertificateEntry: Encodable {
        let name: String
        let ends: String
        let daysLeft: Int
    }

    struct EtcdEntry: Encodable {
        /// `stacked`, `hosts` or `external`.
        let placement: String
        /// What API servers are given; left out where each asks the member beside it.
        let endpoints: [String]?
        let leader: String?
        let members: [MemberEntry]
    }

    struct MemberEntry: Encodable {
        let id: String
        let name: String
        let peerURLs: [String]
        let learner: Bool
        /// The host it runs on; left out for one that is none of this cluster's.
        let host: String?
        let answers: Bool
        let leader: Bool
        let hasQuorum: Bool?
        let version: String?
        let bytes: Int?
    }

    struct TokenEntry: Encodable {
        let id: String
        let expires: String?
        let letsHostsJoin: Bool
        let description: String
    }

    struct FindingEntry: Encodable {
        let severity: StatusFinding.Severity
        let host: String?
        let message: String
        let remedy: String
    }

    let format = 1
    let cluster: String
    /// Left out where nobody says which release is wanted.
    let kubernetes: String?
    let endpoint: EndpointEntry
    /// `cluster`, `cache` or `inventory`: what the state was held against.
    let source: String
    let moment: String
    let inOrder: Bool
    let hosts: [HostEntry]
    let etcd: EtcdEntry
    let tokens: [TokenEntry]?
    let uploadedCertificates: Bool?
    let findings: [FindingEntry]

    init(_ status: ClusterStatus) {
        let spec = status.spec
        cluster = spec.name
        kubernetes = status.origin == .inventory ? nil : spec.kubernetes.description
        endpoint = EndpointEntry(
            authority: spec.endpoint.authority, strategy: spec.endpoint.kind.rawValue,
            vip: spec.endpoint.vip?.description, guardian: spec.endpoint.guardian?.rawValue)
        source =
            switch status.origin {
            case .cluster: "cluster"
            case .cache: "cache"
            case .inventory: "inventory"
            }
        moment = status.moment.formatted(.iso8601)
        inOrder = status.isInOrder
        hosts = status.hosts.map { Self.host($0, status.moment, spec) }
        let placement =
            switch spec.etcd {
            case .stacked: "stacked"
            case .hosts: "hosts"
            case .external: "external"
            }
        etcd = EtcdEntry(
            placement: placement, endpoints: spec.etcdTopology.endpoints?.map(\.description),
            leader: status.etcd.leader.map { String($0, radix: 16) },
            members: status.etcd.members.map { Self.member($0, status) })
        tokens = status.cluster?.tokens.map {
            TokenEntry(id: $0.id, expires: $0.expiry, letsHostsJoin: $0.letsIn, description: $0.description)
        }
        uploadedCertificates = status.cluster?.uploadedKeys.isThere
        findings = status.findings.map {
            FindingEntry(
                severity: $0.severity, host: $0.problem.place.isEmpty ? nil : $0.problem.place,
                message: $0.problem.message, remedy: $0.problem.remedy)
        }
    }

    private static func host(_ status: HostStatus, _ moment: Date, _ spec: ClusterSpec) -> HostEntry {
        let answer = status.answer
        return HostEntry(
            host: status.host.id.description, name: status.name, role: status.host.role.rawValue,
            address: status.host.address.description, reachable: answer != nil, kubelet: answer?.kubelet,
            runtime: answer?.runtime, hostsFileIsRight: status.hostsBlockIsRight,
            api: answer?.ready.map { APIEntry(ready: $0.isReady, message: $0.words) },
            node: status.node.map {
                NodeEntry(
                    ready: $0.isReady == true, reason: $0.reason, version: $0.kubeletVersion,
                    unschedulable: $0.isUnschedulable)
            },
            guardian: status.guardian.map { GuardianEntry(verdict: $0.verdict, status: $0.report) },
            holdsVIP: spec.endpoint.floating == nil || status.host.role == .node ? nil : answer?.holdsVIP,
            endpoint: answer?.endpoint.map { APIEntry(ready: $0.isReady, message: $0.words) },
            certificates: status.certificates.map {
                CertificateEntry(
                    name: $0.name, ends: $0.end.formatted(.iso8601),
                    daysLeft: Int(($0.end.timeIntervalSince(moment) / 86400).rounded(.down)))
            })
    }

    private static func member(_ member: EtcdReading.Member, _ status: ClusterStatus) -> MemberEntry {
        let host = status.spec.etcdTopology.hosts.first { member.isAt($0.address) }
        let local = host.flatMap { status.etcd.local[$0.id] }
        return MemberEntry(
            id: String(member.id, radix: 16), name: member.name, peerURLs: member.peerURLs, learner: member.isLearner,
            host: host?.id.description, answers: local != nil, leader: member.id == status.etcd.leader,
            hasQuorum: local?.hasQuorum, version: local?.version, bytes: local?.bytes)
    }

    /// Sorted keys, a newline at the end.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
