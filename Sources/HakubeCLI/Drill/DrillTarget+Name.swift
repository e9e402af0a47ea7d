// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension DrillTarget {
    /// The master that is called so.
    ///
    /// - Throws: `InventoryError` for what is no master of the cluster.
    static func host(_ name: String, of spec: ClusterSpec) throws -> Host {
        func refusal(_ message: String) -> InventoryError {
            let masters = spec.masters.map { host in host.name.map { "\($0) (\(host.id))" } ?? host.id.description }
            return InventoryError(problems: [
                Problem(
                    place: "--target", message: message, remedy: "write one of \(masters.joined(separator: ", "))")
            ])
        }
        guard let host = spec.hosts.first(where: { HostSelection.isCalled($0, name) }) else {
            throw refusal("the cluster \(spec.name) has no host \(name)")
        }
        guard host.role == .master else {
            let what = host.role == .node ? "a worker" : host.role.article
            throw refusal("\(name) is \(what), and a drill stops something in a master")
        }
        return host
    }
}
