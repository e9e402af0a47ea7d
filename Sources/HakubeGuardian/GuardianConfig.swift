// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The configuration file, `/etc/hakube/guardian.json`:
/// `{"virtual": "10.103.97.2:6443", "real": ["10.0.0.1:6443"], "nodeAddress": "10.0.0.9", "backend": "auto", "ca": "…"}`.
/// Names are those of the options; unknown ones are refused, because a misspelt one would be silently without effect.
enum GuardianConfig {
    /// - Throws: the file, the line or the name, and what is wrong with it.
    static func decode(_ bytes: [UInt8], path: String) throws(UsageError) -> PartialOptions {
        let document: JSONValue
        do { document = try JSONValue(parsing: bytes) } catch { throw UsageError("\(path) is not JSON: \(error)") }
        guard case .object(let members) = document else { throw UsageError("\(path) must hold one JSON object") }
        var options = PartialOptions()
        for member in members {
            let place = "\(path): \"\(member.name)\""
            switch member.name {
            case "virtual":
                options.virtual = try PartialOptions.socketAddress(string(member, place), for: place)
            case "real":
                guard case .array(let values) = member.value else { throw UsageError("\(place) must be a list") }
                for value in values {
                    guard case .string(let text) = value else { throw UsageError("\(place) must be a list of strings") }
                    options.real.append(try PartialOptions.socketAddress(text, for: place))
                }
            case "nodeAddress":
                options.nodeAddress = try PartialOptions.address(string(member, place), for: place)
            case "backend": options.backend = try PartialOptions.backend(string(member, place), for: place)
            case "ca": options.certificateAuthority = try string(member, place)
            case "runDirectory": options.runDirectory = try string(member, place)
            case "metrics": options.metrics = try PartialOptions.metrics(string(member, place), for: place)
            default: throw UsageError("\(path): there is no setting \"\(member.name)\"")
            }
        }
        return options
    }

    private static func string(_ member: JSONValue.Member, _ place: String) throws(UsageError) -> String {
        guard case .string(let text) = member.value, !text.isEmpty else {
            throw UsageError("\(place) must be a string with something in it")
        }
        return text
    }
}
