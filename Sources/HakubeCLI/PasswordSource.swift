// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// Where a password comes from: a file, the environment, or the operator's fingers; never the command line.
struct PasswordSource: Sendable {
    static let variable = "HAKUBE_SSH_PASSWORD"

    /// Known before any host is asked; `nil` when it is to be asked for.
    let known: Secret?

    /// - Throws: `InventoryError` for a file that cannot be read, or that others can read.
    init(file: String?, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        if let file {
            switch PasswordFile.read(file) {
            case .password(let password): known = password
            case .refused(let message, let remedy):
                throw InventoryError(problems: [
                    Problem(place: "--password-file \(file)", message: message, remedy: remedy)
                ])
            }
        } else {
            known = environment[Self.variable].map { Secret($0) }
        }
    }

    /// Reads a line from the terminal without showing it; `nil` when there is no terminal.
    static func prompt(_ question: String) -> Secret? {
        guard let terminal = fopen("/dev/tty", "r+") else { return nil }
        defer { fclose(terminal) }
        fputs(question, terminal)
        fflush(terminal)
        var settings = termios()
        guard tcgetattr(fileno(terminal), &settings) == 0 else { return nil }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(fileno(terminal), TCSAFLUSH, &settings)
        defer {
            var restored = before
            tcsetattr(fileno(terminal), TCSAFLUSH, &restored)
            fputs("\n", terminal)
        }
        var buffer = [CChar](repeating: 0, count: 1024)
        guard fgets(&buffer, Int32(buffer.count), terminal) != nil else { return nil }
        let bytes = buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        return Secret(String(decoding: bytes, as: UTF8.self))
    }
}
