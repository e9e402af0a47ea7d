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

    init(_ scan: FolderScan, version: KubernetesVersion, faults: inout FaultList) {
        let programs = Dictionary(scan.files.map { ($0.path, $0.source) }) { first, _ in first }
        let bench = ProgramBench()
        func words(_ name: String, _ arguments: String...) -> [Substring] {
            guard let here = Architecture.ofThisMachine, let program = programs["\(here.rawValue)/bin/\(name)"] else {
                return []
            }
            return bench.output(of: program, arguments)?.split(whereSeparator: \.isWhitespace) ?? []
        }
        var versions = scan.description.components
        func note(_ name: String, _ answer: @autoclosure () -> Substring?) {
            let written = versions[name]
            // What no rule is about is not asked for where it is written down.
            guard written == nil || Self.neededVersions.contains(name) else { return }
            guard let answer = answer().map({ ComponentVersion.bare(String($0)) }), let own = ComponentVersion(answer)
            else { return }
            guard let written else {
                versions[name] = answer
                return
            }
            guard let numbers = ComponentVersion(written)?.numbers, !own.numbers.starts(with: numbers) else { return }
            faults.add(
                name, "the program says that it is \(answer), and \(BundleDescription.fileName) that it is \(written)",
                "replace the program, or mend the file")
        }
        note("kubeadm", words("kubeadm", "version", "-o", "short").first)
        note("kubelet", words("kubelet", "--version").dropFirst().first)
        note("kubectl", Self.gitVersion(words("kubectl", "version", "--client", "-o", "json")))
        note("containerd", words("containerd", "--version").dropFirst(2).first)
        note("runc", words("runc", "--version").dropFirst(2).first)
        note("crictl", words("crictl", "--version").dropFirst(2).first)
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
        let list = Self.images(
            programs, bench, ["config", "images", "list", "--kubernetes-version", "\(version)"] + flags)
        requiredImages = list ?? RequiredImages.names(of: version, repository: repository) ?? []
    }

    /// The value of that key in JSON that kubectl wrote over several lines.
    private static func gitVersion(_ words: [Substring]) -> Substring? {
        guard let key = words.firstIndex(of: "\"gitVersion\":") else { return nil }
        return words[key...].dropFirst().first.map { $0.filter { $0 != "\"" && $0 != "," } }.map { $0[...] }
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
