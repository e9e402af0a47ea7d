// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// Kernel, programs, container runtime, images and the kubelet's unit, on all hosts side by side.
    func preparePhase() throws -> Phase {
        // Hosts of a kind have the same steps, which are rendered once.
        var known: [PreparedKind: [Step]] = [:]
        // Members let the newcomers' addresses in.
        let lanes = try (masters + nodes + etcdHosts).map { host in
            guard input.isNewcomer(host) else { return Lane(host: host.id, steps: try firewallSteps(host)) }
            let kind = PreparedKind(host, input)
            let steps = try known[kind] ?? preparing(host, kind.files)
            known[kind] = steps
            return Lane(host: host.id, steps: try firewallSteps(host) + steps)
        }
        return together("prepare", "Prepare the hosts", lanes)
    }

    private func preparing(_ host: Host, _ kind: HostKind) throws -> [Step] {
        try kernelSteps(host) + runtimeSteps(host, BundleSteps(input.bundle, kind)) + kubeletSteps(host)
    }

    private func kernelSteps(_ host: Host) throws -> [Step] {
        let modules = nodeFiles.modules(of: host).joined(separator: " ")
        var steps = [
            Step(
                id: "modules-file", title: "kernel modules at boot", action: .write(try nodeFiles.modulesFile(of: host))
            ),
            Step(
                id: "modules", title: "load kernel modules",
                action: .run(
                    Script(
                        """
                        for module in \(modules); do
                            has $module || modprobe $module || case $module in
                                # The guardian balances by round robin; kube-proxy takes another scheduler where one is missing.
                                # Without tcp_diag, connections to a dead master end a little later.
                                ip_vs_wrr | ip_vs_sh | tcp_diag) ;;
                                *) exit 1 ;;
                            esac
                        done
                        """, has: true)),
                unless: Script(
                    """
                    for module in \(modules); do
                        has $module || case $module in ip_vs_wrr | ip_vs_sh | tcp_diag) ;; *) exit 1 ;; esac
                    done
                    """, has: true)),
        ]
        // Of an etcd host's pod nothing is forwarded.
        if host.role != .etcd { steps += try settingSteps }
        if input.facts(of: host).swapOn { steps.append(swapStep) }
        return steps
    }

    private var settingSteps: [Step] {
        get throws {
            let settings = nodeFiles.sysctls.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
            return [
                Step(id: "sysctl-file", title: "kernel settings at boot", action: .write(try nodeFiles.sysctlFile())),
                Step(
                    id: "sysctl", title: "apply kernel settings",
                    action: .run(
                        Script(
                            """
                            for pair in \(settings); do
                                printf '%s\\n' "${pair#*=}" > "/proc/sys/$(printf %s "${pair%%=*}" | tr . /)"
                            done
                            """)),
                    unless: Script(
                        """
                        for pair in \(settings); do
                            [ "$(cat "/proc/sys/$(printf %s "${pair%%=*}" | tr . /)")" = "${pair#*=}" ] || exit 1
                        done
                        """)),
            ]
        }
    }

    /// The kubelet refuses to start with swap on. The lines of fstab stay, behind a comment that says who put it there.
    private var swapStep: Step {
        Step(
            id: "swap", title: "turn swap off, now and at boot",
            action: .run(
                Script(
                    """
                    if [ -f /etc/fstab ]; then
                    cp -p /etc/fstab /etc/fstab.hakube-new
                    sed -E 's|^([^#][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]].*)$|# hakube: \\1|' \\
                        /etc/fstab > /etc/fstab.hakube-new
                    sync -f /etc/fstab.hakube-new 2>/dev/null || sync
                    mv /etc/fstab.hakube-new /etc/fstab
                    fi
                    # Units of zram-generator and the like, which would turn it on again at boot.
                    systemctl list-units --type=swap --state=active --plain --no-legend | while read -r unit _; do
                        case $(systemctl show -p FragmentPath -p SourcePath "$unit") in
                            *SourcePath=/etc/fstab*) continue ;;
                            *FragmentPath=/*) ;;
                            *) continue ;;
                        esac
                        [ ! -e "/etc/systemd/system/$unit" ] || continue
                        # Written down first: to unmask what is not masked does no harm.
                        mkdir -p \(HostPath.state)
                        printf '%s\\n' "$unit" >> \(HostPath.state)/masked
                        systemctl -q mask "$unit"
                    done
                    # Last, so that a run cut off before it comes here again.
                    swapoff -a
                    """)))
    }

    private func runtimeSteps(_ host: Host, _ bundle: BundleSteps) throws -> [Step] {
        let files = try nodeFiles.runtimeFiles(of: host)
        let watched = (files.prefix(2).map(\.path) + ["\(HostPath.programs)/containerd"]).joined(separator: " ")
        let writes = files.map { file in
            Step(id: "write \(file.path)", title: "write \(file.path)", action: .write(file))
        }
        // What runs is what was started with these bytes: their digest is kept at each start.
        let start = Step(
            id: "containerd", title: "start containerd",
            action: .run(
                Script(
                    """
                    systemctl daemon-reload
                    systemctl -q enable containerd
                    systemctl restart containerd
                    mkdir -p \(HostPath.state)
                    cat \(watched) | sha256sum > \(HostPath.state)/containerd.started
                    """)),
            unless: Script(
                """
                systemctl -q is-active containerd
                systemctl -q is-enabled containerd
                [ "$(cat \(watched) | sha256sum)" = "$(cat \(HostPath.state)/containerd.started)" ]
                """))
        let registries = RegistryFiles(registries: input.spec.registries)
        let hosts = try registries.files().map { file in
            Step(id: "write \(file.path)", title: "write \(file.path)", action: .write(file))
        }
        return [bundle.install] + writes + hosts + [try registries.sweeping(), start, bundle.load, StageFolder.sweep]
    }

    private func kubeletSteps(_ host: Host) throws -> [Step] {
        let writes = try nodeFiles.kubeletFiles(of: host).map { file in
            Step(id: "write \(file.path)", title: "write \(file.path)", action: .write(file))
        }
        let enable = Step(
            id: "kubelet", title: "enable the kubelet",
            action: .run(Script("systemctl daemon-reload\nsystemctl -q enable kubelet")),
            unless: Script(
                """
                systemctl -q is-enabled kubelet
                [ "$(systemctl show -p NeedDaemonReload --value kubelet)" = no ]
                """))
        return writes + [enable]
    }
}

/// All that the steps of this phase take from a host and what it said.
private struct PreparedKind: Hashable {
    let files: HostKind
    private let hasIPVS: Bool, hasTCPDiag: Bool, swapOn: Bool, canLowerOOMScore: Bool

    init(_ host: Host, _ input: PlanInput) {
        let facts = input.facts(of: host)
        files = HostKind(role: host.role, arch: input.architecture(of: host))
        (hasIPVS, hasTCPDiag) = (facts.hasIPVS, facts.hasTCPDiag)
        (swapOn, canLowerOOMScore) = (facts.swapOn, facts.canLowerOOMScore)
    }
}

extension Script {
    /// A script that may ask `has MODULE`: is it loaded, built in, or its work there by another sign?
    ///
    /// A module that is built into the kernel need not stand in /sys/module.
    fileprivate init(_ text: String, has: Bool) {
        self.init(
            """
            has() {
                case $1 in
                    overlay) grep -qw overlay /proc/filesystems && return 0 ;;
                    br_netfilter) [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] && return 0 ;;
                esac
                [ -d "/sys/module/$1" ] || grep -qs "/$1[.]ko" "/lib/modules/$(uname -r)/modules.builtin"
            }
            \(text)
            """)
    }
}
