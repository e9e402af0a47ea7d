// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension HAProxyConfig {
    /// Frontends and listeners that lead to API servers: by the servers' ports, or by a name that says so.
    func toAPIServers(_ ports: Set<Int>) -> [Proxy] {
        proxies.filter { proxy in
            let targets = targets(proxy)
            let servers = targets.flatMap(\.servers)
            guard proxy.kind != "backend", !servers.isEmpty else { return false }
            if servers.contains(where: { $0.address.port.map(ports.contains) ?? false }) { return true }
            return ([proxy] + targets).contains { part in
                ["apiserver", "kube-api", "kubernetes-api", "k8s-api", "control-plane", "controlplane"].contains {
                    part.name.lowercased().contains($0)
                }
            }
        }
    }
}

/// haproxy in front of API servers.
extension Examination {
    mutating func checkHAProxy(_ config: HAProxyConfig) {
        for proxy in config.proxies {
            for backend in proxy.backends where config.backend(backend.value) == nil && !backend.value.contains("%[") {
                report(
                    .haproxyBackendMissing, at: backend.place, "there is no backend `\(backend.value)`",
                    "add the section `backend \(backend.value)`, or correct the name")
            }
        }
        var seen: Set<Place> = []
        for front in config.toAPIServers(picture.apiPorts) {
            checkMode(front)
            for target in config.targets(front) where target != front { checkMode(target) }
            checkTimeouts(front, config.targets(front))
            checkTaken(front, config)
            for target in config.targets(front) where seen.insert(target.place).inserted {
                checkServers(target)
                checkHealth(target)
            }
        }
        checkMasters(config)
    }

    /// The API server asks for client certificates, which end at a proxy that speaks HTTP itself.
    private mutating func checkMode(_ proxy: HAProxyConfig.Proxy) {
        guard proxy.mode.value == "http" else { return }
        report(
            .haproxyModeHTTP, at: proxy.mode.place,
            "`\(proxy.kind) \(proxy.name)` is in mode http, and API servers speak TLS and know clients by their certificates",
            "write `mode tcp` in \(proxy.kind) \(proxy.name)")
    }

    /// A watch may be silent until the API server ends it, after 30 to 60 minutes (its min-request-timeout); `kubectl exec`
    /// and `logs -f` stay silent longer.
    private mutating func checkTimeouts(_ front: HAProxyConfig.Proxy, _ targets: [HAProxyConfig.Proxy]) {
        let hour = 3_600_000
        func milliseconds(_ line: HAProxyConfig.Line?) -> Int? {
            line.flatMap { $0.words.dropFirst(2).first }.flatMap { HAProxyConfig.milliseconds($0) }
        }
        // 0 means that there is no limit.
        func isShort(_ time: Int) -> Bool { time > 0 && time < hour }
        let ways = [(front, "client")] + targets.map { ($0, "server") }
        for (proxy, side) in ways {
            // Of a connection that both sides have used, only the tunnel's counts.
            let tunnel = milliseconds(proxy.last("timeout", "tunnel"))
            guard let line = proxy.last("timeout", side), let time = milliseconds(line), isShort(time),
                tunnel.map(isShort) ?? true
            else { continue }
            report(
                .haproxyTimeoutShort, at: line.place,
                "`timeout \(side) \(line.words.dropFirst(2).first ?? "")` cuts watches, `logs -f` and `exec` that are silent that long",
                "write 4h in the part for the API servers, or set `timeout tunnel 4h` there")
        }
    }

    /// A port that the API server of the same host has.
    private mutating func checkTaken(_ front: HAProxyConfig.Proxy, _ config: HAProxyConfig) {
        let servers = config.targets(front).flatMap(\.servers)
        let own = Set(
            material.keepalived.flatMap(\.instances).flatMap { instance in
                (instance.peers?.value ?? []).map(\.value) + [instance.source?.value].compactMap { $0 }
            })
        for bind in front.binds {
            let isAny = ["*", "0.0.0.0", "::"].contains(bind.value.host)
            let clash = servers.first { server in
                guard server.address.port == bind.value.port, let address = server.address.address else { return false }
                return isAny ? own.contains(address) : bind.value.address == address
            }
            guard let clash, let port = bind.value.port else { continue }
            report(
                .haproxyPortTaken, at: bind.place,
                "haproxy binds port \(port) on \(clash.address.host), where an API server has it (line \(clash.place.line))",
                "bind another port, such as 8443, and write it into controlPlaneEndpoint")
        }
    }

    private mutating func checkServers(_ backend: HAProxyConfig.Proxy) {
        var addresses: [HostPort: HAProxyConfig.Server] = [:]
        var names: [String: HAProxyConfig.Server] = [:]
        let ports = picture.bindPorts
        for server in backend.servers {
            if let first = names[server.name] {
                report(
                    .haproxyServerNameTwice, at: server.place,
                    "the server name `\(server.name)` stands on line \(first.place.line) already, and haproxy does not start",
                    "give each server its own name")
            }
            names[server.name] = names[server.name] ?? server
            if let first = addresses[server.address] {
                let distinct = Set(backend.servers.map(\.address)).count
                report(
                    .haproxyServerTwice, at: server.place,
                    "\(server.address) stands on line \(first.place.line) already: \(backend.servers.count) servers have \(distinct)"
                        + " addresses, and a master gets nothing",
                    "write the address of the master that is missing")
            }
            addresses[server.address] = addresses[server.address] ?? server
            checkName(server)
            if let port = server.address.port, !ports.isEmpty, !ports.contains(port),
                server.address.address.map(picture.isMaster) ?? false
            {
                report(
                    .haproxyServerPort, at: server.place,
                    "the server has port \(port), and the API servers listen on \(ports.sorted().map(String.init).inWords)",
                    "write that port")
            }
        }
    }

    private mutating func checkName(_ server: HAProxyConfig.Server) {
        guard let address = server.address.address, address.family == .v4,
            let named = HostHint(path: server.name.replacing("_", with: "/").replacing(":", with: "/")).address,
            named != address
        else { return }
        report(
            .haproxyServerMisnamed, at: server.place,
            "the server is called \(server.name) and has the address \(address)",
            "correct the one that is wrong")
    }

    private mutating func checkHealth(_ backend: HAProxyConfig.Proxy) {
        let unchecked = backend.servers.filter { !backend.checks($0) }
        for server in unchecked {
            report(
                .haproxyNoCheck, at: server.place,
                "the server \(server.name) has no `check`, and gets its share of connections when it is down",
                "add `check`")
        }
        let asks = ["httpchk", "ssl-hello-chk", "tcp-check", "external-check"].contains {
            backend.last("option", $0) != nil
        }
        guard !asks, unchecked.count < backend.servers.count else { return }
        report(
            .haproxyCheckShallow, at: backend.place,
            "`\(backend.kind) \(backend.name)` takes a master for healthy as soon as its port opens",
            "add `option httpchk GET /readyz` and `http-check expect status 200`, and to each server `check-ssl verify none`"
        )
    }

    /// Masters that get no connections.
    private mutating func checkMasters(_ config: HAProxyConfig) {
        let servers = config.toAPIServers(picture.apiPorts).flatMap { config.targets($0) }.flatMap(\.servers)
        guard let last = servers.last, servers.allSatisfy({ $0.address.address != nil }) else { return }
        let balanced = Set(servers.compactMap(\.address.address))
        // Only what the other files say: its own servers are masters by their own account.
        let missing = picture.masters.filter { $0.place.file != last.place.file && !balanced.contains($0.address) }
        guard !missing.isEmpty, picture.masters.contains(where: { balanced.contains($0.address) }) else { return }
        report(
            .haproxyLacksMaster, at: last.place,
            "no server line has \(missing.count == 1 ? "the master" : "the masters")"
                + " \(missing.map(\.address.description).inWords) (\(missing[0].place))",
            "add \(missing.count == 1 ? "it" : "them")")
    }
}
