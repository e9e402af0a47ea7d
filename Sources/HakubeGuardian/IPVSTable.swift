// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A virtual server in the kernel's table.
package struct IPVSService: Sendable, Hashable {
    package var virtual: SocketAddress
    package var scheduler: String
    /// Persistence and the like, without the kernel's own mark that the service is hashed.
    package var flags: UInt32
    /// Persistence time-out in seconds.
    package var timeout: UInt32

    package init(_ virtual: SocketAddress, scheduler: String = "rr", flags: UInt32 = 0, timeout: UInt32 = 0) {
        self.virtual = virtual
        self.scheduler = scheduler
        self.flags = flags
        self.timeout = timeout
    }
}

/// A real server in the kernel's table.
package struct IPVSDestination: Sendable, Hashable {
    package var address: SocketAddress
    package var weight: UInt32
    /// 0 is masquerading (NAT), the only method that can change the port.
    package var forwarding: UInt32
    package var upperThreshold: UInt32
    package var lowerThreshold: UInt32

    package init(
        _ address: SocketAddress, weight: UInt32 = 1, forwarding: UInt32 = 0, upperThreshold: UInt32 = 0,
        lowerThreshold: UInt32 = 0
    ) {
        self.address = address
        self.weight = weight
        self.forwarding = forwarding
        self.upperThreshold = upperThreshold
        self.lowerThreshold = lowerThreshold
    }
}

/// The route that makes the virtual address local without giving it to an interface: `local VIP dev lo src NODE`.
/// Without `src` the kernel would send from the virtual address itself, and no master could answer.
package struct LocalRoute: Sendable, Hashable {
    package var address: IPAddress
    /// nil: this node has no route to any real server yet.
    package var source: IPAddress?

    package init(_ address: IPAddress, source: IPAddress?) {
        self.address = address
        self.source = source
    }
}
