// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeGuardian
import HakubeRemote
import HakubeTransport

/// The same probe on the operator's machine, in this process: a thread of its own measures, as a host's program would.
struct OutsideProbe: Sendable {
    let target: OutsideTarget
    /// Text of a kubeconfig whose credentials are used; it stays in memory.
    let kubeconfig: [UInt8]
    let path: String
    let certificate: String?
    /// Seconds.
    let limit: Int

    /// Measures until the talk ends or the task is cancelled.
    func run(_ talk: ProbeTalk) async {
        var input: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        // Sockets close on exec from the start: a program that is started meanwhile must not keep an end open.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &input) == 0, socketpair(AF_UNIX, kind, 0, &output) == 0 else {
            for descriptor in input + output where descriptor >= 0 { close(descriptor) }
            return talk.hear(OutputLine(.err, "there is no pipe to be had"))
        }
        let ends = (read: output[0], write: input[1])
        let (options, server) = (options, (read: input[0], write: output[1]))
        let started: Void? = try? DetachedThread.start {
            do throws(UsageError) {
                try Probe(options, input: server.read, output: server.write).run()
            } catch {
                talk.hear(OutputLine(.err, "\(error)"))
            }
            close(server.read)
            close(server.write)
        }
        guard started != nil else {
            for descriptor in input + output { close(descriptor) }
            return talk.hear(OutputLine(.err, "there is no thread to be had"))
        }
        let pump = Pump(talk, to: ends.write)
        talk.begin(Bell { pump.turn() })
        await withTaskCancellationHandler {
            await withCheckedContinuation { ended in
                let reading: Void? = try? DetachedThread.start {
                    Self.read(ends.read) { talk.hear(OutputLine(.out, $0)) }
                    close(ends.read)
                    ended.resume()
                }
                guard reading == nil else { return }
                close(ends.read)
                ended.resume()
            }
        } onCancel: {
            talk.finish()
        }
        pump.close()
    }

    private var options: ProbeOptions {
        var options = ProbeOptions(kubeconfig: .text(kubeconfig))
        options.server = ProbeServer(host: target.host, port: UInt16(clamping: target.port))
        options.path = path
        options.through = certificate
        options.limit = Int64(limit)
        return options
    }

    /// Hands over lines until the other end is closed.
    private static func read(_ descriptor: Int32, _ take: (String) -> Void) {
        var rest: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest += chunk[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                take(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeSubrange(...end)
            }
        }
    }
}
