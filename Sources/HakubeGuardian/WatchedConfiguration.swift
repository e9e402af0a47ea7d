// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A configuration file that may change while the guardian runs, so that scaling the masters changes one file and starts
/// nothing anew.
final class WatchedConfiguration {
    private let path: String
    private let read: () throws(UsageError) -> GuardianOptions
    private var mark: FileMark?

    /// `read` understands the file anew, together with what the command line said.
    init(path: String, read: @escaping () throws(UsageError) -> GuardianOptions) {
        self.path = path
        self.read = read
        mark = FileMark(path)
    }

    /// The options after a change. nil when nothing changed, and when the file is gone or cannot be understood: then what
    /// was known last stays in force.
    func changed() -> GuardianOptions? {
        let now = FileMark(path)
        guard now != mark else { return nil }
        mark = now
        guard now != nil else {
            Log.line("\(path) is gone; what it said stays in force")
            return nil
        }
        do { return try read() } catch {
            Log.line("\(error); what the file said before stays in force")
            return nil
        }
    }
}
