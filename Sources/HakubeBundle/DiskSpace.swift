// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// Space that is looked for before work of minutes goes into a file that would not fit.
enum DiskSpace {
    /// - Parameter bytes: more than nothing are left free for others.
    /// - Throws: `BundleError` where fewer are free; not where nobody knows.
    static func require(_ bytes: Int, in folder: String) throws(BundleError) {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return }
        let free = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        guard !free.overflow, free.partialValue < bytes else { return }
        throw BundleError(
            folder, "the bundle needs \(bytes >> 20) MiB more there, and \(free.partialValue >> 20) MiB are free",
            "free some space or write to another folder")
    }
}
