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
        let digests = (values["digest"] ?? []).compactMap { line -> (String, String)? in
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            return parts.count == 2 ? (String(parts[1].drop { $0 == " " }), parts[0]) : nil
        }
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
        facts.addresses = (values["address"] ?? []).compactMap { IPAddress($0) }
        facts.swapOn = number("swap") > 0
        facts.cgroupVersion = number("cgroup")
        facts.canLowerOOMScore = value("oom") == "yes"
        facts.hasIPVS = value("ipvs") == "yes"
        facts.listeningPorts = Set((values["port"] ?? []).compactMap { Int($0, radix: 16) })
        facts.hasSystemd = value("systemd") == "yes"
        facts.missingCommands = values["missing"] ?? []
        facts.fileDigests = Dictionary(digests) { first, _ in first }
        facts.clusterCADigest = values["ca"]?.first
        facts.hasKubeletConfig = values["kubelet"] != nil
        facts.staticPods = Set(values["pod"] ?? [])
        facts.serves = values["serves"] != nil
        facts.unfinished = values["unfinished"]?.first
        facts.foreignFiles = (values["foreign"] ?? []).map(decoded)
        facts.hasReceipt = values["known"] != nil
        facts.foreignRuntime = values["runtime"]?.first
        facts.vipAnswers = vip(values["vip"]?.first)
        facts.hosts = text("hosts")
        facts.foreignCNI = (values["cni"] ?? []).map(decoded).filter { !$0.hasPrefix("10-hakube") }
        return facts
    }

    private static func vip(_ word: String?) -> Bool? {
        switch word {
        case "yes": true
        case "no", "ours": false
        default: nil
        }
    }

    private static func decoded(_ base64: String) -> String {
        Data(base64Encoded: base64).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
