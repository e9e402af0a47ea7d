// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeMigration

/// Variables of whatever groups an operator has, as Ansible gives them to hosts.
@Suite struct KubesprayGroupTests {
    private static let ownGroups = """
        [masters]
        m01 ansible_host=10.0.0.1
        m02 ansible_host=10.0.0.2
        m03 ansible_host=10.0.0.3
        [masters:vars]
        ansible_user=core
        ansible_port=2222
        [workers]
        w1 ansible_host=10.0.0.11
        w2 ansible_host=10.0.0.12
        [workers:vars]
        ansible_user=rocky
        ansible_ssh_private_key_file=~/.ssh/w
        node_labels={"tier": "app"}
        [ingress]
        w2
        [ingress:vars]
        node_taints=["ingress=true:NoSchedule"]
        [kube_control_plane:children]
        masters
        [kube_node:children]
        workers
        [etcd:children]
        masters
        [k8s_cluster:children]
        kube_control_plane
        kube_node
        [prod:children]
        k8s_cluster
        [prod:vars]
        kube_version=v1.30.1
        kube_pods_subnet=10.233.64.0/18

        """

    private func hosts(_ text: String) throws -> [String] {
        try MigrationFixture(text: text).spec().hosts.map {
            "\($0.name ?? "-") \($0.access.user ?? "-") \($0.access.port.map(String.init) ?? "-")"
        }
    }

    @Test func `an operator's own groups, inside and around kubespray's, speak for their hosts`() throws {
        let fixture = try MigrationFixture(text: Self.ownGroups)
        let spec = try fixture.spec()
        #expect(
            try hosts(Self.ownGroups) == [
                "m01 core 2222", "m02 core 2222", "m03 core 2222", "w1 rocky -", "w2 rocky -",
            ])
        #expect(spec.nodes.map(\.access.keyPath) == ["~/.ssh/w", "~/.ssh/w"])
        #expect(spec.nodes.map(\.labels) == [["tier": "app"], ["tier": "app"]])
        #expect(spec.nodes.map(\.taints) == [nil, [Taint(key: "ingress", value: "true", effect: .noSchedule)]])
        #expect(spec.kubernetes.description == "v1.30.1")
        #expect(spec.podSubnets.map(\.description) == ["10.233.64.0/18"])
        #expect(fixture.report.left.isEmpty, "\(fixture.left)")
    }

    @Test
    func `an inner group before the one around it, the alphabet among equals, all at the end, the host before them`()
        throws
    {
        let text = """
            [all:vars]
            ansible_user=everybody
            ansible_port=1
            kube_version=v1.30.1
            [outer:children]
            inner
            [outer:vars]
            ansible_user=outer
            ansible_port=2
            [inner]
            a ansible_host=10.0.0.1
            b ansible_host=10.0.0.2 ansible_user=own
            [inner:vars]
            ansible_user=inner
            [kube_control_plane]
            a
            [kube_node]
            b
            c ansible_host=10.0.0.3
            [left]
            c
            [left:vars]
            ansible_user=left
            [right]
            c
            [right:vars]
            ansible_user=right

            """
        #expect(try hosts(text) == ["a inner 2", "b own 2", "c right 1"])
        #expect(
            try hosts(text + "[left:vars]\nansible_group_priority=2\n") == ["a inner 2", "b own 2", "c left 1"],
            "the operator has said which")
        let fixture = try MigrationFixture(text: text)
        let covered = "another line says so, too, which is nearer to the hosts, and that one counts; leave it out"
        #expect(
            fixture.left == [
                "all.vars.ansible_user: \(covered)", "outer.vars.ansible_user: \(covered)",
                "left.vars.ansible_user: \(covered)",
            ])
    }

    @Test func `what is said of some masters only, of one host, or of nobody is told as such`() throws {
        let fixture = try MigrationFixture(
            text: """
                [kube_control_plane]
                a ansible_host=10.0.0.1
                b ansible_host=10.0.0.2 kube_proxy_mode=ipvs
                c ansible_host=10.0.0.3
                [kube_node]
                w ansible_host=10.0.0.4
                [kube_node:vars]
                kubelet_max_pods=50
                [all:vars]
                kube_version=v1.30.1
                [some]
                a
                b
                [some:vars]
                kube_version=v1.29.1
                [empty:vars]
                ansible_user=nobody
                mystery=1
                """)
        #expect(try fixture.spec().kubernetes.description == "v1.30.1")
        let remedy = "write it into the inventory if the whole cluster shall have it"
        #expect(
            fixture.left == [
                "b.kube_proxy_mode: it is one host's, and the inventory says it for the whole cluster; \(remedy)",
                "kube_node.vars.kubelet_max_pods: not all masters are in the group kube_node, and the inventory says it for the "
                    + "whole cluster; \(remedy)",
                "some.vars.kube_version: not all masters are in the group some, and the inventory says it for the whole cluster; "
                    + remedy,
                "empty.vars.ansible_user: no host of the cluster is in the group empty; leave it out, or put the hosts into "
                    + "the group",
                "empty.vars.mystery: hakube's inventory has no such setting; see docs/inventory.md, or do it after the cluster "
                    + "stands",
            ])
    }

    @Test func `a nearer template hides what stands farther away`() throws {
        let fixture = try MigrationFixture(
            text: """
                [kube_control_plane]
                a ansible_host=10.0.0.1
                [kube_control_plane:vars]
                kube_version={{ the_version }}
                [all:vars]
                kube_version=v1.30.1
                """)
        #expect(!fixture.migration.inventory.contains("kubernetes:"))
        #expect(fixture.report.left.map(\.path) == ["kube_control_plane.vars.kube_version", "all.vars.kube_version"])
        #expect(fixture.report.left.map(\.reason).first == "what a template gives is known to Ansible alone")
    }

    @Test func `of two lines about one host or group the last one counts, and the other is told`() throws {
        let text = """
            [kube_control_plane]
            a ansible_host=10.0.0.1 ansible_user=first
            [all:vars]
            kube_version=v1.29.1
            kube_version=v1.30.1
            [etcd]
            a ansible_user=second

            """
        let fixture = try MigrationFixture(text: text)
        #expect(try hosts(text) == ["a second -"])
        #expect(try fixture.spec().kubernetes.description == "v1.30.1")
        #expect(fixture.report.left.map(\.line) == [2, 4])
    }

    @Test func `groups in a circle come to an end`() throws {
        let fixture = try MigrationFixture(
            text: """
                [one:children]
                two
                [two:children]
                one
                kube_control_plane
                [kube_control_plane]
                a ansible_host=10.0.0.1
                [one:vars]
                ansible_user=one
                kube_version=v1.30.1
                """)
        #expect(try fixture.spec().masters.map(\.access.user) == ["one"])
    }

    @Test func `a file with the older groups at the top and no all is kubespray's`() throws {
        let text = """
            kube-master:
              hosts: {m1: {ansible_host: 10.0.0.1}}
            kube-node:
              hosts: {w1: {ansible_host: 10.0.0.4}}
            """
        let fixture = try MigrationFixture(text: text, kubernetes: "v1.30.1")
        #expect(fixture.report.tool == .kubespray)
        #expect(try fixture.spec().hosts.map(\.name) == ["m1", "w1"])
        let own = "prod:\n  children: {kube_control_plane: {hosts: {m1: {ansible_host: 10.0.0.1}}}}\n"
        #expect(try MigrationFixture(text: own).report.tool == .kubespray, "in a group of the operator's")
        #expect(throws: InventoryError.self) { try MigrationFixture(text: "web:\n  hosts: {m1: {}}\n") }
    }

    @Test func `a port behind a host's name is its port, unless a word says another`() throws {
        let text = """
            [kube_control_plane]
            n[1:2].example.com:2222 ansible_host=10.0.0.1
            n3.example.com:22 ansible_host=10.0.0.3 ansible_port=24
            [kube_node]
            fd00::7
            [fd00::8]:2022
            n3.example.com:99

            """
        let inventory = AnsibleInventory(ini: text)
        #expect(
            inventory.hosts.map(\.name) == [
                "n1.example.com", "n2.example.com", "n3.example.com", "fd00::7", "fd00::8",
            ])
        let groups = AnsibleGroups(inventory)
        let ports = inventory.hosts.map { HostVariables(inventory, groups, $0.name)[HostVariables.port]?.text }
        #expect(ports == ["2222", "2222", "24", nil, "2022"])
        let yaml = "kube_control_plane: {hosts: {'m.example.com:2222': {ansible_host: 10.0.0.1}}}\n"
        #expect(try hosts(yaml + "all: {vars: {kube_version: v1.30.1}}\n") == ["m.example.com - 2222"])
    }
}
