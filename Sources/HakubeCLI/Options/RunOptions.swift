// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// What every command that changes hosts understands.
struct RunOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do it without asking.")
    var yes = false

    @Flag(help: "Show the plan from the hosts' real state, and do nothing.")
    var dryRun = false
}
