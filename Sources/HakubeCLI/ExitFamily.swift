// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// How hakube ended, for scripts. One code a family of reasons.
enum ExitFamily: Int32, Sendable, CaseIterable {
    case done = 0
    /// A fault of hakube itself.
    case internalError = 1
    /// The inventory or the command line.
    case inventory = 2
    /// A host could not be reached, or did not let us in.
    case connection = 3
    /// A check before anything was changed.
    case preflight = 4
    /// A step failed on a host.
    case step = 5
    case bundle = 6
    /// Ctrl-C.
    case interrupted = 130
}
