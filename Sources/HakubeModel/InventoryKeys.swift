// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The keys of an inventory file, by the map they stand in.
enum InventorySection: String, CaseIterable {
    case top = ""
    case ssh, endpoint, bgp, network, etcd, dns, loadBalancer
    /// A map in `masters`, `nodes` or `etcd.hosts`.
    case host
    /// A map in `registries`.
    case registry

    var keys: [String] {
        switch self {
        case .top:
            [
                "cluster", "kubernetes", "ssh", "masters", "nodes", "endpoint", "network", "dns", "loadBalancer",
                "imageRepository", "certSANs", "kubeadm", "registries", "etcd",
            ]
        case .ssh: ["user", "port", "key", "bastion"]
        case .endpoint:
            [
                "name", "port", "strategy", "vip", "guardian", "interface", "serverPort", "virtualRouterID", "bgp",
            ]
        case .bgp: ["as", "peers"]
        case .network: ["podSubnet", "serviceSubnet", "dnsDomain", "proxyMode"]
        case .etcd: ["hosts", "endpoints", "ca", "cert", "key"]
        case .dns: ["replicas", "on"]
        case .loadBalancer: ["pools"]
        case .registry: ["host", "endpoints", "ca", "skipVerify", "username", "passwordFile"]
        case .host: ["address", "name", "user", "port", "key", "bastion", "internalAddress", "labels", "taints"]
        }
    }

    /// How to name the map in a sentence.
    var title: String {
        switch self {
        case .top: "an inventory"
        case .host: "a host"
        case .registry: "a registry"
        default: "`\(rawValue)`"
        }
    }

    /// What to write in place of an unknown key.
    func remedy(for key: String) -> String {
        let plain = Self.simplified(key)
        if let known = keys.first(where: { Self.simplified($0) == plain }) { return "write `\(known)`" }
        for home in Self.allCases where home != self {
            guard let known = home.keys.first(where: { Self.simplified($0) == plain }) else { continue }
            switch home {
            case .top: return "`\(known)` belongs at the left margin, outside \(title)"
            case .host: return "`\(known)` belongs to a host, in a map under `masters` or `nodes`"
            case .registry: return "`\(known)` belongs to a registry, in a map under `registries`"
            default: return "`\(known)` belongs under `\(home.rawValue)`"
            }
        }
        let ranked = keys.map { ($0, Self.distance(Self.simplified($0), plain)) }.min { $0.1 < $1.1 }
        if let (nearest, distance) = ranked, distance <= max(1, nearest.count / 3) { return "write `\(nearest)`" }
        return "choose from \(keys.joined(separator: ", "))"
    }

    /// pod-subnet, pod_subnet and podsubnet all mean podSubnet.
    private static func simplified(_ key: String) -> String { key.lowercased().filter { $0 != "-" && $0 != "_" } }

    /// Levenshtein's edit distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let substitution = diagonal + (right[column] == character ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(substitution, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}

extension Inventory {
    /// Every key an inventory file may have, whatever map it stands in.
    package static var keys: Set<String> { Set(InventorySection.allCases.flatMap(\.keys)) }
}
