// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The guardian's figures in Prometheus' text format, version 0.0.4.
enum MetricsPage {
    static func text(of guardian: Guardian) -> String {
        var page = Page()
        let backend = guardian.choice.kind.rawValue
        page.figure(
            "build_info", "gauge", "Version and backend of this guardian; always 1.",
            [(["version": GuardianProgram.version, "backend": backend], 1)])
        page.figure("start_time_seconds", "gauge", "When it started, in Unix time.", [([:], guardian.started.seconds)])
        let entries = Array(zip(guardian.servers, guardian.rotation.entries))
        page.figure(
            "server_up", "gauge", "1 when the API server answers well, 0 when it does not.",
            entries.map { server, _ in (["server": "\(server.address)"], server.tracker.health == .up ? 1 : 0) })
        page.figure(
            "server_weight", "gauge", "1: gets new connections; 0: keeps old ones; -1: not in rotation.",
            entries.map { server, entry in (["server": "\(server.address)"], entry.weight.map(Int.init) ?? -1) })
        page.figure(
            "server_transitions_total", "counter", "Changes of the API server's health.",
            entries.map { server, _ in (["server": "\(server.address)"], server.transitions) })
        page.figure(
            "fail_open", "gauge", "1 when no API server looks healthy and some get traffic all the same.",
            [([:], guardian.rotation.isFailOpen ? 1 : 0)])
        page.figure(
            "suspects_itself", "gauge", "1 when most API servers are silent and this node is thought to be the cause.",
            [([:], guardian.suspectsItself ? 1 : 0)])
        page.figure(
            "problem", "gauge", "1 when the rules cannot be made; status tells why.",
            [([:], guardian.problem == nil ? 0 : 1)])
        page.figure(
            "repairs_total", "counter", "Changes made to the kernel's table or route.", [([:], guardian.repairs)])
        if let backend = guardian.backend {
            page.figure(
                "ended_connections_total", "counter", "Connections cut because their API server was dead or unwanted.",
                [([:], backend.endedConnections)])
        }
        if let proxy = guardian.backend as? ProxyBackend {
            page.figure(
                "proxy_connections", "gauge", "Connections that pass through now.", [([:], proxy.openConnections)])
            page.figure(
                "proxy_accepted_total", "counter", "Connections accepted so far.", [([:], proxy.acceptedConnections)])
        }
        return page.text
    }

    private struct Page {
        var text = ""

        mutating func figure(_ name: String, _ kind: String, _ help: String, _ values: [([String: String], Int)]) {
            let name = "hakube_guardian_" + name
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
            for (labels, value) in values {
                let list = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
                text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
            }
        }
    }
}
