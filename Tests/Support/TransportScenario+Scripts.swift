// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

extension TransportScenario {
    static let scripts: [TransportScenario] = [
        TransportScenario(name: "a script's status and both streams come back") { transport, _ in
            let record = LineRecord()
            let output = try await transport.run(Script("echo one\necho two >&2\nprintf three\nexit 7")) {
                record.add($0)
            }
            try equal(output, ScriptOutput(status: 7, out: "one\nthree", err: "two\n"), "output")
            try equal(record.all.filter { $0.stream == .out }.map(\.text), ["one", "three"], "lines")
            try equal(record.all.filter { $0.stream == .err }.map(\.text), ["two"], "error lines")
        },
        TransportScenario(name: "quotes, dollars, here-documents and backslashes arrive as written") { transport, _ in
            let text = """
                word='it'\\''s "here"'
                echo "$word" '$HOME' \\\\ `echo back`
                cat <<'END'
                a 'b' "c" $d `e` \\ !f
                END
                cat <<END
                sum $((1 + 2))
                END
                """
            let output = try await transport.run(text)
            let expected = "it's \"here\" $HOME \\ back\na 'b' \"c\" $d `e` \\ !f\nsum 3\n"
            try equal(output, ScriptOutput(status: 0, out: expected, err: ""), "output")
        },
        TransportScenario(name: "a command that reads standard input does not eat the script") { transport, _ in
            let output = try await transport.run("cat\nread -r line || echo nothing to read\necho last")
            try equal(output.out, "nothing to read\nlast\n", "output")
        },
        TransportScenario(name: "set -eu holds") { transport, _ in
            let failed = try await transport.run("echo before\nfalse\necho after")
            try equal(failed, ScriptOutput(status: 1, out: "before\n", err: ""), "a failing command")
            let unset = try await transport.run("echo \"$HAKUBE_NOT_SET\"\necho after")
            try require(unset.status != 0 && unset.out.isEmpty, "an unset variable passed: \(unset)")
        },
        TransportScenario(name: "the environment is plain") { transport, _ in
            let output = try await transport.run("echo \"$LC_ALL\"; echo \"$PATH\"; umask; id -u")
            let lines = output.out.split(separator: "\n").map(String.init)
            try equal(lines.count, 4, "lines")
            try equal(lines[0], "C", "LC_ALL")
            for folder in ["/usr/local/bin", "/usr/sbin", "/sbin"] {
                try require(lines[1].split(separator: ":").contains(folder[...]), "\(folder) is not in PATH")
            }
            try equal(lines[2], "0022", "umask")
            try equal(lines[3], "0", "user")
        },
        TransportScenario(name: "a killed command counts as 128 + signal") { transport, _ in
            try equal(try await transport.run("kill -TERM $$").status, 143, "status")
        },
        TransportScenario(name: "a script of four megabytes runs whole") { transport, _ in
            let lines = String(repeating: ": 'nothing happens on this line, and on many more like it'\n", count: 70_000)
            let output = try await transport.run("echo first\n\(lines)cat <<'END'\nlast\nEND")
            try equal(output, ScriptOutput(status: 0, out: "first\nlast\n", err: ""), "output")
        },
        TransportScenario(name: "the script's text shows in no argument list and no environment") { transport, _ in
            // The word is put together only on the host, so that the search does not find itself.
            let output = try await transport.run(
                """
                secret=hakube-confidential-4711
                half=confidential
                if grep -ls "hakube-$half-4711" /proc/[0-9]*/cmdline /proc/[0-9]*/environ; then echo found; fi
                echo "${#secret}"
                """)
            try equal(output.out, "24\n", "output")
        },
    ]
}
