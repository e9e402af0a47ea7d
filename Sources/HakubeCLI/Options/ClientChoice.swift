// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// Which SSH client carries the bytes.
enum ClientChoice: String, CaseIterable, ExpressibleByArgument {
    /// libssh2 where it can, the system's ssh elsewhere.
    case auto
    case libssh2
    case openssh
}
