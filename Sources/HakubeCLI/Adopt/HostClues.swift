// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan
import HakubeTransport

/// What a host of a cluster without a record shows of how the cluster was made.
struct HostClues: Sendable, Hashable {
    var hostname = ""
    /// /etc/hosts.
    var hosts = ""
    /// The virtual address that its guardian guards.
    var virtual: IPAddress?
    /// The guardian has a systemd unit.
    var hasGuardianUnit = false

    /// Reads only.
    static let question = Script(
        """
        set +eu
        {
        say() { printf '%s %s\\n' "$1" "$(base64 | tr -d '\\n')"; }
        cat /proc/sys/kernel/hostname | say hostname
        cat /etc/hosts | say hosts
        [ -f \(HostFiles.guardianConfiguration) ] && say guardian <\(HostFiles.guardianConfiguration)
        [ -f \(HostFiles.guardianUnit) ] && echo yes | say unit
        echo yes | say end
        } </dev/null
        """, timeout: .seconds(30))

    init() {}

    /// `nil` when the host did not say all of it.
    init?(_ output: ScriptOutput) {
        guard let words = HostWords(output) else { return nil }
        for (key, data) in words.pairs {
            let text = String(decoding: data, as: UTF8.self)
            switch key {
            case "hostname": hostname = text.filter { !$0.isWhitespace }
            case "hosts": hosts = text
            case "guardian": virtual = Self.virtual(data)
            case "unit": hasGuardianUnit = true
            default: break
            }
        }
    }

    /// hakube's block that gives `name` a meaning: whose it is, and what the name means here.
    func block(for name: String) -> (cluster: String, address: IPAddress)? {
        var cluster: String?
        for line in hosts.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("# hakube begin ") { cluster = String(line.dropFirst("# hakube begin ".count)) }
            if line.hasPrefix("# hakube end ") { cluster = nil }
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            if let cluster, let first = words.first, let address = IPAddress(String(first)),
                words.dropFirst().contains(where: { $0.lowercased() == name })
            {
                return (cluster, address)
            }
        }
        return nil
    }

    private struct GuardianFile: Decodable { let virtual: String }

    private static func virtual(_ json: Data) -> IPAddress? {
        guard let text = (try? JSONDecoder().decode(GuardianFile.self, from: json))?.virtual,
            let colon = text.lastIndex(of: ":")
        else { return nil }
        return IPAddress(text[..<colon].filter { $0 != "[" && $0 != "]" })
    }
}
