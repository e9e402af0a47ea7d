// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeMigration

/// What is said of single hosts: taints, addresses, logins, and hosts of which nearly nothing is said.
@Suite struct HostTests {
    private func kubespray(_ text: String) throws -> MigrationFixture {
        try MigrationFixture(text: text + "\n[all:vars]\nkube_version=v1.30.1\n")
    }

    @Test(arguments: [
        "node_taints='[\"dedicated=db:NoSchedule\", \"x:NoExecute\"]'",
        "node_taints=dedicated=db:NoSchedule,x:NoExecute",
        "node_taints=\"[{'key': 'dedicated', 'value': 'db', 'effect': 'NoSchedule'}, {'key': 'x', 'effect': 'NoExecute'}]\"",
    ])
    func `kubespray: taints as texts, as a list, and as maps`(taints: String) throws {
        let fixture = try kubespray(
            "[kube_control_plane]\na ansible_host=10.0.0.1\n[kube_node]\nw ansible_host=10.0.0.2 \(taints)\n")
        #expect(
            try fixture.spec().nodes.map(\.taints) == [
                [
                    Taint(key: "dedicated", value: "db", effect: .noSchedule), Taint(key: "x", effect: .noExecute),
                ]
            ])
        #expect(fixture.report.left.isEmpty)
    }

    @Test func `kubespray: a master's taints do not take kubeadm's away; one that works has them`() throws {
        let text = """
            [kube_control_plane]
            a ansible_host=10.0.0.1 node_taints='["d=db:NoSchedule"]'
            [kube_node]
            w ansible_host=10.0.0.2

            """
        let closed = try kubespray(text)
        #expect(try closed.spec().masters.map(\.taints) == [nil])
        #expect(
            closed.left == [
                "a.node_taints[0]: `taints` of a master would take the place of kubeadm's own taint; write `taints` with both of them"
            ])
        let open = try kubespray(text + "a\n")
        #expect(try open.spec().masters.map(\.taints) == [[Taint(key: "d", value: "db", effect: .noSchedule)]])
    }

    @Test func `kubespray: what is no taint is told, and a template is not guessed`() throws {
        let fixture = try kubespray(
            """
            [kube_control_plane]
            a ansible_host=10.0.0.1
            [kube_node]
            w ansible_host=10.0.0.2 node_taints=d=db:Never
            v ansible_host=10.0.0.3 node_taints="{{ them }}"
            """)
        #expect(try fixture.spec().nodes.map(\.taints) == [nil, nil])
        #expect(fixture.report.left.map(\.path) == ["w.node_taints", "v.node_taints"])
        #expect(fixture.report.left.map(\.reason).first == "it is no taint")
        let vars = try kubespray(
            "[kube_control_plane]\na ansible_host=10.0.0.1\n[kube_node]\nw ansible_host=10.0.0.2\n"
                + "[kube_node:vars]\nnode_taints=[\"d=db:NoSchedule\"]  # one word, quotes and all\n")
        #expect(try vars.spec().nodes.map(\.taints) == [[Taint(key: "d", value: "db", effect: .noSchedule)]])
    }

    @Test func `kubespray: a host that is in no group and of which nothing is said is told with its line`() throws {
        let fixture = try kubespray("[all]\na ansible_host=10.0.0.1\nforgotten\n[kube_control_plane]\na\n")
        let idle = try #require(fixture.report.left.first)
        #expect(fixture.report.left.count == 1)
        #expect((idle.line, idle.path) == (3, "forgotten"))
        #expect(idle.reason == "the host is neither a master nor a worker")
    }

    @Test func `kubespray: a bastion's login is its own, its group's or everybody's, never the cluster's`() throws {
        let text = """
            [kube_control_plane]
            a ansible_host=10.0.0.1
            [bastion]
            jump ansible_host=203.0.113.9
            [k8s_cluster:vars]
            ansible_user=inner
            ansible_port=2222

            """
        let plain = try kubespray(text)
        #expect(plain.migration.inventory.contains("bastion: 203.0.113.9\n"))
        let grouped = try kubespray(text + "[bastion:vars]\nansible_user=hop\n")
        #expect(grouped.migration.inventory.contains("bastion: hop@203.0.113.9\n"))
        #expect(try grouped.spec().masters.map(\.access.user) == ["inner"])
        let shared = try kubespray(text + "[all:vars]\nansible_user=everybody\n")
        #expect(shared.migration.inventory.contains("bastion: everybody@203.0.113.9\n"))
    }

    @Test
    func `kubespray: a bastion's key, a group's variable that a nearer one covers, and a template for an address`()
        throws
    {
        let fixture = try kubespray(
            """
            [kube_control_plane]
            a ansible_host="{{ first }}" ip=10.0.0.1
            [bastion]
            jump ansible_host=203.0.113.9 ansible_ssh_private_key_file=~/.ssh/hop
            [k8s_cluster:vars]
            kube_version=v1.29.1
            """)
        #expect(try fixture.spec().kubernetes.description == "v1.29.1")
        #expect(
            fixture.left == [
                "a.ansible_host: what a template gives is known to Ansible alone; write the value in its place, then import again",
                "jump.ansible_ssh_private_key_file: a bastion has no key of its own in an inventory; name it as IdentityFile in "
                    + "~/.ssh/config",
                "all.vars.kube_version: another line says so, too, which is nearer to the hosts, and that one counts; leave it out",
            ])
        #expect(!fixture.migration.inventory.contains("{{"))
    }

    private func kubekey(_ hosts: String, _ groups: String) throws -> MigrationFixture {
        try MigrationFixture(
            text: """
                apiVersion: kubekey.kubesphere.io/v1alpha2
                kind: Cluster
                spec:
                  hosts: \(hosts)
                  roleGroups: \(groups)
                  kubernetes: {version: v1.28.1}
                """)
    }

    @Test func `KubeKey: an internal address is enough, and none is told with the host`() throws {
        let fixture = try kubekey(
            "[{name: a, internalAddress: 10.0.0.1}, {name: w, user: ops}, {name: v, internalAddress: '10.0.0.3,fd00::3'}]",
            "{control-plane: [a], worker: [w, v], etcd: [a]}")
        #expect(try fixture.spec().masters.map(\.sshAddress) == ["10.0.0.1"])
        #expect(try fixture.spec().masters.map(\.name) == ["a"])
        #expect(try fixture.spec().nodes.map(\.sshAddress) == ["10.0.0.3"])
        #expect(
            fixture.report.left.map(\.path).sorted() == [
                "spec.hosts[1]", "spec.hosts[2].internalAddress", "spec.roleGroups.worker[0]",
            ])
        #expect(fixture.targets(of: "spec.roleGroups.worker[1]") == ["nodes"])
        #expect(fixture.targets(of: "spec.roleGroups.worker[0]").isEmpty, "no such host was made")
    }

    @Test func `KubeKey: a range of which some hosts are there is taken and told`() throws {
        let fixture = try kubekey(
            "[{name: a, address: 10.0.0.1}, {name: w2, address: 10.0.0.2}]",
            "{control-plane: [a], worker: ['w[2:3]', x], etcd: [a]}")
        #expect(fixture.targets(of: "spec.roleGroups.worker[0]") == ["nodes"])
        #expect(
            fixture.report.left.map(\.reason) == [
                "there is no host w3 under `hosts`", "there is no host x under `hosts`",
            ])
        #expect(fixture.targets(of: "spec.roleGroups.worker[1]").isEmpty)
    }

    @Test func `lines that end as on Windows are lines, and values have no carriage return`() throws {
        let fixture = try MigrationFixture("kubespray.ini")
        let text = fixture.text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        let other = try MigrationFixture(text: text, file: "kubespray.ini")
        #expect(other.migration == fixture.migration)
    }
}
