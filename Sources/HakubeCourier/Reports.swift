// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// Standard output: whole lines, from any thread.
enum Reports {
    /// - Throws: nothing; when the operator is gone there is nobody left to work for, and the program ends.
    static func say(_ line: Line) {
        var bytes = line.bytes
        bytes.append(0x0a)
        // One write(2) of less than PIPE_BUF (4096) is never torn by another thread's; a socket's is not either.
        let written = bytes.withUnsafeBytes { raw in
            var done = 0
            while done < raw.count, let base = raw.baseAddress {
                let count = write(1, base + done, raw.count - done)
                if count < 0 && courier_errno() == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
        if !written { _exit(3) }
    }

    /// Ends the program: the operator reads why. A full disk is left with what room we can give back.
    static func end(_ fault: Fault, _ depot: Depot?) -> Never {
        if fault.isFullDisk { depot?.leaveRoom() }
        say(fault.line)
        _exit(1)
    }
}
