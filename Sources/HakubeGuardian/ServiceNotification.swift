// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// Tells systemd how a `Type=notify` unit is doing. Without systemd it does nothing.
enum ServiceNotification {
    static func send(_ text: String) {
        guard var path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), !path.isEmpty else { return }
        // A leading @ stands for the NUL byte of an abstract address.
        if path.hasPrefix("@") { path = "\0" + path.dropFirst() }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        _ = ControlMessage.withAddress(path) { address, size in
            // An abstract name ends where its length says, not at a NUL.
            let exact = path.hasPrefix("\0") ? socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count) : size
            return sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, exact)
        }
    }
}
