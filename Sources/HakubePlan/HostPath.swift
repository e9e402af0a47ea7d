// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Fixed paths on a host.
enum HostPath {
    static let configuration = "/etc/hakube"
    static let state = "/var/lib/hakube"
    static let stage = "/var/lib/hakube/stage"
    /// Installed files that were read and found right; see `DigestRecord`.
    static let digests = "/var/lib/hakube/digests"
    /// containerd's own store of what it has: files named by their SHA-256. Unfinished ones lie elsewhere.
    static let contentStore = "/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256"
    /// Stands, with the word `init` or `join`, while that act of kubeadm is under way; a second run finds it and starts the
    /// act anew, or goes on where it was cut off.
    static let unfinished = "/var/lib/hakube/unfinished"
    /// Keys of a cluster whose init was cut off, where etcd holds what was signed with them.
    static let keptKeys = "/var/lib/hakube/keys"
    /// Stands when kubeadm's part for etcd has ended well in a join.
    static let etcdJoined = "/var/lib/hakube/etcd.joined"
    /// Files that the user put into the bundle.
    static let files = "/var/lib/hakube/files"
    static let hosts = "/etc/hosts"
    static let kubeadmInit = "/etc/hakube/kubeadm-init.yaml"
    static let kubeadmJoin = "/etc/hakube/kubeadm-join.yaml"
    /// For the calls of kubeadm after a master's first, when the token's signature is there.
    static let kubeadmJoinLater = "/etc/hakube/kubeadm-join-later.yaml"
    static let kubeadmUploadCerts = "/etc/hakube/kubeadm-upload-certs.yaml"
    /// What kubeadm reads on a host of etcd's own.
    static let kubeadmEtcd = "/etc/hakube/kubeadm-etcd.yaml"
    static let discovery = "/etc/hakube/discovery.conf"
    static let guardianConfiguration = "/etc/hakube/guardian.json"
    /// Digest of what the guardian's unit was started with.
    static let guardianStarted = "/var/lib/hakube/guardian.started"
    static let guardianUnit = "/etc/systemd/system/hakube-guardian.service"
    static let firewallUnit = "/etc/systemd/system/hakube-firewall.service"
    static let firewallScript = "/etc/hakube/firewall.sh"
    static let guardianPod = "/etc/kubernetes/manifests/hakube-guardian.yaml"
    static let adminKubeconfig = "/etc/kubernetes/admin.conf"
    static let kubeletKubeconfig = "/etc/kubernetes/kubelet.conf"
    static let serverCertificate = "/etc/kubernetes/pki/apiserver.crt"
    /// The cluster's record, on each master.
    static let record = ClusterRecord.path
    static let pki = "/etc/kubernetes/pki"
    static let clusterCA = "\(pki)/ca.crt"
    static let etcdPKI = "\(pki)/etcd"
    static let etcdCA = "\(etcdPKI)/ca.crt"
    static let etcdCAKey = "\(etcdPKI)/ca.key"
    /// By what an API server shows itself to an etcd that is not beside it.
    static let etcdClient = "\(pki)/apiserver-etcd-client.crt"
    static let etcdClientKey = "\(pki)/apiserver-etcd-client.key"
    /// The members that the next one finds, until it has read them.
    static let etcdMembers = "/var/lib/hakube/etcd-members"
    static let kubeletConfiguration = "/var/lib/kubelet/config.yaml"
    static let manifests = "/etc/kubernetes/manifests"
    static let apiServerManifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"
    /// The same while a drill has the API server away. The kubelet passes over names that begin with a dot.
    static let drillKept = "/etc/kubernetes/manifests/.kube-apiserver.yaml.hakube-drill"
    /// Brings the manifest back at boot, should the host lose its power in the middle of a drill.
    static let drillBoot = "/etc/tmpfiles.d/hakube-drill.conf"
    static let drill = "/run/hakube-drill"
    static let programs = "/usr/local/bin"
    static let guardian = "/usr/local/bin/hakube-guardian"
    static let cniPlugins = "/opt/cni/bin"

    /// Where a file of the stage is installed; `nil` for what is only staged (images, manifests).
    static func installed(_ stagePath: String) -> String? {
        let parts = stagePath.split(separator: "/")
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "bin": return "\(programs)/\(parts[1])"
        case "cni": return "\(cniPlugins)/\(parts[1])"
        case "files": return "\(files)/\(parts[1])"
        default: return nil
        }
    }
}
