// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeFetch
import HakubeTestSupport
import Testing

/// libcurl reads proxies from the environment, which belongs to a whole process; so these run in processes of their own.
@Suite struct ProxyTests {
    @Test func `http_proxy carries what is fetched`() async throws {
        let proxy = try await DownloadSite()
        try proxy.serve("file", Array("by the proxy".utf8))
        let address = proxy.url
        await #expect(processExitsWith: .success) { [address = address as String] in
            setenv("http_proxy", address, 1)
            let fetcher = FetchScene().fetcher(FetchOptions(plainHTTP: ["mirror.invalid"]))
            let text = try await fetcher.text(of: "http://mirror.invalid/files/file")
            #expect(text == "by the proxy")
        }
        #expect(try proxy.requests.map(\.path) == ["http://mirror.invalid/files/file"])
    }

    @Test func `https goes through the proxy's CONNECT, with its own certificate`() async throws {
        let certificate = try TestCertificate.shared.get()
        let site = try await DownloadSite(certificate: certificate)
        try site.serve("file", Array("by the site".utf8))
        let proxy = try await DownloadSite()
        let (address, url, authority) = (proxy.url, site.url("file"), certificate.certificate)
        await #expect(processExitsWith: .success) {
            [address = address as String, url = url as String, authority = authority as String] in
            setenv("https_proxy", address, 1)
            let fetcher = FetchScene().fetcher(FetchOptions(caFile: authority))
            let text = try await fetcher.text(of: url)
            #expect(text == "by the site")
        }
        #expect(try proxy.requests.map(\.path) == [site.host])
    }

    @Test func `no_proxy is spoken to straight`() async throws {
        let site = try await DownloadSite()
        try site.serve("file", Array("straight".utf8))
        let (url, host) = (site.url("file"), site.host)
        await #expect(processExitsWith: .success) { [url = url as String, host = host as String] in
            setenv("http_proxy", "http://127.0.0.1:1", 1)
            setenv("no_proxy", "localhost,127.0.0.1", 1)
            let text = try await FetchScene().fetcher(FetchOptions(plainHTTP: [host])).text(of: url)
            #expect(text == "straight")
        }
        #expect(try site.requests.count == 1)
    }

    @Test func `a proxy that wants a login is said at once`() async throws {
        let proxy = try await DownloadSite(rules: [.init("dl.invalid", status: 407)])
        let address = proxy.url
        await #expect(processExitsWith: .success) { [address = address as String] in
            setenv("https_proxy", address, 1)
            let fetcher = FetchScene().fetcher()
            let words = await FetchScene.words { _ = try await fetcher.text(of: "https://dl.invalid/file") }
            #expect(
                words.hasPrefix("https://dl.invalid/file: the proxy answers 407 instead of a way to dl.invalid:443"))
        }
        #expect(try proxy.requests.count == 1)
    }
}
