// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// The backend that serves, and why.
struct BackendChoice: CustomStringConvertible {
    let kind: BackendKind
    let reason: String
    /// The kernel's table, if it has one.
    let ipvs: IPVSClient?

    /// Asks the kernel. `wanted` is nil when it may decide.
    /// - Throws: when the kernel cannot be asked, or has no IPVS and nothing else was allowed.
    static func make(wanted: BackendKind?) throws(NetlinkError) -> BackendChoice {
        if wanted == .proxy {
            return BackendChoice(kind: .proxy, reason: "chosen by --backend", ipvs: try IPVSClient())
        }
        if let client = try IPVSClient() {
            let reason = wanted == nil ? "the kernel has IPVS" : "chosen by --backend"
            return BackendChoice(kind: .ipvs, reason: reason, ipvs: client)
        }
        guard wanted == nil else {
            throw NetlinkError(
                number: ENOENT, request: "this kernel has no IPVS (load ip_vs, or let --backend be auto or proxy)")
        }
        return BackendChoice(kind: .proxy, reason: "the kernel has no IPVS", ipvs: nil)
    }

    var description: String { "\(kind.rawValue) (\(reason))" }
}
