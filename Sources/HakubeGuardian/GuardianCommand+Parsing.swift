// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension GuardianCommand {
    /// Reads the arguments after the program's name. `readFile` returns nil when there is no such file.
    /// - Throws: `UsageError` with one sentence about the first thing that is wrong.
    package static func parse(
        _ arguments: [String], readFile: (String) throws(UsageError) -> [UInt8]?
    ) throws(UsageError) -> GuardianCommand {
        switch arguments.first {
        case "--help", "-h", "help": return .help
        case "--version", "version": return .version
        case "status": return try status(arguments.dropFirst())
        case "check": return try check(arguments.dropFirst())
        case "routers": return try routers(arguments.dropFirst())
        case "probe": return try probe(arguments.dropFirst())
        case "backend":
            guard arguments.count == 1 else { throw UsageError("backend takes no arguments") }
            return .backend
        default: return try guarding(arguments[...], readFile: readFile)
        }
    }

    private static func status(_ arguments: ArraySlice<String>) throws(UsageError) -> GuardianCommand {
        var json = false
        var runDirectory = GuardianOptions.defaultRunDirectory
        var words = ArgumentWords(arguments)
        while let word = try words.next() {
            switch word.name {
            case "--help", "-h": return .help
            case "--run-directory": runDirectory = try words.value(of: word)
            case "--output", "-o":
                let format = try words.value(of: word)
                guard format == "json" || format == "text" else {
                    throw UsageError("--output \"\(format)\" is neither text nor json")
                }
                json = format == "json"
            default: throw UsageError("status does not know \(word.name)")
            }
        }
        return .status(runDirectory: runDirectory, json: json)
    }

    private static func check(_ arguments: ArraySlice<String>) throws(UsageError) -> GuardianCommand {
        var options = CheckOptions()
        var words = ArgumentWords(arguments)
        while let word = try words.next() {
            switch word.name {
            case "--help", "-h": return .help
            case "--https", "--http":
                let isSecure = word.name == "--https"
                options.targets.append(try CheckTarget(words.value(of: word), isSecure: isSecure, for: word.name))
            case "--peer": options.peers.append(try PartialOptions.socketAddress(words.value(of: word), for: word.name))
            case "--ca": options.certificateAuthority = try words.value(of: word)
            case "--timeout": options.patience = try milliseconds(words.value(of: word), for: word.name)
            default: throw UsageError("check does not know \(word.name)")
            }
        }
        guard !options.targets.isEmpty else {
            throw UsageError("check has nothing to ask: add --https or --http ADDRESS:PORT/PATH")
        }
        return .check(options)
    }

    private static func milliseconds(_ text: String, for option: String) throws(UsageError) -> Int64 {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(text), (1...60_000).contains(number)
        else { throw UsageError("\(option) \"\(text)\" is not a number of milliseconds from 1 to 60000") }
        return number
    }

    private static func routers(_ arguments: ArraySlice<String>) throws(UsageError) -> GuardianCommand {
        var routerID: UInt8?
        var interface: String?
        var own: [IPAddress] = []
        var span: Int64 = 2500
        var words = ArgumentWords(arguments)
        while let word = try words.next() {
            switch word.name {
            case "--help", "-h": return .help
            case "--router-id":
                let text = try words.value(of: word)
                guard let number = UInt8(text), number > 0 else {
                    throw UsageError("--router-id \"\(text)\" is not a number from 1 to 255")
                }
                routerID = number
            case "--interface": interface = try words.value(of: word)
            case "--own": own.append(try PartialOptions.address(words.value(of: word), for: word.name))
            case "--span": span = try milliseconds(words.value(of: word), for: word.name)
            default: throw UsageError("routers does not know \(word.name)")
            }
        }
        guard let routerID, let interface else { throw UsageError("routers wants --router-id and --interface") }
        return .routers(RouterWatch(routerID: routerID, interface: interface, own: own, span: span))
    }

    private static func guarding(
        _ arguments: ArraySlice<String>, readFile: (String) throws(UsageError) -> [UInt8]?
    ) throws(UsageError) -> GuardianCommand {
        var given = PartialOptions()
        var configPath: String?
        var once = false
        var clean = false
        var words = ArgumentWords(arguments)
        while let word = try words.next() {
            switch word.name {
            case "--help", "-h": return .help
            case "--virtual": given.virtual = try PartialOptions.socketAddress(words.value(of: word), for: word.name)
            case "--real": given.real.append(try PartialOptions.socketAddress(words.value(of: word), for: word.name))
            case "--node-address":
                given.nodeAddress = try PartialOptions.address(words.value(of: word), for: word.name)
            case "--backend": given.backend = try PartialOptions.backend(words.value(of: word), for: word.name)
            case "--ca": given.certificateAuthority = try words.value(of: word)
            case "--run-directory": given.runDirectory = try words.value(of: word)
            case "--state-directory": given.stateDirectory = try words.value(of: word)
            case "--metrics": given.metrics = try PartialOptions.metrics(words.value(of: word), for: word.name)
            case "--config": configPath = try words.value(of: word)
            case "--once": once = try words.flag(word)
            case "--clean": clean = try words.flag(word)
            default: throw UsageError("there is no option \(word.name); see hakube-guardian --help")
            }
        }
        guard !(once && clean) else { throw UsageError("--once makes the rules and --clean removes them: give one") }
        var usedPath: String?
        // With nothing said about what to guard, the usual file says it.
        let implied = given.virtual == nil && given.real.isEmpty
        if let path = configPath ?? (implied ? GuardianOptions.defaultConfigPath : nil) {
            if let bytes = try readFile(path) {
                given = given.completed(by: try GuardianConfig.decode(bytes, path: path))
                usedPath = path
            } else if configPath != nil {
                throw UsageError("there is no configuration file \(path)")
            }
        }
        // Removing takes the address alone, so that it works after the list of real servers is gone.
        if clean, given.real.isEmpty, let virtual = given.virtual { given.real = [virtual.neighbour] }
        var options = try given.validated()
        options.configPath = usedPath
        return once ? .once(options) : clean ? .clean(options) : .guardian(options)
    }
}

/// Splits `--name value` and `--name=value`.
struct ArgumentWords {
    struct Word {
        let name: String
        let attached: String?
    }

    private var rest: ArraySlice<String>

    init(_ arguments: ArraySlice<String>) { rest = arguments }

    mutating func next() throws(UsageError) -> Word? {
        guard let word = rest.popFirst() else { return nil }
        guard word.hasPrefix("-") else { throw UsageError("\"\(word)\" is not expected; see hakube-guardian --help") }
        guard let equals = word.firstIndex(of: "=") else { return Word(name: word, attached: nil) }
        return Word(name: String(word[..<equals]), attached: String(word[word.index(after: equals)...]))
    }

    mutating func value(of word: Word) throws(UsageError) -> String {
        guard let value = word.attached ?? rest.popFirst(), !value.isEmpty else {
            throw UsageError("\(word.name) needs a value")
        }
        return value
    }

    func flag(_ word: Word) throws(UsageError) -> Bool {
        guard word.attached == nil else { throw UsageError("\(word.name) takes no value") }
        return true
    }
}
