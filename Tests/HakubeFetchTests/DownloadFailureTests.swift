// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeFetch
import HakubeTestSupport
import Testing

/// Each failure is one sentence that begins with the URL and ends with what to do.
@Suite struct DownloadFailureTests {
    private let scene = FetchScene()
    private let content = FetchScene.content(100_000)

    @Test func `a wrong checksum names the URL and both digests, and nothing is left`() async throws {
        let site = try await DownloadSite()
        let found = try site.serve("file", content)
        let wanted = String(repeating: "a", count: 64)
        let words = await FetchScene.words {
            try await scene.fetcher().fetch([scene.download("file", from: site, sha256: wanted)])
        }
        #expect(words.hasPrefix("\(site.url("file")): it has the sha256 \(found), but \(wanted) is expected; "))
        #expect(scene.bytes("file") == nil)
        #expect(scene.bytes("file.part") == nil)
        #expect(try site.requests.count == 1)
    }

    @Test func `a 404 is not tried again, and the other files still come`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("there", content)
        let words = await FetchScene.words {
            try await scene.fetcher().fetch([
                scene.download("gone", from: site, sha256: sum), scene.download("there", from: site, sha256: sum),
                scene.download("lost", from: site, sha256: sum),
            ])
        }
        let lines = words.split(separator: "\n")
        #expect(
            lines.map { $0.prefix { $0 != ";" } } == [
                "\(site.url("gone")): the server answers 404 (not found)",
                "\(site.url("lost")): the server answers 404 (not found)",
            ])
        #expect(scene.bytes("there") == content)
        #expect(scene.progress.failed == ["gone", "lost"])
        #expect(scene.paused == .zero)
    }

    @Test func `a 429 waits as long as the server asks`() async throws {
        let site = try await DownloadSite(rules: [
            .init("file", times: 2, status: 429, fields: ["Retry-After": "7"])
        ])
        let sum = try site.serve("file", content)
        try await scene.fetcher().fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
        #expect(scene.paused == .seconds(14))
        #expect(scene.progress.notes.first?.hasSuffix("answers 429 (too many requests); next try in 7 s") == true)
    }

    @Test func `a 503 that asks for more than the patience ends at once and says when to come back`() async throws {
        let site = try await DownloadSite(rules: [.init("file", status: 503, fields: ["Retry-After": "3600"])])
        let words = await FetchScene.words {
            try await scene.fetcher().fetch([scene.download("file", from: site, sha256: nil)].map(checked))
        }
        #expect(words.hasPrefix("\(site.url("file")): the server answers 503"))
        #expect(words.contains("asks for a pause of 3600 s; run the same command again then"))
        #expect(try site.requests.count == 1)
    }

    @Test func `a Retry-After may be a date`() async throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = formatter.string(from: Date(timeIntervalSinceNow: 5000))
        let site = try await DownloadSite(rules: [
            .init("file", times: 1, status: 503, fields: ["Retry-After": date])
        ])
        let sum = try site.serve("file", content)
        let options = FetchOptions(patience: .seconds(6000))
        try await scene.fetcher(options).fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.paused > .seconds(4000) && scene.paused <= .seconds(5000))
    }

    @Test func `what does not pass ends when the patience is over, and stops the others`() async throws {
        let site = try await DownloadSite(rules: [.init("file", status: 500)])
        let words = await FetchScene.words {
            try await scene.fetcher(FetchOptions(parallel: 1, patience: .seconds(20))).fetch(
                ["file1", "file2", "file3"].map { checked(scene.download($0, from: site, sha256: nil)) })
        }
        #expect(words.hasPrefix("\(site.url("file1")): the server answers 500 (server error), "))
        #expect(words.contains("times in a row; run the same command again later"))
        #expect(words.split(separator: "\n").count == 1)
        #expect(scene.paused == .seconds(20))
    }

    @Test func `who waits for another server is not kept waiting`() async throws {
        let site = try await DownloadSite(rules: [
            .init("slow", cut: 10, hold: true), .init("busy", status: 429, fields: ["Retry-After": "3600"]),
        ])
        try site.serve("slow", content)
        let words = await FetchScene.words {
            try await scene.fetcher(FetchOptions(parallel: 2), stallTime: 600).fetch(
                ["slow", "busy"].map { checked(scene.download($0, from: site, sha256: nil)) })
        }
        #expect(words.hasPrefix("\(site.url("busy")): the server answers 429"))
        #expect(words.split(separator: "\n").count == 1)
        #expect(scene.progress.failed == ["busy", "slow"])
    }

    @Test func `a server that says nothing is given up, and tried again`() async throws {
        let site = try await DownloadSite(rules: [.init("file", times: 1, cut: 1000, hold: true)])
        let sum = try site.serve("file", content)
        try await scene.fetcher(stallTime: 1).fetch([scene.download("file", from: site, sha256: sum)])
        #expect(scene.bytes("file") == content)
        #expect(scene.progress.notes.first?.contains("nothing comes from \(site.host)") == true)
    }

    @Test func `nobody waits for a server that was never there`() async throws {
        let port: Int
        do {
            // It ends here, so that its port is free again.
            port = try await DownloadSite().port
        }
        let url = "http://127.0.0.1:\(port)/file"
        let words = await FetchScene.words {
            try await scene.fetcher(FetchOptions(plainHTTP: ["127.0.0.1"])).fetch([
                Download(label: "f", url: url, checksum: nil, destination: scene.path("file"))
            ])
        }
        #expect(words.hasPrefix("\(url): no connection to 127.0.0.1:\(port)"))
        #expect(scene.paused == .zero)
    }

    @Test func `a name that nobody knows is said at once`() async throws {
        let words = await FetchScene.words { _ = try await scene.fetcher().text(of: "https://dl.invalid/stable.txt") }
        #expect(words.hasPrefix("https://dl.invalid/stable.txt: the name dl.invalid is not known; check the name"))
        #expect(scene.paused == .zero)
    }

    @Test func `plain http without a checksum needs a permission`() async throws {
        let site = try await DownloadSite()
        try site.serve("file", content)
        let words = await FetchScene.words { _ = try await scene.fetcher().text(of: site.url("file")) }
        #expect(words.contains("plain http to \(site.host) proves nothing"))
        #expect(words.hasSuffix("--plain-http \(site.host)"))
        #expect(try site.requests.isEmpty)
    }

    @Test func `a password in the URL is in no sentence`() async throws {
        let site = try await DownloadSite()
        let url = "http://joe:secret@\(site.host)/files/gone"
        let words = await FetchScene.words {
            try await scene.fetcher().fetch([
                Download(
                    label: "f", url: url, checksum: Checksum(.sha256, hex: String(repeating: "a", count: 64)),
                    destination: scene.path("file"))
            ])
        }
        #expect(words.hasPrefix("http://\(site.host)/files/gone: the server answers 404"))
        #expect(!words.contains("secret"))
        #expect(try site.requests.first?.fields["authorization"]?.hasPrefix("Basic ") == true)
    }

    @Test(arguments: ["ftp://example.org/file", "file:///etc/passwd", "kubeadm", ""])
    func `only http and https are fetched`(url: String) async {
        let words = await FetchScene.words { _ = try await scene.fetcher().text(of: url) }
        #expect(words.contains("it is no http or https URL"))
    }

    @Test func `two downloads into one file are refused`() async {
        let words = await FetchScene.words {
            try await scene.fetcher().fetch([
                Download(label: "a", url: "https://a.invalid/", checksum: nil, destination: scene.path("x")),
                Download(label: "b", url: "https://b.invalid/", checksum: nil, destination: scene.path("x")),
            ])
        }
        #expect(words.contains("and so would https://a.invalid/"))
    }

    @Test func `a folder that cannot be written is named`() async throws {
        let site = try await DownloadSite()
        let sum = try site.serve("file", content)
        try scene.write("blocked", "a file where a folder should be".utf8)
        let words = await FetchScene.words {
            try await scene.fetcher().fetch([
                Download(
                    label: "f", url: site.url("file"), checksum: Checksum(.sha256, hex: sum),
                    destination: scene.path("blocked/file"))
            ])
        }
        #expect(words.hasPrefix("\(scene.folder)/blocked: the folder cannot be made"))
    }

    @Test func `a file that does not fit is named, and not tried again`() async throws {
        let site = try await DownloadSite()
        let (sum, url) = (try site.serve("file", content), site.url("file"))
        await #expect(processExitsWith: .success) { [sum = sum as String, url = url as String] in
            // As a full disk does it, in the middle of a write.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 50_000, rlim_max: 50_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let scene = FetchScene()
            let words = await FetchScene.words {
                try await scene.fetcher().fetch([
                    Download(
                        label: "f", url: url, checksum: Checksum(.sha256, hex: sum), destination: scene.path("file"))
                ])
            }
            #expect(words.hasPrefix("\(scene.path("file")).part: cannot be written: File too large; check the folder"))
            #expect(scene.bytes("file") == nil)
        }
        #expect(try site.requests.count == 1)
    }

    private func checked(_ download: Download) -> Download {
        Download(
            label: download.label, url: download.url,
            checksum: Checksum(.sha256, hex: String(repeating: "0", count: 64)),
            destination: download.destination)
    }
}
