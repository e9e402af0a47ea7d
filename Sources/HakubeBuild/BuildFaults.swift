// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeModel

extension BundleError {
    /// One sentence of a build that cannot go on.
    init(_ place: String, _ message: String, _ remedy: String) {
        self.init(problems: [Problem(place: place, message: message, remedy: remedy)])
    }
}
