// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCurl

/// A URL taken apart by libcurl itself: two parsers would disagree on the odd ones, and one of them guards the other.
struct URLParts: Hashable {
    let scheme: String
    let host: String
    let port: String
    /// The URL without user and password, for people.
    let shown: String

    /// `nil` when it is no absolute http or https URL.
    init?(_ text: String) {
        guard let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = Self.part(url, CURLUPART_SCHEME), scheme == "https" || scheme == "http",
            let host = Self.part(url, CURLUPART_HOST),
            let port = Self.part(url, CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT))
        else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        _ = curl_url_set(url, CURLUPART_USER, nil, 0)
        _ = curl_url_set(url, CURLUPART_PASSWORD, nil, 0)
        shown = Self.part(url, CURLUPART_URL) ?? text
    }

    /// Credentials may follow to the same scheme, host and port only (RFC 6454).
    func isSameOrigin(as other: URLParts) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    func isOne(of hosts: Set<String>) -> Bool { hosts.contains(host) || hosts.contains("\(host):\(port)") }

    private static func part(_ url: OpaquePointer, _ what: CURLUPart, flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, what, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
