// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeRemote

/// Command lines for ssh. Pure.
///
/// What the inventory says comes as options, which win over ~/.ssh/config; all else ssh finds there itself.
struct ClientArguments {
    let program: String
    let host: Host
    let login: Login
    let configuration: SSHConfiguration
    /// Names of the connection's files, by the hop.
    let log: (Int) -> String
    let knownHosts: (Int) -> String
    /// Hops of which no key is recorded, and whose first one is to be taken.
    var trusting: Set<Int> = []
    /// What ~/.ssh/config means for each hop, as ssh says; empty while it is being asked.
    var meanings: [EffectiveConfig] = []
    /// Types of the keys that are recorded for each hop.
    var recordedTypes: [[String]] = []

    private var hops: Int { login.bastions.count }

    /// Prints what ~/.ssh/config means for a hop; the host itself comes after its bastions.
    func asking(_ hop: Int) -> [String] { [program, "-G"] + place + destination(hop) }

    /// The connection that all commands share.
    /// - Parameter ciphers: in order of preference; empty: ssh's own.
    func master(socket: String, ciphers: [String]) -> [String] {
        var words = [program, "-M", "-N", "-S", socket] + place + options(hops)
        // Executed as soon as the socket takes commands.
        words += option("PermitLocalCommand", "yes") + option("LocalCommand", "echo \(ClientArguments.ready)")
        if !ciphers.isEmpty { words += option("Ciphers", ciphers.joined(separator: ",")) }
        return words + way(hops) + destination(hops)
    }

    static let ready = "hakube-ready"

    /// Only as far as the server's key.
    func keyOnly() -> [String] {
        [program, "-S", "none"] + place + option("ControlMaster", "no") + option("PreferredAuthentications", "none")
            + options(hops) + way(hops) + destination(hops)
            + ["true"]
    }

    /// One command over the shared connection. Where that is gone, ssh would make one of its own; it shall not.
    static func command(_ line: String, program: String, socket: String, log: String) -> [String] {
        [
            program, "-F", "none", "-S", socket, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o",
            "LogLevel=ERROR", "-E", log, "-T", "--", "host", line,
        ]
    }

    // MARK: - Parts

    private var place: [String] {
        // Without the option ssh reads the system's file as well.
        configuration.configPath == configuration.usualConfigPath ? [] : ["-F", configuration.configPath ?? "none"]
    }

    /// How to get to a hop's sshd: through the one before it, if there is one.
    private func way(_ hop: Int) -> [String] {
        if hop == 0 {
            // None on purpose, whatever ~/.ssh/config says.
            let isDirect = host.access.bastions == []
            return isDirect ? option("ProxyCommand", "none") : []
        }
        let target = hop == hops ? login : login.bastions[hop]
        let address = IPAddress(target.address)?.bracketed ?? target.address
        let words =
            [program, "-W", "\(address):\(target.port)", "-S", "none"] + place + option("ControlMaster", "no")
            + option("PermitLocalCommand", "no") + options(hop - 1) + way(hop - 1)
            + destination(hop - 1)
        // ssh replaces % and what follows it.
        let command = words.map(Script.quoted).joined(separator: " ").replacing("%", with: "%%")
        return option("ProxyCommand", command) + option("ProxyUseFdpass", "no")
    }

    private func destination(_ hop: Int) -> [String] {
        let access = hop == hops ? host.access : SSHAccess(login.bastions[hop], of: host, hop)
        let name = hop == hops ? host.sshAddress : host.access.bastions?[hop].address ?? ""
        var words: [String] = []
        if let user = access.user { words += ["-l", user] }
        if let port = access.port { words += ["-p", "\(port)"] }
        if let key = access.keyPath {
            words += ["-i", Login.expand(key, [:], home: configuration.homePath).replacing("%", with: "%%")]
            // A key that was named does not wait behind all that an agent holds: sshd cuts the connection after six.
            words += option("IdentitiesOnly", "yes")
        }
        return words + ["--", name]
    }

    private func options(_ hop: Int) -> [String] {
        let login = hop == hops ? login : login.bastions[hop]
        let seconds = max(1, configuration.connectTimeout.components.seconds)
        let pairs = [
            ("HostKeyAlias", login.knownHostsName), ("UserKnownHostsFile", knownHosts(hop)),
            ("GlobalKnownHostsFile", "/dev/null"),
            ("StrictHostKeyChecking", trusting.contains(hop) ? "accept-new" : "yes"),
            ("UpdateHostKeys", "no"), ("CheckHostIP", "no"), ("HashKnownHosts", "no"), ("VerifyHostKeyDNS", "no"),
            ("ForwardAgent", "no"), ("ForwardX11", "no"), ("ClearAllForwardings", "yes"), ("Tunnel", "no"),
            ("RequestTTY", "no"), ("RemoteCommand", "none"), ("EscapeChar", "none"), ("ControlPersist", "no"),
            ("BatchMode", "no"), ("ConnectTimeout", "\(seconds)"), ("ConnectionAttempts", "1"),
            ("ServerAliveInterval", "\(configuration.keepaliveInterval.components.seconds)"),
            ("ServerAliveCountMax", "4"), ("LogLevel", "DEBUG1"),
        ]
        let keys = meanings.isEmpty ? [] : meanings[hop].hostKeyAlgorithms(recorded: recordedTypes[hop])
        let more =
            (meanings.isEmpty ? [] : meanings[hop].disarmed)
            + (keys.isEmpty ? [] : [("HostKeyAlgorithms", keys.joined(separator: ","))])
        return ["-E", log(hop)] + (pairs + more).flatMap { option($0.0, $0.1) }
    }

    private func option(_ name: String, _ value: String) -> [String] { ["-o", "\(name)=\(value)"] }
}

extension SSHAccess {
    /// What the inventory says about a bastion.
    fileprivate init(_ login: Login, of host: Host, _ hop: Int) {
        let bastion = host.access.bastions?[hop]
        self.init(user: bastion?.user, port: bastion?.port, keyPath: host.access.keyPath)
    }
}
