// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeModel
import HakubeRemote

/// How ssh asks for secrets: it starts a program with the question as its argument and reads the answer from it
/// (SSH_ASKPASS, ssh(1)).
///
/// The program is a few lines of shell that carry the question and the answer through two named pipes, so that a secret shows
/// in no argument list, in no environment and in no file.
final class AskPass {
    struct Question: Hashable {
        /// A hint only, such as to touch a security key: nobody waits for an answer.
        let isNotice: Bool
        let text: String
    }

    private let questions: Descriptor
    private let answers: Descriptor
    private var pending: [UInt8] = []

    static let program = """
        #!/bin/sh
        folder=${0%/*}
        printf '%s:%s\\0' "${SSH_ASKPASS_PROMPT:-}" "$1" >"$folder/question"
        [ "${SSH_ASKPASS_PROMPT:-}" != none ] || exit 0
        IFS= read -r answer <"$folder/answer" || exit 1
        case $answer in =*) printf '%s\\n' "${answer#=}" ;; *) exit 1 ;; esac

        """

    /// - Throws: `SystemError`.
    init(in folder: HostFolder) throws {
        try folder.write(AskPass.program, to: folder.askPass, mode: 0o700)
        for name in ["question", "answer"] {
            guard mkfifo("\(folder.path)/\(name)", 0o600) == 0 else { throw SystemError("mkfifo") }
        }
        // Open both ways: there is always a reader and a writer, and no call waits for one.
        questions = try Descriptor.open("\(folder.path)/question", O_RDWR | O_NONBLOCK)
        answers = try Descriptor.open("\(folder.path)/answer", O_RDWR | O_NONBLOCK)
    }

    /// To be waited for.
    var descriptor: Int32 { questions.number }

    /// The next question, if one has come whole.
    func question() -> Question? {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            while case .bytes(let count) = questions.take(into: buffer) { pending += buffer[..<count] }
        }
        guard let end = pending.firstIndex(of: 0) else { return nil }
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        let kind = text.prefix { $0 != ":" }
        return Question(isNotice: kind == "none", text: String(text.dropFirst(kind.count + 1)))
    }

    /// `nil` says that there is no answer.
    func answer(_ secret: Secret?) {
        let line = Array((secret.map { "=\($0.exposed)" } ?? "-").utf8) + [UInt8(ascii: "\n")]
        _ = write(answers.number, line, line.count)
    }
}
