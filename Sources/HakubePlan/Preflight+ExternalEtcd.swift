// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// An etcd that somebody else runs has to be well, reached by every master, and nobody's yet.
extension Preflight {
    var externalEtcdFindings: [Finding] {
        guard case .external(let etcd) = spec.etcd, let reading = externalEtcd else { return [] }
        return etcd.endpoints.flatMap { findings(on: $0, reading) } + unaskedFindings(reading)
            + clusterFindings(reading, etcd.endpoints) + remainsFindings(reading)
    }

    private func findings(on endpoint: EtcdEndpoint, _ reading: ExternalEtcdReading) -> [Finding] {
        let asked = spec.masters.filter { reading.answers[$0.id]?[endpoint] != nil }
        var silent: [(host: Host, reason: String)] = []
        var complaint: String?
        for host in asked {
            switch reading.answers[host.id]?[endpoint] {
            case .silent(let reason): silent.append((host, reason))
            case .said(let said) where !said.isHealthy:
                complaint = complaint ?? (said.reason.isEmpty ? "no reason" : said.reason)
            case .said, .open, .unasked, nil: break
            }
        }
        var found: [Finding] = []
        if let reason = silent.first?.reason, silent.count == asked.count, asked.count > 1,
            Set(silent.map(\.reason)).count == 1
        {
            found.append(
                .etcd(
                    "\(endpoint) does not answer any master: \(reason)",
                    "start it, or take it out of the endpoints: kubeadm asks each of them"))
        } else {
            found += silent.map { host, reason in
                .error(
                    host, "\(endpoint) does not answer it: \(reason)",
                    "see that it is reached from there and knows the client's certificate; kubeadm asks each endpoint")
            }
        }
        if let complaint {
            found.append(
                .etcd(
                    "\(endpoint) says that it is not healthy: \(complaint)",
                    "bring its members back until a majority stands"))
        }
        return found
    }

    /// kubeadm looks at the version of each endpoint by itself, later.
    private func unaskedFindings(_ reading: ExternalEtcdReading) -> [Finding] {
        spec.masters.compactMap { host in
            let reasons = (reading.answers[host.id] ?? [:]).values.compactMap { answer in
                if case .unasked(let reason) = answer { reason } else { nil }
            }
            guard let reason = reasons.first else { return nil }
            return .warning(
                host, "nobody could look at etcd from here: \(reason)",
                "kubeadm will, before it makes an API server; see that the endpoints are reached")
        }
    }

    private func clusterFindings(_ reading: ExternalEtcdReading, _ endpoints: [EtcdEndpoint]) -> [Finding] {
        let known = endpoints.filter { reading.clusters[$0] != nil }
        guard let first = known.first,
            let other = known.first(where: { reading.clusters[$0] != reading.clusters[first] })
        else {
            let unknown = endpoints.filter { reading.clusters[$0] == nil && reading.hasAnswer(from: $0) }
            guard !unknown.isEmpty, endpoints.count > 1 else { return [] }
            return [
                .etcd(
                    "nobody could see whether all endpoints are members of one etcd: "
                        + "\(unknown.map(\.description).joined(separator: ", ")) did not tell",
                    "compare them with 'etcdctl member list'", .warning)
            ]
        }
        return [
            .etcd(
                "\(first) and \(other) are not members of one etcd",
                "name endpoints of one etcd only: what is written to one would be missing in the other")
        ]
    }

    /// A cluster that was begun here has left its own.
    private func remainsFindings(_ reading: ExternalEtcdReading) -> [Finding] {
        let isBegun = spec.masters.contains { host in
            facts[host.id].map { $0.unfinished == "init" || $0.hasKubeletConfig || $0.serves } ?? false
        }
        let prefix = spec.etcdPrefix
        guard !isBegun else { return [] }
        guard let keys = reading.keys else {
            // Where nobody answered, that is what is told.
            guard reading.hasAnswer else { return [] }
            return [
                .etcd(
                    "nobody could see whether it is empty: it does not let the client count keys",
                    "look with 'etcdctl get --prefix \(prefix) --keys-only --limit 1'; what another cluster left there would be taken over",
                    .warning
                )
            ]
        }
        guard keys > 0 else { return [] }
        return [
            .etcd(
                "it holds \(keys) keys below \(prefix): those of another cluster, or of one that has ended",
                "give each cluster an etcd of its own; what nobody needs any more is removed with 'etcdctl del --prefix \(prefix)'"
            )
        ]
    }
}

extension Preflight.Finding {
    static func etcd(_ message: String, _ remedy: String, _ severity: Severity = .error) -> Preflight.Finding {
        Preflight.Finding(severity: severity, problem: Problem(place: "etcd", message: message, remedy: remedy))
    }
}
