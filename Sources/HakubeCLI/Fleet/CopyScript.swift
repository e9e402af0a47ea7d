// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The two scripts that put one file on a host.
struct CopyScript {
    let file: LocalFile
    let target: String
    /// The target is a folder, made where it is missing. A folder that stands there is one in any case, as for cp(1).
    let isFolder: Bool
    let asRoot: Bool

    private var place: String {
        """
        name=\(Script.quoted(file.name))
        target=\(Script.quoted(target))
        if \(isFolder ? "true" : "[ -d \"$target\" ]"); then target=${target%/}/$name; fi
        """
    }

    /// Succeeds when there is nothing to do.
    var standsThere: Script {
        Script(
            """
            \(place)
            [ -f "$target" ]
            [ ! -L "$target" ]
            [ "$(stat -c %a -- "$target")" = \(String(file.mode, radix: 8)) ]
            [ "$(stat -c %s -- "$target")" = \(file.byteCount) ]
            [ "$(sha256sum <"$target" | cut -d ' ' -f 1)" = \(file.digest) ]
            """, timeout: .seconds(600), asRoot: asRoot)
    }

    /// Reads the file from standard input, beside its place, and renames it when all of it has arrived.
    var taking: Script {
        Script(
            """
            \(place)
            folder=$(dirname -- "$target")
            \(isFolder ? "mkdir -p -- \"$folder\"" : "")
            if [ ! -d "$folder" ]; then echo "there is no folder $folder" >&2; exit 1; fi
            if [ -d "$target" ]; then echo "$target is a folder" >&2; exit 1; fi
            umask 077
            # With a dot: whoever reads every file of a folder, as the kubelet does with its manifests, passes over it.
            temporary=$(mktemp "$folder/.$name.XXXXXX")
            trap 'rm -f -- "$temporary"' EXIT
            # A shell that a signal ends without a trap for it leaves out the one for its end.
            trap 'exit 143' HUP INT TERM
            cat >"$temporary"
            # A broken connection looks like the end of the file, and the file may have changed since it was looked at. The size
            # comes first: what was cut off is gone before the shell is killed for good.
            if [ "$(stat -c %s -- "$temporary")" != \(file.byteCount) ] ||
                [ "$(sha256sum <"$temporary" | cut -d ' ' -f 1)" != \(file.digest) ]; then
                echo "what arrived is not the file that was to be sent" >&2
                exit 1
            fi
            chmod \(String(file.mode, radix: 8)) "$temporary"
            mv -f -- "$temporary" "$target"
            trap - EXIT
            """, timeout: .seconds(600), asRoot: asRoot)
    }
}
