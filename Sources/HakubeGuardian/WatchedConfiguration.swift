// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// A configuration file that may change while the guardian runs, so that scaling the masters changes one file and starts
/// nothing anew.
final class WatchedConfiguration {
    let path: String
    /// Why the file's newest content is not in force; nil when it is.
    private(set) var problem: String?
    private let kept: KeptConfiguration
    private let read: () throws(UsageError) -> GuardianOptions
    private var mark: FileMark?

    /// `read` understands the file anew, together with what the command line said. `problem` is what was wrong with the
    /// file at the start.
    init(
        path: String, kept: KeptConfiguration, problem: String?,
        read: @escaping () throws(UsageError) -> GuardianOptions
    ) {
        self.path = path
        self.kept = kept
        self.problem = problem
        self.read = read
        mark = FileMark(path)
        if problem == nil { kept.keep(path) }
    }

    /// nil when nothing changed. A file that is gone or cannot be understood is a failure: then what was known last stays in
    /// force.
    func changed() -> Result<GuardianOptions, UsageError>? {
        let now = FileMark(path)
        guard now != mark else { return nil }
        mark = now
        guard now != nil else { return failure("\(path) is gone") }
        do {
            let options = try read()
            problem = nil
            kept.keep(path)
            return .success(options)
        } catch { return failure(error.description) }
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

    /// Copies a file that was just understood.
    func keep(_ original: String) {
        guard let bytes = SmallFile.read(original), bytes != SmallFile.read(path),
            // It may have changed again meanwhile.
            (try? GuardianConfig.decode(bytes, path: original)) != nil
        else { return }
        guard SmallFile.replace(path, with: String(decoding: bytes, as: UTF8.self)) else {
            return Log.line("cannot write \(path): a torn configuration would find no copy to go back to")
        }
    }

    /// The configuration to start with: the file, or the copy when the file is there and cannot be understood.
    /// - Throws: what is wrong with the file when there is no copy either.
    func content(of original: String) throws(UsageError) -> (bytes: [UInt8]?, problem: String?) {
        guard let bytes = SmallFile.read(original) else {
            if errno == ENOENT { return (nil, nil) }
            throw UsageError("cannot read \(original): \(errorText(errno))")
        }
        do {
            _ = try GuardianConfig.decode(bytes, path: original)
            return (bytes, nil)
        } catch {
            guard let copy = SmallFile.read(path), (try? GuardianConfig.decode(copy, path: path)) != nil else {
                throw error
            }
            return (copy, error.description)
        }
    }
}
