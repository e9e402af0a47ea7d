// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The steps that take the bundle's files from the stage to their places: the same for all hosts of a kind.
struct BundleSteps: Sendable {
    let install: Step
    let load: Step

    init(_ bundle: BundleContents?, _ kind: HostKind) {
        let stage = StageFolder(bundle: bundle)
        let installed = bundle.map { InstalledBundle($0.manifest, kind) }
        install = Step(
            id: "programs", title: kind.role == .etcd ? "install programs" : "install programs and CNI plugins",
            action: .job(Script(Self.install(stage, installed), timeout: .seconds(300))),
            unless: installed.map { Script($0.programsAreRight) })
        let names = (installed?.imageNames ?? []).map(Script.quoted).joined(separator: " ")
        load = Step(
            id: "images", title: "load images",
            action: .job(
                Script(
                    """
                    tar -C \(stage.path)/images -cf - . | ctr -n k8s.io images import - >&2 || \(stage.blaming)
                    for name in \(names); do
                        ctr -n k8s.io images label "$name" io.cri-containerd.pinned=pinned >/dev/null
                    done
                    """, timeout: .seconds(600))),
            unless: installed.map { Script($0.imagesAreThere) })
    }

    /// Copies beside the target and renames, so that a program in use is never half written. What stands is read once more:
    /// from then on its record tells that it is right.
    private static func install(_ stage: StageFolder, _ installed: InstalledBundle?) -> String {
        let copying = """
            place() {
                [ -d "$1" ] || return 0
                mkdir -p "$2"
                for file in "$1"/*; do
                    [ -f "$file" ] || continue
                    cp "$file" "$2/.hakube-new"
                    chmod $3 "$2/.hakube-new"
                    mv -f "$2/.hakube-new" "$2/${file##*/}"
                done
            }
            place \(stage.path)/bin \(HostPath.programs) 755
            place \(stage.path)/cni \(HostPath.cniPlugins) 755
            place \(stage.path)/files \(HostPath.files) 644
            """
        guard let installed, !installed.programs.entries.isEmpty else { return copying }
        return """
            \(copying)
            record() {
            \(installed.programs.making)
            }
            (record) || \(stage.blaming)
            """
    }
}
