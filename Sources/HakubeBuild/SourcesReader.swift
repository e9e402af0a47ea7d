// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

/// Reads a sources.yaml and notes every fault with its line.
struct SourcesReader {
    static let format = 1
    private static let keys = [
        "format", "kubernetes", "newest", "arches", "components", "files", "networks", "ha", "images", "run",
    ]

    let file: String
    private(set) var problems: [Problem] = []

    /// - Throws: `InventoryError` with all faults at once.
    static func read(_ yaml: String, file: String, folder: String?) throws -> BundleSources {
        var reader = SourcesReader(file: file)
        let sources = reader.sources(yaml, folder: folder)
        guard let sources, reader.problems.isEmpty else { throw InventoryError(problems: reader.problems) }
        return sources
    }

    private init(file: String) { self.file = file }

    private mutating func sources(_ yaml: String, folder: String?) -> BundleSources? {
        let root: Node?
        do { root = try Yams.compose(yaml: yaml) } catch {
            let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            refuse(file, "is not YAML: \(reason)", "mend it")
            return nil
        }
        guard let root, let fields = map(root, "the file", keys: Self.keys) else { return nil }
        checkFormat(fields["format"], root)
        let script = folder == nil ? nil : fields["run"].flatMap { text($0, "run") }
        let components = readComponents(fields["components"])
        let files = list(fields["files"], "files").flatMap { readFile($0, components: components, script: script) }
        let networks = readNetworks(fields["networks"], components: components)
        let strategies = readStrategies(fields["ha"], components: components)
        let (layout, roles) = readImages(fields["images"], script: script)
        if files.isEmpty && problems.isEmpty {
            refuse(place(root), "there are no `files`", "list the programs that hosts need")
        }
        checkTargets(files)
        let arches = readArches(fields["arches"])
        if let script = fields["run"], arches.count != 1 {
            refuse(place(script), "a script makes parts for one architecture", "name that one, such as arches: [amd64]")
        }
        return BundleSources(
            file: file, folder: folder, kubernetes: readRelease(fields["kubernetes"]),
            newest: fields["newest"].flatMap { address($0, "newest", holes: ["minor"]) },
            arches: arches, components: components, files: files, networks: networks,
            strategies: strategies, layout: layout, imageRoles: roles, script: script)
    }

    mutating func refuse(_ place: String, _ message: String, _ remedy: String) {
        problems.append(Problem(place: place, message: message, remedy: remedy))
    }

    func place(_ node: Node) -> String { node.mark.map { "\(file):\($0.line)" } ?? file }

    /// The entries of a map by key; unknown keys are faults.
    mutating func map(_ node: Node, _ title: String, keys: [String]) -> [String: Node]? {
        guard let mapping = node.mapping else {
            refuse(place(node), "\(title) is not a map", "write it as key: value lines")
            return nil
        }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.string, keys.contains(name) else {
                refuse(
                    place(key), "\(title) has no key `\(key.string ?? "?")`",
                    "the keys are \(keys.joined(separator: ", "))")
                continue
            }
            fields[name] = value
        }
        return fields
    }

    mutating func list(_ node: Node?, _ title: String) -> [Node] {
        guard let node else { return [] }
        guard let items = node.sequence else {
            refuse(place(node), "`\(title)` is not a list", "write its entries after dashes")
            return []
        }
        return Array(items)
    }

    mutating func text(_ node: Node, _ key: String) -> String? {
        guard let text = node.scalar?.string, !text.isEmpty else {
            refuse(place(node), "`\(key)` is not a text", "write one value after the colon")
            return nil
        }
        return text
    }

    /// A URL whose holes have names that count here.
    mutating func address(_ node: Node, _ key: String, holes: [String], needsScheme: Bool = true) -> Pattern? {
        guard let text = text(node, key) else { return nil }
        let pattern = Pattern(text)
        for hole in pattern.holes where !holes.contains(hole) {
            refuse(
                place(node), "`\(key)` has the variable `{{\(hole)}}`, which has no value here",
                "use \(holes.map { "{{\($0)}}" }.joined(separator: ", "))")
        }
        if needsScheme && !pattern.isURL && pattern.holes.first != "url" {
            refuse(place(node), "`\(key)` is no address: \(text)", "begin it with https://")
        }
        return pattern
    }

    mutating func roles(_ node: Node?) -> [Role] {
        guard let node else { return Role.bundled }
        let names = node.sequence?.compactMap(\.string) ?? node.scalar.map { [$0.string] } ?? []
        let roles = Role.bundled.filter { names.contains($0.rawValue) }
        if roles.isEmpty || roles.count != names.count {
            refuse(place(node), "`roles` names something else than roles", "write [master], [node] or [master, node]")
        }
        return roles
    }

    private mutating func checkFormat(_ node: Node?, _ root: Node) {
        guard let node else {
            return refuse(place(root), "the key `format` is missing", "write format: \(Self.format)")
        }
        guard node.int == Self.format else {
            return refuse(
                place(node), "the format \(node.scalar?.string ?? "") is not one this hakube reads",
                "write format: \(Self.format), or use the hakube that the file was written for")
        }
    }

    private mutating func readRelease(_ node: Node?) -> KubernetesVersion? {
        guard let node, let text = text(node, "kubernetes") else { return nil }
        let release = KubernetesVersion(text)
        if release == nil { refuse(place(node), "`\(text)` is no Kubernetes release", "write it as v1.34.2") }
        return release
    }

    private mutating func readArches(_ node: Node?) -> [Architecture] {
        guard let node else { return Architecture.allCases }
        return list(node, "arches").compactMap { item in
            let arch = item.scalar.flatMap { Architecture(rawValue: $0.string) }
            if arch == nil {
                let known = Architecture.allCases.map(\.rawValue).joined(separator: ", ")
                refuse(
                    place(item), "`\(item.scalar?.string ?? "this")` is no architecture that hakube knows",
                    "write some of \(known)")
            }
            return arch
        }
    }

    private mutating func readComponents(_ node: Node?) -> [String: VersionTable] {
        guard let node else { return [:] }
        guard let mapping = node.mapping else {
            refuse(place(node), "`components` is not a map", "write component: version lines")
            return [:]
        }
        var tables: [String: VersionTable] = [:]
        for (key, value) in mapping {
            guard let name = key.string else { continue }
            if let rows = value.mapping {
                tables[name] = VersionTable(rows: rows.compactMap { readRow($0.key, $0.value, of: name) })
            } else if let version = readVersion(value, of: name) {
                tables[name] = VersionTable(every: version)
            }
        }
        return tables
    }

    private mutating func readRow(_ key: Node, _ value: Node, of name: String) -> VersionTable.Row? {
        let parts = (key.scalar?.string ?? "").split(separator: ".").compactMap { Int($0) }
        guard parts.count == 2 else {
            refuse(
                place(key), "`\(key.scalar?.string ?? "?")` is no Kubernetes minor", "write it as \"1.36\", in quotes")
            return nil
        }
        return readVersion(value, of: name).map { VersionTable.Row(major: parts[0], minor: parts[1], version: $0) }
    }

    private mutating func readVersion(_ node: Node, of name: String) -> String? {
        let version = node.scalar.flatMap { VersionTable.version($0.string) }
        if version == nil {
            refuse(place(node), "`\(node.scalar?.string ?? "this")` is no version of \(name)", "write it as 2.3.4")
        }
        return version
    }

    private mutating func checkTargets(_ files: [BundleSources.File]) {
        var places: [String: String] = [:]
        for file in files {
            for target in file.targets {
                if let first = places.updateValue(file.place, forKey: target.path) {
                    refuse(file.place, "\(target.path) is made a second time (first \(first))", "keep one of the two")
                }
            }
        }
    }
}
