// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A byte meter for work of several parts, each with a verb of its own.
final class PhaseMeter {
    private var verb = ""
    private var meter: ByteMeter?

    func show(_ verb: String, _ done: Int, _ total: Int) {
        if verb != self.verb {
            meter?.end()
            meter = ByteMeter(verb)
            self.verb = verb
        }
        meter?.show(done, total)
    }

    func end() { meter?.end() }
}
