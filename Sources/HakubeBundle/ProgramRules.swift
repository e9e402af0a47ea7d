// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Rules for ARCH/bin and ARCH/cni: everything there is a program of that architecture, and none is missing.
enum ProgramRules {
    /// What a host needs to become a node; containerd finds its shim by name in PATH.
    static let needed =
        ["kubeadm", "kubelet", "kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "crictl"]
        .map { "bin/\($0)" }
        // containerd itself needs loopback, every pod network at hand the other three.
        + ["loopback", "bridge", "host-local", "portmap"].map { "cni/\($0)" }

    /// Whether the path is ARCH/bin/… or ARCH/cni/….
    static func isProgram(_ path: String) -> Bool { arch(of: path) != nil }

    /// The architecture that a program's path says it is for; `nil` for all other files.
    static func arch(of path: String) -> Architecture? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "bin" || parts[1] == "cni" else { return nil }
        return Architecture(rawValue: String(parts[0]))
    }

    /// Taken from what a file is, since a folder's own modes depend on how it came there.
    static func mode(_ path: String, _ content: Content) -> Int {
        isProgram(path) || path.hasPrefix("files/") && isExecutable(content.head) ? 0o755 : 0o644
    }

    static func check(_ contents: [String: Content], arches: [Architecture], faults: inout FaultList) {
        for arch in arches {
            for path in needed.map({ "\(arch.rawValue)/\($0)" }) where contents[path] == nil {
                faults.add(path, "the program is missing", "put it into the folder and pack again")
            }
        }
        for (path, content) in contents.sorted(by: { $0.key < $1.key }) {
            guard let arch = arch(of: path), !isScript(content.head) else { continue }
            guard let found = ELF.architecture(content.head) else {
                faults.add(
                    path, "is neither an ELF program nor a script",
                    "bin/ and cni/ hold programs only; take it out or replace it")
                continue
            }
            guard found != arch.rawValue else { continue }
            faults.add(
                path, "the program is for \(found), and its folder for \(arch.rawValue)",
                "replace it by one for \(arch.rawValue)")
        }
    }

    private static func isExecutable(_ head: [UInt8]) -> Bool { isScript(head) || ELF.architecture(head) != nil }
    private static func isScript(_ head: [UInt8]) -> Bool { head.starts(with: "#!".utf8) }
}
