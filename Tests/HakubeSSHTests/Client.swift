// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeOpenSSH
import HakubeRemote
import HakubeSSH
import HakubeTransport
import Testing

/// The clients that a host can be reached by; what holds for one holds for all.
enum Client: String, CaseIterable, CustomTestStringConvertible {
    case libssh2, openssh

    static let available = SSHProgram.onPath() == nil ? [Client.libssh2] : allCases

    var testDescription: String { rawValue }

    func connector(_ configuration: SSHConfiguration) -> any Connector {
        let context = SSHContext(configuration)
        switch (self, SSHProgram.onPath()) {
        case (.openssh, let program?): return OpenSSHConnector(program, context)
        default: return SSHConnector(context)
        }
    }
}
