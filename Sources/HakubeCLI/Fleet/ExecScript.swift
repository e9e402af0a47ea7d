// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The script that `hakube exec` runs on a host.
enum ExecScript {
    /// One command, its words as they were typed.
    static func command(_ words: [String], timeout: Duration, asRoot: Bool) -> Script {
        // Hakube's own scripts stop at the first failure; what a user runs is as the user's shell would have it.
        Script("set +eu\n" + words.map(Script.quoted).joined(separator: " "), timeout: timeout, asRoot: asRoot)
    }

    /// A script of the user's. One that begins with `#!` is run by the program named there, any other by sh.
    static func file(_ text: String, timeout: Duration, asRoot: Bool) -> Script {
        guard text.hasPrefix("#!") else { return Script("set +eu\n\(text)", timeout: timeout, asRoot: asRoot) }
        let program = text.dropFirst(2).prefix { !$0.isNewline }.drop { $0 == " " }
        let end = Self.unused(in: text)
        return Script(
            """
            set +eu
            umask 077
            file=$(mktemp) || exit 1
            trap 'rm -f "$file"' EXIT
            # A shell that a signal ends without a trap for it leaves out the one for its end.
            trap 'exit 143' HUP INT TERM
            cat >"$file" <<'\(end)'
            \(text)
            \(end)
            \(program) "$file"
            """, timeout: timeout, asRoot: asRoot)
    }

    private static func unused(in text: String) -> String {
        var mark = "HAKUBE_END"
        while text.contains(mark) { mark += "_" }
        return mark
    }
}
