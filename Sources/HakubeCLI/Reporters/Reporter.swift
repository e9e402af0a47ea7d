// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine

/// Events in, words out. Events come one at a time.
protocol Reporter: Sendable {
    func report(_ event: Event) async

    /// Shows the passing of time while nothing happens, until the task is cancelled.
    func animate() async
}

extension Reporter {
    func animate() async {}
}
