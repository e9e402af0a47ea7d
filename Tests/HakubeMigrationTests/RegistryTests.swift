// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeMigration

/// Registries: who is asked, in which order, and to whom a password goes.
@Suite struct RegistryTests {
    private func kubekey(_ registry: String) throws -> MigrationFixture {
        try MigrationFixture(
            text: """
                apiVersion: kubekey.kubesphere.io/v1alpha2
                kind: Cluster
                spec:
                  hosts: [{name: a, address: 10.0.0.1}]
                  roleGroups: {control-plane: [a], etcd: [a]}
                  kubernetes: {version: v1.28.1}
                  registry: \(registry)
                """)
    }

    private func kubespray(_ variables: String) throws -> MigrationFixture {
        try MigrationFixture(
            text: """
                all:
                  children: {kube_control_plane: {hosts: {a: {ansible_host: 10.0.0.1}}}}
                  vars:
                    kube_version: v1.30.1

                """ + variables.split(separator: "\n").map { "    \($0)\n" }.joined())
    }

    private func registry(_ host: String, of fixture: MigrationFixture) throws -> Registry? {
        try fixture.spec().registries.first { $0.host == host }
    }

    @Test func `a login of Docker Hub does not go to its mirrors`() throws {
        let fixture = try kubekey(
            "{registryMirrors: ['https://m.example.com'], auths: {docker.io: {username: me, password: hunter2}}}")
        let hub = try registry("docker.io", of: fixture)
        #expect(hub?.endpoints == ["https://m.example.com", "https://registry-1.docker.io"])
        #expect(hub?.login == nil)
        #expect(!fixture.migration.inventory.contains("passwordFile"))
        let user =
            "spec.registry.auths.docker.io.username: the login would go to https://m.example.com as well; write an entry "
        #expect(fixture.left.contains { $0.hasPrefix(user) })
        #expect(fixture.isLeft("spec.registry.auths.docker.io.password"))
        let alone = try kubekey("{auths: {docker.io: {username: me, password: hunter2}}}")
        #expect(try registry("docker.io", of: alone)?.login?.username == "me", "nobody else is asked")
    }

    @Test func `a login for a mirror is no login for the registry behind it`() throws {
        let fixture = try kubekey(
            "{registryMirrors: ['https://m.example.com:443/v2'], auths: {m.example.com: {username: me, password: hunter2}}}"
        )
        #expect(try fixture.spec().registries.allSatisfy { $0.login == nil })
        let reason =
            "spec.registry.auths.m.example.com.username: m.example.com is an endpoint of docker.io, and a login there"
        #expect(fixture.left.contains { $0.hasPrefix(reason) })
    }

    @Test func `a registry asked by http keeps its login, and skipTLSVerify is not spread to mirrors`() throws {
        let plain = try kubekey("{auths: {'r.example.com:5000': {username: me, password: hunter2, plainHTTP: true}}}")
        let own = try registry("r.example.com:5000", of: plain)
        #expect(own?.endpoints == ["http://r.example.com:5000"])
        #expect(own?.login?.username == "me")
        let spread = try kubekey(
            "{registryMirrors: ['https://m.example.com'], auths: {docker.io: {skipTLSVerify: true}}}")
        #expect(try registry("docker.io", of: spread)?.skipVerify == false)
        #expect(spread.isLeft("spec.registry.auths.docker.io.skipTLSVerify"))
    }

    @Test func `plainHTTP does not take mirrors away`() throws {
        let fixture = try kubekey("{registryMirrors: ['https://m.example.com'], auths: {docker.io: {plainHTTP: true}}}")
        #expect(
            try registry("docker.io", of: fixture)?.endpoints == [
                "https://m.example.com", "https://registry-1.docker.io",
            ])
        #expect(fixture.isLeft("spec.registry.auths.docker.io.plainHTTP"))
    }

    @Test(arguments: [
        ("docker.io", "", "https://registry-1.docker.io"), ("quay.io", "", "https://quay.io"),
        ("quay.io", "server: https://other.example.com,", "https://other.example.com"),
    ])
    func `kubespray's containerd asks the registry itself last`(prefix: String, server: String, last: String) throws {
        let fixture = try kubespray(
            "containerd_registries_mirrors: [{prefix: \(prefix), \(server) mirrors: [{host: 'https://m.example.com'}]}]"
        )
        #expect(try registry(prefix, of: fixture)?.endpoints == ["https://m.example.com", last])
        #expect(fixture.report.left.isEmpty)
    }

    @Test func `kubespray's entry for every registry has no registry itself, and none is asked twice`() throws {
        let fixture = try kubespray(
            """
            containerd_registries_mirrors:
              - {prefix: _default, mirrors: [{host: 'https://m.example.com'}]}
              - {prefix: docker.io, mirrors: [{host: 'https://m.example.com'}, {host: 'https://docker.io/'}]}
            """)
        #expect(try registry("_default", of: fixture)?.endpoints == ["https://m.example.com"])
        #expect(try registry("docker.io", of: fixture)?.endpoints == ["https://m.example.com", "https://docker.io/"])
    }

    @Test(arguments: [
        ("[{host: 'https://m.example.com', skip_verify: true}]", false),
        ("[{host: 'https://r.example.com', skip_verify: true}]", true),
        ("[{host: 'https://r.example.com', skip_verify: true}, {host: 'http://m.example.com'}]", true),
        ("[{host: 'https://r.example.com', skip_verify: true}, {host: 'https://m.example.com'}]", false),
        ("[{host: 'https://r.example.com', skip_verify: false}]", false),
    ])
    func `certificates go unchecked only where no endpoint's are checked`(mirrors: String, skips: Bool) throws {
        let fixture = try kubespray("containerd_registries_mirrors: [{prefix: r.example.com, mirrors: \(mirrors)}]")
        #expect(try registry("r.example.com", of: fixture)?.skipVerify == skips)
        let path = "all.vars.containerd_registries_mirrors[0].mirrors[0].skip_verify"
        #expect(fixture.isLeft(path) == (!skips && mirrors.contains("true")))
    }

    @Test func `passwords in URLs are secrets wherever they stand`() throws {
        let key = try kubekey(
            "{registryMirrors: ['https://u:hunter2@m.example.com'], insecureRegistries: ['u:hunter2@i.b']}")
        let spray = try kubespray(
            """
            containerd_registries_mirrors:
              - {prefix: quay.io, server: 'https://u:hunter2@s.example.com', mirrors: [{host: 'https://u:hunter2@m.example.com'}]}
            kube_kubeadm_apiserver_extra_args: {oidc-issuer-url: 'https://u:hunter2@idp.example.com/x'}
            """)
        let rke = try MigrationFixture(
            text: """
                nodes: [{address: 10.0.0.1, role: [controlplane, etcd]}]
                kubernetes_version: v1.24.17-rancher1-1
                private_registries: [{url: 'u:hunter2@r.example.com', user: me, password: hunter2}]
                """)
        for fixture in [key, spray, rke] {
            let out = [fixture.migration.inventory, fixture.report.text, try fixture.report.json(inventory: nil)]
            for text in out { #expect(!text.contains("hunter2")) }
        }
        func secrets(_ fixture: MigrationFixture) -> [String] {
            fixture.report.left.filter { $0.reason == "a secret has no place in an inventory" }.map(\.path)
        }
        #expect(secrets(key) == ["spec.registry.registryMirrors[0]", "spec.registry.insecureRegistries[0]"])
        #expect(try key.spec().registries.isEmpty)
        let mirrors = "all.vars.containerd_registries_mirrors[0]"
        let flag = "all.vars.kube_kubeadm_apiserver_extra_args.oidc-issuer-url"
        #expect(secrets(spray) == ["\(mirrors).mirrors[0].host", "\(mirrors).server", flag])
        #expect(secrets(rke) == ["private_registries[0].url", "private_registries[0].password"])
        #expect(try rke.spec().registries.isEmpty)
    }

    @Test(arguments: [
        ("https://docker.io/", "registry-1.docker.io"), ("https://a.b:443/v2/x", "a.b"), ("http://a.b:80", "a.b"),
        ("https://A.b:5000", "a.b:5000"), ("index.docker.io", "registry-1.docker.io"), ("http://a.b:443", "a.b:443"),
    ])
    func `who a URL asks`(url: String, name: String) { #expect(RegistryHost(url).name == name) }

    @Test(arguments: [("https://u:p@h", true), ("https://u@h/x", true), ("https://h/a@b", false), ("u@h", false)])
    func `a login stands before the host`(url: String, holds: Bool) { #expect(url.holdsLogin == holds) }
}
