// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCurl

/// GET over http and https. Blocks its thread; proxies are taken from the environment (http_proxy, https_proxy, no_proxy).
final class HTTPClient: Sendable {
    struct Settings: Sendable {
        var caFile: String?
        var plainHTTP: Set<String> = []
        /// Seconds until a connection has to stand.
        var connectTime = 20
        /// Seconds without a byte before the server counts as silent.
        var stallTime = 30
        var redirects = 10
    }

    /// Seconds. Whatever a server asks for beyond a day means the same.
    private static let longestPause = 86_400

    private let settings: Settings
    private let handles = CurlHandlePool()

    init(_ settings: Settings) { self.settings = settings }

    /// Follows redirects: from https never to http, and `authorization` only within its own origin.
    /// - Returns: the last answer, whatever its status.
    /// - Throws: `TransferFailure`; `CancellationError`; what the sink throws.
    func perform(_ request: HTTPRequest, into sink: any BodySink, _ cancellation: Cancellation) throws -> HTTPResponse {
        let handle = try handles.take()
        defer { handles.giveBack(handle) }
        guard let start = URLParts(request.url) else {
            throw TransferFailure(
                reason: .rule, message: "it is no http or https URL", remedy: "write it with scheme, host and path")
        }
        var (url, place) = (request.url, start)
        for hop in 0...settings.redirects {
            try check(place, request, redirectedFrom: hop == 0 ? nil : start)
            let hasOrigin = place.isSameOrigin(as: start)
            let exchange = HTTPExchange(into: sink, cancellation)
            prepare(handle, url)
            let login = hasOrigin ? request.authorization.map { ["Authorization: \($0)"] } ?? [] : []
            let headers = request.headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            let (code, words) = exchange.perform(handle, headers: headers + login)
            if let stop = exchange.stop { throw stop }
            guard code == CURLE_OK || exchange.hasHeardEnough, let head = exchange.head else {
                throw failure(code, words, handle, place)
            }
            guard (300..<400).contains(head.status), let next = handle.text(CURLINFO_REDIRECT_URL) else {
                try exchange.end()
                let pause = head["retry-after"].map { _ in
                    Duration.seconds(min(max(0, handle.offset(CURLINFO_RETRY_AFTER)), Self.longestPause))
                }
                return HTTPResponse(
                    head: head, origin: place.shown, retryAfter: pause, errorBody: exchange.errorBody)
            }
            guard let target = URLParts(next) else {
                throw TransferFailure(
                    reason: .rule, message: "it leads to a place that is neither http nor https",
                    remedy: "use another URL, or a mirror (--mirror)")
            }
            (url, place) = (next, target)
        }
        throw TransferFailure(
            reason: .rule, message: "it leads on more than \(settings.redirects) times",
            remedy: "use the URL where it ends, or a mirror (--mirror)")
    }

    private func check(_ place: URLParts, _ request: HTTPRequest, redirectedFrom start: URLParts?) throws {
        guard place.scheme != "https" else { return }
        if let start, start.scheme == "https" {
            throw TransferFailure(
                reason: .rule, message: "it leads from https to plain http on \(place.host), which is not followed",
                remedy: "use another URL, or a mirror that keeps to https (--mirror)")
        }
        guard request.isChecked || place.isOne(of: settings.plainHTTP) else {
            throw TransferFailure(
                reason: .rule, message: "plain http to \(place.host):\(place.port) proves nothing about what comes",
                remedy: "use https, or allow that host with --plain-http \(place.host):\(place.port)")
        }
    }

    private func prepare(_ handle: CurlHandle, _ url: String) {
        // Leaves connections and TLS sessions as they are.
        curl_easy_reset(handle.pointer)
        handle.set(CURLOPT_URL, url)
        handle.set(CURLOPT_USERAGENT, "hakube")
        // Signals would hit any thread of the process.
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        handle.set(CURLOPT_BUFFERSIZE, 256 << 10)
        handle.set(CURLOPT_CONNECTTIMEOUT, settings.connectTime)
        handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        handle.set(CURLOPT_LOW_SPEED_TIME, settings.stallTime)
        // A proxy's answer to CONNECT is no part of the server's.
        handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let file = settings.caFile { handle.set(CURLOPT_CAINFO, file) }
    }

    private func failure(_ code: CURLcode, _ words: String, _ handle: CurlHandle, _ place: URLParts) -> TransferFailure
    {
        let text = words.isEmpty ? String(cString: curl_easy_strerror(code)) : words
        let peer = "\(place.host):\(place.port)"
        // The answer of a proxy that does not let us through is no answer to libcurl, but a broken connection.
        let proxyStatus = handle.number(CURLINFO_HTTP_CONNECTCODE)
        guard proxyStatus < 300 else {
            return TransferFailure(
                reason: .status(proxyStatus), message: "the proxy answers \(proxyStatus) instead of a way to \(peer)",
                remedy: "check https_proxy and its login, or name \(place.host) in no_proxy")
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            return TransferFailure(
                reason: .unreachable, message: "the name \(place.host) is not known",
                remedy: "check the name and this machine's DNS, set https_proxy, or use a mirror (--mirror)")
        case CURLE_COULDNT_RESOLVE_PROXY:
            return TransferFailure(
                reason: .other, message: "the proxy's name is not known (\(text))",
                remedy: "check http_proxy and https_proxy in the environment")
        case CURLE_COULDNT_CONNECT:
            return TransferFailure(
                reason: .unreachable, message: "no connection to \(peer) (\(text))",
                remedy: "check that this machine reaches it, set https_proxy, or use a mirror (--mirror)")
        case CURLE_OPERATION_TIMEDOUT:
            return TransferFailure(reason: .silence, message: "nothing comes from \(peer) (\(text))")
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            return TransferFailure(reason: .cut, message: "the connection to \(peer) was cut (\(text))")
        case CURLE_SSL_CONNECT_ERROR:
            return TransferFailure(
                reason: .unreachable, message: "no TLS with \(peer) (\(text))",
                remedy: "if that host speaks plain http, allow it with --plain-http \(peer)")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
            return TransferFailure(
                reason: .certificate, message: "the certificate of \(peer) is not believed (\(text))",
                remedy: "give its certificate authority with --ca FILE")
        default:
            return TransferFailure(
                reason: .other, message: "the transfer from \(peer) failed (\(text))",
                remedy: "run the same command again, or use a mirror (--mirror)")
        }
    }
}
