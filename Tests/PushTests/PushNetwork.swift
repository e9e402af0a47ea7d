// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeModel
import HakubeRemote
import HakubeSSH
import HakubeTestSupport
import HakubeTransport

/// Hosts in network namespaces on one bridge, each with an sshd and private folders; the operator is this process.
///
/// A host's /var/lib/hakube, /run and /tmp are small file systems of its own mount namespace, gone with its last process.
final class PushNetwork: Sendable {
    static let absence = "needs root, sshd, ip and nft, and the courier beside the tests"

    static var isPossible: Bool {
        getuid() == 0 && SSHServer.isAvailable && courier != nil
            && access("/usr/sbin/ip", X_OK) == 0 && access("/usr/sbin/nft", X_OK) == 0
    }

    /// Built by scripts/courier.sh, where `swift build` puts programs.
    static var courier: URL? {
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let places = [
            ProcessInfo.processInfo.environment["HAKUBE_COURIER"].map { URL(filePath: $0) },
            folder.appending(path: "hakube-courier"),
            URL(filePath: #filePath).deletingLastPathComponent().appending(
                path: "../../.build/debug/hakube-courier"),
        ]
        return places.compactMap { $0 }.first { access($0.path, X_OK) == 0 }
    }

    let hosts: [Host]
    let folder: URL
    private let tag: String
    private let net: Int

    /// - Parameters:
    ///   - count: hosts, up to 50.
    ///   - disk: size of /var/lib/hakube of some hosts, in MB, by index.
    init(_ count: Int, disk: [Int: Int] = [:]) throws {
        let tag = String(UInt16.random(in: .min ... .max), radix: 36)
        let net = Int.random(in: 0...255)
        let folder = URL(filePath: "/var/tmp/hakube-push-\(UUID().uuidString)")
        self.tag = tag
        self.net = net
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            at: folder.appending(path: "home"), withIntermediateDirectories: true)
        for key in ["user", "host"] { try SSHServer.makeKey(at: folder.appending(path: key).path) }
        try FileManager.default.copyItem(
            atPath: folder.appending(path: "user.pub").path, toPath: folder.appending(path: "authorized_keys").path)
        hosts = (0..<count).map { index in
            let address = "10.98.\(net).\(index + 1)"
            return Host(
                id: HostID(address), role: .node, sshAddress: address,
                access: SSHAccess(user: "root", port: 22, keyPath: folder.appending(path: "user").path),
                address: IPAddress(family: .v4, value: UInt128(10 << 24 | 98 << 16 | net << 8 | (index + 1))))
        }
        mkdir("/run/sshd", 0o755)
        try Self.configuration(folder).write(
            to: folder.appending(path: "sshd_config"), atomically: true, encoding: .utf8)
        do {
            try Self.shell(
                """
                ip link add hp\(tag) type bridge
                ip addr add 10.98.\(net).254/24 dev hp\(tag)
                ip link set hp\(tag) up
                """)
            for index in 0..<count { try start(index, megabytes: disk[index] ?? 200) }
        } catch {
            tearDown()
            throw error
        }
    }

    deinit { tearDown() }

    private static func configuration(_ folder: URL) -> String {
        """
        Port 22
        ListenAddress 0.0.0.0
        HostKey \(folder.path)/host
        AuthorizedKeysFile \(folder.path)/authorized_keys
        PidFile none
        UsePAM no
        StrictModes no
        UseDNS no
        PermitRootLogin yes
        MaxStartups 100
        SetEnv HOME=\(folder.path)/home

        """
    }

    private func start(_ index: Int, megabytes: Int) throws {
        let name = space(index)
        try Self.shell(
            """
            ip netns add \(name)
            ip link add hp\(tag)n\(index) type veth peer name eth0 netns \(name)
            ip link set hp\(tag)n\(index) master hp\(tag) up
            ip -n \(name) addr add \(hosts[index].id)/24 dev eth0
            ip -n \(name) link set eth0 up
            ip -n \(name) link set lo up
            """)
        _ = try LocalProgram.start([
            "/usr/sbin/ip", "netns", "exec", name, "/bin/sh", "-c",
            """
            mkdir -p /var/lib/hakube
            mount -t tmpfs -o size=\(megabytes)m hakube-test /var/lib/hakube
            mount -t tmpfs hakube-test /tmp
            mount -t tmpfs hakube-test /run
            mkdir -p /run/sshd
            exec /usr/sbin/sshd -D -f \(folder.path)/sshd_config -E \(folder.path)/log\(index)
            """,
        ])
    }

    private func tearDown() {
        for index in hosts.indices {
            _ = try? Self.shell(
                "for p in $(ip netns pids \(space(index))); do kill -9 $p; done; ip netns del \(space(index))")
        }
        _ = try? Self.shell("ip link del hp\(tag)")
        try? FileManager.default.removeItem(at: folder)
    }

    @discardableResult
    static func shell(_ script: String) throws -> String {
        try LocalProgram.run(["/bin/sh", "-euc", script])
    }

    private func space(_ index: Int) -> String { "hp\(tag)-\(index)" }

    /// Runs a script among a host's processes, which its files are not: for its network, and to end what runs there.
    @discardableResult
    func run(_ script: String, in index: Int) throws -> String {
        try LocalProgram.run(["/usr/sbin/ip", "netns", "exec", space(index), "/bin/sh", "-euc", script])
    }

    /// Starts a program that goes on, in a host's network.
    func start(_ arguments: [String], in index: Int) throws {
        _ = try LocalProgram.start(["/usr/sbin/ip", "netns", "exec", space(index)] + arguments)
    }

    /// Runs a script among a host's files, without logging in.
    func inside(_ index: Int, _ script: String) throws {
        let server = try Self.shell("ip netns pids \(space(index)) | sort -n | head -n 1")
        let process = server.filter(\.isNumber)
        try LocalProgram.run(["/usr/bin/nsenter", "-t", process, "-m", "/bin/sh", "-euc", script])
    }

    /// Kills every process of a host whose command line a pattern of grep fits.
    func kill(_ pattern: String, in index: Int) {
        _ = try? Self.shell(
            """
            for p in $(ip netns pids \(space(index))); do
                if tr '\\0' ' ' </proc/$p/cmdline | grep -q -- '\(pattern)'; then kill -9 $p; fi
            done
            """)
    }

    /// Fits a courier, and not the script that starts it.
    static let couriers = "^[^ ]*/.hakube-courier[^ ]* serve"

    /// Makes the operator's line as thin as tc-tbf(8) is told.
    func limitUplink(_ filter: String) throws { try Self.shell("tc qdisc add dev hp\(tag) root tbf \(filter)") }

    /// Bytes that the operator has put on the wire, headers included.
    var uplink: Int { count("hp\(tag)", "tx_bytes") }

    /// Bytes that a host has put on the wire, headers included.
    func sent(by index: Int) -> Int { count("hp\(tag)n\(index)", "rx_bytes") }

    private func count(_ device: String, _ name: String) -> Int {
        let text = try? String(contentsOfFile: "/sys/class/net/\(device)/statistics/\(name)", encoding: .utf8)
        return Int((text ?? "").filter(\.isNumber)) ?? 0
    }

    var connector: SSHConnector {
        var configuration = SSHConfiguration(knownHostsPath: folder.appending(path: "known_hosts").path)
        configuration.homePath = folder.appending(path: "home").path
        configuration.configPath = nil
        configuration.agentSocket = nil
        return SSHConnector(configuration)
    }

    /// Processes of a host by their command lines, without those of sshd and of the question itself.
    func processes(_ index: Int) throws -> [String] {
        let found = try Self.shell(
            "for p in $(ip netns pids \(space(index))); do tr '\\0' ' ' </proc/$p/cmdline && echo; done 2>/dev/null || :"
        )
        return found.split(separator: "\n").map(String.init).filter { !$0.contains("sshd") && !$0.isEmpty }
    }

    /// What a run has left behind on a host: processes, listeners, files of couriers.
    func remains(_ index: Int) async throws -> [String] {
        let listeners = try run("ss -lntH | awk '{print $4}' | grep -v ':22$' || :", in: index)
        let files = try await onHost(
            index, "find /var/lib/hakube /run /tmp -name '.hakube-courier*' -o -name .wire -o -name '*.part'")
        return try processes(index) + (listeners + files).split(separator: "\n").map(String.init)
    }

    /// What a script says that runs on a host, where its files are.
    @discardableResult
    func onHost(_ index: Int, _ script: String) async throws -> String {
        let transport = try await connector.connect(to: hosts[index])
        let output = try await transport.run(script)
        await transport.close()
        guard output.status == 0 else { throw LocalProgram.Failure(description: "\(output)") }
        return output.out
    }
}
