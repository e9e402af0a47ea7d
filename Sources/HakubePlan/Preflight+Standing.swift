// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

extension Preflight {
    /// Where the inventory wants another cluster than the one that stands: init finishes clusters, it does not alter them.
    var standingFindings: [Finding] {
        guard let lead = spec.masters.first(where: { facts[$0.id]?.serves == true }),
            let text = facts[lead.id]?.clusterConfiguration, let own = try? Yams.compose(yaml: text)
        else { return [] }
        let record = facts[lead.id]?.record.flatMap { $0.cluster == spec.name ? $0.spec().endpoint : nil }
        var pairs = [
            ("Kubernetes", spec.kubernetes.description, own["kubernetesVersion"]?.string, "the bundle of"),
            ("the pod subnet", joined(spec.podSubnets), own["networking"]?["podSubnet"]?.string, "--pod-subnet"),
            (
                "the service subnet", joined(spec.serviceSubnets), own["networking"]?["serviceSubnet"]?.string,
                "--service-subnet"
            ),
            ("the DNS domain", spec.dnsDomain, own["networking"]?["dnsDomain"]?.string, "--dns-domain"),
        ]
        // With another strategy the name and port may be others as well; that is one fault, with one way out.
        if record.map({ $0.kind == spec.endpoint.kind }) ?? true {
            pairs.insert(
                ("the endpoint", spec.endpoint.authority, own["controlPlaneEndpoint"]?.string, "--endpoint"), at: 0)
        }
        var found = pairs.compactMap { name, wanted, standing, flag -> Finding? in
            guard let standing, standing != wanted else { return nil }
            return .error(
                lead, "\(name) of the cluster that stands is \(standing), not \(wanted)",
                "use \(flag) \(standing); init does not alter a cluster that stands")
        }
        found += placementFindings(lead, standing: own["etcd"]?["external"]?["endpoints"]?.array().compactMap(\.string))
        if let record {
            found += endpointFindings(lead, standing: record)
        } else {
            let names = own["apiServer"]?["certSANs"]?.sequence?.compactMap(\.string) ?? []
            found += certificateFindings(lead, names)
        }
        return found
    }

    /// Where no record tells what the cluster was made with, its certificate does.
    private func certificateFindings(_ lead: Host, _ names: [String]) -> [Finding] {
        guard let vip = spec.endpoint.vip, !names.isEmpty && !names.contains(vip.description) else { return [] }
        return [
            .error(
                lead, "the VIP \(vip) does not stand in the certificate of the cluster that stands",
                "use the --vip it was made with; init does not alter a cluster that stands")
        ]
    }

    /// init writes masters side by side, so an address that moves would be moved by two groups, or by none, for a while.
    private func endpointFindings(_ lead: Host, standing: Endpoint) -> [Finding] {
        let wanted = spec.endpoint
        let kind = wanted.kind.rawValue
        guard standing.kind == wanted.kind else {
            let old = standing.kind.rawValue
            return [
                .error(
                    lead, "the endpoint strategy of the cluster that stands is \(old), not \(kind)",
                    "use --strategy \(old), or change over with 'hakube endpoint set \(kind)'")
            ]
        }
        func differing(_ name: String, _ old: String, _ new: String, _ remedy: String) -> Finding {
            .error(lead, "\(name) of the cluster that stands is \(old), not \(new)", remedy)
        }
        guard let old = standing.floating, let new = wanted.floating else {
            guard let old = standing.vip, let new = wanted.vip, old != new else { return [] }
            let remedy = "use --vip \(old); init does not alter a cluster that stands"
            return [differing("the VIP", "\(old)", "\(new)", remedy)]
        }
        let detour = "or go by way of 'hakube endpoint set guardian', and from there to the new one"
        return standing.movingDifferences(to: wanted).map { difference in
            switch difference {
            case .address:
                return differing("the VIP", "\(old.address)", "\(new.address)", "use --vip \(old.address), \(detour)")
            case .routerID:
                let number = String(old.virtualRouterID)
                let remedy = "write virtualRouterID: \(number), \(detour)"
                return differing("the virtual router ID", number, String(new.virtualRouterID), remedy)
            case .interface:
                let remedy =
                    (old.interface.map { "write interface: \($0)" } ?? "take `interface` out of the inventory")
                    + (new.interface.map { ", or change it with 'hakube endpoint set \(kind) --interface \($0)'" } ?? "")
                return differing(
                    "the interface of the VIP", old.interface ?? "that of each host's address",
                    new.interface ?? "left to each host", remedy)
            case .announcement:
                return .error(
                    lead, "`bgp` is not what the cluster that stands was made with",
                    "write what it was made with, \(detour)")
            }
        }
    }

    /// What the API servers know does not move from one etcd to another by itself.
    private func placementFindings(_ lead: Host, standing: [String]?) -> [Finding] {
        let (message, remedy): (String, String)
        switch (spec.etcd, standing) {
        case (.stacked, nil): return []
        case (.hosts(let hosts), let standing?):
            // More of them may be wanted; without one that has the data another etcd would be begun, and it is empty.
            let wanted = Set(hosts.map { EtcdEndpoint(host: $0.address.description).description })
            let lost = standing.filter { !wanted.contains($0) }
            guard !lost.isEmpty else { return [] }
            (message, remedy) = (
                "etcd of the cluster that stands has members at \(lost.joined(separator: ", ")), which `etcd` does not name",
                "name them; 'hakube clean --etcd' takes a member out"
            )
        case (.external(let etcd), let standing?):
            let wanted = etcd.endpoints.map(\.description)
            guard wanted != standing else { return [] }
            (message, remedy) = (
                "etcd of the cluster that stands is at \(standing.joined(separator: ", ")), not at \(wanted.joined(separator: ", "))",
                "write those endpoints"
            )
        case (.stacked, .some):
            (message, remedy) = (
                "etcd of the cluster that stands is not on its masters", "say where it is under `etcd`"
            )
        case (_, nil):
            (message, remedy) = ("etcd of the cluster that stands is on its masters", "take `etcd` out")
        }
        return [.error(lead, message, "\(remedy); init does not alter a cluster that stands")]
    }

    private func joined(_ blocks: [CIDR]) -> String { blocks.map(\.description).joined(separator: ",") }

    /// flannel's `Network` and calico's CALICO_IPV4POOL_CIDR take one IPv4 block, so what the bundle's manifest has there
    /// would leave a cluster without a pod network.
    var networkFindings: [Finding] {
        guard newcomers == nil, let text = bundle?.podNetwork,
            spec.podSubnets.contains(where: { $0.base.family == .v6 })
        else { return [] }
        let dense = text.filter { !$0.isWhitespace }
        let places = ["\"Network\":\"{{podSubnet}}\"", "CALICO_IPV4POOL_CIDRvalue:\"{{podSubnet}}\""]
        guard places.contains(where: dense.contains) else { return [] }
        return [
            .bundle(
                "its pod network takes one IPv4 block, and the pod subnets are \(joined(spec.podSubnets))",
                "write a manifest for them and build the bundle with --cni-manifest FILE, or use one IPv4 --pod-subnet")
        ]
    }

    /// Images kubeadm will ask for that the bundle does not have under those names: each would be pulled from outside.
    var imageFindings: [Finding] {
        guard let manifest = bundle?.manifest, !manifest.images.isEmpty else { return [] }
        return bundleArchitectures.flatMap { arch in
            missingImages(manifest.images.filter { $0.arch == arch }.map(\.name), arch)
                + guardianFindings(manifest, arch) + strategyFindings(manifest, arch)
        }
    }

    /// Architectures that the bundle is for and a host has.
    private var bundleArchitectures: [Architecture] {
        let used = Set(spec.hosts.compactMap { facts[$0.id]?.architecture })
        return (bundle?.manifest.arches ?? []).filter(used.contains)
    }

    private func missingImages(_ names: [String], _ arch: Architecture) -> [Finding] {
        let repository = spec.imageRepository
        let exact = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"]
            .map { "\(repository)/\($0):\(spec.kubernetes)" }
        let missing =
            exact.filter { !names.contains($0) }
            + ["etcd:", "pause:", "coredns"].map { "\(repository)/\($0)" }.filter { prefix in
                !names.contains { $0.hasPrefix(prefix) }
            }
        return missing.map { name in
            .bundle(
                "the image \(name) is not in it for \(arch.rawValue) and would have to be pulled",
                "use a bundle that has it, or the --image-repository its images are named by")
        }
    }

    /// What workers cannot do without, whatever the registry they could pull from.
    private func guardianFindings(_ manifest: BundleManifest, _ arch: Architecture) -> [Finding] {
        guard spec.endpoint.guardian != nil, spec.nodes.contains(where: { facts[$0.id]?.architecture == arch }) else {
            return []
        }
        var found: [Finding] = []
        if !manifest.files(for: .node, on: arch).contains(where: { $0.stagePath == "bin/hakube-guardian" }) {
            found.append(
                .bundle(
                    "it has no bin/hakube-guardian for \(arch.rawValue), which every worker runs",
                    "make the bundle with hakube-guardian"))
        }
        let isImageThere = manifest.images(for: .node, on: arch).contains {
            $0.name.hasPrefix("hakube.local/guardian:")
        }
        if spec.endpoint.guardian == .pod && !isImageThere {
            found.append(
                .bundle(
                    "the image hakube.local/guardian is not in it for \(arch.rawValue), and no registry has it",
                    "make the bundle with hakube-guardian, or use --guardian systemd"))
        }
        return found
    }

    /// Lines of /etc/hosts that are not this cluster's and give the endpoint's name another meaning: the first line wins.
    func nameFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        // An external endpoint's name is resolved as the host pleases.
        guard spec.endpoint.vip != nil else { return [] }
        var isOurs = false
        var found: [Finding] = []
        for line in facts.hosts.split(whereSeparator: \.isNewline) {
            if line == "# hakube begin \(spec.name)" { isOurs = true }
            if line == "# hakube end \(spec.name)" { isOurs = false }
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).dropFirst()
            guard !isOurs, words.contains(where: { $0.lowercased() == spec.endpoint.name }) else { continue }
            found.append(
                .error(
                    host, "/etc/hosts has a line of its own for \(spec.endpoint.name): '\(line)'",
                    "take that line out, or choose another name with --endpoint"))
        }
        return found
    }
}
