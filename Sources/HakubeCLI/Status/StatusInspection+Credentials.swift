// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubePlan

extension StatusInspection {
    private static let day: TimeInterval = 86400
    /// Less than this left is a fault: somebody has to act now.
    private static let urgent = 7 * day
    private static let soon = 30 * day

    func certificateEnds(_ answer: HostAnswer) -> [HostStatus.CertificateEnd] {
        answer.certificates.compactMap { name, pem in
            (try? Certificate(pem: pem)).map { HostStatus.CertificateEnd(name: name, end: $0.notAfter) }
        }.sorted { ($0.end, $0.name) < ($1.end, $1.name) }
    }

    func certificateFindings(_ status: HostStatus) -> [StatusFinding] {
        let place = status.host.id.description
        var found = status.certificates.compactMap { certificate -> StatusFinding? in
            let left = certificate.end.timeIntervalSince(moment)
            guard left < Self.soon else { return nil }
            let when = Self.words(certificate.end, seen: moment)
            return finding(
                left < Self.urgent ? .fault : .caution, place, "its certificate \(certificate.name) \(when)",
                remedy(for: certificate.name, status.host))
        }
        let unread = (status.answer?.certificates ?? [:]).keys.filter { name in
            !status.certificates.contains { $0.name == name }
        }
        found += unread.sorted().map {
            finding(.fault, place, "its certificate \($0) cannot be read", "look at the file on the host")
        }
        if let pem = status.answer?.certificates["apiserver"], let certificate = try? Certificate(pem: pem) {
            let missing = spec.apiServerNames.filter { name in
                IPAddress(name).map { !certificate.addresses.contains($0) } ?? !certificate.names.contains(name)
            }
            if !missing.isEmpty {
                found.append(
                    finding(
                        .fault, place, "its API server's certificate lacks \(missing.joined(separator: ", "))",
                        "remove apiserver.crt and apiserver.key below /etc/kubernetes/pki there, "
                            + "run 'kubeadm init phase certs apiserver' with the names, and restart the API server"))
            }
        }
        return found
    }

    private func remedy(for name: String, _ host: Host) -> String {
        switch name {
        case "kubelet-client": "the kubelet renews it by itself; see 'journalctl -u kubelet' for why it does not"
        case "ca", "etcd/ca", "front-proxy-ca": "the whole cluster hangs on it: plan its replacement"
        case _ where host.role == .etcd:
            "run '\(renewal) \(name.replacing("/", with: "-")) --config \(HostFiles.kubeadmEtcd)' there, then restart etcd"
        case "apiserver-etcd-client" where !spec.etcdTopology.isStacked:
            "kubeadm cannot renew it without etcd's CA; docs/etcd.md says how to get a new one"
        default: "run '\(renewal) all' there, then restart the control plane"
        }
    }

    /// The command left its alpha stage with Kubernetes 1.20.
    private var renewal: String { "kubeadm \(spec.kubernetes.isAtLeast(1, 20) ? "" : "alpha ")certs renew" }

    var credentialFindings: [StatusFinding] {
        guard let cluster else { return [] }
        var found = cluster.tokens.filter(\.letsIn).map { token in
            guard let expiry = token.expiry else {
                return finding(
                    .caution, "", "the bootstrap token \(token.id) lets hosts join and never ends",
                    "'kubeadm token delete \(token.id)' on a master ends it")
            }
            return finding(
                .note, "", "the bootstrap token \(token.id) lets hosts join until \(expiry)",
                "'kubeadm token delete \(token.id)' on a master ends it before")
        }
        if cluster.uploadedKeys.isThere {
            let owner = cluster.tokens.first { $0.id == cluster.uploadedKeys.endsWith }
            found.append(
                finding(
                    owner?.expiry == nil ? .caution : .note, "",
                    "the control plane's certificates lie in the Secret kubeadm-certs, "
                        + (owner?.expiry.map { "until \($0)" } ?? "with no end"),
                    "'kubectl -n kube-system delete secret kubeadm-certs' removes them; no join needs them later"))
        }
        return found
    }

    /// `ended on 2026-11-21` or `ends in 12 days, on 2026-12-03`.
    static func words(_ end: Date, seen moment: Date) -> String {
        let day = end.formatted(.iso8601.year().month().day())
        let left = end.timeIntervalSince(moment)
        guard left > 0 else { return "ended on \(day)" }
        let days = Int(left / Self.day)
        return "ends in \(days == 1 ? "1 day" : "\(days) days"), on \(day)"
    }
}
