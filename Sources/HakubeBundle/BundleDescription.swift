// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

/// The file bundle.yaml of a folder: what the bundle is for, and who gets less than all of it.
struct BundleDescription {
    static let fileName = "bundle.yaml"

    /// `kubernetes` and `arch` as far as they are valid; faults say why they are not.
    private(set) var kubernetes: KubernetesVersion?
    private(set) var arch: Architecture?
    private(set) var rules: [RoleRule] = []
    private(set) var faults: FaultList

    private let arches = Architecture.allCases.map(\.rawValue).joined(separator: ", ")

    /// - Parameter subject: the folder, for the faults.
    init(yaml: String, subject: String) {
        faults = FaultList(subject)
        let root: Node?
        do { root = try Yams.compose(yaml: yaml) } catch {
            faults.add(
                Self.fileName, "is not YAML: \(error)".flattened, "mend it; the keys are kubernetes, arch and roles")
            return
        }
        guard let mapping = root?.mapping else {
            faults.add(Self.fileName, "is not a mapping", "write the keys kubernetes, arch and roles")
            return
        }
        for (key, value) in mapping {
            switch key.string {
            case "kubernetes": readVersion(value)
            case "arch": readArch(value)
            case "roles": readRoles(value)
            default:
                add(key, "the key `\(key.string ?? "?")` is unknown", "the keys are kubernetes, arch and roles")
            }
        }
        if mapping["kubernetes"] == nil {
            faults.add(
                Self.fileName, "the key `kubernetes` is missing", "write the release, such as kubernetes: v1.34.2")
        }
        if mapping["arch"] == nil {
            faults.add(Self.fileName, "the key `arch` is missing", "write one of \(arches)")
        }
    }

    private mutating func readVersion(_ node: Node) {
        kubernetes = node.scalar.flatMap { KubernetesVersion($0.string) }
        guard kubernetes == nil else { return }
        add(node, "`\(node.scalar?.string ?? "this")` is no Kubernetes release", "write it as v1.34.2")
    }

    private mutating func readArch(_ node: Node) {
        arch = node.scalar.flatMap { Architecture(rawValue: $0.string) }
        guard arch == nil else { return }
        add(node, "`\(node.scalar?.string ?? "this")` is no architecture that hakube knows", "write one of \(arches)")
    }

    private mutating func readRoles(_ node: Node) {
        guard let mapping = node.mapping else {
            add(node, "`roles` is not a mapping", "write a path or image name, and after it [master], [node] or both")
            return
        }
        for (key, value) in mapping {
            let names = value.sequence?.compactMap(\.string) ?? value.scalar.map { [$0.string] } ?? []
            let roles = names.compactMap(Role.init(rawValue:))
            guard let pattern = key.string, !roles.isEmpty, roles.count == names.count else {
                add(
                    value, "`\(key.string ?? "?")` has no valid list of roles",
                    "write [master], [node] or [master, node]")
                continue
            }
            rules.append(RoleRule(pattern: pattern, roles: Role.allCases.filter(roles.contains), line: key.mark?.line))
        }
    }

    private mutating func add(_ node: Node, _ message: String, _ remedy: String) {
        faults.add(Self.fileName + (node.mark.map { ":\($0.line)" } ?? ""), message, remedy)
    }
}

/// One line of `roles:`. The pattern is a path, an image as images/NAME:TAG or images/NAME, or either ending in `*`.
struct RoleRule {
    let pattern: String
    let roles: [Role]
    let line: Int?

    /// How well the rule fits a subject; `nil`: not at all. The closest rule wins, so `images/*` can have exceptions.
    func closeness(to subject: String) -> Int? {
        if pattern == subject { return Int.max }
        if pattern.hasSuffix("*") { return subject.hasPrefix(pattern.dropLast()) ? pattern.utf8.count : nil }
        let isUntagged = pattern.hasPrefix(ImageLayout.folder) && subject.hasPrefix(pattern + ":")
        return isUntagged && !subject.dropFirst(pattern.count + 1).contains("/") ? pattern.utf8.count + 1 : nil
    }
}

extension [RoleRule] {
    /// Where no rule fits, both roles get the subject.
    func roles(for subject: String) -> [String] {
        let fitting = compactMap { rule in rule.closeness(to: subject).map { (rule, $0) } }
        return (fitting.max { $0.1 < $1.1 }?.0.roles ?? Role.allCases).map(\.rawValue)
    }
}

extension String {
    /// Messages of parsers come in several lines; a fault is one.
    fileprivate var flattened: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}
