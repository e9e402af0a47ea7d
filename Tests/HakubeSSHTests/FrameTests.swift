// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Synchronization
import Testing

@testable import HakubeRemote

@Suite struct FrameTests {
    @Test func `root runs the frame directly`() {
        let command = RemoteCommand(payload: .standardInput, privilege: .direct)
        #expect(command.line.hasPrefix("exec env LC_ALL=C HAKUBE_RUN=\(command.tag) sh -c '"))
        #expect(!command.line.contains("sudo"))
    }

    @Test func `sudo without a password never asks`() {
        let command = RemoteCommand(payload: .standardInput, privilege: .sudo)
        #expect(
            command.line.hasPrefix(
                "exec env LC_ALL=C sudo -n -H -- env LC_ALL=C HAKUBE_RUN=\(command.tag) sh -c '"))
    }

    @Test func `sudo with a password reads it from standard input and forgets old log-ins`() {
        let command = RemoteCommand(payload: .standardInput, privilege: .sudoWithPassword(Secret("hunter2")))
        #expect(
            command.line.hasPrefix(
                "exec env LC_ALL=C sudo -k -S -p 'hakube-password \(command.tag)' -H -- env LC_ALL=C"))
        #expect(!command.line.contains("hunter2"))
    }

    @Test func `a stream's script is one quoted argument`() {
        let command = RemoteCommand(payload: .argument("echo 'a'"), privilege: .direct)
        #expect(command.line.hasSuffix(" sh 'echo '\\''a'\\'''"))
    }

    @Test(arguments: [RemoteCommand.Payload.standardInput, .argument("true")])
    func `the frame means the same to every login shell`(_ payload: RemoteCommand.Payload) throws {
        let line = RemoteCommand(payload: payload, privilege: .direct).line
        let words = line.split(separator: "'", omittingEmptySubsequences: false)
        // Nothing but the closing quotes may end the quoted part, and csh expands `!` even in quotes.
        #expect(words.count == (payload == .standardInput ? 3 : 5))
        #expect(!line.contains("!"))
    }

    @Test func `noise before the start mark is dropped, however it is cut`() {
        let bytes = Array("Welcome!\nhakube-start 1\nout\nhakube-start 1\n".utf8)
        for size in 1...bytes.count {
            var gate = OutputGate(mark: "hakube-start 1")
            var passed: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { passed += gate.pass($0) }
            }
            #expect(String(decoding: passed, as: UTF8.self) == "out\nhakube-start 1\n")
            #expect(gate.prefixText == "Welcome!\n")
        }
    }

    @Test func `lines are cut at newlines only`() {
        var splitter = LineSplitter()
        var lines: [String] = []
        for byte in Array("ab\nc\r\n\ndé".utf8) { splitter.add([byte]) { lines.append($0) } }
        #expect(lines == ["ab", "c\r", ""])
        splitter.finish { lines.append($0) }
        #expect(lines.last == "dé")
    }

    @Test func `a secret is asked for once, and again only when it was wrong`() {
        let vault = SecretVault()
        let count = Mutex(0)
        let source = SecretSource.ask { _ in Secret("answer \(count.withLock { $0 += 1; return $0 })") }
        let first = vault.secret("key", from: source, prompt: "")
        #expect(vault.secret("key", from: source, prompt: "") == first)
        #expect(vault.secret("key", from: source, prompt: "", rejected: first) == Secret("answer 2"))
        #expect(vault.secret("key", from: source, prompt: "", rejected: first) == Secret("answer 2"))
        #expect(vault.secret("key", from: .value(Secret("x")), prompt: "", rejected: Secret("x")) == nil)
    }

    @Test func `a key file tells its type and whether it is locked`() {
        let pem = PrivateKeyFile(path: "k", text: "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n")
        #expect(pem.isRSA && pem.isEncrypted)
        let plain = PrivateKeyFile(
            path: "k", text: "-----BEGIN EC PRIVATE KEY-----\nAA==\n", publicText: "ecdsa-sha2-nistp256 AAAA me")
        #expect(plain.type == "ecdsa-sha2-nistp256" && !plain.isEncrypted && plain.publicBlob == [0, 0, 0])
    }
}
