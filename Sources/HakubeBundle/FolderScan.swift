// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeModel

/// The regular files of a folder to be packed, and everything else in it as faults.
struct FolderScan {
    /// What is the same for all architectures.
    private static let shared = ["images", "manifests", "files"]
    /// What is for one: below ARCH/, or beside the others where the bundle is for one only.
    private static let programs = ["bin", "cni"]

    struct File: Sendable {
        /// In the archive.
        let path: String
        /// On this machine.
        let source: String
        let size: Int
        /// `nil` for what is not for one architecture.
        let arch: Architecture?

        /// What a rule about roles may call it.
        var names: [String] { arch.map { [path, String(path.dropFirst($0.rawValue.count + 1))] } ?? [path] }
    }

    let folder: String
    let description: BundleDescription
    /// Sorted by the bytes of their paths; bundle.yaml is not among them.
    private(set) var files: [File] = []
    private(set) var faults: FaultList

    /// - Throws: `BundleError` when there is no such folder, or no bundle.yaml in it.
    init(folder: String) throws {
        self.folder = folder
        faults = FaultList(folder)
        guard FileStatus(folder, followingLinks: true)?.kind == .folder else {
            throw BundleError(folder, "is not a folder", "name the folder that a recipe of offline-bundle/ made")
        }
        description = try BundleDescription(folder: folder)
        faults.add(BundleError(problems: description.faults.problems))
        for name in names(in: "") {
            if Self.shared.contains(name) {
                visit(name, as: name)
            } else if Self.programs.contains(name) {
                visitPrograms(name)
            } else if let arch = description.arches.first(where: { $0.rawValue == name }) {
                visit(name, as: name, arch: arch)
            } else if name != BundleDescription.fileName {
                faults.add(
                    name, "does not belong in a bundle folder",
                    "take it out; only bundle.yaml, bin, cni, images, manifests, files and a folder for each of the architectures go in"
                )
            }
        }
        files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        for (file, next) in zip(files, files.dropFirst()) where file.path == next.path {
            faults.add(next.path, "stands in the folder twice, with its architecture and without", "keep one of them")
        }
    }

    private mutating func visitPrograms(_ name: String) {
        guard description.arches.count < 2 else {
            return faults.add(
                name, "does not say which architecture it is for",
                "put it into one of \(description.arches.map { "\($0.rawValue)/\(name)" }.joined(separator: ", "))")
        }
        // Where the architecture is not known, that is the fault to be told, and not one for every program.
        guard let arch = description.arches.first else { return }
        visit(name, as: "\(arch.rawValue)/\(name)", arch: arch)
    }

    /// - Parameter path: where it goes in the archive.
    private mutating func visit(_ local: String, as path: String, arch: Architecture? = nil) {
        guard let status = FileStatus("\(folder)/\(local)", followingLinks: false) else {
            return faults.add(local, "cannot be looked at: \(String(cString: strerror(errno)))", "check the folder")
        }
        switch status.kind {
        case .folder:
            for name in names(in: local) { visit("\(local)/\(name)", as: "\(path)/\(name)", arch: arch) }
        case .file:
            if let fault = BundlePath.fault(path) { return faults.add(local, fault, "rename it") }
            if let fault = BundlePath.manifestFault(path) { return faults.add(local, fault, "rename it") }
            guard ManifestRules.isPlace(path) else {
                return faults.add(
                    local, "lies where a bundle has no files",
                    "put it straight into bin/ or cni/ (below its architecture), manifests/ or files/")
            }
            guard status.size <= TarHeader.maximumSize else {
                return faults.add(local, "the file is larger than 8 GiB", "leave it out; a tar entry cannot hold it")
            }
            files.append(File(path: path, source: "\(folder)/\(local)", size: status.size, arch: arch))
        case .link:
            faults.add(local, "is a symbolic link", "put a copy of the file in its place")
        case .other:
            faults.add(local, "is neither a file nor a folder", "take it out")
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
