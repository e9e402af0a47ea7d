// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport

/// Something that answers as etcd's HTTP side does, on this machine: it lets in only who has a certificate of its CA.
final class EtcdServer: Sendable {
    let port: Int
    private let program: RunningProgram
    private let folder: String

    /// - Parameters:
    ///   - answers: what is said to each path; the status stands before the body.
    ///   - server: whose certificate it shows.
    init(_ pki: EtcdPKI, answers: [String: String], server: String = "server") async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-etcd-\(UUID())").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.text.write(toFile: "\(folder)/etcd.py", atomically: true, encoding: .utf8)
        try JSONEncoder().encode(answers).write(to: URL(filePath: "\(folder)/answers.json"))
        program = try RunningProgram(
            "/usr/bin/python3",
            [
                "-SE", "\(folder)/etcd.py", folder, pki.path("ca.crt"), pki.path("\(server).crt"),
                pki.path("\(server).key"),
            ])
        guard await program.says("port", within: .seconds(60)),
            let port = program.out.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else {
            program.signal(SIGKILL)
            throw LocalProgram.Failure(description: "the server does not start: \(program.err)")
        }
        self.port = port
    }

    deinit {
        program.signal(SIGKILL)
        try? FileManager.default.removeItem(atPath: folder)
    }

    var endpoint: EtcdEndpoint { EtcdEndpoint(host: "127.0.0.1", port: port) }

    /// `METHOD PATH BODY` of every request that came through.
    var requests: [String] {
        ((try? String(contentsOfFile: "\(folder)/requests", encoding: .utf8)) ?? "").split(separator: "\n").map(
            String.init)
    }

    private static let text = """
        import http.server, json, os, ssl, sys, threading, time
        folder, ca, certificate, key = sys.argv[1:]
        answers, parent = json.load(open(folder + '/answers.json')), os.getppid()
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *words): pass
            def reply(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
                with open(folder + '/requests', 'a') as file: file.write(f'{self.command} {self.path} {body}\\n')
                status, text = answers.get(self.path, '404 not found').split(' ', 1)
                self.send_response(int(status))
                self.end_headers()
                self.wfile.write(text.encode())
            do_GET = do_POST = reply
        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            def handle_error(self, request, client): pass
        server = Server(('127.0.0.1', 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        def watch():
            while os.getppid() == parent: time.sleep(1)
            os._exit(0)
        threading.Thread(target=watch, daemon=True).start()
        print('port', server.server_address[1], flush=True)
        server.serve_forever()
        """
}

/// A CA and certificates of it, made by openssl once a process; `other` is signed by nobody.
struct EtcdPKI: Sendable {
    static let shared = Result { try EtcdPKI() }
    private let folder: String

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-etcd-pki-\(UUID())").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        func make(_ name: String, _ extra: [String]) throws {
            try LocalProgram.run(
                ["/usr/bin/openssl", "req", "-x509"] + new + [
                    "-subj", "/CN=\(name)", "-keyout", path("\(name).key"), "-out", path("\(name).crt"),
                ] + extra)
        }
        let signed = ["-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-addext", "basicConstraints=critical,CA:false"]
        try make("ca", [])
        try make("server", signed + ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        try make("elsewhere", signed + ["-addext", "subjectAltName=IP:192.0.2.1"])
        try make("client", signed)
        try make("localhost", signed)
        try make("intermediate", Array(signed.prefix(4)))
        let below = ["-CA", path("intermediate.crt"), "-CAkey", path("intermediate.key")] + signed.suffix(2)
        try make("below", below + ["-addext", "subjectAltName=IP:127.0.0.1"])
        try make("other", [])
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func credentials(ca: String = "ca", cert: String = "client", key: String = "client") throws -> EtcdCredentials {
        EtcdCredentials(
            ca: try text("\(ca).crt"), certificate: try text("\(cert).crt"), key: Secret(try text("\(key).key")))
    }
}
