// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The account of a source's values. What nobody has accounted for by the end is entered as left, so that no line is lost.
struct Ledger {
    private(set) var taken: [MigrationReport.Taken] = []
    private(set) var settled: [MigrationReport.Settled] = []
    private(set) var left: [MigrationReport.Left] = []
    private var accounted: Set<String> = []
    private var origins: Set<SourceNode.Origin> = []
    private var entries: Set<MigrationReport.Taken> = []
    private var told: Set<MigrationReport.Left> = []

    /// The value is in the inventory.
    mutating func take(_ node: SourceNode, as target: String) {
        account(node)
        let entry = MigrationReport.Taken(line: node.line, path: node.path, target: target)
        // A group's variable counts for every host of the group.
        if entries.insert(entry).inserted { taken.append(entry) }
    }

    /// The value needs no word in the inventory.
    mutating func settle(_ node: SourceNode?, _ reason: String) {
        guard let node else { return }
        account(node)
        settled.append(MigrationReport.Settled(line: node.line, path: node.path, reason: reason))
    }

    /// The value is not in the inventory. A value that says nothing is passed over.
    mutating func leave(_ node: SourceNode?, _ reason: String, _ remedy: String) {
        guard let node, !node.isEmpty else { return }
        tell(node, reason, remedy)
    }

    /// The same of a value that means something even where it is empty.
    mutating func tell(_ node: SourceNode, _ reason: String, _ remedy: String) {
        account(node)
        let entry = MigrationReport.Left(line: node.line, path: node.path, reason: reason, remedy: remedy)
        if told.insert(entry).inserted { left.append(entry) }
    }

    /// Another line has said something else already, and the first one counts.
    mutating func tell(_ node: SourceNode, _ target: String, isAlready known: String) {
        tell(
            node, "\(target) is \(known.isEmpty ? "empty" : known) by another line already",
            "see which of the two the cluster shall have")
    }

    /// A password or private key: its value is never repeated, neither here nor in the inventory.
    mutating func leave(secret node: SourceNode?, _ remedy: String) {
        leave(node, "a secret has no place in an inventory", remedy)
    }

    func knows(_ node: SourceNode) -> Bool { accounted.contains(Self.id(node)) }

    /// Enters all that is not accounted for, a map or list as one where nothing of it is.
    mutating func sweep(_ node: SourceNode, _ reason: String, _ remedy: String) {
        let leaves = node.leaves
        for leaf in leaves where !knows(leaf) && leaf.origin.map(origins.contains) ?? false {
            settle(leaf, "by its anchor it is one value with another of this report")
        }
        let open = leaves.filter { !knows($0) }
        guard !open.isEmpty else { return }
        if open.count == leaves.count && !node.path.isEmpty { return leave(node, reason, remedy) }
        for item in node.items { sweep(item, reason, remedy) }
        for entry in node.entries { sweep(entry.value, reason, remedy) }
    }

    private mutating func account(_ node: SourceNode) {
        for leaf in node.leaves {
            accounted.insert(Self.id(leaf))
            if let origin = leaf.origin { origins.insert(origin) }
        }
        accounted.insert(Self.id(node))
    }

    private static func id(_ node: SourceNode) -> String { "\(node.line) \(node.path)" }
}
