// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeFetch
import HakubeModel

/// The folder that is packed: ARCH/bin, ARCH/cni, files, images, manifests and bundle.yaml.
struct BuildFolder {
    static let podNetwork = "manifests/pod-network.yaml"

    let path: String
    let plan: BuildPlan
    /// Who gets what is not for both roles, by path or `images/` and name.
    private var roles: [String: [Role]] = [:]
    private(set) var manifestImages: [String] = []
    /// What nobody but an endpoint strategy asks for.
    var masterImages: Set<String> = []
    private var places: Set<String> = []

    init(path: String, plan: BuildPlan) {
        self.path = path
        self.plan = plan
    }

    func clear() throws {
        LocalFile.remove(path)
        try LocalFile.makeFolder(path)
    }

    /// A download, or what is to be taken out of it.
    mutating func add(_ part: BuildPlan.Part, from file: String) throws {
        if part.file.isPlain {
            let target = part.file.targets[0].path
            return try add(file, as: target, for: ExtraFile.isProgram(target) ? part.arch : nil, roles: part.file.roles)
        }
        var members: [String: String] = [:]
        for target in part.file.targets {
            let place = place(target.path, ExtraFile.isProgram(target.path) ? part.arch : nil)
            members[target.member] = "\(path)/\(place)"
            try take(place, roles: part.file.roles)
        }
        try ArchiveMembers.extract(file, members, origin: part.url)
    }

    /// - Parameter arch: `nil` for what is the same everywhere.
    mutating func add(_ file: String, as target: String, for arch: Architecture?, roles: [Role]) throws {
        let place = place(target, arch)
        try take(place, roles: roles)
        try LocalFile.link(LocalFile.absolute(file), to: "\(path)/\(place)")
    }

    mutating func addManifest(_ text: String, name: String, origin: String) throws {
        if let fault = Self.fault(name) { throw InventoryError(origin, fault, "rename the file") }
        let images = try ManifestImages.scan(text, origin: origin)
        for image in images {
            guard let full = ImageName(image)?.text else {
                throw BundleError(origin, "names `\(image)`, which is no image's name", "mend the manifest")
            }
            if !manifestImages.contains(full) { manifestImages.append(full) }
        }
        try take(name, roles: [.master])
        try LocalFile.write(Array(text.utf8), to: "\(path)/\(name)")
    }

    mutating func addImages(_ images: [LayoutImage], from shelves: [ImageShelf]) throws {
        try ImageShelf(folder: "\(path)/images").fill(images, from: shelves)
        for name in Set(images.map(\.name)) {
            let some = masterImages.contains(name) ? [.master] : plan.roles(ofImage: name)
            if some != Role.bundled { roles["images/\(name)"] = some }
        }
    }

    /// Writes bundle.yaml.
    ///
    /// - Parameters:
    ///   - requiredImages: what kubeadm asks for.
    ///   - repository: kubeadm's imageRepository, if it is not the usual one.
    ///   - guardians: version of hakube-guardian, if it is in.
    func describe(requiredImages: [String], repository: String?, guardians: String?) throws {
        var components = plan.versions
        // The packer asks those that run here, and holds their answers against it.
        for name in ["kubeadm", "kubectl", "kubelet"] {
            components[name] = components[name] ?? String("\(plan.release)".dropFirst())
        }
        components[GuardianImage.program.replacing("hakube-", with: "")] = guardians
        var lines = [
            "kubernetes: \(plan.release)", "arches: [\(plan.arches.map(\.rawValue).joined(separator: ", "))]",
        ]
        if let repository { lines.append("imageRepository: \(repository)") }
        lines.append("requiredImages: [\(requiredImages.map { "\"\($0)\"" }.joined(separator: ", "))]")
        if !components.isEmpty { lines.append("components:") }
        lines += components.sorted { $0.key < $1.key }.map { "  \($0.key): \"\($0.value)\"" }
        if !roles.isEmpty { lines.append("roles:") }
        lines += roles.sorted { $0.key < $1.key }.map { rule in
            "  \"\(rule.key)\": [\(rule.value.map(\.rawValue).joined(separator: ", "))]"
        }
        try LocalFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "\(path)/bundle.yaml")
    }

    private func place(_ target: String, _ arch: Architecture?) -> String {
        arch.map { "\($0.rawValue)/\(target)" } ?? target
    }

    private mutating func take(_ place: String, roles some: [Role]) throws {
        guard places.insert(place).inserted else {
            throw InventoryError(place, "is brought twice", "leave out or rename one of the two files")
        }
        if some != Role.bundled { roles[place] = some }
    }

    private static func fault(_ name: String) -> String? {
        let stem = name.dropFirst("manifests/".count)
        let isPlain = stem.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
            default: false
            }
        }
        return isPlain && !stem.hasPrefix(".") && !stem.hasPrefix("-")
            ? nil : "has a name with other characters than letters, digits and ._-"
    }
}
