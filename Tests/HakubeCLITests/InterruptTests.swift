// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// A signal ends hakube with its own exit code and a sentence, even while a host does not answer.
@Suite struct InterruptTests {
    /// A port that takes connections and never says a word, so that hakube waits.
    private final class SilentListener: Sendable {
        let descriptor: Int32
        let port: UInt16

        init() throws {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(descriptor, address, size) == 0 && listen(descriptor, 8) == 0
                        && getsockname(descriptor, address, &size) == 0
                }
            }
            try #require(bound)
            self.descriptor = descriptor
            port = UInt16(bigEndian: address.sin_port)
        }

        deinit { close(descriptor) }
    }

    @Test func `a signal while a host is silent ends with 130 and says that nothing was changed`() async throws {
        let listener = try SilentListener()
        let folder = FileManager.default.temporaryDirectory.appending(path: "interrupt-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let inventory = folder.appending(path: "cluster.yaml")
        let text = """
            kubernetes: v1.34.2
            masters:
              - {address: 127.0.0.1, port: \(listener.port), internalAddress: 10.0.0.1}
            """
        try Data(text.utf8).write(to: inventory)
        let fifo = folder.appending(path: "connected").path()
        try #require(mkfifo(fifo, 0o600) == 0)
        // The shell sends the signal once the test has seen the connection.
        let script = #""$0" plan -f "$1" & pid=$!; read -r _ < "$2"; kill -TERM $pid; wait $pid"#
        async let run = ProgramRun.run(
            "/bin/sh", ["-c", script, Checkout.hakube, inventory.path(), fifo],
            environment: ["HAKUBE_HOME": folder.path()], timeout: .seconds(60))
        await withCheckedContinuation { connected in
            Thread.detachNewThread {
                let connection = accept(listener.descriptor, nil, nil)
                try? Data("connected\n".utf8).write(to: URL(filePath: fifo))
                connected.resume()
                // Kept open to the end of the process: hakube has to wait, not to see it closed.
                _ = connection
            }
        }
        let ended = try await run
        #expect(ended.status == 130, "\(ended.out)\(ended.err)")
        #expect(ended.err.contains("nothing was changed"), "\(ended.err)")
    }
}
