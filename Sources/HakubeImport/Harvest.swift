// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeBundle
import HakubeModel

/// What was found in somebody's archive or folder, and archives in it, that a bundle can use.
struct Harvest {
    /// Names and paths of files.
    private(set) var programs: [String: String] = [:]
    private(set) var plugins: [String: String] = [:]
    /// Manifests of pod networks, by their names in the archive.
    private(set) var networks: [String: String] = [:]
    /// Other manifests.
    private(set) var addOns: [String: String] = [:]
    /// Trees that hold images.
    private(set) var images: [FileTree] = []
    /// Scripts of an installer.
    private(set) var scripts = 0
    /// Programs nobody needs.
    private(set) var leftOut: Set<String> = []
    /// Files of a folder that are no archives in spite of their names.
    private(set) var misnamed: Set<String> = []
    /// What a note beside it says about the release.
    private(set) var release: String?
    /// containerd's, by its archive's name.
    private(set) var containerdRelease: String?

    /// - Parameters:
    ///   - unpack: takes an archive within the tree apart; `nil` for what is none.
    mutating func gather(_ tree: FileTree, depth: Int, unpack: (_ path: String, _ title: String) throws -> FileTree?)
        throws
    {
        if tree.holdsImages {
            images.append(tree)
            return
        }
        for name in tree.names {
            guard let path = tree.path(of: name) else { continue }
            let parts = name.split(separator: "/").map(String.init)
            guard let own = parts.last, !own.hasPrefix(".") else { continue }
            if ArchiveExtractor.isArchive(own), depth > 0 {
                let before = programs["containerd"]
                let title = "\(tree.title): \(name)"
                guard let inner = try unpack(path, title) else {
                    // A package is of one piece; in a folder there lies whatever its owner put there.
                    guard !tree.isOurs else { throw ArchiveExtractor.unknown(title) }
                    misnamed.insert(name)
                    continue
                }
                try gather(inner, depth: depth - 1, unpack: unpack)
                if before == nil, programs["containerd"] != nil { containerdRelease = Self.release(in: own) }
            } else if own.hasSuffix(".sh") || parts.contains("shell") {
                scripts += 1
            } else if own.hasSuffix(".yaml") || own.hasSuffix(".yml") {
                note(manifest: parts, at: path)
            } else if own == "Metadata" {
                release = release ?? Metadata(file: path)?.k8sVersion
            } else {
                note(program: own, at: path)
            }
        }
    }

    /// Programs come before what an archive deeper down has of the same name: those of the package are its own choice.
    private mutating func note(program name: String, at path: String) {
        guard Program.isELF(ImportFile.head(path)) else { return }
        if Program.wanted.contains(name) {
            programs[name] = programs[name] ?? path
        } else if Program.plugins.contains(name) {
            plugins[name] = plugins[name] ?? path
        } else {
            leftOut.insert(name)
        }
    }

    /// Only where manifests of a cluster are kept: charts, examples and kubeadm's own files are YAML, too.
    private mutating func note(manifest parts: [String], at path: String) {
        guard let own = parts.last else { return }
        let folder = parts.dropLast().last ?? ""
        let stem = String(own.prefix { $0 != "." })
        let isNetwork = Set(["pod-network", "calico", "flannel", "kube-flannel", "canal", "cilium"]).contains(stem)
        switch folder {
        case "net", "cni": networks[parts.joined(separator: "/")] = path
        case "conf" where isNetwork: networks[parts.joined(separator: "/")] = path
        case "manifests":
            if isNetwork {
                networks[parts.joined(separator: "/")] = path
            } else {
                addOns[own] = addOns[own] ?? path
            }
        default: break
        }
    }

    private struct Metadata: Decodable {
        let k8sVersion: String?

        init?(file: String) {
            guard let bytes = try? ImportFile.bytes(file, limit: 1 << 16),
                let found = try? JSONDecoder().decode(Metadata.self, from: Data(bytes))
            else { return nil }
            self = found
        }
    }

    /// `1.7.28` of cri-containerd-cni-1.7.28-linux-amd64.tar.gz.
    private static func release(in name: String) -> String? {
        name.split(separator: "-").map(String.init).first { part in
            let numbers = part.split(separator: ".", omittingEmptySubsequences: false)
            return numbers.count == 3 && numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
        }
    }
}

extension FileTree {
    var holdsImages: Bool {
        path(of: DockerArchive.manifest) != nil
            || path(of: LayoutArchive.marker) != nil && path(of: LayoutArchive.index) != nil
    }
}
