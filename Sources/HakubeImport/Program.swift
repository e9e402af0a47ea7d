// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeModel

/// Programs that an import takes, by their names.
enum Program {
    /// What hosts are given, where it is found. containerd finds its shim by name in PATH.
    static let wanted: Set = [
        "kubeadm", "kubelet", "kubectl", "crictl", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "conntrack",
        "hakube-guardian",
    ]
    static let needed = [
        "kubeadm", "kubelet", "kubectl", "crictl", "containerd", "containerd-shim-runc-v2", "ctr", "runc",
    ]
    /// The reference plugins and those of pod networks that come as files.
    static let plugins: Set = [
        "bandwidth", "bridge", "dhcp", "dummy", "firewall", "flannel", "host-device", "host-local", "ipvlan",
        "loopback",
        "macvlan", "portmap", "ptp", "sbr", "static", "tap", "tuning", "vlan", "vrf", "calico", "calico-ipam",
        "cilium-cni",
    ]
    /// containerd itself needs loopback, every pod network at hand the other three.
    static let neededPlugins = ["loopback", "bridge", "host-local", "portmap"]

    static func isELF(_ head: [UInt8]) -> Bool { ELF.architecture(head) != nil }

    static func architecture(_ head: [UInt8]) -> Architecture? {
        ELF.architecture(head).flatMap(Architecture.init(rawValue:))
    }
}
