// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
package import HakubeFetch

/// What a published checksum file says of one file. Release pages have them in several forms: bare hex, `hex  name`
/// lines, the same inside a PGP clear-signed message (RFC 9580, 7), BSD's `SHA256 (name) = hex`.
package enum ChecksumList {
    /// - Parameters:
    ///   - text: the file as it was fetched.
    ///   - name: the file it is asked about, without folders.
    ///   - url: where the text came from, for the sentence.
    /// - Throws: `BundleError` if it does not say one thing of that file.
    package static func checksum(in text: String, for name: String, url: String) throws -> Checksum {
        var bare: [Checksum] = []
        var named: Set<Checksum> = []
        for line in body(of: text) {
            let fields = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            if fields.count == 4, fields[2] == "=", fields[1] == "(\(name))" {
                if let checksum = checksum(fields[3]) { named.insert(checksum) }
            }
            guard let first = fields.first, let checksum = checksum(first) else { continue }
            if fields.count == 1 {
                bare.append(checksum)
            } else if fields.count == 2, plain(fields[1]) == name {
                named.insert(checksum)
            }
        }
        if named.count == 1, let only = named.first { return only }
        if named.isEmpty, bare.count == 1 { return bare[0] }
        let reason = named.count > 1 ? "says different things of \(name)" : "says nothing of \(name)"
        throw BundleError(
            url, "the list of checksums \(reason)",
            "look at what is there; a proxy's page in its place is a usual cause")
    }

    /// The lines, without a signature's frame. The signature's own base64 has no line that reads as a checksum, and
    /// is cut off all the same.
    private static func body(of text: String) -> [Substring] {
        let lines = text.split(whereSeparator: \.isNewline)
        return Array(lines.prefix { !$0.hasPrefix("-----BEGIN PGP SIGNATURE-----") })
    }

    /// A star stands before the name of a file that was read as binary.
    private static func plain(_ name: String) -> String {
        let bare = name.hasPrefix("*") ? String(name.dropFirst()) : name
        return bare.split(separator: "/").last.map(String.init) ?? bare
    }

    /// The length tells the algorithm.
    private static func checksum(_ text: String) -> Checksum? {
        Checksum(.sha256, hex: text) ?? Checksum(.sha512, hex: text)
    }
}
