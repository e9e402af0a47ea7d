// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeCourier
import HakubeTestSupport
import Testing

/// Disks that do not take what comes, and traps on them.
@Suite(.enabled(if: CourierRun.isBuilt, "scripts/courier.sh builds the program beside the tests"))
struct DiskTests {
    private let scratch: ScratchFolder
    private let stage: String

    init() throws {
        scratch = try ScratchFolder()
        stage = scratch.place("disk/stage")
        try FileManager.default.createDirectory(atPath: scratch.place("disk"), withIntermediateDirectories: true)
    }

    private func mount(_ options: String) throws -> Mounted { try Mounted(scratch.place("disk"), options) }

    /// A file system of its own for the length of a test.
    private final class Mounted {
        private let folder: String

        init(_ folder: String, _ options: String) throws {
            self.folder = folder
            try LocalProgram.run(["/bin/mount", "-t", "tmpfs", "-o", options, "hakube-test", folder])
        }

        deinit { _ = try? LocalProgram.run(["/bin/umount", "-l", folder]) }
    }

    @Test(.enabled("mounting a file system needs root") { getuid() == 0 }, arguments: Parcel.Form.allCases)
    func `a full disk ends it with the file that did not fit`(_ form: Parcel.Form) async throws {
        let disk = try mount("size=2m")
        defer { withExtendedLifetime(disk) {} }
        // As a frame it is small: the disk is full of what comes out of it.
        let content = form == .raw ? Parcel.noise(3_000_000) : [UInt8](repeating: 1, count: 3_000_000)
        let parcels = [Parcel("small", [1]), Parcel("bin/big", content, form)]
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try? await courier.feed(parcels)
        try await courier.line("error space bin/big")
        #expect(await courier.status() == 1)
        #expect(scratch.has("disk/stage/small"))
        // The log is what the next run goes on from; what was half unpacked would only fill the disk.
        #expect(!scratch.files.contains { $0.hasSuffix(".part") })
    }

    @Test(.enabled("mounting a file system needs root") { getuid() == 0 })
    func `a disk that is read only ends it before anything comes`() async throws {
        let disk = try mount("size=2m,ro")
        defer { withExtendedLifetime(disk) {} }
        let courier = try CourierRun(stage: stage)
        try await courier.line("error write read-only \(stage)")
        #expect(await courier.status() == 1)
    }

    @Test func `a stage in which another courier works is left alone, one that it has left is taken`() async throws {
        let first = try CourierRun(stage: stage)
        try await first.list([Parcel("a", [1])])
        let second = try CourierRun(stage: stage)
        try await second.line("error busy \(stage)")
        #expect(await second.status() == 1)
        first.endInput()
        let third = try CourierRun(stage: stage)
        try await third.list([Parcel("a", [1])])
    }

    @Test func `no link inside the stage is followed`() async throws {
        try scratch.write("mine", to: "outside/kubelet")
        try FileManager.default.createDirectory(atPath: stage, withIntermediateDirectories: true)
        symlink(scratch.place("outside"), "\(stage)/bin")
        let parcels = [Parcel("bin/kubelet", Parcel.noise(2000))]
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try await courier.feed(parcels)
        try await courier.line("error write not-a-folder bin/kubelet")
        #expect(await courier.status() == 1)
        #expect(scratch.text(of: "outside/kubelet") == "mine")
    }

    @Test func `a link where a file belongs is replaced, not written through`() async throws {
        let parcels = [Parcel("kubelet", Parcel.noise(2000)), Parcel("runc", Parcel.noise(2000, seed: 2), .zstd)]
        try scratch.write(parcels[0].content, to: "outside")
        try FileManager.default.createDirectory(atPath: "\(stage)/.wire", withIntermediateDirectories: true)
        symlink(scratch.place("outside"), "\(stage)/kubelet")
        symlink(scratch.place("outside"), "\(stage)/.wire/\(parcels[1].digest).part")
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        // Even what has the right content is not ours where only a link leads to it.
        #expect(!courier.lines.contains { $0.hasPrefix("holds") })
        try await courier.feed(parcels)
        try await courier.done(0..<2)
        #expect(try await courier.finish() == 0)
        #expect(try scratch.bytes(of: "outside") == parcels[0].content)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(stage)/kubelet")
        #expect(attributes[.type] as? FileAttributeType == .typeRegular)
    }

    @Test func `the folder of unfinished files may not be a link`() async throws {
        try FileManager.default.createDirectory(atPath: scratch.place("outside"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: stage, withIntermediateDirectories: true)
        symlink(scratch.place("outside"), "\(stage)/.wire")
        let courier = try CourierRun(stage: stage)
        try await courier.line("error write not-a-folder \(stage)")
    }

    @Test func `a stage that is a link is refused, links above it are the host's own`() async throws {
        try FileManager.default.createDirectory(atPath: scratch.place("disk/real"), withIntermediateDirectories: true)
        symlink("real", stage)
        let refused = try CourierRun(stage: stage)
        try await refused.line("error write not-a-folder \(stage)")
        let courier = try CourierRun(stage: "\(stage)/below")
        try courier.order("look")
        try await courier.line("ready")
        #expect(scratch.has("disk/real/below"))
    }

    @Test(arguments: [
        "../x", "a/../../x", "/etc/x", "a//b", "./a", "a/.", "", ".wire/x", "a/" + String(repeating: "n", count: 256),
    ])
    func `a path that leads out of the stage is refused`(_ path: String) async throws {
        let courier = try CourierRun(stage: stage)
        try courier.order(Parcel(path, [1]).order(0))
        try await courier.line("error input path")
        #expect(await courier.status() == 1)
    }
}
