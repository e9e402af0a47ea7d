// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What a registry asks for in WWW-Authenticate (RFC 9110, 11.6.1).
enum AuthChallenge: Hashable {
    case basic
    /// A token of the server at `realm`.
    case bearer(realm: String, service: String?, scope: String?)

    /// From one field; `nil` for a scheme that hakube does not speak.
    init?(_ field: String) {
        let scheme = field.prefix { $0 != " " }.lowercased()
        let parameters = Self.parameters(field.dropFirst(scheme.count))
        switch scheme {
        case "basic": self = .basic
        case "bearer":
            guard let realm = parameters["realm"] else { return nil }
            self = .bearer(realm: realm, service: parameters["service"], scope: parameters["scope"])
        default: return nil
        }
    }

    /// `name="value"` with commas between; a scope has commas inside its quotes.
    private static func parameters(_ text: Substring) -> [String: String] {
        var found: [String: String] = [:]
        var rest = text.drop { $0 == " " }
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].filter { $0 != " " && $0 != "," }.lowercased()
            rest = rest[rest.index(after: equals)...]
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                var isEscaped = false
                while let character = rest.popFirst() {
                    if isEscaped {
                        value.append(character)
                        isEscaped = false
                    } else if character == "\\" {
                        isEscaped = true
                    } else if character == "\"" {
                        break
                    } else {
                        value.append(character)
                    }
                }
            } else {
                value = String(rest.prefix { $0 != "," && $0 != " " })
                rest = rest.dropFirst(value.count)
            }
            found[name] = value
        }
        return found
    }
}
