// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A configuration file that may change while the guardian runs, so that scaling the masters changes one file and starts
/// nothing anew.
final class WatchedConfiguration {
    let path: String
    /// Why the file's newest content is not in force; nil when it is.
    private(set) var problem: String?
    private let read: () throws(UsageError) -> GuardianOptions
    private var mark: FileMark?

    /// `read` understands the file anew, together with what the command line said. `mark` is the file's before it was first
    /// read, `problem` what was wrong with it then.
    init(
        path: String, mark: FileMark?, problem: String?, read: @escaping () throws(UsageError) -> GuardianOptions
    ) {
        self.path = path
        self.mark = mark
        self.problem = problem
        self.read = read
    }

    /// nil when nothing changed. A file that is gone or cannot be understood is a failure: then what was known last stays in
    /// force.
    func changed() -> Result<GuardianOptions, UsageError>? {
        let now = FileMark(path)
        guard now != mark else { return nil }
        mark = now
        guard now != nil else { return failure("\(path) is gone") }
        do {
            problem = nil
            return .success(try read())
        } catch { return failure(error.description) }
    }

    /// The newest content is understood, but something in it only counts after a restart.
    func isWaiting(because text: String) {
        if problem != text { Log.line(text) }
        problem = text
    }

    private func failure(_ text: String) -> Result<GuardianOptions, UsageError> {
        problem = text
        Log.line("\(text); what the file said before stays in force")
        return .failure(UsageError(text))
    }
}

/// The last configuration that was understood, on disk: a power cut can tear the file itself, and a worker that then knows
/// no master is lost.
struct KeptConfiguration {
    let path: String

    init(stateDirectory: String) { path = stateDirectory + "/guardian.json" }

    /// Keeps what was just understood.
    func keep(_ content: [UInt8]) {
        guard content != SmallFile.read(path) else { return }
        guard SmallFile.replace(path, with: String(decoding: content, as: UTF8.self)) else {
            return Log.line("cannot write \(path): a torn configuration would find no copy to go back to")
        }
    }
}
