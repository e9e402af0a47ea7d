// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// The folder of `hakube render`: what it writes, and what it leaves alone.
@Suite struct RenderCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func render(_ arguments: String..., to name: String = "out") async throws -> ProgramRun {
        try await ProgramRun.run(
            Checkout.hakube,
            ["render", "--kubernetes", "v1.36.4", "--masters", "10.0.0.1-3", "--output", folder.place(name)] + arguments
        )
    }

    private var files: Set<String> { Set(folder.files.filter { $0.hasPrefix("out/") }) }

    @Test func `the file for a balancer is named as it can be opened`() async throws {
        let run = try await render("--strategy", "external", "--endpoint", "api.example.com:6443")
        #expect(run.status == 0, "\(run.err)")
        #expect(run.out.contains("wrote \(folder.place("out"))/outside/haproxy.cfg for a load balancer"), "\(run.out)")
        #expect(folder.text(of: "out/outside/haproxy.cfg")?.contains("10.0.0.3:6443") == true)
    }

    @Test func `lint takes all that is in the folder, and finds nothing`() async throws {
        let target = folder.place("out")
        #expect(try await render("--strategy", "keepalived", "--vip", "10.0.0.100").status == 0)
        let words = ["-c", "find '\(target)' -type f -exec '\(Checkout.hakube)' lint {} +"]
        let run = try await ProgramRun.run("/bin/sh", words, environment: ["HAKUBE_HOME": folder.place("home")])
        #expect(run.status == 0 && run.out.hasPrefix("nothing found in "), "\(run.out)\(run.err)")
    }

    @Test func `a file in place of the folder is refused with a sentence`() async throws {
        try folder.write("mine", to: "out")
        let run = try await render()
        #expect(run.status == 2)
        #expect(run.err.contains("--output \(folder.place("out")): this is a file; name a folder"), "\(run.err)")
        #expect(folder.text(of: "out") == "mine")
    }

    @Test func `a second run leaves nothing of the first one, and no empty folder`() async throws {
        #expect(try await render("--strategy", "keepalived", "--vip", "10.0.0.100").status == 0)
        let first = files
        #expect(first.contains { $0.hasSuffix("keepalived.conf") })
        #expect(try await render("--strategy", "external", "--endpoint", "api.example.com:6443").status == 0)
        #expect(files.contains("out/outside/haproxy.cfg") && !files.contains { $0.contains("keepalived") })
        #expect(try await render("--strategy", "keepalived", "--vip", "10.0.0.100").status == 0)
        #expect(files == first)
        #expect(!FileManager.default.fileExists(atPath: folder.place("out/outside")))
    }

    @Test func `a folder with files of somebody else's is refused, and nothing is written`() async throws {
        try folder.write("mine", to: "out/notes")
        let run = try await render()
        #expect(run.status == 2)
        #expect(
            run.err.contains("there are files in it, and no .hakube-render that says render wrote them"), "\(run.err)")
        #expect(files == ["out/notes"])
    }

    @Test func `files beside its own stay, and one in its way is not overwritten`() async throws {
        #expect(try await render("--strategy", "keepalived", "--vip", "10.0.0.100").status == 0)
        try folder.write("mine", to: "out/notes")
        try folder.write("mine", to: "out/10.0.0.1/etc/own")
        #expect(try await render().status == 0)
        #expect(folder.text(of: "out/notes") == "mine" && folder.text(of: "out/10.0.0.1/etc/own") == "mine")
        try folder.write("mine", to: "out/outside/haproxy.cfg")
        let before = files
        let run = try await render("--strategy", "external", "--endpoint", "api.example.com:6443")
        #expect(run.status == 2)
        #expect(run.err.contains("outside/haproxy.cfg is there already, and render has not written it"), "\(run.err)")
        #expect(files == before, "nothing is touched")
        #expect(folder.text(of: "out/outside/haproxy.cfg") == "mine")
    }

    @Test func `a list that leads out of the folder, or behind a link, removes nothing there`() async throws {
        #expect(try await render().status == 0)
        try folder.write("mine", to: "elsewhere/etc/hosts")
        let list = (folder.text(of: "out/.hakube-render") ?? "") + "../elsewhere/etc/hosts\nlink/etc/hosts\n"
        try folder.write(list, to: "out/.hakube-render")
        try FileManager.default.createSymbolicLink(
            atPath: folder.place("out/link"), withDestinationPath: folder.place("elsewhere"))
        #expect(try await render().status == 0)
        #expect(folder.text(of: "elsewhere/etc/hosts") == "mine")
    }
}
