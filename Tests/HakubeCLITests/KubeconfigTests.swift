// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import Testing
import Yams

@testable import HakubeCLI

struct KubeconfigTests {
    private static let admin = """
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: Q0E=
            server: https://apiserver.cluster.local:6443
          name: kubernetes
        contexts:
        - context:
            cluster: kubernetes
            user: kubernetes-admin
          name: kubernetes-admin@kubernetes
        current-context: kubernetes-admin@kubernetes
        kind: Config
        preferences: {}
        users:
        - name: kubernetes-admin
          user:
            client-certificate-data: Q1JU
            client-key-data: S0VZ
        """
    private static let mine = """
        apiVersion: v1
        kind: Config
        current-context: home
        clusters:
        - {name: home, cluster: {server: "https://192.0.2.1:6443"}}
        contexts:
        - {name: home, context: {cluster: home, user: me, namespace: work}}
        users:
        - {name: me, user: {token: "0123"}}
        """
    private let kubeconfig: Kubeconfig

    init() throws { kubeconfig = try Kubeconfig(Self.admin, server: "https://10.0.0.2:6443", place: "10.0.0.2") }

    private func temporaryFile() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.appending(path: "config").path()
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `the server is a master's address, and nothing else changes`() {
        #expect(
            kubeconfig.text
                == Self.admin.replacing("https://apiserver.cluster.local:6443", with: "https://10.0.0.2:6443"))
    }

    @Test(arguments: ["", "clusters: []", "{", "kind: Pod"])
    func `what is no kubeconfig is refused`(_ text: String) {
        #expect(throws: PreflightError.self) { try Kubeconfig(text, server: "https://x:1", place: "10.0.0.1") }
    }

    @Test func `merging leaves the other entries and the current context alone`() throws {
        let merged = try #require(try Yams.compose(yaml: kubeconfig.merged(into: Self.mine, as: "prod")))
        let before = try #require(try Yams.compose(yaml: Self.mine))
        for key in ["clusters", "contexts", "users"] {
            #expect(merged[key]?[0] == before[key]?[0])
            #expect(merged[key]?.sequence?.count == 2)
        }
        #expect(merged["current-context"]?.string == "home")
        #expect(merged["clusters"]?[1]?["cluster"]?["server"]?.string == "https://10.0.0.2:6443")
        #expect(merged["contexts"]?[1]?["name"]?.string == "prod")
        #expect(merged["contexts"]?[1]?["context"]?["user"]?.string == "prod-admin")
        #expect(merged["users"]?[1]?["name"]?.string == "prod-admin")
        #expect(merged["users"]?[1]?["user"]?["client-key-data"]?.string == "S0VZ")
    }

    @Test(arguments: [nil, "", "\n", "clusters: null\nkind: Config"])
    func `merging into nothing makes a whole file`(_ text: String?) throws {
        let merged = try #require(try Yams.compose(yaml: kubeconfig.merged(into: text, as: "prod")))
        #expect(merged["current-context"]?.string == "prod")
        #expect(merged["clusters"]?.sequence?.count == 1)
    }

    @Test func `merging twice is merging once`() throws {
        let once = try kubeconfig.merged(into: Self.mine, as: "prod")
        #expect(try kubeconfig.merged(into: once, as: "prod") == once)
    }

    @Test func `another cluster of that name is replaced only when that is wanted`() throws {
        let other = try Kubeconfig(
            Self.admin.replacing("Q0E=", with: "T1RIRVI="), server: "https://10.9.9.9:6443", place: "10.9.9.9")
        let standing = try other.merged(into: Self.mine, as: "prod")
        #expect(throws: KubeconfigError.self) { try kubeconfig.merged(into: standing, as: "prod") }
        #expect(try kubeconfig.merged(into: standing, as: "prod", force: true).contains("10.0.0.2"))
        #expect(try kubeconfig.merged(into: standing, as: "prod2").contains("10.9.9.9"))
    }

    @Test(arguments: ["[1, 2]", "kind: Pod", "clusters: {}\nkind: Config", "a: [", "text"])
    func `a file that is no kubeconfig is left alone`(_ text: String) {
        #expect(throws: KubeconfigError.self) { try kubeconfig.merged(into: text, as: "prod") }
    }

    @Test func `a merge keeps what stood there beside the file, follows a link, and is for the owner only`() throws {
        let path = try temporaryFile()
        try Self.mine.write(toFile: path, atomically: true, encoding: .utf8)
        let link = path + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let backup = try KubeconfigFile(link, flag: "--merge").merge(kubeconfig, as: "prod", force: false)
        #expect(backup == path + ".before-hakube")
        #expect(try String(contentsOfFile: path + ".before-hakube", encoding: .utf8) == Self.mine)
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("prod-admin"))
        #expect(try mode(path) == 0o600)
        #expect(
            try FileManager.default.attributesOfItem(atPath: link)[.type] as? FileAttributeType == .typeSymbolicLink)
        #expect(try KubeconfigFile(path, flag: "--merge").merge(kubeconfig, as: "prod", force: false) == nil)
    }

    @Test func `a file that is there is replaced only by force`() throws {
        let path = try temporaryFile()
        let file = KubeconfigFile(path, flag: "--write")
        try file.write(kubeconfig.text, force: false)
        #expect(try mode(path) == 0o600)
        try file.write(kubeconfig.text, force: false)
        #expect(throws: InventoryError.self) { try file.write("other", force: false) }
        try file.write("other", force: true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "other")
    }
}
