// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeFetch

/// Transfers as plain lines on standard error.
struct TransferLines: FetchProgress {
    func began(_ label: String, bytes: Int?) {
        StandardError.say("fetching \(label)" + (bytes.map { " (\(ByteMeter.text($0)))" } ?? ""))
    }

    func advanced(_ label: String, to bytes: Int) {}
    func ended(_ label: String) {}
    func note(_ text: String) { StandardError.say(text) }
}
