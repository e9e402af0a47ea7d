// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

/// Rules for manifests/: valid YAML, and every image they name is in the bundle and is taken from there, since no host
/// can pull one.
enum PodManifests {
    static let folder = "manifests/"

    /// What a container says of its image.
    private struct Use: Hashable {
        let image: String
        let policy: String?
    }

    /// The pod network's pods run everywhere; those of an add-on on nodes, unless it brings its own tolerations.
    private static let network = "manifests/pod-network.yaml"
    /// Far above the nodes of any manifest seen (tigera-operator.yaml, the largest, has some 40,000).
    private static let nodeLimit = 200_000
    private static let aliasLimit = 40

    private struct Excess: Error {}

    /// - Throws: `CancellationError`.
    static func check(
        _ contents: [String: Content], images: [BundleManifest.Image], arches: [Architecture], faults: inout FaultList
    ) throws {
        let places = Places(images, arches)
        for (path, content) in contents.sorted(by: { $0.key < $1.key }) where path.hasPrefix(folder) {
            guard let bytes = content.document else {
                faults.add(path, "the file is too large for a manifest", "split it")
                continue
            }
            try Task.checkCancellation()
            var uses: Set<Use> = []
            var (nodes, documents) = (0, 0)
            do {
                guard aliasCount(bytes) <= aliasLimit else { throw Excess() }
                let parser = try Parser(yaml: String(decoding: bytes, as: UTF8.self))
                while let document = try parser.nextRoot() {
                    if document.mapping != nil { documents += 1 }
                    try collect(document, into: &uses, &nodes)
                }
                if documents == 0 { faults.add(path, "holds no object", "take it out, or write one into it") }
            } catch is Excess {
                faults.add(
                    path, "its aliases make more of it than a manifest may be", "write it without anchors and aliases")
            } catch {
                let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
                faults.add(path, "is not YAML: \(reason)", "mend it")
            }
            for use in uses.sorted(by: { ($0.image, $0.policy ?? "") < ($1.image, $1.policy ?? "") }) {
                check(use, in: path, places, &faults)
            }
        }
    }

    private static func check(
        _ use: Use, in path: String, _ images: Places, _ faults: inout FaultList
    ) {
        // A template's hole is filled in when the manifest is applied.
        guard !use.image.contains("{{") else { return }
        let name = ImageName(use.image)?.text ?? use.image
        let lacking = images.arches(lacking: name)
        let roles = path == network ? Role.bundled : [.node]
        if !lacking.isEmpty {
            let whom = lacking.count == images.archCount ? "" : " for \(lacking.joined(separator: ", "))"
            faults.add(
                path, "names the image \(use.image), which is not in the bundle\(whom)",
                "add the image under exactly this name, or change the manifest")
        } else if let role = roles.first(where: { !images.goes(name, to: $0) }) {
            faults.add(
                path, "names the image \(use.image), which a \(role.rawValue) does not get",
                "give the image to both roles")
        } else if use.policy == "Always" {
            faults.add(
                path, "asks with imagePullPolicy Always to pull the image \(use.image)",
                "write IfNotPresent; the image is in the bundle")
        } else if use.policy == nil, name.hasSuffix(":latest"), !name.contains("@") {
            faults.add(
                path, "names the image \(use.image) by the tag latest, which Kubernetes pulls each time",
                "write imagePullPolicy: IfNotPresent, or another tag")
        }
    }

    /// Containers wherever they stand: pods, templates, lists. A key `image` elsewhere is a custom resource's own.
    ///
    /// What an alias stands for is gone through each time that it stands there.
    private static func collect(_ node: Node, into uses: inout Set<Use>, _ count: inout Int) throws {
        count += 1
        guard count <= nodeLimit else { throw Excess() }
        if let sequence = node.sequence {
            for item in sequence { try collect(item, into: &uses, &count) }
        }
        guard let mapping = node.mapping else { return }
        for (key, value) in mapping {
            if ["containers", "initContainers"].contains(key.string), let containers = value.sequence {
                for container in containers {
                    guard let image = container.mapping?["image"]?.string else { continue }
                    uses.insert(Use(image: image, policy: container.mapping?["imagePullPolicy"]?.string))
                }
            }
            try collect(value, into: &uses, &count)
        }
    }

    /// An upper bound of the aliases, found before parsing: the parser compares keys, and those may be aliases too.
    private static func aliasCount(_ bytes: [UInt8]) -> Int {
        func isName(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        var (anchors, aliases) = (0, 0)
        var previous = UInt8(ascii: "\n")
        for place in bytes.indices.dropLast() {
            let byte = bytes[place]
            defer { previous = byte }
            guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*"), isName(bytes[place + 1]) else { continue }
            // Behind these, it is part of a word.
            guard !isName(previous), !"=&;*".utf8.contains(previous) else { continue }
            if byte == UInt8(ascii: "&") { anchors += 1 } else { aliases += 1 }
        }
        return anchors > 0 ? aliases : 0
    }
}

/// Where each image goes.
private struct Places {
    private let byArch: [Architecture: Set<String>]
    private let byRole: [Role: Set<String>]

    init(_ images: [BundleManifest.Image], _ arches: [Architecture]) {
        var byArch = Dictionary(arches.map { ($0, Set<String>()) }) { first, _ in first }
        var byRole: [Role: Set<String>] = [:]
        for image in images {
            byArch[image.arch, default: []].insert(image.name)
            for role in image.roles.compactMap(Role.init(rawValue:)) { byRole[role, default: []].insert(image.name) }
        }
        self.byArch = byArch
        self.byRole = byRole
    }

    var archCount: Int { byArch.count }

    func arches(lacking name: String) -> [String] {
        byArch.filter { !$0.value.contains(name) }.keys.map(\.rawValue).sorted()
    }

    /// The images of one name have the same roles on every architecture: rules about roles know names only.
    func goes(_ name: String, to role: Role) -> Bool { byRole[role]?.contains(name) == true }
}
