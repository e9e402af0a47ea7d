// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Registries and who containerd is there. hakube's login of a registry goes to every endpoint of its entry, where other tools
/// have one for each host: what would bring a password to somebody else is told.
extension Translation {
    /// Takes a login of a registry, whose endpoints are known by now.
    mutating func take(login host: String, user: SourceNode?, password: SourceNode?) {
        guard let user, let name = user.word else {
            return ledger.leave(secret: password, "give the registry a username and a passwordFile")
        }
        if let objection = objection(toLogin: host) {
            ledger.leave(user, objection.reason, objection.remedy)
            return ledger.leave(secret: password, objection.remedy)
        }
        guard agrees(user, name, with: draft.registry(host)?.username, at: "registries host: \(host) username") else {
            return ledger.leave(secret: password, "see which of the two logins it belongs to")
        }
        let file = InventoryDraft.passwordFile(of: host)
        draft.change(registry: host) { ($0.username, $0.passwordFile) = (name, file) }
        ledger.take(user, as: "registries host: \(host) username")
        ledger.leave(secret: password, "write it to \(file) beside the inventory, mode 0600")
    }

    private func objection(toLogin host: String) -> (reason: String, remedy: String)? {
        let others = strangers(of: host)
        if !others.isEmpty {
            return (
                "the login would go to \(others.joined(separator: ", ")) as well",
                "write an entry whose endpoints are one operator's, with username and passwordFile"
            )
        }
        let own = RegistryHost(host)
        let users = draft.registries.filter { entry in
            entry.host != host && entry.endpoints.contains { RegistryHost($0) == own }
        }
        guard !users.isEmpty else { return nil }
        let names = users.map(\.host).joined(separator: ", ")
        return (
            "\(host) is an endpoint of \(names), and a login there would go to the other endpoints as well",
            "write username and passwordFile into the entry whose endpoints are all this operator's"
        )
    }

    /// The endpoints of a registry that somebody else may run.
    private func strangers(of host: String) -> [String] {
        let own = RegistryHost(host)
        return draft.registry(host)?.endpoints.filter { RegistryHost($0) != own } ?? []
    }

    /// Takes the word that a registry may show any certificate.
    mutating func take(skipVerify node: SourceNode?, of host: String) {
        guard let node, !node.isEmpty else { return }
        guard node.truth == true else {
            return ledger.settle(node, "certificates are checked unless the inventory says otherwise")
        }
        let others = strangers(of: host).filter { !$0.hasPrefix("http://") }
        guard others.isEmpty else { return leave(skipVerify: node, others) }
        draft.change(registry: host) { $0.skipVerify = true }
        ledger.take(node, as: "registries host: \(host) skipVerify")
    }

    /// - Parameter others: endpoints whose certificates the source has checked.
    mutating func leave(skipVerify node: SourceNode, _ others: [String]) {
        ledger.leave(
            node, "`skipVerify` would hold for \(others.joined(separator: ", ")) as well",
            "name the CA of the endpoint as `ca`, or write skipVerify if no certificate has to be checked")
    }

    /// Takes the only endpoint of a registry.
    mutating func take(endpoint url: String, of host: String, from node: SourceNode) {
        let target = "registries host: \(host) endpoints"
        let known = draft.registry(host)?.endpoints ?? []
        guard agrees(node, url, with: known.isEmpty ? nil : known.joined(separator: ","), at: target) else { return }
        draft.change(registry: host) { $0.endpoints = [url] }
        ledger.take(node, as: target)
    }

    /// Leaves a URL with a login in it, which everybody could read in the inventory.
    ///
    /// - Returns: whether it has one.
    mutating func leaveIfSecret(url node: SourceNode, _ remedy: String) -> Bool {
        guard node.text?.holdsLogin ?? false else { return false }
        ledger.leave(secret: node, remedy)
        return true
    }

    /// The same of a registry, whose scheme may be missing.
    mutating func leaveIfSecret(registry node: SourceNode) -> Bool {
        guard node.text?.holdsRegistryLogin ?? false else { return false }
        ledger.leave(secret: node, "write the URL without it, and username and passwordFile")
        return true
    }
}

extension String {
    /// `https://user:password@host`: there is a login in it, whatever stands around the URL.
    var holdsLogin: Bool { firstMatch(of: /:\/\/[^\/\s@]*@/) != nil }

    /// The same of a registry, whose scheme may be missing.
    var holdsRegistryLogin: Bool { holdsLogin || prefix { $0 != "/" }.contains("@") }
}

/// Who is asked by a URL or a registry's name.
struct RegistryHost: Hashable {
    let name: String

    init(_ text: String) {
        let isPlain = text.hasPrefix("http://")
        let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        var name = rest.prefix { $0 != "/" }.lowercased()
        let usual = isPlain ? ":80" : ":443"
        if name.hasSuffix(usual) { name.removeLast(usual.count) }
        // docker.io is a name in references only: the registry behind it is registry-1.docker.io.
        self.name = ["docker.io", "index.docker.io"].contains(name) ? "registry-1.docker.io" : name
    }

    /// Where the registry itself is asked.
    var url: String { "https://\(name)" }
}
