// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeModel
import Foundation
import HakubeBundle
import HakubeTestSupport

@testable import HakubeImport

/// Images as other tools save them, small and whole.
struct SavedImages {
    static let apiserver = "k8s.gcr.io/kube-apiserver:v1.20.2"
    static let shared = noise(5000)

    var tar = TarBuilder()
    private var entries: [String] = []
    private var homes: [String: String] = [:]

    /// An image as `docker save` has it: a layer that stood already is a link to where it stands.
    mutating func add(
        _ names: [String], layers: [[UInt8]] = [shared], arch: String = "amd64", diffIDs: [String]? = nil,
        linksHard: Bool = false
    ) {
        let ids = diffIDs ?? layers.map { ImageDigest.of($0) }
        let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
        let config = #"{"architecture":"\#(arch)","os":"linux","rootfs":{"type":"layers","diff_ids":[\#(list)]}}"#
        let id = String(ImageDigest.of([UInt8]("\(names)\(config)".utf8)).dropFirst(7))
        tar.add("\(id).json", config)
        var paths: [String] = []
        for (number, layer) in layers.enumerated() {
            let folder = "\(id.prefix(60))\(number)"
            let digest = ImageDigest.of(layer)
            if let home = homes[digest] {
                if linksHard {
                    tar.add("\(folder)/layer.tar", kind: .hardLink, target: "\(home)/layer.tar")
                } else {
                    tar.add("\(folder)/layer.tar", kind: .link, target: "../\(home)/layer.tar")
                }
            } else {
                tar.add("\(folder)/layer.tar", layer)
                homes[digest] = folder
            }
            paths.append("\"\(folder)/layer.tar\"")
        }
        let tags = names.isEmpty ? "null" : "[" + names.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        entries.append(#"{"Config":"\#(id).json","RepoTags":\#(tags),"Layers":[\#(paths.joined(separator: ","))]}"#)
    }

    var dockerArchive: [UInt8] {
        var whole = tar
        whole.add("manifest.json", "[" + entries.joined(separator: ",") + "]")
        return whole.whole
    }
}

/// An OCI layout, blob by blob.
struct SavedLayout {
    var tar = TarBuilder()
    private var known: Set<String> = []
    private var descriptors: [String] = []

    @discardableResult
    mutating func blob(_ bytes: [UInt8], type: String, isThere: Bool = true) -> String {
        let digest = ImageDigest.of(bytes)
        if isThere, known.insert(digest).inserted { tar.add("blobs/sha256/\(digest.dropFirst(7))", bytes) }
        return #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(bytes.count)}"#
    }

    mutating func manifest(arch: String, isThere: Bool = true) -> String {
        let layer = blob(noise(arch.utf8.count * 100), type: ImageMediaType.layer, isThere: isThere)
        let config = blob(
            [UInt8](#"{"architecture":"\#(arch)","os":"linux"}"#.utf8), type: ImageMediaType.config, isThere: isThere
        )
        return blob(
            [UInt8](#"{"schemaVersion":2,"config":\#(config),"layers":[\#(layer)]}"#.utf8),
            type: ImageMediaType.manifest, isThere: isThere)
    }

    mutating func index(of manifests: [(arch: String, descriptor: String)]) -> String {
        let children = manifests.map { arch, descriptor in
            descriptor.dropLast() + #","platform":{"architecture":"\#(arch)","os":"linux"}}"#
        }
        return blob(
            [UInt8](#"{"schemaVersion":2,"manifests":[\#(children.joined(separator: ","))]}"#.utf8),
            type: ImageMediaType.index)
    }

    mutating func name(_ descriptor: String, _ name: String, key: String = ImageDescriptor.nameKey) {
        descriptors.append(descriptor.dropLast() + #","annotations":{"\#(key)":"\#(name)"}}"#)
    }

    var archive: [UInt8] {
        var whole = tar
        whole.add("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        whole.add("index.json", #"{"schemaVersion":2,"manifests":[\#(descriptors.joined(separator: ","))]}"#)
        return whole.whole
    }
}
