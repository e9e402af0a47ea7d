// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeFetch
import HakubeModel
import HakubeTestSupport
import Testing

/// Servers that say what cannot be, or never end: a sentence comes of it, and no full disk.
@Suite(.timeLimit(.minutes(2))) struct HostileServerTests {
    private let scene = FetchScene()
    private let largest = String(Int.max)

    private func fetch(from site: DownloadSite, _ options: FetchOptions = FetchOptions()) async -> String {
        await FetchScene.words {
            try await scene.fetcher(options).fetch([
                scene.download("file", from: site, sha256: String(repeating: "0", count: 64))
            ])
        }
    }

    @Test func `a pause without measure is one of a day`() async throws {
        let site = try await DownloadSite(rules: [.init("file", status: 503, fields: ["Retry-After": largest])])
        let words = await fetch(from: site)
        #expect(words.contains("the server answers 503"))
        #expect(words.contains("asks for a pause of 86400 s"), "\(words)")
    }

    @Test func `the rest of a file cannot be longer than any file`() async throws {
        let site = try await DownloadSite(rules: [.init("file", fields: ["Content-Length": largest])])
        try site.serve("file", FetchScene.content(5000))
        try scene.write("file.part", FetchScene.content(1000))
        let words = await fetch(from: site)
        #expect(words.contains("it is longer than the 4096 MiB that a file may have"), "\(words)")
        #expect(try site.requests.map(\.status) == [206])
        #expect(scene.bytes("file.part") == nil)
    }

    @Test func `a file without end is given up, and its part does not stay`() async throws {
        let site = try await DownloadSite(rules: [.init("file", status: 200, endless: true)])
        var options = FetchOptions()
        options.limit = 1 << 20
        let words = await fetch(from: site, options)
        #expect(words.contains("it is longer than the 1 MiB that a file may have"), "\(words)")
        #expect(scene.bytes("file.part") == nil)
    }

    @Test(arguments: [404, 307])
    func `the words of a refusal may go on for ever, and are not listened to`(status: Int) async throws {
        let site = try await DownloadSite(rules: [
            .init("file", status: status, fields: ["Location": "/elsewhere"], endless: true)
        ])
        let words = await fetch(from: site)
        #expect(words.contains("the server answers \(status)"), "\(words)")
    }

    @Test func `layers that no disk holds are refused before their sizes are added up`() async throws {
        let configuration = #"{"architecture":"amd64","os":"linux"}"#
        let digest = "sha256:\(StreamDigest.sha256(of: Array(configuration.utf8)))"
        let layers = ["a", "b"].map {
            #"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:\#(String(repeating: $0, count: 64))","size":\#(largest)}"#
        }
        let manifest = """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
            "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\(digest)",
            "size":\(configuration.utf8.count)},"layers":[\(layers.joined(separator: ","))]}
            """
        let site = try await DownloadSite(rules: [
            .init("/manifests/", status: 200, body: manifest), .init("/blobs/", status: 200, body: configuration),
        ])
        let words = await FetchScene.words {
            _ = try await ImagePuller(scene.session(FetchOptions(plainHTTP: [site.host]))).pull(
                ["\(site.host)/app:v1"], for: [.amd64], into: scene.path("images"))
        }
        #expect(words.contains("it names a blob by `sha256:aaaa"), "\(words)")
        #expect(words.contains("with \(largest) bytes"), "\(words)")
    }
}
