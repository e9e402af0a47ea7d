// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubeTransport
import Synchronization

/// Puts files on many hosts, side by side. A file appears whole or not at all, and only with the right digest.
struct CopyRun: Sendable {
    let files: [LocalFile]
    /// Absolute path on the hosts.
    let target: String
    let asRoot: Bool
    let pool: ConnectionPool
    let parallel: Int

    enum Ending: Sendable, Hashable {
        case copied(Int)
        /// Every file stood there already, with these bytes and this mode.
        case unchanged
        case failed(String)
        case interrupted

        var isGood: Bool {
            switch self {
            case .copied, .unchanged: true
            case .failed, .interrupted: false
            }
        }
    }

    /// Endings in the order of `hosts`; one host's trouble stops no other.
    func endings(
        on hosts: [Host], onProgress: @escaping @Sendable (_ sent: Int, _ total: Int) -> Void = { _, _ in },
        onEnd: @escaping @Sendable (HostID, Ending) -> Void = { _, _ in }
    ) async -> [(HostID, Ending)] {
        let meter = FleetMeter(total: hosts.count * files.reduce(0) { $0 + $1.byteCount }, report: onProgress)
        let endings = Mutex<[HostID: Ending]>([:])
        await forEach(hosts, atMost: parallel) { host in
            guard !Task.isCancelled else { return }
            let ending = await ending(on: host, meter)
            onEnd(host.id, ending)
            endings.withLock { $0[host.id] = ending }
        }
        return endings.withLock { found in hosts.map { ($0.id, found[$0.id] ?? .interrupted) } }
    }

    private func ending(on host: Host, _ meter: FleetMeter) async -> Ending {
        var copied = 0
        do {
            let transport = try await pool.connection(to: host)
            for file in files {
                let place = CopyScript(file: file, target: target, isFolder: isFolder, asRoot: asRoot)
                if try await transport.run(place.standsThere, onLine: { _ in }).status == 0 {
                    meter.add(file.byteCount)
                    continue
                }
                let sent = Mutex(0)
                let output = try await transport.stream(file, into: place.taking) { total in
                    meter.add(
                        sent.withLock { before in
                            defer { before = total }
                            return total - before
                        })
                }
                guard output.status == 0 else {
                    let said = output.err.split(separator: "\n").last.map(String.init) ?? "exit code \(output.status)"
                    return .failed("\(file.name): \(TerminalText.printable(said))")
                }
                copied += 1
            }
            return copied == 0 ? .unchanged : .copied(copied)
        } catch let error as TransportError {
            return Task.isCancelled ? .interrupted : .failed(error.message)
        } catch is CancellationError {
            return .interrupted
        } catch {
            return .failed("\(error)")
        }
    }

    private var isFolder: Bool { target.hasSuffix("/") || files.count > 1 }
}

extension CopyRun.Ending {
    /// For the table at the end.
    var words: String {
        switch self {
        case .copied(let count): count == 1 ? "copied" : "\(count) files copied"
        case .unchanged: "unchanged"
        case .failed(let message): message
        case .interrupted: "interrupted"
        }
    }
}

/// Bytes that went to all hosts together.
private final class FleetMeter: Sendable {
    private let total: Int
    private let done = Mutex(0)
    private let report: @Sendable (Int, Int) -> Void

    init(total: Int, report: @escaping @Sendable (Int, Int) -> Void) {
        self.total = total
        self.report = report
    }

    func add(_ count: Int) {
        let sum = done.withLock { sum in
            sum += count
            return sum
        }
        report(sum, total)
    }
}
