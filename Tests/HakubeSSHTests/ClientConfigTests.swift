// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import Testing

@testable import HakubeRemote

@Suite struct ClientConfigTests {
    @Test func `the first value wins, and key files add up`() {
        let config = ClientConfig(
            text: """
                # comment
                IdentityFile ~/.ssh/first
                Host 10.0.0.1
                    User alice
                    IdentityFile=~/.ssh/second # not a comment's start of a value
                Host *
                    User bob
                    Port 2222
                    IdentityFile "~/.ssh/with blank"
                """)
        let options = config.options(for: "10.0.0.1")
        #expect(options.user == "alice")
        #expect(options.port == 2222)
        #expect(options.identityFiles == ["~/.ssh/first", "~/.ssh/second", "~/.ssh/with blank"])
        #expect(config.options(for: "10.0.0.2").user == "bob")
    }

    @Test(arguments: [
        ("*", "anything", true), ("10.0.0.?", "10.0.0.7", true), ("10.0.0.?", "10.0.0.17", false),
        ("*.example", "a.b.example", true), ("* !10.0.0.3", "10.0.0.3", false), ("* !10.0.0.3", "10.0.0.4", true),
        ("!10.0.0.3", "10.0.0.4", false), ("Node*", "node1", true), ("a*b*c", "aXbXbc", true), ("a*b*c", "aXbX", false),
        ("web db", "db", true), ("web", "web1", false),
    ])
    func `host patterns`(_ patterns: String, _ host: String, _ matches: Bool) {
        let config = ClientConfig(text: "Host \(patterns)\n  Port 7\n")
        #expect((config.options(for: host).port == 7) == matches)
    }

    @Test(arguments: [
        ("Port 22", ["Port", "22"]), ("Port=22", ["Port", "22"]), ("Port = 22", ["Port", "22"]),
        ("  User  \"a b\"  ", ["User", "a b"]), ("IdentityFile /a=b", ["IdentityFile", "/a=b"]), ("# Port 22", []),
        ("Host a b # c", ["Host", "a", "b"]), ("HostName \"\"", ["HostName", ""]), ("", []),
    ])
    func `lines become words`(_ line: String, _ words: [String]) {
        #expect(ConfigLine.words(line[...]) == words)
    }

    @Test func `Match blocks are skipped, but for Match all`() {
        let config = ClientConfig(
            text: "Host x\nUser a\nMatch exec true\nUser b\nPort 9\nMatch all\nHostName h\nHost *\nPort 5")
        let options = config.options(for: "y")
        #expect(options.user == nil)
        #expect(options.port == 5)
        #expect(options.hostName == "h")
    }

    @Test func `included files count where they are included`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-config-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/more", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "Host a\nUser one\nHost *\nPort 1\n".write(toFile: folder + "/more/1", atomically: true, encoding: .utf8)
        try "Include more/*\nHost *\nUser two\nPort 2\n".write(
            toFile: folder + "/config", atomically: true, encoding: .utf8)
        let config = ClientConfig(path: folder + "/config")
        #expect(config.options(for: "a").user == "one")
        #expect(config.options(for: "b").user == "two")
        #expect(config.options(for: "b").port == 1)
        #expect(ClientConfig(path: folder + "/absent").options(for: "a") == ClientConfig.Options())
    }

    @Test func `proxies are noticed`() {
        let config = ClientConfig(text: "Host a\nProxyJump bastion\nHost b\nProxyJump none")
        #expect(config.options(for: "a").ignored == ["ProxyJump"])
        #expect(config.options(for: "b").ignored.isEmpty)
    }

    @Test func `inventory before config file before defaults`() throws {
        var configuration = SSHConfiguration(knownHostsPath: "/nowhere")
        configuration.homePath = "/home/op"
        configuration.defaultUser = "op"
        let config = ClientConfig(text: "Host node\nHostName %h.example\nUser cfg\nPort 2200")
        func login(_ name: String, _ access: SSHAccess = SSHAccess()) throws -> Login {
            let address = IPAddress(family: .v4, value: 1)
            let host = Host(id: HostID(name), role: .node, sshAddress: name, access: access, address: address)
            return try Login(to: host, config: config, configuration)
        }
        #expect(try login("node").peer == "cfg@node.example:2200")
        #expect(try login("node").knownHostsName == "[node.example]:2200")
        #expect(try login("node", SSHAccess(user: "me", port: 22)).peer == "me@node.example:22")
        #expect(try login("10.0.0.9").peer == "op@10.0.0.9:22")
        #expect(try login("fd00::1", SSHAccess(port: 23)).peer == "op@[fd00::1]:23")
        #expect(try login("fd00::1", SSHAccess(port: 23)).knownHostsName == "[fd00::1]:23")
    }

    @Test(arguments: [
        ("~/.ssh/k", "/h/.ssh/k"), ("~", "/h"), ("~other/k", "~other/k"), ("%d/.ssh/%h", "/h/.ssh/node"),
        ("a%%b", "a%b"),
        ("%z", "%z"), ("end%", "end%"),
    ])
    func `tokens`(_ text: String, _ expanded: String) {
        #expect(Login.expand(text, ["d": "/h", "h": "node"], home: "/h") == expanded)
    }
}
