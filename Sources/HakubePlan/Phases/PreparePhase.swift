// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// Kernel, programs, container runtime, images and the kubelet's unit, on all hosts side by side.
    func preparePhase() throws -> Phase {
        // Members let the newcomers' addresses in.
        let lanes = try (masters + nodes).map { host in
            let steps =
                input.isNewcomer(host)
                ? try kernelSteps(host) + runtimeSteps(host) + kubeletSteps(host) : []
            return Lane(host: host.id, steps: try firewallSteps(host) + steps)
        }
        return together("prepare", "Prepare the hosts", lanes)
    }

    private func kernelSteps(_ host: Host) throws -> [Step] {
        let modules = nodeFiles.modules(of: host).joined(separator: " ")
        let settings = nodeFiles.sysctls.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
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
        if input.facts(of: host).swapOn { steps.append(swapStep) }
        return steps
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

    private func runtimeSteps(_ host: Host) throws -> [Step] {
        let files = try nodeFiles.runtimeFiles(of: host)
        let watched = (files.prefix(2).map(\.path) + ["\(HostPath.programs)/containerd"]).joined(separator: " ")
        let stage = StageFolder(bundle: input.bundle).path
        let installed = input.bundle.map { InstalledBundle($0.manifest, host.role, input.architecture(of: host)) }
        let writes = files.map { file in
            Step(id: "write \(file.path)", title: "write \(file.path)", action: .write(file))
        }
        let install = Step(
            id: "programs", title: "install programs and CNI plugins",
            action: .job(Script(Self.installScript(stage), timeout: .seconds(300))),
            unless: installed.map { Script($0.programsAreRight) })
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
        let names = (installed?.imageNames ?? []).map(Script.quoted).joined(separator: " ")
        let load = Step(
            id: "images", title: "load images",
            action: .job(
                Script(
                    """
                    tar -C \(stage)/images -cf - . | ctr -n k8s.io images import - >&2
                    for name in \(names); do
                        ctr -n k8s.io images label "$name" io.cri-containerd.pinned=pinned >/dev/null
                    done
                    """, timeout: .seconds(600))),
            unless: installed.map { Script($0.imagesAreThere) })
        let sweep = Step(
            id: "stage", title: "remove what was staged", action: .run(Script("rm -rf \(HostPath.stage)")),
            unless: Script("[ ! -e \(HostPath.stage) ]"))
        let registries = RegistryFiles(registries: input.spec.registries)
        let hosts = try registries.files().map { file in
            Step(id: "write \(file.path)", title: "write \(file.path)", action: .write(file))
        }
        return [install] + writes + hosts + [try registries.sweeping(), start, load, sweep]
    }

    private func kubeletSteps(_ host: Host) throws -> [Step] {
        let writes = try nodeFiles.kubeletFiles().map { file in
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

    /// Copies beside the target and renames, so that a program in use is never half written.
    private static func installScript(_ stage: String) -> String {
        """
        place() {
            [ -d "$1" ] || return 0
            mkdir -p "$2"
            for file in "$1"/*; do
                [ -f "$file" ] || continue
                cp "$file" "$2/.hakube-new"
                chmod $3 "$2/.hakube-new"
                mv -f "$2/.hakube-new" "$2/${file##*/}"
            done
        }
        place \(stage)/bin \(HostPath.programs) 755
        place \(stage)/cni \(HostPath.cniPlugins) 755
        place \(stage)/files \(HostPath.files) 644
        """
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
