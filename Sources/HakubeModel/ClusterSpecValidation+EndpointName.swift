// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpecValidation {
    mutating func endpointName(_ kind: Endpoint.Strategy.Kind) -> String? {
        guard let written = inventory.endpointName else {
            guard kind == .external else { return Endpoint.defaultName }
            refuse(
                inventory.strategy?.place ?? missing("--endpoint"), "an external endpoint has no name",
                "write the name and port that lead to the API servers: --endpoint api.example.com:6443")
            return nil
        }
        let name = written.value
        let lower = name.lowercased()
        if let address = IPAddress(name) ?? IPAddress(name.filter { $0 != "[" && $0 != "]" }) {
            // Whoever runs a load balancer of their own may have given it no name.
            if kind == .external { return address.description }
            refuse(
                written.place, "the name of the endpoint is the address \(name)",
                "write a name such as \(Endpoint.defaultName), and the address as the VIP if it is meant so")
        } else if name == "localhost" || !Naming.isDNSName(name) {
            refuse(
                written.place, "`\(name)` cannot be the name of the endpoint",
                Naming.isDNSName(lower) && lower != "localhost"
                    ? "write `\(lower)`" : "write a lower-case DNS name such as \(Endpoint.defaultName)")
        } else {
            return name
        }
        return nil
    }

    /// The endpoint's port and the API servers' own.
    mutating func ports(_ kind: Endpoint.Strategy.Kind) -> (endpoint: Int, server: Int)? {
        let isBalanced = kind == .haproxyKeepalived
        let usual = isBalanced ? Endpoint.defaultBalancerPort : Endpoint.defaultPort
        let isOnMasters = kind != .external
        let endpoint = inventory.endpointPort.map { port($0, "endpoint's port", isOnMasters) } ?? usual
        guard kind == .haproxyKeepalived || kind == .external else {
            return endpoint.map { (endpoint: $0, server: $0) }
        }
        let server = inventory.serverPort.map { port($0, "API servers' port", true) } ?? Endpoint.defaultPort
        guard let endpoint, let server else { return nil }
        if isBalanced && endpoint < 1024 {
            refuse(
                inventory.endpointPort?.place ?? "", "haproxy runs without root and cannot listen on port \(endpoint)",
                "choose one from 1024 on, usually \(Endpoint.defaultBalancerPort)")
        }
        if isBalanced && endpoint == server {
            refuse(
                inventory.serverPort?.place ?? inventory.endpointPort?.place ?? "",
                "haproxy cannot listen on port \(endpoint), which the API server of the same master has",
                "choose another for the endpoint, usually \(Endpoint.defaultBalancerPort)")
        }
        return (endpoint: endpoint, server: server)
    }

    private mutating func port(_ written: Placed<String>, _ what: String, _ isOnMasters: Bool) -> Int? {
        guard let port = Naming.port(written.value) else {
            refuse(
                written.place, "the \(what) `\(written.value)` is not a number from 1 to 65535",
                "write the API server's port, usually \(Endpoint.defaultPort)")
            return nil
        }
        if isOnMasters, let owner = Self.takenPorts[port] {
            refuse(
                written.place, "the \(what) \(port) belongs to \(owner) on every master",
                "choose another, usually \(Endpoint.defaultPort)")
        }
        return port
    }

    /// These listen on every master beside the API server.
    private static let takenPorts = [
        2379: "etcd", 2380: "etcd", 2381: "etcd", 10248: "the kubelet", 10249: "kube-proxy", 10250: "the kubelet",
        10256: "kube-proxy", 10257: "kube-controller-manager", 10259: "kube-scheduler",
    ]
}
