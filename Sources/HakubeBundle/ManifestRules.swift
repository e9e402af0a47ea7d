// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import FoundationEssentials
import HakubeModel

/// Reads the manifest entry and says what is wrong with it before anything relies on it.
enum ManifestRules {
    /// Far above any real one: 1,000 files and 100 images make 400 KB.
    static let maximumSize = 16 << 20

    private struct Format: Decodable { let format: Int }

    static func decode(_ bytes: [UInt8], bundle: String) throws(BundleError) -> BundleManifest {
        let place = "\(bundle): \(BundleManifest.entryName)"
        let decoder = JSONDecoder()
        guard let format = try? decoder.decode(Format.self, from: Data(bytes)).format else {
            throw BundleError(place, "the manifest cannot be read", Remedy.again)
        }
        guard format == BundleManifest.currentFormat else {
            throw BundleError(
                place, "the bundle has format \(format), this hakube reads format \(BundleManifest.currentFormat)",
                format > BundleManifest.currentFormat ? "use the hakube that packed it, or a newer one" : Remedy.repack)
        }
        let manifest: BundleManifest
        do { manifest = try decoder.decode(BundleManifest.self, from: Data(bytes)) } catch {
            throw BundleError(place, "the manifest is not complete: \(reason(error))", Remedy.again)
        }
        try check(manifest, bundle: bundle)
        // Two keys of one name are read one way here and another way elsewhere. No value has a space in it.
        let isOurs = (try? BundlePacker.encoded(manifest)).map { withoutSpaces($0) == withoutSpaces(bytes) }
        guard isOurs == true else {
            throw BundleError(place, "the manifest has keys that hakube does not write", Remedy.repack)
        }
        return manifest
    }

    private static func withoutSpaces(_ text: [UInt8]) -> [UInt8] {
        text.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
    }

    private static func reason(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _)?: "`\(key.stringValue)` is missing"
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?, .dataCorrupted(let context)?:
            "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` is not valid"
        default: "unknown reason"
        }
    }

    private static func check(_ manifest: BundleManifest, bundle: String) throws(BundleError) {
        var faults = FaultList("\(bundle): \(BundleManifest.entryName)")
        if manifest.version == nil {
            faults.add("", "`\(manifest.kubernetes)` is no Kubernetes release", Remedy.repack)
        }
        let arches = manifest.arches.map(\.rawValue)
        if arches.isEmpty || arches != Set(arches).sorted() {
            faults.add("", "the architectures are not a list in order", Remedy.repack)
        }
        checkWords(manifest, &faults)
        var files: [String: BundleManifest.File] = [:]
        var previous = ""
        for file in manifest.files {
            for fault in self.faults(of: file, arches: manifest.arches) { faults.add(file.path, fault, Remedy.repack) }
            if files.updateValue(file, forKey: file.path) != nil {
                faults.add(file.path, "the file is listed twice", Remedy.repack)
            } else if !previous.utf8.lexicographicallyPrecedes(file.path.utf8) {
                faults.add(file.path, "the files are not in order", Remedy.repack)
            }
            previous = file.path
        }
        var names: Set<String> = []
        for image in manifest.images {
            if !ImageName.isFull(image.name) { faults.add(image.place, "is no full image name", Remedy.repack) }
            if !names.insert(image.place).inserted {
                faults.add(image.place, "the image is listed twice", Remedy.repack)
            }
            if !manifest.arches.contains(image.arch) {
                faults.add(image.place, "the bundle is not for this architecture", Remedy.repack)
            }
            if !image.blobs.allSatisfy(ImageDigest.isValid) || !mediaTypes.contains(image.mediaType) {
                faults.add(image.place, "its digests or its media type are none", Remedy.repack)
            }
            if image.blobs.first != image.digest {
                faults.add(image.place, "its manifest is not its first blob", Remedy.repack)
            }
            if !areRoles(image.roles) { faults.add(image.place, "the image has no valid roles", Remedy.repack) }
            for blob in image.blobs
            where !(files[ImageLayout.path(ofBlob: blob)].map { isSent($0, with: image) } ?? false) {
                faults.add(
                    image.place, "its blob \(blob) is not listed for \(image.roles.joined(separator: ", "))",
                    Remedy.repack)
            }
        }
        try faults.throwIfAny()
    }

    private static let mediaTypes = ImageMediaType.indexes.union(ImageMediaType.manifests)

    /// What people are shown.
    private static func checkWords(_ manifest: BundleManifest, _ faults: inout FaultList) {
        for component in manifest.components where !isPlain(component.name) || !isPlain(component.version) {
            faults.add("components", "`\(component.name) \(component.version)` is no name and version", Remedy.repack)
        }
        let names = manifest.components.map(\.name)
        if Set(names).count < names.count { faults.add("components", "one is listed twice", Remedy.repack) }
        for image in manifest.requiredImages + [manifest.sandboxImage].compactMap({ $0 })
        where !ImageName.isFull(image) {
            faults.add("requiredImages", "`\(image)` is no full image name", Remedy.repack)
        }
    }

    /// For names and versions of components.
    static func isPlain(_ word: String) -> Bool {
        (1...100).contains(word.utf8.count)
            && word.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "+", "~", ":", "-": true
                default: false
                }
            }
    }

    private static func faults(of file: BundleManifest.File, arches: [Architecture]) -> [String] {
        var faults: [String] = []
        if let fault = BundlePath.fault(file.path) { faults.append(fault) }
        if let fault = BundlePath.manifestFault(file.path) { faults.append(fault) }
        if !isPlace(file.path) { faults.append("a bundle has no such folder") }
        if file.arch != ProgramRules.arch(of: file.path) || !(file.arch.map(arches.contains) ?? true) {
            faults.append("the file is for \(file.arch?.rawValue ?? "every architecture"), and its path says otherwise")
        }
        if !(1...(1 << 40)).contains(file.stored) { faults.append("the stored size \(file.stored) cannot be") }
        if !ImageDigest.isHex(file.storedSha256) { faults.append("`\(file.storedSha256)` is no sha256") }
        if !(0...TarHeader.maximumSize).contains(file.size) { faults.append("the size \(file.size) cannot be") }
        if ![0o644, 0o755].contains(file.mode) {
            faults.append("the mode is 0\(String(file.mode, radix: 8)), and only 0644 and 0755 may be")
        }
        if !ImageDigest.isHex(file.sha256) { faults.append("`\(file.sha256)` is no sha256") }
        if !areRoles(file.roles) { faults.append("the file has no valid roles") }
        if file.path.hasPrefix(ImageLayout.blobs), file.path != ImageLayout.blobs + file.sha256 {
            faults.append("the blob's name is not its sha256 \(file.sha256)")
        }
        return faults
    }

    static func isPlace(_ path: String) -> Bool {
        let isFlat = path.split(separator: "/").count == 2
        return ProgramRules.isProgram(path) || path.hasPrefix(ImageLayout.folder)
            || isFlat && ["manifests/", "files/"].contains { path.hasPrefix($0) }
    }

    private static func areRoles(_ roles: [String]) -> Bool {
        !roles.isEmpty && Set(roles).count == roles.count
            && roles.allSatisfy { name in Role.bundled.contains { $0.rawValue == name } }
    }

    private static func isSent(_ file: BundleManifest.File, with image: BundleManifest.Image) -> Bool {
        Set(image.roles).isSubset(of: file.roles)
    }
}
