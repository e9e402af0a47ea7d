// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCurl

/// One request and its answer on one handle. libcurl calls back into it on the thread that performs it.
final class HTTPExchange {
    /// Of an answer that is not a good one, so much is kept for its words.
    private static let wordsLimit = 8192
    /// Of a redirect's body, so much is read: libcurl tells the target at its end.
    private static let redirectLimit = 1 << 20

    private let sink: any BodySink
    private let cancellation: Cancellation
    private(set) var head: HTTPHead?
    private(set) var errorBody: [UInt8] = []
    /// What stopped the transfer from our side.
    private(set) var stop: (any Error)?
    /// The transfer was ended by us, since its body is not a good answer's and goes on and on.
    private(set) var hasHeardEnough = false
    private var hasBegun = false
    private var dropped = 0

    init(into sink: any BodySink, _ cancellation: Cancellation) {
        self.sink = sink
        self.cancellation = cancellation
    }

    /// - Returns: libcurl's code and words.
    func perform(_ handle: CurlHandle, headers: [String]) -> (code: CURLcode, words: String) {
        var list: UnsafeMutablePointer<curl_slist>?
        for header in headers { list = curl_slist_append(list, header) }
        defer { curl_slist_free_all(list) }
        _ = hakube_curl_set_list(handle.pointer, CURLOPT_HTTPHEADER, list)
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = hakube_curl_set_data_callback(handle.pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            HTTPExchange.of(context)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        handle.set(CURLOPT_HEADERDATA, context)
        _ = hakube_curl_set_data_callback(handle.pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            HTTPExchange.of(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        handle.set(CURLOPT_WRITEDATA, context)
        _ = hakube_curl_set_progress_callback(handle.pointer) { context, _, _, _, _ in
            HTTPExchange.of(context)?.isCancelled == false ? 0 : 1
        }
        handle.set(CURLOPT_XFERINFODATA, context)
        handle.set(CURLOPT_NOPROGRESS, 0)
        return withUnsafeTemporaryAllocation(byteCount: Int(CURL_ERROR_SIZE), alignment: 1) { words in
            words.initializeMemory(as: UInt8.self, repeating: 0)
            guard let address = words.baseAddress else { return (CURLE_OUT_OF_MEMORY, "") }
            handle.set(CURLOPT_ERRORBUFFER, address)
            let code = withExtendedLifetime(self) { curl_easy_perform(handle.pointer) }
            return (code, String(decoding: words.prefix { $0 != 0 }, as: UTF8.self))
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPExchange? {
        context.map { Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    private var isCancelled: Bool {
        if cancellation.isSet, stop == nil { stop = CancellationError() }
        return stop != nil
    }

    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self).trimmingSuffix { $0.isNewline || $0 == " " }
        // An answer begins anew after a 100 Continue.
        if let next = HTTPHead(statusLine: line) { head = next } else { head?.add(line: line) }
        return bytes.count
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard !isCancelled, let head else { return 0 }
        guard head.isSuccess else {
            errorBody.append(contentsOf: bytes.prefix(Self.wordsLimit - errorBody.count))
            dropped += bytes.count
            let limit = (300..<400).contains(head.status) ? Self.redirectLimit : Self.wordsLimit
            hasHeardEnough = dropped > limit
            return hasHeardEnough ? 0 : bytes.count
        }
        do {
            try begin(head)
            try sink.take(bytes)
            return bytes.count
        } catch {
            stop = error
            return 0
        }
    }

    private func begin(_ head: HTTPHead) throws {
        if !hasBegun { try sink.begin(head) }
        hasBegun = true
    }

    /// A good answer without a body has begun, too.
    func end() throws {
        if let head, head.isSuccess { try begin(head) }
    }
}

extension String {
    fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> String {
        var rest = self[...]
        while let last = rest.last, matches(last) { rest = rest.dropLast() }
        return String(rest)
    }
}
