// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import FuzzSupport
import HakubeBundle
import HakubeModel
import HakubeTransport

/// What is done with each damaged input, and what has to hold beside not crashing. A trial returns what is wrong.
final class Trials {
    struct Trial {
        let name: String
        let run: (inout Generator) throws -> String?
    }

    /// The file that the last trial was about.
    let input: String
    private(set) var accepted = 0
    private let folder: String
    private let outside: [String]
    private let sound: [[UInt8]]
    private let plain: PlainBundle
    private let key: [UInt8]
    private let list: [UInt8]

    init(folder: String) throws {
        self.folder = folder
        let seed = try SeedFolder("\(folder)/in")
        input = "\(folder)/input.tar"
        let keygen = Process()
        keygen.executableURL = URL(filePath: "/usr/bin/ssh-keygen")
        keygen.arguments = ["-q", "-t", "ed25519", "-N", "", "-C", "fuzz", "-f", "\(folder)/key"]
        try keygen.run()
        keygen.waitUntilExit()
        key = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/key")))
        let publicKey = try String(contentsOf: URL(filePath: "\(folder)/key.pub"), encoding: .utf8)
        list = Array("# makers\nmaker@example.org \(publicKey)\n\(publicKey)".utf8)
        let signingKey = try SigningKey(file: "\(folder)/key")
        sound = try ["tar", "tar.gz", "tar.zst"].map { ending in
            _ = try BundlePacker.pack(folder: seed.path, to: "\(folder)/seed.\(ending)", key: signingKey)
            return [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/seed.\(ending)")))
        }
        plain = PlainBundle(sound[0])
        guard plain.bytes == sound[0] else { throw Broken() }
        try FileManager.default.createDirectory(atPath: "\(folder)/a/b", withIntermediateDirectories: true)
        outside = try Self.names(folder) + ["input.tar"]
    }

    private struct Broken: Error {}

    var all: [Trial] {
        [
            Trial(name: "damaged", run: damaged), Trial(name: "damaged behind digests", run: resealed),
            Trial(name: "damaged behind digests", run: resealed), Trial(name: "keys", run: keys),
        ]
    }

    /// A file that verifies is, bit by bit, one that was packed.
    private func damaged(_ generator: inout Generator) throws -> String? {
        guard let seed = sound.randomElement(using: &generator) else { return nil }
        // Eight wounds are many for one file: a piece of it is damaged, and the rest is as it was.
        let from = Int.random(in: 0..<seed.count, using: &generator)
        let to = min(seed.count, from + Int.random(in: 1..<600, using: &generator))
        let bytes = seed[..<from] + generator.damaged([Array(seed[from..<to])]) + seed[to...]
        try write(Array(bytes))
        guard (try? BundleReader(input).verify()) != nil else { return nil }
        accepted += 1
        return sound.contains(Array(bytes)) ? nil : "a changed file verifies"
    }

    /// With the digests mended, what is read has to keep to what the manifest tells.
    private func resealed(_ generator: inout Generator) throws -> String? {
        var bundle = plain
        for _ in 0...Int.random(in: 0..<2, using: &generator) { bundle.damage(&generator) }
        try write(bundle.bytes)
        let reader = BundleReader(input)
        guard let manifest = try? reader.manifest() else { return nil }
        _ = try? reader.signer()
        let isSound = (try? reader.verify()) != nil
        if isSound { accepted += 1 }
        for role in Role.allCases {
            guard let shipment = try? reader.shipment(for: role, on: manifest.arches[0], of: manifest) else { continue }
            for item in shipment.items {
                guard let count = try? Self.wireBytes(of: item, in: shipment) else { continue }
                if count != item.wire { return "\(count) bytes of an item travel, not \(item.wire)" }
            }
            let source = shipment.tar(of: shipment.items)
            var count = 0
            let isWhole = (try? source.read { count += $0.count }) != nil
            if isWhole && count != source.byteCount { return "a host gets \(count) bytes, not \(source.byteCount)" }
            if isSound && !isWhole { return "a sound bundle cannot be sent" }
        }
        // Forty files in and out take longer than all the rest.
        return Int.random(in: 0..<16, using: &generator) == 0 ? extracted(reader, isSound: isSound) : nil
    }

    private static func wireBytes(of item: ShipmentItem, in shipment: RoleShipment) throws -> Int {
        var cursor = try shipment.cursor(of: item, from: 0)
        var count = 0
        while true {
            let piece = try cursor.next(upTo: 1 << 16)
            guard !piece.isEmpty else { return count }
            count += piece.count
        }
    }

    private func extracted(_ reader: BundleReader, isSound: Bool) -> String? {
        let target = "\(folder)/a/b/out"
        let isWhole = (try? reader.extract(to: target)) != nil
        defer { try? FileManager.default.removeItem(atPath: target) }
        if isSound && !isWhole { return "a sound bundle cannot be extracted" }
        guard let all = try? Self.names(folder) else { return "the folder is gone" }
        let beside = all.filter { !$0.hasPrefix("a/b/out") && !outside.contains($0) }
        return beside.isEmpty ? nil : "written beside the target: \(beside)"
    }

    private func keys(_ generator: inout Generator) throws -> String? {
        try write(generator.damaged([key]))
        if let key = try? SigningKey(file: input), key.publicKey.fingerprint.utf8.count != 50 {
            return "no fingerprint"
        }
        try write(generator.damaged([list]))
        if let keys = try? TrustedKeys(file: input), keys.keys.isEmpty { return "a list of no keys" }
        return nil
    }

    private func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: input)) }

    private static func names(_ folder: String) throws -> [String] {
        guard let all = FileManager.default.enumerator(atPath: folder) else { throw Broken() }
        return all.compactMap { $0 as? String }
    }
}
