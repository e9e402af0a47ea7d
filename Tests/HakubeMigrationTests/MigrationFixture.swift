// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeMigration
import HakubeModel
import HakubePlan
import Testing
import Yams

/// A file of another tool's, made into an inventory.
struct MigrationFixture {
    let file: String
    let text: String
    let migration: Migration

    init(_ file: String, kubernetes: String? = nil) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        try self.init(
            text: try String(contentsOf: folder.appending(path: file), encoding: .utf8), file: file,
            kubernetes: kubernetes)
    }

    init(text: String, file: String = "x.yml", kubernetes: String? = nil, tool: ForeignTool? = nil) throws {
        self.file = file
        self.text = text
        var request = MigrationRequest(text: text, file: file)
        request.tool = tool
        request.kubernetes = kubernetes.flatMap(KubernetesVersion.init)
        migration = try Migration(request)
    }

    var report: MigrationReport { migration.report }

    /// `path: reason; remedy` of all that is not in the inventory.
    var left: [String] { report.left.map { "\($0.path): \($0.reason); \($0.remedy)" } }

    func isLeft(_ path: String) -> Bool { report.left.contains { $0.path == path } }

    func targets(of path: String) -> [String] { report.taken.filter { $0.path == path }.map(\.target) }

    /// What `hakube` makes of the inventory, once the files with passwords are written.
    func spec() throws -> ClusterSpec {
        var inventory = Inventory(yaml: migration.inventory, file: "inventory.yaml")
        for file in inventory.registries.compactMap(\.passwordFile) {
            inventory.passwords[file.value] = .password(Secret("a password"))
        }
        return try ClusterSpec.make(inventory: inventory)
    }

    /// kubeadm's documents as they stand on the hosts, by kind.
    func kubeadm() throws -> [String: Node] {
        let plan = try Planner(.assumingFresh(try spec(), bundle: nil, parallel: 16)).initialisation()
        let names = ["/etc/hakube/kubeadm-init.yaml", "/etc/hakube/kubeadm-join.yaml"]
        let files = RenderedFiles(plan).files.filter { names.contains($0.path) }
        let documents = try files.flatMap { try Array(Yams.compose_all(yaml: $0.text)) }
        return Dictionary(documents.map { ($0["kind"]?.string ?? "", $0) }) { first, _ in first }
    }
}

extension Node {
    /// The value at a path with dots; an argument of a list counts as a key of its name.
    func at(_ path: String) -> Node? {
        var node: Node? = self
        var keys = path.split(separator: ".").map(String.init)[...]
        while let current = node, !keys.isEmpty {
            // Keys may have dots themselves: `memory.available`.
            let whole = keys.joined(separator: ".")
            if let found = current[whole] { return found }
            let key = keys.removeFirst()
            node = current[key] ?? current.sequence?.first { $0["name"]?.string == key }?["value"]
        }
        return node
    }

    var meaning: YAMLMeaning {
        switch self {
        case .scalar(let scalar): .text(scalar.string)
        case .sequence(let items): .items(items.map { $0.string ?? "" })
        case .mapping(let pairs):
            .pairs(
                Dictionary(
                    pairs.map { ($0.key.string ?? "", $0.value.scalar?.string ?? "") }, uniquingKeysWith: { $1 }))
        case .alias: .text("")
        }
    }
}

/// A value apart from how it is written.
enum YAMLMeaning: Equatable {
    case text(String)
    case items([String])
    case pairs([String: String])

    /// A list of one is written as its item among flags.
    func isSame(as flag: YAMLMeaning) -> Bool {
        if case (.items(let items), .text(let text)) = (self, flag) { return items == [text] }
        return self == flag
    }
}
