// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// CPU architecture of a host or a bundle, in Kubernetes' (Go's) spelling.
package enum Architecture: String, Sendable, Hashable, Codable, CaseIterable {
    case amd64, arm64, ppc64le, s390x

    /// From `uname -m`.
    package init?(machine: String) {
        switch machine {
        case "x86_64": self = .amd64
        case "aarch64": self = .arm64
        case "ppc64le": self = .ppc64le
        case "s390x": self = .s390x
        default: return nil
        }
    }
}

/// The first entry of a bundle: what it holds and who needs it.
package struct BundleManifest: Sendable, Hashable, Codable {
    /// Name of the manifest inside the archive; always the first entry.
    package static let entryName = "hakube-bundle.json"
    /// Raised when a reader of the previous format would misread the bundle.
    package static let currentFormat = 1

    /// A file of the archive. Paths are relative, forward slashes, no `..`.
    package struct File: Sendable, Hashable, Codable {
        package let path: String
        /// Permission bits, e.g. 0o755.
        package let mode: Int
        /// Bytes.
        package let size: Int
        /// Lower-case hex.
        package let sha256: String
        /// `master`, `node`, or both.
        package let roles: [String]

        package init(path: String, mode: Int, size: Int, sha256: String, roles: [String]) {
            self.path = path
            self.mode = mode
            self.size = size
            self.sha256 = sha256
            self.roles = roles
        }
    }

    /// An image of the OCI layout under `images/`.
    package struct Image: Sendable, Hashable, Codable {
        /// Full reference, e.g. registry.k8s.io/pause:3.10.
        package let name: String
        package let mediaType: String
        /// Digest of the image manifest: `sha256:…`.
        package let digest: String
        /// Size of the image manifest in bytes.
        package let size: Int
        /// Digests of every blob it needs, its own manifest first.
        package let blobs: [String]
        package let roles: [String]

        package init(
            name: String, mediaType: String, digest: String, size: Int, blobs: [String], roles: [String]
        ) {
            self.name = name
            self.mediaType = mediaType
            self.digest = digest
            self.size = size
            self.blobs = blobs
            self.roles = roles
        }
    }

    package let format: Int
    /// Release with the leading v.
    package let kubernetes: String
    package let arch: Architecture
    /// Sorted by path, blobs of `images/` included, the manifest itself not.
    package let files: [File]
    /// Sorted by name.
    package let images: [Image]

    package init(format: Int = currentFormat, kubernetes: String, arch: Architecture, files: [File], images: [Image]) {
        self.format = format
        self.kubernetes = kubernetes
        self.arch = arch
        self.files = files
        self.images = images
    }

    /// The files a host of this role gets, in archive order.
    package func files(for role: Role) -> [File] { files.filter { $0.roles.contains(role.rawValue) } }
    package func images(for role: Role) -> [Image] { images.filter { $0.roles.contains(role.rawValue) } }

    package func file(at path: String) -> File? { files.first { $0.path == path } }
    package func image(named name: String) -> Image? { images.first { $0.name == name } }

    /// What a host of this role has to hold of the bundle, in bytes of content.
    package func byteCount(for role: Role) -> Int { files(for: role).reduce(0) { $0 + $1.size } }

    /// `nil` only for a manifest that no reader has checked.
    package var version: KubernetesVersion? { KubernetesVersion(kubernetes) }
}

extension BundleManifest.File {
    private enum Key: String, CodingKey { case path, mode, size, sha256, roles }

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
            roles: try values.decode([String].self, forKey: .roles))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(path, forKey: .path)
        try values.encode("0" + String(mode, radix: 8), forKey: .mode)
        try values.encode(size, forKey: .size)
        try values.encode(sha256, forKey: .sha256)
        try values.encode(roles, forKey: .roles)
    }
}
