// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

/// The file bundle.yaml of a folder: what the bundle is for, what it was made of, and who gets less than all of it.
struct BundleDescription {
    static let fileName = "bundle.yaml"
    private static let keys = "kubernetes, arch or arches, roles, components, requiredImages and imageRepository"

    /// All as far as it is valid; faults say why it is not.
    private(set) var kubernetes: KubernetesVersion?
    /// Sorted, none twice.
    private(set) var arches: [Architecture] = []
    private(set) var rules: [RoleRule] = []
    /// Names and versions, without a leading v.
    private(set) var components: [String: String] = [:]
    /// What kubeadm asks for, where the folder's maker knows it already.
    private(set) var requiredImages: [String]?
    private(set) var imageRepository: String?
    private(set) var faults: FaultList

    private let knownArches = Architecture.allCases.map(\.rawValue).joined(separator: ", ")

    /// - Throws: `BundleError` when there is no such file.
    init(folder: String) throws {
        guard let yaml = try FileBytes.text("\(folder)/\(Self.fileName)") else {
            throw BundleError(
                "\(folder): \(Self.fileName)", "the file is missing", "write it with the keys \(Self.keys)")
        }
        self.init(yaml: yaml, subject: folder)
    }

    /// - Parameter subject: the folder, for the faults.
    init(yaml: String, subject: String) {
        faults = FaultList(subject)
        let root: Node?
        do { root = try Yams.compose(yaml: yaml) } catch {
            let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            faults.add(Self.fileName, "is not YAML: \(reason)", "mend it; the keys are \(Self.keys)")
            return
        }
        guard let mapping = root?.mapping else {
            faults.add(Self.fileName, "is not a mapping", "write the keys \(Self.keys)")
            return
        }
        for (key, value) in mapping {
            switch key.string {
            case "kubernetes": readVersion(value)
            case "arch", "arches": readArches(value)
            case "roles": readRoles(value)
            case "components": readComponents(value)
            case "requiredImages": readRequiredImages(value)
            case "imageRepository": imageRepository = value.scalar?.string
            default: add(key, "the key `\(key.string ?? "?")` is unknown", "the keys are \(Self.keys)")
            }
        }
        if mapping["kubernetes"] == nil {
            faults.add(
                Self.fileName, "the key `kubernetes` is missing", "write the release, such as kubernetes: v1.34.2")
        }
        if mapping["arch"] == nil && mapping["arches"] == nil {
            faults.add(Self.fileName, "the key `arch` is missing", "write one of \(knownArches)")
        }
    }

    private mutating func readVersion(_ node: Node) {
        kubernetes = node.scalar.flatMap { KubernetesVersion($0.string) }
        guard kubernetes == nil else { return }
        add(node, "`\(node.scalar?.string ?? "this")` is no Kubernetes release", "write it as v1.34.2")
    }

    private mutating func readArches(_ node: Node) {
        for item in node.sequence.map(Array.init) ?? [node] {
            guard let arch = item.scalar.flatMap({ Architecture(rawValue: $0.string) }) else {
                add(
                    item, "`\(item.scalar?.string ?? "this")` is no architecture that hakube knows",
                    "write one of \(knownArches)")
                continue
            }
            if !arches.contains(arch) { arches.append(arch) }
        }
        arches.sort { $0.rawValue < $1.rawValue }
    }

    private mutating func readRoles(_ node: Node) {
        guard let mapping = node.mapping else {
            add(node, "`roles` is not a mapping", "write a path or image name, and after it [master], [node] or both")
            return
        }
        for (key, value) in mapping {
            let names = value.sequence?.compactMap(\.string) ?? value.scalar.map { [$0.string] } ?? []
            let roles = names.compactMap(Role.init(rawValue:)).filter(Role.bundled.contains)
            guard let pattern = key.string, !roles.isEmpty, roles.count == names.count else {
                add(
                    value, "`\(key.string ?? "?")` has no valid list of roles",
                    "write [master], [node] or [master, node]")
                continue
            }
            rules.append(RoleRule(pattern: pattern, roles: Role.bundled.filter(roles.contains), line: key.mark?.line))
        }
    }

    private mutating func readComponents(_ node: Node) {
        for (key, value) in node.mapping ?? [:] {
            // A version such as 1.10 is a number to YAML; as text it keeps its zero.
            guard let name = key.scalar?.string, let version = value.scalar?.string, !version.isEmpty else {
                add(value, "`\(key.string ?? "?")` has no version", "write it as containerd: 2.3.4")
                continue
            }
            guard ManifestRules.isPlain(name), ManifestRules.isPlain(version) else {
                add(value, "`\(name)` has a name or a version that is not plain", "use letters, digits and ._+~:- only")
                continue
            }
            components[name] = ComponentVersion.bare(version)
        }
        if node.mapping == nil { add(node, "`components` is not a mapping", "write it as containerd: 2.3.4") }
    }

    private mutating func readRequiredImages(_ node: Node) {
        let names = node.sequence?.compactMap { $0.scalar?.string } ?? []
        requiredImages = names
        for name in names where !ImageName.isFull(name) {
            add(node, "the image name `\(name)` is not full", "write registry, path and tag")
        }
        if names.isEmpty {
            add(node, "`requiredImages` names no image", "leave the key out, or write what kubeadm asks for")
        }
    }

    private mutating func add(_ node: Node, _ message: String, _ remedy: String) {
        faults.add(Self.fileName + (node.mark.map { ":\($0.line)" } ?? ""), message, remedy)
    }
}
