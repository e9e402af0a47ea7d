// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// All that was read of the files, sorted by what it is.
struct Material: Sendable {
    var kubeadm: [KubeadmText] = []
    var haproxy: [HAProxyConfig] = []
    var keepalived: [KeepalivedConfig] = []
    var hosts: [HostsTable] = []
    var scripts: [ShellScript] = []
    var manifests: [Manifest] = []
    var rke: [RKECluster] = []
    var guardians: [GuardianTargets] = []
    var identities: [KubeletIdentity] = []

    var kubeVIPs: [KubeVIPPod] { manifests.compactMap { KubeVIPPod($0) } }
    var pools: [AddressPool] { manifests.flatMap { AddressPool.pools($0) } }

    func kubeadm(_ kind: KubeadmKind) -> [KubeadmText] { kubeadm.filter { $0.isKind(kind) } }

    /// Tables of whole hosts files, and what scripts put into theirs.
    var hostsTables: [HostsTable] {
        hosts + scripts.flatMap { $0.sections.map(\.hosts) }.filter { !$0.entries.isEmpty }
    }

    /// Every command of every script, with the section it stands in.
    var commands: [(command: ShellCommand, section: ShellScript.Section)] {
        scripts.flatMap { $0.sections.flatMap { section in section.commands.map { ($0, section) } } }
    }
}
