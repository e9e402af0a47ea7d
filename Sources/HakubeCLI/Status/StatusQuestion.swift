// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

/// The one script that asks a host of a standing cluster about itself. It reads only and prints `key value` lines, the values
/// in base64; of files that hold a private key it prints the certificate alone.
struct StatusQuestion {
    let spec: ClusterSpec
    let host: Host

    var script: Script {
        let own =
            switch host.role {
            case .master: [masterPart] + (spec.etcdTopology.isStacked ? [etcdPart] : [])
            case .node: [workerPart]
            case .etcd: [etcdCertificates, etcdPart]
            }
        let parts = [preamble] + own + ["say end yes\n} </dev/null"]
        return Script(parts.joined(separator: "\n"), timeout: .seconds(60))
    }

    private var preamble: String {
        """
        set +eu
        {
        say() { printf '%s %s\\n' "$1" "$(printf %s "$2" | base64 | tr -d '\\n')"; }
        certificate() { say certificate "$1
        $(sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' "$2")"; }
        say clock "$(date +%s)"
        say hostname "$(cat /proc/sys/kernel/hostname)"
        say kubelet "$(systemctl is-active kubelet 2>/dev/null)"
        say runtime "$(systemctl is-active containerd 2>/dev/null)"
        say hosts "$(cat /etc/hosts)"
        [ -f \(HostFiles.clusterCA) ] && say ca "$(sha256sum <\(HostFiles.clusterCA) | cut -d ' ' -f 1)"
        [ -f \(HostFiles.etcdCA) ] && say etcdCA "$(sha256sum <\(HostFiles.etcdCA) | cut -d ' ' -f 1)"
        pem=/var/lib/kubelet/pki/kubelet-client-current.pem
        [ -f $pem ] && certificate kubelet-client $pem
        """
    }

    private var masterPart: String {
        let server = "https://\(host.address.bracketed):\(spec.endpoint.serverPort)"
        return """
            cd /etc/kubernetes/pki && for file in *.crt etcd/*.crt; do
                [ -f "$file" ] && certificate "${file%.crt}" "$file"
            done
            for name in admin controller-manager scheduler; do
                conf=/etc/kubernetes/$name.conf
                [ -f $conf ] && say certificate "$name.conf
            $(sed -n 's/^ *client-certificate-data: *//p' $conf | base64 -d 2>/dev/null)"
            done
            say etcdServers "$(sed -n 's/^ *- --etcd-servers=//p' /etc/kubernetes/manifests/kube-apiserver.yaml 2>/dev/null)"
            ready=$(kubectl --kubeconfig \(HostFiles.adminKubeconfig) --server \(server) --request-timeout 5s \\
                get --raw \(spec.kubernetes.readinessPath) 2>&1)
            say ready "$? $(printf %s "$ready" | tail -n 1)"
            \(vipPart)
            """
    }

    private var etcdCertificates: String {
        """
        cd /etc/kubernetes/pki && for file in etcd/*.crt; do
            [ -f "$file" ] && certificate "${file%.crt}" "$file"
        done
        """
    }

    /// Asked of this host's own member, past kubelet and API server: a cluster that has lost its quorum has neither to ask.
    private var etcdPart: String {
        // Images of etcd from 3.4 on speak the third version of the API unasked; those of Kubernetes 1.16 and older have a shell.
        let program = spec.kubernetes.isAtLeast(1, 17) ? "etcdctl" : "env ETCDCTL_API=3 etcdctl"
        let pki = "/etc/kubernetes/pki/etcd"
        // With IPv6 kubeadm lets it listen on [::1] and on the host's address; on that it listens always.
        let endpoint = EtcdEndpoint(host: host.address.description)
        let arguments =
            "--endpoints \(endpoint) --cacert \(pki)/ca.crt --cert \(pki)/healthcheck-client.crt "
            + "--key \(pki)/healthcheck-client.key --command-timeout 5s -w json"
        return """
            containers=$(\(PodContainers.list(named: "etcd")) 2>/dev/null)
            etcd() {
                for container in $containers; do
                    ctr -n k8s.io tasks exec --exec-id "hakube-$$" "$container" \(program) \(arguments) "$@" 2>/dev/null && return
                done
                [ -z "$containers" ] && [ -f \(HostFiles.adminKubeconfig) ] || return 1
                kubectl --kubeconfig \(HostFiles.adminKubeconfig) --request-timeout 5s -n kube-system \\
                    exec etcd-\(host.name.map(Script.quoted) ?? "\"$(hostname)\"") -- \(program) \(arguments) "$@" 2>/dev/null
            }
            say etcd "$(etcd endpoint status)"
            say members "$(etcd member list)"
            say etcdHealth "$(etcd endpoint health)"
            """
    }

    private var vipPart: String {
        guard let vip = spec.endpoint.floating?.address else { return ":" }
        return """
            running=$(ctr -n k8s.io tasks ls 2>/dev/null)
            for name in keepalived haproxy kube-vip; do
                for container in $(\(PodContainers.list(named: "\"$name\"")) 2>/dev/null); do
                    printf '%s\\n' "$running" | grep -q "^$container .*RUNNING" && say front $name
                done
            done
            ip -o addr show 2>/dev/null | while read -r _ _ _ address _; do
                [ "${address%%/*}" != \(Script.quoted(vip.description)) ] || say vip yes
            done
            """
    }

    private var workerPart: String {
        guard spec.endpoint.guardian != nil else {
            return """
                ready=$(kubectl --kubeconfig \(HostFiles.kubeletKubeconfig) --request-timeout 5s \\
                    get --raw \(spec.kubernetes.readinessPath) 2>&1)
                say endpoint "$? $(printf %s "$ready" | tail -n 1)"
                """
        }
        return """
            guardian=$(\(HostFiles.guardian) status --output json 2>/dev/null)
            say guardian "$?
            $guardian"
            """
    }
}
