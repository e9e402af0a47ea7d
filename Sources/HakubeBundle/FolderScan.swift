// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// The regular files of a folder to be packed, and everything else in it as faults.
struct FolderScan {
    static let parts = ["bin", "cni", "images", "manifests"]

    struct File {
        let path: String
        let size: Int
    }

    let folder: String
    /// Sorted by the bytes of their paths; bundle.yaml is not among them.
    private(set) var files: [File] = []
    private(set) var faults: FaultList

    init(folder: String) {
        self.folder = folder
        faults = FaultList(folder)
        guard FileStatus(folder, followingLinks: true)?.kind == .folder else {
            faults.add("", "is not a folder", "name the folder that a recipe of offline-bundle/ made")
            return
        }
        for name in names(in: "") {
            if Self.parts.contains(name) {
                visit(name)
            } else if name != BundleDescription.fileName {
                faults.add(
                    name, "does not belong in a bundle folder",
                    "take it out; only bundle.yaml, bin, cni, images and manifests go in")
            }
        }
        files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    private mutating func visit(_ path: String) {
        guard let status = FileStatus("\(folder)/\(path)", followingLinks: false) else {
            return faults.add(path, "cannot be looked at: \(String(cString: strerror(errno)))", "check the folder")
        }
        switch status.kind {
        case .folder:
            for name in names(in: path) { visit("\(path)/\(name)") }
        case .file:
            if let fault = BundlePath.fault(path) { return faults.add(path, fault, "rename it") }
            guard status.size <= TarHeader.maximumSize else {
                return faults.add(path, "the file is larger than 8 GiB", "leave it out; a tar entry cannot hold it")
            }
            files.append(File(path: path, size: status.size))
        case .link:
            faults.add(path, "is a symbolic link", "put a copy of the file in its place")
        case .other:
            faults.add(path, "is neither a file nor a folder", "take it out")
        }
    }

    private mutating func names(in path: String) -> [String] {
        guard let directory = opendir("\(folder)/\(path)") else {
            faults.add(path, "cannot be read: \(String(cString: strerror(errno)))", "check its permissions")
            return []
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// Reads a file in order.
enum FileBytes {
    private static let chunk = 1 << 20

    /// - Throws: `BundleError`, or what `consume` throws.
    static func read(_ path: String, _ consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        try withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 16) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw failure(path) }
                guard count > 0 else { return }
                try consume(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
            }
        }
    }

    /// A small text file as a whole; `nil` if there is none.
    static func text(_ path: String) throws -> String? {
        guard access(path, F_OK) == 0 else { return nil }
        var bytes: [UInt8] = []
        try read(path) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func failure(_ path: String) -> BundleError {
        .system("read", path, code: errno, remedy: "check that it exists and is readable")
    }
}
