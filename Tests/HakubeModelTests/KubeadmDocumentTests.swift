// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct KubeadmDocumentTests {
    /// The document starts on line 4 of the file.
    private static func document(_ yaml: String, _ sentences: String...) -> InventoryCase {
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .map { ($0.offset == 0 ? "  - " : "    ") + $0.element }
        return InventoryCase(
            yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nkubeadm:\n" + lines.joined(separator: "\n"),
            sentences: sentences)
    }

    private static let start = "start it with apiVersion and kind, as kubeadm's own files do"

    @Test(arguments: [
        document("[a]", "c.yaml:4: a kubeadm document is a list here, not a map; \(start)"),
        document("kind: KubeletConfiguration", "c.yaml:4: a kubeadm document has no apiVersion or no kind; \(start)"),
        document(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind:",
            "c.yaml:4: a kubeadm document has no apiVersion or no kind; \(start)"),
        document(
            "apiVersion: v1\nkind: Service",
            "c.yaml:5: hakube has no document of the kind `Service` to merge this one over; choose from ClusterConfiguration, InitConfiguration, JoinConfiguration, KubeletConfiguration, KubeProxyConfiguration"
        ),
        document(
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration",
            "c.yaml:4: ClusterConfiguration has the apiVersion `kubeadm.k8s.io/v1beta3`, but with v1.34.2 it is kubeadm.k8s.io/v1beta4; write it for kubeadm.k8s.io/v1beta4, the fields differ"
        ),
        document(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: KubeletConfiguration",
            "c.yaml:4: KubeletConfiguration has the apiVersion `kubeadm.k8s.io/v1beta4`, but with v1.34.2 it is kubelet.config.k8s.io/v1beta1; write kubelet.config.k8s.io/v1beta1"
        ),
        document(
            "apiVersion: kubelet.config.k8s.io/v1\nkind: KubeProxyConfiguration",
            "c.yaml:4: KubeProxyConfiguration has the apiVersion `kubelet.config.k8s.io/v1`, but with v1.34.2 it is kubeproxy.config.k8s.io/v1alpha1; write kubeproxy.config.k8s.io/v1alpha1"
        ),
        document(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 1\nmaxPods: 2",
            "c.yaml:7: `maxPods` is written twice, first on line 6; keep one of the two"),
    ])
    func `a document that kubeadm would not take has its sentence`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test func `a kind may come once`() {
        let yaml = """
            kubernetes: v1.34.2
            masters: 10.0.0.1
            kubeadm: |
              apiVersion: kubelet.config.k8s.io/v1beta1
              kind: KubeletConfiguration
              ---
              apiVersion: kubelet.config.k8s.io/v1beta1
              kind: KubeletConfiguration
            """
        #expect(
            problems(yaml: yaml) == [
                "c.yaml:8: KubeletConfiguration is given twice, first at c.yaml:4; put both into one document"
            ])
    }

    private static func cluster(_ line: String, _ sentence: String) -> InventoryCase {
        document("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n" + line, "c.yaml:6: " + sentence)
    }

    private static func initial(_ line: String, _ sentence: String) -> InventoryCase {
        document("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n" + line, "c.yaml:6: " + sentence)
    }

    private static func join(_ line: String, _ sentence: String) -> InventoryCase {
        document("apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n" + line, "c.yaml:6: " + sentence)
    }

    private static func kubelet(_ line: String, _ sentence: String) -> InventoryCase {
        document(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n" + line, "c.yaml:6: " + sentence)
    }

    private static func proxy(_ line: String, _ sentence: String) -> InventoryCase {
        document(
            "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n" + line,
            "c.yaml:6: " + sentence)
    }

    @Test(arguments: [
        cluster(
            "kubernetesVersion: v1.34.1",
            "`kubernetesVersion` of ClusterConfiguration is hakube's own; set `kubernetes`"),
        cluster(
            "controlPlaneEndpoint: a:1",
            "`controlPlaneEndpoint` of ClusterConfiguration is hakube's own; set `endpoint`"),
        cluster("clusterName: a", "`clusterName` of ClusterConfiguration is hakube's own; set `cluster`"),
        cluster(
            "imageRepository: a", "`imageRepository` of ClusterConfiguration is hakube's own; set `imageRepository`"),
        cluster(
            "networking: {podSubnet: a}",
            "`networking.podSubnet` of ClusterConfiguration is hakube's own; set `network.podSubnet`"),
        cluster(
            "networking: {serviceSubnet: a}",
            "`networking.serviceSubnet` of ClusterConfiguration is hakube's own; set `network.serviceSubnet`"),
        cluster(
            "networking: {dnsDomain: a}",
            "`networking.dnsDomain` of ClusterConfiguration is hakube's own; set `network.dnsDomain`"),
        cluster(
            "certificatesDir: /a",
            "`certificatesDir` of ClusterConfiguration is hakube's own; leave it at /etc/kubernetes/pki"),
        cluster(
            "etcd: {external: {}}", "`etcd.external` of ClusterConfiguration is hakube's own; set `etcd`"
        ),
        initial(
            "bootstrapTokens: []",
            "`bootstrapTokens` of InitConfiguration is hakube's own; leave it out, each run makes its own token"),
        initial(
            "certificateKey: a",
            "`certificateKey` of InitConfiguration is hakube's own; leave it out, each run makes its own key"),
        initial(
            "localAPIEndpoint: {bindPort: 1}",
            "`localAPIEndpoint` of InitConfiguration is hakube's own; set the host's `internalAddress` and `endpoint.port`"
        ),
        initial(
            "nodeRegistration: {name: a}",
            "`nodeRegistration.name` of InitConfiguration is hakube's own; set the `name` of each host"),
        initial(
            "nodeRegistration: {taints: []}",
            "`nodeRegistration.taints` of InitConfiguration is hakube's own; set the `taints` of each host"),
        initial(
            "nodeRegistration: {criSocket: a}",
            "`nodeRegistration.criSocket` of InitConfiguration is hakube's own; leave it out, hakube installs containerd"
        ),
        initial(
            "nodeRegistration: {kubeletExtraArgs: [{name: node-ip, value: a}]}",
            "`nodeRegistration.kubeletExtraArgs.node-ip` of InitConfiguration is hakube's own; set the `internalAddress` of each host"
        ),
        initial(
            "nodeRegistration: {kubeletExtraArgs: {hostname-override: a}}",
            "`nodeRegistration.kubeletExtraArgs.hostname-override` of InitConfiguration is hakube's own; set the `name` of each host"
        ),
        initial("dryRun: true", "`dryRun` of InitConfiguration is hakube's own; use `hakube plan`"),
        join(
            "discovery: {}",
            "`discovery` of JoinConfiguration is hakube's own; leave it out, hakube hands discovery over by file"),
        join(
            "controlPlane: {}",
            "`controlPlane` of JoinConfiguration is hakube's own; leave it out, it follows from `masters` and `nodes`"),
        kubelet(
            "staticPodPath: /a",
            "`staticPodPath` of KubeletConfiguration is hakube's own; leave it at /etc/kubernetes/manifests"),
        kubelet("clusterDomain: a", "`clusterDomain` of KubeletConfiguration is hakube's own; set `network.dnsDomain`"),
        kubelet(
            "containerRuntimeEndpoint: a",
            "`containerRuntimeEndpoint` of KubeletConfiguration is hakube's own; leave it out, hakube installs containerd"
        ),
        proxy("mode: ipvs", "`mode` of KubeProxyConfiguration is hakube's own; set `network.proxyMode`"),
        proxy("clusterCIDR: a", "`clusterCIDR` of KubeProxyConfiguration is hakube's own; set `network.podSubnet`"),
        proxy(
            "hostnameOverride: a",
            "`hostnameOverride` of KubeProxyConfiguration is hakube's own; set the `name` of each host"),
        proxy(
            "ipvs: {excludeCIDRs: [10.1.1.1/32]}",
            "`ipvs.excludeCIDRs` leaves out the VIP, and kube-proxy would delete the guardian's service; add 10.103.97.2/32 to the list"
        ),
    ])
    func `a key that follows from the inventory is refused`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    private static let anonymous =
        "with `anonymous-auth` off the API server answers 401 to the kubelet's probes, which restarts it again and again; "
        + "leave it out; without credentials there is little more than health and version to see"

    @Test(arguments: [
        cluster("apiServer: {extraArgs: [{name: anonymous-auth, value: 'false'}]}", anonymous),
        cluster("apiServer: {extraArgs: {anonymous-auth: F}}", anonymous),
    ])
    func `an API server that its own probes cannot ask is refused`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        cluster("apiServer: {extraArgs: [{name: anonymous-auth, value: 'true'}]}", ""),
        cluster("scheduler: {extraArgs: [{name: anonymous-auth, value: 'false'}]}", ""),
    ])
    func `anonymous requests that are on, or another program's, are nobody's concern`(_ example: InventoryCase) {
        #expect(example.found == [])
    }

    @Test func `patches may give the probes credentials`() {
        let yaml = """
            kubernetes: v1.34.2
            masters: 10.0.0.1
            kubeadm:
              - apiVersion: kubeadm.k8s.io/v1beta4
                kind: ClusterConfiguration
                apiServer: {extraArgs: [{name: anonymous-auth, value: "false"}]}
              - apiVersion: kubeadm.k8s.io/v1beta4
                kind: InitConfiguration
                patches: {directory: /etc/kubernetes/patches}
            """
        #expect(problems(yaml: yaml) == [])
    }

    @Test func `broken documents in a text are told with the file's line`() {
        let yaml = "kubernetes: v1.34.2\nmasters: 10.0.0.1\nkubeadm: |\n  kind: a\n  ---\n  a: b: c\n"
        #expect(
            problems(yaml: yaml) == [
                "c.yaml:4: a kubeadm document has no apiVersion or no kind; \(Self.start)",
                "c.yaml:6: the YAML cannot be read: mapping values are not allowed in this context;"
                    + " check indentation, colons and quotes on this line and the one before",
            ])
        let quoted = "kubernetes: v1.34.2\nmasters: 10.0.0.1\nkubeadm: \"kind: a\\nkind: b\"\n"
        #expect(
            problems(yaml: quoted) == ["c.yaml:3: `kind` is written twice in one map; keep one of the two"])
    }

    @Test func `documents keep their order, quotes and values`() throws {
        let yaml = """
            kubernetes: v1.30.1
            masters: 10.0.0.1
            kubeadm: |
              ---
              # from the old cluster
              apiVersion: kubeadm.k8s.io/v1beta3
              kind: ClusterConfiguration
              apiServer: {certSANs: [a.example.com], extraArgs: {v: "2"}}
              ---
              apiVersion: kubeproxy.config.k8s.io/v1alpha1
              kind: KubeProxyConfiguration
              conntrack: {maxPerCore: 0, min: 0}
              ipvs: {excludeCIDRs: [10.103.97.0/24]}
            """
        let documents = try spec(yaml: yaml).kubeadmDocuments
        #expect(
            documents == [
                """
                apiVersion: kubeadm.k8s.io/v1beta3
                kind: ClusterConfiguration
                apiServer:
                  certSANs:
                  - a.example.com
                  extraArgs:
                    v: "2"

                """,
                """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                conntrack:
                  maxPerCore: 0
                  min: 0
                ipvs:
                  excludeCIDRs:
                  - 10.103.97.0/24

                """,
            ])
    }

    @Test(arguments: [
        ("v1.15.0", "kubeadm.k8s.io/v1beta2"), ("v1.21.14", "kubeadm.k8s.io/v1beta2"),
        ("v1.22.0", "kubeadm.k8s.io/v1beta3"), ("v1.30.14", "kubeadm.k8s.io/v1beta3"),
        ("v1.31.0", "kubeadm.k8s.io/v1beta4"), ("v1.37.0-rc.0", "kubeadm.k8s.io/v1beta4"),
    ])
    func `the version of kubeadm's kinds follows the release`(_ release: String, _ expected: String) throws {
        let version = try #require(KubernetesVersion(release))
        #expect(KubeadmKind.cluster.apiVersion(version) == expected)
    }
}
