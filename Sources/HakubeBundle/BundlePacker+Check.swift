// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension BundlePacker {
    /// The manifest of a folder without fault, every file of it read once.
    static func check(_ scan: FolderScan, meter: inout Meter) throws -> BundleManifest {
        let folder = scan.folder
        var faults = scan.faults
        var contents: [String: Content] = [:]
        for file in scan.files {
            do {
                contents[file.path] = try content(file.path, in: folder, meter: &meter)
            } catch let error as BundleError {
                faults.add(error)
            }
        }
        guard let yaml = try FileBytes.text("\(folder)/\(BundleDescription.fileName)") else {
            faults.add(
                BundleDescription.fileName, "the file is missing", "write it with the keys kubernetes, arch and roles")
            throw BundleError(problems: faults.problems)
        }
        let description = BundleDescription(yaml: yaml, subject: folder)
        faults.add(BundleError(problems: description.faults.problems))
        ProgramRules.check(contents, arch: description.arch, faults: &faults)
        let layout = ImageLayout(contents: contents, arch: description.arch, subject: folder)
        faults.add(BundleError(problems: layout.faults.problems))
        PodManifests.check(contents, images: Set(layout.images.map(\.name)), faults: &faults)
        checkRules(description.rules, files: scan.files, images: layout.images, faults: &faults)
        try faults.throwIfAny()
        guard let version = description.kubernetes, let arch = description.arch else {
            throw BundleError(problems: faults.problems)
        }
        let images = layout.images.map {
            BundleManifest.Image(
                name: $0.name, arch: arch, mediaType: $0.mediaType, digest: $0.digest, size: $0.size, blobs: $0.blobs,
                roles: description.rules.roles(for: ImageLayout.folder + $0.name))
        }
        let files = scan.files.compactMap { file in
            contents[file.path].map { content in
                BundleManifest.File(
                    path: file.path, mode: ProgramRules.isProgram(file.path) ? 0o755 : 0o644, size: content.size,
                    sha256: content.sha256, roles: roles(for: file.path, rules: description.rules, images: images),
                    arch: ProgramRules.isProgram(file.path) ? arch : nil, stored: content.size,
                    storedSha256: content.sha256)
            }
        }
        return BundleManifest(
            kubernetes: version.description, arches: [arch],
            sandboxImage: images.map(\.name).first { $0.split(separator: "/").last?.hasPrefix("pause:") == true },
            files: files, images: images)
    }

    private static func content(_ path: String, in folder: String, meter: inout Meter) throws -> Content {
        var scan = ContentScan(path: path)
        try FileBytes.read("\(folder)/\(path)") { bytes in
            scan.update(bytes)
            try meter.advance(bytes.count)
        }
        return scan.finish()
    }

    /// A rule that fits nothing is a slip of the pen, and would send a file to hosts that shall not have it.
    private static func checkRules(
        _ rules: [RoleRule], files: [FolderScan.File], images: [BundleManifest.Image], faults: inout FaultList
    ) {
        let subjects =
            files.map(\.path).filter { !$0.hasPrefix(ImageLayout.folder) } + images.map { ImageLayout.folder + $0.name }
        for rule in rules where !subjects.contains(where: { rule.closeness(to: $0) != nil }) {
            faults.add(
                BundleDescription.fileName + (rule.line.map { ":\($0)" } ?? ""),
                "`\(rule.pattern)` fits no file and no image",
                "write a path below bin/, cni/ or manifests/, or images/ and an image's name")
        }
    }

    /// Whoever gets one of the images that share a blob gets the blob; the layout's own files go to all.
    private static func roles(
        for path: String, rules: [RoleRule], images: [BundleManifest.Image]
    ) -> [String] {
        guard path.hasPrefix(ImageLayout.folder) else { return rules.roles(for: path) }
        guard path.hasPrefix(ImageLayout.blobs) else { return Role.allCases.map(\.rawValue) }
        let digest = Digest.prefix + path.dropFirst(ImageLayout.blobs.count)
        let users = images.filter { $0.blobs.contains(digest) }
        return Role.allCases.map(\.rawValue).filter { role in users.contains { $0.roles.contains(role) } }
    }
}
