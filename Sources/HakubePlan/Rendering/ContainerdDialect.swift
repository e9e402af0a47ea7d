// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// The form of containerd's configuration file, and what differs with containerd's release.
///
/// Version 2 for 1.x, 3 from 2.0 on, 4 from 2.3 on. A newer containerd reads older forms, an older one refuses newer ones; what
/// hakube writes stands at the same places in 3 and 4, since 4 moved only the sockets' settings.
struct ContainerdDialect: Sendable, Hashable {
    /// Version 2 is what every containerd reads that hakube can use.
    private static let understoodByAll = (major: 1, minor: 6)

    let major: Int
    let minor: Int

    /// - Parameter release: as a bundle names it: `2.3.4`, `v1.7.28`, `1.6.20~ds1-1+deb12u1`; `nil`: not known.
    init(release: String?) {
        let numbers = (release ?? "").drop { !$0.isNumber }.split(separator: ".", omittingEmptySubsequences: false)
            .prefix(2).map { $0.prefix { $0.isNumber } }
        if numbers.count == 2, let major = Int(numbers[0]), let minor = Int(numbers[1]) {
            (self.major, self.minor) = (major, minor)
        } else {
            (major, minor) = Self.understoodByAll
        }
    }

    /// The number in the file's header.
    var version: Int {
        if major < 2 { return 2 }
        return (major, minor) < (2, 3) ? 3 : 4
    }

    var template: Template { version == 2 ? .containerdConfig1 : .containerdConfig2 }

    /// A list of CNI plugin folders came with 2.1, which calls the single one deprecated.
    var listsPluginFolders: Bool { (major, minor) >= (2, 1) }
}
