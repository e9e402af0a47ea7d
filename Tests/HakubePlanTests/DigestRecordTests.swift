// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubePlan
import HakubeTestSupport
import Testing

/// The record of what was verified, in a real shell on real files.
@Suite struct DigestRecordTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
    private let record: DigestRecord

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // sha256sum of "one\n" and "two\n".
        let sums = [
            "one": "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806",
            "two": "27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a",
        ]
        let path = folder.path()
        record = DigestRecord(
            entries: sums.sorted { $0.key < $1.key }.map { .init(path: "\(path)/\($0.key)", sha256: $0.value, size: 4) }
        )
        for name in sums.keys { try "\(name)\n".write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8) }
    }

    /// - Returns: exit status; 99 when a file was read that the record vouches for.
    private func run(_ text: String, reading: Bool = true) throws -> Int32 {
        let place = text.replacing(HostPath.state, with: "\(folder.path())/state")
        let reader = reading ? "" : "sha256sum() { exit 99; }\n"
        return try LocalProgram.outcome(["/bin/sh"], input: "set -eu\n\(reader)\(place)").status
    }

    private func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(folder.path())/\(name)", atomically: false, encoding: .utf8)
    }

    @Test func `files that were verified are not read again, and without a record all are`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try run(record.check) == 0, "read")
        #expect(try run(record.check, reading: false) != 0, "there is no record yet")
        #expect(try run(record.making) == 0)
        #expect(try run(record.check, reading: false) == 0)
    }

    @Test func `a file that was touched is read, and counts if it is right`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try run(record.making) == 0)
        try write("one\n", to: "one")
        #expect(try run(record.check, reading: false) != 0)
        #expect(try run(record.check) == 0)
    }

    @Test func `other content of the same length is found, whatever times it is given`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try run(record.making) == 0)
        let path = "\(folder.path())/two"
        let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        try write("TWO\n", to: "two")
        try FileManager.default.setAttributes([.modificationDate: try #require(before)], ofItemAtPath: path)
        #expect(try run(record.check) == 1)
        #expect(try run(record.making) == 1, "no record is made of what is wrong")
    }

    @Test(arguments: ["missing", "shorter"]) func `what is not whole is found without reading`(kind: String) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        if kind == "missing" {
            try FileManager.default.removeItem(at: folder.appending(path: "one"))
        } else {
            try write("one", to: "one")
        }
        #expect(try run(record.check, reading: false) == 1)
    }

    @Test func `a stat that tells no nanoseconds vouches for nothing`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let coarse = { (text: String) in text.replacing("%.9Z", with: "%Z") }
        #expect(try run(coarse(record.making)) == 0)
        #expect(try run(coarse(record.check)) == 0, "all are read")
        #expect(try run(coarse(record.check), reading: false) != 0)
    }
}
