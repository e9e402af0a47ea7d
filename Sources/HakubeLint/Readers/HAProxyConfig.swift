// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// haproxy.cfg: its proxies, each with the defaults that hold for it.
struct HAProxyConfig: Sendable {
    struct Line: Sendable, Hashable {
        let words: [String]
        let place: Place

        func starts(_ first: String, _ second: String? = nil) -> Bool {
            words.first == first && (second == nil || words.dropFirst().first == second)
        }
    }

    struct Server: Sendable, Hashable {
        let name: String
        let address: HostPort
        /// Words after the address.
        let options: [String]
        let place: Place
    }

    /// A `frontend`, `backend` or `listen` section.
    struct Proxy: Sendable, Hashable {
        let kind: String
        let name: String
        let place: Place
        /// Lines of the `defaults` section before it, or of the one that it names.
        fileprivate(set) var defaults: [Line]
        /// The `defaults` section that it names, where its own file has none of that name.
        fileprivate let foreign: String?
        var lines: [Line] = []

        var binds: [Found<HostPort>] {
            lines.filter { $0.starts("bind") }.flatMap { line in
                (line.words.dropFirst().first ?? "").split(separator: ",").compactMap {
                    HAProxyConfig.bind(String($0)).map { Found($0, line.place) }
                }
            }
        }

        var servers: [Server] {
            lines.compactMap { line in
                guard line.starts("server"), line.words.count >= 3, let address = HostPort(line.words[2]) else {
                    return nil
                }
                return Server(
                    name: line.words[1], address: address, options: Array(line.words.dropFirst(3)), place: line.place)
            }
        }

        /// Names of the backends that it sends connections to.
        var backends: [Found<String>] {
            lines.compactMap { line in
                guard line.starts("default_backend") || line.starts("use_backend"), line.words.count >= 2 else {
                    return nil
                }
                return Found(line.words[1], line.place)
            }
        }

        /// The last line that holds for this proxy: its own, else one of its defaults.
        func last(_ first: String, _ second: String? = nil) -> Line? {
            lines.last { $0.starts(first, second) } ?? defaults.last { $0.starts(first, second) }
        }

        /// tcp unless something says otherwise.
        var mode: Found<String> {
            let line = last("mode")
            return Found(line?.words.dropFirst().first ?? "tcp", line?.place ?? place)
        }

        /// Every server is checked, or this one asks for it.
        func checks(_ server: Server) -> Bool {
            if server.options.contains("no-check") { return false }
            if server.options.contains("check") { return true }
            return (defaults + lines).filter { $0.starts("default-server") }.last?.words.contains("check") ?? false
        }
    }

    private(set) var proxies: [Proxy] = []
    private var named: [String: [Line]] = [:]
    /// Those of the other files, which haproxy may be started with as well.
    private var elsewhere: [Proxy] = []

    /// Lets several files find each other's backends and named defaults.
    static func join(_ configs: inout [HAProxyConfig]) {
        guard configs.count > 1 else { return }
        let all = configs
        let named = Dictionary(all.flatMap(\.named)) { first, _ in first }
        for index in all.indices {
            for part in configs[index].proxies.indices {
                guard let name = configs[index].proxies[part].foreign, let lines = named[name] else { continue }
                configs[index].proxies[part].defaults = lines
            }
        }
        let joined = configs
        for index in all.indices {
            configs[index].elsewhere = joined.enumerated().filter { $0.offset != index }.flatMap(\.element.proxies)
        }
    }

    init(_ fragment: Fragment) {
        var defaults: [Line] = []
        var section: String?
        var inDefaults = false
        var current: Proxy?
        for found in fragment.lines {
            let words = Self.words(found.value)
            guard let first = words.first else { continue }
            switch first {
            case "frontend", "backend", "listen", "defaults", "global", "resolvers", "peers", "userlist", "cache",
                "program", "ring", "mailers", "http-errors", "log-forward", "fcgi-app", "crt-store", "traces":
                if let current { proxies.append(current) }
                current = nil
                if inDefaults, let section { named[section] = defaults }
                inDefaults = first == "defaults"
                let origin = words.firstIndex(of: "from").flatMap { words.dropFirst($0 + 1).first }
                if inDefaults {
                    defaults = origin.flatMap { named[$0] } ?? []
                    section = words.count > 1 && words[1] != "from" ? words[1] : nil
                }
                guard ["frontend", "backend", "listen"].contains(first) else { continue }
                let own = origin.flatMap { named[$0] }
                current = Proxy(
                    kind: first, name: words.dropFirst().first ?? "", place: found.place, defaults: own ?? defaults,
                    foreign: own == nil ? origin : nil)
                // The old form: `listen NAME ADDRESS:PORT`.
                if first != "backend", words.count > 2, words[2] != "from" {
                    current?.lines.append(Line(words: ["bind", words[2]], place: found.place))
                }
            default:
                let line = Line(words: words, place: found.place)
                if inDefaults { defaults.append(line) } else { current?.lines.append(line) }
            }
        }
        if let current { proxies.append(current) }
        if inDefaults, let section { named[section] = defaults }
    }

    /// Of this file, else of another.
    func backend(_ name: String) -> Proxy? {
        func isMeant(_ proxy: Proxy) -> Bool { proxy.name == name && proxy.kind != "frontend" }
        return proxies.first(where: isMeant) ?? elsewhere.first(where: isMeant)
    }

    /// Where a proxy's connections go: its own servers, or those of its backends.
    func targets(_ proxy: Proxy) -> [Proxy] {
        (proxy.servers.isEmpty ? [] : [proxy]) + proxy.backends.compactMap { backend($0.value) }
    }

    /// `*:6443`, `:6443`, `ipv4@10.0.0.1:6443`, `[::]:6443`; `nil` for sockets and ranges of ports.
    static func bind(_ text: String) -> HostPort? {
        let bare = text.split(separator: "@").last.map(String.init) ?? text
        return HostPort(bare.hasPrefix(":") ? "*\(bare)" : bare)
    }

    /// Words of a line, without its comment. Quotes and a backslash hold blanks together.
    static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var characters = line.makeIterator()
        while let character = characters.next() {
            if character == "\\", quote != "'" {
                if let next = characters.next() { word = (word ?? "") + String(next) }
            } else if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == "#" {
                break
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    /// Milliseconds of `50s`, `1m`, `4h`; a number alone is milliseconds.
    static func milliseconds(_ text: String) -> Int? {
        let digits = text.prefix(while: \.isNumber)
        guard let number = Int(digits) else { return nil }
        let units = ["us": 0, "": 1, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        return units[String(text.dropFirst(digits.count))].map {
            number.multipliedReportingOverflow(by: $0).partialValue
        }
    }
}
