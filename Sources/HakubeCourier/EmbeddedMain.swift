// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// Where the small static program begins. The package's own build leaves this file out: there the courier is a library that
/// tests import, since an entry point would collide with theirs.
@main
struct EmbeddedMain {
    /// Embedded Swift has no `CommandLine`: the kernel is asked.
    static func main() {
        var text = [UInt8](repeating: 0, count: 4096)
        let file = courier_openat(-1, "/proc/self/cmdline", O_RDONLY, 0)
        let count = read(file, &text, text.count)
        close(file)
        let words = text.prefix(max(0, count)).split(separator: 0, omittingEmptySubsequences: false).dropLast()
        exit(Program.run(words.dropFirst().map { Array($0) }))
    }
}
