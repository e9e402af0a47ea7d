// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeProcess

/// Asks a program of the folder something that it answers at once.
enum ProgramQuestion {
    private static let patience = Duration.seconds(15)
    private static let limit = 1 << 20

    /// Without a network, where that can be had: nobody has proved the program yet.
    private static let isolation: [String] = {
        let command = ["/usr/bin/unshare", "-n", "--"]
        guard getuid() == 0, access(command[0], X_OK) == 0, run(command + ["/bin/true"]) != nil else { return [] }
        return command
    }()

    /// Standard output; `nil` where the program cannot be run, fails, or does not end in time.
    static func output(of program: String, _ arguments: [String]) -> String? {
        guard canStart(program) else { return nil }
        return run(isolation + [program] + arguments)
    }

    /// unshare would hand what the kernel refuses to a shell (execvp of POSIX), which takes any bytes for a script.
    private static func canStart(_ program: String) -> Bool {
        let descriptor = open(program, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var head = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(descriptor, &head, head.count)
        if count >= 2 && head.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) { return true }
        // e_type says executable or shared object, e_phnum that there is something to load (gabi 4.1).
        let (kind, headers) = (head[16] | head[17], head[56] | head[57])
        return count == head.count && ELF.architecture(head) != nil && [2, 3].contains(kind) && headers > 0
    }

    private static func run(_ command: [String]) -> String? {
        // Nothing of the user's reaches it, no kubeconfig; and a proxy that leads nowhere.
        let nowhere = "http://127.0.0.1:9"
        let environment = [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "http_proxy": nowhere,
            "https_proxy": nowhere, "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere,
        ]
        var ends: [Int32] = [-1, -1]
        // A socket pair, since it closes on exec from the start.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            return nil
        }
        defer { close(ends[0]) }
        let process = LocalProcess.start(command, environment: environment, output: .descriptor(ends[1])).process
        close(ends[1])
        guard let process else { return nil }
        let deadline = ContinuousClock.now + patience
        let answer = read(ends[0], until: deadline)
        // Some programs close their output a moment before they end.
        while answer != nil && !process.hasEnded && ContinuousClock.now < deadline { usleep(1000) }
        // What it started itself ends with it.
        process.signal(SIGKILL)
        return process.wait() == 0 ? answer : nil
    }

    /// All that comes until the end; `nil` if that does not come in time, or is too much.
    private static func read(_ descriptor: Int32, until deadline: ContinuousClock.Instant) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= limit {
            let left = (deadline - ContinuousClock.now) / .milliseconds(1)
            var readiness = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&readiness, 1, Int32(max(0, left)))
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += buffer.prefix(count)
        }
        return nil
    }
}
