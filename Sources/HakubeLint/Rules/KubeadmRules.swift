// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Single documents of kubeadm's configuration: version, kind, fields, and what a release no longer takes.
extension Examination {
    mutating func checkDocument(_ document: KubeadmText) {
        let remembered = findings.count
        checkVersion(document)
        guard let fields = KubeadmFields.fields(document.apiVersion.value, document.kind.value) else {
            // A version that no release reads has been reported.
            if findings.count == remembered {
                report(
                    .kubeadmUnknownKind, at: document.kind.place,
                    "\(document.apiVersion.value) has no kind `\(document.kind.value)`",
                    "write one of kubeadm's kinds, such as ClusterConfiguration, or the version that has it")
            }
            return
        }
        checkFields(document.tree, fields, path: "", document)
        checkSocket(document)
        checkTaints(document)
    }

    private mutating func checkVersion(_ document: KubeadmText) {
        guard document.group == "kubeadm.k8s.io" else { return }
        guard let known = KubeadmRelease.all.first(where: { $0.version == document.version }) else {
            report(
                .kubeadmAPIVersion, at: document.apiVersion.place,
                "no kubeadm reads the version \(document.apiVersion.value)",
                "write kubeadm.k8s.io/\(picture.release.map(KubeadmRelease.best) ?? "v1beta4")")
            return
        }
        guard let release = picture.release else { return }
        let best = "kubeadm.k8s.io/\(KubeadmRelease.best(for: release))"
        let remedy = "write \(best); `kubeadm config migrate` turns the fields over"
        if !known.isRead(by: release) {
            report(
                .kubeadmAPIVersion, at: document.apiVersion.place,
                "kubeadm of \(release) does not read \(document.apiVersion.value)", remedy)
        } else if known.isOld(for: release), let last = known.last {
            report(
                .kubeadmAPIVersion, at: document.apiVersion.place,
                "\(document.apiVersion.value) is old for kubeadm of \(release); v1.\(last) is the last to read it",
                remedy, as: .warning)
        }
    }

    private mutating func checkFields(_ tree: YAMLTree, _ fields: [KubeadmField], path: String, _ document: KubeadmText)
    {
        for entry in tree.entries {
            if path.isEmpty, entry.key == "apiVersion" || entry.key == "kind" { continue }
            let name = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            guard let field = fields.first(where: { $0.name == entry.key }) else {
                report(
                    .kubeadmUnknownField, at: entry.place,
                    "\(document.kind.value) of \(document.apiVersion.value) has no field `\(name)`, so it has no effect",
                    Self.remedy(for: name, fields, document))
                continue
            }
            checkAge(field, name, entry.place, document)
            checkForm(entry.value, field, name, document)
        }
    }

    /// Fields of other versions have a new home; a slip of the pen has a neighbour.
    private static func remedy(for path: String, _ fields: [KubeadmField], _ document: KubeadmText) -> String {
        let keys = path.split(separator: ".").map(String.init)
        let key = keys.last ?? path
        if key == "timeoutForControlPlane" { return "write it as timeouts.controlPlaneComponentHealthCheck" }
        let elsewhere = KubeadmRelease.all.map(\.version).last { version in
            version != document.version
                && KubeadmFields.fields("\(document.group)/\(version)", document.kind.value)?.has(keys[...]) ?? false
        }
        if let elsewhere { return "\(elsewhere) has it; write that version, or take the field out" }
        if let near = fields.map(\.name).first(where: { $0.lowercased() == key.lowercased() || isNear($0, key) }) {
            return "write `\(near)`"
        }
        return "take it out, or move it to where it belongs"
    }

    /// One letter more, less or other.
    private static func isNear(_ one: String, _ other: String) -> Bool {
        let (short, long) = one.count <= other.count ? (one, other) : (other, one)
        guard long.count - short.count <= 1, short.count > 3 else { return false }
        let head = zip(short, long).prefix { $0 == $1 }.count
        let tail = zip(short.reversed(), long.reversed()).prefix { $0 == $1 }.count
        return head + tail >= long.count - 1
    }

    private mutating func checkAge(_ field: KubeadmField, _ name: String, _ place: Place, _ document: KubeadmText) {
        guard let release = picture.release else { return }
        if let since = field.since, release.minor < since {
            report(
                .kubeadmUnknownField, at: place,
                "`\(name)` of \(document.kind.value) came with v1.\(since), and the release is \(release)",
                "take it out, or install v1.\(since) or later")
        }
        if let until = field.until, release.minor > until {
            report(
                .kubeadmUnknownField, at: place,
                "`\(name)` of \(document.kind.value) is gone since v1.\(until + 1), and the release is \(release)",
                "take it out")
        }
    }

    private mutating func checkForm(_ value: YAMLTree, _ field: KubeadmField, _ name: String, _ document: KubeadmText) {
        if value.isNull { return }
        switch (field.form, value.content) {
        case (.value, .scalar), (.freeMap, .map), (.list, .list): return
        case (.map(let inner), .map): checkFields(value, inner, path: name, document)
        case (.maps(let inner), .list(let items)):
            for item in items { checkFields(item, inner, path: name, document) }
        default:
            let wanted = field.form.words
            let isArguments = field.name.hasSuffix("xtraArgs")
            let lines =
                field.form == .freeMap ? "`name: value` lines" : "a list of `name` and `value`, as v1beta4 has it"
            report(
                .kubeadmWrongForm, at: value.place,
                "`\(name)` of \(document.apiVersion.value) is \(wanted), and here it is \(value.content.words)",
                "write \(isArguments ? lines : wanted)")
        }
    }

    private mutating func checkSocket(_ document: KubeadmText) {
        let path = document.kind.value == "ResetConfiguration" ? "criSocket" : "nodeRegistration.criSocket"
        guard let socket = document.tree.at(path)?.found, socket.value.contains("dockershim") else { return }
        let isGone = picture.release?.isAtLeast(1, 24) ?? true
        report(
            .criSocketDockershim, at: socket.place,
            isGone
                ? "the socket is dockershim's, which left the kubelet with v1.24"
                : "the socket is dockershim's, which ends with v1.23",
            "use containerd: unix:///run/containerd/containerd.sock", as: isGone ? .error : .warning)
    }

    private mutating func checkTaints(_ document: KubeadmText) {
        for taint in document.tree.at("nodeRegistration.taints")?.items ?? [] {
            guard let key = taint["key"]?.found else { continue }
            checkTaint(key.value, at: key.place)
        }
    }

    /// kubernetes/kubeadm 2200: v1.24 sets both taints, v1.25 only the new one, and what runs on masters tolerates no other.
    mutating func checkTaint(_ key: String, at place: Place) {
        guard let release = picture.release else { return }
        if key == "node-role.kubernetes.io/master", release.isAtLeast(1, 25) {
            report(
                .taintByRelease, at: place, "the taint node-role.kubernetes.io/master means nothing to \(release)",
                "write node-role.kubernetes.io/control-plane")
        } else if key == "node-role.kubernetes.io/control-plane", !release.isAtLeast(1, 20) {
            report(
                .taintByRelease, at: place,
                "the taint node-role.kubernetes.io/control-plane is not tolerated by what \(release) runs on masters",
                "write node-role.kubernetes.io/master")
        }
    }
}

extension KubeadmField.Form {
    fileprivate var words: String {
        switch self {
        case .value: "one value"
        case .list, .maps: "a list"
        case .freeMap, .map: "a map"
        }
    }
}

extension YAMLTree.Content {
    fileprivate var words: String {
        switch self {
        case .scalar: "one value"
        case .list: "a list"
        case .map: "a map"
        }
    }
}

extension [KubeadmField] {
    /// Whether there is a field at the end of these keys.
    fileprivate func has(_ keys: ArraySlice<String>) -> Bool {
        guard let field = first(where: { $0.name == keys.first }) else { return false }
        guard keys.count > 1 else { return true }
        switch field.form {
        case .map(let inner), .maps(let inner): return inner.has(keys.dropFirst())
        default: return false
        }
    }
}
