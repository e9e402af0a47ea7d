// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// The bundle's files to every host, each getting what its role needs, all hosts side by side.
    func pushPhase() -> Phase {
        let stage = StageFolder(bundle: input.bundle)
        let lanes = newcomers.map { host in
            let arch = input.architecture(of: host)
            let push = Step(
                id: "push", title: "send the bundle's files for a \(host.role.rawValue)",
                action: .push(role: host.role, arch: arch, to: stage.path),
                unless: stage.isNotNeeded(for: host.role, on: arch))
            return Lane(host: host.id, steps: [push])
        }
        // However many there are: a host that waited for its turn could pass nothing on.
        return Phase(id: "push", title: "Push the bundle", order: .together(max: max(1, lanes.count)), lanes: lanes)
    }
}

/// The folder on a host that holds what was sent, until it is installed.
struct StageFolder {
    let bundle: BundleContents?

    var path: String { "\(HostPath.stage)/\(bundle?.id ?? "bundle")" }

    /// Succeeds when the bundle is installed already, or lies here complete.
    func isNotNeeded(for role: Role, on arch: Architecture) -> Script {
        let complete = "[ -f \(path)/SHA256SUMS ] && cd \(path) && sha256sum -c --status SHA256SUMS"
        guard let bundle else { return Script(complete) }
        let host = InstalledBundle(bundle.manifest, role, arch)
        return Script(
            """
            installed() {
            \(host.programsAreRight)
            \(host.imagesAreThere)
            }
            if (installed) >/dev/null 2>&1; then exit 0; fi
            \(complete)
            """)
    }
}

/// Shell tests for what a bundle leaves on a host of a role and architecture. Each fails with a non-zero status under `set -e`.
struct InstalledBundle {
    private let programs: [(path: String, sha256: String)]
    private let images: [BundleManifest.Image]

    init(_ manifest: BundleManifest, _ role: Role, _ arch: Architecture) {
        programs = manifest.files(for: role, on: arch).compactMap { file in
            HostPath.installed(file.stagePath).map { ($0, file.sha256) }
        }
        images = manifest.images(for: role, on: arch)
    }

    var programsAreRight: String {
        let lines = programs.map { "\($0.sha256)  \($0.path)" }.joined(separator: "\n")
        return "sha256sum -c --status <<'SUMS' || exit 1\n\(lines)\nSUMS"
    }

    /// containerd's own filters compare name and digest, so no table made for people is read.
    var imagesAreThere: String {
        guard !images.isEmpty else { return "true" }
        let filters = images.map {
            Script.quoted("name==\($0.name),target.digest==\($0.digest),labels.\"io.cri-containerd.pinned\"==pinned")
        }
        return """
            found=$(\(HostPath.programs)/ctr -n k8s.io images ls -q \(filters.joined(separator: " ")) | sort -u | wc -l) || exit 1
            [ "$found" -eq \(images.count) ] || exit 1
            """
    }

    var imageNames: [String] { images.map(\.name) }
}
