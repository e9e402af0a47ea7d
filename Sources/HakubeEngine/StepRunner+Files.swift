// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubePlan
import HakubeTransport

extension StepRunner {
    func write(_ file: RemoteFile) async throws -> Bool {
        let bytes = Array(try values.resolve(file.text).utf8)
        if try await read(file.path) == bytes, try await mode(of: file.path) == file.mode { return false }
        try await put(bytes, at: file.path, mode: file.mode)
        return true
    }

    private func read(_ path: String) async throws -> [UInt8]? { try await line.repeating { try await $0.read(path) } }

    private func put(_ bytes: [UInt8], at path: String, mode: Int) async throws {
        try await line.repeating { transport in
            try await checkClaim(on: transport)
            try await transport.write(bytes, to: path, mode: mode)
        }
    }

    /// A link has the mode 777, which no file of ours has: it is replaced by a file.
    private func mode(of path: String) async throws -> Int? {
        let question = Script("stat -c %a \(Script.quoted(path))")
        let output = try await line.repeating { try await $0.run(question) { _ in } }
        return Int(output.out.trimmingCharacters(in: .whitespacesAndNewlines), radix: 8)
    }

    /// Where a file lies whose path may be a link: a link of somebody else's stays one.
    private func place(of path: String) async throws -> String {
        let question = Script("readlink -f \(Script.quoted(path))")
        let output = try await line.repeating { try await $0.run(question) { _ in } }
        let place = output.out.trimmingCharacters(in: .newlines)
        return output.status == 0 && place.hasPrefix("/") ? place : path
    }

    /// Bytes that are no UTF-8 belong to somebody else's lines; read as Latin-1 they come out again as they went in.
    func apply(_ wanted: ManagedBlock) async throws -> Bool {
        let block = ManagedBlock(path: try await place(of: wanted.path), name: wanted.name, lines: wanted.lines)
        let bytes = try await read(block.path) ?? []
        let encoding: String.Encoding = String(validating: bytes, as: UTF8.self) == nil ? .isoLatin1 : .utf8
        guard let before = String(bytes: bytes, encoding: encoding),
            let after = block.applied(to: before).data(using: encoding)
        else {
            throw advice.failure(
                "\(block.path) cannot be read as text", [],
                "see that it is a text file, then run the same command again")
        }
        guard Array(after) != bytes else { return false }
        let mode = try await mode(of: block.path) ?? 0o644
        try await put(Array(after), at: block.path, mode: mode)
        return true
    }

    func capture(_ path: String, as kind: RuntimeValue) async throws -> Bool {
        let bytes = try await existing(path)
        values.set(kind, to: kind.isEncoded ? Data(bytes).base64EncodedString() : Self.text(bytes))
        if kind == .clusterCA {
            let hash = try CertificateAuthority.publicKeyHash(pem: String(decoding: bytes, as: UTF8.self))
            values.set(.caCertHash, to: hash)
        }
        return true
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    /// The first header of a registry's hosts.toml: hakube gives all endpoints the same.
    func learn(_ path: String, of registry: String) async throws -> Bool {
        let text = String(decoding: try await read(path) ?? [], as: UTF8.self)
        guard let login = text.firstMatch(of: /Authorization = "Basic ([A-Za-z0-9+\/=]+)"/)?.1 else {
            throw advice.failure(
                "\(path) holds no login to \(registry), which new hosts need", [],
                "run 'hakube init' with the inventory that names its passwordFile, then run the same command again")
        }
        values.set(login: String(login), to: registry)
        return true
    }

    func fetch(_ path: String, as name: String, server: String?) async throws -> Bool {
        var text = String(decoding: try await existing(path), as: UTF8.self)
        if let server {
            text = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                let indent = line.prefix { $0 == " " }
                return line.dropFirst(indent.count).hasPrefix("server: ") ? "\(indent)server: \(server)" : String(line)
            }.joined(separator: "\n")
        }
        let file = PrivateFile(url: workplace.folder.appending(path: name))
        let data = Data(text.utf8)
        guard !file.holds(data) else { return false }
        try file.write(data)
        return true
    }

    func keep(_ path: String, as name: String) async throws -> Bool {
        let data = Data(try await existing(path))
        let url = workplace.folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let file = PrivateFile(url: url)
        guard !file.holds(data) else { return false }
        try file.write(data)
        return true
    }

    private func existing(_ path: String) async throws -> [UInt8] {
        guard let bytes = try await read(path) else {
            throw advice.failure("\(path) is not there", [], "run the same command again; if it stays, see the log")
        }
        return bytes
    }
}

/// Names of folders on a host.
enum HostFolder {
    static func parent(of path: String) -> String {
        path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }
}
