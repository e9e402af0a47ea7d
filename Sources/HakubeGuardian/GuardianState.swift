// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What a running guardian tells about itself, written to `guardian.json` in the run directory at every change.
package struct GuardianState: Sendable, Hashable {
    package struct RealServer: Sendable, Hashable {
        package var address: String
        package var health: String
        /// nil: not in rotation.
        package var weight: Int?
        /// When the health last changed, RFC 3339 in UTC.
        package var since: String
        /// The last thing seen of it.
        package var detail: String
    }

    package var version: String
    package var backend: String
    package var reason: String
    package var virtual: String
    package var processID: Int
    package var started: String
    package var isFailOpen: Bool
    /// Whether certificates are checked against the cluster's CA.
    package var isVerifying: Bool
    package var problem: String?
    package var real: [RealServer]

    /// Some real server takes new connections because it answered well.
    package var isServing: Bool { real.contains { $0.health == Health.up.rawValue } }

    package var json: JSONValue {
        let servers = real.map { server in
            JSONValue.object([
                .init("address", .string(server.address)), .init("state", .string(server.health)),
                .init("weight", server.weight.map(JSONValue.number) ?? .null), .init("since", .string(server.since)),
                .init("detail", .string(server.detail)),
            ])
        }
        return .object([
            .init("version", .string(version)), .init("backend", .string(backend)), .init("reason", .string(reason)),
            .init("virtual", .string(virtual)), .init("pid", .number(processID)), .init("started", .string(started)),
            .init("failOpen", .bool(isFailOpen)), .init("verifying", .bool(isVerifying)),
            .init("problem", problem.map(JSONValue.string) ?? .null), .init("real", .array(servers)),
        ])
    }

    /// nil when the document is not a guardian's.
    package init?(_ json: JSONValue) {
        guard case .string(let version) = json["version"], case .string(let backend) = json["backend"],
            case .string(let reason) = json["reason"], case .string(let virtual) = json["virtual"],
            case .number(let processID) = json["pid"], case .string(let started) = json["started"],
            case .bool(let isFailOpen) = json["failOpen"], case .bool(let isVerifying) = json["verifying"],
            case .array(let servers) = json["real"]
        else { return nil }
        let real = servers.compactMap(RealServer.init)
        guard real.count == servers.count else { return nil }
        var problem: String?
        if case .string(let text) = json["problem"] { problem = text }
        self.init(
            version: version, backend: backend, reason: reason, virtual: virtual, processID: processID,
            started: started,
            isFailOpen: isFailOpen, isVerifying: isVerifying, problem: problem, real: real)
    }

    package init(
        version: String, backend: String, reason: String, virtual: String, processID: Int, started: String,
        isFailOpen: Bool, isVerifying: Bool, problem: String?, real: [RealServer]
    ) {
        self.version = version
        self.backend = backend
        self.reason = reason
        self.virtual = virtual
        self.processID = processID
        self.started = started
        self.isFailOpen = isFailOpen
        self.isVerifying = isVerifying
        self.problem = problem
        self.real = real
    }
}

extension GuardianState.RealServer {
    init?(_ json: JSONValue) {
        guard case .string(let address) = json["address"], case .string(let health) = json["state"],
            case .string(let since) = json["since"], case .string(let detail) = json["detail"]
        else { return nil }
        var weight: Int?
        if case .number(let number) = json["weight"] { weight = number }
        self.init(address: address, health: health, weight: weight, since: since, detail: detail)
    }
}
