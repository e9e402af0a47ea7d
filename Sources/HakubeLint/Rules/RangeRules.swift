// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Ranges of pods and Services beside hosts, virtual addresses and each other.
extension Examination {
    mutating func checkRanges() {
        checkReadable()
        for pods in picture.pods { checkPods(pods) }
        for services in picture.services {
            checkOver(services, "service range", .serviceRangeOverHosts)
            for pods in picture.pods where pods.value.overlaps(services.value) {
                report(
                    .rangesOverlap, at: pods.place,
                    "the pod range \(pods.value) and the service range \(services.value) (\(services.place)) overlap",
                    "choose ranges that share no address")
            }
        }
        checkVirtualInRanges()
        checkDNS()
    }

    private mutating func checkReadable() {
        var texts: [Found<String>] = []
        for document in material.kubeadm(.cluster) {
            texts += document.blocks("networking.podSubnet") + document.blocks("networking.serviceSubnet")
        }
        for (command, _) in material.commands {
            for text in command.option("--pod-network-cidr") + command.option("--service-cidr") {
                texts += text.value.split(separator: ",").map { Found($0.trimmed, text.place) }
            }
        }
        for text in texts where CIDR(text.value) == nil && !text.value.contains("$") {
            report(
                .rangeUnreadable, at: text.place, "`\(text.value)` is no range of addresses",
                "write ADDRESS/LENGTH with no bits set behind the length, such as 10.244.0.0/16")
        }
    }

    private mutating func checkPods(_ pods: Found<CIDR>) {
        if checkOver(pods, "pod range", .podRangeOverHosts) { return }
        // A manifest's default that swallows a block which homes and offices live in.
        guard pods.value == CIDR("192.168.0.0/16") else { return }
        report(
            .podRangeTakesLAN, at: pods.place,
            "the pod range is all of 192.168.0.0/16: a host, server or user in any 192.168 network cannot be reached from pods",
            "choose a range that nothing else uses, such as 10.244.0.0/16, and set it in the pod network's manifest too"
        )
    }

    /// Whether a range holds hosts.
    @discardableResult
    private mutating func checkOver(_ range: Found<CIDR>, _ what: String, _ rule: Rule) -> Bool {
        let inside = picture.hosts.filter { range.value.contains($0.address) }
        guard let first = inside.first else { return false }
        let certain = inside.filter(\.isCertain)
        guard let host = certain.first else {
            report(
                rule, at: range.place,
                "the \(what) \(range.value) holds \(inside.map(\.address.description).inWords), which a hosts file has"
                    + " (\(first.place))",
                "choose a range in which nothing else is", as: .warning)
            return true
        }
        report(
            rule, at: range.place,
            "the \(what) \(range.value) holds \(certain.map(\.address.description).inWords),"
                + " \(certain.count == 1 ? "a host" : "hosts") (\(host.place))",
            "choose a range in which no host is")
        return true
    }

    /// The guardian's address is local to each worker, so that it may be one no Service has been given.
    private mutating func checkVirtualInRanges() {
        for held in picture.moving {
            for (what, ranges) in [("pod range", picture.pods), ("service range", picture.services)] {
                guard let range = ranges.first(where: { $0.value.contains(held.address) }) else { continue }
                report(
                    .vipInRange, at: held.place,
                    "the virtual address \(held.address) lies in the \(what) \(range.value) (\(range.place))",
                    "choose an address of the hosts' network")
            }
        }
    }

    private mutating func checkDNS() {
        var services = picture.services
        if services.isEmpty, let cluster = material.kubeadm(.cluster).first, let usual = CIDR("10.96.0.0/12") {
            services = [Found(usual, cluster.kind.place)]
        }
        let servers =
            material.kubeadm(.kubelet).flatMap { $0.tree["clusterDNS"]?.texts ?? [] }
            + material.rke.compactMap { $0.setting("kubelet", "cluster_dns_server") }
        for server in servers {
            // A cache on every node has a link-local address.
            guard let address = IPAddress(server.value), address.unusable == nil, let first = services.first,
                !services.contains(where: { $0.value.contains(address) })
            else { continue }
            report(
                .dnsOutsideServices, at: server.place,
                "the cluster's DNS server \(address) is outside of the service range \(first.value)",
                "write an address of that range, the one that the DNS Service has")
        }
    }
}
