// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeFetch
import HakubeTestSupport
import Testing

@Suite struct RedirectTests {
    private let scene = FetchScene()
    private let content = FetchScene.content(50_000)

    @Test func `redirects are followed, from one host to another`() async throws {
        let far = try await DownloadSite()
        let sum = try far.serve("file", content)
        let near = try await DownloadSite(rules: [.init("/files/file", redirect: far.url + "{path}")])
        try await scene.fetcher().fetch([scene.download("file", from: near, sha256: sum)])
        #expect(scene.bytes("file") == content)
        #expect(try far.requests.count == 1)
    }

    @Test func `a login follows within its origin, and never to another host`() async throws {
        let far = try await DownloadSite()
        try far.serve("file", content)
        let near = try await DownloadSite(rules: [
            .init("/files/first", redirect: "/files/second"), .init("/files/second", redirect: far.url("file")),
        ])
        let client = HTTPClient(HTTPClient.Settings())
        let request = HTTPRequest(url: near.url("first"), authorization: "Bearer secret", isChecked: true)
        let status = try await BlockingWork.run { cancellation in
            try client.perform(request, into: MemorySink(limit: 1 << 20), cancellation).head.status
        }
        #expect(status == 200)
        #expect(try near.requests.map { $0.fields["authorization"] } == ["Bearer secret", "Bearer secret"])
        #expect(try far.requests.map { $0.fields["authorization"] } == [nil])
    }

    @Test func `a password of the URL does not follow to another host`() async throws {
        let far = try await DownloadSite()
        let sum = try far.serve("file", content)
        let near = try await DownloadSite(rules: [.init("/files/file", redirect: far.url("file"))])
        try await scene.fetcher().fetch([
            Download(
                label: "f", url: "http://joe:secret@\(near.host)/files/file", checksum: Checksum(.sha256, hex: sum),
                destination: scene.path("file"))
        ])
        #expect(try near.requests.first?.fields["authorization"] != nil)
        #expect(try far.requests.map { $0.fields["authorization"] } == [nil])
    }

    @Test func `https never falls to http, not even for a file with a checksum`() async throws {
        let certificate = try TestCertificate.shared.get()
        let plain = try await DownloadSite()
        let sum = try plain.serve("file", content)
        let safe = try await DownloadSite(
            certificate: certificate, rules: [.init("/files/file", redirect: plain.url("file"))])
        let words = await FetchScene.words {
            try await scene.fetcher(FetchOptions(caFile: certificate.certificate, plainHTTP: [plain.host])).fetch([
                scene.download("file", from: safe, sha256: sum)
            ])
        }
        #expect(words.hasPrefix("\(safe.url("file")): it leads from https to plain http on 127.0.0.1"))
        #expect(try plain.requests.isEmpty)
    }

    @Test func `a redirect to a file of this machine is not followed`() async throws {
        let site = try await DownloadSite(rules: [.init("/files/file", redirect: "file:///etc/passwd")])
        let words = await FetchScene.words {
            try await scene.fetcher().fetch([
                scene.download("file", from: site, sha256: String(repeating: "0", count: 64))
            ])
        }
        #expect(words.contains("it leads to a place that is neither http nor https"))
    }

    @Test func `a loop ends`() async throws {
        let site = try await DownloadSite(rules: [.init("/files/file", redirect: "{path}")])
        let words = await FetchScene.words {
            try await scene.fetcher(FetchOptions(plainHTTP: [site.host])).fetch([
                scene.download("file", from: site, sha256: nil)
            ])
        }
        #expect(words.contains("it leads on more than 10 times"))
        #expect(try site.requests.count == 11)
    }

    @Test func `a certificate is believed only with its authority`() async throws {
        let certificate = try TestCertificate.shared.get()
        let site = try await DownloadSite(certificate: certificate)
        try site.serve("file", Array("safe".utf8))
        let words = await FetchScene.words { _ = try await scene.fetcher().text(of: site.url("file")) }
        #expect(words.hasPrefix("\(site.url("file")): the certificate of \(site.host) is not believed"))
        #expect(words.hasSuffix("give its certificate authority with --ca FILE"))
        let fetcher = scene.fetcher(FetchOptions(caFile: certificate.certificate))
        #expect(try await fetcher.text(of: site.url("file")) == "safe")
    }

    @Test func `https to a plain server says so at once`() async throws {
        let site = try await DownloadSite()
        let url = "https://\(site.host)/files/file"
        let words = await FetchScene.words { _ = try await scene.fetcher().text(of: url) }
        #expect(words.hasPrefix("\(url): no TLS with \(site.host)"))
        #expect(words.hasSuffix("--plain-http \(site.host)"))
    }

    @Test func `a mirror stands in for a URL, and sentences name both`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("kubeadm", content)
        let options = FetchOptions(mirrors: [Mirror(from: "https://dl.k8s.io/release", to: site.url + "/files")])
        let fetcher = scene.fetcher(options)
        let download = { (name: String) in
            Download(
                label: name, url: "https://dl.k8s.io/release/\(name)", checksum: Checksum(.sha256, hex: sum),
                destination: scene.path(name))
        }
        try await fetcher.fetch([download("kubeadm")])
        #expect(scene.bytes("kubeadm") == content)
        let words = await FetchScene.words { try await fetcher.fetch([download("kubelet")]) }
        #expect(
            words.hasPrefix("https://dl.k8s.io/release/kubelet (mirror: \(site.url("kubelet"))): the server answers"))
    }
}
