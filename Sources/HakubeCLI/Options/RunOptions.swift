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

    @Flag(help: "Take the hosts from a run that holds them; that one stops before its next step.")
    var takeOver = false

    /// Whether hosts may be taken from another run; `nil` when none are taken at all.
    var claims: Bool? { dryRun ? nil : takeOver }

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
