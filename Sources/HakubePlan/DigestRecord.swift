// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Which installed files are right, without reading hundreds of megabytes each time it is asked.
///
/// The record lies on the host. It has a line `SHA256 INODE SIZE CTIME PATH` for each file that was read and found right, with
/// what stat(2) said just before. The kernel sets the change time at every write, chmod and rename, and nothing but the clock
/// itself can set it back; so a file whose line still fits has the same content. What does not fit, or has no line, is read.
/// A stat(1) that does not know nanoseconds of the change time (it is GNU's) makes no line, and then all files are read.
struct DigestRecord: Sendable {
    /// A file as it shall stand on the host.
    struct Entry: Sendable, Hashable {
        let path: String
        let sha256: String
        let size: Int
    }

    let entries: [Entry]

    /// `inode size ctime path` of every file named on standard input; fails where one is missing.
    static let stat = "tr '\\n' '\\0' | xargs -0 stat -c '%i %s %.9Z %n' --"

    /// Fails unless all files stand and are right. Reads what it can avoid no longer to read.
    var check: String {
        """
        \(listing)
        stand=$(\(standing) 2>/dev/null) || exit 1
        doubtful=$(\(join) '
            \(Self.tables)
            size[path] != $2 { wrong = 1; exit 1 }
            ctime[path] !~ /^[0-9]+[.][0-9]+$/ || !(($1 " " now[path]) in known) { print $1 "  " path }
            END { exit wrong }
        ') || exit 1
        [ -z "$doubtful" ] || printf '%s\\n' "$doubtful" | sha256sum -c --status || exit 1
        """
    }

    /// Reads all files, and writes the record when they are right. Fails with sha256sum's own words when one is not.
    var making: String {
        """
        \(listing)
        stand=$(\(standing))
        wanted | sed 's/^\\([^ ]*\\) [^ ]* /\\1  /' | sha256sum -c --quiet >&2 || exit 1
        mkdir -p \(HostPath.state)
        \(join) '
            \(Self.tables)
            ctime[path] ~ /^[0-9]+[.][0-9]+$/ { print $1 " " now[path] }
        ' > \(HostPath.digests).new
        mv -f \(HostPath.digests).new \(HostPath.digests)
        """
    }

    private var listing: String {
        let lines = entries.map { "\($0.sha256) \($0.size) \($0.path)\n" }.joined()
        return "wanted() { cat <<'SUMS'\n\(lines)SUMS\n}"
    }

    private var standing: String { "wanted | cut -d ' ' -f 3- | \(Self.stat)" }

    /// Record, what stands and what is wanted, one after another, for awk to hold against each other.
    private var join: String {
        "{ cat \(HostPath.digests) 2>/dev/null || :; echo; printf '%s\\n' \"$stand\"; echo; wanted; } | awk"
    }

    private static let tables = """
        $0 == "" { part++; next }
            part == 0 { known[$0] = 1; next }
            part == 1 {
                path = $0
                sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", path)
                now[path] = $0; size[path] = $2; ctime[path] = $3
                next
            }
            { path = $0; sub(/^[^ ]+ [^ ]+ /, "", path) }
        """
}
