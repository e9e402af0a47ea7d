// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Hears what transfers do. Called from several threads, often; a label names one transfer.
package protocol FetchProgress: Sendable {
    /// So many more transfers are to come, with so many bytes where that is known.
    func planned(transfers: Int, bytes: Int?)
    /// - Parameter bytes: the whole size, where the server says it.
    func began(_ label: String, bytes: Int?)
    /// - Parameter bytes: what is there of it, counted from the file's begin.
    func advanced(_ label: String, to bytes: Int)
    /// The file is there, whole and checked.
    func ended(_ label: String)
    /// It will not come; the error follows when the others have ended.
    func failed(_ label: String)
    /// One sentence for people: a retry, a start from the begin.
    func note(_ text: String)
}

extension FetchProgress {
    package func planned(transfers: Int, bytes: Int?) {}
    package func failed(_ label: String) {}
}

/// Says nothing.
package struct SilentProgress: FetchProgress {
    package init() {}
    package func began(_ label: String, bytes: Int?) {}
    package func advanced(_ label: String, to bytes: Int) {}
    package func ended(_ label: String) {}
    package func note(_ text: String) {}
}
