// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Everything about SSH that is the same for all hosts of a run.
package struct SSHConfiguration: Sendable {
    /// The cluster's own known_hosts file; made with mode 0600 on first contact.
    package var knownHostsPath: String
    /// Further known_hosts files, for hosts that the cluster's own does not have; only read.
    package var otherKnownHostsPaths: [String] = []
    /// True: a host whose key is not in the file is refused.
    package var strictHostKeys = false
    /// Called once for each host key that was recorded on first contact.
    package var onNewHostKey: @Sendable (NewHostKey) -> Void = { _ in }
    /// Called with a sentence that somebody at the machine has to see, such as to touch a security key.
    package var onNotice: @Sendable (String) -> Void = { _ in }

    /// The operator's ssh_config(5) file; `nil` reads none.
    package var configPath: String?
    /// Where ssh itself looks for it.
    package let usualConfigPath: String
    /// Where `~` points and where keys are looked for: the home directory of the password database, as ssh does it.
    package var homePath: String
    /// Login where neither the inventory nor the config file names one: the operator's own name, as ssh does it.
    package var defaultUser: String
    /// Socket of ssh-agent; `nil` asks none.
    package var agentSocket: String?

    /// Another client is tried where this one lacks something, so that nobody is asked for a password in its place.
    package var hasOtherClient = false

    package var password = SecretSource.none
    /// `nil`: the same as `password`.
    package var sudoPassword: SecretSource?
    /// Passphrases of key files.
    package var passphrase = SecretSource.none

    /// TCP connection and key exchange together.
    package var connectTimeout = Duration.seconds(10)
    /// One answer of the server to one log-in attempt; PAM modules and reverse look-ups take their time.
    package var authenticationTimeout = Duration.seconds(30)
    /// How long a stream may stand still.
    package var stallTimeout = Duration.seconds(60)
    package var keepaliveInterval = Duration.seconds(15)
    /// Handshakes at a time with one server. sshd drops connections at random above MaxStartups (10 by default).
    package var handshakesAtOnce = 8
    /// The same over all servers.
    package var handshakesAtOnceOverall = 64

    /// Takes home directory, user name and agent from the process.
    package init(knownHostsPath: String) {
        let account = Account.current
        self.knownHostsPath = knownHostsPath
        homePath = account.home
        defaultUser = account.name
        usualConfigPath = account.home + "/.ssh/config"
        configPath = usualConfigPath
        agentSocket = account.agentSocket
    }
}

/// Where a secret comes from.
package enum SecretSource: Sendable {
    case none
    case value(Secret)
    /// Asked with a ready prompt, on a session's own thread, one question at a time; `nil` means that the user gave none.
    case ask(@Sendable (_ prompt: String) -> Secret?)
}

/// A host key that was seen for the first time.
package struct NewHostKey: Sendable, Hashable {
    package let host: HostID
    /// As it stands in known_hosts: `10.0.0.1` or `[10.0.0.1]:2222`.
    package let name: String
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, …
    package let type: String
    /// `SHA256:…`, as OpenSSH prints it.
    package let fingerprint: String

    package init(host: HostID, name: String, type: String, fingerprint: String) {
        self.host = host
        self.name = name
        self.type = type
        self.fingerprint = fingerprint
    }
}
