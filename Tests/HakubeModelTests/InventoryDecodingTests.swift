// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct InventoryDecodingTests {
    @Test(arguments: [
        InventoryCase.after(
            "pod-subnet: 10.1.0.0/16",
            "c.yaml:3: an inventory has no key `pod-subnet`; `podSubnet` belongs under `network`"),
        .after("network:\n  pod_subnet: 10.1.0.0/16", "c.yaml:4: `network` has no key `pod_subnet`; write `podSubnet`"),
        .after("network:\n  podSubnets: 10.1.0.0/16", "c.yaml:4: `network` has no key `podSubnets`; write `podSubnet`"),
        .after("node: [10.0.0.2]", "c.yaml:3: an inventory has no key `node`; write `nodes`"),
        .after(
            "endpoint:\n  dnsDomain: a.b",
            "c.yaml:4: `endpoint` has no key `dnsDomain`; `dnsDomain` belongs under `network`"),
        .after(
            "internalAddress: 10.0.0.1",
            "c.yaml:3: an inventory has no key `internalAddress`; `internalAddress` belongs to a host, in a map under `masters` or `nodes`"
        ),
        .after(
            "ssh:\n  kubernetes: v1.2",
            "c.yaml:4: `ssh` has no key `kubernetes`; `kubernetes` belongs at the left margin, outside `ssh`"),
        .after("ssh:\n  password: x", "c.yaml:4: `ssh` has no key `password`; choose from user, port, key, bastion"),
        .after("nodes:\n  - adress: 10.0.0.2", "c.yaml:4: a host has no key `adress`; write `address`"),
        .after(
            "<<: {cluster: a}",
            "c.yaml:3: an inventory has no key `<<`; choose from cluster, kubernetes, ssh, masters, nodes, endpoint, network, dns, loadBalancer, imageRepository, certSANs, kubeadm, registries, etcd"
        ),
    ])
    func `an unknown key gets the nearest known one`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        InventoryCase.after(
            "cluster: a\ncluster: b", "c.yaml:4: `cluster` is written twice, first on line 3; keep one of the two"),
        .after(
            "ssh:\n  user: a\n  port: 22\n  user: b",
            "c.yaml:6: `user` is written twice, first on line 4; keep one of the two"),
        .after(
            "'cluster': a\n\"cluster\": b", "c.yaml:4: `cluster` is written twice, first on line 3; keep one of the two"
        ),
        .after("ssh: {user: a, user: b}", "c.yaml:3: `user` is written twice, first on line 3; keep one of the two"),
        .after(
            "cluster: a\ncluster: b\ncluster: c",
            "c.yaml:5: `cluster` is written twice, first on line 3; keep one of the two",
            "c.yaml:5: `cluster` is written twice, first on line 4; keep one of the two"),
        .after(
            "cluster: a\ncluster: B_\nsssh: 1",
            "c.yaml:4: `cluster` is written twice, first on line 3; keep one of the two",
            "c.yaml:4: `B_` cannot name a cluster; use lower-case letters, digits and dashes, 63 characters at most",
            "c.yaml:5: an inventory has no key `sssh`; write `ssh`"),
        .after(
            "nodes:\n  - address: 10.0.0.2\n    labels: {a: 1, a: 2}",
            "c.yaml:5: `a` is written twice, first on line 5; keep one of the two"),
        .after(
            "&x cluster: a\n&y cluster: b", "c.yaml:3: `cluster` is written twice in one map; keep one of the two"),
    ])
    func `a key that stands twice is found with both lines`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        InventoryCase.after(
            "cluster: [a]", "c.yaml:3: `cluster` is a list here, not a single value; write one value after the colon"),
        .after("cluster:", "c.yaml:3: `cluster` has no value; write one after the colon, or delete the line"),
        .after("cluster: ~", "c.yaml:3: `cluster` has no value; write one after the colon, or delete the line"),
        .after(
            "ssh: root",
            "c.yaml:3: `ssh` is a single value here, not a map; write it as key: value lines with user, port, key, bastion"
        ),
        .after("certSANs: {a: b}", "c.yaml:3: `certSANs` is a map here, not a list; write it as [one, two]"),
        .after(
            "certSANs: [[a]]",
            "c.yaml:3: `certSANs` is a list here, not a single value; write one value after the colon"),
        .after("nodes: {a: b}", "c.yaml:3: `nodes` is a map here, not a list; start each host with a dash: - 10.0.0.1"),
        .after(
            "nodes:\n  - [10.0.0.2]",
            "c.yaml:4: `nodes` is a list here, not a single value; write one value after the colon"),
        .after("nodes:\n  - name: a", "c.yaml:4: a host without `address`; write address: 10.0.0.1 among its keys"),
        .after(
            "nodes:\n  - address: 10.0.0.2\n    labels: [a]",
            "c.yaml:5: `labels` is a list here, not a map; write it as key: value lines"),
        .after(
            "nodes:\n  - address: 10.0.0.2\n    labels: {a: [b]}",
            "c.yaml:5: `a` is a list here, not a single value; write one value after the colon"),
        .after("[a]: b", "c.yaml:3: a key is a list here; write keys as plain words"),
        .whole(
            "- 10.0.0.1",
            "c.yaml:1: an inventory is a list here, not a map; write it as key: value lines with cluster, kubernetes, ssh, masters, nodes, endpoint, network, dns, loadBalancer, imageRepository, certSANs, kubeadm, registries, etcd"
        ),
    ])
    func `a value of the wrong form is named by what it is`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        (
            "masters:\n\t- 10.0.0.1",
            "c.yaml:2: the YAML cannot be read: found character that cannot start any token; indent with blanks, YAML takes no tabs"
        ),
        (
            "cluster: a: b",
            "c.yaml:1: the YAML cannot be read: mapping values are not allowed in this context; check indentation, colons and quotes on this line and the one before"
        ),
        (
            "a:\n - b\n c: d",
            "c.yaml:3: the YAML cannot be read: did not find expected '-' indicator; check indentation, colons and quotes on this line and the one before"
        ),
        (
            "cluster: *x",
            "c.yaml:1: the YAML cannot be read: found undefined alias; check indentation, colons and quotes on this line and the one before"
        ),
        (
            "cluster: a\n---\nkind: b",
            "c.yaml:2: a second YAML document starts here; keep one document, and put kubeadm's own documents under `kubeadm`"
        ),
        (
            "cluster: a\u{1}b",
            "c.yaml: the YAML cannot be read: it holds a character that no text file has; save the file as UTF-8 text"
        ),
    ])
    func `broken YAML is told with its line`(_ yaml: String, _ sentence: String) {
        #expect(Inventory(yaml: yaml, file: "c.yaml").problems.map(\.description) == [sentence])
    }

    @Test func `maps and lists left empty count as not written`() throws {
        let spec = try spec(
            yaml: "kubernetes: v1.34.2\nmasters: 10.0.0.1\nnodes:\nssh:\nnetwork: ~\ncertSANs:\nkubeadm:\n")
        #expect(spec.nodes.isEmpty)
        #expect(spec.podSubnets.map(\.description) == ["10.244.0.0/16"])
        #expect(spec.extraCertSANs.isEmpty)
    }

    @Test func `anchors and aliases work`() throws {
        let yaml = """
            kubernetes: v1.34.2
            masters: [10.0.0.1]
            nodes:
              - address: 10.0.0.2
                labels: &zone {zone: a}
              - address: 10.0.0.3
                labels: *zone
            """
        #expect(try spec(yaml: yaml).nodes.map(\.labels) == [["zone": "a"], ["zone": "a"]])
    }

    @Test func `a file of nothing but duplicates is given up on`() {
        let yaml = (0...100).map { "key\($0): 1\nkey\($0): 2\n" }.joined()
        #expect(
            Inventory(yaml: yaml, file: "c.yaml").problems.map(\.description) == [
                "c.yaml: too many keys are written twice; keep each key once in its map"
            ])
    }
}
