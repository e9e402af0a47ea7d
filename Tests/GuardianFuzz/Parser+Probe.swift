// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian

/// What a probe reads: answers of a server that may be anybody's, and files of the host.
extension Parser {
    static let probe = [status, kubeconfig, hosts]

    private static let status = Parser(
        name: "status",
        seeds: [
            [4, 0x88], [4, 0x48, 3, 0x34, 0x30, 0x33], [4, 0x48, 0x82, 0x68, 0x01], [4, 0x3f, 0xe1, 0x1f, 0x8e],
            [0x2c, 2, 0, 0, 0, 0, 9, 0x8d, 0, 0],
        ]
    ) { bytes, _ in
        guard let flags = bytes.first else { return nil }
        let frame = HTTP2.Frame(kind: HTTP2.headers, flags: flags, payload: Array(bytes.dropFirst()))
        guard let status = HTTP2.status(of: frame) else { return nil }
        return (0...999).contains(status) ? nil : "a status of more than three digits"
    }

    private static let kubeconfig = Parser(
        name: "kubeconfig",
        seeds: [
            """
            clusters:
            - cluster:
                certificate-authority-data: Q0E=
                server: https://[fd00::1]:6443
            users:
            - user:
                client-certificate: "/a"
                client-key-data: S0VZ
            """
        ].map { Array($0.utf8) }
    ) { bytes, _ in
        guard let found = try? ProbeKubeconfig(parsing: bytes, place: "file") else { return nil }
        guard (found.certificate == nil) == (found.key == nil) else { return "half of a login" }
        return ProbeServer(found.server.description) == found.server ? nil : "a server that cannot be written"
    }

    private static let hosts = Parser(
        name: "hosts", seeds: [Array("127.0.0.1 localhost\nfd00::1\ta b # c\n10.0.0.1 a\n".utf8)]
    ) { bytes, _ in
        _ = HostsFile.addresses(of: "a", in: String(decoding: bytes, as: UTF8.self))
        return nil
    }
}
