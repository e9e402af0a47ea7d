// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Shell text that writes a file atomically: a temporary file beside it, mode, rename.
package enum FileScript {
    /// - Parameters:
    ///   - byteCount: what has to arrive; a broken connection looks like the end of the file.
    ///   - input: what follows `cat >FILE`: nothing where the contents come on standard input, or a here-document.
    package static func writing(to path: String, mode: Int, byteCount: Int, input: String = "") -> String {
        """
        target=\(Script.quoted(path))
        if [ -d "$target" ]; then echo "$target is a directory" >&2; exit 1; fi
        folder=$(dirname -- "$target")
        mkdir -p -- "$folder"
        umask 077
        # With a dot: whoever reads every file of a folder, as the kubelet does with its manifests, passes over it.
        temporary=$(mktemp "$folder/.$(basename -- "$target").XXXXXX")
        trap 'rm -f -- "$temporary"' EXIT
        cat >"$temporary"\(input)
        size=$(wc -c <"$temporary")
        if [ "$size" -ne \(byteCount) ]; then echo "only $size of \(byteCount) bytes arrived" >&2; exit 1; fi
        chmod \(String(mode, radix: 8)) "$temporary"
        # On the disk before it has the name: after a power cut the old file is there, or the new one, never an empty one.
        sync "$temporary" 2>/dev/null || :
        if mountpoint -q -- "$target" 2>/dev/null; then
            cat <"$temporary" >"$target"
        else
            mv -f -- "$temporary" "$target"
            trap - EXIT
        fi
        if command -v restorecon >/dev/null; then restorecon -- "$target" 2>/dev/null || :; fi
        """
    }
}
