// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    private static func kubelet(_ name: String) -> String {
        """
        apiVersion: v1
        kind: Config
        users:
          - name: system:node:\(name)
            user:
              client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem

        """
    }

    static let commandCases = [
        RuleCase(
            .sharedIdentity, at: "a.sh:1", ["a.sh": "scp -r /etc/kubernetes/* root@10.0.0.2:/etc/kubernetes/\n"],
            mending: ("/etc/kubernetes/*", "/etc/kubernetes/pki/ca.crt")),
        RuleCase(
            .sharedIdentity, at: "a.sh:1", ["a.sh": "rsync -a /var/lib/kubelet/ master2:/var/lib/kubelet\n"],
            mending: ("/var/lib/kubelet/ ", "/var/lib/registry/ ")),
        RuleCase(
            .sharedIdentity, at: "a.sh:1", ["a.sh": "scp -r root@10.0.0.1:/etc/kubernetes /etc/\n"],
            mending: (" /etc/\n", " /backup/\n")),
        RuleCase(
            .sharedIdentity, at: "a.sh:1", ["a.sh": "tar -cf - /etc/kubernetes | ssh master2 tar -xf - -C /\n"],
            mending: ("-C /", "-C /backup")),
        RuleCase(
            .sharedIdentity, at: "b/kubelet.conf:4",
            ["a/kubelet.conf": kubelet("master1"), "b/kubelet.conf": kubelet("master1") + "# of b\n"],
            mending: (kubelet("master1") + "# of b\n", kubelet("master2"))),
        RuleCase(
            .sharedCertificates, at: "a.sh:1", ["a.sh": "scp -r /etc/kubernetes/pki 10.0.0.2:/etc/kubernetes/\n"],
            mending: ("-r /etc/kubernetes/pki", "/etc/kubernetes/pki/sa.key")),
        RuleCase(
            .kubeadmFlagsMixed, at: "a.sh:2",
            ["a.sh": "kubeadm init --config a.yaml \\\n  --pod-network-cidr 10.244.0.0/16 --upload-certs\n"],
            mending: ("--pod-network-cidr 10.244.0.0/16 ", "")),
        RuleCase(
            .kubeadmFlagRemoved, at: "b.sh:2",
            [
                "a.yaml": cluster,
                "b.sh": "kubeadm join apiserver.cluster.local:6443 \\\n  --experimental-control-plane\n",
            ],
            mending: ("--experimental-control-plane", "--control-plane")),
        RuleCase(
            .passwordInCommand, at: "a.sh:1", ["a.sh": "sshpass -p geheim ssh-copy-id master2\n"],
            mending: ("-p geheim", "-f ~/password")),
        RuleCase(
            .passwordInCommand, at: "a.sh:1", ["a.sh": "sshpass -v -P word -p geheim ssh -p 22 master2\n"],
            mending: ("-p geheim", "-f ~/password")),
        RuleCase(
            .passwordInCommand, at: "a.sh:1", ["a.sh": "echo geheim | passwd admin --stdin\n"],
            mending: ("echo geheim", "cat ~/password")),
    ]
}
