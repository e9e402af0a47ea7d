// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

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

    /// The file that the list of real servers follows.
    package struct Configuration: Sendable, Hashable {
        package var path: String
        /// Why its newest content is not in force.
        package var problem: String?
    }

    package var version: String
    package var backend: String
    package var reason: String
    package var virtual: String
    package var processID: Int
    package var started: String
    package var isFailOpen: Bool
    /// Most servers are silent, which is put down to this node.
    package var suspectsItself = false
    /// Whether certificates are checked against the cluster's CA.
    package var isVerifying: Bool
    package var certificateAuthority = GuardianOptions.defaultCertificateAuthority
    package var problem: String?
    package var configuration: Configuration?
    package var real: [RealServer]
    /// Oldest first.
    package var transitions: [Transition]

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
            .init("failOpen", .bool(isFailOpen)),
            .init("suspectsItself", .bool(suspectsItself)), .init("verifying", .bool(isVerifying)),
            .init("ca", .string(certificateAuthority)),
            .init("problem", problem.map(JSONValue.string) ?? .null),
            .init("configuration", configuration.map(\.json) ?? .null), .init("real", .array(servers)),
            .init("transitions", .array(transitions.map(\.json))),
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
        if case .array(let entries) = json["transitions"] { transitions = entries.compactMap(Transition.init) }
        configuration = json["configuration"].flatMap(Configuration.init)
        if case .string(let path) = json["ca"] { certificateAuthority = path }
        if case .bool(let suspects) = json["suspectsItself"] { suspectsItself = suspects }
    }

    package init(
        version: String, backend: String, reason: String, virtual: String, processID: Int, started: String,
        isFailOpen: Bool, isVerifying: Bool, problem: String?, real: [RealServer], transitions: [Transition] = []
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
        self.transitions = transitions
    }
}

extension GuardianState {
    /// What is to be told of a guardian now.
    init(_ guardian: Guardian) {
        let real = zip(guardian.servers, guardian.rotation.entries).map { server, entry in
            RealServer(
                address: server.address.description, health: entry.health.rawValue, weight: entry.weight.map(Int.init),
                since: server.since.text, detail: server.tracker.reason)
        }
        self.init(
            version: GuardianProgram.version, backend: guardian.choice.kind.rawValue, reason: guardian.choice.reason,
            virtual: guardian.options.virtual.description, processID: Int(getpid()), started: guardian.started.text,
            isFailOpen: guardian.rotation.isFailOpen, isVerifying: guardian.tls.verifies, problem: guardian.problem,
            real: real, transitions: guardian.transitions.entries)
        suspectsItself = guardian.suspectsItself
        certificateAuthority = guardian.options.certificateAuthority
        configuration = guardian.configuration.map { Configuration(path: $0.path, problem: $0.problem) }
    }
}

extension GuardianState.Configuration {
    var json: JSONValue {
        .object([.init("path", .string(path)), .init("problem", problem.map(JSONValue.string) ?? .null)])
    }

    init?(_ json: JSONValue) {
        guard case .string(let path) = json["path"] else { return nil }
        self.init(path: path, problem: nil)
        if case .string(let text) = json["problem"] { problem = text }
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
