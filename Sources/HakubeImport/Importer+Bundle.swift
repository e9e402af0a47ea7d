// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeModel

extension Importer {
    private static let masterImages: Set = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"]

    /// A bundle folder of all that was found, packed.
    func makeBundle(of harvest: Harvest, in work: WorkFolder) throws -> ImportResult {
        let folder = "\(work.path)/bundle"
        try ImportFile.makeFolder(folder)
        let title = request.source
        let guardian = request.guardian ?? harvest.programs[GuardianImage.program] ?? request.usualGuardian
        try checkPrograms(harvest, guardian: guardian)
        let arch = try architecture(of: harvest)
        let store = try ImageStore(folder: "\(folder)/images", limits: request.limits)
        var (names, notes) = try add(harvest.images, to: store, for: arch)
        let hasImage = store.names.contains { $0.repository == GuardianImage.repository }
        if let guardian, request.guardian != nil || !hasImage {
            names.append(try store.add(guardian: guardian, arch: arch, from: title))
        }
        try store.finish()
        let version = try release(of: names, harvest)
        for (name, path) in harvest.programs where name != GuardianImage.program {
            try place(path, at: "\(folder)/bin/\(name)")
        }
        if let guardian { try place(guardian, at: "\(folder)/bin/\(GuardianImage.program)") }
        for (name, path) in harvest.plugins { try place(path, at: "\(folder)/cni/\(name)") }
        notes += try placeManifests(harvest, in: folder)
        let description = description(
            version, arch, containerd: harvest.containerdRelease, images: names.sorted(),
            hasManifests: ImportFile.exists("\(folder)/manifests"), hasGuardian: guardian != nil)
        try ImportFile.write(Array(description.utf8), to: "\(folder)/bundle.yaml")
        let manifest: BundleManifest
        do {
            manifest = try BundlePacker.pack(folder: folder, to: request.output) { progress("pack", $0, $1) }
        } catch let error as BundleError {
            throw error.replacing(folder, by: title)
        }
        return ImportResult(images: names.sorted(), manifest: manifest, notes: notes + harvest.notes)
    }

    /// One sentence for all that a host cannot do without.
    private func checkPrograms(_ harvest: Harvest, guardian: String?) throws {
        var missing = Program.needed.filter { harvest.programs[$0] == nil }
        missing += Program.neededPlugins.filter { harvest.plugins[$0] == nil }.map { "the CNI plugin \($0)" }
        if harvest.images.isEmpty { missing.append("images") }
        if guardian == nil { missing.append("hakube-guardian (--guardian FILE)") }
        guard missing.isEmpty else {
            let isOnlyImages = harvest.programs.isEmpty && !harvest.images.isEmpty
            throw BundleError(
                request.source,
                (isOnlyImages ? "it holds images only; " : "") + "for a bundle these are missing: "
                    + missing.joined(separator: ", "),
                isOnlyImages
                    ? "import it with -o FOLDER to add the images to a bundle folder, or put it into a folder with the rest and import that"
                    : "put it and what is missing into one folder (programs in bin/, plugins in cni/), and import that folder"
            )
        }
    }

    private func architecture(of harvest: Harvest) throws -> Architecture {
        let programs = harvest.programs.merging(harvest.plugins) { program, _ in program }
        let found = programs.filter { $0.key != GuardianImage.program }.mapValues {
            Program.architecture(ImportFile.head($0))
        }
        let own = request.arch ?? found["kubelet"] ?? nil
        guard let own else {
            throw BundleError(
                request.source, "its kubelet is for no machine that hakube knows",
                "hakube knows \(Architecture.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if let (name, arch) = found.sorted(by: { $0.key < $1.key }).first(where: { $0.value != own }) {
            throw BundleError(
                request.source,
                "\(name) is for \(arch?.rawValue ?? "another machine"), and the rest for \(own.rawValue)",
                "take the package for one architecture")
        }
        return own
    }

    /// The API server's image tells the release; programs could tell it too, if they were run.
    private func release(of names: [String], _ harvest: Harvest) throws -> KubernetesVersion {
        if let asked = request.kubernetes { return asked }
        let tags = names.compactMap(ImageName.init).filter { $0.lastPart == "kube-apiserver" }.compactMap(\.tag)
        let told = Set((tags.isEmpty ? [harvest.release ?? ""] : tags).compactMap(KubernetesVersion.init))
        guard let version = told.first, told.count == 1 else {
            throw BundleError(
                request.source,
                told.isEmpty
                    ? "it does not tell its Kubernetes release" : "it holds kube-apiserver of several releases",
                "say it with --kubernetes v1.20.2")
        }
        return version
    }

    private func placeManifests(_ harvest: Harvest, in folder: String) throws -> [String] {
        var notes: [String] = []
        for (name, path) in harvest.addOns where name != ForeignManifest.networkName {
            let target = "\(folder)/manifests/\(ForeignManifest.plainName(name)).yaml"
            guard !ImportFile.exists(target) else {
                throw BundleError(
                    request.source, "two manifests would be called \(ForeignManifest.plainName(name))", "rename one")
            }
            try write(ForeignManifest(try text(path)), to: target)
        }
        let networks = harvest.networks.sorted { $0.key < $1.key }
        if networks.isEmpty {
            notes.append("it has no pod network's manifest: nodes become Ready when you apply one")
        } else if networks.count > 1 {
            notes.append(
                "it has several pod networks, and none is taken: \(networks.map(\.key).joined(separator: ", ")); "
                    + "import a folder that holds the right one as manifests/\(ForeignManifest.networkName)")
        } else {
            var manifest = ForeignManifest(try text(networks[0].value))
            if !manifest.openSubnet() {
                notes.append(
                    "\(networks[0].key) does not say where the pods' addresses stand: check that it fits --pod-subnet")
            }
            try write(manifest, to: "\(folder)/manifests/\(ForeignManifest.networkName)")
        }
        return notes
    }

    private func text(_ path: String) throws -> String {
        guard let bytes = try ImportFile.bytes(path, limit: request.limits.document),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw BundleError(request.source, "a manifest is no text, or too large for one", "take it out") }
        return text
    }

    private func write(_ manifest: ForeignManifest, to path: String) throws {
        try ImportFile.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        try ImportFile.write(Array(manifest.text.utf8), to: path)
    }

    private func place(_ file: String, at path: String) throws {
        try ImportFile.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        try ImportFile.place(file, at: path)
    }

    private func description(
        _ version: KubernetesVersion, _ arch: Architecture, containerd: String?, images: [String], hasManifests: Bool,
        hasGuardian: Bool
    ) -> String {
        var roles = images.compactMap(ImageName.init).filter { Self.masterImages.contains($0.lastPart) }.map {
            "  images/\($0.repository): [master]"
        }
        if hasManifests { roles.append("  manifests/*: [master]") }
        if hasGuardian {
            roles += ["  bin/\(GuardianImage.program): [node]", "  images/\(GuardianImage.repository): [node]"]
        }
        // Those that run here are asked themselves when the bundle is packed, and held against it.
        let components =
            ["components:"] + (containerd.map { ["  containerd: \($0)"] } ?? [])
            + ["kubeadm", "kubectl", "kubelet"].map { "  \($0): \("\(version)".dropFirst())" }
        let lines =
            ["kubernetes: \(version)", "arch: \(arch.rawValue)"] + repository(of: images, version) + components
            + (roles.isEmpty ? [] : ["roles:"] + Set(roles).sorted())
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Importer {
    /// kubeadm is told a registry that is not its own.
    private func repository(of images: [String], _ version: KubernetesVersion) -> [String] {
        let own = images.compactMap(ImageName.init).first { $0.lastPart == "kube-apiserver" }?.parentRepository
        guard let own, own != version.usualImageRepository else { return [] }
        return ["imageRepository: \(own)"]
    }
}

extension Harvest {
    /// What was seen and left alone.
    var notes: [String] {
        var notes: [String] = []
        if scripts > 0 {
            notes.append("its \(scripts) scripts (kube/shell and the like) are left out, and none was run")
        }
        if !misnamed.isEmpty {
            notes.append(
                "in spite of their names these are no archives, and are left out: \(misnamed.sorted().joined(separator: ", "))"
            )
        }
        if !leftOut.isEmpty {
            notes.append(
                "programs that no host of hakube's needs are left out: \(leftOut.sorted().joined(separator: ", "))")
        }
        return notes
    }
}

extension BundleError {
    /// Faults of a folder that is gone by now are those of what it was made from.
    fileprivate func replacing(_ folder: String, by source: String) -> BundleError {
        BundleError(
            problems: problems.map {
                Problem(place: $0.place.replacing(folder, with: source), message: $0.message, remedy: $0.remedy)
            })
    }
}
