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

    /// The ciphers that ssh would offer, those first that cost the least: AES-GCM on a processor with AES instructions takes
    /// half of the time of ChaCha20-Poly1305, which OpenSSH prefers. No cipher is added to what the operator allows.
    func ciphers(hasAES: Bool) -> [String] {
        let all = (values["ciphers"] ?? "").split(separator: ",").map(String.init)
        guard hasAES else { return [] }
        let first = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"].filter(all.contains)
        return first.isEmpty ? [] : first + all.filter { !first.contains($0) }
    }
}
