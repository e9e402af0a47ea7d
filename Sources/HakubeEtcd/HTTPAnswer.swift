// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel

/// What a server says to a request of HTTP/1.0: a head, and a body that ends with the connection.
struct HTTPAnswer: Sendable, Hashable {
    let status: Int
    let body: Data

    /// `nil` for what has no whole head.
    init?(_ bytes: [UInt8]) {
        let data = Data(bytes)
        guard let gap = data.firstRange(of: Data("\r\n\r\n".utf8)) else { return nil }
        let words = String(decoding: data[..<gap.lowerBound], as: UTF8.self).split(separator: "\r\n").first?
            .split(separator: " ")
        guard let words, words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { return nil }
        self.status = status
        body = data[gap.upperBound...]
    }

    func decoded<Value: Decodable>(_ type: Value.Type) -> Value? { try? JSONDecoder().decode(type, from: body) }
}

/// A question to etcd.
enum EtcdRequest: Sendable, Hashable {
    case health
    case version
    /// Names the etcd that the endpoint is a member of. `gateway`: the path of the JSON API, which moved with 3.4.
    case members(gateway: String)
    /// How many keys stand below a prefix.
    case count(prefix: String, gateway: String)

    func bytes(to endpoint: EtcdEndpoint) -> [UInt8] {
        switch self {
        case .health: Self.text("GET", "/health", endpoint)
        case .version: Self.text("GET", "/version", endpoint)
        case .members(let gateway): Self.text("POST", "/\(gateway)/cluster/member/list", endpoint, "{}")
        case .count(let prefix, let gateway):
            Self.text("POST", "/\(gateway)/kv/range", endpoint, Self.range(below: prefix))
        }
    }

    private static func text(_ method: String, _ path: String, _ endpoint: EtcdEndpoint, _ body: String = "") -> [UInt8]
    {
        // Version 1.0 knows neither chunks nor a connection that stays.
        let host = endpoint.description.dropFirst("https://".count)
        let content = body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        return Array("\(method) \(path) HTTP/1.0\r\nHost: \(host)\r\n\(content)\r\n\(body)".utf8)
    }

    /// All keys from `PREFIX/` up to what comes behind the last of them: `0` follows the slash.
    private static func range(below prefix: String) -> String {
        let bare = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        return #"{"key":"\#(encoded(bare + "/"))","range_end":"\#(encoded(bare + "0"))","count_only":true}"#
    }
}
