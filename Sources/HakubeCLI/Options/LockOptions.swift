// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// What to do about another operator's run.
struct LockOptions: ParsableArguments {
    @Flag(help: "Take the hosts over from a run that holds them; it stops before its next step.")
    var takeOver = false
}
