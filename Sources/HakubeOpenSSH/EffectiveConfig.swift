// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What ssh_config(5) means for one host, as `ssh -G` prints it: a keyword in lower case and its value on each line.
struct EffectiveConfig {
    private var values: [Substring: Substring] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            guard let blank = line.firstIndex(of: " ") else { continue }
            let keyword = line[..<blank]
            if values[keyword] == nil { values[keyword] = line[line.index(after: blank)...] }
        }
    }

    var user: String? { values["user"].map(String.init) }
    var address: String? { values["hostname"].map(String.init) }
    var port: Int? { values["port"].flatMap { Int($0) } }

    /// hakube did not write the way to the host: a proxy of the operator's stands in it.
    var hasProxy: Bool { has("proxyjump") || has("proxycommand") }

    private func has(_ keyword: Substring) -> Bool { values[keyword].map { $0 != "none" } ?? false }

    /// Options that would get in the way, switched off; only where they are set, since an older ssh does not know them all.
    var disarmed: [(String, String)] {
        // A command's answer would overrule the cluster's known_hosts file.
        (has("knownhostscommand") ? [("KnownHostsCommand", "none")] : [])
            // ssh would leave the process that hakube watches.
            + (values["forkafterauthentication"] == "yes" ? [("ForkAfterAuthentication", "no")] : [])
    }

    /// What ssh would accept as a host's key, without certificates: hakube records keys. Types that are recorded come first, so
    /// that a host with several keys shows the one that was recorded; a list given by name takes that over from ssh.
    func hostKeyAlgorithms(recorded: [String]) -> [String] {
        let all = (values["hostkeyalgorithms"] ?? "").split(whereSeparator: { $0 == "," }).map { String($0) }
            .filter { !$0.contains("-cert-") }
        let first = recorded.flatMap { $0 == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [$0] }
            .filter(all.contains)
        return first + all.filter { !first.contains($0) }
    }

    /// The ciphers that ssh would offer, those first that cost the least: AES-GCM on a processor with AES instructions takes
    /// half of the time of ChaCha20-Poly1305, which OpenSSH prefers. No cipher is added to what the operator allows.
    func ciphers(hasAES: Bool) -> [String] {
        let all = (values["ciphers"] ?? "").split(separator: ",").map(String.init)
        guard hasAES else { return [] }
        let first = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"].filter(all.contains)
        return first.isEmpty ? [] : first + all.filter { !first.contains($0) }
    }
}
