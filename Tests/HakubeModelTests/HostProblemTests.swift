// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct HostProblemTests {
    @Test(arguments: [
        InventoryCase.whole(
            "kubernetes: v1.34.2",
            "c.yaml: no master is given; write --masters 10.0.0.1, or a list under masters: in an inventory file"),
        .whole(
            "kubernetes: v1.34.2\nmasters: []",
            "c.yaml:2: no master is given; write --masters 10.0.0.1, or a list under masters: in an inventory file"),
        .whole(
            "kubernetes: v1.34.2\nmasters: 10.0.0.1-2",
            "c.yaml:2: 2 masters survive no more failures than 1, etcd votes by majority; make it 1 or 3 masters"),
        .whole(
            "kubernetes: v1.34.2\nmasters:\n  - 10.0.0.1-3\n  - 10.0.0.9",
            "c.yaml:3: 4 masters survive no more failures than 3, etcd votes by majority; make it 3 or 5 masters"),
        .whole(
            "kubernetes: v1.34.2\nmasters: 10.0.0.1-2,x y",
            "c.yaml:2: x y is neither an address nor a range; write it as 10.0.0.1, 10.0.0.1-3, 10.0.0.1-10.0.1.9, user@10.0.0.1:22 or [fd00::1]:22"
        ),
        .after(
            "nodes: \((1...5).map { "10.\($0).0.0-10.\($0).3.231" }.joined(separator: ","))",
            "c.yaml:3: the inventory lists 5001 hosts; list at most 5000",
            "c.yaml:3: the pod subnet 10.244.0.0/16 (the default) has room for 256 nodes with /24 each, not for 5001; write a prefix length of /11 or less"
        ),
    ])
    func `the number of hosts has to be right`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        InventoryCase.whole(
            "kubernetes: v1.34.2\nmasters:\n  - 10.0.0.1\n  - 10.0.0.1",
            "c.yaml:4: 10.0.0.1 is given as a master twice, first at c.yaml:3; leave one of them out"),
        .after("nodes: [10.0.0.5, 10.0.0.4-6]", "c.yaml:3: 10.0.0.5 is given as a node twice; leave one of them out"),
        .after(
            "nodes:\n  - root@10.0.0.1:2222",
            "c.yaml:4: 10.0.0.1 is both a master and a node, first at c.yaml:2; keep it as one of them; a master that shall run workloads gets taints: []"
        ),
        .after(
            "nodes:\n  - {address: a, internalAddress: 10.0.0.5}\n  - {address: b, internalAddress: 10.0.0.5}",
            "c.yaml:5: b and a have the same address 10.0.0.5; give each host its own internalAddress"),
        .after(
            "nodes:\n  - {address: 'gw:2201', internalAddress: 10.0.0.5}\n  - {address: 'gw:2202', internalAddress: 10.0.0.6}",
            "c.yaml:5: gw is the ssh address of two hosts, first at c.yaml:4; give each an alias of its own in ~/.ssh/config and write the alias as its address"
        ),
        .after(
            "nodes:\n  - {address: 10.0.0.5, name: a}\n  - {address: 10.0.0.6, name: a}",
            "c.yaml:5: 10.0.0.6 and 10.0.0.5 are both named a; give each node a name of its own"),
        .after(
            "nodes:\n  - {address: 10.0.0.5, name: apiserver.cluster.local}",
            "c.yaml:4: the node apiserver.cluster.local has the name of the endpoint; rename the node or the endpoint"),
    ])
    func `no host, address or name stands twice`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    private static let reach =
        "write the address at which the other hosts reach it, as internalAddress if ssh needs this one"

    @Test(arguments: [
        InventoryCase.after(
            "nodes: [web-1]",
            "c.yaml:3: web-1 is a name, not an address; write its address, or in an inventory file address: web-1 and internalAddress with its address"
        ),
        .after("nodes: [127.0.0.1]", "c.yaml:3: 127.0.0.1 is a loopback address; \(reach)"),
        .after("nodes: [0.0.0.0]", "c.yaml:3: 0.0.0.0 means no host at all; \(reach)"),
        .after("nodes: [169.254.1.1]", "c.yaml:3: 169.254.1.1 is a link-local address; \(reach)"),
        .after("nodes: [224.0.0.1]", "c.yaml:3: 224.0.0.1 is a multicast address; \(reach)"),
        .after("nodes: [255.255.255.255]", "c.yaml:3: 255.255.255.255 is in the reserved block 240.0.0.0/4; \(reach)"),
        .after("nodes: ['::ffff:10.0.0.2']", "c.yaml:3: ::ffff:10.0.0.2 is an IPv4 address in IPv6 form; \(reach)"),
        .after(
            "nodes:\n  - {address: a, internalAddress: b}",
            "c.yaml:4: the internal address `b` is not an IP address; write one address, without port or prefix length"),
        .after(
            "nodes:\n  - {address: a, internalAddress: 'fd00::1%eth0'}",
            "c.yaml:4: the internal address fd00::1%eth0 has a zone, which means something on one machine only; write a global or unique local address instead"
        ),
        .after(
            "nodes:\n  - {address: a, internalAddress: 127.0.0.1}",
            "c.yaml:4: the internal address 127.0.0.1 is a loopback address; choose a global or private unicast address"
        ),
        .after(
            "nodes: ['fd00::2']",
            "c.yaml:3: fd00::2 is IPv6, but 10.0.0.1 is IPv4; use one family for all hosts, with internalAddress where ssh needs the other"
        ),
    ])
    func `the cluster needs an address of every host`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        InventoryCase.after(
            "ssh: {user: 'a b'}", "c.yaml:3: `a b` cannot be a login name; write the name that ssh logs in with"),
        .after(
            "ssh: {port: 70000}",
            "c.yaml:3: the port `70000` is not a number from 1 to 65535; write the port of sshd, usually 22"),
        .after(
            "ssh: {port: 0}",
            "c.yaml:3: the port `0` is not a number from 1 to 65535; write the port of sshd, usually 22"),
        .after(
            "ssh: {key: ''}", "c.yaml:3: the path of the key is empty; write the path of a private key, or leave it out"
        ),
        .after(
            "nodes:\n  - {address: 10.0.0.2, user: ''}",
            "c.yaml:4: `` cannot be a login name; write the name that ssh logs in with"),
        .after(
            "nodes:\n  - address: a@10.0.0.2\n    user: b",
            "c.yaml:5: the user of 10.0.0.2 stands in its address and under `user`; keep one of the two"),
        .after(
            "nodes:\n  - address: 10.0.0.2:22\n    port: 23",
            "c.yaml:5: the port of 10.0.0.2 stands in its address and under `port`; keep one of the two"),
        .after(
            "nodes:\n  - address: 10.0.0.2-3\n    name: a",
            "c.yaml:5: `name` can belong to one host only, and 10.0.0.2-3 is 2; give each host an entry of its own"),
        .after(
            "nodes:\n  - address: 10.0.0.2-4\n    internalAddress: 10.0.0.9",
            "c.yaml:4: 10.0.0.3 and 10.0.0.2 have the same address 10.0.0.9; give each host its own internalAddress",
            "c.yaml:4: 10.0.0.4 and 10.0.0.2 have the same address 10.0.0.9; give each host its own internalAddress",
            "c.yaml:5: `internalAddress` can belong to one host only, and 10.0.0.2-4 is 3; give each host an entry of its own"
        ),
    ])
    func `login particulars have to make sense`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    private static func node(_ line: String, _ sentences: String...) -> InventoryCase {
        InventoryCase(
            yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nnodes:\n  - address: 10.0.0.2\n    " + line,
            sentences: sentences.map { "c.yaml:5: \($0)" })
    }

    private static let key =
        "write name or prefix/name: letters, digits, - _ . inside, 63 characters at most, the prefix a DNS name"
    private static let taint = "write key=value:NoSchedule, or PreferNoSchedule or NoExecute after the colon"

    @Test(arguments: [
        node("name: Worker-1", "`Worker-1` cannot name a node, Kubernetes takes lower case only; write `worker-1`"),
        node(
            "name: worker_1",
            "`worker_1` cannot name a node; use lower-case letters, digits, dashes and dots, 63 characters at most (RFC 1123)"
        ),
        node(
            "name: \(String(repeating: "a", count: 64))",
            "`\(String(repeating: "a", count: 64))` cannot name a node; use lower-case letters, digits, dashes and dots, 63 characters at most (RFC 1123)"
        ),
        node("labels: {a b: c}", "`a b` cannot be the key of a label; \(key)"),
        node("labels: {Example.com/a: c}", "`Example.com/a` cannot be the key of a label; \(key)"),
        node("labels: {a/b/c: d}", "`a/b/c` cannot be the key of a label; \(key)"),
        node(
            "labels: {a: b c}",
            "`b c` cannot be the value of the label a; use letters, digits, - _ . inside, 63 characters at most"),
        node(
            "labels: {a: -b}",
            "`-b` cannot be the value of the label a; use letters, digits, - _ . inside, 63 characters at most"),
        node("taints: [a]", "`a` does not read as a taint; \(taint)"),
        node("taints: ['a=b:Never']", "`a=b:Never` does not read as a taint; \(taint)"),
        node("taints: ['a b:NoSchedule']", "`a b:NoSchedule` does not read as a taint; \(taint)"),
        node("taints: ['a=b c:NoSchedule']", "`a=b c:NoSchedule` does not read as a taint; \(taint)"),
        node(
            "taints: ['a=b:NoSchedule', 'a=c:NoSchedule']",
            "the taint a stands twice with the effect NoSchedule; keep one of the two"),
    ])
    func `names, labels and taints follow Kubernetes' rules`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test func `a taint reads and prints the same`() {
        for text in ["a=b:NoSchedule", "example.com/a:NoExecute", "a:PreferNoSchedule"] {
            #expect(Taint(text)?.description == text)
        }
        #expect(Taint("a=:NoSchedule")?.description == "a:NoSchedule")
    }
}
