// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCurl
import Synchronization

/// An easy handle. One thread uses it at a time; libcurl keeps its connections open between transfers.
struct CurlHandle: Sendable {
    // libcurl lets a handle wander between threads as long as only one uses it (libcurl-thread(3)).
    nonisolated(unsafe) let pointer: UnsafeMutableRawPointer

    // Not safe to be called from several threads in every libcurl, so once, before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// `nil` when there is no memory.
    init?() {
        guard Self.isReady, let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
    }

    func close() { curl_easy_cleanup(pointer) }

    func set(_ option: CURLoption, _ number: Int) { _ = hakube_curl_set_number(pointer, option, number) }
    func set(_ option: CURLoption, _ text: String) { _ = hakube_curl_set_text(pointer, option, text) }
    func set(_ option: CURLoption, _ address: UnsafeMutableRawPointer) {
        _ = hakube_curl_set_pointer(pointer, option, address)
    }

    func text(_ info: CURLINFO) -> String? { hakube_curl_text(pointer, info).map { String(cString: $0) } }
    func number(_ info: CURLINFO) -> Int { hakube_curl_number(pointer, info) }
    func offset(_ info: CURLINFO) -> Int { Int(hakube_curl_offset(pointer, info)) }
}

/// Handles that wait for their next transfer.
final class CurlHandlePool: Sendable {
    private let idle = Mutex<[CurlHandle]>([])

    deinit { for handle in idle.withLock({ $0 }) { handle.close() } }

    func take() throws -> CurlHandle {
        if let handle = idle.withLock({ $0.popLast() }) { return handle }
        guard let handle = CurlHandle() else {
            throw TransferFailure(reason: .other, message: "libcurl cannot start", remedy: "free memory")
        }
        return handle
    }

    func giveBack(_ handle: CurlHandle) { idle.withLock { $0.append(handle) } }
}
