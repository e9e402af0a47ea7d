// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
package import Foundation

/// Debian's docker-registry on a free port with a folder of its own.
package final class RegistryServer: Sendable {
    package static let program = "/usr/bin/docker-registry"
    package static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: program) }

    package let folder: URL
    /// HOST:PORT.
    package let host: String
    private let running: RunningProgram

    /// The registry ends with this shell, which ends with the process of the tests.
    private static let script = """
        "$1" serve "$2" & registry=$!
        while kill -0 "$0" && kill -0 $registry; do sleep 1; done 2> /dev/null & watch=$!
        trap 'kill -9 $registry $watch; exit' TERM
        wait $watch
        kill -9 $registry
        """

    /// - Parameter tokens: URL of the token server; without one everybody may pull and push.
    package init(tokens: String? = nil) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-registry-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var config = """
            version: 0.1
            log: {level: info, formatter: text, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(folder.path())/storage}}
            http: {addr: "127.0.0.1:0"}

            """
        if let tokens {
            let bundle = try TestCertificate.shared.get().certificate
            config += """
                auth:
                  token: {realm: "\(tokens)", service: \(TestToken.service), issuer: \(TestToken.issuer), rootcertbundle: \(bundle)}

                """
        }
        let file = folder.appending(path: "config.yml")
        try config.write(to: file, atomically: true, encoding: .utf8)
        running = try RunningProgram("/bin/sh", ["-c", Self.script, "\(getpid())", Self.program, file.path()])
        let words = "listening on 127.0.0.1:"
        guard await running.says(words, within: .seconds(60)),
            let port = (running.err + running.out).firstRange(of: words)
        else {
            running.signal(SIGTERM)
            throw LocalProgram.Failure(description: "docker-registry does not start: \(running.err)")
        }
        host = "127.0.0.1:" + (running.err + running.out)[port.upperBound...].prefix { $0.isNumber }
    }

    deinit {
        running.signal(SIGTERM)
        try? FileManager.default.removeItem(at: folder)
    }

    /// Where the registry keeps a blob.
    package func file(of digest: String) -> URL {
        let hex = digest.dropFirst("sha256:".count)
        return folder.appending(path: "storage/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data")
    }

    /// Pushes by the distribution API.
    package func push(_ content: RegistryContent, token: String = "") throws {
        let place = folder.appending(path: "push-\(UUID())")
        try content.write(to: place)
        let script = place.appending(path: "push.py")
        try DownloadSiteProgram.push.write(to: script, atomically: true, encoding: .utf8)
        try LocalProgram.run(
            ["/usr/bin/python3", "-SE", script.path(), host, place.path()], environment: ["TOKEN": token])
    }
}

/// Tokens as `auth: token` takes them: a JWT signed by the certificate's key, with the certificate in its header.
package enum TestToken {
    package static let service = "registry.test"
    package static let issuer = "token.test"

    private struct Header: Encodable {
        let typ = "JWT"
        let alg = "ES256"
        let x5c: [String]
    }

    private struct Claims: Encodable {
        struct Access: Encodable {
            let type = "repository"
            let name: String
            let actions: [String]
        }
        let iss = TestToken.issuer
        let sub = ""
        let aud = TestToken.service
        let exp: Int
        let nbf: Int
        let iat: Int
        let jti = UUID().uuidString
        let access: [Access]
    }

    /// - Parameter repositories: everything in these may be done with it.
    package static func make(_ repositories: [String], actions: [String] = ["pull"]) throws -> String {
        let pair = try TestCertificate.shared.get()
        let pem = try String(contentsOfFile: pair.certificate, encoding: .utf8)
        let der = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        let key = try P256.Signing.PrivateKey(pemRepresentation: try String(contentsOfFile: pair.key, encoding: .utf8))
        let now = Int(Date().timeIntervalSince1970)
        let claims = Claims(
            exp: now + 3600, nbf: now - 60, iat: now,
            access: repositories.map { Claims.Access(name: $0, actions: actions) })
        let parts = [try JSONEncoder().encode(Header(x5c: [der])), try JSONEncoder().encode(claims)].map(text)
        let signed = parts.joined(separator: ".")
        return "\(signed).\(text(try key.signature(for: Data(signed.utf8)).rawRepresentation))"
    }

    /// base64url without padding (RFC 7515).
    private static func text(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
