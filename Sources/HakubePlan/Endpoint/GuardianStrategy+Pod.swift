// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// The guardian as a static pod.
extension GuardianStrategy {
    /// Without the way to the API servers a worker's kubelet cannot bootstrap, and without a kubelet no pod can make that
    /// way: a transient unit guards until the pod takes over.
    var temporaryStep: Step {
        Step(
            id: "guardian-once", title: "guard the endpoint until the pod can",
            action: .run(Script(Self.startTemporaryUnit, timeout: .seconds(150))),
            unless: Script("\(HostPath.guardian) status >/dev/null"))
    }

    /// The kubelet starts it without asking the API server, so it is back after a reboot by itself.
    func podSteps(_ host: Host) throws -> [Step] {
        let manifest = try renderer.render(.guardianPod, ["image": image])
        let hasUnit = input.facts(of: host).hasGuardianUnit
        let pod = Step(
            id: "guardian-pod", title: "guardian as a static pod",
            action: .write(RemoteFile(path: HostPath.guardianPod, text: manifest)))
        // Beside a unit the pod may have been ended and started so often that the kubelet waits for five minutes.
        let takeover = Step(
            id: "guardian-took-over", title: "wait until the pod guards the endpoint",
            action: .await(
                Script(
                    """
                    for unit in \(Self.temporaryUnit) \(Self.unit); do
                        if systemctl -q is-active $unit; then exit 1; fi
                    done
                    \(HostPath.guardian) status
                    """), deadline: .seconds(hasUnit ? 360 : 180)), readOnly: true)
        return hasUnit ? [unitYields, pod, takeover, unitGoes] : [pod, takeover]
    }

    /// A unit that is told to start again at every end would take back what the pod has taken over. After a crash it still
    /// starts, so that the worker is not without any while the pod is on its way.
    private var unitYields: Step {
        Step(
            id: "guardian-unit-yields", title: "let the guardian's systemd unit give way to the pod",
            action: .run(
                Script(
                    """
                    mkdir -p \(Self.unitOverrides)
                    printf '[Service]\\nRestart=on-failure\\n' > \(Self.unitOverrides)/give-way.conf
                    systemctl daemon-reload
                    """)))
    }

    private var unitGoes: Step {
        Step(
            id: "guardian-unit-gone", title: "remove the guardian's systemd unit",
            action: .run(
                Script(
                    """
                    systemctl -q disable --now \(Self.unit)
                    rm -rf \(Self.unitOverrides) \(HostPath.guardianStarted) \(HostPath.guardianUnit)
                    systemctl daemon-reload
                    """)))
    }

    private var image: String {
        let name = "hakube.local/guardian"
        return input.bundle?.manifest.images.map(\.name).first { $0.hasPrefix("\(name):") } ?? "\(name):v0.1.0"
    }
}
