// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What the folder's own programs say of themselves, where they are for this machine; the rest comes from bundle.yaml and
/// from tables.
struct ProgramAnswers {
    /// What rules are about: a bundle has to tell these.
    static let neededVersions = ["containerd", "kubeadm", "kubectl", "kubelet"]

    /// Sorted by name.
    let components: [BundleManifest.Component]
    /// Sorted; empty where nobody knows.
    let requiredImages: [String]

    init(_ scan: FolderScan, version: KubernetesVersion) {
        let programs = Dictionary(scan.files.map { ($0.path, $0.source) }) { first, _ in first }
        let bench = ProgramBench()
        func words(_ name: String, _ arguments: String...) -> [Substring] {
            guard let here = Architecture.ofThisMachine, let program = programs["\(here.rawValue)/bin/\(name)"] else {
                return []
            }
            return bench.output(of: program, arguments)?.split(whereSeparator: \.isWhitespace) ?? []
        }
        // What is written down is not asked for.
        var versions = scan.description.components
        func note(_ name: String, _ words: @autoclosure () -> [Substring], behind: Int) {
            guard versions[name] == nil else { return }
            let words = words()
            guard words.count > behind, ComponentVersion(String(words[behind])) != nil else { return }
            versions[name] = ComponentVersion.bare(String(words[behind]))
        }
        note("kubeadm", words("kubeadm", "version", "-o", "short"), behind: 0)
        note("kubelet", words("kubelet", "--version"), behind: 1)
        if versions["kubectl"] == nil {
            let words = words("kubectl", "version", "--client", "-o", "json")
            let version = words.firstIndex(of: "\"gitVersion\":").map { words[$0...].dropFirst() }?.first
            let text = String(version ?? "").filter { $0 != "\"" && $0 != "," }
            if ComponentVersion(text) != nil { versions["kubectl"] = ComponentVersion.bare(text) }
        }
        note("containerd", words("containerd", "--version"), behind: 2)
        note("runc", words("runc", "--version"), behind: 2)
        note("crictl", words("crictl", "--version"), behind: 2)
        components = versions.sorted { $0.key < $1.key }.map {
            BundleManifest.Component(name: $0.key, version: $0.value)
        }
        if let written = scan.description.requiredImages {
            requiredImages = written.sorted()
            return
        }
        let repository = scan.description.imageRepository
        // A release that is named lets kubeadm answer without asking the network for one.
        let flags = repository.map { ["--image-repository", $0] } ?? []
        let list = Self.images(programs, bench, ["config", "images", "list", "--kubernetes-version", "\(version)"] + flags)
        requiredImages = list ?? RequiredImages.names(of: version, repository: repository) ?? []
    }

    private static func images(
        _ programs: [String: String], _ bench: ProgramBench, _ arguments: [String]
    ) -> [String]? {
        guard let here = Architecture.ofThisMachine, let kubeadm = programs["\(here.rawValue)/bin/kubeadm"],
            let output = bench.output(of: kubeadm, arguments)
        else { return nil }
        let names = output.split(whereSeparator: \.isNewline).map(String.init)
        return names.isEmpty || !names.allSatisfy({ ImageName.isFull($0) }) ? nil : names.sorted()
    }
}

extension Architecture {
    /// `nil` on a machine whose programs no bundle holds.
    static var ofThisMachine: Architecture? {
        #if arch(x86_64)
        .amd64
        #elseif arch(arm64)
        .arm64
        #elseif arch(powerpc64le)
        .ppc64le
        #elseif arch(s390x)
        .s390x
        #else
        nil
        #endif
    }
}
