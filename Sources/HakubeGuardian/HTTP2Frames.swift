// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// As much of HTTP/2 (RFC 9113) as a heartbeat needs: an API server answers PING in its framing layer, without
/// authentication, admission, audit or a handler having a part in it.
package enum HTTP2 {
    package struct Frame: Sendable, Hashable {
        package let kind: UInt8
        package let flags: UInt8
        package let payload: [UInt8]

        package init(kind: UInt8, flags: UInt8, payload: [UInt8]) {
            self.kind = kind
            self.flags = flags
            self.payload = payload
        }
    }

    package static let settings: UInt8 = 4
    package static let ping: UInt8 = 6
    package static let goAway: UInt8 = 7
    package static let acknowledge: UInt8 = 1

    /// The connection preface with empty settings.
    package static let opening = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(settings, flags: 0, [])
    package static let settingsTaken = frame(settings, flags: acknowledge, [])
    package static let beat = frame(ping, flags: 0, Array("hakube".utf8) + [0, 0])

    /// A frame of the connection itself, or of one of the first streams.
    package static func frame(_ kind: UInt8, flags: UInt8, _ payload: [UInt8], stream: UInt8 = 0) -> [UInt8] {
        let length = payload.count
        let head = [UInt8(truncatingIfNeeded: length >> 16), UInt8(truncatingIfNeeded: length >> 8)]
        return head + [UInt8(truncatingIfNeeded: length), kind, flags, 0, 0, 0, stream] + payload
    }

    /// Cuts frames out of what has arrived.
    package struct Reader: Sendable {
        private var bytes: [UInt8] = []
        /// A frame larger than RFC 9113 allows without being asked: not HTTP/2, or no friend.
        package private(set) var isMalformed = false

        /// SETTINGS_MAX_FRAME_SIZE when nothing else was settled.
        private static let largest = 16_384

        package init() {}

        package mutating func append(_ more: ArraySlice<UInt8>) { if !isMalformed { bytes += more } }

        /// The next whole frame; nil when more has to arrive.
        package mutating func next() -> Frame? {
            guard !isMalformed, bytes.count >= 9 else { return nil }
            let length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
            guard length <= Self.largest else {
                isMalformed = true
                bytes = []
                return nil
            }
            guard bytes.count >= 9 + length else { return nil }
            let frame = Frame(kind: bytes[3], flags: bytes[4], payload: Array(bytes[9..<(9 + length)]))
            bytes.removeFirst(9 + length)
            return frame
        }
    }
}
