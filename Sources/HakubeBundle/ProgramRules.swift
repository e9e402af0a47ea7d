// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Rules for bin/ and cni/: everything there is a program of the bundle's architecture, and none is missing.
enum ProgramRules {
    static let folders = ["bin/", "cni/"]

    /// What a host needs to become a node; containerd finds its shim by name in PATH.
    static let needed =
        ["kubeadm", "kubelet", "kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "crictl"]
        .map { "bin/\($0)" }
        // containerd itself needs loopback, every pod network at hand the other three.
        + ["loopback", "bridge", "host-local", "portmap"].map { "cni/\($0)" }

    static func isProgram(_ path: String) -> Bool { folders.contains { path.hasPrefix($0) } }

    /// - Parameter arch: `nil` while it is not known what the bundle is for.
    static func check(_ contents: [String: Content], arch: Architecture?, faults: inout FaultList) {
        for path in needed where contents[path] == nil {
            faults.add(path, "the program is missing", "put it into the folder and pack again")
        }
        for (path, content) in contents.sorted(by: { $0.key < $1.key }) where isProgram(path) {
            guard let found = ELF.architecture(content.head) else {
                faults.add(path, "is not an ELF program", "bin/ and cni/ hold programs only; take it out or replace it")
                continue
            }
            guard let arch, found != arch.rawValue else { continue }
            faults.add(
                path, "the program is for \(found), the bundle is for \(arch.rawValue)",
                "replace it by one for \(arch.rawValue)")
        }
    }
}

/// The first 20 bytes of an ELF file: class, byte order and e_machine (System V ABI, gabi 4.1).
package enum ELF {
    /// The architecture in Go's spelling, a number for one that hakube does not know, `nil` for no ELF file.
    package static func architecture(_ head: [UInt8]) -> String? {
        guard head.count >= 20, head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        let isLittle = head[5] == 1
        let machine = isLittle ? Int(head[18]) | Int(head[19]) << 8 : Int(head[19]) | Int(head[18]) << 8
        switch (head[4], isLittle, machine) {
        case (2, true, 62): return Architecture.amd64.rawValue
        case (2, true, 183): return Architecture.arm64.rawValue
        case (2, true, 21): return Architecture.ppc64le.rawValue
        case (2, false, 22): return Architecture.s390x.rawValue
        default: return "machine \(machine)"
        }
    }
}
