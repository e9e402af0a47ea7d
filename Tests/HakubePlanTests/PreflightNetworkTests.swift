// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

/// What may stand in a cluster's way on the network, and hosts that are in a cluster already.
@Suite struct PreflightNetworkTests {
    private let one = HostID("10.0.0.1")
    private let two = HostID("10.0.0.2")
    private let worker = HostID("10.0.0.4")

    private func errors(_ change: (inout [HostID: Facts]) throws -> Void = { _ in }) throws -> [String] {
        try findings(.error, change).map { "\($0.problem.place): \($0.problem.message)" }
    }

    private func warnings(_ change: (inout [HostID: Facts]) throws -> Void) throws -> [String] {
        try findings(.warning, change).map(\.problem.description)
    }

    private func findings(
        _ severity: Preflight.Finding.Severity, _ change: (inout [HostID: Facts]) throws -> Void
    ) throws -> [Preflight.Finding] {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4"])
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        try change(&facts)
        return Preflight(spec: spec, facts: facts, bundle: nil).findings.filter { $0.severity == severity }
    }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    /// The state of every host after a run that went well.
    private func finish(_ facts: inout [HostID: Facts]) throws {
        let vip = try address("10.103.97.2")
        for id in facts.keys {
            facts[id]?.hasKubeletConfig = true
            facts[id]?.hasTraces = true
            facts[id]?.clusterCADigest = "ours"
            facts[id]?.listeningPorts = [10250]
            facts[id]?.addresses.append(try address("10.244.1.1"))
            facts[id]?.serves = id != worker
            if id != worker {
                facts[id]?.staticPods = ["etcd", "kube-apiserver"]
                facts[id]?.listeningPorts = [6443, 2379, 2380, 10250, 10257, 10259]
            }
        }
        facts[worker]?.hasGuardian = true
        facts[worker]?.addresses.append(vip)
        facts[one]?.vipAnswers = true
    }

    @Test func `a finished cluster has nothing wrong with it`() throws {
        #expect(try errors(finish) == [])
    }

    @Test func `an internal address that the host does not have is an error`() throws {
        let found = try errors { $0[one]?.addresses = [try address("192.0.2.1")] }
        #expect(found == ["10.0.0.1: none of its interfaces has the address 10.0.0.1"])
    }

    @Test func `a VIP that answers is an error, told once`() throws {
        let found = try errors { facts in facts.keys.forEach { facts[$0]?.vipAnswers = true } }
        #expect(found == ["10.0.0.1: something answers at the VIP 10.103.97.2 already"])
    }

    @Test func `a VIP on a host that is no guardian is an error`() throws {
        let found = try errors { $0[two]?.addresses.append(try address("10.103.97.2")) }
        #expect(found == ["10.0.0.2: the VIP 10.103.97.2 stands on one of its interfaces"])
    }

    @Test func `a pod subnet over a host's address is an error`() throws {
        let found = try errors { $0[worker]?.addresses.append(try address("10.244.7.7")) }
        #expect(found == ["10.0.0.4: its own address 10.244.7.7 lies in 10.244.0.0/16"])
    }

    @Test func `a bridge that an earlier pod network left is in nobody's way`() throws {
        let found = try errors {
            $0[worker]?.addresses.append(try address("10.244.7.1"))
            $0[worker]?.clusterAddresses = [try address("10.244.7.1")]
        }
        #expect(found == [])
    }

    @Test func `ports in use are errors where the role needs them`() throws {
        #expect(
            try errors { $0[one]?.listeningPorts = [22, 2379] } == ["10.0.0.1: something listens on port 2379 already"])
        #expect(try errors { $0[worker]?.listeningPorts = [2379] } == [])
        #expect(
            try errors { $0[worker]?.listeningPorts = [10281] } == [
                "10.0.0.4: something listens on port 10281 already"
            ])
    }

    @Test func `a guardian that a cut-off run left may hold its port`() throws {
        let found = try errors {
            $0[worker]?.listeningPorts = [10281]
            $0[worker]?.hasGuardian = true
        }
        #expect(found == [])
    }

    @Test func `another runtime that runs is an error`() throws {
        let found = try errors { $0[one]?.foreignRuntime = "docker" }
        #expect(found == ["10.0.0.1: docker runs here and is not hakube's"])
        let sleeping = try errors { $0[one]?.runtimeAtBoot = "docker" }
        #expect(
            sleeping == [
                "10.0.0.1: docker is enabled here and would run beside hakube's containerd after the next boot"
            ])
    }

    @Test(arguments: [HostContainerd.busy: "containers run", .mounted: "is a mount point"])
    func `a containerd that cannot be put aside is an error`(state: HostContainerd, words: String) throws {
        let found = try errors { $0[one]?.hostContainerd = state }
        #expect(found.count == 1 && found[0].contains(words), "\(found)")
    }

    @Test func `what can be put aside is told beforehand and no error`() throws {
        let change: (inout [HostID: Facts]) throws -> Void = { [one] in
            $0[one]?.hostContainerd = .idle
            $0[one]?.foreignCNI = ["10-calico.conflist"]
            $0[one]?.foreignFiles = ["/etc/crictl.yaml"]
        }
        #expect(try errors(change) == [])
        let warned = try warnings(change)
        #expect(warned.count == 3)
        #expect(warned.allSatisfy { $0.contains("put aside") && $0.contains("'hakube clean' gives it back") })
    }

    @Test func `only an enforcing SELinux without the rules for containers is told`() throws {
        #expect(try warnings { $0[one]?.selinux = .bare }.count == 1)
        for state in [SELinux.enforcing, .permissive] {
            #expect(try warnings { $0[one]?.selinux = state } == [])
        }
    }

    @Test func `a worker of another cluster is an error`() throws {
        let found = try errors {
            try finish(&$0)
            $0[worker]?.clusterCADigest = "theirs"
        }
        #expect(found == ["10.0.0.4: it belongs to another cluster, not to that of 10.0.0.1"])
    }

    @Test func `a member whose masters do not answer is an error`() throws {
        let found = try errors {
            $0[worker]?.hasKubeletConfig = true
            $0[worker]?.hasTraces = true
            $0[worker]?.clusterCADigest = "theirs"
        }
        #expect(found == ["10.0.0.4: it belongs to a cluster already, and no master of the inventory answers"])
    }

    @Test func `a host whose join was cut off is finished, not refused`() throws {
        let found = try errors {
            try finish(&$0)
            $0[two]?.unfinished = "join"
            $0[two]?.serves = false
            $0[two]?.clusterCADigest = nil
        }
        #expect(found == [])
    }
}
