// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import Glibc
import HakubeRemote

/// What a server offers, read from its first packet.
///
/// libssh2 says only that no key exchange was possible. A second connection up to the server's KEXINIT, which is not
/// encrypted (RFC 4253 section 7.1), tells which list shares no name with ours.
struct ServerAlgorithms {
    private let lists: [[String]]

    /// `nil` unless the packet is a KEXINIT.
    init?(packet: [UInt8]) {
        // uint32 length, byte padding length, byte 20 (SSH_MSG_KEXINIT), 16 bytes of cookie, then ten name-lists.
        guard packet.count > 22, packet[5] == 20 else { return nil }
        var reader = WireReader(packet)
        reader.skip(22)
        var lists: [[String]] = []
        for _ in 0..<8 {
            guard let text = reader.string() else { return nil }
            lists.append(text.split(separator: ",").map(String.init))
        }
        self.lists = lists
    }

    /// Each kind of algorithm for which server and client share no name, as a phrase.
    func mismatches(with session: LibSSH2Session) -> [String] {
        let kinds: [(String, Int32)] = [
            ("key exchange", LIBSSH2_METHOD_KEX), ("host key", LIBSSH2_METHOD_HOSTKEY),
            ("cipher", LIBSSH2_METHOD_CRYPT_CS), ("cipher", LIBSSH2_METHOD_CRYPT_SC),
            ("MAC", LIBSSH2_METHOD_MAC_CS), ("MAC", LIBSSH2_METHOD_MAC_SC),
        ]
        var phrases: [String] = []
        for (list, (kind, method)) in zip(lists, kinds) {
            let ours = Algorithms.offered(method, session)
            guard !list.contains(where: ours.contains) else { continue }
            let phrase =
                "no common \(kind): the server has \(list.joined(separator: ", ")), "
                + "libssh2 \(LibSSH2.version) has \(ours.joined(separator: ", "))"
            if !phrases.contains(phrase) { phrases.append(phrase) }
        }
        return phrases
    }

    /// Reads the banner and the first packet.
    static func read(from socket: TCPSocket, until deadline: Deadline, _ wakeup: Wakeup?) throws -> ServerAlgorithms? {
        let hello = Array("SSH-2.0-hakube\r\n".utf8)
        guard send(socket.descriptor, hello, hello.count, Int32(MSG_NOSIGNAL)) == hello.count else {
            return nil
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while received.count < 65536 {
            if let packet = firstPacket(received) { return ServerAlgorithms(packet: packet) }
            try Poll.wait([(socket.descriptor, Int16(POLLIN))], until: deadline, wakeup)
            let count = recv(socket.descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            received += buffer.prefix(count)
        }
        return nil
    }

    private static func firstPacket(_ bytes: [UInt8]) -> [UInt8]? {
        // Lines before the version line are allowed (RFC 4253 section 4.2).
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let isVersion = rest.starts(with: Array("SSH-".utf8))
            rest = rest[(end + 1)...]
            guard isVersion else { continue }
            let packet = Array(rest)
            var reader = WireReader(packet)
            guard let length = reader.number(), length < 65536, packet.count >= length + 4 else { return nil }
            return packet
        }
        return nil
    }
}
