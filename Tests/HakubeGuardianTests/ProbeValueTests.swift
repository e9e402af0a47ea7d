// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeGuardian
import Testing

/// What a probe reads and how it decides, without a network.
struct ProbeValueTests {
    // MARK: - kubeconfig

    private static let authority = "certificate-authority-data: Q0E=\n"

    private func kubeconfig(_ text: String) throws(UsageError) -> ProbeKubeconfig {
        try ProbeKubeconfig(parsing: Array(text.utf8), place: "kubelet.conf")
    }

    private func complaint(_ text: String) -> String? {
        do throws(UsageError) { _ = try kubeconfig(text) } catch { return error.description }
        return nil
    }

    @Test func `a kubelet's kubeconfig is understood`() throws {
        let found = try kubeconfig(
            """
            # server: https://comment:1
            clusters:
            - cluster:
                \(Self.authority)    server: "https://apiserver.cluster.local:6443/"
            users:
            - name: default-auth
              user:
                client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
                client-key-data: S0VZ
            """)
        #expect(found.server == ProbeServer(host: "apiserver.cluster.local", port: 6443))
        #expect(found.authority == .text(Array("CA".utf8)))
        #expect(found.certificate == .file("/var/lib/kubelet/pki/kubelet-client-current.pem"))
        #expect(found.key == .text(Array("KEY".utf8)))
        #expect(found.serverName == nil)
    }

    @Test func `what is no kubeconfig of one cluster is refused with a sentence`() {
        let server = "server: https://a:1\n"
        #expect(complaint(Self.authority)?.hasPrefix("kubelet.conf names no server") == true)
        #expect(complaint(server + server + Self.authority)?.hasPrefix("kubelet.conf has 2 lines server") == true)
        #expect(complaint("server: http://a:1\n" + Self.authority)?.contains("is no https://NAME:PORT") == true)
        #expect(complaint(server)?.contains("no certificate-authority") == true)
        #expect(complaint(server + "certificate-authority-data: ???=\n")?.contains("is no base64") == true)
        #expect(complaint(server + Self.authority + "client-key: /k\n")?.contains("without its certificate") == true)
        #expect(complaint(server + Self.authority) == nil)
    }

    @Test(arguments: [
        ("a:6443", "a:6443"), ("a", "a:443"), ("10.0.0.1:1", "10.0.0.1:1"), ("[fd00::1]:6443", "[fd00::1]:6443"),
        ("[fd00::1]", "[fd00::1]:443"),
    ])
    func `servers are names or addresses with a port`(text: String, meaning: String) {
        #expect(ProbeServer(text)?.description == meaning)
    }

    @Test(arguments: ["", ":1", "a:", "a:0", "a:70000", "fd00::1", "[10.0.0.1]:1", "[fd00::1]x", "a b:1", "a/b:1"])
    func `what is no server is none`(text: String) { #expect(ProbeServer(text) == nil) }

    // MARK: - Options

    private func options(_ line: String) throws(UsageError) -> ProbeOptions? {
        let command = try GuardianCommand.parse(line.split(separator: " ").map(String.init)) { _ in nil }
        if case .probe(let options) = command { return options }
        return nil
    }

    @Test func `options of a probe are understood, and have usual values`() throws {
        #expect(try options("probe") == ProbeOptions(kubeconfig: .file("/etc/kubernetes/kubelet.conf")))
        let given = try options(
            "probe --kubeconfig /k --server [fd00::1]:1 --path /version --interval 20 --timeout=500 --limit 9 "
                + "--through AB --check")
        var wanted = ProbeOptions(kubeconfig: .file("/k"))
        wanted.server = ProbeServer(host: "fd00::1", port: 1)
        (wanted.path, wanted.interval, wanted.timeout, wanted.limit) = ("/version", 20, 500, 9)
        (wanted.through, wanted.isCheck) = ("ab", true)
        #expect(given == wanted)
    }

    @Test(arguments: ["--interval 1", "--limit 0", "--timeout x", "--path version", "--server a:0", "--what", "word"])
    func `an option that cannot be obeyed is named`(option: String) {
        #expect(throws: UsageError.self) { try options("probe \(option)") }
    }

    // MARK: - Names

    @Test func `etc hosts is read as a resolver reads it`() {
        let text = """
            127.0.0.1\tlocalhost
            # 10.0.0.9 apiserver.test
            10.0.0.1  other APISERVER.test # the first
            nonsense apiserver.test
            fd00::1 apiserver.test
            10.0.0.2 apiserver.test.example
            """
        #expect(HostsFile.addresses(of: "apiserver.Test", in: text).map(\.description) == ["10.0.0.1", "fd00::1"])
        #expect(HostsFile.addresses(of: "10.0.0.1", in: text).isEmpty)
    }

    // MARK: - The watch

    @Test func `a node watches itself, others what hardly changes`() {
        let node = ProbeWatch.path(for: "system:node:worker1")
        #expect(node == "/api/v1/nodes?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dworker1")
        let other = "/api/v1/namespaces?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dkube-system"
        #expect(ProbeWatch.path(for: "kubernetes-admin") == other)
        #expect(ProbeWatch.path(for: nil) == other)
    }

    @Test func `a silent connection is asked after 30 s, and given up 15 s later`() {
        var patience = WatchPatience(now: 1000)
        #expect(patience.next(at: 1000) == .wait(milliseconds: 30_000))
        #expect(patience.next(at: 30_999) == .wait(milliseconds: 1))
        #expect(patience.next(at: 31_000) == .ping)
        #expect(patience.next(at: 31_000) == .wait(milliseconds: 15_000))
        #expect(patience.next(at: 46_000) == .giveUp)
    }

    @Test func `what comes puts the question off, and only its answer ends it`() {
        var patience = WatchPatience(now: 0)
        patience.hear(at: 20_000)
        #expect(patience.next(at: 30_000) == .wait(milliseconds: 20_000))
        #expect(patience.next(at: 50_000) == .ping)
        patience.hear(at: 60_000)
        #expect(patience.next(at: 65_000) == .giveUp)
        patience.hearAnswer(at: 65_000)
        #expect(patience.next(at: 65_000) == .wait(milliseconds: 30_000))
    }

    // MARK: - HTTP/2

    private func status(_ payload: [UInt8], flags: UInt8 = 4) -> Int? {
        HTTP2.status(of: HTTP2.Frame(kind: HTTP2.headers, flags: flags, payload: payload))
    }

    @Test func `the status of an answer is read in every form a server may give it`() {
        #expect(status([0x88, 0x5f]) == 200)
        #expect(status([0x8e]) == 500)
        // Literal, indexed: name 8, plain "403".
        #expect(status([0x48, 3] + Array("403".utf8)) == 403)
        // Never indexed.
        #expect(status([0x18, 3] + Array("429".utf8)) == 429)
        // Huffman: "401" is 011010 00000 00001, "503" 011011 00000 011001 and ones.
        #expect(status([0x48, 0x82, 0b0110_1000, 0b0000_0001]) == 401)
        #expect(status([0x48, 0x83, 0b0110_1100, 0b0000_1100, 0b1111_1111]) == 503)
        // Behind changes of the table's size, behind padding and a priority.
        #expect(status([0x3f, 0xe1, 0x1f, 0x20, 0x88]) == 200)
        #expect(status([2, 0, 0, 0, 0, 9, 0x8d, 0, 0], flags: 4 | 8 | 0x20) == 404)
    }

    @Test(arguments: [
        [], [0x82], [0x3f], [0x48], [0x48, 9, 0x34], [0x48, 2, 0x34, 0x30], [0x44, 3, 0x34, 0x30, 0x33],
    ])
    func `what is no status is none`(payload: [UInt8]) { #expect(status(payload) == nil) }

    @Test func `a request is one frame with literal fields, long ones too`() {
        let path = "/" + String(repeating: "x", count: 299)
        let frame = HTTP2.get(path, authority: "a:1", userAgent: "u")
        #expect(frame[3] == 1 && frame[4] == 5 && frame[8] == 1)
        #expect(Int(frame[0]) << 16 | Int(frame[1]) << 8 | Int(frame[2]) == frame.count - 9)
        // RFC 7541, 5.1: 300 = 127 + 173, and 173 = 45 + 1 * 128.
        let head: [UInt8] = [0x82, 0x87, 0x04, 0x7f, 0x80 | 45, 1]
        #expect(Array(frame[9..<15]) == head)
        #expect(frame[15..<315].elementsEqual(path.utf8))
        #expect(Array(frame[315...].prefix(5)) == [0x01, 3] + Array("a:1".utf8))
        #expect(Array(frame[320...].prefix(4)) == [0x0f, 58 - 15, 1, UInt8(ascii: "u")])
    }

    @Test func `what was read may be sent again, on both levels`() {
        let update: [UInt8] = [0, 0, 4, 8, 0, 0, 0, 0]
        #expect(HTTP2.more(513) == update + [0, 0, 0, 2, 1] + update + [1, 0, 0, 2, 1])
    }

    @Test func `a line of JSON is one line`() {
        let value = JSONValue.object([.init("a", .array([.number(1), .null])), .init("b\n", .string("c\"\n"))])
        #expect(value.line == "{\"a\":[1,null],\"b\\n\":\"c\\\"\\n\"}")
    }
}
