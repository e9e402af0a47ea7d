// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Why a transfer ended before its time.
struct TransferFailure: Error, Sendable, Hashable {
    enum Reason: Sendable, Hashable {
        /// The server answered, with another status than a good one.
        case status(Int)
        /// No name, no route, nobody listens.
        case unreachable
        /// Nothing came for too long.
        case silence
        /// The connection broke while the answer came.
        case cut
        /// The server's certificate is not believed.
        case certificate
        /// What was asked for is not done: a redirect to plain http, too many redirects.
        case rule
        case other
    }

    let reason: Reason
    /// What happened, without the URL.
    let message: String
    /// What to do; empty where the reader of the reason knows better.
    var remedy = ""
    /// The server's wish (Retry-After).
    var pause: Duration?
    /// What WWW-Authenticate asks for.
    var challenges: [String] = []
    /// New bytes of the file before it failed.
    var received = 0

    /// Only what is known to pass by itself. Nobody waits for a server that was never there: a wrong name, a wrong port and
    /// a machine without internet look the same.
    func isPassing(hadProgress: Bool) -> Bool {
        switch reason {
        case .status(let status): [408, 425, 429, 500, 502, 503, 504].contains(status)
        case .silence, .cut: true
        case .unreachable: hadProgress
        case .certificate, .rule, .other: false
        }
    }
}

extension TransferFailure {
    /// An answer that is not a good one.
    init(_ response: HTTPResponse) {
        let status = response.head.status
        let name = Self.names[status].map { " (\($0))" } ?? ""
        let words = response.words.map { ": \($0)" } ?? ""
        self.init(
            reason: .status(status), message: "the server answers \(status)\(name)\(words)", pause: response.retryAfter,
            challenges: response.head.fields["www-authenticate"] ?? [])
    }

    private static let names = [
        400: "bad request", 401: "login needed", 403: "not allowed", 404: "not found", 407: "the proxy wants a login",
        410: "gone", 429: "too many requests", 500: "server error", 502: "bad gateway", 503: "not available now",
        504: "gateway time-out",
    ]
}
