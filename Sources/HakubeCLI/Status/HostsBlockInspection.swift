// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

/// What the endpoint's name has to mean on a host, and whether its /etc/hosts says so.
struct HostsBlockInspection {
    let spec: ClusterSpec
    let host: Host

    /// On a master the master itself, on a worker the VIP; `nil` where hakube has no say in it.
    private var wanted: IPAddress? { spec.endpoint.meaning(on: host) }
    /// Empty where there is to be none.
    var line: String { wanted.map { "\($0) \(spec.endpoint.name)" } ?? "" }

    /// `nil` when all is right. The resolver takes the first line for a name, so lines before hakube's block count, too.
    func complaint(_ hosts: String) -> String? {
        guard let wanted else { return nil }
        let name = spec.endpoint.name
        let meanings = hosts.split(whereSeparator: \.isNewline).compactMap { line -> String? in
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard words.dropFirst().contains(where: { $0.lowercased() == name }) else { return nil }
            return words.first.map(String.init)
        }
        // An entry of the other family is none that this name may have.
        if let first = meanings.first(where: { IPAddress($0) != wanted }) {
            return "/etc/hosts says that \(name) is \(first), and it has to be \(wanted)"
        }
        if meanings.isEmpty { return "/etc/hosts has no line for \(name)" }
        let block = ManagedBlock(path: "/etc/hosts", name: spec.name, lines: [line])
        guard block.applied(to: hosts) == hosts else {
            return "hakube's block in /etc/hosts is not as hakube writes it"
        }
        return nil
    }
}
