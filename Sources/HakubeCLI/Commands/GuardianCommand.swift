// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// `hakube guardian`: the balancers on the workers.
struct GuardianCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guardian", abstract: "Look at the guardians on the workers.", subcommands: [GuardianStatus.self])
}
