// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A shell script, or commands that somebody typed: what runs where.
struct ShellScript: Sendable {
    /// Commands for one host, from one heading to the next.
    struct Section: Sendable {
        let host: HostHint
        /// How many `#` its heading has; 0 without one.
        let level: Int
        private(set) var commands: [ShellCommand] = []
        /// The commands with a pipe between them, by its number.
        private var pipelines: [Int: [ShellCommand]] = [:]
        /// What these commands put into /etc/hosts.
        var hosts: HostsTable

        /// The commands that have a pipe between them and this one, itself among them.
        func pipeline(of command: ShellCommand) -> [ShellCommand] { pipelines[command.pipeline] ?? [] }

        init(host: HostHint, level: Int, hosts: HostsTable) {
            self.host = host
            self.level = level
            self.hosts = hosts
        }

        fileprivate mutating func append(_ command: ShellCommand) {
            commands.append(command)
            pipelines[command.pipeline, default: []].append(command)
        }
    }

    let file: String
    private(set) var sections: [Section] = []
    /// Files that here-documents make.
    private(set) var parts: [Fragment] = []

    /// `depth`: how many commands of ssh it is in; deeper ones than anybody writes are passed over.
    init(_ fragment: Fragment, depth: Int = 0) {
        file = fragment.file
        let (text, prompts) = Self.withoutPrompts(fragment)
        start(fragment.host, level: 0, fragment.place(1))
        var elsewhere: [ShellScript] = []
        for item in ShellScanner.items(fragment, text: text) {
            switch item {
            case .comment(let comment, let level):
                if let host = Self.heading(comment.value, level: level, within: sections.last?.level ?? 0) {
                    start(host, level: level, comment.place)
                }
            case .command(let command):
                // A heading says more than a prompt, whose name may be the host's own.
                if let place = command.place, let name = prompts[place.line], name != sections.last?.host.name,
                    sections.last?.level == 0
                {
                    start(HostHint(prompt: name), level: 0, place)
                }
                sections[sections.count - 1].append(command)
                if depth < 4, let remote = command.remote(fragment) {
                    elsewhere.append(ShellScript(remote, depth: depth + 1))
                }
            }
        }
        for index in sections.indices {
            let made = Self.follow(&sections[index], fragment)
            parts += made
        }
        sections += elsewhere.flatMap(\.sections)
        parts += elsewhere.flatMap(\.parts)
    }

    private mutating func start(_ host: HostHint, level: Int, _ place: Place) {
        sections.append(Section(host: host, level: level, hosts: HostsTable(file: file, place: place, host: host)))
    }

    /// `# on master2 10.0.0.2`, `## master2 (10.0.0.2)`, `## all nodes`: what follows is for another host. `nil` for
    /// other comments.
    private static func heading(_ text: String, level: Int, within current: Int) -> HostHint? {
        let words = text.split { $0.isWhitespace || "(),;=（），：、".contains($0) }.map(String.init)
        let addresses = words.compactMap { IPAddress($0.trimming { $0 == ":" }) }
        guard addresses.count == 1, let address = addresses.first else {
            // A heading of the same or a higher level ends the one before; a deeper one is a step of it.
            return level > 1 && level <= current && !words.isEmpty ? HostHint() : nil
        }
        guard level > 1 || words.count <= 3 || ["on", "at", "在"].contains(words.first?.lowercased()) else { return nil }
        let before = words.prefix { IPAddress($0.trimming { $0 == ":" }) == nil }.last
        return HostHint(name: before.flatMap { Naming.isDNSName($0) ? $0 : nil }, address: address)
    }

    /// The text without numbers of a history and without prompts, line by line, and the host that each prompt names.
    private static func withoutPrompts(_ fragment: Fragment) -> (text: String, hosts: [Int: String]) {
        let lines = fragment.lines
        let numbered = lines.filter { $0.value.words.first.map { Int($0) != nil } ?? false && $0.value.words.count > 1 }
        let isHistory = !numbered.isEmpty && numbered.count * 2 >= lines.count { !$0.value.trimmed.isEmpty }
        var hosts: [Int: String] = [:]
        let text = lines.map { line in
            var rest = line.value[...]
            if isHistory, let first = rest.words.first, Int(first) != nil {
                rest = rest.drop(while: \.isWhitespace).drop(while: \.isNumber).drop(while: \.isWhitespace)
            }
            guard let prompt = rest.prefixMatch(of: /\s*\[?[\w.\-]+@([\w.\-]+)[^#$>\n]*[#$]\s+/) else {
                return rest.hasPrefix("$ ") ? String(rest.dropFirst(2)) : String(rest)
            }
            hosts[line.place.line] = String(prompt.output.1).lowercased()
            return String(rest[prompt.range.upperBound...])
        }
        return (text.joined(separator: "\n"), hosts)
    }

    /// Follows what the commands of a section write; gives the files that they make.
    private static func follow(_ section: inout Section, _ fragment: Fragment) -> [Fragment] {
        var parts: [Fragment] = []
        for command in section.commands {
            guard let place = command.place else { continue }
            let pipeline = section.pipeline(of: command)
            let targets = pipeline.flatMap { $0.outputs + ($0.program == "tee" ? $0.files : []) }
            let toHosts = targets.contains { $0.hasSuffix("/etc/hosts") }
            if let input = command.input, command.program != "ssh" {
                let part = Fragment(
                    file: fragment.file, text: input.text, offset: input.line - 1 + fragment.offset,
                    target: targets.first { $0 != "/dev/null" }, host: section.host)
                if toHosts { part.lines.forEach { section.hosts.add($0) } } else { parts.append(part) }
            } else if toHosts, command.program == "echo" || command.program == "printf" {
                let text = command.arguments.filter { !$0.hasPrefix("-") }.joined(separator: " ")
                for (index, line) in text.replacing("\\n", with: "\n").split(separator: "\n").enumerated() {
                    section.hosts.add(Found(String(line), Place(file: fragment.file, line: place.line + index)))
                }
            } else if let edit = command.hostsEdit {
                section.hosts.replace(edit.old, with: edit.new, at: place)
            }
        }
        return parts
    }
}

extension ShellCommand {
    /// Arguments that are no options.
    var files: [String] { arguments.filter { !$0.hasPrefix("-") } }

    /// What ssh is to run on another host.
    func remote(_ fragment: Fragment) -> Fragment? {
        guard program == "ssh" else { return nil }
        var rest = words.dropFirst()
        while let option = rest.first, option.value.hasPrefix("-") {
            let takesValue = option.value.count == 2 && "oiplFJbcDLRWE".contains(option.value.suffix(1))
            rest = rest.dropFirst(takesValue ? 2 : 1)
        }
        guard let target = rest.popFirst() else { return nil }
        let name = target.value.split(separator: "@").last.map(String.init) ?? target.value
        let host = IPAddress(name).map { HostHint(address: $0) } ?? HostHint(prompt: name)
        if let input, rest.isEmpty {
            let offset = input.line - 1 + fragment.offset
            return Fragment(file: fragment.file, text: input.text, offset: offset, target: nil, host: host)
        }
        guard let first = rest.first else { return nil }
        let text = rest.map(\.value).joined(separator: " ")
        return Fragment(file: fragment.file, text: text, offset: first.place.line - 1, target: nil, host: host)
    }

    /// `sed -i s/OLD/NEW/ /etc/hosts`.
    var hostsEdit: (old: String, new: String)? {
        guard program == "sed", arguments.contains(where: { $0.hasSuffix("/etc/hosts") }),
            arguments.contains(where: { $0.hasPrefix("-i") || $0 == "--in-place" }),
            let expression = arguments.first(where: { $0.hasPrefix("s") && $0.count > 3 })
        else { return nil }
        let separator = expression[expression.index(after: expression.startIndex)]
        let parts = expression.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
        guard !separator.isLetter, parts.count >= 3 else { return nil }
        return (parts[1].replacing("\\", with: ""), parts[2].replacing("\\", with: ""))
    }

    /// The value of `--name value` or `--name=value`, each time it is given.
    func option(_ name: String) -> [Found<String>] {
        words.indices.compactMap { index in
            let word = words[index]
            if word.value == name, words.indices.contains(index + 1) { return words[index + 1] }
            if word.value.hasPrefix(name + "=") {
                return Found(String(word.value.dropFirst(name.count + 1)), word.place)
            }
            return nil
        }
    }

    /// The word with which an option is given, value or not.
    func flag(_ name: String) -> Found<String>? {
        words.first { $0.value == name || $0.value.hasPrefix(name + "=") }
    }

    /// `kubeadm init` or `kubeadm join`, whatever stands before.
    var kubeadmVerb: String? {
        // What ssh is given has been read as commands of the other host.
        guard program != "ssh",
            let position = words.firstIndex(where: { $0.value == "kubeadm" || $0.value.hasSuffix("/kubeadm") }),
            words.indices.contains(position + 1), ["init", "join"].contains(words[position + 1].value),
            // `kubeadm init phase …` does a part.
            !words.indices.contains(position + 2) || words[position + 2].value != "phase"
        else { return nil }
        return words[position + 1].value
    }

    /// Whether it makes the host a master.
    var makesMaster: Bool {
        switch kubeadmVerb {
        case "init": true
        case "join": flag("--control-plane") != nil || flag("--experimental-control-plane") != nil
        default: false
        }
    }

    /// The endpoint that `kubeadm join` is given.
    var joinEndpoint: Found<HostPort>? {
        guard kubeadmVerb == "join", let verb = words.firstIndex(where: { $0.value == "join" }) else { return nil }
        // What stands behind an option may be its value: a token has a dot too.
        let lone: Set<String> = [
            "--control-plane", "--experimental-control-plane", "--dry-run",
            "--discovery-token-unsafe-skip-ca-verification",
        ]
        return words.indices[(verb + 1)...].lazy.compactMap { index in
            let (text, before) = (words[index].value, words[index - 1].value)
            guard !text.hasPrefix("-"), text.contains(":") || text.contains("."), !text.contains("sha256:"),
                !before.hasPrefix("-") || before.contains("=") || lone.contains(before)
            else { return nil }
            return HostPort(text).map { Found($0, words[index].place) }
        }.first
    }
}
