// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Places on a host that facts are asked about.
package enum HostFiles {
    package static let clusterCA = HostPath.clusterCA
    package static let etcdCA = HostPath.etcdCA
    package static let etcdCAKey = HostPath.etcdCAKey
    package static let kubeadmEtcd = HostPath.kubeadmEtcd
    package static let manifests = HostPath.manifests
    package static let serverCertificate = HostPath.serverCertificate
    package static let kubeletKubeconfig = HostPath.kubeletKubeconfig
    package static let adminKubeconfig = HostPath.adminKubeconfig
    package static let state = HostPath.state
    package static let unfinished = HostPath.unfinished
    package static let stage = HostPath.stage
    package static let contentStore = HostPath.contentStore
    package static let digests = HostPath.digests
    /// `inode size ctime path` of every file named on standard input, as the lines of `digests` have it.
    package static let stat = DigestRecord.stat
    package static let guardian = HostPath.guardian
    package static let guardianUnit = HostPath.guardianUnit
    package static let guardianConfiguration = HostPath.guardianConfiguration
    /// Where a drill leaves something for as long as it lasts.
    package static let drillTraces = [HostPath.drillKept, HostPath.drillBoot, HostPath.drill]

    /// Files of the host's own kind that hakube writes; each begins with a line that says so, unless somebody else wrote it.
    package static let written = [
        "/etc/modules-load.d/hakube.conf", "/etc/sysctl.d/99-zz-hakube.conf", "/etc/containerd/config.toml",
        "/etc/systemd/system/containerd.service", "/etc/crictl.yaml", "/etc/systemd/system/kubelet.service",
        "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", NodeFiles.etcdDropIn, HostPath.guardianUnit,
    ]

    /// Programs that a bundle installs under names others use, too.
    package static let programs = [
        "kubeadm", "kubelet", "kubectl", "crictl", "containerd", "containerd-shim-runc-v2", "ctr", "runc",
    ].map { "\(HostPath.programs)/\($0)" }
}
