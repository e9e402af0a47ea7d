// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Labels and taints of every node, those included whose hosts cannot be reached: what is written stands in the cluster.
extension Planner {
    var markSteps: [Step] {
        let former = formerNodes
        let dialect = KubeadmDialect(version: spec.kubernetes)
        // What was found on a node is not hakube's to set or to take.
        let marked = (spec.masters + spec.nodes).filter { !spec.adopted.contains($0.id) }
        let labels = groups(of: marked) { LabelWish($0, former: former[input.nodeName(of: $0)], dialect) }
        let taints = groups(of: marked) { TaintWish($0, former: former[input.nodeName(of: $0)], dialect) }
        return labels.map(labelStep) + taints.map(taintStep)
    }

    /// Hosts as the cluster's record had them before this run, by their nodes' names; without those that were adopted.
    private var formerNodes: [String: Host] {
        guard let former = formerSpec else { return [:] }
        let pairs = former.kubernetesHosts.filter { !former.adopted.contains($0.id) }.compactMap { host in
            host.name.map { ($0, host) }
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private func labelStep(_ group: NodeGroup<LabelWish>) -> Step {
        let wish = group.wish
        let words = (wish.given + wish.taken.map { "\($0)-" }).map(Script.quoted).joined(separator: " ")
        let label = "\(kubectl) label --overwrite nodes"
        let change =
            group.isAbsent
            ? """
            \(reading(group))
            set --
            \(group.loop(["set -- \"$@\" \"$node\""]))
            [ $# = 0 ] || \(label) "$@" \(words) >&2
            """ : "\(label) \(group.list) \(words) >&2"
        return step(
            "labels", group, without: wish.taken, has: wish.given.map { "label \($0)" },
            lacks: wish.taken.map { "label \($0)=" }, change: change)
    }

    private func taintStep(_ group: NodeGroup<TaintWish>) -> Step {
        let wish = group.wish
        let given = wish.given.map { " " + Script.quoted("\($0.key)=\($0.value):\($0.effect.rawValue)") }
        // kubectl fails over a taint that is not there to be taken.
        let takes = wish.taken.map { taint in
            let word = Script.quoted("\(taint.key):\(taint.effect.rawValue)-")
            return "if has \"$node \"\(Script.quoted(taint.mark)); then set -- \"$@\" \(word); fi"
        }
        let lines =
            ["set --\(given.joined())"] + takes
            + ["[ $# = 0 ] || \(kubectl) taint --overwrite nodes \"$node\" \"$@\" >&2"]
        return step(
            "taints", group, without: wish.taken.map { "\($0.key):\($0.effect.rawValue)" },
            has: wish.given.map { $0.mark + $0.value }, lacks: wish.taken.map(\.mark),
            change: "\(reading(group))\n\(group.loop(lines))")
    }

    /// - Parameters:
    ///   - has: lines that a node shall have, without its name.
    ///   - lacks: beginnings that no line of it shall have.
    private func step(
        _ what: String, _ group: NodeGroup<some Sendable & Hashable>, without taken: [String], has: [String],
        lacks: [String], change: String
    ) -> Step {
        func words(_ texts: [String]) -> String { texts.map(Script.quoted).joined(separator: " ") }
        var tests: [String] = []
        if !has.isEmpty { tests.append("for mark in \(words(has)); do has \"$node $mark$newline\"; done") }
        if !lacks.isEmpty {
            tests.append("for mark in \(words(lacks)); do if has \"$node $mark\"; then exit 1; fi; done")
        }
        let without = taken.isEmpty ? "" : ", without \(taken.joined(separator: ", "))"
        return Step(
            id: "\(what) \(group.first)", title: "\(what) of \(group.title)\(without)",
            action: .run(Script(change)), unless: Script("\(reading(group))\n\(group.loop(tests))"))
    }

    /// What stands on the nodes, a line a mark, and `has` to look for a line's beginning.
    private func reading(_ group: NodeGroup<some Sendable & Hashable>) -> String {
        let tolerance = group.isAbsent ? " --ignore-not-found" : ""
        return """
            said=$(\(kubectl) get nodes \(group.list)\(tolerance) -o go-template=\(Script.quoted(nodeMarkTemplate)))
            newline='
            '
            has() { case "$newline$said$newline" in *"$newline$1"*) ;; *) return 1 ;; esac; }
            """
    }
}

/// One node comes as itself, several come as a list.
private let nodeMarkTemplate =
    #"{{define "node"}}{{$name := .metadata.name}}{{$name}} stands{{"\n"}}"#
    + #"{{range $key, $value := .metadata.labels}}{{$name}} label {{$key}}={{$value}}{{"\n"}}{{end}}"#
    + #"{{range .spec.taints}}{{$name}} taint {{.effect}} {{.key}}={{with .value}}{{.}}{{end}}{{"\n"}}{{end}}{{end}}"#
    + #"{{if eq .kind "Node"}}{{template "node" .}}{{else}}{{range .items}}{{template "node" .}}{{end}}{{end}}"#

extension Taint {
    /// The beginning of its line, up to the value.
    fileprivate var mark: String { "taint \(effect.rawValue) \(key)=" }
}

/// Nodes of which the same is wanted.
private struct NodeGroup<Wish: Sendable & Hashable> {
    /// kubectl asks for them one after another, and older ones pause between questions.
    static var largest: Int { 50 }

    struct Key: Hashable {
        let wish: Wish
        /// Their hosts cannot be reached, and somebody may have deleted the nodes meanwhile.
        let isAbsent: Bool
    }

    let key: Key
    let first: HostID
    let names: [String]

    var wish: Wish { key.wish }
    var isAbsent: Bool { key.isAbsent }
    var list: String { names.map(Script.quoted).joined(separator: " ") }

    /// The same for each node. A member that is there has to have one: kubectl itself fails over one that is missing.
    func loop(_ lines: [String]) -> String {
        let all = (isAbsent ? ["has \"$node stands$newline\" || continue"] : []) + lines
        return "for node in \(list); do\n\(all.map { "    \($0)\n" }.joined())done"
    }

    var title: String {
        names.count <= 3 ? names.joined(separator: ", ") : "\(names[0]) and \(names.count - 1) more"
    }
}

extension Planner {
    /// In the order of the hosts.
    private func groups<Wish: Sendable & Hashable>(
        of hosts: [Host], _ wish: (Host) -> Wish?
    ) -> [NodeGroup<Wish>] {
        var order: [NodeGroup<Wish>.Key] = []
        var members: [NodeGroup<Wish>.Key: [Host]] = [:]
        for host in hosts {
            let isAbsent = input.absent.contains(host.id)
            // Of a host that never said its name nobody knows the node.
            guard !isAbsent || host.name != nil, let wish = wish(host) else { continue }
            let key = NodeGroup<Wish>.Key(wish: wish, isAbsent: isAbsent)
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(host)
        }
        return order.flatMap { key -> [NodeGroup<Wish>] in
            let hosts = members[key] ?? []
            return stride(from: 0, to: hosts.count, by: NodeGroup<Wish>.largest).map { start in
                let part = hosts[start..<min(start + NodeGroup<Wish>.largest, hosts.count)]
                return NodeGroup(
                    key: key, first: hosts[start].id,
                    names: part.map(input.nodeName))
            }
        }
    }
}
