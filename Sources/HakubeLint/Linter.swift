// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Finds faults in the hand-made files of one cluster. Reads nothing but what it is given.
package struct Linter: Sendable {
    /// The release to hold the files against; `nil`: the one they name.
    private let release: KubernetesVersion?

    package init(release: KubernetesVersion? = nil) { self.release = release }

    /// All findings, in the order of the files and of their lines.
    package func findings(in files: [LintFile]) -> [Finding] {
        let reader = MaterialReader(files)
        var examination = Examination(
            material: reader.material, picture: ClusterPicture(reader.material, release: release))
        examination.run()
        var seen: Set<Finding> = []
        let all = (reader.findings + examination.findings).filter { seen.insert($0).inserted }
        let order = Dictionary(files.enumerated().map { ($1.name, $0) }) { first, _ in first }
        return all.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            let ours = (order[one.file] ?? 0, one.line, one.rule.rawValue, left.offset)
            return ours < (order[other.file] ?? 0, other.line, other.rule.rawValue, right.offset)
        }.map(\.element)
    }
}
