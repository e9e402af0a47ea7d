// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

@Suite struct FactsTests {
    @Test func `the script asks this very machine, and its answer is understood`() throws {
        let spec = try SampleCluster.spec(masters: ["127.0.0.1"])
        let host = try #require(spec.masters.first)
        let script = FactsScript(spec: spec, host: host).script
        let output = try LocalShell.run(script)
        let now = Int(Date().timeIntervalSince1970)
        let facts = try #require(FactsParser.facts(of: host, from: output.out, operatorClock: now))
        #expect(facts.hostname == ProcessInfo.processInfo.hostName)
        #expect(facts.architecture != nil)
        #expect(facts.cpus == ProcessInfo.processInfo.processorCount)
        #expect(facts.memory == Int(ProcessInfo.processInfo.physicalMemory >> 20))
        #expect(facts.addresses.contains(host.address))
        #expect(abs(facts.clock - now) < 60)
        #expect(facts.hosts.contains("localhost"))
        #expect(facts.diskFree > 0 && [1, 2].contains(facts.cgroupVersion))
    }

    @Test func `a member's answer becomes facts`() throws {
        let facts = try #require(try parse(Self.member))
        #expect(facts.hostname == "master1" && facts.os == "Debian GNU/Linux 12 (bookworm)")
        #expect(facts.architecture == .amd64 && facts.machine == "x86_64")
        #expect(facts.cpus == 2 && facts.memory == 24_105 && facts.diskFree == 67_164)
        #expect(facts.clock == 1_795_255_656 && facts.operatorClock == 1_795_255_657)
        #expect(facts.addresses.map(\.description) == ["127.0.0.1", "10.80.0.11", "10.244.0.1"])
        #expect(facts.clusterAddresses.map(\.description) == ["10.244.0.1"])
        #expect(facts.listeningPorts == [22, 6443, 2379])
        #expect(facts.staticPods == ["etcd", "kube-apiserver"])
        #expect(facts.hasKubeletConfig && facts.serves && facts.hasSystemd)
        #expect(facts.clusterCADigest == "ab12")
        #expect(!facts.canLowerOOMScore && !facts.hasIPVS && !facts.swapOn && facts.cgroupVersion == 1)
        #expect(facts.hosts == "127.0.0.1 localhost\n")
        #expect(facts.vipAnswers == false && !facts.hasGuardian && !facts.hasGuardianUnit && !facts.hasTCPDiag)
        #expect(facts.unfinished == nil && facts.foreignRuntime == nil && facts.foreignFiles.isEmpty)
    }

    @Test func `what a host knows of etcd is read from its files`() throws {
        let peers = "etcd1=https://10.0.0.21:2380,etcd2=https://10.0.0.22:2380"
        let lines = ["etcdOf", "etcdPeers", "etcdServers"].map { key in
            let text = ["etcdOf": "demo", "etcdPeers": peers][key] ?? ""
            return "\(key) \(Data(text.utf8).base64EncodedString())"
        }
        let text = "etcdCA ab12\netcdKey yes\npod etcd\n\(lines.joined(separator: "\n"))\nend yes\n"
        let facts = try #require(try parse(text))
        #expect(facts.etcdCluster == "demo" && facts.etcdCADigest == "ab12" && facts.hasEtcdCAKey)
        #expect(facts.etcdPeers == peers && facts.etcdServers == nil)
        #expect(facts.isMember(as: .etcd) && !facts.isMember(as: .node))
        let none = try #require(try parse("end yes\n"))
        #expect(none.etcdCluster == nil && none.etcdCADigest == nil && !none.hasEtcdCAKey && none.etcdPeers == nil)
    }

    @Test func `what is foreign on a host is named`() throws {
        let lines = """
            runtime docker
            bootRuntime crio
            containerd busy
            selinux bare
            foreign L2V0Yy9jcmljdGwueWFtbA==
            cni MTAtY2FsaWNvLmNvbmZsaXN0
            cni MTAtaGFrdWJlLmNvbmZsaXN0
            missing socat
            unfinished join
            swap 1
            """
        let facts = try #require(try parse(lines + "\nend yes\n"))
        #expect(facts.runtimeAtBoot == "crio")
        #expect(facts.foreignRuntime == "docker" && facts.hostContainerd == .busy && facts.selinux == .bare)
        #expect(facts.foreignFiles == ["/etc/crictl.yaml"])
        #expect(facts.foreignCNI == ["10-calico.conflist"])
        #expect(facts.missingCommands == ["socat"])
        #expect(facts.unfinished == "join" && facts.swapOn)
        // No probe could be made: that is not the same as no answer.
        #expect(facts.vipAnswers == nil)
    }

    @Test func `a guardian of ours answers at the VIP by right`() throws {
        let facts = try #require(try parse("guardian yes\nguardianUnit yes\ndiag yes\nend yes\n"))
        #expect(facts.hasGuardian && facts.vipAnswers == false)
        #expect(facts.hasGuardianUnit && facts.hasTCPDiag)
    }

    @Test func `what of a bundle is there is told by names, sizes and the record`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ path: String, _ text: String) throws {
            let file = URL(filePath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: false, encoding: .utf8)
        }
        try write("hakube/stage/0123456789ab/bin/kubelet", "12345")
        try write("hakube/stage/0123456789ab/.wire/part", "1")
        try write("store/\(String(repeating: "b", count: 64))", "1")
        for name in ["right", "altered"] { try write(name, name) }
        let lines = try ["right", "altered"].map { name in
            let stat = try LocalProgram.run(["/usr/bin/stat", "-c", "%i %s %.9Z %n", "\(folder)/\(name)"])
            return "sum-of-\(name) \(stat)"
        }
        try write("hakube/digests", lines.joined())
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/altered")
        let spec = try SampleCluster.spec(masters: ["127.0.0.1"])
        let host = try #require(spec.masters.first)
        let text = FactsScript(spec: spec, host: host).script.text
            .replacing(HostFiles.contentStore, with: "\(folder)/store")
            .replacing(HostFiles.state, with: "\(folder)/hakube")
        let contents = try #require(
            FactsParser.facts(of: host, from: LocalShell.run(Script(text)).out, operatorClock: 0)
        ).contents
        #expect(contents.staged == ["0123456789ab/bin/kubelet": 5])
        #expect(contents.installed == ["sum-of-right"])
        #expect(contents.blobs == [String(repeating: "b", count: 64)])
    }

    @Test func `the cluster's record comes with the facts, and a damaged one is none`() throws {
        let record = ClusterRecord(
            spec: try SampleCluster.spec(masters: ["10.80.0.11"], nodes: ["10.80.0.21"], labels: ["zone": "a"]))
        let text = Data(try record.json().utf8).base64EncodedString()
        #expect(try parse("record \(text)\nend yes\n")?.record?.spec().nodes.map(\.labels) == [["zone": "a"]])
        for damaged in ["record \n", "record e30=\n", ""] {
            #expect(try #require(try parse(damaged + "end yes\n")).record == nil)
        }
    }

    @Test func `an answer that is cut off is no answer`() throws {
        #expect(try parse(Self.member.replacing("end yes\n", with: "")) == nil)
    }

    private func parse(_ text: String) throws -> Facts? {
        let spec = try SampleCluster.spec(masters: ["10.80.0.11"])
        return FactsParser.facts(of: spec.masters[0], from: text, operatorClock: 1_795_255_657)
    }

    /// Recorded from a host of the lab, shortened.
    private static let member = """
        clock 1795255656
        hostname bWFzdGVyMQ==
        machine x86_64
        kernel Ni4xLjA=
        os RGViaWFuIEdOVS9MaW51eCAxMiAoYm9va3dvcm0p
        machineID MTFjN2Q2N2M1MDhkNDNiYmI2MzIxNTM5Njk3MmYwMWM=
        productUUID\u{20}
        cpus 2
        memory 24684092
        disk 68776704
        address lo 127.0.0.1
        address eth0 10.80.0.11
        address cni0 10.244.0.1
        swap 0
        cgroup 1
        oom no
        ipvs no
        port 0016
        port 0016
        port 192B
        port 094B
        systemd yes
        ca ab12
        kubelet yes
        pod etcd
        pod kube-apiserver
        serves yes
        vip no
        hosts MTI3LjAuMC4xIGxvY2FsaG9zdAo=
        end yes

        """
}
