// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeModel
import HakubeSources
import Testing

@testable import HakubeBuild

@Suite struct ManifestTests {
    private let origin = "https://example.com/calico.yaml"
    private let calico = """
        kind: DaemonSet
        spec:
          template:
            spec:
              initContainers:
                - name: install
                  image: quay.io/calico/cni:v3.32.2
              containers:
                - name: node
                  image: quay.io/calico/node:v3.32.2
                  env:
                    # The default IPv4 pool to create on startup if none exists.
                    # - name: CALICO_IPV4POOL_CIDR
                    #   value: "192.168.0.0/16"
                    - name: CALICO_DISABLE_FILE_LOGGING
                      value: "true"
        """

    private func edits(_ network: String) throws -> [ManifestEdit] {
        let sources = try BundleSources.builtIn(UpstreamSources.yaml)
        return try #require(sources.networks.first { $0.name == network }).edits
    }

    @Test func `calico's pool becomes the pod subnet`() throws {
        let text = try edits("calico").reduce(calico) { try $1.apply(to: $0, from: origin) }
        #expect(text.contains("            - name: CALICO_IPV4POOL_CIDR\n              value: \"{{podSubnet}}\"\n"))
        #expect(try ManifestImages.scan(text, origin: origin).count == 2)
    }

    @Test func `flannel's network becomes the pod subnet`() throws {
        let written =
            "  net-conf.json: |\n    {\n      \"Network\": \"10.244.0.0/16\",\n      \"EnableNFTables\": false\n    }\n"
        let text = try edits("flannel").reduce(written) { try $1.apply(to: $0, from: origin) }
        #expect(text.contains("\"Network\": \"{{podSubnet}}\","))
    }

    @Test(arguments: [("nothing of it", 0), ("ab ab", 2)])
    func `an edit that does not fit exactly once is an error`(_ text: String, _ count: Int) throws {
        let edit = ManifestEdit(find: "ab", write: "c", place: "sources.yaml:9")
        let error = try #require(throws: BundleError.self) { try edit.apply(to: text, from: origin) }
        #expect(error.description.contains("\(origin): the edit of `ab` fits \(count) times"))
        #expect(error.description.contains("sources.yaml:9"))
    }

    @Test func `images of containers count, keys named image elsewhere do not`() throws {
        let manifest = """
            kind: List
            items:
            - kind: CronJob
              spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: busybox:1.36}]}}}}}
            - kind: Widget
              spec: {image: not-a-container}
            ---
            kind: Pod
            spec: {containers: [{image: busybox:1.36}, {image: 'quay.io/a/b@sha256:\(String(repeating: "a", count: 64))'}]}
            """
        let found = try ManifestImages.scan(manifest, origin: origin)
        #expect(found == ["busybox:1.36", "quay.io/a/b@sha256:" + String(repeating: "a", count: 64)])
    }

    @Test func `a page that is no YAML is named by its address`() throws {
        let error = try #require(throws: BundleError.self) { try ManifestImages.scan("a: [", origin: origin) }
        #expect(error.problems[0].place == origin)
    }
}
