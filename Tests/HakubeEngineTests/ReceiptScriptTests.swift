// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

@testable import HakubePlan

/// What stood on a host comes back byte for byte, whatever was done to it and wherever a run was cut off.
@Suite struct ReceiptScriptTests {
    private let place: ReceiptRoot

    init() throws { place = try ReceiptRoot() }

    /// A host with something of its own in every place that counts.
    private func furnish() throws {
        try place.place("own\n", at: "/etc/crictl.yaml", mode: 0o600)
        try place.place("own kubectl", at: "/usr/local/bin/kubectl", mode: 0o755)
        try place.place("{}", at: "/etc/cni/net.d/10-own.conflist")
        try place.place("plugin", at: "/opt/cni/bin/own", mode: 0o755)
        try place.place("layer", at: "/var/lib/containerd/own/layer", mode: 0o640)
        try place.place("127.0.0.1 localhost\n10.0.0.9 own", at: "/etc/hosts")
        try place.place("/dev/sdb none swap sw 0 0\n/dev/sdc none swap sw 0 0\n", at: "/etc/fstab")
    }

    /// What hakube, kubeadm and a running cluster do to a host, in short.
    private func useHost() throws {
        for path in ["/etc/crictl.yaml", "/etc/modules-load.d/hakube.conf", "/etc/systemd/system/kubelet.service"] {
            try place.place("# hakube: written by hakube\n", at: path)
        }
        try place.place("ours", at: "/usr/local/bin/kubectl", mode: 0o700)
        try place.place("ours", at: "/usr/local/bin/kubelet", mode: 0o755)
        try place.place("{}", at: "/etc/cni/net.d/10-hakube.conflist")
        try place.place("plugin", at: "/opt/cni/bin/bridge", mode: 0o755)
        try place.place("layer", at: "/var/lib/containerd/ours/layer")
        try place.place("data", at: "/var/lib/etcd/member/wal")
        try place.place("key", at: "/etc/kubernetes/pki/ca.key", mode: 0o600)
        try place.place("config", at: "/etc/hakube/guardian.json")
        let hosts = ManagedBlock(path: "/etc/hosts", name: "sample", lines: ["10.0.0.1 apiserver.cluster.local"])
        try place.place(hosts.applied(to: place.text(of: "/etc/hosts") ?? ""), at: "/etc/hosts")
        if let table = place.text(of: "/etc/fstab") {
            try place.place(table.replacing("/dev/sdb", with: "# hakube: /dev/sdb"), at: "/etc/fstab")
        }
        let kubeconfig = place.root.appending(path: "root/.kube/config").path()
        try FileManager.default.createDirectory(
            at: place.root.appending(path: "root/.kube"), withIntermediateDirectories: true)
        try? FileManager.default.createSymbolicLink(
            atPath: kubeconfig, withDestinationPath: place.root.appending(path: "etc/kubernetes/admin.conf").path())
    }

    private func begin() throws {
        #expect(try place.perform(place.step("receipt")))
        #expect(try place.perform(place.step("put-aside")))
    }

    private func giveBack() throws {
        try place.perform(place.step("give-files"))
        try place.perform(place.step("forget"))
    }

    @Test func `a host that only has staged files is given back, with all of its own`() throws {
        try furnish()
        let before = try place.everything()
        try place.place("kubelet", at: "/var/lib/hakube/stage/0123456789ab/bin/kubelet", mode: 0o755)
        // The others find that nothing was begun; they reach into the running kernel and are not tried here.
        let tried = ["receipt", "give-files", "forget"]
        let steps = try place.receipt.givingBack(place.host).filter { tried.contains($0.id) }
        #expect(steps.map(\.id) == tried)
        for step in steps { try place.perform(step) }
        #expect(try place.everything() == before)
        #expect(!place.exists("/var/lib/hakube"))
    }

    @Test func `a host with things of its own gets exactly those back`() throws {
        try furnish()
        let before = try place.everything()
        try begin()
        #expect(!place.exists("/var/lib/containerd") && !place.exists("/etc/cni/net.d/10-own.conflist"))
        try useHost()
        try giveBack()
        #expect(try place.everything() == before)
        #expect(!place.exists("/var/lib/hakube"))
    }

    @Test func `a bare host is bare again`() throws {
        let before = try place.everything()
        try begin()
        try useHost()
        try giveBack()
        #expect(try place.everything() == before)
    }

    @Test func `recording and putting aside happen once`() throws {
        try furnish()
        try begin()
        try useHost()
        #expect(try !place.perform(place.step("receipt")))
        #expect(try !place.perform(place.step("put-aside")))
        #expect(place.exists("/var/lib/containerd/ours/layer"))
    }

    @Test func `a run that was cut off while recording left nothing that counts`() throws {
        try furnish()
        let before = try place.everything()
        try place.place("half", at: "/var/lib/hakube/receipt.new/paths")
        #expect(try !place.perform(place.step("give-files")))
        try place.perform(place.step("forget"))
        #expect(try place.everything() == before)
    }

    @Test func `a run that was cut off while putting aside is taken back`() throws {
        try furnish()
        let before = try place.everything()
        try begin()
        try FileManager.default.removeItem(at: place.root.appending(path: "var/lib/hakube/put-aside"))
        try giveBack()
        #expect(try place.everything() == before)
    }

    @Test func `giving back twice, or after a cut between two moves, changes nothing more`() throws {
        try furnish()
        let before = try place.everything()
        try begin()
        try useHost()
        try place.perform(place.step("give-files"))
        try FileManager.default.removeItem(at: place.root.appending(path: "var/lib/hakube/given-back"))
        #expect(try place.perform(place.step("give-files")))
        #expect(try !place.perform(place.step("give-files")))
        try place.perform(place.step("forget"))
        #expect(try place.everything() == before)
    }

    @Test func `a new init after a clean that was cut off puts aside anew`() throws {
        try furnish()
        let before = try place.everything()
        try begin()
        try useHost()
        try place.perform(place.step("give-files"))
        #expect(try place.perform(place.step("put-aside")))
        #expect(!place.exists("/var/lib/containerd"))
        try useHost()
        try giveBack()
        #expect(try place.everything() == before)
    }

    @Test func `a host that hakube never touched is left alone`() throws {
        try furnish()
        try place.place("key", at: "/etc/kubernetes/pki/ca.key")
        let before = try place.everything()
        for step in try place.receipt.givingBack(place.host) {
            #expect(try !place.perform(step), "\(step.id) must not act")
        }
        #expect(try place.everything() == before)
    }

    @Test func `a cluster made before there were receipts is told from what is the host's`() throws {
        try place.place("127.0.0.1 localhost\n", at: "/etc/hosts")
        try place.place("own", at: "/etc/modules-load.d/own.conf")
        let before = try place.everything(times: false)
        try useHost()
        try place.place("", at: "/var/lib/hakube/containerd.started")
        let steps = try place.receipt.givingBack(place.host)
        #expect(try place.perform(steps[0]))
        try giveBack()
        // When the lines of hosts were written first nobody knows any more.
        #expect(try place.everything(times: false) == before)
    }

    @Test func `edits that somebody made since in hosts and fstab stay`() throws {
        try furnish()
        try begin()
        try useHost()
        try place.place("# mine\n" + (place.text(of: "/etc/hosts") ?? "") + "10.0.0.8 later\n", at: "/etc/hosts")
        try place.place((place.text(of: "/etc/fstab") ?? "") + "/dev/sdd /data ext4 defaults 0 0\n", at: "/etc/fstab")
        try giveBack()
        #expect(place.text(of: "/etc/hosts") == "# mine\n127.0.0.1 localhost\n10.0.0.9 own\n10.0.0.8 later\n")
        #expect(
            place.text(of: "/etc/fstab")
                == "/dev/sdb none swap sw 0 0\n/dev/sdc none swap sw 0 0\n/dev/sdd /data ext4 defaults 0 0\n")
    }

    @Test func `every file a plan writes is in the receipt, or in a folder that is`() throws {
        let paths = ReceiptPaths(bundle: nil)
        let plan = try Planner(.assumingFresh(place.receipt.spec, bundle: nil, parallel: 1)).initialisation()
        for file in RenderedFiles(plan).files where file.path != "/etc/hosts" {
            let folders = paths.folders + [HostPath.configuration]
            let isCovered = paths.files.contains(file.path) || folders.contains { file.path.hasPrefix("\($0)/") }
            #expect(isCovered, "\(file.path) is not given back")
        }
    }
}
