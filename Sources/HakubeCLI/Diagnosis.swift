// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeEngine
import HakubeFetch
import HakubeModel
import HakubePlan
import HakubeTransport

/// What an error is in words, and the exit code of its family. The one place where errors become sentences for people.
struct Diagnosis: Sendable {
    let family: ExitFamily
    /// Lines without a newline at the end; empty when all has been said already.
    let text: String

    init(family: ExitFamily, text: String) {
        self.family = family
        self.text = text
    }

    /// `nil` for errors of the argument parser.
    init?(_ error: any Error) {
        switch error {
        case let error as InventoryError: self.init(.inventory, error.problems)
        case let error as PreflightError: self.init(.preflight, error.problems)
        case let error as BundleError: self.init(.bundle, error.problems)
        case let error as FetchError: self.init(.bundle, error.problems)
        case let error as ClusterRecordError: self.init(family: .preflight, text: "error: \(error); \(error.remedy)")
        case let error as LocalFileError: self.init(family: .preflight, text: "error: \(error); \(error.remedy)")
        case let error as TransportError:
            self.init(family: .connection, text: "error: \(error.peer): \(error.message); \(error.remedy)")
        case let error as HostErrors: self.init(error.errors)
        case let error as RunEnded: self.init(family: error.family, text: "")
        case is CancellationError: self.init(family: .interrupted, text: "interrupted; nothing was changed")
        case let error as TemplateError:
            self.init(family: .internalError, text: "error: the template \(error.template) lacks \(error.missing)")
        case let error as CocoaError:
            self.init(family: .internalError, text: "error: \(error.localizedDescription)")
        default: return nil
        }
    }

    private init(_ family: ExitFamily, _ problems: [Problem]) {
        let count = problems.count == 1 ? "" : "\(problems.count) problems, nothing was changed\n"
        self.init(family: family, text: count + problems.map { "error: \($0)" }.joined(separator: "\n"))
    }

    /// Of several families the first in the order of the codes wins: a host that cannot be reached hides what else it has.
    private init(_ errors: [any Error]) {
        let all = errors.map { Diagnosis($0) ?? Diagnosis(family: .internalError, text: "error: \($0)") }
        let family = all.map(\.family).min { $0.rawValue < $1.rawValue } ?? .internalError
        self.init(family: family, text: all.map(\.text).joined(separator: "\n"))
    }
}

/// A run whose end its reporter has told already.
struct RunEnded: Error {
    let family: ExitFamily
}
