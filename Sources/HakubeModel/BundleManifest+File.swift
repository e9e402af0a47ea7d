// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension BundleManifest {
    /// A file of the archive. Paths are relative, forward slashes, no `..`.
    package struct File: Sendable, Hashable, Codable {
        /// Begins with the architecture where the file is for one only.
        package let path: String
        /// Permission bits, e.g. 0o755.
        package let mode: Int
        /// Bytes.
        package let size: Int
        /// Lower-case hex.
        package let sha256: String
        /// `master`, `node`, or both.
        package let roles: [String]
        /// `nil` for what is the same on every architecture, or shared between them.
        package let arch: Architecture?
        /// Bytes that its entry takes in the bundle file, header, padding and compression included.
        package let stored: Int
        /// Digest of those bytes, lower-case hex.
        package let storedSha256: String

        package init(
            path: String, mode: Int, size: Int, sha256: String, roles: [String], arch: Architecture? = nil,
            stored: Int, storedSha256: String
        ) {
            self.path = path
            self.mode = mode
            self.size = size
            self.sha256 = sha256
            self.roles = roles
            self.arch = arch
            self.stored = stored
            self.storedSha256 = storedSha256
        }

        /// Where it lies on a host, below the folder that the bundle is sent to: there is one architecture there.
        package var stagePath: String {
            guard let arch, path.hasPrefix("\(arch.rawValue)/") else { return path }
            return String(path.dropFirst(arch.rawValue.count + 1))
        }

        /// Whether hosts of a role get it. Bundles know masters and nodes: an etcd host is given what makes a kubelet run on a
        /// master, and neither kubectl nor what is meant for the cluster.
        func goes(to role: Role) -> Bool {
            guard role == .etcd else { return roles.contains(role.rawValue) }
            guard roles.contains(Role.master.rawValue), stagePath != "bin/kubectl" else { return false }
            return ["bin/", "cni/", "images/"].contains { stagePath.hasPrefix($0) }
        }

        /// Whether its entry's bytes in a zstd bundle are sent as they are: it saves 3 % at least. All else travels unpacked.
        package var isSmallerStored: Bool { stored * 100 < size * 97 }

        /// Digest of the blob that this file is, `sha256:…`; `nil` for every other file.
        package var blob: String? {
            let folder = "images/blobs/sha256/"
            return path.hasPrefix(folder) ? "sha256:" + path.dropFirst(folder.count) : nil
        }
    }
}

extension BundleManifest.File {
    private enum Key: String, CodingKey { case path, mode, size, sha256, roles, arch, stored, storedSha256 }

    /// The mode is text in the manifest, octal as chmod takes it: JSON knows no octal number.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let mode = try values.decode(String.self, forKey: .mode)
        guard let bits = Int(mode, radix: 8), (0...0o7777).contains(bits) else {
            throw DecodingError.dataCorruptedError(forKey: .mode, in: values, debugDescription: "\(mode) is no mode")
        }
        self.init(
            path: try values.decode(String.self, forKey: .path), mode: bits,
            size: try values.decode(Int.self, forKey: .size), sha256: try values.decode(String.self, forKey: .sha256),
            roles: try values.decode([String].self, forKey: .roles),
            arch: try values.decodeIfPresent(Architecture.self, forKey: .arch),
            stored: try values.decode(Int.self, forKey: .stored),
            storedSha256: try values.decode(String.self, forKey: .storedSha256))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(path, forKey: .path)
        try values.encode("0" + String(mode, radix: 8), forKey: .mode)
        try values.encode(size, forKey: .size)
        try values.encode(sha256, forKey: .sha256)
        try values.encode(roles, forKey: .roles)
        try values.encodeIfPresent(arch, forKey: .arch)
        try values.encode(stored, forKey: .stored)
        try values.encode(storedSha256, forKey: .storedSha256)
    }
}
