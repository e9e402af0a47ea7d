// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

extension SourcesReader {
    private static let fileKeys = ["component", "url", "from", "checksum", "to", "members", "roles"]
    private static let fileHoles = ["kubernetes", "minor", "arch", "version"]

    /// One entry of `files`; several files if `from` is a list.
    mutating func readFile(
        _ node: Node, components: [String: VersionTable], script: String?
    ) -> [BundleSources.File] {
        guard let fields = map(node, "a file", keys: Self.fileKeys) else { return [] }
        let component = readComponent(fields["component"], components)
        let roles = roles(fields["roles"])
        if let from = fields["from"] {
            return readMade(from, to: fields["to"], script: script).map { path, target in
                BundleSources.File(
                    component: component, origin: .made(path),
                    targets: [BundleSources.Target(member: "", path: target)], roles: roles, place: place(node))
            }
        }
        guard let urlNode = fields["url"] else {
            refuse(place(node), "a file has neither `url` nor `from`", "write where it comes from")
            return []
        }
        guard let url = address(urlNode, "url", holes: holes(component)) else { return [] }
        let checksum = fields["checksum"].flatMap { address($0, "checksum", holes: holes(component) + ["url"]) }
        let targets = readTargets(fields, of: node)
        let shared = targets.filter { !ExtraFile.isProgram($0.path) }
        if !shared.isEmpty, shared.count < targets.count || url.holes.contains("arch") {
            refuse(
                place(node), "files/ is the same for every architecture, and this is not",
                "take it from an address without {{arch}}, in an entry of its own")
        }
        let file = BundleSources.File(
            component: component, origin: .url(url, checksum: checksum), targets: targets, roles: roles,
            place: place(node))
        return [file]
    }

    private func holes(_ component: String?) -> [String] {
        component == nil ? Self.fileHoles.filter { $0 != "version" } : Self.fileHoles
    }

    mutating func readComponent(_ node: Node?, _ components: [String: VersionTable]) -> String? {
        guard let node, let name = text(node, "component") else { return nil }
        if components[name] == nil {
            refuse(place(node), "`\(name)` is not among the components", "give it a version under `components`")
        }
        return name
    }

    private mutating func readMade(_ from: Node, to: Node?, script: String?) -> [(path: String, target: String)] {
        if script == nil {
            refuse(
                place(from), "`from` needs a script that makes the file", "name the script under `run`, or write `url`")
        }
        if let items = from.sequence {
            if let to { refuse(place(to), "`to` stands beside a list", "leave it out, or write one file an entry") }
            return items.compactMap { item in
                text(item, "from").flatMap { path in target(path, item).map { (path, $0) } }
            }
        }
        guard let path = text(from, "from"), let goal = to.map({ text($0, "to") }) ?? path else { return [] }
        return target(goal, to ?? from).map { [(path, $0)] } ?? []
    }

    private mutating func readTargets(_ fields: [String: Node], of node: Node) -> [BundleSources.Target] {
        switch (fields["to"], fields["members"]) {
        case (let to?, nil):
            guard let path = text(to, "to"), let goal = target(path, to) else { return [] }
            return [BundleSources.Target(member: "", path: goal)]
        case (nil, let members?):
            guard let mapping = members.mapping, !mapping.isEmpty else {
                refuse(place(members), "`members` is not a map", "write path in the archive: path in the bundle")
                return []
            }
            return mapping.compactMap { key, value in
                guard let member = key.string, let path = text(value, "members"), let goal = target(path, value) else {
                    return nil
                }
                return BundleSources.Target(member: member, path: goal)
            }
        default:
            refuse(
                place(node), "a file needs either `to` or `members`",
                "write `to` for a plain file, `members` for what is taken out of an archive")
            return []
        }
    }

    /// A place in the bundle that a file may take.
    private mutating func target(_ path: String, _ node: Node) -> String? {
        guard let fault = ExtraFile.fault(target: path) else { return path }
        refuse(place(node), "`\(path)` \(fault)", "write bin/NAME, cni/NAME or files/NAME")
        return nil
    }

    mutating func readNetworks(_ node: Node?, components: [String: VersionTable]) -> [BundleSources.Network] {
        guard let node else { return [] }
        guard let mapping = node.mapping else {
            refuse(place(node), "`networks` is not a map", "write the name of each, and below it its manifest")
            return []
        }
        return mapping.compactMap { key, value in
            guard let name = key.string, name != "none" else {
                refuse(place(key), "a network cannot have this name", "choose another")
                return nil
            }
            guard let fields = map(value, "the network \(name)", keys: ["component", "manifest", "edits", "byHand"])
            else { return nil }
            let component = readComponent(fields["component"], components)
            let manifest = fields["manifest"].flatMap {
                address($0, "manifest", holes: holes(component).filter { $0 != "arch" }, needsScheme: false)
            }
            if manifest == nil && fields["byHand"] == nil {
                refuse(place(value), "the network \(name) has no manifest", "write `manifest`, or `byHand` and how")
            }
            return BundleSources.Network(
                name: name, component: component, manifest: manifest,
                edits: list(fields["edits"], "edits").compactMap { readEdit($0) },
                byHand: fields["byHand"].flatMap { text($0, "byHand") }, place: place(value))
        }
    }

    private mutating func readEdit(_ node: Node) -> ManifestEdit? {
        guard let fields = map(node, "an edit", keys: ["find", "write"]) else { return nil }
        guard let find = fields["find"].flatMap({ text($0, "find") }), let write = fields["write"]?.scalar?.string
        else {
            refuse(place(node), "an edit lacks `find` or `write`", "write both, in quotes")
            return nil
        }
        return ManifestEdit(find: find, write: write, place: place(node))
    }

    mutating func readImages(_ node: Node?, script: String?) -> (layout: String?, roles: [String: [Role]]) {
        guard let node, let fields = map(node, "`images`", keys: ["layout", "roles"]) else { return (nil, [:]) }
        let layout = fields["layout"].flatMap { text($0, "layout") }
        if layout != nil && script == nil {
            refuse(place(node), "`layout` needs a script that makes the images", "name the script under `run`")
        }
        var byName: [String: [Role]] = [:]
        for (key, value) in fields["roles"]?.mapping ?? [:] {
            guard let name = key.string, !name.contains("/"), !name.contains(":") else {
                refuse(place(key), "this is no last part of an image's name", "write it like kube-apiserver")
                continue
            }
            byName[name] = roles(value)
        }
        return (layout, byName)
    }
}
