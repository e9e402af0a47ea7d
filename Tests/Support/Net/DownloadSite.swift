// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation
import Crypto

/// A server for downloads on this machine that can be told what goes wrong.
package final class DownloadSite: Sendable {
    /// What happens to requests whose path contains `match`, for so many of them.
    package struct Rule: Codable, Sendable {
        package var match: String
        package var times: Int?
        /// This status in place of the file.
        package var status: Int?
        package var fields: [String: String]?
        package var body: String?
        /// 307 to this place; `{path}` stands for the path that was asked for.
        package var redirect: String?
        /// Only so many bytes of the body, then the connection is cut.
        package var cut: Int?
        /// The connection is held where it would be cut; nothing happens to a shorter body.
        package var hold: Bool?
        package var ignoresRange: Bool?
        /// Another body than the registry's.
        package var swap: String?
        /// The status, and then a body without end.
        package var endless: Bool?

        package init(
            _ match: String, times: Int? = nil, status: Int? = nil, fields: [String: String]? = nil,
            body: String? = nil, redirect: String? = nil, cut: Int? = nil, hold: Bool? = nil,
            ignoresRange: Bool? = nil, swap: String? = nil, endless: Bool? = nil
        ) {
            self.match = match
            self.times = times
            self.status = status
            self.fields = fields
            self.body = body
            self.redirect = redirect
            self.cut = cut
            self.hold = hold
            self.ignoresRange = ignoresRange
            self.swap = swap
            self.endless = endless
        }
    }

    /// A request as it came.
    package struct Request: Codable, Sendable {
        package let path: String
        package let status: Int
        /// Bytes of the body that were sent.
        package let sent: Int
        /// Names in lower case.
        package let fields: [String: String]
    }

    package let folder: URL
    package let port: Int
    private let program: RunningProgram
    private let scheme: String

    /// - Parameter certificate: the site speaks TLS with it.
    package init(certificate: TestCertificate? = nil, rules: [Rule] = []) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-site-\(UUID())")
        try FileManager.default.createDirectory(at: folder.appending(path: "files"), withIntermediateDirectories: true)
        let script = folder.appending(path: "site.py")
        try DownloadSiteProgram.text.write(to: script, atomically: true, encoding: .utf8)
        try JSONEncoder().encode(rules).write(to: folder.appending(path: "rules.json"))
        scheme = certificate == nil ? "http" : "https"
        let pems = certificate.map { [$0.certificate, $0.key] } ?? []
        program = try RunningProgram(
            "/usr/bin/python3", ["-SE", script.path(), folder.path()] + pems)
        guard await program.says("port", within: .seconds(60)),
            let port = program.out.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else {
            program.signal(SIGKILL)
            throw LocalProgram.Failure(description: "the download site does not start: \(program.err)")
        }
        self.port = port
    }

    deinit {
        program.signal(SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    /// HOST:PORT.
    package var host: String { "127.0.0.1:\(port)" }
    package var url: String { "\(scheme)://\(host)" }

    package func url(_ name: String) -> String { "\(url)/files/\(name)" }

    /// Takes effect with the next request; rules that were there before keep their counts.
    package func follow(_ rules: [Rule]) throws {
        try JSONEncoder().encode(rules).write(to: folder.appending(path: "rules.json"), options: .atomic)
    }

    /// Serves a file under its name.
    /// - Returns: its sha256.
    @discardableResult
    package func serve(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: folder.appending(path: "files/\(name)"))
        return SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }

    /// A file that the program reads besides those it serves: `upstream`, `tokens.json`, `login`.
    package func configure(_ name: String, _ text: String) throws {
        try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }

    package var requests: [Request] {
        get throws {
            guard let data = try? Data(contentsOf: folder.appending(path: "requests")) else { return [] }
            return try data.split(separator: UInt8(ascii: "\n")).map {
                try JSONDecoder().decode(Request.self, from: Data($0))
            }
        }
    }
}

/// A key and a certificate of 127.0.0.1 that signs itself, made by openssl once a process.
package struct TestCertificate: Sendable {
    /// Paths of PEM files.
    package let certificate: String
    package let key: String

    package static let shared = Result { try TestCertificate() }

    private init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-cert-\(UUID())").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        (certificate, key) = ("\(folder)/certificate.pem", "\(folder)/key.pem")
        try LocalProgram.run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
    }
}
