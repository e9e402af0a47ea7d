// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// Where the operator is told what does not belong to the result.
enum StandardError {
    /// One line; a reader that went away is no fault.
    static func say(_ line: String) { try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8)) }
}
