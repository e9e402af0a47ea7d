// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import ArgumentParser
import Foundation
import HakubeModel

/// The command `hakube`.
package struct Hakube: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "hakube",
        abstract: "Turns bare Linux hosts without internet into a highly available Kubernetes cluster.",
        discussion: """
            One machine with ssh access to the hosts and one bundle file are all it takes:

              hakube init --masters 10.0.0.1-3 --nodes 10.0.0.4,10.0.0.5 --bundle kube-v1.34.2-linux-amd64.tar.zst

            Exit codes: 0 done, 1 internal fault, 2 inventory or flags, 3 connection, 4 checks before anything was \
            changed, 5 a step failed or something is not in order, 6 bundle, 130 interrupted.
            """,
        version: version,
        subcommands: [
            InitCommand.self, JoinCommand.self, PushCommand.self, CleanCommand.self, StatusCommand.self,
            AdoptCommand.self,
            KubeconfigCommand.self, ExecCommand.self, CopyCommand.self, PlanCommand.self, RenderCommand.self,
            BundleCommand.self, GuardianCommand.self, EndpointCommand.self, DrillCommand.self, LintCommand.self,
            ImportCommand.self,
        ])

    package static let version = HakubeVersion.current

    package init() {}

    /// Runs the command line to its end. Every error leaves as its sentence on standard error and its family's exit code.
    package static func run(_ arguments: [String]) async -> Int32 {
        // A reader that goes away (`hakube plan | head`) must not look like a crash.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return ExitFamily.done.rawValue
        } catch {
            let diagnosis = Diagnosis(error) ?? parserDiagnosis(error)
            if !diagnosis.text.isEmpty {
                let stream = diagnosis.family == .done ? FileHandle.standardOutput : FileHandle.standardError
                try? stream.write(contentsOf: Data((diagnosis.text + "\n").utf8))
            }
            return diagnosis.family.rawValue
        }
    }

    /// What the argument parser has to say: help and version are done, anything else is a slip in the flags.
    private static func parserDiagnosis(_ error: any Error) -> Diagnosis {
        if let code = error as? ExitCode {
            return Diagnosis(family: ExitFamily(rawValue: code.rawValue) ?? .internalError, text: "")
        }
        let code = exitCode(for: error)
        let family: ExitFamily = code == .success ? .done : code == .validationFailure ? .inventory : .internalError
        return Diagnosis(family: family, text: fullMessage(for: error))
    }
}
