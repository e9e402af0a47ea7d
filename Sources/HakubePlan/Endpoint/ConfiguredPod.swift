// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A static pod with a configuration that it takes up anew at a signal.
struct ConfiguredPod {
    /// Of the pod and of its container.
    let name: String
    let configuration: RemoteFile
    /// `nil`: the one that stands stays.
    let manifest: RemoteFile?
    /// What makes the program read its configuration without a moment in which it does not serve.
    let signal: String

    private var started: String { "\(HostPath.state)/\(name).started" }
    private var digest: String { "sha256sum < \(configuration.path)" }

    var steps: [Step] { [configurationStep] + manifestSteps + [reload] }

    var configurationStep: Step {
        Step(
            id: "\(name)-config", title: "write \(configuration.path)", action: .write(configuration))
    }

    private var manifestSteps: [Step] {
        manifest.map { [Step(id: "\(name)-pod", title: "\(name) as a static pod", action: .write($0))] } ?? []
    }

    /// A program that is started later reads the new text by itself; one that runs is told.
    private var reload: Step {
        Step(
            id: "\(name)-reload", title: "let \(name) take up its configuration",
            action: .run(
                Script(
                    """
                    \(PodContainers.signalling(signal, to: name))
                    mkdir -p \(HostPath.state)
                    \(digest) > \(started)
                    """)),
            unless: Script("[ \"$(\(digest))\" = \"$(cat \(started))\" ]"))
    }

    /// Its files gone, and the kubelet has ended the pod.
    ///
    /// - Parameter folder: holds the configuration alone, where there is one.
    static func removal(_ name: String, folder: String?) -> Step {
        let manifest = "\(HostPath.manifests)/\(name).yaml"
        let rest = [folder, "\(HostPath.state)/\(name).started"].compactMap { $0 }
        return Step(
            id: "\(name)-gone", title: "end \(name)",
            action: .run(
                Script(
                    """
                    rm -f \(manifest)
                    tries=0
                    while [ -n "$(ctr -n k8s.io tasks ls -q 2>/dev/null | grep -Fx \\
                        "$(\(PodContainers.list(named: name)))")" ]; do
                        tries=$((tries + 1))
                        [ $tries -lt 120 ] || { echo '\(name) still runs a minute after its pod was taken away' >&2; exit 1; }
                        sleep 0.5
                    done
                    rm -rf \(rest.joined(separator: " "))
                    """)),
            unless: Script(([manifest] + rest).map { "[ ! -e \($0) ]" }.joined(separator: "\n")))
    }
}
