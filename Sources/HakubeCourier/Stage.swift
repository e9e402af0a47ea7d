// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// The folder on the host that the shipment goes to, and the one below it for what is unfinished.
///
/// Below the stage no symbolic link is followed: whoever could put one there would have the courier, which is root, write
/// elsewhere.
final class Stage {
    private let root: Int32
    private let unfinished: Int32

    private static let unfinishedName = HostFile(".wire")

    /// Makes what is missing, for root alone.
    init(_ path: HostFile) throws(Fault) {
        var sofar: [CChar] = []
        for name in path.names {
            sofar += [0x2f] + name.dropLast()
            if mkdir(sofar + [0], 0o700) != 0, courier_errno() != EEXIST { throw .write(errno: courier_errno(), path) }
        }
        root = courier_openat(-1, path.characters, O_RDONLY | O_DIRECTORY, 0)
        guard root >= 0 else { throw .write(errno: courier_errno(), path) }
        unfinished = try Self.enter(root, Self.unfinishedName.characters, mode: 0o700, path)
        try claim(path)
    }

    /// Two couriers would rename each other's halves. The one before may outlive a connection that broke without a word; one
    /// that has only just lost its operator is waited for.
    private func claim(_ path: HostFile) throws(Fault) {
        let deadline = Instant.now.adding(5000)
        while courier_claim(unfinished) != 0 {
            guard deadline.remaining > 0 else { throw .busy(path) }
            if courier_is_hung_up(0) != 0 { _exit(3) }
            courier_pause(50)
        }
    }

    // MARK: What is in place

    /// - Returns: a descriptor to read from, -1 where there is none or anything but a plain file.
    func open(_ path: HostFile) -> Int32 {
        var folder = dup(root)
        let names = path.names
        for name in names.dropLast() {
            let next = courier_openat(folder, name, O_RDONLY | O_DIRECTORY, 0)
            close(folder)
            guard next >= 0 else { return -1 }
            folder = next
        }
        defer { close(folder) }
        return Self.plain(courier_openat(folder, names.last ?? [0], O_RDONLY | O_NONBLOCK, 0))
    }

    /// Moves an unfinished file to where it belongs.
    func place(_ name: HostFile, as path: HostFile) throws(Fault) {
        let names = path.names
        var folder = dup(root)
        defer { close(folder) }
        for name in names.dropLast() {
            let next = try Self.enter(folder, name, mode: 0o700, path)
            close(folder)
            folder = next
        }
        guard renameat(unfinished, name.characters, folder, names.last ?? [0]) == 0 else {
            throw .write(errno: courier_errno(), path)
        }
    }

    /// Takes the proof away from a stage that is not what it says.
    func removeProof(_ path: HostFile) { unlinkat(root, path.characters, 0) }

    // MARK: What is unfinished

    /// - Returns: a descriptor to read from, -1 where there is none.
    func openUnfinished(_ name: HostFile) -> Int32 {
        Self.plain(courier_openat(unfinished, name.characters, O_RDONLY | O_NONBLOCK, 0))
    }

    /// - Parameter keeping: so many bytes from the start.
    /// - Returns: a descriptor to read and write.
    func make(_ name: HostFile, keeping count: UInt64, for path: HostFile) throws(Fault) -> Int32 {
        if count == 0 { discard(name) }
        let flags = O_RDWR | (count == 0 ? O_CREAT | O_EXCL : 0)
        let file = courier_openat(unfinished, name.characters, flags, 0o600)
        guard file >= 0 else { throw .write(errno: courier_errno(), path) }
        return file
    }

    func discard(_ name: HostFile) { unlinkat(unfinished, name.characters, 0) }

    /// Removes the folder of unfinished files.
    func clear() {
        courier_empty_folder(dup(unfinished))
        unlinkat(root, Self.unfinishedName.characters, AT_REMOVEDIR)
    }

    /// Size of a plain file, `nil` where it is not to be had.
    static func size(_ file: Int32) -> UInt64? {
        var status = stat()
        guard fstat(file, &status) == 0 else { return nil }
        return UInt64(max(0, status.st_size))
    }

    /// Closes what is not a plain file.
    static func plain(_ file: Int32) -> Int32 {
        guard file >= 0 else { return -1 }
        var status = stat()
        guard fstat(file, &status) == 0, courier_is_regular(status.st_mode) != 0 else {
            close(file)
            return -1
        }
        return file
    }

    private static func enter(
        _ folder: Int32, _ name: [CChar], mode: mode_t, _ path: HostFile
    ) throws(Fault) -> Int32 {
        if mkdirat(folder, name, mode) != 0, courier_errno() != EEXIST { throw .write(errno: courier_errno(), path) }
        let next = courier_openat(folder, name, O_RDONLY | O_DIRECTORY, 0)
        // O_DIRECTORY comes before O_NOFOLLOW in Linux: a link is "not a folder".
        guard next >= 0 else { throw .write(errno: courier_errno(), path) }
        return next
    }
}
