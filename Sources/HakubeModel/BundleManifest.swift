// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The first entry of a bundle: what it holds and who needs it.
package struct BundleManifest: Sendable, Hashable, Codable {
    /// Name of the manifest inside the archive; always the first entry.
    package static let entryName = "hakube-bundle.json"
    /// Raised when a reader of the previous format would misread the bundle.
    package static let currentFormat = 2

    package let format: Int
    /// Release with the leading v.
    package let kubernetes: String
    /// Sorted, at least one.
    package let arches: [Architecture]
    /// What it was made of, sorted by name; for people, and for rules about which versions go together.
    package let components: [Component]
    /// The pause image that containerd is given; `nil` where no image is brought.
    package let sandboxImage: String?
    /// What this release's own kubeadm asks for, sorted.
    package let requiredImages: [String]
    /// Sorted by path, blobs of `images/` included, the manifest and its signature not.
    package let files: [File]
    /// Sorted by name, then architecture.
    package let images: [Image]

    package init(
        format: Int = currentFormat, kubernetes: String, arches: [Architecture], components: [Component] = [],
        sandboxImage: String? = nil, requiredImages: [String] = [], files: [File], images: [Image]
    ) {
        self.format = format
        self.kubernetes = kubernetes
        self.arches = arches
        self.components = components
        self.sandboxImage = sandboxImage
        self.requiredImages = requiredImages
        self.files = files
        self.images = images
    }

    /// The files a host of this role and architecture gets, in archive order. A blob goes only where an image needs it.
    package func files(for role: Role, on arch: Architecture) -> [File] {
        let blobs = Set(images(for: role, on: arch).flatMap(\.blobs))
        return files.filter { file in
            guard file.goes(to: role), file.arch == nil || file.arch == arch else { return false }
            return file.blob.map(blobs.contains) ?? true
        }
    }

    package func images(for role: Role, on arch: Architecture) -> [Image] {
        images.filter { $0.arch == arch && goes($0, to: role) }
    }

    /// An etcd host starts etcd and nothing else, each pod with the pause image.
    private func goes(_ image: Image, to role: Role) -> Bool {
        guard role == .etcd else { return image.roles.contains(role.rawValue) }
        guard image.roles.contains(Role.master.rawValue) else { return false }
        return image.name == sandboxImage || ["etcd", "pause"].contains(ImageName(image.name)?.lastPart)
    }

    package func image(named name: String, on arch: Architecture) -> Image? {
        images.first { $0.name == name && $0.arch == arch }
    }

    package func file(at path: String) -> File? { files.first { $0.path == path } }

    /// What a host has to hold of the bundle, in bytes of content.
    package func byteCount(for role: Role, on arch: Architecture) -> Int {
        files(for: role, on: arch).reduce(0) { $0 + $1.size }
    }

    package func version(of component: String) -> String? { components.first { $0.name == component }?.version }

    /// The repository that its own kubeadm finds the control plane's images in; `nil` where it names none.
    package var imageRepository: String? {
        requiredImages.compactMap(ImageName.init).first { $0.lastPart == "kube-apiserver" }?.parentRepository
    }

    /// `nil` only for a manifest that no reader has checked.
    package var version: KubernetesVersion? { KubernetesVersion(kubernetes) }
}

extension BundleManifest {
    /// A part that has a version of its own, such as containerd or the pod network.
    package struct Component: Sendable, Hashable, Codable {
        package let name: String
        /// As its makers write it, without a leading v.
        package let version: String

        package init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// An image of the OCI layout under `images/`, for one architecture.
    package struct Image: Sendable, Hashable, Codable {
        /// Full reference, e.g. registry.k8s.io/pause:3.10.
        package let name: String
        package let arch: Architecture
        package let mediaType: String
        /// Digest of the image manifest: `sha256:…`.
        package let digest: String
        /// Size of the image manifest in bytes.
        package let size: Int
        /// Digests of every blob it needs, its own manifest first.
        package let blobs: [String]
        /// `master`, `node`, or both.
        package let roles: [String]

        package init(
            name: String, arch: Architecture, mediaType: String, digest: String, size: Int, blobs: [String],
            roles: [String]
        ) {
            self.name = name
            self.arch = arch
            self.mediaType = mediaType
            self.digest = digest
            self.size = size
            self.blobs = blobs
            self.roles = roles
        }
    }
}
