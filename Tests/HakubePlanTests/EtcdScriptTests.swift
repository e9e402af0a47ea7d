// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubePlan

/// Scripts about etcd as they are, run by a shell of this machine; what they call is played, and paths lie in a folder.
@Suite struct EtcdScriptTests {
    private let folder: ScratchFolder
    private let spec: ClusterSpec

    init() throws {
        folder = try ScratchFolder()
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1"], nodes: ["10.0.0.4"],
            etcd: SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22"]))
    }

    private struct NoScript: Error {}

    private func text(_ plan: Plan, _ id: String) throws -> (act: String, unless: String?) {
        let step = try #require(plan.phases.flatMap(\.lanes).flatMap(\.steps).first { $0.id == id })
        switch step.action {
        case .run(let script), .job(let script): return (script.text, step.unless?.text)
        default: throw NoScript()
        }
    }

    /// - Returns: the script's exit status.
    @discardableResult
    private func run(_ text: String, with players: String) throws -> Int {
        var text = text
        for path in ["/var/lib/hakube", "/etc/kubernetes", "/var/lib/etcd"] {
            text.replace(path, with: folder.place(String(path.dropFirst())))
        }
        let prelude = "here=\(folder.path)\nsync() { :; }\nsleep() { :; }\n"
        return try LocalShell.run(Script("\(prelude)\(players)\n\(text)")).status
    }

    // MARK: - A member joins

    private func joining() throws -> Plan {
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        EtcdPlanTests.stand("10.0.0.21", in: &facts, peers: "etcd1=https://10.0.0.21:2380")
        EtcdPlanTests.serve("10.0.0.1", in: &facts, servers: [21])
        return try Planner(
            PlanInput(
                spec: spec, facts: facts, bundle: nil, parallel: 1, newcomers: [HostID("10.0.0.22")],
                etcdMembers: [EtcdPlanTests.member("10.0.0.21")])
        ).initialisation()
    }

    /// etcdctl in etcd's container: it lists what stands in the file `list`, and keeps what it is asked to do.
    private static let etcdctl = """
        ctr() {
            case "$*" in
                *'containers ls'*) echo c1 ;;
                *'tasks list'*) echo 'c1 12 RUNNING' ;;
                *'endpoint health'*) ;;
                *'member list'*) cat "$here/list" ;;
                *'member add'*) echo "${*##*member }" >> "$here/acts" ;;
                *'member promote'*)
                    echo "${*##*member }" >> "$here/acts"
                    [ "$(grep -c promote "$here/acts")" -gt 1 ] || return 1
                    sed 's/, true$/, false/' "$here/list" > "$here/list.new"
                    mv "$here/list.new" "$here/list"
                    ;;
            esac
        }
        """

    private static func fields(_ members: [(name: String, url: String)]) -> String {
        members.map { "\"ID\" : 1\n\"Name\" : \"\($0.name)\"\n\"PeerURL\" : \"\($0.url)\"\n\"IsLearner\" : false\n" }
            .joined()
    }

    @Test func `a member is announced as a learner, and learns of itself before etcd does`() throws {
        try folder.write(Self.fields([("etcd1", "https://10.0.0.21:2380")]), to: "list")
        try folder.write("", to: "var/lib/hakube/marker")
        let announce = try text(joining(), "etcd-announce 10.0.0.22").act
        #expect(try run(announce, with: Self.etcdctl) == 0)
        #expect(
            folder.text(of: "var/lib/hakube/etcd-members")
                == "etcd1=https://10.0.0.21:2380,etcd2=https://10.0.0.22:2380\n")
        #expect(folder.text(of: "acts") == "add etcd2 --learner --peer-urls=https://10.0.0.22:2380\n")
        // Cut off behind the announcement: it is there, and has no name yet.
        try folder.write(
            Self.fields([("", "https://10.0.0.22:2380"), ("etcd1", "https://10.0.0.21:2380")]), to: "list")
        #expect(try run(announce, with: Self.etcdctl) == 0)
        #expect(
            folder.text(of: "var/lib/hakube/etcd-members")
                == "etcd2=https://10.0.0.22:2380,etcd1=https://10.0.0.21:2380\n")
        #expect(folder.text(of: "acts")?.split(separator: "\n").count == 1)
    }

    @Test func `where etcd does not list its members nobody is announced, and no list is kept`() throws {
        try folder.write("", to: "var/lib/hakube/marker")
        #expect(try run(text(joining(), "etcd-announce 10.0.0.22").act, with: Self.etcdctl) != 0)
        #expect(!folder.has("acts") && !folder.has("var/lib/hakube/etcd-members"))
    }

    @Test func `a learner gets its vote as soon as etcd's leader grants it, and once`() throws {
        let (act, unless) = try text(joining(), "etcd-vote 10.0.0.22")
        let check = try #require(unless)
        func list(_ isLearner: Bool) -> String {
            "a1, started, etcd1, https://10.0.0.21:2380, https://10.0.0.21:2379, false\n"
                + "b2, started, etcd2, https://10.0.0.22:2380, https://10.0.0.22:2379, \(isLearner)\n"
        }
        #expect(try run(check, with: Self.etcdctl) != 0, "nobody tells")
        try folder.write(list(true), to: "list")
        #expect(try run(check, with: Self.etcdctl) != 0)
        #expect(try run(act, with: Self.etcdctl) == 0)
        #expect(folder.text(of: "list") == list(false))
        #expect(folder.text(of: "acts") == "promote b2\npromote b2\n", "the first time it had not caught up")
        #expect(try run(check, with: Self.etcdctl) == 0)
        try folder.remove("acts")
        #expect(try run(act, with: Self.etcdctl) == 0 && !folder.has("acts"))
    }

    // MARK: - An init that is cut off

    private func initialise(until: String, key: String) throws -> Int {
        for (name, text) in [
            ("etcd/ca.crt", "ca of etcd"), ("apiserver-etcd-client.crt", key), ("apiserver-etcd-client.key", key),
        ] {
            try folder.write(text, to: "etc/kubernetes/pki/\(name)")
        }
        try folder.write("", to: "var/lib/hakube/marker")
        let players = """
            until=\(until) key='\(key)' etc=$here/etc/kubernetes
            kubeadm() {
                if [ $1 = reset ]; then rm -rf $etc/manifests $etc/pki; return; fi
                for name in ca front-proxy-ca sa; do [ -e $etc/pki/$name.key ] || echo "$key" > $etc/pki/$name.key; done
                touch $etc/pki/ca.crt $etc/pki/front-proxy-ca.crt $etc/pki/sa.pub
                [ -s $etc/pki/etcd/ca.crt ] && [ "$(cat $etc/pki/apiserver-etcd-client.key)" = "$key" ] || exit 9
                [ $until != certificates ] || exit 1
                mkdir -p $etc/manifests
                touch $etc/manifests/kube-apiserver.yaml
                [ $until != manifest ] || exit 1
            }
            """
        let plan = try Planner(.assumingFresh(spec, bundle: nil, parallel: 1)).initialisation()
        return try run(text(plan, "kubeadm-init").act, with: players)
    }

    private var signer: String? { folder.text(of: "etc/kubernetes/pki/sa.key") }

    @Test func `however often an init is cut off, what etcd holds is signed with one key`() throws {
        // It never came to an API server: nothing is signed yet, and each begins anew.
        #expect(try initialise(until: "certificates", key: "1") == 1)
        #expect(try initialise(until: "manifest", key: "2") == 1)
        #expect(signer == "2\n")
        #expect(try initialise(until: "certificates", key: "3") == 1)
        #expect(try initialise(until: "certificates", key: "4") == 1)
        #expect(try initialise(until: "manifest", key: "5") == 1)
        #expect(try initialise(until: "end", key: "6") == 0)
        #expect(signer == "2\n")
        #expect(folder.files.filter { $0.hasPrefix("var/") } == ["var/lib/hakube/marker"])
    }

    // MARK: - What is kept when all ends

    private func copy(manifest: String?) throws -> Int {
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        EtcdPlanTests.stand("10.0.0.21", in: &facts)
        let removal = Removal(isWhole: true, leaving: spec.hosts.map(\.id), backup: "backup-ee")
        let plan = try Planner(PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 1)).removal(removal)
        try folder.write("data", to: "disk/etcd/member/snap/db")
        if let manifest { try folder.write(manifest, to: "etc/kubernetes/manifests/etcd.yaml") }
        return try run(text(plan, "backup-etcd").act, with: "systemctl() { :; }\nctr() { :; }")
    }

    @Test func `etcd's data are copied from where its pod has them`() throws {
        #expect(try copy(manifest: "    - --data-dir=\(folder.place("disk/etcd"))\n    - --name=etcd1\n") == 0)
        #expect(folder.text(of: "var/lib/hakube/backup/etcd-at-rest.db") == "data")
    }

    @Test func `a pod that does not say where its data are is no reason to wipe them`() throws {
        #expect(try copy(manifest: "    - --config-file=/etc/etcd.yaml\n") != 0)
        #expect(try copy(manifest: "    - --data-dir=\(folder.place("never/begun"))\n") == 0, "nothing is lost there")
        #expect(!folder.has("var/lib/hakube/backup/etcd-at-rest.db"))
    }
}
