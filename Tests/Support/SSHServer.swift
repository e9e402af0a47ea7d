// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import FoundationEssentials
import Glibc

/// A private sshd on a free port of 127.0.0.1, with its own keys and configuration, for as long as the value lives.
package final class SSHServer: Sendable {
    package static let program = "/usr/sbin/sshd"
    /// False where there is no sshd, or where it could log nobody in.
    package static let isAvailable =
        FileManager.default.isExecutableFile(atPath: program)
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/ssh-keygen")
    package static let absence: String = "sshd or ssh-keygen is not installed (Debian: openssh-server)"

    /// Holds keys, configuration and log; removed at the end.
    package let directory: URL
    package let port: Int
    /// A private ed25519 key that may log in as any account.
    package let userKey: String
    private let process: pid_t

    /// - Parameters:
    ///   - hostKeys: key types as ssh-keygen names them.
    ///   - options: lines for sshd_config, which win over the ones below (sshd takes the first value).
    ///   - hidden: a program of this machine that log-ins do not find; needs root.
    package init(hostKeys: [String] = ["ed25519"], options: [String] = [], hidden: String? = nil) throws {
        // sshd wants its empty chroot to exist before it starts.
        if getuid() == 0 { mkdir("/run/sshd", 0o755) }
        directory = FileManager.default.temporaryDirectory.appending(path: "hakube-sshd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        userKey = directory.appending(path: "user_ed25519").path
        try SSHServer.makeKey(at: userKey)
        try FileManager.default.copyItem(atPath: userKey + ".pub", toPath: directory.path + "/authorized_keys")
        for type in hostKeys { try SSHServer.makeKey(at: "\(directory.path)/host_\(type)", type: type) }
        port = try SSHServer.freePort()
        let folder = directory.path
        let base = [
            "Port \(port)", "ListenAddress 127.0.0.1", "PidFile none", "UsePAM no", "StrictModes no", "UseDNS no",
            "AuthorizedKeysFile \(directory.path)/authorized_keys", "PermitRootLogin yes", "MaxStartups 100",
            "PasswordAuthentication no", "KbdInteractiveAuthentication no",
            // Keeps the account's own .bashrc out of the tests.
            "SetEnv HOME=\(folder)",
        ]
        let keys = hostKeys.map { "HostKey \(folder)/host_\($0)" }
        let configuration = (options + base + keys).joined(separator: "\n") + "\n"
        let path = directory.appending(path: "sshd_config")
        try configuration.write(to: path, atomically: true, encoding: .utf8)
        let daemon = [SSHServer.program, "-D", "-f", path.path, "-E", "\(directory.path)/log"]
        let hiding = "mount --bind /dev/null \"$0\" && exec \"$@\""
        let isHiding = hidden.map { FileManager.default.fileExists(atPath: $0) } ?? false
        process = try LocalProgram.start(
            (isHiding ? ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", hiding, hidden ?? ""] : []) + daemon)
        do {
            try waitUntilListening()
        } catch {
            LocalProgram.end(process)
            throw error
        }
    }

    deinit {
        LocalProgram.end(process)
        try? FileManager.default.removeItem(at: directory)
    }

    /// What sshd logged.
    package var log: String { (try? String(contentsOf: directory.appending(path: "log"), encoding: .utf8)) ?? "" }

    /// Lets another key log in.
    package func authorize(publicKeyAt path: String) throws {
        let file = directory.appending(path: "authorized_keys")
        let text = try String(contentsOf: file, encoding: .utf8) + String(contentsOfFile: path, encoding: .utf8)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    /// `SHA256:…` of a public key file, as ssh-keygen prints it.
    package static func fingerprint(ofKeyAt path: String) throws -> String {
        let output = try LocalProgram.run(["/usr/bin/ssh-keygen", "-lf", path])
        return output.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    }

    package static func makeKey(at path: String, type: String = "ed25519", passphrase: String = "") throws {
        try LocalProgram.run(["/usr/bin/ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path])
    }
}

extension SSHServer {
    /// A port nobody listens on at this moment.
    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, size) + getsockname(descriptor, raw, &size)
            }
        }
        guard status == 0 else { throw LocalProgram.Failure(description: "no free port: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return address
    }

    private func waitUntilListening() throws {
        for _ in 0..<500 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = SSHServer.loopback(port: port)
            let status = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if status == 0 { return }
            usleep(10_000)
        }
        throw LocalProgram.Failure(description: "sshd does not listen: \(log)")
    }
}
