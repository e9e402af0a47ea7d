// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Plan {
    /// The plan in words, for a review: phases, who takes part, what is done in which order. Ends with a newline.
    package var text: String {
        let hosts = hosts.count
        var lines = ["Plan for cluster \(cluster), Kubernetes \(kubernetes), \(hosts) \(hosts == 1 ? "host" : "hosts")"]
        for (number, phase) in phases.enumerated() {
            lines += ["", "\(number + 1). \(phase.title)\(phase.manner)"]
            for group in phase.groups {
                lines.append("   " + group.hosts.map(\.description).joined(separator: ", "))
                lines += group.steps.map { "     - " + $0.sentence }
            }
        }
        if let sentence = PushTotals(self).sentence { lines += ["", sentence] }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Phase {
    fileprivate var manner: String {
        guard lanes.count > 1 else { return "" }
        return order.width == 1 ? " (one after another)" : " (up to \(min(order.width, lanes.count)) side by side)"
    }

    /// Hosts that do the same, in the order of their first.
    fileprivate var groups: [(hosts: [HostID], steps: [Step])] {
        var order: [[String]] = []
        var members: [[String]: [Lane]] = [:]
        for lane in lanes {
            let key = lane.steps.map(\.sentence)
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(lane)
        }
        return order.compactMap { key in
            members[key].map { lanes in (hosts: lanes.map(\.host), steps: lanes[0].steps) }
        }
    }
}

extension Step {
    fileprivate var sentence: String {
        var words = title
        switch action {
        case .write(let file) where !title.contains(file.path): words += " (\(file.path))"
        case .block(let block): words += ": \(block.lines.joined(separator: "; "))"
        case .push(_, _, let folder):
            if let load { words += ": \(load.bytes.asBytes) of \(load.total.asBytes)" }
            words += " to \(folder)"
        default: break
        }
        return turn == nil ? words : words + ", one host at a time"
    }
}
