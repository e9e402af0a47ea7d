// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeBuild

@Suite struct ImageNameTests {
    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest"), ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("flannel/flannel:v1", "docker.io/flannel/flannel:v1"), ("ghcr.io/a/b:v1", "ghcr.io/a/b:v1"),
        ("localhost/a", "localhost/a:latest"), ("registry:5000/a", "registry:5000/a:latest"),
        ("registry.k8s.io/pause", "registry.k8s.io/pause:latest"),
    ])
    func `names are made full as containerd makes them`(_ written: String, _ full: String) {
        #expect(ImageName(written)?.text == full)
    }

    @Test func `a digest stays, with a tag or without`() {
        let digest = "sha256:" + String(repeating: "a", count: 64)
        #expect(ImageName("quay.io/a/b@\(digest)")?.text == "quay.io/a/b@\(digest)")
        #expect(ImageName("quay.io/a/b:v1@\(digest)")?.text == "quay.io/a/b:v1@\(digest)")
        #expect(ImageName("quay.io/a/b@\(digest)")?.repository == "quay.io/a/b")
    }

    @Test(arguments: ["", "a b", "https://quay.io/a", "quay.io/A:v1", "quay.io//a", "a:", "a@sha256:12", "a:t t"])
    func `what is no image's name is none`(_ written: String) {
        #expect(ImageName(written) == nil)
    }
}
