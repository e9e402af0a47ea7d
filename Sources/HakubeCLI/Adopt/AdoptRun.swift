// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport
import Synchronization

/// Asks a living cluster what it is, and keeps the answer where hakube looks for it.
struct AdoptRun: Sendable {
    private let from: Host
    private let login: SSHAccess
    private let vip: IPAddress?
    private let home: StateHome
    private let parallel: Int
    private let pool: ConnectionPool

    /// - Throws: `InventoryError`, `PreflightError`.
    init(
        from: Host, login: SSHAccess, vip: IPAddress?, connection: ConnectionOptions, home: StateHome = StateHome(),
        connector: (any Connector)? = nil
    ) throws {
        self.from = from
        self.login = login
        self.vip = vip
        self.home = home
        parallel = connection.parallel
        try StateFolder.prove(home.root)
        let settings = try LoginSettings(connection)
        pool = ConnectionPool(
            connector: connector ?? settings.connector(knownHosts: home.knownHosts, others: home.allKnownHosts))
    }

    /// - Throws: `TransportError`, `PreflightError`, `ClusterRecordError`, `CancellationError`.
    func adoption() async throws -> Adoption.Result {
        let questions = MasterQuestions(pool: pool)
        let standing = try await questions.answer(of: from)
        guard standing.isMaster else { throw standing.refusal(of: from) }
        let output = try await pool.connection(to: from).run(ClusterQuestion().script) { _ in }
        guard let answer = ClusterAnswer(output) else {
            throw PreflightError(problems: [
                Problem(
                    place: from.id.description, message: "the API server of this master does not answer",
                    remedy: "name another master, or start this one's API server")
            ])
        }
        let first = Adoption(answer: answer, from: from, login: login, clues: [:], vip: vip)
        let hosts = first.hosts
        if hosts.count > 1 { ClusterSession.announce("asking", hosts.count) }
        var adoption = first
        adoption.clues = try await clues(of: hosts)
        return try adoption.result()
    }

    private func clues(of hosts: [Host]) async throws -> [String: HostClues] {
        let found = Mutex<[String: HostClues]>([:])
        await forEach(hosts, atMost: parallel) { host in
            guard let name = host.name,
                let output = try? await pool.connection(to: host).run(HostClues.question, onLine: { _ in }),
                let clues = HostClues(output)
            else { return }
            found.withLock { $0[name] = clues }
        }
        try Task.checkCancellation()
        return found.withLock { $0 }
    }

    /// Where the record was written.
    struct Places: Sendable, Hashable {
        /// False: the Secret said so already.
        let secretIsNew: Bool
        let masters: [HostID]
        /// Masters that could not be reached or written to, with the reason.
        let failed: [String]
        let cache: String
    }

    /// - Throws: `TransportError`, `PreflightError`, `LocalFileError`, `CancellationError`.
    func keep(_ spec: ClusterSpec) async throws -> Places {
        let record = try ClusterRecord(spec: spec).json()
        let secretIsNew = try await writeSecret(record)
        let kept = Mutex<(written: [HostID], failed: [String])>(([], []))
        let lead = self.from
        await forEach(spec.masters, atMost: parallel) { host in
            let target = host.sshAddress == lead.sshAddress ? lead : host
            do {
                let transport = try await pool.connection(to: target)
                try await transport.write(Array(record.utf8), to: ClusterRecord.path, mode: 0o600)
                kept.withLock { $0.written.append(host.id) }
            } catch {
                let reason = (error as? TransportError)?.message ?? "\(error)"
                kept.withLock { $0.failed.append("\(host.id): \(reason)") }
            }
        }
        try Task.checkCancellation()
        let state = StateFolder(cluster: spec.name, home: home)
        try state.prepare()
        let cached = try? RecordCache(state: state).read()?.spec()
        try RecordCache(state: state).write(RecordCache.remembering(cached, in: spec))
        let (written, failed) = kept.withLock { $0 }
        return Places(
            secretIsNew: secretIsNew, masters: written.sorted(), failed: failed.sorted(),
            cache: state.record.path(percentEncoded: false))
    }

    /// The record is on standard input, as everything is; a record that stands there already is left alone.
    private func writeSecret(_ record: String) async throws -> Bool {
        let data = Data(record.utf8).base64EncodedString()
        let kubectl =
            "kubectl --kubeconfig \(HostFiles.adminKubeconfig) --request-timeout 15s -n \(ClusterRecord.secretNamespace)"
        let script = Script(
            """
            standing=$(\(kubectl) get secret \(ClusterRecord.secretName) --ignore-not-found -o 'jsonpath={.data.cluster\\.json}')
            if [ "$standing" = '\(data)' ]; then echo unchanged; exit 0; fi
            \(kubectl) apply -f - >&2 <<'RECORD'
            apiVersion: v1
            kind: Secret
            metadata:
              name: \(ClusterRecord.secretName)
              namespace: \(ClusterRecord.secretNamespace)
            type: Opaque
            data:
              \(ClusterRecord.fileName): \(data)
            RECORD
            """, timeout: .seconds(60))
        let output = try await pool.connection(to: from).run(script) { _ in }
        guard output.status == 0 else {
            let said = output.err.split(separator: "\n").last.map { ": \(TerminalText.printable(String($0)))" } ?? ""
            throw PreflightError(problems: [
                Problem(
                    place: from.id.description,
                    message: "the Secret \(ClusterRecord.secretName) cannot be written\(said)",
                    remedy:
                        "see whether the API server takes changes: 'kubectl -n kube-system get secrets' on the master")
            ])
        }
        return !output.out.contains("unchanged")
    }

    func close() async { await pool.close() }
}
