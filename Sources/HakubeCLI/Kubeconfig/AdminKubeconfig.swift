// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport

/// Fetches the admin's kubeconfig from a master.
struct AdminKubeconfig {
    let spec: ClusterSpec
    let pool: ConnectionPool

    /// Asks the master that has just answered first, then the others in their order.
    ///
    /// - Throws: `HostErrors`, `CancellationError`.
    func read(first origin: StandingCluster.Origin) async throws -> (Host, String) {
        var masters = spec.masters
        if case .cluster(let lead) = origin {
            masters = masters.filter { $0.id == lead } + masters.filter { $0.id != lead }
        }
        var errors: [any Error] = []
        for host in masters {
            do {
                if let bytes = try await pool.connection(to: host).read(HostFiles.adminKubeconfig) {
                    return (host, String(decoding: bytes, as: UTF8.self))
                }
                errors.append(
                    PreflightError(problems: [
                        Problem(
                            place: host.id.description, message: "there is no \(HostFiles.adminKubeconfig)",
                            remedy: "make it with 'kubeadm init phase kubeconfig admin' on the host")
                    ]))
            } catch let error as TransportError {
                errors.append(error)
            }
        }
        throw HostErrors(errors: errors)
    }
}
