// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// An address of the masters' own network that one of them has at a time.
package struct FloatingAddress: Sendable, Hashable {
    package let address: IPAddress
    /// The interface that gets it on each master; `nil`: the one that has the host's own address.
    package let interface: String?
    /// Tells this group of VRRP routers from others on the same network (RFC 9568, section 5.2.3): 1 to 255.
    package let virtualRouterID: Int

    package init(address: IPAddress, interface: String? = nil, virtualRouterID: Int? = nil) {
        self.address = address
        self.interface = interface
        self.virtualRouterID = virtualRouterID ?? Self.usualRouterID(for: address)
    }

    /// The address's last byte, so that clusters with addresses of their own on one network seldom meet.
    package static func usualRouterID(for address: IPAddress) -> Int {
        let last = Int(address.value & 0xff)
        return last == 0 ? 51 : last
    }
}

/// How kube-vip tells the network where the address is.
package enum Announcement: Sendable, Hashable {
    /// Gratuitous ARP, or neighbour discovery: all masters are on one network with the address.
    case arp
    /// Routes to it from every master.
    case bgp(BGP)

    package struct BGP: Sendable, Hashable {
        /// A router that the masters speak to.
        package struct Peer: Sendable, Hashable, CustomStringConvertible {
            package let address: IPAddress
            package let autonomousSystem: UInt32

            package init(address: IPAddress, autonomousSystem: UInt32) {
                self.address = address
                self.autonomousSystem = autonomousSystem
            }

            /// `address=AS`, as in the inventory.
            package init?(_ text: String) {
                let halves = text.split(separator: "=", omittingEmptySubsequences: false)
                guard halves.count == 2, let address = IPAddress(String(halves[0]).trimmed),
                    let number = UInt32(String(halves[1]).trimmed), number > 0
                else { return nil }
                self.init(address: address, autonomousSystem: number)
            }

            package var description: String { "\(address)=\(autonomousSystem)" }
        }

        /// The number of the masters' own autonomous system.
        package let autonomousSystem: UInt32
        /// At least one.
        package let peers: [Peer]

        package init(autonomousSystem: UInt32, peers: [Peer]) {
            self.autonomousSystem = autonomousSystem
            self.peers = peers
        }
    }
}
