// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension IPAddress {
    /// Why other hosts cannot use this address; `nil`: they can. kubeadm takes global unicast addresses only.
    package var unusable: String? {
        func within(_ block: String) -> Bool { CIDR(block)?.contains(self) ?? false }
        if within("0.0.0.0/8") || within("::/128") { return "means no host at all" }
        if within("127.0.0.0/8") || within("::1/128") { return "is a loopback address" }
        if within("169.254.0.0/16") || within("fe80::/10") { return "is a link-local address" }
        if within("224.0.0.0/4") || within("ff00::/8") { return "is a multicast address" }
        if within("240.0.0.0/4") { return "is in the reserved block 240.0.0.0/4" }
        if within("::ffff:0:0/96") { return "is an IPv4 address in IPv6 form" }
        return nil
    }
}
