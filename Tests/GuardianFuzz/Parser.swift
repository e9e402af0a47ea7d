// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FuzzSupport
import HakubeGuardian

/// One parser under test: seeds that it accepts, and what has to hold for any input beside not crashing. A check returns
/// what is wrong.
struct Parser: Sendable {
    let name: String
    let seeds: [[UInt8]]
    let check: @Sendable ([UInt8], inout Generator) -> String?

    static let all =
        [netlink, json, response, frames, connections, requests, arguments, configuration, sentinel] + probe

    private static let virtual = SocketAddress("10.103.97.2:6443")
    private static let server = SocketAddress("[fd00::11]:6443")

    /// Answers of the kernel: it is trusted not to lie, but a guardian that crashes on an unknown form takes the way to the
    /// masters with it.
    private static let netlink = Parser(
        name: "netlink",
        seeds: [virtual, server].compactMap { $0 }.flatMap { address in
            [
                IPVSMessage.resolveFamily(), IPVSMessage.getService(address, family: 30),
                IPVSMessage.put(IPVSService(address), exists: false, family: 30),
                IPVSMessage.put(IPVSDestination(address), exists: true, of: address, family: 30),
                RouteMessage.set(LocalRoute(address.address, source: address.address), loopback: 1),
            ].map(\.encoded)
        }
    ) { bytes, _ in
        for message in NetlinkMessage.decode(bytes) {
            _ = message.errorNumber
            _ = IPVSMessage.familyNumber(in: message)
            _ = IPVSMessage.service(in: message)?.virtual.description
            for family in [UInt16(2), 10] {
                _ = IPVSMessage.destination(in: message, familyNumber: family)?.address.description
            }
            if let virtual { _ = LocalSockets.connectionCookie(in: message, of: virtual, to: virtual) }
            _ = RouteMessage.preferredSource(in: message)?.description
            guard message.payload.count <= bytes.count else { return "a payload longer than its datagram" }
        }
        return nil
    }

    private static let json = Parser(
        name: "json",
        seeds: [
            #"{"virtual": "10.103.97.2:6443", "real": ["10.0.0.1:6443", "[fd00::1]:6443"], "nodeAddress": "10.0.0.9"}"#,
            #"{"version": "v", "backend": "ipvs", "pid": 7, "failOpen": false, "problem": null, "real": [{"weight": -1}]}"#,
            #"["\u00e4\ud83d\ude00\n", [[[{}]]], 0, true]"#,
        ].map { Array($0.utf8) }
    ) { bytes, _ in
        guard let value = try? JSONValue(parsing: bytes) else { return nil }
        _ = GuardianState(value)
        let again = try? JSONValue(parsing: Array(value.text().utf8))
        return again == value ? nil : "what was written is not what was read"
    }

    private static let response = Parser(
        name: "response",
        seeds: [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok",
            "HTTP/1.0 500 Internal Server Error\r\nconnection: close\r\n\r\n", "HTTP/1.1 204\r\n\r\n",
        ].map { Array($0.utf8) }
    ) { bytes, generator in
        let whole = HTTPResponseHead.read(bytes)
        let part = HTTPResponseHead.read(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
        if case .complete(let head) = whole {
            guard head.length <= bytes.count, (100...599).contains(head.status) else {
                return "a head beyond its bytes"
            }
            if let length = head.contentLength, length < 0 { return "a negative length" }
        }
        if case .complete = part, part != whole { return "more bytes changed a head that was complete" }
        if part == .malformed, whole != .malformed { return "more bytes healed a head" }
        return nil
    }

    private static let frames = Parser(
        name: "frames",
        seeds: [
            HTTP2.frame(HTTP2.settings, flags: 0, [0, 3, 0, 0, 0, 250]) + HTTP2.settingsTaken + HTTP2.beat,
            HTTP2.frame(HTTP2.goAway, flags: 0, Array(repeating: 0, count: 8)), HTTP2.opening,
        ]
    ) { bytes, generator in
        func kinds(_ parts: [ArraySlice<UInt8>]) -> [UInt8] {
            var reader = HTTP2.Reader()
            var kinds: [UInt8] = []
            for part in parts {
                reader.append(part)
                while let frame = reader.next() { kinds.append(frame.kind) }
            }
            return kinds
        }
        let cut = Int.random(in: 0...bytes.count, using: &generator)
        return kinds([bytes[...]]) == kinds([bytes[..<cut], bytes[cut...]]) ? nil : "frames depend on how bytes arrive"
    }

    private static let connections = Parser(
        name: "connections",
        seeds: [
            "TCP 0A000015 C350 0A676102 192B 0A00000B 192B ESTABLISHED     899",
            "TCP fd00:0000:0000:0000:0000:0000:0000:0015 C350 fd00:0010:0103:0097:0000:0000:0000:0002 192B "
                + "fd00:0000:0000:0000:0000:0000:0000:000b 192B ESTABLISHED     899",
        ].map { Array($0.utf8) }
    ) { bytes, _ in
        guard let found = IPVSConnection(line: bytes) else { return nil }
        let message = LocalSockets.lookUpRequest(found.client, to: found.virtual)
        let texts = [found.client, found.virtual, found.server].map {
            String(decoding: IPVSConnection.text(of: $0), as: UTF8.self)
        }
        let again = IPVSConnection(line: Array("TCP \(texts.joined(separator: " ")) ESTABLISHED".utf8))
        return message.payload.count == 56 && again == found ? nil : "what was written is not what was read"
    }

    private static let requests = Parser(
        name: "requests",
        seeds: ["GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD /healthz HTTP/1.0\r\n\r\n"].map { Array($0.utf8) }
    ) { bytes, _ in
        MetricsServer.answer(to: bytes) { "page" }.hasPrefix("HTTP/1.1 ") ? nil : "an answer that is not HTTP"
    }

    private static let arguments = Parser(
        name: "arguments",
        seeds: [
            "--virtual 10.103.97.2:6443 --real 10.0.0.1:6443 --real=[fd00::1]:6443 --backend auto --metrics off",
            "status --output json", "--config /c --once --node-address 10.0.0.9",
        ].map { Array($0.utf8) }
    ) { bytes, _ in
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
        // The file holds the damaged bytes too.
        guard let command = try? GuardianCommand.parse(words, readFile: { _ in bytes }),
            case .guardian(let options) = command
        else { return nil }
        let families = Set((options.real + [options.virtual]).map(\.address.family))
        return families.count == 1 && !options.real.isEmpty ? nil : "options that contradict each other"
    }

    private static let configuration = Parser(
        name: "configuration",
        seeds: [
            #"{"virtual": "10.103.97.2:6443", "real": ["10.0.0.1:6443", "10.0.0.2:6443"], "backend": "auto"}"#,
            #"{"virtual": "[fd00::2]:6443", "real": ["[fd00::11]:6443"], "nodeAddress": "fd00::9", "ca": "/c", "metrics": "off"}"#,
        ].map { Array($0.utf8) }
    ) { bytes, _ in
        guard let command = try? GuardianCommand.parse(["--config", "/c"], readFile: { _ in bytes }),
            case .guardian(let options) = command
        else { return nil }
        return Set(options.real).count == options.real.count && !options.real.contains(options.virtual)
            ? nil : "a list that turns in a circle"
    }

    /// Not bytes of the network but its events, in an order that no server would choose: whatever came before, a sentinel
    /// whose server answers again beats again.
    private static let sentinel = Parser(name: "sentinel", seeds: [Array(0..<40), Array(repeating: 0, count: 9)]) {
        bytes, _ in
        var driver = SentinelDriver()
        for byte in bytes { driver.suffer(byte) }
        for _ in 0..<60 { driver.answer() }
        return driver.machine.pulse == .beating
            ? nil : "a sentinel that does not notice that its server is back: \(driver.machine)"
    }
}
