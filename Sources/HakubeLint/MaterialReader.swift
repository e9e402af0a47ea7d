// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Reads files into material and notes what cannot be read.
struct MaterialReader {
    private(set) var material = Material()
    private(set) var findings: [Finding] = []

    init(_ files: [LintFile]) {
        for file in files { read(Fragment(file), as: file.kind) }
        KeepalivedConfig.join(&material.keepalived)
        HAProxyConfig.join(&material.haproxy)
    }

    private mutating func read(_ fragment: Fragment, as given: FileKind?) {
        switch given ?? Recognition.kind(fragment) {
        case .kubernetes, .rke, .guardian: readYAML(fragment)
        case .haproxy: material.haproxy.append(HAProxyConfig(fragment))
        case .keepalived: material.keepalived.append(KeepalivedConfig(fragment))
        case .hosts: material.hosts.append(HostsTable(fragment))
        case .certificate:
            if let identity = KubeletIdentity(pem: fragment) { material.identities.append(identity) }
        case .script:
            let script = ShellScript(fragment)
            material.scripts.append(script)
            for part in script.parts { read(part, as: nil) }
        case nil: unknown(fragment)
        }
    }

    private mutating func readYAML(_ fragment: Fragment) {
        let reading = YAMLReading(fragment)
        for fault in reading.faults { report(fault.rule, fault.place, fault.message, fault.remedy) }
        var isKnown = !reading.faults.isEmpty
        for document in reading.documents where readDocument(document, fragment) { isKnown = true }
        if !isKnown { unknown(fragment) }
    }

    /// Whether the document is of a kind that counts here.
    private mutating func readDocument(_ tree: YAMLTree, _ fragment: Fragment) -> Bool {
        if let cluster = RKECluster(tree) {
            material.rke.append(cluster)
        } else if let targets = GuardianTargets(tree) {
            material.guardians.append(targets)
        } else if let text = KubeadmText(tree, host: fragment.host) {
            material.kubeadm.append(text)
        } else if tree["kind"]?.text == "List" {
            return tree["items"]?.items.reduce(true) { readDocument($1, fragment) && $0 } ?? true
        } else if tree["kind"]?.text == "Config", tree["users"] != nil {
            if let identity = KubeletIdentity(kubeconfig: tree) { material.identities.append(identity) }
        } else if let manifest = Manifest(tree) {
            material.manifests.append(manifest)
        } else {
            return false
        }
        return true
    }

    private mutating func unknown(_ fragment: Fragment) {
        guard !fragment.isPart, !isOwn(fragment) else { return }
        report(
            .fileNotRecognised, fragment.place(1),
            "this is no file that hakube lint knows, and nothing in it was checked",
            "give kubeadm YAML, manifests, haproxy.cfg, keepalived.conf, hosts files, RKE's cluster.yml or scripts,"
                + " or name its kind with --as KIND=FILE")
    }

    /// hakube's own files of other kinds, as `hakube render` writes them.
    private func isOwn(_ fragment: Fragment) -> Bool {
        fragment.text.hasPrefix("# hakube: written by hakube")
            || fragment.baseName == "cluster.json" && fragment.text.contains("\"hakube\"")
    }

    private mutating func report(_ rule: Rule, _ place: Place, _ message: String, _ remedy: String) {
        findings.append(
            Finding(
                file: place.file, line: place.line, severity: rule.severity, rule: rule, message: message,
                remedy: remedy))
    }
}
