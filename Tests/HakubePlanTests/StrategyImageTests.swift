// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import Testing

@Suite struct StrategyImageTests {
    private func manifest(_ images: [String], roles: [String] = ["master"]) -> BundleManifest {
        BundleManifest(
            kubernetes: "v1.36.4", arches: [.amd64], files: [],
            images: images.map { name in
                BundleManifest.Image(
                    name: name, arch: .amd64, mediaType: "application/vnd.oci.image.manifest.v1+json",
                    digest: "sha256:" + String(repeating: "0", count: 64), size: 1, blobs: [], roles: roles)
            })
    }

    @Test func `an image is found by the last part of its name, whatever registry it is from`() {
        let here = manifest([
            "registry.example:5000/mirror/haproxy:3.2.19-alpine", "hakube.local/keepalived:v2.2.7",
            "ghcr.io/kube-vip/kube-vip:v1.2.3", "ghcr.io/kube-vip/kube-vip-cloud-provider:v0.0.12",
        ])
        #expect(StrategyImage.haproxy.name(in: here) == "registry.example:5000/mirror/haproxy:3.2.19-alpine")
        #expect(StrategyImage.keepalived.name(in: here) == "hakube.local/keepalived:v2.2.7")
        #expect(StrategyImage.kubeVIP.name(in: here) == "ghcr.io/kube-vip/kube-vip:v1.2.3")
        #expect(StrategyImage.kubeVIPCloudProvider.name(in: here) == "ghcr.io/kube-vip/kube-vip-cloud-provider:v0.0.12")
    }

    @Test func `names that only look alike are no image of a strategy`() {
        let here = manifest([
            "docker.io/haproxytech/haproxy-alpine:3.2", "ghcr.io/kube-vip/kube-vip-iptables:v1.2.3",
            "docker.io/keepalived/exporter:1",
        ])
        for image in StrategyImage.allCases { #expect(image.name(in: here) == nil) }
    }

    @Test func `an image that masters do not get is none`() {
        #expect(StrategyImage.haproxy.name(in: manifest(["docker.io/library/haproxy:3.2"], roles: ["node"])) == nil)
        let both = manifest(["docker.io/library/haproxy:3.2"], roles: ["master", "node"])
        #expect(StrategyImage.haproxy.name(in: both) == "docker.io/library/haproxy:3.2")
    }

    @Test(arguments: [
        (["a.example/kube-vip:v0.9.2", "b.example/kube-vip:v0.10.0"], "b.example/kube-vip:v0.10.0"),
        (["a.example/kube-vip:v1.2.3", "a.example/kube-vip:v1.2.3-standin"], "a.example/kube-vip:v1.2.3"),
        (["a.example/kube-vip:v1.2.3-standin", "a.example/kube-vip:v1.2.2"], "a.example/kube-vip:v1.2.3-standin"),
        (["a.example/kube-vip:latest", "a.example/kube-vip:v0.8.0"], "a.example/kube-vip:v0.8.0"),
    ]) func `of several the newest counts, and a release before what is made like it`(names: [String], wanted: String) {
        #expect(StrategyImage.kubeVIP.name(in: manifest(names)) == wanted)
        #expect(StrategyImage.kubeVIP.name(in: manifest(names.reversed())) == wanted)
    }

    @Test(arguments: [
        ("docker.io/plndr/kube-vip:v0.3.8", "vip_address", "vip_cidr"),
        ("docker.io/plndr/kube-vip:0.3.1", "vip_address", "vip_cidr"),
        ("ghcr.io/kube-vip/kube-vip:v0.4.0", "address", "vip_cidr"),
        ("ghcr.io/kube-vip/kube-vip:v0.8.9", "address", "vip_cidr"),
        ("ghcr.io/kube-vip/kube-vip:v0.9.0", "address", "vip_subnet"),
        ("ghcr.io/kube-vip/kube-vip:v1.2.3-standin", "address", "vip_subnet"),
    ]) func `the names of kube-vip's settings are those of its release`(image: String, address: String, prefix: String)
    {
        let release = KubeVIPRelease(imageName: image)
        #expect(release?.addressVariable == address)
        #expect(release?.prefixVariable == prefix)
    }

    @Test func `a tag that is no number tells no release`() {
        #expect(KubeVIPRelease(imageName: "ghcr.io/kube-vip/kube-vip:latest") == nil)
        #expect(KubeVIPRelease(imageName: "ghcr.io/kube-vip/kube-vip:main") == nil)
    }
}
