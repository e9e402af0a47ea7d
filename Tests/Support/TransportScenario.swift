// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
package import HakubeTransport
import Synchronization

/// What every transport must do, whoever carries the bytes. Each scenario is a test by itself.
package struct TransportScenario: Sendable, CustomStringConvertible {
    package let name: String
    package var description: String { name }
    /// - Parameter directory: an empty directory on the host, removed by the caller.
    package let check: @Sendable (_ transport: any Transport, _ directory: String) async throws -> Void

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    static func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        guard condition else { throw Failure(description: message()) }
    }

    static func equal<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        try require(found == expected, "\(what): expected \(expected), found \(found)")
    }

    /// All of them.
    package static let all = scripts + limits + files + dialogues
}

/// Lines as they came.
final class LineRecord: Sendable {
    private let lines = Mutex<[OutputLine]>([])

    var all: [OutputLine] { lines.withLock { $0 } }

    func add(_ line: OutputLine) { lines.withLock { $0.append(line) } }
}

extension Transport {
    /// Runs a script and drops the lines.
    package func run(_ text: String, timeout: Duration = .seconds(30)) async throws -> ScriptOutput {
        try await run(Script(text, timeout: timeout)) { _ in }
    }
}
