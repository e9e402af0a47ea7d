// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The first bytes of an ELF file: class, byte order and e_machine (System V ABI, gabi 4.1).
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

    static func isELF(_ head: [UInt8]) -> Bool { head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) }

    static func architecture(_ head: [UInt8]) -> Architecture? {
        guard head.count >= 20, isELF(head), head[4] == 2 else { return nil }
        let isLittle = head[5] == 1
        switch (isLittle, isLittle ? Int(head[18]) | Int(head[19]) << 8 : Int(head[19]) | Int(head[18]) << 8) {
        case (true, 62): return .amd64
        case (true, 183): return .arm64
        case (true, 21): return .ppc64le
        case (false, 22): return .s390x
        default: return nil
        }
    }
}
