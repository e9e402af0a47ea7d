// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Synchronization

extension BundlePacker {
    /// What a folder without fault holds, every file of it read once.
    static func check(
        _ scan: FolderScan, meter: SharedMeter, progress: (_ done: Int) -> Void
    ) throws -> CheckedFolder {
        var faults = scan.faults
        let contents = try contents(of: scan, meter: meter, faults: &faults, progress: progress)
        let description = scan.description
        let arches = description.arches
        ProgramRules.check(contents, arches: arches, faults: &faults)
        let layout = ImageLayout(contents: contents, arches: arches, subject: scan.folder)
        faults.add(BundleError(problems: layout.faults.problems))
        let images = layout.images.map {
            BundleManifest.Image(
                name: $0.name, arch: $0.arch, mediaType: $0.mediaType, digest: $0.digest, size: $0.size,
                blobs: $0.blobs, roles: description.rules.roles(for: ImageLayout.folder + $0.name))
        }
        try PodManifests.check(contents, images: images, arches: arches, faults: &faults)
        checkRules(description.rules, files: scan.files, images: images, faults: &faults)
        guard faults.isEmpty, let version = description.kubernetes else { throw BundleError(problems: faults.problems) }
        let answers = ProgramAnswers(scan, version: version, faults: &faults)
        for name in ProgramAnswers.neededVersions where !answers.components.contains(where: { $0.name == name }) {
            faults.add(
                name, "nothing tells its version: the program does not say it here, and bundle.yaml does not have it",
                "write it under components (`\(name): 1.2.3`)")
        }
        let checked = CheckedFolder(
            kubernetes: version, arches: arches, components: answers.components, requiredImages: answers.requiredImages,
            images: images,
            files: scan.files.compactMap { file in
                contents[file.path].map { content in
                    CheckedFolder.File(
                        path: file.path, source: file.source, mode: ProgramRules.mode(file.path, content),
                        size: content.size, sha256: content.sha256,
                        roles: roles(for: file, rules: description.rules, images: images), arch: file.arch,
                        effort: FrameOutput.Effort(size: content.size, head: content.head))
                }
            })
        let manifest = checked.manifest(checked.files.map { _ in (1, "") })
        ReleaseRules.check(manifest, faults: &faults)
        HostRules.check(manifest, faults: &faults)
        try faults.throwIfAny()
        return checked
    }

    private static func contents(
        of scan: FolderScan, meter: SharedMeter, faults: inout FaultList, progress: (_ done: Int) -> Void
    ) throws -> [String: Content] {
        let files = scan.files
        let results = Mutex([Result<Content, BundleError>?](repeating: nil, count: files.count))
        try SideBySide.run(Array(files.indices), meter: meter, watch: progress) { _, number in
            var content = ContentScan(path: files[number].path)
            let result: Result<Content, BundleError>
            do {
                try FileBytes.read(files[number].source) { bytes in
                    content.update(bytes)
                    meter.add(bytes.count)
                    try meter.check()
                }
                result = .success(content.finish())
            } catch let error as BundleError {
                result = .failure(error)
            }
            results.withLock { $0[number] = result }
        }
        var contents: [String: Content] = [:]
        for (file, result) in zip(files, results.withLock { $0 }) {
            switch result {
            case .success(let content)?: contents[file.path] = content
            case .failure(let error)?: faults.add(error)
            case nil: break
            }
        }
        return contents
    }

    /// A rule that fits nothing is a slip of the pen, and would send a file to hosts that shall not have it.
    private static func checkRules(
        _ rules: [RoleRule], files: [FolderScan.File], images: [BundleManifest.Image], faults: inout FaultList
    ) {
        let subjects =
            files.flatMap(\.names).filter { !$0.hasPrefix(ImageLayout.folder) }
            + images.map { ImageLayout.folder + $0.name }
        for rule in rules where !subjects.contains(where: { rule.closeness(to: $0) != nil }) {
            faults.add(
                BundleDescription.fileName + (rule.line.map { ":\($0)" } ?? ""),
                "`\(rule.pattern)` fits no file and no image",
                "write a path below bin/, cni/, manifests/ or files/, or images/ and an image's name")
        }
    }

    /// Whoever gets one of the images that share a blob gets the blob; the layout's own files go to all.
    private static func roles(
        for file: FolderScan.File, rules: [RoleRule], images: [BundleManifest.Image]
    ) -> [String] {
        let all = Role.bundled.map(\.rawValue)
        guard file.path.hasPrefix(ImageLayout.folder) else { return rules.roles(forAnyOf: file.names) }
        guard file.path.hasPrefix(ImageLayout.blobs) else { return all }
        let digest = ImageDigest.prefix + file.path.dropFirst(ImageLayout.blobs.count)
        let users = images.filter { $0.blobs.contains(digest) }
        return all.filter { role in users.contains { $0.roles.contains(role) } }
    }
}
