// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// A containerd that stood on a host before hakube.
package enum HostContainerd: String, Sendable, Hashable, CaseIterable {
    /// No container runs on it: it can be put aside.
    case idle
    /// Containers run on it.
    case busy
    /// What it holds lies on a disk of its own, which cannot be renamed.
    case mounted
}

/// Who filters packets on a host, where somebody does.
package enum Firewall: String, Sendable, Hashable, CaseIterable {
    case firewalld, ufw
    /// Rules of iptables or nftables that turn away what no other rule lets in.
    case rules
}

/// The kernel's mandatory access control on Red Hat's family.
package enum SELinux: String, Sendable, Hashable, CaseIterable {
    case permissive
    /// In force, with the rules that containers need.
    case enforcing
    /// In force without the package container-selinux.
    case bare
}

/// An address of a host, and where it stands.
package struct HostInterface: Sendable, Hashable {
    package let name: String
    package let address: IPAddress
    /// The network that the address is of; `nil` where the host did not tell.
    package let network: CIDR?

    package init(name: String, address: IPAddress, network: CIDR? = nil) {
        self.name = name
        self.address = address
        self.network = network
    }
}

/// What a host said about itself. Gathered by reading only.
package struct Facts: Sendable, Hashable {
    package var hostname: String
    package var architecture: Architecture?
    /// `uname -m` as it came, for the sentence when `architecture` is nil.
    package var machine: String
    package var kernel: String
    /// PRETTY_NAME of os-release.
    package var os: String
    package var machineID: String
    package var productUUID: String
    package var cpus: Int
    /// Mebibytes.
    package var memory: Int
    /// Mebibytes free for /var/lib.
    package var diskFree: Int
    /// Seconds since 1970 when the facts were read, and the same moment on the operator's clock.
    package var clock: Int
    package var operatorClock: Int
    package var addresses: [IPAddress]
    /// The same with the interfaces they stand on.
    package var interfaces: [HostInterface] = []
    /// What an external endpoint's name means on this host, by whatever it resolves names with.
    package var endpointAddresses: [IPAddress] = []
    package var swapOn: Bool
    package var cgroupVersion: Int
    /// False where the kernel or a container keeps root from lowering oom_score_adj (no CAP_SYS_RESOURCE).
    package var canLowerOOMScore: Bool
    /// The kernel has or can load ip_vs.
    package var hasIPVS: Bool
    /// TCP ports something listens on, of those a cluster needs.
    package var listeningPorts: Set<Int>
    package var hasSystemd: Bool
    package var missingCommands: [String]
    /// SHA-256 of /etc/kubernetes/pki/ca.crt.
    package var clusterCADigest: String?
    package var hasKubeletConfig: Bool
    /// Static pods of the control plane that have a manifest: etcd, kube-apiserver, …
    package var staticPods: Set<String>
    /// This host's API server answered /readyz.
    package var serves: Bool
    /// What hakube had begun here and not ended when the facts were read: `init` or `join`.
    package var unfinished: String?
    /// systemd's release; 0 where it did not tell.
    package var systemdRelease = 0
    /// The run of hakube that took this host last, since it was started; empty where there was none.
    package var lastRun = ""
    /// hakube has begun something here and not taken it back.
    package var hasTraces = false
    /// Files hakube would write that are there already and do not begin with hakube's own first line.
    package var foreignFiles: [String]
    /// Remains of another cluster in etcd's and Kubernetes' folders, on a host where hakube has begun nothing.
    package var remains: [String]
    /// ClusterConfiguration of the cluster this master serves, as YAML; `nil` where none is served.
    package var clusterConfiguration: String?
    /// ClusterStatus of that cluster, which kubeadm kept beside it until 1.21.
    package var clusterStatus: String? = nil
    /// The record of that cluster as it stands; `nil` where there is none or it cannot be read.
    package var record: ClusterRecord? = nil
    /// Names in the API server's certificate on this host; `nil` where there is none or it cannot be read.
    package var certificateNames: [String]? = nil
    /// A container runtime that runs and cannot stand beside hakube's: its unit name.
    package var foreignRuntime: String?
    /// A unit of such a runtime that does not run now and will after the next boot.
    package var runtimeAtBoot: String? = nil
    /// A containerd of the host's own, and what keeps it from being put aside.
    package var hostContainerd: HostContainerd?
    /// The VIP answered a probe from this host although no guardian of ours stands here; nil: could not be probed.
    package var vipAnswers: Bool?
    package var hosts: String
    /// Something other than hakube stands in /etc/cni/net.d.
    package var foreignCNI: [String]
    /// Long acts of an earlier run that are still under way, by the names of their units.
    package var jobs: [String] = []
    /// Text of the lock of a run that works on this host, or that was killed; of no use to the planner.
    package var lock: String?
    /// Those of `addresses` that a pod network or kube-proxy put there, remains of an earlier cluster included.
    package var clusterAddresses: [IPAddress] = []
    /// A guardian of ours is set up here: it holds the VIP, and answers there, by right.
    package var hasGuardian = false
    /// The guardian's systemd unit is set up here.
    package var hasGuardianUnit = false
    /// What would keep the cluster's hosts and pods from each other.
    package var firewall: Firewall?
    /// SELinux as it is in force; `nil` on a host without it.
    package var selinux: SELinux?
    /// What of a bundle is here already.
    package var contents = HostContents()
    /// The kernel has or can load tcp_diag, by which sockets to a dead master are ended.
    package var hasTCPDiag = true
    /// The cluster for which hakube has begun to make this host one of etcd's.
    package var etcdCluster: String?
    /// SHA-256 of /etc/kubernetes/pki/etcd/ca.crt.
    package var etcdCADigest: String?
    /// The key beside it is here, too.
    package var hasEtcdCAKey = false
    /// `NAME=URL,…`: the members that this host's was started with.
    package var etcdPeers: String?
    /// URLs that this host's API server is given, with commas.
    package var etcdServers: String?

    /// The host is what its role makes of it; for a master or a node: it has a kubelet with credentials of its own.
    package func isMember(as role: Role) -> Bool {
        role == .etcd ? etcdCluster != nil && staticPods.contains("etcd") : hasKubeletConfig
    }

    /// A host that was just installed, as `--assume-fresh` supposes every host to be.
    package static func fresh(for host: Host, architecture: Architecture = .amd64) -> Facts {
        Facts(
            hostname: host.name ?? host.id.description.replacing(".", with: "-").replacing(":", with: "-"),
            architecture: architecture, machine: "x86_64",
            kernel: "6.1.0", os: "Linux", machineID: host.id.description, productUUID: host.id.description, cpus: 4,
            memory: 8192, diskFree: 65536, clock: 0, operatorClock: 0, addresses: [host.address], swapOn: false,
            cgroupVersion: 2, canLowerOOMScore: true, hasIPVS: true, listeningPorts: [], hasSystemd: true,
            missingCommands: [], clusterCADigest: nil, hasKubeletConfig: false, staticPods: [],
            serves: false, unfinished: nil, foreignFiles: [], remains: [], clusterConfiguration: nil,
            foreignRuntime: nil, vipAnswers: false,
            hosts: "", foreignCNI: [])
    }
}
