// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What a plan's pushes send, added up.
struct PushTotals: Sendable {
    struct Kind: Sendable {
        let role: Role
        let arch: Architecture
        var hosts: Int
        var load: PushLoad
    }

    /// In the order in which the plan names them.
    private(set) var kinds: [Kind] = []

    init(_ plan: Plan) {
        for step in plan.phases.flatMap(\.lanes).flatMap(\.steps) {
            guard case .push(let role, let arch, _) = step.action, let load = step.load else { continue }
            if let index = kinds.firstIndex(where: { $0.role == role && $0.arch == arch }) {
                kinds[index].hosts += 1
                kinds[index].load = kinds[index].load + load
            } else {
                kinds.append(Kind(role: role, arch: arch, hosts: 1, load: load))
            }
        }
    }

    /// `nil` for a plan that pushes nothing, or knows no bundle.
    var whole: PushLoad? {
        kinds.isEmpty ? nil : kinds.reduce(PushLoad(bytes: 0, total: 0)) { $0 + $1.load }
    }

    var sentence: String? {
        guard let whole else { return nil }
        let parts = kinds.map { kind in
            let hosts = "\(kind.hosts) \(kind.role.title)\(kind.hosts == 1 ? "" : "s")"
            return "\(hosts) (\(kind.arch.rawValue)) \(kind.load.bytes.asBytes) of \(kind.load.total.asBytes)"
        }
        let all = kinds.count > 1 ? "; \(whole.bytes.asBytes) of \(whole.total.asBytes) in all" : ""
        return "To send: \(parts.joined(separator: ", "))\(all)"
    }
}

extension Int {
    /// Bytes for people, 1 MB = 1,000,000 bytes, always rounded the same way: `0 B`, `12.3 kB`, `198.2 MB`, `1.7 GB`.
    package var asBytes: String {
        var (unit, names) = (1, ["B", "kB", "MB", "GB", "TB"][...])
        // From 999.95 on the next unit says it better.
        while names.count > 1, self * 20 >= unit * 19_999 {
            unit *= 1000
            names = names.dropFirst()
        }
        guard unit > 1 else { return "\(self) B" }
        let tenths = (self * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10) \(names.first ?? "")"
    }
}
