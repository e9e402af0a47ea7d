// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeFetch
import HakubeModel
import Testing

@testable import HakubeBuild

@Suite struct ChecksumListTests {
    private let hex = String(repeating: "0123456789abcdef", count: 4)
    private let other = String(repeating: "f", count: 64)
    private let url = "https://downloads.example/runc.sha256sum"

    private func read(_ text: String, name: String = "runc.amd64") throws -> Checksum {
        try ChecksumList.checksum(in: text, for: name, url: url)
    }

    @Test func `a bare number is the file's`() throws {
        #expect(try read(hex + "\n") == Checksum(.sha256, hex: hex))
        #expect(try read(hex) == Checksum(.sha256, hex: hex))
    }

    @Test func `upper case is read as lower case`() throws {
        #expect(try read(hex.uppercased()).hex == hex)
    }

    @Test func `of a list the line with the file's name counts`() throws {
        let list = "\(other)  runc.arm64\n\(hex) *runc.amd64\n\(other)  ./old/runc.amd64.asc\n"
        #expect(try read(list).hex == hex)
        #expect(try read("\(other)  runc.arm64\n\(hex)  ./runc.amd64\n").hex == hex)
    }

    @Test func `a clear-signed list is read without its signature`() throws {
        let list = """
            -----BEGIN PGP SIGNED MESSAGE-----
            Hash: SHA256

            \(other)  runc.arm64
            \(hex)  runc.amd64
            -----BEGIN PGP SIGNATURE-----

            \(other)  runc.amd64
            -----END PGP SIGNATURE-----
            """
        #expect(try read(list).hex == hex)
    }

    @Test func `the length tells sha512`() throws {
        #expect(try read(hex + hex).algorithm == .sha512)
    }

    @Test func `BSD's form is read`() throws {
        #expect(try read("SHA256 (runc.amd64) = \(hex)\nSHA256 (runc.arm64) = \(other)\n").hex == hex)
    }

    @Test(arguments: [
        "", "<html><body>Please log in</body></html>", "0123", String(repeating: "f", count: 64) + "  runc.arm64",
        String(repeating: "a", count: 64) + "\n" + String(repeating: "b", count: 64),
        String(repeating: "a", count: 64) + "  runc.amd64\n" + String(repeating: "b", count: 64) + "  runc.amd64",
    ])
    func `what does not say one thing of the file is an error that names the list`(_ text: String) throws {
        let error = try #require(throws: BundleError.self) { try read(text) }
        #expect(error.problems.count == 1)
        #expect(error.problems[0].place == url)
        #expect(error.problems[0].message.contains("runc.amd64"))
    }
}
