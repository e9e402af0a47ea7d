// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
import HakubeTransport
import Synchronization

/// Keeps a second operator off the hosts of a running plan: a file on each of them, that a reboot takes away.
package struct RunLock: Sendable {
    package static let path = "/run/hakube.lock"
    /// Token of the run that took the host last. A plan is made from facts, and is worth nothing when another run has been
    /// there since.
    package static let lastRun = "/run/hakube.last"
    /// A run that finds this lock with another's token has lost the host.
    static let lost = 76
    /// A lock that is younger may belong to somebody who does not have all hosts yet, and gives way.
    private static let settled = 5

    package let owner: LockOwner
    private let hosts: [Host]
    private let pool: ConnectionPool
    private let pace: Pace

    package init(owner: LockOwner, hosts: [Host], pool: ConnectionPool, pace: Pace = .system) {
        self.owner = owner
        self.hosts = hosts
        self.pool = pool
        self.pace = pace
    }

    /// Takes all hosts, side by side, or none.
    ///
    /// A lock whose owner is a process of this machine that has ended is taken over in silence. Of two that start together
    /// and meet on different hosts, the one with the smaller token waits and the other gives way.
    /// - Parameters:
    ///   - takeOver: takes the hosts from whoever has them.
    ///   - seen: by host, the last run that its facts told of; a host that is not in it may have seen any.
    /// - Throws: `HostsHeld`; `HostsChanged` when another run has been there since; the first host's error where one cannot be asked.
    package func take(takeOver: Bool, seen: [HostID: String] = [:]) async throws {
        let results = Mutex<[HostID: Result<Taking, any Error>]>([:])
        await forEach(hosts, atMost: hosts.count) { host in
            let result: Result<Taking, any Error>
            do { result = .success(try await take(host, takeOver)) } catch { result = .failure(error) }
            results.withLock { $0[host.id] = result }
        }
        let found = results.withLock { $0 }
        let answers = hosts.compactMap { host in found[host.id].map { (host.id, $0) } }
        var holders: [HostsHeld.Holder] = []
        var changed: [HostID] = []
        for (host, answer) in answers {
            switch answer {
            case .success(.held(let owner)): holders.append(HostsHeld.Holder(host: host, owner: owner))
            case .success(.taken(let last)): if let known = seen[host], known != last { changed.append(host) }
            case .failure: break
            }
        }
        do {
            for (_, answer) in answers { _ = try answer.get() }
            guard holders.isEmpty else { throw HostsHeld(holders: holders) }
            guard changed.isEmpty else { throw HostsChanged(hosts: changed) }
        } catch {
            await release(givingBack: former(answers))
            throw error
        }
    }

    private func former(_ answers: [(HostID, Result<Taking, any Error>)]) -> [HostID: String] {
        var former: [HostID: String] = [:]
        for case (let host, .success(.taken(let last))) in answers { former[host] = last }
        return former
    }

    /// Lets go of every host this run still has. Works after Ctrl-C as well; a host that does not answer keeps its lock,
    /// which the next run on this machine finds to be nobody's.
    ///
    /// - Parameter former: the runs that had the hosts last: one that gives way was never there.
    package func release(givingBack former: [HostID: String] = [:]) async {
        let scripts = Dictionary(uniqueKeysWithValues: hosts.map { ($0.id, release(to: former[$0.id])) })
        let (hosts, pool) = (hosts, pool)
        // A task of its own is not cancelled with this one.
        await Task {
            await forEach(hosts, atMost: hosts.count) { host in
                guard let script = scripts[host.id], let transport = await pool.standing(host.id) else { return }
                _ = try? await transport.run(script) { _ in }
            }
        }.value
    }

    private func release(to former: String?) -> Script {
        let mark = former.map { $0.isEmpty ? "rm -f \(Self.lastRun)" : "echo \(Script.quoted($0)) > \(Self.lastRun)" }
        // On a host that was given back nothing stays.
        return Script(
            """
            umask 077
            if grep -qsx 'token \(owner.token)' \(Self.path); then
            \(mark ?? "[ -e /var/lib/hakube ] || rm -f \(Self.lastRun)")
            rm -f \(Self.path) \(StepBatch.record)
            fi
            """, timeout: .seconds(10))
    }

    private enum Taking: Sendable {
        /// This run has the host; the run that had it before.
        case taken(after: String)
        case held(by: LockOwner)
    }

    private func take(_ host: Host, _ takeOver: Bool) async throws -> Taking {
        let transport = try await pool.connection(to: host)
        var instead: LockOwner?
        let begin = pace.now()
        while true {
            let output = try await transport.run(Script(taking(instead: instead), timeout: .seconds(30))) { _ in }
            let lines = output.out.split(separator: "\n", maxSplits: 1)
            guard output.status == 0, let first = lines.first else {
                let said = output.err.split(separator: "\n").last ?? "status \(output.status)"
                throw TransportError(
                    .file, peer: host.id.description, message: "the lock \(Self.path) cannot be written: \(said)",
                    remedy: "see that /run on the host can be written, then run the same command again")
            }
            if first == "taken" {
                return .taken(after: String(lines.dropFirst().first?.split(separator: "\n").first ?? ""))
            }
            let age = Int(first.split(separator: " ").last ?? "") ?? Self.settled
            guard let other = LockOwner(String(lines.last ?? "")) else {
                // It went away between two commands of the script; or it is no lock of ours.
                guard pace.now() - begin < .seconds(Self.settled) else {
                    throw TransportError(
                        .file, peer: host.id.description, message: "\(Self.path) is no lock of hakube",
                        remedy: "remove that file on the host, then run the same command again")
                }
                try await pace.pause(.milliseconds(200))
                continue
            }
            if takeOver || !other.mayLive(beside: owner) {
                instead = other
            } else if age < Self.settled, owner.token < other.token, pace.now() - begin < .seconds(Self.settled) {
                try await pace.pause(.milliseconds(200))
            } else {
                return .held(by: other)
            }
        }
    }

    /// A hard link is made by one only. A lock that is taken over has changed hands only when its token is still the one
    /// that was seen; should two do this in the same instant, the token tells the first of them at its next step.
    private func taking(instead: LockOwner?) -> String {
        let new = "\(Self.path).\(owner.token)"
        let replacing = instead.map { old in
            "if grep -qsx \(Script.quoted("token \(old.token)")) \(Self.path); then mv -f \(new) \(Self.path); taken; fi"
        }
        return """
            umask 077
            taken() {
                echo taken
                cat \(Self.lastRun) 2>/dev/null || :
                echo \(owner.token) > \(Self.lastRun)
                exit 0
            }
            cat > \(new) <<'HAKUBE_LOCK_END'
            \(owner.text)
            HAKUBE_LOCK_END
            \(replacing ?? ":")
            if ln \(new) \(Self.path) 2>/dev/null; then rm -f \(new); taken; fi
            rm -f \(new)
            made=$(stat -c %Y \(Self.path) 2>/dev/null) || made=$(date +%s)
            echo "held $(($(date +%s) - made))"
            cat \(Self.path) 2>/dev/null || :
            """
    }

    /// Goes ahead of a script: ends it when the host has got another owner. A host that was restarted has no lock.
    package static func check(_ token: String) -> String {
        "[ ! -e \(path) ] || grep -qsx 'token \(token)' \(path) || exit \(lost)"
    }
}

/// Others are at work on hosts of the plan.
package struct HostsHeld: Error, Sendable, Hashable {
    package struct Holder: Sendable, Hashable {
        package let host: HostID
        package let owner: LockOwner

        package init(host: HostID, owner: LockOwner) {
            self.host = host
            self.owner = owner
        }
    }

    package let holders: [Holder]

    package init(holders: [Holder]) { self.holders = holders }

    /// One problem for each owner, with the hosts it has.
    package var problems: [Problem] {
        var owners: [LockOwner] = []
        for holder in holders where !owners.contains(holder.owner) { owners.append(holder.owner) }
        return owners.map { owner in
            let hosts = holders.filter { $0.owner == owner }.map(\.host.description)
            let more = hosts.count > 1 ? " (and \(hosts.count - 1) more)" : ""
            return Problem(
                place: hosts[0] + more, message: "is worked on by \(owner)",
                remedy: "wait for it, or if that run is dead run the same command with --take-over")
        }
    }
}

/// Another run has been on hosts of the plan since their facts were gathered: the plan is one for yesterday's cluster.
package struct HostsChanged: Error, Sendable, Hashable {
    package let hosts: [HostID]

    package var problems: [Problem] {
        hosts.map { host in
            Problem(
                place: host.description, message: "another run of hakube has been here since it was looked at",
                remedy: "run the same command again; it makes a plan from how things are now")
        }
    }
}
