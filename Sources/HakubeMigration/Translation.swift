// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A tool's file on its way into an inventory.
struct Translation {
    var draft = InventoryDraft()
    var ledger = Ledger()
    /// Files that the inventory names, and that the source has on the masters.
    var filesToBring: [String] = []
    /// The release the inventory is for, if the source or the operator names one.
    private(set) var release: KubernetesVersion?
    /// The operator has named it; what the source says does not count.
    private let isReleaseGiven: Bool

    init(release: KubernetesVersion?) {
        self.release = release
        isReleaseGiven = release != nil
        draft.kubernetes = release
    }

    /// Takes a release as the source names it.
    ///
    /// - Parameter text: only the release itself; the tool's own marks behind it are off.
    mutating func take(release text: String, from node: SourceNode) {
        guard let found = KubernetesVersion(text), found.major == 1 else {
            return ledger.leave(node, "it names no release of Kubernetes", "write `kubernetes`")
        }
        if isReleaseGiven {
            return ledger.settle(node, "the inventory is for \(release?.description ?? ""), as --kubernetes says")
        }
        guard agrees(node, found.description, with: release?.description, at: "the release") else { return }
        release = found
        draft.kubernetes = found
        ledger.take(node, as: "kubernetes")
    }

    /// The first line counts.
    ///
    /// - Returns: false after telling a line that says something else.
    mutating func agrees(_ node: SourceNode, _ value: String, with known: String?, at target: String) -> Bool {
        guard let known, known != value else { return true }
        ledger.tell(node, target, isAlready: known)
        return false
    }

    /// Takes a word into a place of the draft; what says nothing is passed over.
    mutating func take(_ node: SourceNode?, into place: WritableKeyPath<InventoryDraft, String?>, as target: String) {
        guard let node, let word = node.word, agrees(node, word, with: draft[keyPath: place], at: target) else {
            return
        }
        draft[keyPath: place] = word
        ledger.take(node, as: target)
    }

    /// Takes blocks of addresses: a list, or one text with commas.
    mutating func take(
        blocks node: SourceNode?, into place: WritableKeyPath<InventoryDraft, [String]>, as target: String
    ) {
        guard let node, !node.isEmpty else { return }
        let blocks = node.words.compactMap(\.word)
        let known = draft[keyPath: place]
        guard known.isEmpty || known == blocks else {
            return ledger.tell(node, target, isAlready: known.joined(separator: ","))
        }
        draft[keyPath: place] = blocks
        ledger.take(node, as: target)
    }

    /// Takes the registry that images of the control plane have their names by.
    mutating func take(imageRepository node: SourceNode?) {
        if let node, leaveIfSecret(registry: node) { return }
        take(node, into: \.imageRepository, as: "imageRepository")
    }

    /// Takes names for the API server's certificate; those that hakube puts in by itself need no word.
    mutating func take(certSANs node: SourceNode?, own: Set<String> = []) {
        for name in node?.words ?? [] {
            guard let word = name.word else { continue }
            if own.contains(word) || ["127.0.0.1", "localhost"].contains(word) {
                ledger.settle(name, "hakube puts this name into the certificate by itself")
            } else {
                draft.add(certSAN: word)
                ledger.take(name, as: "certSANs")
            }
        }
    }

    /// A name that a cluster may have; another is told, not bent.
    mutating func take(cluster node: SourceNode?) {
        guard let node, let name = node.word else { return }
        guard Naming.isDNSLabel(name) else {
            return ledger.leave(
                node, "`\(name)` cannot name a cluster",
                "write `cluster` with lower-case letters, digits and dashes, or leave it at hakube")
        }
        take(node, into: \.cluster, as: "cluster")
    }

    /// Takes the address that the tool gave the cluster's DNS service, if it is kubeadm's.
    mutating func take(clusterDNS node: SourceNode?) {
        for address in node?.words ?? [] {
            guard let word = address.word else { continue }
            if let own = draft.dnsService, IPAddress(word) == own {
                ledger.settle(address, "the DNS service has the tenth address of the service subnet")
            } else {
                let own = draft.dnsService?.description ?? "the tenth address of the service subnet"
                ledger.leave(
                    address, "kubeadm gives the DNS service \(own), and kubelets that asked \(word) would find nobody",
                    "leave it out; pods learn the address from their kubelet")
            }
        }
    }

    /// What the pod network is, which comes with the bundle.
    mutating func leave(podNetwork node: SourceNode?) {
        guard let node, let name = node.word else { return }
        let known = ["flannel", "calico", "cilium"].contains(name)
        ledger.leave(
            node, "the pod network comes with the bundle",
            known
                ? "make it with 'hakube bundle build --cni \(name)'"
                : "make it with 'hakube bundle build --cni-manifest FILE'")
    }

    /// Where images came from; hakube's come from the bundle.
    mutating func leave(images node: SourceNode?) {
        ledger.leave(
            node, "images come from the bundle and are never pulled for the cluster itself",
            "see that the bundle has them: 'hakube bundle list-images'")
    }

    /// Logins that hosts share go into `ssh`.
    mutating func shareLogins() {
        let logins = (draft.masters + draft.nodes + draft.etcdHosts).map(\.login)
        for place in [\InventoryDraft.Login.user, \InventoryDraft.Login.port, \InventoryDraft.Login.key] {
            guard logins.count > 1, let common = logins[0][keyPath: place], draft.ssh[keyPath: place] == nil,
                logins.allSatisfy({ $0[keyPath: place] == common })
            else { continue }
            draft.ssh[keyPath: place] = common
            for index in draft.masters.indices { draft.masters[index].login[keyPath: place] = nil }
            for index in draft.nodes.indices { draft.nodes[index].login[keyPath: place] = nil }
            for index in draft.etcdHosts.indices { draft.etcdHosts[index].login[keyPath: place] = nil }
        }
    }
}
