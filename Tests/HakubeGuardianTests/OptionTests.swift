// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian
import Testing

struct OptionTests {
    private func parse(_ line: String, files: [String: String] = [:]) throws(UsageError) -> GuardianCommand {
        try GuardianCommand.parse(line.split(separator: " ").map(String.init)) { path throws(UsageError) in
            files[path].map { Array($0.utf8) }
        }
    }

    private func options(_ command: GuardianCommand) -> GuardianOptions? {
        switch command {
        case .guardian(let options), .once(let options), .clean(let options): options
        default: nil
        }
    }

    @Test func `all options are understood`() throws {
        let command = try parse(
            "--virtual 10.103.97.2:6443 --real 10.0.0.1:6443 --real=10.0.0.2:6443 --node-address 10.0.0.9 --backend proxy "
                + "--ca /ca --run-directory /r --state-directory /s --metrics [::1]:9 --once")
        guard case .once(let options) = command else { throw UsageError("not --once") }
        #expect(options.virtual == SocketAddress("10.103.97.2:6443"))
        #expect(options.real.map(\.description) == ["10.0.0.1:6443", "10.0.0.2:6443"])
        #expect(options.nodeAddress == IPAddress("10.0.0.9"))
        #expect(options.backend == .proxy)
        #expect(options.certificateAuthority == "/ca")
        #expect(options.runDirectory == "/r")
        #expect(options.stateDirectory == "/s")
        #expect(options.metrics == SocketAddress("[::1]:9"))
    }

    @Test func `what is not said has its usual value`() throws {
        let options = try #require(options(try parse("--virtual [fd00::2]:6443 --real [fd00::11]:6443")))
        #expect(options.backend == nil)
        #expect(options.nodeAddress == nil)
        #expect(options.certificateAuthority == "/etc/kubernetes/pki/ca.crt")
        #expect(options.runDirectory == "/run/hakube")
        #expect(options.configPath == nil)
        #expect(options.stateDirectory == "/var/lib/hakube")
        #expect(options.metrics == SocketAddress("127.0.0.1:10281"))
    }

    @Test func `metrics can be switched off and are for this host alone`() throws {
        let usual = "--virtual 10.103.97.2:6443 --real 10.0.0.1:6443 "
        #expect(try #require(options(try parse(usual + "--metrics off"))).metrics == nil)
        #expect(throws: UsageError.self) { try parse(usual + "--metrics 0.0.0.0:10281") }
    }

    @Test func `verbs stand alone`() throws {
        #expect(try parse("--help") == .help)
        #expect(try parse("--virtual 10.0.0.2:1 --help") == .help)
        #expect(try parse("--version") == .version)
        #expect(try parse("backend") == .backend)
        #expect(try parse("status") == .status(runDirectory: "/run/hakube", json: false))
        #expect(try parse("status -o json --run-directory /r") == .status(runDirectory: "/r", json: true))
    }

    @Test func `a check is of any number of addresses, in the clear and over TLS`() throws {
        let (master, kubelet) = ("127.0.0.1:6443", "127.0.0.1:10248")
        let command = try parse("check --https \(master)/readyz --http=\(kubelet)/healthz --ca /ca --timeout 800")
        let readyz = CheckTarget(try #require(SocketAddress(master)), path: "/readyz", isSecure: true)
        let healthz = CheckTarget(try #require(SocketAddress(kubelet)), path: "/healthz", isSecure: false)
        var options = CheckOptions(targets: [readyz, healthz])
        options.certificateAuthority = "/ca"
        options.patience = 800
        #expect(command == .check(options))
        let usual = try parse("check --https [::1]:6443/livez?verbose")
        let livez = CheckTarget(try #require(SocketAddress("[::1]:6443")), path: "/livez?verbose", isSecure: true)
        #expect(usual == .check(CheckOptions(targets: [livez])))
        #expect(options.targets.count == 2 && CheckOptions().certificateAuthority == "/etc/kubernetes/pki/ca.crt")
        let peers = [try #require(SocketAddress("10.0.0.2:6443")), try #require(SocketAddress("[fd00::3]:6443"))]
        #expect(
            try parse("check --https [::1]:6443/livez?verbose --peer 10.0.0.2:6443 --peer=[fd00::3]:6443")
                == .check(CheckOptions(targets: [livez], peers: peers)))
        #expect(try parse("check --https 127.0.0.1:1/x --help") == .help)
    }

    @Test func `routers are listened for by number and interface`() throws {
        let own = try #require(IPAddress("10.0.0.1"))
        #expect(
            try parse("routers --router-id 77 --interface eth0 --own 10.0.0.1 --span 100")
                == .routers(RouterWatch(routerID: 77, interface: "eth0", own: [own], span: 100)))
        #expect(
            try parse("routers --interface=eth0 --router-id=1")
                == .routers(RouterWatch(routerID: 1, interface: "eth0", own: [], span: 2500)))
    }

    @Test(arguments: [
        ("--virtual x", "--virtual \"x\" is not ADDRESS:PORT (IPv6 in brackets, as [fd00::1]:6443)"),
        (
            "--real 10.0.0.1:1",
            "no virtual address is given: add --virtual ADDRESS:PORT or \"virtual\" in the configuration"
        ),
        ("--virtual 10.0.0.1:1", "no real server is given: add --real ADDRESS:PORT once for each API server"),
        ("", "no virtual address is given: add --virtual ADDRESS:PORT or \"virtual\" in the configuration"),
        ("--virtual", "--virtual needs a value"),
        ("--virtual=", "--virtual needs a value"),
        ("serve", "\"serve\" is not expected; see hakube-guardian --help"),
        ("--fast", "there is no option --fast; see hakube-guardian --help"),
        ("--once=yes", "--once takes no value"),
        ("--once --clean", "--once makes the rules and --clean removes them: give one"),
        ("--backend nftables", "--backend \"nftables\" is none of auto, ipvs, proxy"),
        ("--node-address m1", "--node-address \"m1\" is not an IP address"),
        ("--config /none", "there is no configuration file /none"),
        ("status --output yaml", "--output \"yaml\" is neither text nor json"),
        ("status --fast", "status does not know --fast"),
        ("backend now", "backend takes no arguments"),
        ("routers --router-id 256 --interface e", "--router-id \"256\" is not a number from 1 to 255"),
        ("routers --router-id 7", "routers wants --router-id and --interface"),
        ("check", "check has nothing to ask: add --https or --http ADDRESS:PORT/PATH"),
        ("check --timeout 100", "check has nothing to ask: add --https or --http ADDRESS:PORT/PATH"),
        (
            "check --https 127.0.0.1:6443",
            "--https \"127.0.0.1:6443\" is not ADDRESS:PORT/PATH, as 127.0.0.1:6443/readyz"
        ),
        (
            "check --http localhost:10248/healthz",
            "--http \"localhost:10248/healthz\" is not ADDRESS:PORT/PATH, as 127.0.0.1:6443/readyz"
        ),
        (
            "check --http 127.0.0.1:1/ä",
            "--http \"127.0.0.1:1/ä\" is not ADDRESS:PORT/PATH, as 127.0.0.1:6443/readyz"
        ),
        (
            "check --https 127.0.0.1:1/x --timeout 1s",
            "--timeout \"1s\" is not a number of milliseconds from 1 to 60000"
        ),
        (
            "check --https 127.0.0.1:1/x --timeout 0",
            "--timeout \"0\" is not a number of milliseconds from 1 to 60000"
        ),
        ("check --https 127.0.0.1:1/x --fast", "check does not know --fast"),
        (
            "--virtual 10.0.0.9:1 --real 10.0.0.1:1 --real 10.0.0.1:1", "the real server 10.0.0.1:1 is given twice"
        ),
        (
            "--virtual 10.0.0.9:1 --real [fd00::1]:1",
            "real server [fd00::1]:1 and virtual 10.0.0.9:1 are of different IP versions"
        ),
        (
            "--virtual 10.0.0.9:1 --real 10.0.0.9:2",
            "the real server 10.0.0.9:2 has the virtual address itself: traffic would turn in a circle"
        ),
        ("--virtual 10.0.0.9:1 --real 0.0.0.0:2", "the real server 0.0.0.0:2 has no address that a host can have"),
        (
            "--virtual 127.0.0.1:1 --real 10.0.0.1:1",
            "the virtual address 127.0.0.1 cannot belong to a host: choose one nobody uses"
        ),
        (
            "--virtual 10.0.0.9:1 --real 10.0.0.1:1 --node-address fd00::1",
            "node address fd00::1 and virtual 10.0.0.9:1 are of different IP versions"
        ),
        (
            "--virtual 10.0.0.9:1 --real 10.0.0.1:1 --node-address 10.0.0.9",
            "the node address 10.0.0.9 is not one of this node's own"
        ),
    ])
    func `a wrong command line gets one sentence`(line: String, sentence: String) {
        #expect(throws: UsageError(sentence)) { try parse(line) }
    }

    @Test func `a configuration file says the same as options`() throws {
        let file = """
            {"virtual": "10.103.97.2:6443", "real": ["10.0.0.1:6443", "10.0.0.2:6443"], "nodeAddress": "10.0.0.9",
             "backend": "ipvs", "ca": "/ca", "runDirectory": "/r"}
            """
        var said = try #require(
            options(
                try parse(
                    "--virtual 10.103.97.2:6443 --real 10.0.0.1:6443 --real 10.0.0.2:6443 --node-address 10.0.0.9 "
                        + "--backend ipvs --ca /ca --run-directory /r")))
        said.configPath = "/c"
        #expect(try parse("--config /c", files: ["/c": file]) == .guardian(said))
    }

    @Test func `the command line wins over the file`() throws {
        let file = #"{"virtual": "10.103.97.2:6443", "real": ["10.0.0.1:6443"], "backend": "ipvs"}"#
        let options = try #require(
            options(try parse("--config /c --backend proxy --real 10.0.0.7:6443", files: ["/c": file])))
        #expect(options.backend == .proxy)
        #expect(options.real.map(\.description) == ["10.0.0.7:6443"])
    }

    @Test func `the usual file is read when nothing is said`() throws {
        let file = #"{"virtual": "10.103.97.2:6443", "real": ["10.0.0.1:6443"]}"#
        let command = try parse("--clean", files: ["/etc/hakube/guardian.json": file])
        guard case .clean(let options) = command else { throw UsageError("not --clean") }
        #expect(options.configPath == "/etc/hakube/guardian.json")
    }

    @Test func `cleaning needs the virtual address alone`() throws {
        let options = try #require(options(try parse("--clean --virtual 10.103.97.2:6443")))
        #expect(options.virtual == SocketAddress("10.103.97.2:6443"))
    }

    @Test(arguments: [
        ("{", "/c is not JSON: line 1: expected a name in double quotes"),
        ("[]", "/c must hold one JSON object"),
        (#"{"vip": "x"}"#, "/c: there is no setting \"vip\""),
        (#"{"virtual": 1}"#, "/c: \"virtual\" must be a string with something in it"),
        (
            #"{"virtual": "m1:1"}"#,
            "/c: \"virtual\" \"m1:1\" is not ADDRESS:PORT (IPv6 in brackets, as [fd00::1]:6443)"
        ),
        (#"{"real": "10.0.0.1:1"}"#, "/c: \"real\" must be a list"),
        (#"{"real": [1]}"#, "/c: \"real\" must be a list of strings"),
        (#"{"backend": "lvs"}"#, "/c: \"backend\" \"lvs\" is none of auto, ipvs, proxy"),
    ])
    func `a wrong configuration gets one sentence`(file: String, sentence: String) {
        #expect(throws: UsageError(sentence)) { try parse("--config /c", files: ["/c": file]) }
    }
}
