// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeEngine
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeCLI

struct PushOptionsTests {
    @Test func `what is not said is left to hakube`() throws {
        let settings = try PushOptions.parse([]).settings
        #expect(settings.fanOut == .auto && settings.limitRate == nil && settings.parallelUploads == 4)
    }

    @Test func `every flag reaches the push`() throws {
        let settings = try PushOptions.parse([
            "--fan-out", "relay", "--limit-rate", "400Mbit", "--parallel-uploads", "7",
        ]).settings
        #expect(settings.fanOut == .relay && settings.limitRate == 50_000_000 && settings.parallelUploads == 7)
    }

    @Test(arguments: [
        ("50MB", 50_000_000), ("50MB/s", 50_000_000), ("50 mb/s", 50_000_000), ("400Mbit", 50_000_000),
        ("400mbit/s", 50_000_000), ("1.5Gbit", 187_500_000), ("1GB", 1_000_000_000), ("8kbit", 1000), ("1kB", 1000),
    ])
    func `a rate is read as people write it`(text: String, bytes: Int) {
        #expect(DataRate(text)?.bytesPerSecond == bytes)
    }

    @Test(arguments: ["50", "MB", "-1MB", "0MB", "0.9kB", "50MiB", "fastMB", "nanMB", "infGB", "1e30GB", "50Mb it/s/s"])
    func `what is no rate is refused, with what to write`(text: String) {
        let error = #expect(throws: (any Error).self) { try PushOptions.parse(["--limit-rate=\(text)"]) }
        let sentence = error.map { PushOptions.message(for: $0) } ?? ""
        #expect(sentence.contains("is no rate of 1kB or more") && sentence.contains("such as 50MB"), "\(sentence)")
    }

    @Test func `no upload at all is refused`() {
        let error = #expect(throws: (any Error).self) { try PushOptions.parse(["--parallel-uploads", "0"]) }
        #expect(error.map { PushOptions.message(for: $0) }?.contains("sends to no host; write 1 or more") == true)
    }

    @Test func `another way is refused with the three there are`() {
        let error = #expect(throws: (any Error).self) { try PushOptions.parse(["--fan-out", "tree"]) }
        let sentence = error.map { PushOptions.message(for: $0) } ?? ""
        for way in ["auto", "direct", "relay"] { #expect(sentence.contains(way), "\(sentence)") }
    }

    @Test func `the courier lies beside the program, under its own name for this machine`() throws {
        let folder = try ScratchFolder()
        let find = { CourierPrograms.program($0, in: URL(filePath: folder.path), own: .amd64)?.lastPathComponent }
        #expect(find(.amd64) == nil && find(.arm64) == nil)
        for name in ["hakube-courier-amd64", "hakube-courier-arm64"] {
            try folder.write("", to: name)
        }
        #expect(find(.amd64) == "hakube-courier-amd64" && find(.arm64) == "hakube-courier-arm64")
        try folder.write("", to: "hakube-courier")
        #expect(find(.amd64) == "hakube-courier" && find(.arm64) == "hakube-courier-arm64" && find(.s390x) == nil)
    }
}
