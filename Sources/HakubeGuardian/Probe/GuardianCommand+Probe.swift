// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension GuardianCommand {
    static func probe(_ arguments: ArraySlice<String>) throws(UsageError) -> GuardianCommand {
        var options = ProbeOptions()
        var words = ArgumentWords(arguments)
        while let word = try words.next() {
            switch word.name {
            case "--help", "-h": return .help
            case "--kubeconfig": options.kubeconfig = .file(try words.value(of: word))
            case "--server":
                let text = try words.value(of: word)
                guard let server = ProbeServer(text) else { throw UsageError("--server \"\(text)\" is no NAME:PORT") }
                options.server = server
            case "--path":
                options.path = try words.value(of: word)
                guard options.path.hasPrefix("/"), options.path.utf8.allSatisfy({ (33...126).contains($0) }) else {
                    throw UsageError("--path \"\(options.path)\" is no path of a URL")
                }
            case "--through": options.through = try words.value(of: word).lowercased()
            case "--interval": options.interval = try number(words.value(of: word), for: word.name, in: 10...60_000)
            case "--timeout": options.timeout = try number(words.value(of: word), for: word.name, in: 10...60_000)
            case "--limit": options.limit = try number(words.value(of: word), for: word.name, in: 1...86_400)
            case "--check": options.isCheck = try words.flag(word)
            default: throw UsageError("probe does not know \(word.name)")
            }
        }
        return .probe(options)
    }

    private static func number(
        _ text: String, for name: String, in range: ClosedRange<Int64>
    ) throws(UsageError) -> Int64 {
        guard let number = Int64(text), range.contains(number) else {
            throw UsageError("\(name) \"\(text)\" is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
