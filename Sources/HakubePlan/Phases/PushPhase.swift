// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// The bundle's files to every host, each getting what its role needs, all hosts side by side.
    func pushPhase() -> Phase {
        let stage = StageFolder(bundle: input.bundle)
        // The same for all hosts of a kind, and as large as the list of programs: made once.
        var checks: [HostKind: Script] = [:]
        var loads = PushLoads(bundle: input.bundle)
        let lanes = newcomers.map { host in
            let kind = HostKind(role: host.role, arch: input.architecture(of: host))
            let check = checks[kind] ?? stage.isNotNeeded(for: kind)
            checks[kind] = check
            let push = Step(
                id: "push", title: "send the bundle's files for \(host.role.article)",
                action: .push(role: kind.role, arch: kind.arch, to: stage.path), unless: check,
                load: loads.load(of: kind, on: input.facts(of: host)))
            return Lane(host: host.id, steps: [push])
        }
        // However many there are: a host that waited for its turn could pass nothing on.
        return Phase(id: "push", title: "Push the bundle", order: .together(max: max(1, lanes.count)), lanes: lanes)
    }
}

/// Hosts that get the same files.
struct HostKind: Sendable, Hashable {
    let role: Role
    let arch: Architecture
}

/// The folder on a host that holds what was sent, until it is installed.
struct StageFolder {
    /// Made for the host's role: its size is not the manifest's.
    static let index = "images/index.json"

    let bundle: BundleContents?

    var path: String { "\(HostPath.stage)/\(bundle?.id ?? "bundle")" }
    private var sums: String { "\(path)/SHA256SUMS" }

    /// All of it is installed: nobody needs what was sent.
    static var sweep: Step {
        Step(
            id: "stage", title: "remove what was staged", action: .run(Script("rm -rf \(HostPath.stage)")),
            unless: Script("[ ! -e \(HostPath.stage) ]"))
    }

    /// Succeeds when the bundle is installed already, or lies here complete.
    func isNotNeeded(for kind: HostKind) -> Script {
        guard let bundle else {
            return Script("[ -f \(sums) ] && cd \(path) && sha256sum -c --status SHA256SUMS")
        }
        let host = InstalledBundle(bundle.manifest, kind)
        return Script(
            """
            installed() {
            \(host.programsAreRight)
            \(host.imagesAreThere)
            }
            if (installed) >/dev/null 2>&1; then exit 0; fi
            \(isComplete(bundle.manifest.files(for: kind.role, on: kind.arch)))
            """)
    }

    /// SHA256SUMS comes last, when all others were received and found right; that all are there in their full length shows
    /// that no power cut took them since. They are read again when they are installed.
    private func isComplete(_ files: [BundleManifest.File]) -> String {
        let counted = files.filter { $0.stagePath != Self.index }
        let sum = counted.reduce(0) { $0 + $1.size }
        return """
            [ -f \(sums) ]
            cd \(path)
            found=$(sed 's/^[^ ]* [ *]//' SHA256SUMS | grep -vx \(Self.index) | tr '\\n' '\\0' | xargs -0 stat -c %s -- |
                awk '{ count++; sum += $1 } END { printf "%d %.0f", count, sum }')
            [ "$found" = "\(counted.count) \(sum)" ]
            """
    }

    /// Ends a script whose use of the stage failed. Where the stage is to blame it counts as incomplete from now on, so that
    /// the next run sends what is damaged anew.
    var blaming: String {
        "{ [ ! -f \(sums) ] || (cd \(path) && sha256sum -c --quiet SHA256SUMS >&2) || rm -f \(sums); exit 1; }"
    }
}

/// Shell tests for what a bundle leaves on a host of a role and architecture. Each fails with a non-zero status under `set -e`.
struct InstalledBundle {
    /// What is installed beyond the stage.
    let programs: DigestRecord
    private let images: [BundleManifest.Image]

    init(_ manifest: BundleManifest, _ kind: HostKind) {
        programs = DigestRecord(
            entries: manifest.files(for: kind.role, on: kind.arch).compactMap { file in
                HostPath.installed(file.stagePath).map {
                    DigestRecord.Entry(path: $0, sha256: file.sha256, size: file.size)
                }
            })
        images = manifest.images(for: kind.role, on: kind.arch)
    }

    var programsAreRight: String { programs.check }

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
