// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// Bare hosts of the lab for one suite, with a network and a name of their own.
struct Lab: Sendable {
    let name: String
    let network: String
    let hosts: [(name: String, octet: Int)]

    /// Why the lab's tests cannot run here; `nil` where they can.
    static var obstacle: String? {
        let environment = ProcessInfo.processInfo.environment
        if !["1", "all"].contains(environment["HAKUBE_LAB_TESTS"] ?? "") {
            return "HAKUBE_LAB_TESTS is not set: make test sets it"
        }
        if getuid() != 0 { return "the lab's hosts need root" }
        if bundle.isEmpty { return "HAKUBE_BUNDLE names no bundle" }
        return nil
    }

    /// What takes longer than `make test` has time for runs as well.
    static var runsAll: Bool { ProcessInfo.processInfo.environment["HAKUBE_LAB_TESTS"] == "all" }

    static var bundle: String { ProcessInfo.processInfo.environment["HAKUBE_BUNDLE"] ?? "" }

    /// Where the lab keeps bases, keys and disks.
    static var folder: URL {
        URL(filePath: ProcessInfo.processInfo.environment["HAKUBE_LAB"] ?? "/var/cache/hakube/lab")
    }

    func address(_ host: String) -> String {
        "\(network).\(hosts.first { $0.name == host }?.octet ?? 0)"
    }

    private var environment: [String: String] {
        [
            "LAB_NAME": name, "NET": network,
            "HOSTS": hosts.map { "\($0.name):\($0.octet)" }.joined(separator: " "),
        ]
    }

    @discardableResult
    func script(_ arguments: String...) async throws -> ProgramRun {
        try await ProgramRun.run(Checkout.labScript, arguments, environment: environment)
    }

    /// Throws away what an earlier run left and starts every host fresh.
    func start() async throws {
        try await script("down")
        let up = try await script("up")
        try #require(up.status == 0, "\(up.out)\(up.err)")
    }

    /// Runs a command on a host as root and gives what it printed.
    func on(_ host: String, _ command: String) async throws -> ProgramRun {
        try await ProgramRun.run(Checkout.labScript, ["ssh", host, command], environment: environment)
    }

    var key: String { Self.folder.appending(path: "id_ed25519").path() }

    /// Every file that has been added or changed on a host since it was made, logs and run-time state apart.
    func changedFiles(_ host: String) throws -> [String: String] {
        let disk = Self.folder.appending(path: "\(name)/hosts/\(host)")
        var found: [String: String] = [:]
        for part in ["upper", "var"] {
            let root = disk.appending(path: part)
            guard let walk = FileManager.default.enumerator(atPath: root.path()) else { continue }
            for case let path as String in walk {
                let isLog = ["log/", "lib/systemd/", "cache/", "tmp/"].contains { "\(path)/".hasPrefix($0) }
                if part == "var" && isLog { continue }
                // Debian's sudo marks its first use in the user's home by itself.
                if path.hasSuffix("/.sudo_as_admin_successful") { continue }
                let attributes = try FileManager.default.attributesOfItem(atPath: root.appending(path: path).path())
                guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
                let size = attributes[.size] as? Int ?? -1
                let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
                found["\(part)/\(path)"] = "\(size) \(time)"
            }
        }
        return found
    }

    /// Runs hakube with a home of its own, so that suites share no known hosts.
    func hakube(_ arguments: [String], home: String? = nil, environment: [String: String] = [:]) async throws
        -> ProgramRun
    {
        let folder = home ?? Self.folder.appending(path: "\(name)/operator").path()
        return try await ProgramRun.run(
            Checkout.hakube, arguments, environment: environment.merging(["HAKUBE_HOME": folder]) { given, _ in given })
    }
}
