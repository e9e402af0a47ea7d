// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Rules about what a host of each role and architecture gets: as much as makes a host of it.
///
/// What the bundle does not have at all is told by the other rules.
enum HostRules {
    /// Static pods of the control plane; only masters run them.
    private static let masterImages = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"]
    private static let masterPrograms: Set = ["bin/kubectl"]

    static func check(_ manifest: BundleManifest, faults: inout FaultList) {
        for arch in manifest.arches {
            for role in Role.bundled {
                let files = Set(manifest.files(for: role, on: arch).map(\.path))
                let images = Set(manifest.images(for: role, on: arch).map(\.name))
                let programs = ProgramRules.needed.filter { role == .master || !masterPrograms.contains($0) }
                    .map { "\(arch.rawValue)/\($0)" }
                for file in manifest.files where programs.contains(file.path) && !files.contains(file.path) {
                    faults.add(
                        file.path, "a \(role.rawValue) does not get the program, and needs it", "give it to both roles")
                }
                for path in [ImageLayout.index, ImageLayout.marker]
                where manifest.file(at: path) != nil && !files.contains(path) {
                    faults.add(path, "a \(role.rawValue) does not get it, and needs it for its images", Remedy.repack)
                }
                let needed = Set(manifest.requiredImages.filter { role == .master || !isForMasters($0) })
                for image in manifest.images
                where image.arch == arch && needed.contains(image.name) && !images.contains(image.name) {
                    faults.add(
                        image.place, "a \(role.rawValue) does not get the image, and needs it", "give it to both roles")
                }
            }
        }
    }

    private static func isForMasters(_ image: String) -> Bool {
        let name = RequiredImages.shortName(image)
        return masterImages.contains { name.hasPrefix($0 + ":") }
    }
}
