// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// keepalived.conf: its VRRP instances and check scripts.
struct KeepalivedConfig: Sendable {
    struct Script: Sendable, Hashable {
        let name: String
        let place: Place
        let command: Found<String>?
        let weight: Found<Int>?
    }

    struct Instance: Sendable, Hashable {
        /// A script that the instance tracks; a weight beside its name replaces the script's own.
        struct Tracked: Sendable, Hashable {
            let name: String
            let weight: Int?
            let place: Place
        }

        let name: String
        let place: Place
        let interface: String?
        /// `MASTER` or `BACKUP`.
        let state: Found<String>?
        let routerID: Found<String>?
        /// keepalived takes 100 where none is written. One that holds for some hosts only is no number.
        let priority: Found<String>?
        let noPreempt: Place?
        let source: Found<IPAddress>?
        /// `nil`: no `unicast_peer` block.
        let peers: Found<[Found<IPAddress>]>?
        let addresses: [Found<IPAddress>]
        let password: Found<String>?
        /// Its own, and those of its group.
        fileprivate(set) var tracked: [Tracked]
        /// Whether an interface, process or file is tracked.
        fileprivate(set) var tracksOther: Bool

        /// `nil` for what is yet to be filled in, such as `$PRIORITY`.
        var basePriority: Int? { priority.map { Int($0.value) } ?? 100 }
        var isMaster: Bool { state?.value.uppercased() == "MASTER" }
    }

    let file: String
    let scripts: [Script]
    private(set) var instances: [Instance]
    let host: HostHint
    /// Files that it takes in.
    let includes: [String]
    /// Scripts that it can track: its own, and those of the files that are read together with it.
    var known: [Script]
    /// Scripts that are tracked in those files.
    var trackedElsewhere: Set<String> = []
    /// Whether a file is read together with it that is not at hand.
    var isPartial = false

    init(_ fragment: Fragment) {
        let blocks = KeepalivedBlock.all(fragment)
        file = fragment.file
        scripts = blocks.filter { $0.keyword == "vrrp_script" }.map { block in
            Script(
                name: block.arguments.first ?? "", place: block.place,
                command: block.child("script").map { Found($0.arguments.joined(separator: " "), $0.place) },
                weight: block.child("weight").flatMap { line in
                    line.arguments.first.flatMap { Int($0) }.map { Found($0, line.place) }
                })
        }
        known = scripts
        includes = blocks.flatMap { [$0] + $0.children }.filter { $0.keyword == "include" }.compactMap(
            \.arguments.first)
        instances = blocks.filter { $0.keyword == "vrrp_instance" }.map(Self.instance)
        for group in blocks where group.keyword == "vrrp_sync_group" {
            let members = Set((group.child("group")?.children ?? []).flatMap { [$0.keyword] + $0.arguments })
            for index in instances.indices where members.contains(instances[index].name) {
                instances[index].tracked += Self.tracked(group, isGroup: true)
                if Self.tracksOther(group) { instances[index].tracksOther = true }
            }
        }
        var host = fragment.host
        host.address = host.address ?? instances.lazy.compactMap { $0.source?.value }.first
        self.host = host
    }

    private static func instance(_ block: KeepalivedBlock) -> Instance {
        // `@lb1 priority 120` holds on the host that was started as lb1.
        func condition(_ keyword: String) -> KeepalivedBlock? {
            block.children.last { $0.keyword.hasPrefix("@") && $0.arguments.first == keyword }
        }
        func value(_ keyword: String) -> Found<String>? {
            if condition(keyword) != nil { return nil }
            return block.child(keyword).flatMap { line in line.arguments.first.map { Found($0, line.place) } }
        }
        func addresses(_ keyword: String) -> [Found<IPAddress>] {
            (block.child(keyword)?.children ?? []).compactMap { line in
                let text = line.keyword.prefix { $0 != "/" }
                return IPAddress(String(text)).map { Found($0, line.place) }
            }
        }
        let conditional = (block.child("unicast_peer")?.children ?? []).contains { $0.keyword.hasPrefix("@") }
        return Instance(
            name: block.arguments.first ?? "", place: block.place, interface: value("interface")?.value,
            state: value("state"), routerID: value("virtual_router_id"),
            priority: condition("priority").map { Found($0.keyword, $0.place) } ?? value("priority"),
            noPreempt: block.child("nopreempt")?.place,
            source: value("unicast_src_ip").flatMap { text in IPAddress(text.value).map { Found($0, text.place) } },
            peers: conditional ? nil : block.child("unicast_peer").map { Found(addresses("unicast_peer"), $0.place) },
            addresses: addresses("virtual_ipaddress") + addresses("virtual_ipaddress_excluded"),
            password: block.child("authentication")?.child("auth_pass").flatMap { line in
                line.arguments.first.map { Found($0, line.place) }
            },
            tracked: tracked(block, isGroup: false), tracksOther: tracksOther(block))
    }

    /// In a group no weight counts: keepalived lets only the members' faults do, unless it is told otherwise.
    private static func tracked(_ block: KeepalivedBlock, isGroup: Bool) -> [Instance.Tracked] {
        (block.child("track_script")?.children ?? []).compactMap { line in
            let words = [line.keyword] + line.arguments
            guard let name = words.first(where: { !$0.hasPrefix("@") }) else { return nil }
            let weight = words.firstIndex(of: "weight").flatMap { words.dropFirst($0 + 1).first }.flatMap { Int($0) }
            return Instance.Tracked(name: name, weight: isGroup ? 0 : weight, place: line.place)
        }
    }

    private static func tracksOther(_ block: KeepalivedBlock) -> Bool {
        ["track_interface", "track_process", "track_file", "track_bfd"].contains { block.child($0) != nil }
    }
}

/// A line of keepalived.conf, with the lines between its braces.
struct KeepalivedBlock: Sendable, Hashable {
    let keyword: String
    let arguments: [String]
    let place: Place
    var children: [KeepalivedBlock] = []

    func child(_ keyword: String) -> KeepalivedBlock? { children.last { $0.keyword == keyword } }

    static func all(_ fragment: Fragment) -> [KeepalivedBlock] {
        var open: [[KeepalivedBlock]] = [[]]
        // Nobody nests deeper than four; what does is kept flat.
        let deepest = 16
        var flat = 0
        func close() {
            guard open.count > 1, let children = open.popLast(), var parent = open[open.count - 1].popLast() else {
                return
            }
            parent.children = children
            open[open.count - 1].append(parent)
        }
        for found in fragment.lines {
            var statement: [String] = []
            func end() {
                if let keyword = statement.first {
                    open[open.count - 1].append(
                        KeepalivedBlock(
                            keyword: keyword, arguments: Array(statement.dropFirst()), place: found.place))
                }
                statement = []
            }
            for word in words(found.value) {
                switch word {
                case "{":
                    end()
                    if open.count < deepest { open.append([]) } else { flat += 1 }
                case "}":
                    end()
                    if flat > 0 { flat -= 1 } else { close() }
                default: statement.append(word)
                }
            }
            end()
        }
        while open.count > 1 { close() }
        return open[0]
    }

    /// Words of a line without its comment, which begins with `#` or `!`. Braces are words of their own.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        func end() {
            if let done = word { words.append(done) }
            word = nil
        }
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == "#" || character == "!" {
                break
            } else if character.isWhitespace {
                end()
            } else if character == "{" || character == "}" {
                end()
                words.append(String(character))
            } else {
                word = (word ?? "") + String(character)
            }
        }
        end()
        return words
    }
}
