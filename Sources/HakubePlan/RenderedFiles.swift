// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// The files a plan leaves on each host, as they stand at its end. Made from the plan itself, so that it cannot drift.
package struct RenderedFiles: Sendable, Hashable {
    package struct File: Sendable, Hashable {
        package let host: HostID
        /// Absolute path on the host.
        package let path: String
        package let mode: Int
        package let text: String
    }

    /// Sorted by host and path.
    package let files: [File]

    package init(_ plan: Plan) {
        var byPlace: [HostID: [String: File]] = [:]
        for lane in plan.phases.flatMap(\.lanes) {
            for step in lane.steps {
                switch step.action {
                case .write(let file):
                    let text = file.text.resolvingRuntimeValues(\.placeholder)
                        .resolvingRegistryLogins { _ in RegistryLogin.placeholder }
                    byPlace[lane.host, default: [:]][file.path] = File(
                        host: lane.host, path: file.path, mode: file.mode, text: text)
                case .block(let block):
                    let before = byPlace[lane.host]?[block.path]?.text ?? ""
                    byPlace[lane.host, default: [:]][block.path] = File(
                        host: lane.host, path: block.path, mode: 0o644, text: block.applied(to: before))
                default: break
                }
            }
        }
        files = byPlace.values.flatMap(\.values).sorted { ($0.host, $0.path) < ($1.host, $1.path) }
    }
}
