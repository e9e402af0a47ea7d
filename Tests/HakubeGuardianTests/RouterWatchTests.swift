// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

@testable import HakubeGuardian

/// Whether a virtual router's number is free on a network.
struct RouterWatchTests {
    @Test func `an advert of version 2 or 3 has its number, all else has none`() {
        let header: [UInt8] = [0x45] + [UInt8](repeating: 0, count: 19)
        #expect(RouterAdvert(packet: header + [0x31, 77, 200])?.routerID == 77)
        #expect(RouterAdvert(packet: header + [0x21, 1, 0])?.routerID == 1)
        #expect(RouterAdvert([0x31, 9])?.routerID == 9)
        // Options make the header longer; what follows is short, of another kind or another version.
        let long: [UInt8] = [0x46] + [UInt8](repeating: 0, count: 23)
        #expect(RouterAdvert(packet: long + [0x31, 5])?.routerID == 5)
        for rest: [UInt8] in [[], [0x31], [0x32, 5], [0x41, 5]] { #expect(RouterAdvert(packet: header + rest) == nil) }
        #expect(RouterAdvert(packet: []) == nil && RouterAdvert(packet: [0x65, 0x31, 5]) == nil)
    }

    /// Sends an advert of version 3 from 10.9.0.2 every 50 ms.
    private static let sender = """
        import socket, struct, sys, time
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('10.9.0.2'))
        while True:
            s.sendto(bytes([0x31, int(sys.argv[1]), 100, 1, 0, 50, 0, 0, 10, 9, 0, 100]), ('224.0.0.18', 0))
            time.sleep(0.05)
        """

    @Test(
        .enabled("needs root, python3 and ip, for network namespaces") { TestNetwork.obstacle == nil },
        arguments: [(77, "", 1), (78, "", 0), (77, " --own 10.9.0.2", 0)])
    func `a stranger's adverts are heard, others' and our own pass`(number: Int, own: String, status: Int32) throws {
        let guardian = try #require(TestNetwork.guardian)
        let script = """
            ip link set lo up
            unshare --net sh -c 'echo there; exec sleep 60' > there &
            until grep -q there there; do sleep 0.05; done
            ip link add veth-a type veth peer name veth-b netns $!
            ip address add 10.9.0.1/24 dev veth-a
            ip link set veth-a up
            nsenter --net=/proc/$!/ns/net sh -c 'ip address add 10.9.0.2/24 dev veth-b; ip link set veth-b up'
            nsenter --net=/proc/$!/ns/net python3 -c "$SENDER" 77 &
            \(guardian) routers --router-id \(number) --interface veth-a\(own) --span \(status == 1 ? 30_000 : 700)
            """
        let folder = FileManager.default.temporaryDirectory.path + "/hakube-routers-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // What was started in it ends with it.
        let child = try ChildProcess(
            [
                "SENDER=\(Self.sender)", "unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh",
                "-euc",
                script,
            ], in: folder)
        #expect(try child.exitCode(within: 60) == status, "\(child.lines)")
        #expect(child.lines.contains { $0.contains("10.9.0.2 uses the virtual router ID 77") } == (status == 1))
    }
}
