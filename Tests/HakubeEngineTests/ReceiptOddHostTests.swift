// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubePlan

/// Hosts on which the receipt's scripts could take or keep what is not hakube's: links, mounts, folders of the same name.
@Suite struct ReceiptOddHostTests {
    private let place: ReceiptRoot

    init() throws { place = try ReceiptRoot() }

    private func link(_ path: String, to target: String) throws {
        let file = place.root.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: file.path(), withDestinationPath: place.root.appending(path: target).path())
    }

    private func perform(_ ids: String...) throws {
        for id in ids { try place.perform(place.step(id)) }
    }

    private func act(of id: String) throws -> String {
        guard case .run(let script) = try place.step(id).action else { return "exit 9" }
        return script.text
    }

    /// Runs steps one after another where mounts are seen by nobody else.
    private func runApart(_ mounts: String, _ ids: String...) throws -> Int {
        var text = "mkdir -p /var/lib/apart\nPATH=$PATH:/usr/sbin:/sbin\n"
        for id in ids {
            text += "cat > /var/lib/apart/\(id) <<'END_OF_STEP'\nset -eu\nsystemctl() { :; }\n"
            text += try act(of: id) + "\nEND_OF_STEP\n"
        }
        let runs = ids.map { "sh /var/lib/apart/\($0)" }.joined(separator: "\n")
        text += "cat > /var/lib/apart/all <<'END_OF_STEPS'\nset -eu\n\(mounts)\n\(runs)\nEND_OF_STEPS\n"
        text += "status=0\nunshare --mount sh /var/lib/apart/all </dev/null || status=$?\n"
        return try place.run(Script(text + "rm -r /var/lib/apart\nexit $status")).status
    }

    @Test func `where a folder is a link, what it leads to is neither emptied nor filled`() throws {
        try place.place("{}", at: "data/cni/10-own.conflist")
        try place.place("plugin", at: "data/bin/own", mode: 0o755)
        try place.place("own", at: "data/containerd/config.toml")
        try link("etc/cni/net.d", to: "data/cni")
        try link("opt/cni/bin", to: "data/bin")
        try link("etc/containerd", to: "data/containerd")
        let before = try place.everything()
        try perform("receipt", "put-aside")
        for path in ["etc/cni/net.d/10-hakube.conflist", "opt/cni/bin/bridge", "etc/containerd/config.toml"] {
            try place.place("ours", at: path)
        }
        #expect(place.text(of: "data/containerd/config.toml") == "own" && !place.exists("data/bin/bridge"))
        #expect(place.exists("data/cni/10-own.conflist") && !place.exists("data/cni/10-hakube.conflist"))
        try perform("give-files", "forget")
        #expect(try place.everything() == before)
    }

    @Test func `runs that record at the same time leave one receipt, which is whole`() throws {
        try place.place("half", at: "var/lib/hakube/receipt.new.999999999/paths")
        let text = """
            cat > /var/lib/record <<'END_OF_STEP'
            set -eu
            systemctl() { :; }
            \(try act(of: "receipt"))
            END_OF_STEP
            sh /var/lib/record & sh /var/lib/record & sh /var/lib/record &
            wait
            rm /var/lib/record
            ls /var/lib/hakube
            ls -d /var/lib/hakube/receipt/receipt* 2>/dev/null | wc -l
            wc -l < /var/lib/hakube/receipt/boot
            """
        #expect(try place.run(Script(text)).out == "receipt\n0\n1\n")
        #expect(try !place.perform(place.step("receipt")))
    }

    @Test func `an init after a clean that ended badly records anew`() throws {
        try place.place("old\n", at: "etc/crictl.yaml")
        try perform("receipt", "put-aside", "give-files")
        try place.place("new\n", at: "etc/crictl.yaml")
        let before = try place.everything()
        // Another clean goes on with what it has.
        #expect(try !place.perform(place.receipt.givingBack(place.host)[0]))
        #expect(try place.perform(place.step("receipt")))
        #expect(try !place.perform(place.step("receipt")))
        try perform("put-aside")
        try place.place("# hakube: \n", at: "etc/crictl.yaml")
        try perform("give-files", "forget")
        #expect(try place.everything() == before)
    }

    @Test(arguments: ["etc/hakube/guardian.json", "etc/hakube/cluster.json", "etc/systemd/system/kubelet.service"])
    func `a host that lost its state folder is given back`(_ remains: String) throws {
        let before = try place.everything(times: false)
        try place.place("# hakube: written by hakube\n", at: remains)
        try place.place("", at: "etc/kubernetes/kubelet.conf")
        #expect(try place.perform(place.receipt.givingBack(place.host)[0]))
        try perform("give-files", "forget")
        #expect(try place.everything(times: false) == before)
    }

    @Test func `a folder of hakube's name makes nobody's things hakube's`() throws {
        try place.place("own", at: "etc/hakube/hakube.yaml")
        try place.place("own", at: "usr/local/bin/containerd", mode: 0o755)
        let before = try place.everything()
        try perform("receipt", "put-aside")
        try place.place("ours", at: "usr/local/bin/containerd", mode: 0o755)
        try place.place("ours", at: "etc/hakube/guardian.json")
        try perform("give-files", "forget")
        #expect(try place.everything() == before)
    }

    @Test func `a program that a later bundle brings is recorded before it is replaced`() throws {
        try perform("receipt", "put-aside")
        let paths = try #require(place.text(of: "var/lib/hakube/receipt/paths"))
        let fewer = paths.split(separator: "\n").filter { !$0.hasSuffix("/usr/local/bin/kubectl") }
        try place.place(fewer.joined(separator: "\n") + "\n", at: "var/lib/hakube/receipt/paths")
        try place.place("own", at: "usr/local/bin/kubectl", mode: 0o755)
        let before = try place.everything()
        #expect(try place.perform(place.step("receipt")))
        #expect(try !place.perform(place.step("receipt")))
        try place.place("ours", at: "usr/local/bin/kubectl", mode: 0o755)
        try perform("give-files", "forget")
        #expect(try place.everything() == before)
    }

    @Test func `network namespaces of somebody else's stay`() throws {
        try perform("receipt", "put-aside")
        try place.place("", at: "run/netns/cni-1")
        try place.place("", at: "run/netns/own")
        try perform("give-files")
        #expect(place.exists("run/netns/own") && !place.exists("run/netns/cni-1"))
    }

    @Test(.enabled("needs root, to mount") { getuid() == 0 })
    func `what is mounted below a folder of the cluster's stops the deletion`() throws {
        try place.place("own", at: "opt/data/file")
        try FileManager.default.createDirectory(
            at: place.root.appending(path: "var/lib/kubelet"), withIntermediateDirectories: true)
        try perform("receipt", "put-aside")
        let mount = "mkdir -p /var/lib/kubelet/own\nmount --bind /opt/data /var/lib/kubelet/own"
        #expect(try runApart(mount, "give-files") != 0)
        #expect(place.text(of: "opt/data/file") == "own")
    }

    @Test(.enabled("needs root, to mount") { getuid() == 0 })
    func `a state folder on another file system gives back whole and is emptied`() throws {
        try place.place("layer", at: "var/lib/containerd/own/layer", mode: 0o640)
        try FileManager.default.createDirectory(
            at: place.root.appending(path: "var/lib/hakube"), withIntermediateDirectories: true)
        let before = try place.everything()
        let mount = "mount -t tmpfs none /var/lib/hakube"
        #expect(try runApart(mount, "receipt", "put-aside", "give-files", "forget") == 0)
        #expect(try place.everything() == before)
    }

    @Test func `swap that a generator turns on is masked, and named for giving back`() throws {
        var facts = PlanInput.assumingFresh(place.receipt.spec, bundle: nil, parallel: 1).facts
        for id in facts.keys { facts[id]?.swapOn = true }
        let input = PlanInput(spec: place.receipt.spec, facts: facts, bundle: nil, parallel: 1)
        let steps = try Planner(input).preparePhase().lanes.flatMap(\.steps)
        guard case .run(let script) = steps.first(where: { $0.id == "swap" })?.action else {
            Issue.record("no step turns swap off")
            return
        }
        try place.place("/dev/sdb none swap sw 0 0\n", at: "etc/fstab")
        let output = try place.run(
            Script(
                """
                swapoff() { echo off; }
                systemctl() {
                    case "$*" in
                        list-units*) printf '%s loaded active active\\n' dev-sdb.swap dev-zram0.swap ;;
                        *dev-sdb.swap) printf 'FragmentPath=/x\\nSourcePath=/etc/fstab\\n' ;;
                        show*) printf 'FragmentPath=/x\\nSourcePath=\\n' ;;
                        *) echo "$*" ;;
                    esac
                }
                \(script.text)
                """))
        #expect(output.out == "-q mask dev-zram0.swap\noff\n")
        #expect(place.text(of: "var/lib/hakube/masked") == "dev-zram0.swap\n")
        #expect(place.text(of: "etc/fstab") == "# hakube: /dev/sdb none swap sw 0 0\n")
    }
}
