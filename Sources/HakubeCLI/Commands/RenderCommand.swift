// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBundle
import HakubeModel
import HakubePlan

/// `hakube render`: every file hakube would put on the hosts, in a folder. Connects to nothing.
struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Write every file hakube would put on the hosts to a folder.",
        discussion: """
            DIR/ADDRESS/PATH-ON-THE-HOST is the file as it stands when init has ended. What only a run knows (token, \
            certificate key, CA) appears in valid form. DIR is new, empty, or of an earlier run, whose files go. With an \
            external endpoint DIR/outside/haproxy.cfg is for a load balancer of your own.
            """)

    @OptionGroup var inventory: InventoryOptions

    @Option(help: "A bundle, for its release and its pause image.")
    var bundle: [String] = []

    @Option(name: .long, help: ArgumentHelp("The folder to write to.", valueName: "dir"))
    var output: String

    func run() async throws {
        let folder = try RenderFolder(output)
        let (spec, contents) = try inventory.planned(
            with: bundle.isEmpty ? nil : BundleSet(bundle), allowsEvenMasters: true)
        let voters = spec.etcdTopology.hosts
        if let role = voters.first?.role, voters.count.isMultiple(of: 2) {
            let text = "warning: init refuses \(voters.count) \(role.title)s: etcd wants an odd number\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        let plan = try Planner(.assumingFresh(spec, bundle: contents, parallel: 16)).initialisation()
        let files = RenderedFiles(plan).files.map {
            RenderFolder.File(path: "\($0.host)\($0.path)", text: $0.text, mode: $0.mode)
        }
        var outside: [RenderFolder.File] = []
        if spec.endpoint.kind == .external {
            let text = try HAProxyConfiguration(outside: spec).text
            outside.append(RenderFolder.File(path: "outside/haproxy.cfg", text: text, mode: 0o644))
        }
        try folder.write(files + outside)
        for file in outside {
            let slash = output.hasSuffix("/") ? "" : "/"
            print("wrote \(output)\(slash)\(file.path) for a load balancer in front of the masters")
        }
        print("wrote \(files.count) files for \(spec.hosts.count) hosts below \(output)")
    }
}
