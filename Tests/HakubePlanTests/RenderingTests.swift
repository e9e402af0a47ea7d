// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates
import Testing

@testable import HakubePlan

/// Templates and the user's documents become what lands on a host.
@Suite struct RenderingTests {
    @Test func `a missing variable is an error that names it`() {
        let renderer = TemplateRenderer(overrides: [.crictl: "{{% CONTENT_TYPE:TEXT}}\n{{present}} {{absent}} {{gone}}"]
        )
        #expect(throws: TemplateError(template: "crictl.yaml", missing: ["absent", "gone"])) {
            try renderer.render(.crictl, ["present": "x"])
        }
    }

    @Test func `a template of the user that does not parse is an error`() {
        let renderer = TemplateRenderer(overrides: [.crictl: "{{#open}}"])
        #expect(throws: TemplateError(template: "crictl.yaml", missing: [])) { try renderer.render(.crictl, [:]) }
    }

    @Test(arguments: Template.allCases)
    func `every template says that it is plain text`(template: Template) {
        #expect(template.source.hasPrefix("{{% CONTENT_TYPE:TEXT}}\n"), "else HTML escapes would land on hosts")
    }

    let own = """
        # ours
        apiVersion: kubeadm.k8s.io/v1beta4
        kind: ClusterConfiguration
        clusterName: "a"
        apiServer:
          certSANs: ["one", "two"]
          extraArgs:
            - name: v
              value: "1"
            - name: w
              value: "2"
        ---
        apiVersion: kubelet.config.k8s.io/v1beta1
        kind: KubeletConfiguration
        cgroupDriver: systemd

        """

    @Test func `documents of other kinds leave a text byte for byte alone`() throws {
        let merge = KubeadmMerge(documents: ["kind: KubeProxyConfiguration\nmode: ipvs\n"])
        #expect(try merge.applied(to: own) == own)
    }

    @Test func `a user's key is laid over ours and the rest stays`() throws {
        let merge = KubeadmMerge(documents: ["kind: KubeletConfiguration\nmaxPods: 200\ncgroupDriver: cgroupfs\n"])
        let merged = try merge.applied(to: own)
        #expect(merged.contains("cgroupDriver: cgroupfs"))
        #expect(merged.contains("maxPods: 200"))
        #expect(merged.hasPrefix(own.prefix { $0 != "-" }.prefix(40)))
    }

    @Test func `certificate names are a union, named arguments merge by name`() throws {
        let user = """
            apiVersion: kubeadm.k8s.io/v1beta3
            kind: ClusterConfiguration
            apiServer:
              certSANs: ["two", "three"]
              extraArgs: [{name: w, value: "9"}, {name: x, value: "3"}]
            """
        let merged = try KubeadmMerge(documents: [user]).applied(to: own)
        for name in ["one", "two", "three"] { #expect(merged.split(separator: name).count == 2, "\(name) stands once") }
        #expect(merged.contains("\"9\"") && !merged.contains("\"2\""))
        #expect(merged.contains("apiVersion: kubeadm.k8s.io/v1beta4"), "the API version stays hakube's")
        #expect(merged.hasPrefix("# ours\n"))
    }
}
