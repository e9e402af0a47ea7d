// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// kube-vip's own manifest.
extension Examination {
    mutating func checkKubeVIP(_ pod: KubeVIPPod) {
        checkVariables(pod)
        checkMode(pod)
        checkNetwork(pod)
        checkLease(pod)
    }

    private mutating func checkVariables(_ pod: KubeVIPPod) {
        guard let version = pod.version else { return }
        // kube-vip's notes for v0.9.0; what reads neither takes 32.
        if let place = pod.place("vip_cidr"), version.isAtLeast(0, 9) {
            report(
                .kubeVIPVariable, at: place,
                "kube-vip \(version) does not read vip_cidr, it is vip_subnet since v0.9.0",
                "write vip_subnet")
        }
        if let place = pod.place("vip_subnet"), !version.isAtLeast(0, 9) {
            report(
                .kubeVIPVariable, at: place,
                "kube-vip \(version) does not read vip_subnet, before v0.9.0 it is vip_cidr",
                "write vip_cidr")
        }
        if let place = pod.place("vip_address"), version.isAtLeast(0, 4) {
            report(
                .kubeVIPVariable, at: place,
                "vip_address is the old name of kube-vip \(version)'s address, and going away",
                "write address")
        }
    }

    private mutating func checkMode(_ pod: KubeVIPPod) {
        let modes = ["vip_arp", "bgp_enable", "vip_routingtable", "vip_wireguard"]
        let place = pod.image.place
        if !modes.contains(where: pod.isOn) {
            report(
                .kubeVIPMode, at: place, "kube-vip is told no way to announce the address",
                "set vip_arp, or bgp_enable, to \"true\"")
        } else if pod.isOn("vip_arp"), pod.isOn("cp_enable"), !pod.isOn("vip_leaderelection") {
            report(
                .kubeVIPMode, at: pod.place("vip_leaderelection") ?? place,
                "without vip_leaderelection every master announces the address at once",
                "set vip_leaderelection to \"true\"")
        }
        if !pod.isOn("cp_enable"), !pod.isOn("svc_enable") {
            report(
                .kubeVIPMode, at: place, "kube-vip serves neither the control plane nor Services",
                "set cp_enable to \"true\"")
        }
    }

    /// It sets addresses on the host's interfaces.
    private mutating func checkNetwork(_ pod: KubeVIPPod) {
        guard let spec = pod.manifest.podSpec else { return }
        if spec["hostNetwork"]?.text != "true" {
            report(
                .kubeVIPNetwork, at: pod.image.place,
                "kube-vip is not in the host's network, and sets the address in its pod",
                "set hostNetwork: true")
        }
        let context = pod.container["securityContext"]
        let added = context?.at("capabilities.add")?.texts.map(\.value) ?? []
        guard context?["privileged"]?.text != "true", !added.contains("NET_ADMIN"), !added.contains("ALL") else {
            return
        }
        report(
            .kubeVIPNetwork, at: pod.image.place, "kube-vip lacks NET_ADMIN, without which it can set no address",
            "add NET_ADMIN and NET_RAW to securityContext.capabilities.add")
    }

    /// client-go's rules: lease over deadline, and deadline over 1.2 times the period.
    private mutating func checkLease(_ pod: KubeVIPPod) {
        func number(_ name: String) -> Found<Int>? {
            pod.value(name).flatMap { text in Int(text.value).map { Found($0, text.place) } }
        }
        guard let lease = number("vip_leaseduration"), let deadline = number("vip_renewdeadline"),
            let period = number("vip_retryperiod")
        else { return }
        if lease.value <= deadline.value {
            report(
                .kubeVIPLease, at: lease.place,
                "vip_leaseduration \(lease.value) is not over vip_renewdeadline \(deadline.value), and kube-vip does not start",
                "write 5, 3 and 1")
        } else if deadline.value * 10 <= period.value * 12 {
            report(
                .kubeVIPLease, at: deadline.place,
                "vip_renewdeadline \(deadline.value) is not over 1.2 times vip_retryperiod \(period.value), and kube-vip does not start",
                "write 5, 3 and 1")
        }
    }
}
