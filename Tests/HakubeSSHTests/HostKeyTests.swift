// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeRemote
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@Suite(.enabled(if: SSHServer.isAvailable, "sshd or ssh-keygen is not installed"))
struct HostKeyTests {
    /// Host keys reported as new.
    private final class Seen: Sendable {
        let keys = Mutex<[NewHostKey]>([])
        var all: [NewHostKey] { keys.withLock { $0 } }
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test(arguments: Client.available)
    func `first contact is recorded, reported once, and known from then on`(_ client: Client) async throws {
        var loopback = try Loopback(client: client)
        let seen = Seen()
        loopback.configuration.onNewHostKey = { key in seen.keys.withLock { $0.append(key) } }
        for _ in 0..<2 { await (try loopback.connect()).close() }
        let fingerprint = try SSHServer.fingerprint(ofKeyAt: loopback.server.directory.path + "/host_ed25519.pub")
        let expected = NewHostKey(
            host: HostID("127.0.0.1"), name: "[127.0.0.1]:\(loopback.server.port)", type: "ssh-ed25519",
            fingerprint: fingerprint)
        #expect(seen.all == [expected])
        let path = loopback.configuration.knownHostsPath
        #expect(try mode(path) == 0o600)
        let found = try LocalProgram.run(["/usr/bin/ssh-keygen", "-l", "-F", expected.name, "-f", path])
        #expect(found.contains(fingerprint), "OpenSSH reads the file: \(found)")
    }

    @Test(arguments: Client.available)
    func `strict checking refuses an unknown key and says its fingerprint and how to accept it`(_ client: Client)
        async throws
    {
        var loopback = try Loopback(client: client)
        loopback.configuration.strictHostKeys = true
        let error = try await loopback.refusal()
        let directory = loopback.server.directory.path
        #expect(error.code == .unknownHostKey)
        #expect(try error.message.contains(SSHServer.fingerprint(ofKeyAt: directory + "/host_ed25519.pub")))
        #expect(error.remedy.contains(loopback.configuration.knownHostsPath))
        #expect(!FileManager.default.fileExists(atPath: loopback.configuration.knownHostsPath))

        let line = try #require(error.remedy.split(separator: "\"").dropFirst().first)
        try FileManager.default.createDirectory(
            atPath: directory + "/client", withIntermediateDirectories: true, attributes: nil)
        try String(line).write(toFile: loopback.configuration.knownHostsPath, atomically: true, encoding: .utf8)
        await (try loopback.connect()).close()
    }

    @Test(arguments: Client.available)
    func `a changed key stops with both fingerprints`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        await (try loopback.connect()).close()
        let file = loopback.server.directory.path + "/host_ed25519.pub"
        let before = try SSHServer.fingerprint(ofKeyAt: file)
        let other = try Loopback(client: client)
        let after = try SSHServer.fingerprint(ofKeyAt: other.server.directory.path + "/host_ed25519.pub")
        // The other server answers under a name that was recorded with the first one's key.
        let path = loopback.configuration.knownHostsPath
        let text = try String(contentsOfFile: path, encoding: .utf8)
            .split(separator: "\(loopback.server.port)", omittingEmptySubsequences: false)
            .joined(separator: "\(other.server.port)")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let error = try await loopback.refusal(other.host())
        #expect(error.code == .changedHostKey)
        #expect(error.message.contains(before))
        #expect(error.message.contains(after))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text, "the record stays")
    }

    @Test(arguments: Client.available)
    func `a host with several keys is asked for the recorded one`(_ client: Client) async throws {
        let loopback = try Loopback(client: client, hostKeys: ["ed25519", "ecdsa"])
        let file = try String(contentsOfFile: loopback.server.directory.path + "/host_ecdsa.pub", encoding: .utf8)
        let fields = file.split(separator: " ")
        let path = loopback.configuration.knownHostsPath
        try FileManager.default.createDirectory(
            atPath: loopback.server.directory.path + "/client", withIntermediateDirectories: true, attributes: nil)
        let record = "# by hand\n[127.0.0.1]:\(loopback.server.port) \(fields[0]) \(fields[1])\n"
        try record.write(toFile: path, atomically: true, encoding: .utf8)
        await (try loopback.connect()).close()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == record)
    }

    @Test(arguments: Client.available)
    func `hosts that connect side by side are all recorded`(_ client: Client) async throws {
        let servers = try (0..<6).map { _ in try Loopback(client: client) }
        let connector = servers[0].connector
        try await withThrowingTaskGroup(of: Void.self) { group in
            for loopback in servers {
                let host = loopback.host()
                group.addTask { await (try connector.connect(to: host)).close() }
            }
            try await group.waitForAll()
        }
        let text = try String(contentsOfFile: servers[0].configuration.knownHostsPath, encoding: .utf8)
        #expect(text.split(separator: "\n").count == servers.count)
    }

    @Test(arguments: Client.available)
    func `a key that another file knows is known, and recorded in the own one`(_ client: Client) async throws {
        var loopback = try Loopback(client: client)
        await (try loopback.connect()).close()
        let other = loopback.configuration.knownHostsPath
        let text = try String(contentsOfFile: other, encoding: .utf8)
        let seen = Seen()
        loopback.configuration.onNewHostKey = { key in seen.keys.withLock { $0.append(key) } }
        loopback.configuration.knownHostsPath = loopback.server.directory.path + "/second/known_hosts"
        loopback.configuration.otherKnownHostsPaths = ["/nowhere/known_hosts", other]
        await (try loopback.connect()).close()
        #expect(seen.all.isEmpty)
        #expect(try String(contentsOfFile: loopback.configuration.knownHostsPath, encoding: .utf8) == text)

        // The file that is named is the one that holds the other key.
        let stranger = try Loopback(client: client)
        let changed = text.replacing("\(loopback.server.port)", with: "\(stranger.server.port)")
        try changed.write(toFile: other, atomically: true, encoding: .utf8)
        let error = try await loopback.refusal(stranger.host())
        #expect(error.code == .changedHostKey)
        #expect(error.remedy.contains("from \(other);"))
        #expect(try String(contentsOfFile: other, encoding: .utf8) == changed)
    }

    @Test(arguments: Client.available)
    func `a server with a certificate is recorded by its key, and another key is refused`(_ client: Client) async throws
    {
        let folder = try ScratchFolder()
        let (authority, key) = (folder.place("ca"), folder.place("certified"))
        for path in [authority, key] { try SSHServer.makeKey(at: path) }
        try LocalProgram.run(["/usr/bin/ssh-keygen", "-q", "-s", authority, "-I", "host", "-h", key + ".pub"])
        var loopback = try Loopback(
            client: client, hostKeys: [], options: ["HostKey \(key)", "HostCertificate \(key)-cert.pub"])
        let seen = Seen()
        loopback.configuration.onNewHostKey = { key in seen.keys.withLock { $0.append(key) } }
        for _ in 0..<2 { await (try loopback.connect()).close() }
        #expect(seen.all.map(\.fingerprint) == [try SSHServer.fingerprint(ofKeyAt: key + ".pub")])

        let path = loopback.configuration.knownHostsPath
        let other = try String(contentsOfFile: authority + ".pub", encoding: .utf8).split(separator: " ")
        let record = "[127.0.0.1]:\(loopback.server.port) \(other[0]) \(other[1])\n"
        try record.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try await loopback.refusal().code == .changedHostKey)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == record)
    }

    @Test(.enabled(if: Client.available.contains(.openssh), "needs ssh"))
    func `a command of the operator's does not overrule what is recorded`() async throws {
        var loopback = try Loopback(client: .openssh)
        let directory = loopback.server.directory.path
        let shown = try String(contentsOfFile: directory + "/host_ed25519.pub", encoding: .utf8).split(separator: " ")
        let name = "[127.0.0.1]:\(loopback.server.port)"
        let script = directory + "/known"
        try "#!/bin/sh\necho '\(name) \(shown[0]) \(shown[1])'\n".write(
            toFile: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        try "Host *\nKnownHostsCommand \(script)\n".write(
            toFile: directory + "/config", atomically: true, encoding: .utf8)
        loopback.configuration.configPath = directory + "/config"
        let other = try String(contentsOfFile: loopback.server.userKey + ".pub", encoding: .utf8).split(separator: " ")
        try FileManager.default.createDirectory(
            atPath: directory + "/client", withIntermediateDirectories: true, attributes: nil)
        try "\(name) \(other[0]) \(other[1])\n".write(
            toFile: loopback.configuration.knownHostsPath, atomically: true, encoding: .utf8)
        #expect(try await loopback.refusal().code == .changedHostKey)
        #expect(!loopback.server.log.contains("Accepted"))
    }

    @Test(arguments: Client.available)
    func `a key of a first contact is recorded although the log-in fails`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let stranger = loopback.server.directory.path + "/stranger"
        try SSHServer.makeKey(at: stranger)
        #expect(try await loopback.refusal(loopback.host(key: stranger)).code == .authentication)
        let text = try String(contentsOfFile: loopback.configuration.knownHostsPath, encoding: .utf8)
        #expect(text.hasPrefix("[127.0.0.1]:\(loopback.server.port) ssh-ed25519 "))
    }
}
