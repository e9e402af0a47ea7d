// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeTransport

/// One thing to know about a cluster.
struct StatusFinding: Sendable, Hashable {
    enum Severity: String, Sendable, Hashable, Codable {
        /// Something is not as it has to be.
        case fault
        /// Something will go wrong if nobody looks after it.
        case caution
        case note
    }

    let severity: Severity
    /// The place is a host, or empty for the whole cluster.
    let problem: Problem
}

/// What is found on one host.
struct HostStatus: Sendable {
    struct CertificateEnd: Sendable, Hashable {
        /// `apiserver`, `etcd/peer`, `admin.conf`, `kubelet-client`.
        let name: String
        let end: Date
    }

    let host: Host
    /// The node's name, as far as it is known.
    let name: String?
    let answer: HostAnswer?
    let node: ClusterNode?
    /// True: the endpoint's name means here what it has to mean. `nil`: not known.
    let hostsBlockIsRight: Bool?
    let guardian: GuardianFinding?
    let certificates: [CertificateEnd]
}

/// A standing cluster as it was found.
struct ClusterStatus: Sendable {
    let spec: ClusterSpec
    let origin: StandingCluster.Origin
    let moment: Date
    let hosts: [HostStatus]
    let etcd: EtcdReading
    /// `nil` when no API server answered.
    let cluster: ClusterAnswer?
    /// Faults first; within a severity the cluster, then hosts in their order.
    let findings: [StatusFinding]

    var isInOrder: Bool { !findings.contains { $0.severity == .fault } }
}

/// What came back from a host that was asked for its state.
enum HostReply: Sendable {
    case said(HostAnswer)
    case silent(TransportError)
    /// The script did not come to its end: the last line it said.
    case unclear(String)

    var answer: HostAnswer? { if case .said(let answer) = self { answer } else { nil } }
}
