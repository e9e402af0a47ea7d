// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// `net.ipv4.vs.*`, which exist once the module is loaded, in each network namespace.
enum IPVSSetting {
    /// In a container /proc/sys is read-only; the pod brings the host's net settings in beside it.
    private static let roots = ["/host/proc/sys/net", "/proc/sys/net"]

    /// Packets of connections to a removed real server end those connections, so that clients go elsewhere at once.
    /// Returns whether the setting stands.
    static func expireConnectionsWithoutDestination() -> Bool {
        let paths = roots.map { $0 + "/ipv4/vs/expire_nodest_conn" }
        if paths.contains(where: { SmallFile.put("1\n", into: $0) }) { return true }
        return paths.contains { SmallFile.read($0)?.first == UInt8(ascii: "1") }
    }
}
