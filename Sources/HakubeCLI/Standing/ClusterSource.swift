// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubeTransport

/// Finds out what a standing cluster is: from one of its masters, by its name, or from an inventory.
struct ClusterSource: Sendable {
    let options: ClusterOptions
    let login: LoginSettings
    let home: StateHome
    /// Opens connections with these files of host keys; tests have their own.
    var connector: @Sendable (LoginSettings, _ knownHosts: URL, _ others: [URL]) -> any Connector = {
        $0.connector(knownHosts: $1, others: $2)
    }
    /// An inventory only says where the masters are: what the cluster is, its own record says.
    var prefersRecord = false
    /// What this machine remembers will do where the masters have no record: of a cluster that was never finished.
    var trustsCache = false
    /// Tells the operator what is not as it should be.
    var warn: @Sendable (String) -> Void = { StandardError.say("warning: \($0)") }

    /// - Throws: `InventoryError` for a password file that cannot be used.
    init(_ options: ClusterOptions, _ connection: ConnectionOptions, home: StateHome = StateHome()) throws {
        self.options = options
        login = try LoginSettings(connection)
        self.home = home
    }

    /// The cluster as its own record has it. What this machine keeps of it is brought up to date.
    ///
    /// - Throws: `InventoryError`, `TransportError`, `PreflightError`, `ClusterRecordError`, `CancellationError`.
    func standing() async throws -> StandingCluster {
        if options.file != nil { return try await prefersRecord ? inventoryRecord() : inventory() }
        if let address = options.from { return try await from(options.login.host(from: address)) }
        return try await named(options.cluster ?? onlyCluster())
    }

    // MARK: - An inventory

    private func inventory() throws -> StandingCluster {
        var overrides = InventoryOverrides()
        overrides.cluster = options.cluster
        overrides.user = options.login.user
        overrides.port = options.login.port
        overrides.key = options.login.key
        return try cluster(
            try InventoryOptions.standingCluster(file: options.file, overrides: overrides), .inventory)
    }

    /// The record that the inventory's masters have.
    private func inventoryRecord() async throws -> StandingCluster {
        let standing = try inventory()
        let answers = try await MasterQuestions(pool: standing.session.pool).first(of: standing.spec.masters)
        guard let (host, text) = answers.best else {
            guard !trustsCache else { return standing }
            throw withoutRecord(standing.spec.name, standing.spec)
        }
        let record = try ClusterRecord(json: text)
        let spec = RecordCache.remembering(standing.spec, in: record.spec(login: try options.login.access()))
        return try cluster(spec, .cluster(host))
    }

    // MARK: - A master's address

    /// Where a cluster is ended, a master that is cleared already knows nothing any more; this machine may.
    private func from(_ host: Host) async throws -> StandingCluster {
        do { return try await throughMaster(host) } catch let refusal as PreflightError {
            let known = home.clusters.filter { name in
                let cached = try? RecordCache(state: StateFolder(cluster: name, home: home)).read()?.spec()
                return cached?.hosts.contains { $0.isAt(host.sshAddress) } ?? false
            }
            guard trustsCache, known.count == 1 else { throw refusal }
            return try await named(known[0])
        }
    }

    private func throughMaster(_ host: Host) async throws -> StandingCluster {
        let (record, place) = try await record(through: host)
        return try kept(record, of: place, from: host)
    }

    /// The record that a host gives, and where it lay.
    private func record(through host: Host) async throws -> (ClusterRecord, HostID) {
        try StateFolder.prove(home.root)
        let pool = ConnectionPool(connector: connector(login, home.knownHosts, home.allKnownHosts))
        let answer: RecordAnswer
        do {
            answer = try await MasterQuestions(pool: pool).answer(of: host)
            await pool.close()
        } catch {
            await pool.close()
            throw error
        }
        guard let text = answer.secret ?? answer.file else { throw answer.refusal(of: host) }
        if answer.secret == nil, answer.isMaster, !answer.apiAnswered {
            warn(
                "\(host.id): its API server does not answer; the copy of the record on this host serves, and may be old"
            )
        }
        return (try ClusterRecord(json: text), host.id)
    }

    // MARK: - A name

    private func onlyCluster() throws -> String {
        let known = home.clusters
        if known.count == 1 { return known[0] }
        throw InventoryError(problems: [
            Problem(
                place: "--cluster",
                message: known.isEmpty
                    ? "this machine knows no cluster yet" : "this machine knows \(known.count) clusters",
                remedy: known.isEmpty
                    ? "name any master of it: --from ADDRESS" : "name one of \(known.joined(separator: ", "))")
        ])
    }

    private func named(_ name: String) async throws -> StandingCluster {
        let state = StateFolder(cluster: name, home: home)
        let cached: ClusterSpec
        do {
            guard let record = try RecordCache(state: state).read() else { throw unknown(name) }
            cached = record.spec(login: try options.login.access())
        } catch let error as ClusterRecordError {
            throw PreflightError(problems: [
                Problem(
                    place: state.record.path(percentEncoded: false), message: error.message,
                    remedy: "name a master in place of the cluster: --from ADDRESS")
            ])
        }
        let standing = try cluster(cached, .cache)
        let answers = try await MasterQuestions(pool: standing.session.pool).first(of: cached.masters)
        guard let (host, text) = answers.best else {
            guard trustsCache || !answers.failures.isEmpty || answers.silent.isEmpty else {
                throw withoutRecord(name, cached)
            }
            let reasons = Set(answers.failures.values.map { "\($0.peer): \($0.message)" }).sorted()
            let why = reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"
            warn("no master of \(name) can be asked\(why); what this machine remembers of the cluster serves")
            return StandingCluster(
                spec: standing.spec, session: standing.session, origin: .cache, unreachable: answers.failures)
        }
        let record = try ClusterRecord(json: text)
        guard record.cluster == name else {
            throw PreflightError(problems: [
                Problem(
                    place: host.description,
                    message: "this host belonged to \(name), and belongs to \(record.cluster) now",
                    remedy: "use --cluster \(record.cluster), or name a master of \(name): --from ADDRESS")
            ])
        }
        let spec = RecordCache.remembering(cached, in: record.spec(login: try options.login.access()))
        try remember(spec, state)
        return StandingCluster(spec: spec, session: standing.session.with(spec: spec), origin: .cluster(host))
    }

    private func unknown(_ name: String) -> InventoryError {
        let known = home.clusters
        let list = known.isEmpty ? "" : ", or write one of \(known.joined(separator: ", "))"
        return InventoryError(problems: [
            Problem(
                place: "--cluster", message: "this machine knows no cluster \(name)",
                remedy: "name any master of it: --from ADDRESS\(list)")
        ])
    }

    private func withoutRecord(_ name: String, _ cached: ClusterSpec) -> PreflightError {
        PreflightError(problems: [
            Problem(
                place: "--cluster \(name)", message: "its masters answer, and none has a record of the cluster",
                remedy: "rebuild it with 'hakube adopt --from \(cached.masters[0].id)'")
        ])
    }

    // MARK: - Either way

    private func kept(_ record: ClusterRecord, of place: HostID, from host: Host) throws -> StandingCluster {
        let state = StateFolder(cluster: record.cluster, home: home)
        // A cache that cannot be read is replaced.
        let cached = try? RecordCache(state: state).read()?.spec()
        var spec = record.spec(login: try options.login.access()).reached(through: host)
        spec = RecordCache.remembering(cached, in: spec)
        try state.prepare()
        try remember(spec, state)
        return try cluster(spec, .cluster(place))
    }

    private func remember(_ spec: ClusterSpec, _ state: StateFolder) throws {
        do { try RecordCache(state: state).write(spec) } catch {
            warn("what is known of \(spec.name) cannot be kept here: \(error)")
        }
    }

    private func cluster(_ spec: ClusterSpec, _ origin: StandingCluster.Origin) throws -> StandingCluster {
        let session = try ClusterSession(spec: spec, login: login, home: home, connector: connector)
        return StandingCluster(spec: spec, session: session, origin: origin)
    }
}

extension ClusterSpec {
    /// The same cluster, the host behind `--from` with the login that reached it. Where the record names no login, the one
    /// that reached this host is tried on the others.
    fileprivate func reached(through from: Host) -> ClusterSpec {
        mappingHosts { host in
            let isIt = host.sshAddress == from.sshAddress || host.address.description == from.sshAddress
            var access = host.access
            access.user = isIt ? from.access.user ?? access.user : access.user ?? from.access.user
            if isIt { access.port = from.access.port ?? access.port }
            return Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, access: access, address: host.address,
                name: host.name, labels: host.labels, taints: host.taints)
        }
    }
}
