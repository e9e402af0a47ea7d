// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// How to reach the hosts.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File that holds the password for ssh and sudo on its first line.",
            discussion: "Nobody but its owner may be able to read it. HAKUBE_SSH_PASSWORD serves as well.",
            valueName: "path"))
    var passwordFile: String?

    @Option(
        help: ArgumentHelp(
            "Who speaks SSH: auto (default), libssh2 or openssh.",
            discussion: """
                auto means libssh2, and the system's ssh for hosts that need it: bastions and certificates in ~/.ssh/config, \
                FIDO keys, servers with other algorithms (docs/ssh.md).
                """, valueName: "client"))
    var transport = ClientChoice.auto

    @Flag(help: "Refuse hosts whose key is not known yet, in place of recording it at the first contact.")
    var strictHostKeys = false

    @Option(help: ArgumentHelp("How many hosts to work on at the same time.", valueName: "number"))
    var parallel = 16

    @Option(help: ArgumentHelp("Seconds to wait for a host to answer.", valueName: "seconds"))
    var connectTimeout = 15

    var connectDeadline: Duration { .seconds(connectTimeout) }

    func validate() throws {
        guard parallel >= 1 else { throw ValidationError("--parallel \(parallel) reaches no host; write 1 or more.") }
        guard connectTimeout >= 1 else {
            throw ValidationError("--connect-timeout \(connectTimeout) leaves no time; write 1 or more.")
        }
    }
}
