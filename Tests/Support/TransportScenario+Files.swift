// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

extension TransportScenario {
    static let files: [TransportScenario] = contents + places

    /// Those that ask for no more than reading, writing and `stat`, which a host in memory knows as well.
    package static let contents: [TransportScenario] = [
        TransportScenario(name: "writing replaces a file, and an empty file is a file") { transport, directory in
            let path = "\(directory)/file"
            try await transport.write(Array("long text".utf8), to: path, mode: 0o600)
            try await transport.write([], to: path, mode: 0o755)
            try equal(try await transport.read(path), [], "contents")
            try equal(try await transport.run("stat -c %a \(path)").out, "755\n", "mode")
        },
        TransportScenario(name: "a file that is not there reads as nil") { transport, directory in
            try require(try await transport.read("\(directory)/absent") == nil, "something was read")
            try require(try await transport.read("\(directory)/absent/deeper") == nil, "something was read")
        },
    ]

    private static let places: [TransportScenario] = [
        TransportScenario(name: "a file is written with its mode and read back byte for byte") { transport, directory in
            let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let path = "\(directory)/made on the way/it's binary"
            try await transport.write(bytes, to: path, mode: 0o640)
            try require(try await transport.read(path) == bytes, "other bytes came back")
            let facts = try await transport.run(
                """
                cd "\(directory)"
                stat -c '%a %u' *
                stat -c '%a %u' */*
                ls -A */ | wc -l
                """)
            try equal(facts.out, "755 0\n640 0\n1\n", "mode, owner and neighbours")
        },
        TransportScenario(name: "a path that cannot be read or written is an error") { transport, directory in
            for act in [
                { _ = try await transport.read(directory) },
                { try await transport.write([1], to: directory, mode: 0o644) },
                { try await transport.write([1], to: "/proc/hakube", mode: 0o644) },
            ] {
                do {
                    try await act()
                    throw Failure(description: "it went well")
                } catch let error as TransportError {
                    try equal(error.code, .file, "code of \(error.message)")
                }
            }
        },
    ]
}
