// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan

/// Reads what `FactsScript` printed.
enum FactsParser {
    /// - Parameter operatorClock: the operator's own clock at that moment, in seconds since 1970.
    /// - Returns: `nil` if the output does not reach its last line: the script was cut off.
    static func facts(of host: Host, from output: String, operatorClock: Int) -> Facts? {
        var values: [String: [String]] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard let key = parts.first else { continue }
            values[String(key), default: []].append(parts.count > 1 ? String(parts[1]) : "")
        }
        guard values["end"] != nil else { return nil }
        func value(_ key: String) -> String { values[key]?.first ?? "" }
        func number(_ key: String) -> Int { Int(value(key)) ?? 0 }
        func text(_ key: String) -> String { decoded(value(key)) }
        /// `nil` for what is not there and for what is empty.
        func words(_ key: String) -> String? { text(key).isEmpty ? nil : text(key) }
        let addresses = (values["address"] ?? []).compactMap(InterfaceAddress.init)
        var facts = Facts.fresh(for: host)
        facts.hostname = text("hostname")
        facts.architecture = Architecture(machine: value("machine"))
        facts.machine = value("machine")
        facts.kernel = text("kernel")
        facts.os = text("os")
        facts.machineID = text("machineID")
        facts.productUUID = text("productUUID")
        facts.cpus = number("cpus")
        facts.memory = number("memory") / 1024
        facts.diskFree = number("disk") / 1024
        facts.clock = number("clock")
        facts.operatorClock = operatorClock
        facts.addresses = addresses.map(\.address)
        facts.interfaces = addresses.map { HostInterface(name: $0.interface, address: $0.address, network: $0.network) }
        facts.endpointAddresses = (values["endpoint"] ?? []).compactMap(IPAddress.init)
        facts.clusterAddresses = addresses.filter(\.isOfPodNetwork).map(\.address)
        facts.swapOn = number("swap") > 0
        facts.cgroupVersion = number("cgroup")
        facts.canLowerOOMScore = value("oom") == "yes"
        facts.hasIPVS = value("ipvs") == "yes"
        facts.listeningPorts = Set((values["port"] ?? []).compactMap { Int($0, radix: 16) })
        facts.hasSystemd = value("systemd") == "yes"
        facts.missingCommands = values["missing"] ?? []
        facts.clusterCADigest = values["ca"]?.first
        facts.hasKubeletConfig = values["kubelet"] != nil
        facts.staticPods = Set(values["pod"] ?? [])
        facts.serves = values["serves"] != nil
        facts.unfinished = values["unfinished"]?.first
        facts.systemdRelease = number("release")
        facts.lastRun = value("last")
        facts.hasTraces = values["traces"] != nil
        facts.foreignFiles = (values["foreign"] ?? []).map(decoded)
        facts.remains = (values["remains"] ?? []).map(decoded)
        facts.clusterConfiguration = values["cluster"]?.first.map(decoded)
        facts.clusterStatus = values["status"]?.first.map(decoded)
        facts.record = values["record"]?.first.map(decoded).flatMap { try? ClusterRecord(json: $0) }
        facts.certificateNames = values["certificate"]?.first.flatMap { try? Certificate(pem: decoded($0)).texts }
        facts.foreignRuntime = values["runtime"]?.first
        facts.runtimeAtBoot = values["bootRuntime"]?.first
        facts.hostContainerd = HostContainerd(rawValue: value("containerd"))
        facts.firewall = Firewall(rawValue: value("firewall"))
        facts.selinux = SELinux(rawValue: value("selinux"))
        facts.hasGuardianUnit = values["guardianUnit"] != nil
        facts.hasTCPDiag = value("diag") == "yes"
        facts.hasGuardian = values["guardian"] != nil
        facts.vipAnswers = facts.hasGuardian ? false : values["vip"]?.first.map { $0 == "yes" }
        facts.hosts = text("hosts")
        facts.jobs = values["job"] ?? []
        facts.contents.installed = Set(values["installed"] ?? [])
        facts.contents.blobs = Set(value("blobs").split(separator: " ").map(String.init))
        facts.contents.staged = staged(values["staged"] ?? [])
        facts.etcdCluster = values["etcdOf"]?.first.map(decoded)
        facts.etcdCADigest = values["etcdCA"]?.first
        facts.hasEtcdCAKey = values["etcdKey"] != nil
        facts.etcdPeers = words("etcdPeers")
        facts.etcdServers = words("etcdServers")
        facts.lock = values["lock"]?.first.map(decoded)
        facts.foreignCNI = (values["cni"] ?? []).map(decoded).filter { !$0.hasPrefix("10-hakube") }
        return facts
    }

    /// Lines `SIZE BUNDLE/PATH`.
    private static func staged(_ lines: [String]) -> [String: Int] {
        let pairs = lines.compactMap { line -> (String, Int)? in
            let parts = line.split(separator: " ", maxSplits: 1)
            return parts.count == 2 ? Int(parts[0]).map { (String(parts[1]), $0) } : nil
        }
        return Dictionary(pairs) { $1 }
    }

    private static func decoded(_ base64: String) -> String {
        Data(base64Encoded: base64).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// An address and the interface it stands on.
private struct InterfaceAddress {
    let interface: String
    let address: IPAddress
    let network: CIDR?

    init?(_ line: String) {
        let halves = line.split(separator: " ")
        guard halves.count == 2 else { return nil }
        let parts = halves[1].split(separator: "/", maxSplits: 1)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        interface = String(halves[0])
        self.address = address
        network = parts.count == 2 ? Int(parts[1]).flatMap { CIDR(of: address, prefix: $0) } : nil
    }

    /// Bridges and tunnels of pod networks, and the interface on which kube-proxy keeps service addresses.
    var isOfPodNetwork: Bool {
        ["cni", "kube-", "flannel", "cilium", "lxc", "cali", "vxlan.calico", "tunl", "weave", "veth"]
            .contains { interface.hasPrefix($0) }
    }
}
