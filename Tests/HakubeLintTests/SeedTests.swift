// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeLint
import Testing

/// Configurations as people published them, each with the faults that stand in it.
@Suite struct SeedTests {
    private func seed(_ number: String, without missing: String...) throws -> [String] {
        let folder = LintFixture.folder.appending(path: "seed-\(number)")
        return LintFixture.lint(try LintFixture.files(below: folder) { !missing.contains($0) })
    }

    @Test func `IPVS on workers: master 2 is led to master 1, and the certificate names strangers`() throws {
        #expect(
            try seed("000") == [
                "commands.sh:22 error hosts-other-master",
                "kubeadm-config.yaml:9 error sans-name-no-master",
            ])
    }

    @Test func `IPVS on workers: the commands alone give master 2 away`() throws {
        #expect(try seed("000", without: "kubeadm-config.yaml") == ["commands.sh:22 error hosts-other-master"])
    }

    @Test func `keepalived on masters: each copy of the first master's folder is a copy of its kubelet`() throws {
        #expect(
            try seed("001") == [
                "commands.sh:2 error shared-identity",
                "commands.sh:3 error shared-identity",
            ])
    }

    @Test func `RKE and kube-vip: a Service wants the control plane's address, in the wrong place`() throws {
        #expect(
            try seed("002") == [
                "cluster.yml:56 warning rke-password",
                "cluster.yml:150 warning static-pod-folder",
                "cluster.yml:206 error ipvs-without-strict-arp",
                "cluster.yml:252 error rke-weak-tls",
                "nginx-lb.yaml:12 error service-field-misplaced",
                "nginx-lb.yaml:12 error service-on-vip",
                "prepare.sh:2 warning password-in-command",
                "prepare.sh:4 warning password-in-command",
                "prepare.sh:5 warning password-in-command",
            ])
    }

    @Test func `kube-vip without RKE's file: the manifest lies where no kubelet looks`() throws {
        #expect(try seed("002", without: "cluster.yml").contains("kube-vip.sh:6 warning static-pod-folder"))
    }

    @Test func `haproxy and keepalived: two servers for three, ports that differ, and no failover`() throws {
        #expect(
            try seed("003") == [
                "haproxy.cfg:55 warning haproxy-timeout-short",
                "haproxy.cfg:56 warning haproxy-timeout-short",
                "haproxy.cfg:77 warning haproxy-check-shallow",
                "haproxy.cfg:81 warning haproxy-server-misnamed",
                "haproxy.cfg:82 warning haproxy-server-misnamed",
                "haproxy.cfg:82 error haproxy-server-name-twice",
                "haproxy.cfg:83 warning haproxy-server-misnamed",
                "haproxy.cfg:83 error haproxy-server-twice",
                "keepalived.conf:8 warning vrrp-check-shallow",
                "keepalived.conf:10 error vrrp-never-fails-over",
                "keepalived.conf:19 error vrrp-nopreempt-master",
                "keepalived.conf:21 warning vrrp-peers-empty",
                "kubeadm-init.yaml:12 error advertise-address-is-vip",
                "kubeadm-init.yaml:15 warning cri-socket-dockershim",
                "kubeadm-init.yaml:22 warning sans-lack-vip",
                "kubeadm-init.yaml:35 error endpoint-not-the-vip",
                "kubeadm-init.yaml:35 error endpoint-port-unserved",
            ])
    }

    @Test func `haproxy and keepalived: what a newer release no longer takes`() throws {
        let files = try LintFixture.files(below: LintFixture.folder.appending(path: "seed-003"))
        let found = Set(LintFixture.lint(files, release: "v1.34"))
        #expect(
            found.isSuperset(of: [
                "kubeadm-init.yaml:1 error kubeadm-api-version",
                "kubeadm-init.yaml:15 error cri-socket-dockershim",
                "kubeadm-init.yaml:19 warning taint-by-release",
                "kubeadm-init.yaml:25 error kubeadm-api-version",
            ]))
    }

    @Test func `an outside balancer: the pods take a block that homes live in, and watches are cut`() throws {
        #expect(
            try seed("004") == [
                "commands.sh:1 warning pod-range-takes-lan",
                "haproxy.cfg:12 warning haproxy-timeout-short",
                "haproxy.cfg:14 warning haproxy-timeout-short",
                "haproxy.cfg:25 warning haproxy-check-shallow",
            ])
    }

    @Test func `an outside balancer: with hosts in that block it is an error`() throws {
        var files = try LintFixture.files(below: LintFixture.folder.appending(path: "seed-004"))
        files = files.map { LintFile(name: $0.name, text: $0.text.replacing("172.18.194.", with: "192.168.194.")) }
        #expect(LintFixture.lint(files).contains("commands.sh:1 error pod-range-over-hosts"))
    }
}
