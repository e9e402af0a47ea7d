// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Preflight {
    /// Container runtimes that stand on a host already. One that nobody uses is put aside; no running container is stopped.
    func runtimeFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        var found: [Finding] = []
        if let runtime = facts.foreignRuntime {
            found.append(
                .error(
                    host, "\(runtime) runs here and is not hakube's",
                    "stop and disable it, or take another host; its containers and hakube's would share one kernel's rules"
                ))
            return found
        }
        if let runtime = facts.runtimeAtBoot {
            found.append(
                .error(
                    host, "\(runtime) is enabled here and would run beside hakube's containerd after the next boot",
                    "disable it with 'systemctl disable \(runtime)', or take another host"))
        }
        switch facts.hostContainerd {
        case nil: break
        case .idle:
            found.append(
                .warning(
                    host, "it has a containerd of its own",
                    "that one is stopped and put aside with its images; 'hakube clean' gives it back"))
        case .busy:
            found.append(
                .error(
                    host, "containers run on the host's own containerd",
                    "end them ('ctr namespaces ls' and 'ctr -n NAME tasks ls' show them), or take another host; "
                        + "hakube puts aside only a runtime that nobody uses"))
        case .mounted:
            found.append(
                .error(
                    host, "/var/lib/containerd is a mount point and holds what another containerd keeps",
                    "unmount it or empty it, or take another host; only a plain folder can be put aside"))
        }
        return found
    }

    /// SELinux stays as it is; where it would be in the way that is told beforehand.
    func securityFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        guard facts.selinux == .bare, !facts.isMember(as: host.role) else { return [] }
        return [
            .warning(
                host, "SELinux is enforcing and the package container-selinux is missing",
                "install it; without its rules pods may not start, or not reach their volumes")
        ]
    }
}
