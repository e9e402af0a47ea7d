// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeFetch
import HakubeModel
import HakubeTestSupport
import Testing

/// The registry's own `auth: token`, with a token server beside it.
@Suite(.enabled(if: RegistryServer.isAvailable, "docker-registry is not installed; run scripts/setup.sh"))
struct RegistryLoginTests {
    private let scene = FetchScene()
    private let layer = FetchScene.content(100_000, seed: 9)

    /// - Returns: a registry that wants tokens, filled with one image, and the token server.
    private func stand(login: String? = nil) async throws -> (registry: RegistryServer, tokens: DownloadSite) {
        let tokens = try await DownloadSite()
        let registry = try await RegistryServer(tokens: "\(tokens.url)/token")
        if let login { try tokens.configure("login", login) }
        let map = ["repository:team/app:pull": try TestToken.make(["team/app"])]
        try tokens.configure("tokens.json", String(decoding: try JSONEncoder().encode(map), as: UTF8.self))
        var content = RegistryContent("team/app")
        _ = try content.image("amd64", layers: [layer], tag: "v1")
        try registry.push(content, token: try TestToken.make(["team/app"], actions: ["pull", "push"]))
        return (registry, tokens)
    }

    private func pull(
        _ registry: RegistryServer, _ tokens: DownloadSite, image: String = "team/app:v1", config: String? = nil
    ) async throws {
        var options = FetchOptions(plainHTTP: [registry.host, tokens.host])
        if let config {
            try scene.write("config.json", config.utf8)
            options.dockerConfig = scene.path("config.json")
        }
        _ = try await ImagePuller(scene.session(options)).pull(
            ["\(registry.host)/\(image)"], for: [.amd64], into: scene.path("images"))
    }

    private func config(_ registry: RegistryServer, _ login: String) -> String {
        #"{"auths":{"https://\#(registry.host)/v1/":{"auth":"\#(Data(login.utf8).base64EncodedString())"}}}"#
    }

    @Test func `a token is got for the repository without a login, once`() async throws {
        let (registry, tokens) = try await stand()
        try await pull(registry, tokens)
        #expect(scene.progress.ended.count == 2)
        let requests = try tokens.requests
        #expect(requests.count == 1)
        #expect(requests.first?.path == "/token?service=registry.test&scope=repository%3Ateam%2Fapp%3Apull")
        #expect(requests.first?.fields["authorization"] == nil)
    }

    @Test func `a login of docker's config goes to the token server`() async throws {
        let (registry, tokens) = try await stand(login: "joe:secret")
        try await pull(registry, tokens, config: config(registry, "joe:secret"))
        #expect(scene.progress.ended.count == 2)
    }

    @Test func `a wrong login is a sentence without the password`() async throws {
        let (registry, tokens) = try await stand(login: "joe:secret")
        let words = await FetchScene.words {
            try await pull(registry, tokens, config: config(registry, "joe:wrong-word"))
        }
        #expect(
            words.hasPrefix(
                "\(registry.host)/team/app:v1: the token server 127.0.0.1: the server answers 401 (login needed); "))
        #expect(words.hasSuffix("log in with `docker login \(registry.host)` where it needs a login"))
        #expect(!words.contains("wrong-word"))
        #expect(!scene.progress.notes.joined().contains("wrong-word"))
    }

    @Test func `a repository the token is not for is refused, not asked for again and again`() async throws {
        let (registry, tokens) = try await stand()
        let map = ["repository:other/app:pull": try TestToken.make(["team/app"])]
        try tokens.configure("tokens.json", String(decoding: try JSONEncoder().encode(map), as: UTF8.self))
        let words = await FetchScene.words { try await pull(registry, tokens, image: "other/app:v1") }
        #expect(words.hasPrefix("\(registry.host)/other/app:v1: the server answers 401 (login needed)"))
        #expect(try tokens.requests.count == 1)
    }

    @Test func `a token server without a token is named`() async throws {
        let (registry, tokens) = try await stand()
        try tokens.configure("tokens.json", "{}")
        let words = await FetchScene.words { try await pull(registry, tokens) }
        #expect(words.hasPrefix("\(registry.host)/team/app:v1: the token server 127.0.0.1 sends no token; "))
    }

    @Test func `a token that ran out is got anew`() async throws {
        let (registry, tokens) = try await stand()
        let front = try await DownloadSite(rules: [
            .init(
                "/blobs/", times: 1, status: 401,
                fields: ["WWW-Authenticate": #"Bearer realm="\#(tokens.url)/token",service="registry.test""#])
        ])
        try front.configure("upstream", registry.host)
        let options = FetchOptions(parallel: 1, plainHTTP: [front.host, tokens.host])
        _ = try await ImagePuller(scene.session(options)).pull(
            ["\(front.host)/team/app:v1"], for: [.amd64], into: scene.path("images"))
        #expect(scene.progress.ended.count == 2)
        #expect(try tokens.requests.count == 2)
    }

    @Test func `a registry that wants a name and a password gets them`() async throws {
        let registry = try await RegistryServer()
        var content = RegistryContent("app")
        _ = try content.image("amd64", layers: [layer], tag: "v1")
        try registry.push(content)
        let front = try await DownloadSite(rules: [
            .init("/v2/", times: 1, status: 401, fields: ["WWW-Authenticate": #"Basic realm="here""#])
        ])
        try front.configure("upstream", registry.host)
        try scene.write("config.json", #"{"auths":{"\#(front.host)":{"username":"joe","password":"secret"}}}"#.utf8)
        let options = FetchOptions(plainHTTP: [front.host], dockerConfig: scene.path("config.json"))
        _ = try await ImagePuller(scene.session(options)).pull(
            ["\(front.host)/app:v1"], for: [.amd64], into: scene.path("images"))
        let login = "Basic \(Data("joe:secret".utf8).base64EncodedString())"
        #expect(try front.requests.map { $0.fields["authorization"] } == [nil, login, login, login])
    }

    @Test func `a registry's login is not given to its mirror`() async throws {
        let mirror = try await DownloadSite(rules: [
            .init("/v2/", status: 401, fields: ["WWW-Authenticate": #"Basic realm="here""#])
        ])
        try scene.write("config.json", #"{"auths":{"ghcr.io":{"username":"joe","password":"secret"}}}"#.utf8)
        let options = FetchOptions(
            mirrors: [Mirror(from: "ghcr.io", to: mirror.host)], plainHTTP: [mirror.host],
            dockerConfig: scene.path("config.json"))
        let words = await FetchScene.words {
            _ = try await ImagePuller(scene.session(options)).pull(
                ["ghcr.io/app:v1"], for: [.amd64], into: scene.path("images"))
        }
        #expect(words.contains("the server answers 401"))
        #expect(words.hasSuffix("log in with `docker login \(mirror.host)` where it needs a login"))
        #expect(try mirror.requests.map { $0.fields["authorization"] } == [nil])
    }

    @Test func `logins in a helper are told, and those in the file are read`() throws {
        try scene.write(
            "config.json", #"{"credsStore":"pass","auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},"x":{}}}"#.utf8
        )
        let config = DockerConfig(path: scene.path("config.json"))
        #expect(config.basic(for: "docker.io") == "Basic YTpi")
        #expect(config.basic(for: "registry-1.docker.io") == "Basic YTpi")
        #expect(config.basic(for: "x") == nil)
        #expect(config.notes.count == 1)
        #expect(DockerConfig(path: scene.path("none")).notes.isEmpty)
    }
}
