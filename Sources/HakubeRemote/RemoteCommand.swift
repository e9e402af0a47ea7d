// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// How a login becomes root.
enum Privilege: Sendable, Hashable {
    /// The login is root already, or the command does not need root.
    case direct
    /// sudo asks nothing.
    case sudo
    case sudoWithPassword(Secret)
}

/// The command line that a script travels in.
///
/// It must mean the same to every login shell, so it is plain words in single quotes; the work is done by `sh` behind it.
/// That `sh` is not simply fed the script on standard input: a shell reads its script bit by bit, so any child that reads
/// standard input would eat the rest, and a connection that breaks half-way would leave half a script executed. It reads
/// all of it into a variable first, checks that the last line is the one hakube put there, takes /dev/null as standard
/// input, and evaluates. `eval` is a builtin, so no limit on arguments applies, here-documents work, and the text, which
/// may hold secrets, shows in no argument list and in no environment.
struct RemoteCommand {
    enum Payload: Hashable {
        /// The script follows on standard input.
        case standardInput
        /// The script is an argument, standard input belongs to it.
        case argument(String)
    }

    /// Unique for each run: marks where the script's own output begins, and finds its processes later.
    let tag: String
    let privilege: Privilege
    let payload: Payload
    /// A shell in front turns a signal into 128 + number, for ways back that know statuses only.
    let reportsSignals: Bool

    /// Printed on both streams before the script starts; what comes before it is the login shell's or sudo's noise.
    var startMark: String { "hakube-start \(tag)" }
    /// First line on standard input; skips a password line that sudo did not want.
    var inputMark: String { "hakube-input \(tag)" }
    /// Last line of a script on standard input.
    var endMark: String { "# hakube-end \(tag)" }
    /// sudo's question; a second one means that the answer to the first was wrong.
    var prompt: String { "hakube-password \(tag)" }
    /// In the environment of every process of the script.
    var environmentMark: String { "HAKUBE_RUN=\(tag)" }

    /// Exit status of the frame itself: the script did not arrive whole.
    static let incomplete = 125

    init(payload: Payload, privilege: Privilege, reportsSignals: Bool = false) {
        self.reportsSignals = reportsSignals
        tag = RemoteCommand.randomTag()
        self.payload = payload
        self.privilege = privilege
    }

    /// What the server is asked to execute.
    var line: String {
        // The environment is set behind sudo, which would clear it.
        var words = ["exec", "env", "LC_ALL=C"]
        if reportsSignals { words += ["sh", "-c", "'\"$@\"; exit $?'", "sh", "env"] }
        switch privilege {
        case .direct: break
        case .sudo: words += ["sudo", "-n", "-H", "--", "env", "LC_ALL=C"]
        // -k: a cached log-in would leave the password line to the script.
        case .sudoWithPassword: words += ["sudo", "-k", "-S", "-p", "'\(prompt)'", "-H", "--", "env", "LC_ALL=C"]
        }
        words += [environmentMark, "sh", "-c", "'\(frame)'"]
        if case .argument(let text) = payload { words += ["sh", RemoteCommand.singleQuoted(text)] }
        return words.joined(separator: " ")
    }

    /// Bytes that go ahead of the script or of the stream.
    var preamble: [UInt8] { Array("\(inputMark)\n".utf8) }

    /// A whole script as it goes over standard input.
    func input(for script: String) -> [UInt8] { Array("\(script)\n\(endMark)".utf8) }

    // No single quote and no `!` may stand in here (csh).
    private var frame: String {
        let begin = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH", "export PATH", "umask 022",
            "echo \"\(startMark)\"", "echo \"\(startMark)\" >&2",
            "while IFS= read -r hakube_line; do if [ \"$hakube_line\" = \"\(inputMark)\" ]; then break; fi; done",
            "case $hakube_line in \"\(inputMark)\") ;; *) exit \(RemoteCommand.incomplete) ;; esac",
        ]
        let rest: [String]
        switch payload {
        case .standardInput:
            rest = [
                "hakube_script=$(cat)",
                "case $hakube_script in *\"\(endMark)\") ;; *) exit \(RemoteCommand.incomplete) ;; esac",
                "exec </dev/null", "set -eu", "eval \"$hakube_script\"",
            ]
        case .argument:
            rest = ["set -eu", "eval \"$1\""]
        }
        return (begin + rest).joined(separator: "; ")
    }

    private static func singleQuoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static func randomTag() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension RemoteCommand {
    /// Ends every process of another run: asks first, and two seconds later no longer asks.
    static func killScript(for run: RemoteCommand) -> String {
        """
        hakube_kill() {
            for process in $(grep -ls '\(run.environmentMark)' /proc/[0-9]*/environ 2>/dev/null); do
                process=${process#/proc/}
                kill -"$1" "${process%/environ}" 2>/dev/null || :
            done
        }
        hakube_kill TERM
        (sleep 2; hakube_kill KILL) >/dev/null 2>&1 &
        """
    }
}
