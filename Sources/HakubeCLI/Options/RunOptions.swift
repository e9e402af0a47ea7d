// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubePlan

/// What every command that changes hosts understands.
struct RunOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do it without asking.")
    var yes = false

    @Flag(help: "Show the plan from the hosts' real state, and do nothing.")
    var dryRun = false

    /// Shows the plan and asks, unless --yes was given.
    ///
    /// - Throws: `CancellationError` for a no, `InventoryError` when there is nobody to ask.
    func consent(to plan: Plan, on count: Int) throws {
        guard !yes else { return }
        StandardError.say(plan.text)
        guard try Confirmation.ask("Do this on \(count == 1 ? "1 host" : "\(count) hosts")?") else {
            throw CancellationError()
        }
    }
}
