// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// `hakube-courier`: what it does with its arguments.
package enum Program {
    /// Runs to the end.
    /// - Parameter arguments: without the program's name.
    /// - Returns: exit status 2 for what it does not understand.
    package static func run(_ arguments: [[UInt8]]) -> Int32 {
        guard arguments.first == bytes("serve"), arguments.count <= 2 else { return refuse() }
        if arguments.count == 2 {
            guard arguments[1] == bytes("--remove") else { return refuse() }
            removeOwnFile()
        }
        Courier.serve()
    }

    private static func refuse() -> Int32 {
        let text = bytes(
            """
            hakube-courier receives files for hakube on a host; hakube starts it and takes it away again.
            usage: hakube-courier serve [--remove]
              --remove  unlink this program's own file first

            """)
        _ = write(2, text, text.count)
        return 2
    }

    /// Whatever happens from here on, no file of it is left: the kernel frees it with the process.
    private static func removeOwnFile() {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        if count > 0 { unlink(path) }
    }

    private static func bytes(_ text: StaticString) -> [UInt8] {
        Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
