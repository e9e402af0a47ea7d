// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// `containerd_registries_mirrors` and `containerd_registry_auth` (kubespray, roles/container-engine/containerd).
extension Translation {
    mutating func readRegistries(_ variables: ClusterVariables) {
        for mirror in variables.take("containerd_registries_mirrors")?.items ?? [] { read(mirrors: mirror) }
        for login in variables.take("containerd_registry_auth")?.items ?? [] {
            guard let registry = login["registry"], let host = registry.word, !leaveIfSecret(registry: registry) else {
                ledger.leave(secret: login["password"], "give the registry a username and a passwordFile")
                continue
            }
            draft.change(registry: host) { _ in }
            ledger.take(registry, as: "registries host: \(host)")
            take(login: host, user: login["username"], password: login["password"])
        }
    }

    private mutating func read(mirrors node: SourceNode) {
        guard let prefix = node["prefix"], let host = prefix.word, !leaveIfSecret(registry: prefix) else { return }
        guard draft.registry(host) == nil else {
            return ledger.leave(
                node, "the registry \(host) has mirrors by another line already",
                "see which of the two the cluster shall have")
        }
        var endpoints: [String] = []
        var unchecked: [String] = []
        for mirror in node["mirrors"]?.items ?? [] {
            leave(loginOfMirror: mirror["auth"])
            guard let url = mirror["host"], let text = url.word, !leaveIfSecret(registry: url) else { continue }
            endpoints.append(text)
            if mirror["skip_verify"]?.truth == true { unchecked.append(text) }
            ledger.take(url, as: "registries host: \(host) endpoints")
            ledger.settle(mirror["capabilities"], "hakube's endpoints may resolve and pull")
        }
        if let last = server(of: host, node["server"]), !endpoints.contains(where: { $0.isSameURL(as: last) }) {
            endpoints.append(last)
        }
        draft.change(registry: host) { $0.endpoints = endpoints }
        ledger.take(prefix, as: "registries host: \(host)")
        // Nobody shows a certificate by http.
        let others = endpoints.filter { !unchecked.contains($0) && !$0.hasPrefix("http://") }
        for mirror in node["mirrors"]?.items ?? [] {
            guard let skip = mirror["skip_verify"], !skip.isEmpty else { continue }
            if skip.truth != true {
                ledger.settle(skip, "certificates are checked unless the inventory says otherwise")
            } else if others.isEmpty {
                draft.change(registry: host) { $0.skipVerify = true }
                ledger.take(skip, as: "registries host: \(host) skipVerify")
            } else {
                leave(skipVerify: skip, others)
            }
        }
    }

    /// kubespray's hosts.toml names the registry itself as `server`, which containerd asks when no mirror has the image.
    private mutating func server(of host: String, _ written: SourceNode?) -> String? {
        if let written, let text = written.word {
            guard !leaveIfSecret(registry: written) else { return nil }
            ledger.take(written, as: "registries host: \(host) endpoints")
            return text
        }
        return host == Registry.fallback ? nil : RegistryHost(host).url
    }

    private mutating func leave(loginOfMirror node: SourceNode?) {
        let remedy = "write an entry whose endpoints are one operator's, with username and passwordFile"
        ledger.leave(
            node?["username"], "a login goes to every endpoint of a registry, and this is for one of them", remedy)
        ledger.leave(secret: node?["password"], remedy)
    }
}

extension String {
    /// A slash at the end, and Docker Hub's other names, make no difference.
    fileprivate func isSameURL(as other: String) -> Bool {
        func path(_ url: String) -> String {
            let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
            return rest.drop { $0 != "/" }.split(separator: "/").joined(separator: "/")
        }
        return hasPrefix("http://") == other.hasPrefix("http://") && RegistryHost(self) == RegistryHost(other)
            && path(self) == path(other)
    }
}
