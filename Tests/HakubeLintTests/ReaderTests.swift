// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeLint

/// Texts are read as their programs read them.
@Suite struct ReaderTests {
    private func fragment(_ text: String, _ name: String = "a") -> Fragment {
        Fragment(LintFile(name: name, text: text))
    }

    private func commands(_ text: String) -> [ShellCommand] {
        ShellScript(fragment(text)).sections.flatMap(\.commands)
    }

    @Test func `a command goes on behind a backslash, and each word keeps its line`() {
        let command = commands("kubeadm join a:6443 \\\n  --token x \\\n  --control-plane # last\n").first
        #expect(command?.words.map(\.value) == ["kubeadm", "join", "a:6443", "--token", "x", "--control-plane"])
        #expect(command?.words.map(\.place.line) == [1, 1, 1, 2, 2, 3])
    }

    @Test func `quotes hold blanks and comment signs together`() {
        let found = commands("echo 'a # b' \"c  d\" e\\ f#g # h\n")
        #expect(found.map(\.arguments) == [["a # b", "c  d", "e f#g"]])
    }

    @Test func `variables that a script sets are replaced, others and single quotes stay`() {
        let found = commands(
            "VIP=10.0.0.9\nexport NAME=\"$VIP x\"\necho $VIP ${VIP}:1 '$VIP' $OTHER \"$NAME\" $(date -u)\n")
        #expect(found.map(\.arguments) == [["10.0.0.9", "10.0.0.9:1", "$VIP", "$OTHER", "10.0.0.9 x", "$(date -u)"]])
    }

    @Test func `pipes keep commands together, other signs part them`() {
        let found = commands("echo a | tee b 2>&1 > c && sudo -E rm d; for i in 1 2; do scp e f; done\n")
        #expect(found.map(\.program) == ["echo", "tee", "rm", "for", "scp", "done"])
        #expect(found[0].pipeline == found[1].pipeline && found[1].pipeline != found[2].pipeline)
        #expect(found[1].outputs == ["c"] && found[1].arguments == ["b"])
    }

    @Test func `a here-document is a file of its own, with the lines of the script`() throws {
        let script = ShellScript(
            fragment("A=1\ncat > /etc/x <<EOF | cat\nfirst $A\n  second\nEOF\necho end\n", "s.sh"))
        let part = try #require(script.parts.first)
        #expect(part.text == "first 1\n  second")
        #expect(part.target == "/etc/x")
        #expect(part.place(2) == Place(file: "s.sh", line: 4))
        #expect(script.sections.flatMap(\.commands).last?.program == "echo")
    }

    @Test func `a quoted marker keeps variables, a dash takes tabs away`() {
        let script = ShellScript(fragment("A=1\ncat <<'EOF'\n$A\nEOF\ncat <<-END\n\t\tx\n\tEND\n"))
        #expect(script.parts.map(\.text) == ["$A", "x"])
    }

    @Test func `a here-document without an end ends with the script`() {
        #expect(ShellScript(fragment("cat <<EOF\nx\n")).parts.map(\.text) == ["x"])
    }

    private func hosts(_ text: String) -> [String] {
        ShellScript(fragment(text)).sections.filter { !$0.commands.isEmpty }.map { section in
            let programs = section.commands.map { $0.arguments.joined() }.joined(separator: " ")
            return "\(section.host.name ?? "-") \(section.host.address?.description ?? "-") \(programs)"
        }
    }

    @Test func `a heading with an address says on which host commands run, until the next`() {
        let script = """
            echo zero
            # on master2 10.0.0.2
            echo one
            # 10.0.0.9 is not meant here
            ## a step
            echo two
            ## master3 (10.0.0.3):
            echo three
            ### its step
            echo four
            ## workers
            echo five

            """
        #expect(
            hosts(script) == ["- - zero", "master2 10.0.0.2 one two", "master3 10.0.0.3 three four", "- - five"])
    }

    @Test func `a prompt says on which host commands run`() {
        #expect(
            hosts("[root@10-0-0-3 ~]# echo three\nroot@server77:~# echo four\n$ echo five\n")
                == ["10-0-0-3 10.0.0.3 three", "server77 - four five"]
        )
        #expect(
            hosts("root@server77:~# echo four\nroot@server78:~# echo five\n") == ["server77 - four", "server78 - five"])
    }

    @Test func `what ssh is given runs on the other host, quoted or as a here-document`() {
        let script = """
            # on master1 10.0.0.1
            ssh -o BatchMode=yes -p 2222 root@10.0.0.2 "echo '10.0.0.2 api' >> /etc/hosts; kubeadm join a:6443 --control-plane"
            ssh 10.0.0.3 <<EOF
            echo here
            kubeadm init
            EOF
            ssh 10.0.0.4
            echo end

            """
        let sections = ShellScript(fragment(script)).sections
        #expect(sections.map(\.host.address?.description) == [nil, "10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(sections[2].commands.map(\.makesMaster) == [false, true])
        #expect(sections[2].hosts.address(of: "api")?.place.line == 2)
        #expect(sections[3].commands.compactMap(\.place?.line) == [4, 5])
        #expect(!sections[1].commands.contains { $0.makesMaster })
    }

    @Test func `numbers of a history are no words`() {
        let found = commands("  101  scp a b\n  102  kubeadm init\n")
        #expect(found.map(\.program) == ["scp", "kubeadm"])
    }

    @Test func `sed changes the addresses that echo has put into the hosts file`() {
        let script = ShellScript(
            fragment("echo '10.0.0.1 api' >> /etc/hosts\nsed -i 's#10\\.0\\.0\\.1#10.0.0.2#' /etc/hosts\n"))
        #expect(
            script.sections.first?.hosts.address(of: "api")
                == Found(IPAddress(family: .v4, value: 0x0A00_0002), Place(file: "a", line: 2)))
    }

    @Test func `a hosts file keeps zones, tabs and comments out of names`() {
        let table = HostsTable(fragment("fe80::1%eth0\tgateway\n10.0.0.1 A b # c\n\n# d\nnonsense\r\n"))
        #expect(table.entries.map(\.names) == [["gateway"], ["a", "b"]])
        #expect(table.broken.map(\.line) == [5])
    }

    @Test func `haproxy's words: quotes, escapes and comments`() {
        #expect(HAProxyConfig.words("  server a\\ b 'c d' \"e\"f # g") == ["server", "a b", "c d", "ef"])
        #expect(HAProxyConfig.words("# all") == [])
        #expect(
            ["50s", "1m", "4h", "100", "1d", "x"].map { HAProxyConfig.milliseconds($0) } == [
                50000, 60000, 14_400_000, 100, 86_400_000, nil,
            ])
    }

    @Test func `haproxy's proxies take the defaults before them, and no others`() {
        let config = HAProxyConfig(
            fragment(
                """
                defaults
                  mode http
                listen a 10.0.0.1:80
                  server s 10.0.0.2:6443
                defaults
                  timeout client 1h
                backend b
                  mode tcp
                """))
        #expect(config.proxies.map(\.mode.value) == ["http", "tcp"])
        #expect(config.proxies.map { $0.last("timeout", "client") == nil } == [true, false])
        #expect(config.proxies[0].binds.map(\.value.description) == ["10.0.0.1:80"])
    }

    @Test func `keepalived's braces may stand anywhere`() {
        let blocks = KeepalivedBlock.all(
            fragment(
                "vrrp_instance A\n{\n  virtual_ipaddress { 10.0.0.1/24 dev eth0 }\n  # x }\n  track_script{ a }\n}\nb ! c\n"
            ))
        #expect(blocks.map(\.keyword) == ["vrrp_instance", "b"])
        #expect(blocks[0].children.map(\.keyword) == ["virtual_ipaddress", "track_script"])
        #expect(blocks[0].child("virtual_ipaddress")?.children.first?.arguments == ["dev", "eth0"])
        #expect(blocks[1].arguments == [])
    }

    @Test func `braces that never close hold the rest`() {
        let blocks = KeepalivedBlock.all(fragment("} \nvrrp_instance A {\n  state MASTER\n"))
        #expect(blocks.map(\.keyword) == ["vrrp_instance"])
        #expect(blocks[0].child("state")?.arguments == ["MASTER"])
    }

    @Test(arguments: [
        ("a:1", "a:1"), ("[fd00::1]:6443", "[fd00::1]:6443"), ("fd00::1", "[fd00::1]"), ("https://A.b:2/x", "a.b:2"),
        ("a", "a"),
    ])
    func `an endpoint is a host and perhaps a port`(text: String, expected: String) {
        #expect(HostPort(text)?.description == expected)
    }

    @Test(arguments: ["", ":1", "a:", "a:0", "a:65536", "a:b"])
    func `what is no endpoint is none`(text: String) { #expect(HostPort(text) == nil) }

    @Test func `keys that stand twice are all named, and the document still counts`() {
        let reading = YAMLReading(fragment("a: 1\na: 2\nb: {c: 1, c: 2}\nd: 5\n"))
        #expect(reading.faults.map(\.place.line).sorted() == [1, 3])
        #expect(reading.documents.first?["d"]?.text == "5")
        #expect(reading.documents.first?.entries.count == 3)
    }

    @Test func `quoted keys that stand twice do not end the reading`() {
        let reading = YAMLReading(fragment("\"a\": 1\n'a': 2\n1: x\n1: y\nd: 5\n"))
        #expect(reading.faults.map(\.rule) == [.yamlKeyTwice, .yamlKeyTwice])
        #expect(reading.documents.first?["d"]?.text == "5")
    }

    @Test func `merge keys bring what the map has not itself, the first of several first`() {
        let reading = YAMLReading(
            fragment("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  x: 3\n  <<: [*a, *b]\nd: {\"<<\": 4}\n"))
        let merged = reading.documents.first?["c"]
        #expect(merged?.entries.map { "\($0.key)\($0.value.text ?? "")" } == ["x3", "y1", "z2"])
        #expect(reading.documents.first?["d"]?["<<"]?.text == "4")
    }

    @Test func `keepalived's lines for some hosts only leave open what the others have`() {
        let config = KeepalivedConfig(
            fragment(
                """
                vrrp_instance a {
                    @lb1 state MASTER
                    @lb1 priority 120
                    unicast_peer {
                        @lb1 10.0.0.2
                    }
                    track_script { @lb1 check weight -3 }
                }

                """))
        let instance = config.instances.first
        #expect(instance?.basePriority == nil && instance?.isMaster == false && instance?.peers == nil)
        #expect(instance?.tracked.map(\.name) == ["check"] && instance?.tracked.first?.weight == -3)
    }

    @Test func `every field table is read to its end`() throws {
        for (version, kind) in [("v1beta1", "ClusterConfiguration"), ("v1beta4", "UpgradeConfiguration")] {
            #expect(KubeadmFields.fields("kubeadm.k8s.io/\(version)", kind) != nil)
        }
        let kubelet = try #require(KubeadmFields.fields("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration"))
        #expect(kubelet.first?.name == "staticPodPath")
        #expect(kubelet.last == KubeadmField(name: "defaultPodSysctls", form: .freeMap, since: 37, until: nil))
        let memory = try #require(kubelet.first { $0.name == "reservedMemory" })
        #expect(
            memory.form
                == .maps([
                    KubeadmField(name: "numaNode", form: .value, since: nil, until: nil),
                    KubeadmField(name: "limits", form: .freeMap, since: nil, until: nil),
                ]))
        #expect(memory.since == 21)
    }

    @Test(arguments: [
        ("1.14", "v1beta1"), ("1.19", "v1beta2"), ("1.22", "v1beta3"), ("1.30", "v1beta3"), ("1.31", "v1beta4"),
        ("1.37", "v1beta4"),
    ])
    func `each release has a version of kubeadm's files that is best for it`(release: String, version: String) throws {
        #expect(KubeadmRelease.best(for: try #require(KubernetesVersion(release))) == version)
    }

    @Test func `damaged and hostile texts end, and nothing breaks`() throws {
        let folder = LintFixture.folder
        let texts =
            try LintFixture.files(below: folder).map(\.text) + [
                String(repeating: "{", count: 20_000), String(repeating: "ssh a ", count: 5_000),
                String(repeating: "cat <<A\n", count: 2_000), String(repeating: "vrrp_instance a {\n", count: 20_000),
                String(repeating: "[", count: 20_000), String(repeating: "- ", count: 20_000),
                "kind: A\napiVersion: " + String(repeating: "[", count: 900),
                "$(", "`", "\"", "'", "${", "echo \\", "<<", "a >", "s", "sed -i s /etc/hosts", "\u{0}", "\r\n\r\n",
            ]
        for (index, text) in texts.enumerated() {
            for kind in FileKind.allCases {
                let half = String(text.prefix(text.count * (index % 7 + 1) / 8))
                _ = Linter().findings(in: [
                    LintFile(name: "a", text: half, kind: kind), LintFile(name: "b", text: text),
                ])
            }
        }
    }
}
