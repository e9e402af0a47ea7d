// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

/// The one script that asks a host about itself. It reads only, and prints `key value` lines; texts are in base64.
struct FactsScript {
    let spec: ClusterSpec
    let bundle: BundleContents?
    let host: Host

    /// Programs kubeadm's preflight and hakube's own steps call, which no bundle brings.
    private static let commands = [
        "tar", "sha256sum", "base64", "sed", "grep", "awk", "xargs", "systemctl", "iptables", "mount", "nsenter", "ip",
        "conntrack",
    ]

    var script: Script {
        let paths = HostFiles.programs(of: bundle?.manifest, for: host.role).map(Script.quoted).joined(separator: " ")
        let written = HostFiles.written.map(Script.quoted).joined(separator: " ")
        let vip = spec.endpoint.vip
        let ping = vip.family == .v4 ? "ping -4" : "ping -6"
        let server = "https://\(host.address.bracketed):\(spec.endpoint.port)"
        return Script(
            """
            set +e
            say() { printf '%s %s\\n' "$1" "$2"; }
            text() { printf '%s %s\\n' "$1" "$(printf %s "$2" | base64 | tr -d '\\n')"; }
            text hostname "$(cat /proc/sys/kernel/hostname)"
            say machine "$(uname -m)"
            text kernel "$(uname -r)"
            text os "$(. /etc/os-release 2>/dev/null; printf %s "${PRETTY_NAME:-Linux}")"
            text machineID "$(cat /etc/machine-id 2>/dev/null)"
            text productUUID "$(cat /sys/class/dmi/id/product_uuid 2>/dev/null)"
            say cpus "$(nproc)"
            say memory "$(sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo)"
            say disk "$(df -Pk /var/lib | sed -n '2s/  */ /gp' | cut -d ' ' -f 4)"
            say clock "$(date +%s)"
            for address in $(ip -o addr show 2>/dev/null | sed -n 's|.* inet6* \\([^/ ]*\\).*|\\1|p'); do
                say address "$address"
            done
            say swap "$(sed 1d /proc/swaps 2>/dev/null | wc -l)"
            if [ -e /sys/fs/cgroup/cgroup.controllers ]; then say cgroup 2; else say cgroup 1; fi
            if sh -c 'echo -998 > /proc/self/oom_score_adj' 2>/dev/null; then say oom yes; else say oom no; fi
            if [ -e /proc/net/ip_vs ] || modprobe -nq ip_vs 2>/dev/null; then say ipvs yes; else say ipvs no; fi
            for table in /proc/net/tcp /proc/net/tcp6; do
                [ -r $table ] && sed -n 's/^ *[0-9]*: [0-9A-F]*:\\([0-9A-F]*\\) [0-9A-F]*:[0-9A-F]* 0A .*/port \\1/p' $table
            done
            if [ -d /run/systemd/system ]; then say systemd yes; else say systemd no; fi
            for command in \(Self.commands.joined(separator: " ")); do
                command -v $command >/dev/null || say missing $command
            done
            for path in \(paths.isEmpty ? "/nonexistent" : paths); do
                [ -f "$path" ] && sha256sum "$path" | sed 's/^/digest /'
            done
            for path in \(written); do
                [ -f "$path" ] && ! grep -q '^# hakube: ' "$path" && text foreign "$path"
            done
            [ -f \(HostFiles.clusterCA) ] && say ca "$(sha256sum < \(HostFiles.clusterCA) | cut -d ' ' -f 1)"
            [ -f \(HostFiles.kubeletKubeconfig) ] && say kubelet yes
            for pod in /etc/kubernetes/manifests/*.yaml; do
                [ -f "$pod" ] && pod=${pod##*/} && say pod "${pod%.yaml}"
            done
            if [ -f \(HostFiles.adminKubeconfig) ] && kubectl --kubeconfig \(HostFiles.adminKubeconfig) \\
                --server \(server) --request-timeout 5s get --raw /readyz >/dev/null 2>&1; then say serves yes; fi
            [ -f \(HostFiles.unfinished) ] && say unfinished "$(cat \(HostFiles.unfinished))"
            [ -d /var/lib/hakube ] && say known yes
            for unit in containerd docker crio; do
                systemctl -q is-active $unit 2>/dev/null || continue
                [ $unit = containerd ] && grep -q '^# hakube: ' /etc/containerd/config.toml 2>/dev/null && continue
                say runtime $unit
            done
            for file in /etc/cni/net.d/*.conf /etc/cni/net.d/*.conflist; do
                [ -f "$file" ] && text cni "${file##*/}"
            done
            if [ -e /etc/hakube/guardian.json ] || [ -e /run/hakube/guardian.json ]; then say vip ours
            elif command -v ping >/dev/null; then
                if \(ping) -n -q -c 1 -W 1 \(vip) >/dev/null 2>&1; then say vip yes; else say vip no; fi
            fi
            text hosts "$(cat /etc/hosts)"
            say end yes
            """, timeout: .seconds(60))
    }
}
