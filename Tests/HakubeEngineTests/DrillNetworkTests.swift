// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubePlan

private enum Tools {
    static let areThere: Bool = {
        let programs = ["iptables", "ip6tables", "nft", "ip"].map { "/usr/sbin/\($0)" } + ["/usr/bin/python3"]
        return getuid() == 0 && programs.allSatisfy(FileManager.default.isExecutableFile(atPath:))
    }()
}

/// The rules that cut a host off, in the kernel's real packet filters: a target and a peer in namespaces of their own.
@Suite(
    .serialized, .enabled("needs root, iptables, nft and python3") { Tools.areThere }, .timeLimit(.minutes(3)))
struct DrillNetworkTests {
    /// `serve PORT…` takes connections and answers what it is sent; `ask ADDRESS PORT` says `open` or `closed`; `hold
    /// ADDRESS PORT` says `open`, and `alive` or `dead` for every line on its input.
    private static let program = """
        import socket, sys, threading
        def echo(c):
            try:
                while True:
                    data = c.recv(99)
                    if not data: return
                    c.sendall(data)
            except OSError: pass
        if sys.argv[1] == 'serve':
            for port in sys.argv[2:]:
                s = socket.create_server(('', int(port)), family=socket.AF_INET6, dualstack_ipv6=True)
                def run(s=s):
                    while True: threading.Thread(target=echo, args=(s.accept()[0],), daemon=True).start()
                threading.Thread(target=run).start()
            print('ready', flush=True)
        else:
            try: c = socket.create_connection((sys.argv[2], int(sys.argv[3])), 2.5)
            except OSError: sys.exit(print('closed'))
            print('open', flush=True)
            c.settimeout(20)
            for line in sys.stdin if sys.argv[1] == 'hold' else []:
                try:
                    c.sendall(b'x')
                    print('alive' if c.recv(9) else 'dead', flush=True)
                    c.settimeout(0.7)
                except OSError: print('dead', flush=True)
        """

    /// Runs `text` in the target's namespace, where `peer` runs a command in the other one, and `keeper` is the drill's.
    ///
    /// - Parameter reached: another address of the target, by which sshd was reached.
    private func run(
        _ address: String, _ peer: String, without: [String] = [], reached: String? = nil, _ text: String
    ) async throws -> [String] {
        let place = try DrillRoot(address: address)
        // It takes its folder away with it.
        defer { withExtendedLifetime(place) {} }
        let prefix = address.contains(":") ? "64 nodad" : "24"
        var keeper = place.here(DrillScripts(kind: .network, target: place.target, fuse: 50).keeper)
        var question = place.here(DrillQuestion(kind: .network, target: place.target, announces: true).script)
        for tool in without {
            keeper = keeper.replacing("command -v \(tool) ", with: "false ")
            question = question.replacing("command -v \(tool) ", with: "false ")
        }
        try place.place(keeper, at: "keeper")
        try place.place(question, at: "question")
        try place.place(Self.program, at: "net.py")
        try place.place(
            """
            set -eu
            cd \(place.path)
            unshare --net sh -c 'echo $$ > pid; ip link set lo up; : > up; exec sleep 300' &
            until [ -e up ]; do sleep 0.05; done
            peer() { nsenter --net=/proc/$(cat pid)/ns/net "$@"; }
            ip link set lo up
            ip link add eth0 type veth peer name eth0 netns $(cat pid)
            ip link set eth0 up
            peer ip link set eth0 up
            ip address add \(address)/\(prefix) dev eth0
            peer ip address add \(peer)/\(prefix) dev eth0
            \(reached.map { "ip address add \($0)/32 dev eth0" } ?? ":")
            python3 net.py serve 22 6443 > served &
            peer python3 net.py serve 7 > answered &
            until grep -q ready served && grep -q ready answered; do sleep 0.05; done
            ask() { echo "$* $(python3 net.py ask "$@")"; }
            from_peer() { echo "peer $* $(peer python3 net.py ask "$@")"; }
            mkfifo orders
            SSH_CONNECTION='\(peer) 40000 \(reached ?? address) 22' sh keeper <orders >said &
            exec 3>orders
            order() { echo "$1" >&3; until grep -q "^$2\\|^failed" said; do sleep 0.05; done; grep '^failed' said || :; }
            # Without the packets that rules have counted.
            rules() { nft --stateless list ruleset; }
            rules > before
            order arm armed
            \(text)
            rules | diff before - > /dev/null && echo clean
            """, at: "run.sh")
        // Whatever it started ends with it.
        let script = Script("timeout 90 unshare --net --pid --fork --kill-child --mount-proc sh \(place.path)/run.sh")
        let output = try await LocalProgram.aside { try LocalShell.run(script) }
        #expect(output.status == 0, "\(output.out)")
        return output.out.split(separator: "\n").map(String.init)
    }

    private func cut(_ address: String, _ peer: String) -> String {
        """
        from_peer \(address) 6443
        mkfifo in
        peer python3 net.py hold \(address) 6443 <in >held &
        exec 4>in
        echo >&4
        until grep -q alive held; do sleep 0.05; done
        order stop stopped
        echo >&4
        from_peer \(address) 22
        from_peer \(address) 6443
        ask \(peer) 7
        ask \(address) 6443
        until grep -q dead held; do sleep 0.05; done
        order restore restored
        from_peer \(address) 6443
        ask \(peer) 7
        """
    }

    private func seen(_ address: String, _ peer: String) -> [String] {
        [
            "peer \(address) 6443 open", "peer \(address) 22 open", "peer \(address) 6443 closed", "\(peer) 7 closed",
            "\(address) 6443 open", "peer \(address) 6443 open", "\(peer) 7 open", "clean",
        ]
    }

    @Test func `with nftables nothing passes but sshd's port, and all passes again`() async throws {
        let (address, peer) = ("192.0.2.1", "192.0.2.2")
        #expect(try await run(address, peer, cut(address, peer)) == seen(address, peer))
    }

    @Test func `with nftables over IPv6`() async throws {
        let (address, peer) = ("fd00:77::1", "fd00:77::2")
        #expect(try await run(address, peer, cut(address, peer)) == seen(address, peer))
    }

    @Test(arguments: [("192.0.2.1", "192.0.2.2"), ("fd00:77::1", "fd00:77::2")])
    func `without nft iptables does the same, and no chain of it remains`(address: String, peer: String) async throws {
        let text = """
            \(cut(address, peer))
            for table in raw mangle; do
                for tool in iptables ip6tables; do $tool -t $table -S 2>/dev/null | grep HAKUBE || :; done
            done
            # The tables themselves, empty, are iptables' own.
            rules() { cat before; }
            """
        #expect(try await run(address, peer, without: ["nft"], text) == seen(address, peer))
    }

    @Test func `rules of iptables' own that accept what is known do not let it through`() async throws {
        let (address, peer) = ("192.0.2.1", "192.0.2.2")
        let accepting =
            "iptables -t mangle -A PREROUTING -m conntrack --ctstate ESTABLISHED -j ACCEPT\nrules > before\n"
        #expect(try await run(address, peer, accepting + cut(address, peer)) == seen(address, peer))
    }

    @Test func `who writes frames past the filter cannot announce another address either, but the host's own`()
        async throws
    {
        let announce = """
            python3 - "$1" <<END
            import socket, struct, sys
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            s.bind(('eth0', 0))
            mac, ip = s.getsockname()[4], socket.inet_aton(sys.argv[1])
            body = struct.pack('>HHBBH', 1, 0x0800, 6, 4, 2) + mac + ip + mac + ip
            # The kernel tells who sends a frame that it was dropped.
            try: s.send(b'\\xff' * 6 + mac + b'\\x08\\x06' + body)
            except OSError: pass
            END
            """
        let lines = try await run(
            "192.0.2.1", "192.0.2.2",
            """
            peer sh -c 'echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_accept'
            announce() {
            \(announce)
            }
            order stop stopped
            for address in 192.0.2.8 192.0.2.1; do announce $address; done
            until peer ip neigh show 192.0.2.1 | grep -q lladdr; do sleep 0.05; done
            peer ip neigh show 192.0.2.8 | grep -c lladdr || :
            order restore restored
            announce 192.0.2.8
            until peer ip neigh show 192.0.2.8 | grep -q lladdr; do sleep 0.05; done
            """)
        #expect(lines == ["0", "clean"])
    }

    @Test func `where the endpoint's address is announced, a drill that cannot hold that back is refused`() async throws
    {
        let ask =
            "SSH_CONNECTION='1 2 192.0.2.1 22' sh question | sed -n 's/^obstacle //p' | base64 -d; rules() { cat before; }"
        #expect(try await run("192.0.2.1", "192.0.2.2", ask) == ["clean"])
        let words = "a host that is cut off could still announce the address of the endpoint and draw its clients"
        #expect(
            try await run("192.0.2.1", "192.0.2.2", without: ["nft"], ask + "; echo") == [
                "\(words): only nft 1.0.1 and Linux 5.16 or newer keep that back", "clean",
            ])
        #expect(
            try await run("fd00:77::1", "fd00:77::2", ask.replacing("192.0.2.1", with: "fd00:77::1") + "; echo") == [
                "\(words), over IPv6 always", "clean",
            ])
    }

    @Test func `the address that sshd was reached by is answered for as well`() async throws {
        for without in [[], ["nft"]] {
            let lines = try await run(
                "192.0.2.1", "192.0.2.2", without: without, reached: "192.0.2.9",
                """
                order stop stopped
                peer ip neigh flush all
                from_peer 192.0.2.9 22
                from_peer 192.0.2.9 6443
                order restore restored
                rules() { cat before; }
                """)
            #expect(lines == ["peer 192.0.2.9 22 open", "peer 192.0.2.9 6443 closed", "clean"], "\(without)")
        }
    }

    @Test(arguments: [[], ["nft"]])
    func `an address that may have moved elsewhere is not answered for, the host's own is`(without: [String])
        async throws
    {
        let lines = try await run(
            "192.0.2.1", "192.0.2.2", without: without,
            """
            ip address add 192.0.2.9/32 dev eth0
            order stop stopped
            peer ip neigh flush all
            for address in 192.0.2.9 192.0.2.1; do
                peer python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('$address', 9))"
            done
            until peer ip neigh show 192.0.2.1 | grep -q lladdr; do sleep 0.05; done
            peer ip neigh show 192.0.2.9 | grep -c lladdr || :
            order restore restored
            peer ip neigh flush all
            peer python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.9', 9))"
            until peer ip neigh show 192.0.2.9 | grep -q lladdr; do sleep 0.05; done
            rules() { cat before; }
            """)
        #expect(lines == ["0", "clean"])
    }

    @Test func `a host that cannot tell its interface, or has nothing to drop packets with, is left alone`()
        async throws
    {
        let lines = try await run(
            "192.0.2.1", "192.0.2.2", without: ["nft", "iptables"],
            """
            order stop stopped
            from_peer 192.0.2.1 6443
            """)
        #expect(
            lines == [
                "failed neither nft nor iptables is there to drop packets with", "peer 192.0.2.1 6443 open", "clean",
            ])
    }
}
