// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport

/// Connections to a cluster's hosts for the whole of one command.
struct ClusterSession: Sendable {
    let spec: ClusterSpec
    let bundle: BundleContents?
    let pool: ConnectionPool
    let state: StateFolder

    /// The run's credentials, and every password to leave out of its log.
    let values: RuntimeValues
    let parallel: Int

    /// Prepares local state and the way to log in; connects to nothing yet.
    ///
    /// - Throws: `PreflightError` or `InventoryError`.
    init(spec: ClusterSpec, bundle: BundleContents?, connection: ConnectionOptions) throws {
        var login = try LoginSettings(connection)
        // Three and more pass it on among themselves.
        login.sendsMuch = bundle != nil && spec.hosts.count < 3
        try self.init(spec: spec, bundle: bundle, login: login, home: StateHome())
    }

    /// - Parameter home: its known_hosts serves for hosts that the cluster's own does not have.
    init(
        spec: ClusterSpec, bundle: BundleContents? = nil, login: LoginSettings, home: StateHome,
        connector make: @Sendable (LoginSettings, _ knownHosts: URL, _ others: [URL]) -> any Connector = {
            $0.connector(knownHosts: $1, others: $2)
        }
    ) throws {
        let state = StateFolder(cluster: spec.name, home: home)
        try state.prepare()
        let connector = make(login, state.knownHosts, [home.knownHosts])
        self.init(
            spec: spec, bundle: bundle, pool: ConnectionPool(connector: connector), state: state, values: login.values,
            parallel: login.connection.parallel)
    }

    private init(
        spec: ClusterSpec, bundle: BundleContents?, pool: ConnectionPool, state: StateFolder, values: RuntimeValues,
        parallel: Int
    ) {
        self.spec = spec
        self.bundle = bundle
        self.pool = pool
        self.state = state
        self.values = values
        self.parallel = parallel
        values.learn(spec.registries)
    }

    /// The same connections for a changed specification of the same cluster, or with a bundle.
    func with(spec: ClusterSpec, bundle: BundleContents? = nil) -> ClusterSession {
        ClusterSession(
            spec: spec, bundle: bundle ?? self.bundle, pool: pool, state: state, values: values, parallel: parallel)
    }

    /// Says on a terminal what may take a while.
    static func announce(_ doing: String, _ count: Int) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        FileHandle.standardError.write(Data("\(doing) \(count == 1 ? "1 host" : "\(count) hosts") …\n".utf8))
    }

    func close() async { await pool.close() }
}

/// What went wrong on several hosts at once.
struct HostErrors: Error {
    let errors: [any Error]
}
