// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension KeepalivedConfig {
    /// Lets files that include each other know each other's scripts. keepalived reads them as one, whatever stands where.
    static func join(_ configs: inout [KeepalivedConfig]) {
        guard configs.contains(where: { !$0.includes.isEmpty }) else { return }
        let all = configs
        for index in all.indices {
            let own = all[index]
            let parents = all.filter { $0.file != own.file && $0.includes.contains { Self.matches($0, own.file) } }
            let heads = parents + [own]
            let others = all.filter { other in
                other.file != own.file
                    && (parents.contains { $0.file == other.file }
                        || heads.contains { $0.includes.contains { Self.matches($0, other.file) } })
            }
            // Each host has files of the same names.
            let near = others.filter { folder($0.file) == folder(own.file) } + others
            configs[index].known += near.flatMap(\.scripts)
            configs[index].trackedElsewhere = Set(others.flatMap(\.instances).flatMap(\.tracked).map(\.name))
            configs[index].isPartial = heads.flatMap(\.includes).contains { pattern in
                isPattern(pattern) || !all.contains { matches(pattern, $0.file) }
            }
        }
    }

    private static func folder(_ file: String) -> String {
        file.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// Others than those at hand may match it.
    private static func isPattern(_ path: String) -> Bool { path.contains { "*?[{".contains($0) } }

    /// By the last part of the path: files are looked at wherever they were copied to.
    private static func matches(_ pattern: String, _ file: String) -> Bool {
        let (wanted, name) = (lastPart(pattern), lastPart(file))
        guard isPattern(wanted) else { return wanted == name }
        // What stands before the first and behind the last sign is enough.
        let head = wanted.prefix { !"*?[{".contains($0) }
        let tail = wanted.reversed().prefix { !"*?]}".contains($0) }.reversed()
        return name.count >= head.count + tail.count && name.hasPrefix(head) && name.hasSuffix(String(tail))
    }

    private static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
