// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeFetch
import HakubeTestSupport
import Testing

@Suite struct DownloadTests {
    private let scene = FetchScene()
    private let content = FetchScene.content(300_000)

    @Test func `files come side by side, whole, with their modes`() async throws {
        let site = try await DownloadSite()
        var downloads: [Download] = []
        for index in 0..<6 {
            let sum = try site.serve("file\(index)", FetchScene.content(100_000 + index, seed: UInt64(index + 1)))
            downloads.append(
                Download(
                    label: "file\(index)", url: site.url("file\(index)"), checksum: Checksum(.sha256, hex: sum),
                    destination: scene.path("deep/folder/file\(index)"), isExecutable: index == 0))
        }
        try await scene.fetcher().fetch(downloads)
        for index in 0..<6 {
            #expect(
                scene.bytes("deep/folder/file\(index)") == FetchScene.content(100_000 + index, seed: UInt64(index + 1)))
        }
        let modes = try ["file0", "file1"].map {
            try FileManager.default.attributesOfItem(atPath: scene.path("deep/folder/\($0)"))[.posixPermissions] as? Int
        }
        #expect(modes == [0o755, 0o644])
        #expect(scene.progress.ended == (0..<6).map { "file\($0)" })
        #expect(try FileManager.default.contentsOfDirectory(atPath: scene.path("deep/folder")).count == 6)
    }

    @Test func `a second run fetches nothing that is there with the right digest`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("file", content)
        let download = scene.download("file", from: site, sha256: sum)
        try await scene.fetcher().fetch([download])
        try await scene.fetcher().fetch([download, download])
        #expect(try site.requests.count == 1)
        #expect(scene.progress.planned == 1)
    }

    @Test func `a file with other content is fetched over`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("file", content)
        try scene.write("file", "something else".utf8)
        try await scene.fetcher().fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
    }

    @Test func `a connection cut in the middle is resumed, and only the rest is sent`() async throws {
        let site = try await DownloadSite(rules: [.init("file", times: 1, cut: 200_000)])
        let sum = try site.serve("file", content)
        try await scene.fetcher().fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
        let requests = try site.requests
        #expect(requests.map(\.status) == [200, 206])
        let range = try #require(requests.last?.fields["range"])
        #expect(range == "bytes=200000-")
        #expect(requests.last?.fields["if-range"]?.isEmpty == false)
        #expect(requests.map(\.sent) == [200_000, 100_000])
        #expect(scene.progress.notes.count == 1)
        #expect(scene.progress.notes.first?.hasPrefix("\(site.url("file")): the connection to") == true)
    }

    @Test func `a line that breaks every few bytes brings the file all the same`() async throws {
        let site = try await DownloadSite(rules: [.init("file", cut: 9973)])
        let sum = try site.serve("file", content)
        try await scene.fetcher(FetchOptions(patience: .seconds(1))).fetch([
            scene.download("file", from: site, sha256: sum)
        ])
        #expect(scene.bytes("file") == content)
        #expect(try site.requests.map(\.sent).reduce(0, +) == content.count)
        #expect(try site.requests.count == 31)
    }

    @Test func `a part of an earlier run is gone on with`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("file", content)
        try scene.write("file.part", content.prefix(123_456))
        try await scene.fetcher().fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
        #expect(try site.requests.map(\.sent) == [300_000 - 123_456])
        #expect(scene.bytes("file.part") == nil)
    }

    @Test func `a part that is whole already needs no byte more`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("file", content)
        try scene.write("file.part", content)
        try await scene.fetcher().fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
        #expect(try site.requests.map(\.status) == [416])
    }

    @Test func `a part of another file is found out by the digest and fetched anew once`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("file", content)
        try scene.write("file.part", FetchScene.content(1000, seed: 99))
        try await scene.fetcher().fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
        #expect(try site.requests.map(\.status) == [206, 200])
    }

    @Test func `a part that is longer than the file is fetched anew`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("file", content)
        try scene.write("file.part", FetchScene.content(400_000, seed: 99))
        try await scene.fetcher().fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
        #expect(try site.requests.map(\.status) == [416, 200])
    }

    @Test func `a server that ignores Range starts anew`() async throws {
        let site = try await DownloadSite(rules: [
            .init("file", times: 1, cut: 100_000), .init("file", ignoresRange: true),
        ])
        let sum = try site.serve("file", content)
        try await scene.fetcher().fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
        #expect(try site.requests.map(\.sent) == [100_000, 300_000])
        #expect(scene.progress.notes.last?.contains("from its begin") == true)
    }

    @Test func `a file that changed between two attempts is not patched together`() async throws {
        let site = try await DownloadSite(rules: [.init("file", times: 1, cut: 0, hold: true)])
        try site.serve("file", FetchScene.content(300_000, seed: 7))
        try site.follow([.init("file", times: 1, fields: ["ETag": "\"old\""], cut: 100_000)])
        let options = FetchOptions(plainHTTP: [site.host])
        try await scene.fetcher(options).fetch([scene.download("file", from: site, sha256: nil)])
        #expect(scene.bytes("file") == FetchScene.content(300_000, seed: 7))
        #expect(try site.requests.map(\.status) == [200, 200])
        #expect(try site.requests.last?.fields["if-range"] == "\"old\"")
    }

    @Test func `Ctrl-C leaves the part, and the next run goes on with it`() async throws {
        let site = try await DownloadSite(rules: [.init("file", times: 1, cut: 150_000, hold: true)])
        let sum = try site.serve("file", content)
        let download = scene.download("file", from: site, sha256: sum)
        let fetcher = scene.fetcher()
        let run = Task { try await fetcher.fetch([download]) }
        await scene.progress.firstBytes()
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        let part = try #require(scene.bytes("file.part"))
        #expect(!part.isEmpty && content.starts(with: part))
        try await fetcher.fetch([download])
        #expect(scene.bytes("file") == content)
        #expect(try site.requests.last?.sent == content.count - part.count)
    }

    @Test func `two runs at once fetch a file once`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("file", content)
        let download = scene.download("file", from: site, sha256: sum)
        let fetcher = scene.fetcher()
        async let first: Void = fetcher.fetch([download])
        async let second: Void = fetcher.fetch([download])
        _ = try await (first, second)
        #expect(scene.bytes("file") == content)
        #expect(try site.requests.map(\.sent).reduce(0, +) == content.count)
    }

    @Test func `sha512 counts as well`() async throws {
        let site = try await DownloadSite()
        try site.serve("file", Array("hello\n".utf8))
        let sum = try #require(
            Checksum(
                .sha512,
                hex: "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931"
                    + "f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629"))
        try await scene.fetcher().fetch([
            Download(label: "f", url: site.url("file"), checksum: sum, destination: scene.path("file"))
        ])
        #expect(scene.bytes("file") == Array("hello\n".utf8))
    }

    @Test func `a text comes whole, and one that is too long does not`() async throws {
        let site = try await DownloadSite()
        try site.serve("sums", Array("abc  kubeadm\n".utf8))
        let fetcher = scene.fetcher(FetchOptions(plainHTTP: [site.host]))
        #expect(try await fetcher.text(of: site.url("sums")) == "abc  kubeadm\n")
        let words = await FetchScene.words { _ = try await fetcher.text(of: site.url("sums"), limit: 5) }
        #expect(words.hasPrefix("\(site.url("sums")): it is longer than the 5 bytes"))
    }
}
