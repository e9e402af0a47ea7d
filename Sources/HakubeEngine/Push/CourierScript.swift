// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The script that takes a courier in on standard input, starts it with the rest of that input, and leaves nothing behind.
struct CourierScript {
    let program: CourierProgram

    /// Exit status: there is no folder that a program can be started from.
    static let nowhere = 79
    /// Exit status: what arrived is not the program.
    static let damaged = 80

    /// First where the files go, which is a disk; then two that are most often memory.
    private static let folders = "/var/lib/hakube /run /tmp"

    /// The operator sends nothing behind the program before the courier has said its first line: busybox's `head` reads
    /// more than it is asked for.
    ///
    /// - Parameters:
    ///   - claim: a line that ends the script where another run has the host.
    ///   - folder: where the files go; others beside it, of other bundles, are removed.
    func text(claim: String, folder: String) -> String {
        let parent = HostFolder.parent(of: folder)
        return """
            \(claim)
            for old in \(Script.quoted(parent))/*; do
                [ "$old" = \(Script.quoted(folder)) ] || rm -rf "$old"
            done
            umask 077
            file=
            trap 'rm -f "$file"' EXIT
            trap 'exit 143' HUP INT TERM
            for place in \(Self.folders); do
                mkdir -p "$place" 2>/dev/null || continue
                rm -f "$place"/.hakube-courier.*
                file=$(mktemp "$place/.hakube-courier.XXXXXX" 2>/dev/null) || { file=; continue; }
                printf '#!/bin/sh\\n' >"$file" 2>/dev/null && chmod 700 "$file" && "$file" 2>/dev/null && break
                rm -f "$file"
                file=
            done
            [ -n "$file" ] || exit \(Self.nowhere)
            head -c \(program.packed.count) | gzip -dc >"$file" || exit \(Self.damaged)
            echo "\(program.sha256)  $file" | sha256sum -c --status || exit \(Self.damaged)
            umask 022
            "$file" serve --remove
            """
    }

    /// Why a courier that never said a word did not start.
    static func words(status: Int, said: String) -> String {
        switch status {
        case nowhere: "no folder there lets a program start"
        case damaged: "it did not arrive whole"
        case 126: "the host does not let it start"
        default: said.split(separator: "\n").last.map(String.init) ?? "it ended with status \(status)"
        }
    }
}
