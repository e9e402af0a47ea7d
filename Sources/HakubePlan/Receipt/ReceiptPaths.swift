// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Where hakube, kubeadm, the kubelet, containerd and pod networks write on a host.
struct ReceiptPaths {
    /// Files, each of which comes back as it was.
    let files: [String]
    /// Small folders that belong to the cluster as a whole: copied before, and exactly that afterwards.
    let folders = [
        HostPath.configuration, "/etc/cni", "/opt/cni", "/opt/containerd", "/etc/containerd", "/etc/kubernetes",
        "/etc/calico", "/usr/libexec/kubernetes", "/etc/systemd/system/kubelet.service.d",
        "/etc/systemd/system/containerd.service.d",
    ]
    /// Folders too large to copy; where something stands in one it is moved aside as a whole.
    let stores = [
        "/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd", "/var/lib/cni", "/var/lib/calico",
        "/var/lib/cilium", "/var/lib/dockershim",
    ]
    /// What a running cluster leaves: it goes unless it was there before, and nobody wants its contents back.
    let traces = [
        "/run/containerd", "/run/flannel", "/run/calico", "/run/cilium", "/run/kubernetes", "/run/netns",
        "/run/xtables.lock", "/var/log/pods", "/var/log/containers", "/var/log/calico",
        "/root/.kube/cache", "/root/.kube/http-cache",
    ]

    /// - Parameter bundle: what it installs counts besides what every bundle does.
    init(bundle: BundleContents?) {
        let links = ["containerd", "kubelet", "hakube-guardian", "hakube-firewall"].map {
            "/etc/systemd/system/multi-user.target.wants/\($0).service"
        }
        let brought = (bundle?.manifest.files ?? []).compactMap { HostPath.installed($0.stagePath) }
            .filter { !$0.hasPrefix(HostPath.files) }
        // It starts with whatever loads the host's own rules.
        let wants = ["nftables", "netfilter-persistent", "iptables"].map {
            "/etc/systemd/system/\($0).service.wants/hakube-firewall.service"
        }
        let programs = (HostFiles.programs + [HostPath.guardian] + brought).filter {
            !$0.hasPrefix(HostPath.cniPlugins)
        }
        let inFolders = folders
        let written = HostFiles.written.filter { path in !inFolders.contains { path.hasPrefix("\($0)/") } }
        files = Set(written + [HostPath.firewallUnit] + links + wants + programs + ["/root/.kube/config"]).sorted()
    }
}
