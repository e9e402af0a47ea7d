// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// /etc/hosts, as a resolver reads it.
package enum HostsFile {
    /// The addresses that lines give a name, in their order.
    package static func addresses(of name: String, in text: String) -> [IPAddress] {
        let wanted = name.lowercased()
        return text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
            guard let first = words.first, words.dropFirst().contains(where: { $0.lowercased() == wanted }) else {
                return nil
            }
            return IPAddress(String(first))
        }
    }
}

/// Finds the addresses of a name as the host's programs find them: in /etc/hosts, else by `getent`, which asks what the host's
/// own libc asks. A static program cannot: glibc's resolver wants libraries of the very glibc it was built with.
///
/// /etc/hosts is read anew each time. `getent` is asked at most once a second; what it says serves until then.
final class NameLookup {
    private let loop: EventLoop
    private let hosts: String
    private var known: [IPAddress] = []
    private var since = Instant(nanoseconds: .min / 2)
    private var waiting: [([IPAddress]) -> Void] = []
    private var child: (process: pid_t, watch: EventLoop.Watch)?
    private var output: [UInt8] = []

    private static let freshness: Int64 = 1000
    /// A resolver whose servers are dead asks for half a minute and more.
    private static let patience: Int64 = 5000

    init(loop: EventLoop, hosts: String = "/etc/hosts") {
        self.loop = loop
        self.hosts = hosts
    }

    /// Hands over the addresses, at once where they are known; none where the name means nothing.
    func find(_ name: String, _ take: @escaping ([IPAddress]) -> Void) {
        if let address = IPAddress(name) { return take([address]) }
        let listed = HostsFile.addresses(of: name, in: String(decoding: SmallFile.read(hosts) ?? [], as: UTF8.self))
        if !listed.isEmpty { return take(listed) }
        if Instant.now.milliseconds(since: since) < Self.freshness { return take(known) }
        waiting.append(take)
        if child == nil { ask(name) }
    }

    /// Ends a question that is under way; nobody is told.
    func stop() {
        waiting = []
        guard let child else { return }
        kill(child.process, SIGKILL)
        close(child)
    }

    private func ask(_ name: String) {
        var ends: [Int32] = [-1, -1]
        // A socket closes on exec from the start; a pipe of this libc's module does not.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return conclude([]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        let words: [String] = ["getent", "ahosts", name]
        let arguments = words.map { strdup($0) } + [nil]
        defer { for text in arguments { free(text) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, "getent", &actions, nil, arguments, environ)
        Glibc.close(ends[1])
        guard code == 0 else {
            Glibc.close(ends[0])
            return conclude([])
        }
        output = []
        let watch = loop.watch(ends[0], for: .read) { [self] _ in read() }
        child = (process, watch)
        loop.after(Self.patience) { [self] in
            if let child, child.process == process { kill(child.process, SIGKILL) }
        }
    }

    private func read() {
        guard let child else { return }
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(child.watch.descriptor, &chunk, chunk.count)
        guard count <= 0 else { return output += chunk[..<count] }
        close(child)
        conclude(Self.addresses(String(decoding: output, as: UTF8.self)))
    }

    private func close(_ child: (process: pid_t, watch: EventLoop.Watch)) {
        loop.end(child.watch)
        Glibc.close(child.watch.descriptor)
        var status: Int32 = 0
        while waitpid(child.process, &status, 0) < 0, errno == EINTR {}
        self.child = nil
    }

    private func conclude(_ addresses: [IPAddress]) {
        known = addresses
        since = .now
        let waiting = waiting
        self.waiting = []
        for take in waiting { take(addresses) }
    }

    /// A line of `getent ahosts` for each kind of socket, so an address comes three times.
    private static func addresses(_ text: String) -> [IPAddress] {
        var found: [IPAddress] = []
        for line in text.split(whereSeparator: \.isNewline) {
            guard let word = line.split(separator: " ").first, let address = IPAddress(String(word)),
                !found.contains(address)
            else { continue }
            found.append(address)
        }
        return found
    }
}
