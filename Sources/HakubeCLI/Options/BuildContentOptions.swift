// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBuild
import HakubeModel

/// What a bundle that is built shall hold.
struct BuildContentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Release, such as v1.36.4, or v1.36 for its newest patch.", valueName: "version"))
    var kubernetes: String?

    @Option(
        help: ArgumentHelp(
            "amd64, arm64, ppc64le or s390x; repeat it for several (default: this machine's).", valueName: "arch"))
    var arch: [String] = []

    @Option(
        help: ArgumentHelp(
            "Pod network: flannel, calico, cilium or none, or what other sources have (default: their first).",
            valueName: "name"))
    var cni: String?

    @Option(
        help: ArgumentHelp("The pod network's manifest in place of a fetched one.", valueName: "file"))
    var cniManifest: String?

    @Option(
        help: ArgumentHelp(
            "An add-on, applied once to a new cluster; its images are pulled. May be repeated.", valueName: "file"))
    var manifest: [String] = []

    @Option(
        help: ArgumentHelp(
            "Images of an endpoint strategy for masters: keepalived, haproxy-keepalived or kube-vip, several with commas.",
            valueName: "strategy"))
    var ha: [String] = []

    @Option(help: ArgumentHelp("One more image. May be repeated.", valueName: "name"))
    var image: [String] = []

    @Option(
        help: ArgumentHelp(
            "One more file for the hosts. May be repeated.",
            discussion: "LOCAL=files/NAME or LOCAL=bin/NAME, and :master or :node behind it for one role only.",
            valueName: "local=path"))
    var file: [String] = []

    @Option(
        help: ArgumentHelp(
            "hakube-guardian's program, one for each architecture (default: the one beside hakube).",
            valueName: "file"))
    var guardian: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where kubeadm's images are, and what they are named by: init needs the same flag (default: kubeadm's own).",
            valueName: "registry/path"))
    var imageRepository: String?

    @Option(
        help: ArgumentHelp(
            "Another version of a part, such as containerd=2.3.4. May be repeated.", valueName: "name=version"))
    var component: [String] = []

    /// - Throws: `InventoryError` with every flag that is wrong.
    func request(cache: String) throws -> BuildRequest {
        var problems: [Problem] = []
        var request = BuildRequest(cache: cache)
        request.kubernetes = kubernetes
        request.arches = arches(&problems)
        request.network = cni
        request.networkManifest = cniManifest
        request.manifests = manifest
        request.images = image
        request.strategies = ha.flatMap { $0.split(separator: ",") }.map(String.init)
        request.guardians = guardian.isEmpty ? [Self.ownGuardian].compactMap { $0 } : guardian
        request.components = components(&problems)
        if let imageRepository, !Naming.isImageRepository(imageRepository) {
            problems.append(
                Problem(
                    place: "--image-repository \(imageRepository)", message: "is no registry with a path",
                    remedy: "write it like registry.example.com/kubernetes"))
        }
        request.imageRepository = imageRepository
        request.files = file.compactMap { text in
            do throws(InventoryError) { return try ExtraFile(text) } catch {
                problems += error.problems
                return nil
            }
        }
        guard problems.isEmpty else { throw InventoryError(problems: problems) }
        return request
    }

    private func arches(_ problems: inout [Problem]) -> [Architecture] {
        arch.flatMap { $0.split(separator: ",") }.map(String.init).compactMap { name in
            let arch = Architecture(rawValue: name)
            if arch == nil {
                let known = Architecture.allCases.map(\.rawValue).joined(separator: ", ")
                problems.append(
                    Problem(
                        place: "--arch \(name)", message: "is no architecture that hakube knows",
                        remedy: "name one of \(known)"))
            }
            return arch
        }
    }

    private func components(_ problems: inout [Problem]) -> [String: String] {
        var components: [String: String] = [:]
        for text in component {
            let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2, let version = BuildRequest.version(halves[1]) else {
                problems.append(
                    Problem(
                        place: "--component \(text)", message: "is no NAME=VERSION",
                        remedy: "write it like containerd=2.3.4"))
                continue
            }
            components[halves[0]] = version
        }
        return components
    }

    /// hakube-guardian as it is built and shipped, in the same folder as hakube.
    private static var ownGuardian: String? {
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        let path = URL(filePath: program).deletingLastPathComponent().appending(path: "hakube-guardian")
            .path(percentEncoded: false)
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }
}
