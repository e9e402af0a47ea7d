// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

/// The one script that asks a host about itself. It reads only, and prints `key value` lines; texts are in base64.
struct FactsScript {
    let spec: ClusterSpec
    let host: Host

    /// Programs kubeadm's preflight and hakube's own steps call.
    private static let commands = [
        "tar", "sha256sum", "base64", "sed", "grep", "awk", "xargs", "systemctl", "iptables", "mount", "nsenter", "ip",
        "conntrack", "ethtool", "socat", "ebtables", "tc",
    ]

    var script: Script {
        let written = HostFiles.written.map(Script.quoted).joined(separator: " ")
        let programs = HostFiles.programs.map(Script.quoted).joined(separator: " ")
        let server = "https://\(host.address.bracketed):\(spec.endpoint.serverPort)"
        return Script(
            """
            set +eu
            export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
            # In braces all of it is read before anything runs: no command can eat the rest of the script.
            {
            say() { printf '%s %s\\n' "$1" "$2"; }
            say clock "$(date +%s)"
            \(endpointQuestions)
            [ -e \(HostFiles.guardianUnit) ] && say guardianUnit yes
            # Shims outlive a containerd that was stopped: containers run as long as there is one.
            own_containerd() {
                for comm in /proc/[0-9]*/comm; do
                    name=
                    read -r name 2>/dev/null < "$comm"
                    case $name in containerd-shim*) say containerd busy; return ;; esac
                done
                if [ -n "$(find /var/lib/containerd/ -mindepth 1 ! -type d 2>/dev/null | head -n 1)" ]; then
                    if mountpoint -q /var/lib/containerd; then say containerd mounted; else say containerd idle; fi
                elif systemctl -q is-active containerd 2>/dev/null; then say containerd idle; fi
            }
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
            ip -o addr show 2>/dev/null | while read -r _ interface family address _; do
                case $family in inet | inet6) say address "${interface%%@*} $address" ;; esac
            done
            say swap "$({ sed 1d /proc/swaps; grep -E '^[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]' \
                /etc/fstab; } 2>/dev/null | wc -l)"
            if [ -e /sys/fs/cgroup/cgroup.controllers ]; then say cgroup 2; else say cgroup 1; fi
            if sh -c 'echo -998 > /proc/self/oom_score_adj' 2>/dev/null; then say oom yes; else say oom no; fi
            if [ -e /proc/net/ip_vs ] || modprobe -nq ip_vs 2>/dev/null; then say ipvs yes; else say ipvs no; fi
            if [ -d /sys/module/tcp_diag ] || modprobe -nq tcp_diag 2>/dev/null; then say diag yes; else say diag no; fi
            for table in /proc/net/tcp /proc/net/tcp6; do
                [ -r $table ] && sed -n 's/^ *[0-9]*: [0-9A-F]*:\\([0-9A-F]*\\) [0-9A-F]*:[0-9A-F]* 0A .*/port \\1/p' $table
            done
            if [ -d /run/systemd/system ]; then say systemd yes; else say systemd no; fi
            say release "$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p')"
            for command in \(Self.commands.joined(separator: " ")); do
                command -v $command >/dev/null || say missing $command
            done
            for path in \(written); do
                [ -f "$path" ] && ! grep -q '^# hakube: ' "$path" && text foreign "$path"
            done
            [ -f \(HostFiles.clusterCA) ] && say ca "$(sha256sum < \(HostFiles.clusterCA) | cut -d ' ' -f 1)"
            [ -f \(HostFiles.serverCertificate) ] && text certificate "$(cat \(HostFiles.serverCertificate))"
            [ -f \(HostFiles.kubeletKubeconfig) ] && say kubelet yes
            \(etcd)
            for pod in /etc/kubernetes/manifests/*.yaml; do
                [ -f "$pod" ] && pod=${pod##*/} && say pod "${pod%.yaml}"
            done
            if [ -f \(HostFiles.adminKubeconfig) ] && kubectl --kubeconfig \(HostFiles.adminKubeconfig) \\
                --server \(server) --request-timeout 5s get --raw \(spec.kubernetes.readinessPath) >/dev/null 2>&1; then
                say serves yes
                text cluster "$(kubectl --kubeconfig \(HostFiles.adminKubeconfig) --server \(server) --request-timeout 5s \
                    -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' 2>/dev/null)"
                \(clusterStatus)
                say record "$(kubectl --kubeconfig \(HostFiles.adminKubeconfig) --server \(server) --request-timeout 5s \
                    -n \(ClusterRecord.secretNamespace) get secret \(ClusterRecord.secretName) --ignore-not-found \
                    -o 'jsonpath={.data.cluster\\.json}' 2>/dev/null)"
            fi
            # `hakube push` may have been here, which changes nothing else.
            if ! ls -A /var/lib/hakube 2>/dev/null | grep -qvx stage && [ ! -e \(HostFiles.kubeletKubeconfig) ]; then
                for path in /var/lib/etcd /etc/kubernetes; do
                    [ -n "$(find $path ! -type d 2>/dev/null | head -n 1)" ] && text remains $path
                done
                for path in \(programs); do [ -e "$path" ] && text foreign "$path"; done
            fi
            [ -e \(HostFiles.state) ] && say traces yes
            \(contents)
            say last "$(cat \(RunLock.lastRun) 2>/dev/null)"
            [ -f \(HostFiles.unfinished) ] && say unfinished "$(cat \(HostFiles.unfinished))"
            for unit in docker docker.socket snap.docker.dockerd crio; do
                if systemctl -q is-active $unit 2>/dev/null; then say runtime $unit
                elif systemctl -q is-enabled $unit 2>/dev/null; then say bootRuntime $unit; fi
            done
            grep -qs '^# hakube: ' /etc/systemd/system/containerd.service || own_containerd
            if systemctl -q is-active firewalld 2>/dev/null; then say firewall firewalld
            elif command -v ufw >/dev/null && ufw status 2>/dev/null | grep -q '^Status: active'; then say firewall ufw
            elif { iptables -S; ip6tables -S; } 2>/dev/null | grep -qE '^(-P (INPUT|FORWARD) DROP|-A (INPUT|FORWARD) -j (DROP|REJECT))'
            then say firewall rules
            elif nft list ruleset 2>/dev/null | grep -qE ' hook (input|forward) .*policy drop|^[[:space:]]*(counter .*)?(drop|reject)( with .*)?$'
            then say firewall rules; fi
            if [ -r /sys/fs/selinux/enforce ]; then
                if [ "$(cat /sys/fs/selinux/enforce)" != 1 ]; then say selinux permissive
                elif ls -d /var/lib/selinux/*/active/modules/*/container >/dev/null 2>&1; then say selinux enforcing
                else say selinux bare; fi
            fi
            for file in /etc/cni/net.d/*.conf /etc/cni/net.d/*.conflist; do
                [ -f "$file" ] && text cni "${file##*/}"
            done
            text hosts "$(cat /etc/hosts)"
            [ -f \(RunLock.path) ] && text lock "$(cat \(RunLock.path))"
            for job in \(HostJob.root)/*; do
                [ -e "$job/script" ] && [ ! -e "$job/status" ] || continue
                systemctl -q is-active "hakube-job-${job##*/}.service" && say job "${job##*/}"
            done
            wait
            say end yes
            } </dev/null
            """, timeout: .seconds(60))
    }

    /// Whether the VIP is free, or what an external endpoint's name means here.
    private var endpointQuestions: String {
        let guardian = "[ -e /etc/hakube/guardian.json ]"
        guard let vip = spec.endpoint.vip else {
            let name = Script.quoted(spec.endpoint.name)
            return """
                \(guardian) && say guardian yes
                for address in $(getent ahosts \(name) 2>/dev/null | cut -d ' ' -f 1 | sort -u); do
                    say endpoint "$address"
                done
                """
        }
        let address = Script.quoted(vip.description)
        let ping = vip.family == .v4 ? "ping -4" : "ping -6"
        return """
            # On a good host the probe waits in vain for a second; meanwhile the rest is asked. Who drops pings has told its
            # neighbours where it is all the same. A port is tried only where there is no ping: a proxy on the way may accept
            # connections to addresses that nobody has.
            vip_answers() {
                if command -v ping >/dev/null; then
                    ip neigh flush to \(address) >/dev/null 2>&1
                    if \(ping) -n -q -c 1 -W 1 \(address) >/dev/null 2>&1 ||
                        ip neigh show to \(address) 2>/dev/null | grep -q lladdr
                    then say vip yes; else say vip no; fi
                elif command -v bash >/dev/null && command -v timeout >/dev/null; then
                    if timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1"' \(address) \(spec.endpoint.port) 2>/dev/null
                    then say vip yes; else say vip no; fi
                fi
            }
            if \(guardian); then say guardian yes; else vip_answers & fi
            """
    }

    /// What of a bundle is here: files on the stage, installed files whose record fits, containerd's blobs. Nothing is read
    /// but names, sizes and the record.
    private var contents: String {
        """
        find \(HostFiles.stage) -mindepth 2 -type f ! -path '*/.wire/*' -printf 'staged %s %P\\n' 2>/dev/null
            if [ -f \(HostFiles.digests) ]; then
                sed 's/^[^ ]* [^ ]* [^ ]* [^ ]* //' \(HostFiles.digests) | \(HostFiles.stat) 2>/dev/null |
                    awk 'FNR == NR { now[$0]; next } { sum = $1; sub(/^[^ ]* /, "") } $0 in now { print "installed", sum }' \
                        - \(HostFiles.digests)
            fi
            [ -d \(HostFiles.contentStore) ] && say blobs "$(ls \(HostFiles.contentStore) | tr '\\n' ' ')"
        """
    }

    /// Whether this host is one of etcd's own, and what pods here were told of etcd.
    private var etcd: String {
        """
        argument() { sed -n "s/^ *- --$1=//p" "\(HostFiles.manifests)/$2.yaml" 2>/dev/null; }
            [ -f \(HostFiles.etcdCA) ] && say etcdCA "$(sha256sum < \(HostFiles.etcdCA) | cut -d ' ' -f 1)"
            [ -f \(HostFiles.etcdCAKey) ] && say etcdKey yes
            [ -f \(HostFiles.kubeadmEtcd) ] &&
                text etcdOf "$(sed -n 's/^clusterName: *//p' \(HostFiles.kubeadmEtcd) | tr -d "\\"' \\n")"
            text etcdPeers "$(argument initial-cluster etcd)"
            text etcdServers "$(argument etcd-servers kube-apiserver)"
        """
    }

    /// kubeadm wrote the ClusterStatus until 1.21.
    private var clusterStatus: String {
        guard !spec.kubernetes.isAtLeast(1, 22) else { return ":" }
        return """
            text status "$(kubectl --kubeconfig \(HostFiles.adminKubeconfig) --request-timeout 5s -n kube-system get configmap \
                kubeadm-config -o 'jsonpath={.data.ClusterStatus}' 2>/dev/null)"
            """
    }
}
