// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
@testable import HakubeFetch
import Testing

@Suite struct ReferenceTests {
    private static let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest"), ("busybox:1.35", "docker.io/library/busybox:1.35"),
        ("flannel/flannel:v1", "docker.io/flannel/flannel:v1"),
        ("index.docker.io/busybox:1", "docker.io/library/busybox:1"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("registry.k8s.io/coredns/coredns:v1.12.0", "registry.k8s.io/coredns/coredns:v1.12.0"),
        ("localhost/app:1", "localhost/app:1"), ("localhost:5000/app", "localhost:5000/app:latest"),
        ("quay.io/x/y@\(digest)", "quay.io/x/y@\(digest)"), ("quay.io/x/y:v1@\(digest)", "quay.io/x/y:v1@\(digest)"),
    ])
    func `references become full`(text: String, full: String) {
        #expect(ImageName(text)?.text == full)
    }

    @Test(arguments: [
        "", "/", "a//b", "Busybox", "busybox:", "busybox:a b", "quay.io/x@sha256:12", "quay.io/x@md5:aa", "quay.io/",
        "quay.io/x:v1@", "quay.io/../x:1", "quay.io/x:\(String(repeating: "a", count: 129))", "-x", "quay.io/x:-1",
    ])
    func `what is no reference is refused`(text: String) {
        #expect(ImageName(text) == nil)
    }

    @Test func `a tag and a digest leave the name that containerd looks up`() {
        #expect(ImageName("quay.io/x/y:v1@\(Self.digest)")?.pinnedText == "quay.io/x/y@\(Self.digest)")
        #expect(ImageName("quay.io/x/y:v1")?.pinnedText == nil)
    }

    @Test func `challenges are read with commas inside quotes`() {
        let field =
            #"Bearer realm="https://auth.example.org/token",service="a \"b\"", scope="repository:x/y:pull,push""#
        #expect(
            AuthChallenge(field)
                == .bearer(
                    realm: "https://auth.example.org/token", service: "a \"b\"", scope: "repository:x/y:pull,push"))
        #expect(AuthChallenge("bearer realm=https://a/t") == .bearer(realm: "https://a/t", service: nil, scope: nil))
        #expect(AuthChallenge(#"Basic realm="x""#) == .basic)
        #expect(AuthChallenge("Negotiate") == nil)
        #expect(AuthChallenge("Bearer service=\"x\"") == nil)
    }

    @Test func `the longest mirror wins, at the end of a name only`() {
        let table = MirrorTable([
            Mirror(from: "registry.k8s.io", to: "10.0.0.1:5000/k8s/"),
            Mirror(from: "registry.k8s.io/coredns", to: "http://10.0.0.2:5000"),
            Mirror(from: "https://dl.k8s.io/", to: "https://mirror.example.org/dl"),
            Mirror(from: "github.com", to: "mirror.example.org/github"),
        ])
        #expect(table.repository("registry.k8s.io/pause") == "10.0.0.1:5000/k8s/pause")
        #expect(table.repository("registry.k8s.io/coredns/coredns") == "10.0.0.2:5000/coredns")
        #expect(table.repository("registry.k8s.io.example.org/pause") == "registry.k8s.io.example.org/pause")
        #expect(table.url("https://dl.k8s.io/v1/kubeadm") == "https://mirror.example.org/dl/v1/kubeadm")
        #expect(table.url("https://github.com/x") == "https://mirror.example.org/github/x")
        #expect(table.url("https://github.community/x") == "https://github.community/x")
    }

    @Test func `checksums are read in both forms, and nothing else is`() {
        #expect(Checksum(Self.digest)?.text == Self.digest)
        #expect(Checksum(.sha256, hex: String(repeating: "AB", count: 32))?.hex == String(repeating: "ab", count: 32))
        #expect(Checksum(.sha512, hex: String(repeating: "a", count: 64)) == nil)
        #expect(Checksum("md5:aa") == nil)
        #expect(Checksum(.sha256, hex: String(repeating: "g", count: 64)) == nil)
    }
}
