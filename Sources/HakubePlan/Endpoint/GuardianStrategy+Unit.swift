// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// The guardian as a systemd unit.
extension GuardianStrategy {
    static let unit = "hakube-guardian.service"
    /// Of this boot only; here stands what makes the unit give way to a pod.
    static let unitOverrides = "/run/systemd/system/\(unit).d"

    /// It needs neither kubelet nor container runtime, so it stands before the join and stays.
    func unitSteps(_ host: Host) throws -> [Step] {
        let context: [String: Any] = [
            "program": HostPath.guardian, "configuration": HostPath.guardianConfiguration,
            "restrictOOMScore": !input.facts(of: host).canLowerOOMScore,
        ]
        let file = RemoteFile(path: HostPath.guardianUnit, text: try renderer.render(.guardianService, context))
        return [
            Step(id: "guardian-unit-file", title: "write \(file.path)", action: .write(file)),
            Step(
                id: "guardian-unit", title: "guardian as a systemd unit",
                action: .run(Script(Self.startUnit, timeout: .seconds(240))), unless: Script(Self.unitGuards)),
        ]
    }

    /// What runs is what was started with these bytes: their digest is kept at each start.
    private static let digest = "cat \(HostPath.guardianUnit) \(HostPath.guardian) | sha256sum"
    private static let started = "cat \(HostPath.guardianStarted) 2>/dev/null"

    private static let unitGuards = """
        systemctl -q is-active \(unit)
        systemctl -q is-enabled \(unit)
        [ "$(\(digest))" = "$(\(started))" ]
        [ ! -e \(HostPath.guardianPod) ]
        [ ! -e \(unitOverrides) ]
        """

    private static let startUnit = """
        rm -rf \(unitOverrides)
        systemctl daemon-reload
        systemctl -q enable \(unit)
        if systemctl -q is-active \(unit) && [ "$(\(digest))" != "$(\(started))" ]; then
        # It runs other bytes. A guardian beside it takes over, and the unit, which ends by that, starts anew with these: a
        # restart would leave a moment without any.
        before=$(systemctl show -p MainPID --value \(unit))
        \(startTemporaryUnit)
        while [ "$(systemctl show -p MainPID --value \(unit))" = "$before" ]; do sleep 0.2; done
        fi
        # Returns when an API server answers through it.
        systemctl start \(unit)
        if [ -e \(HostPath.guardianPod) ]; then
        rm \(HostPath.guardianPod)
        # The kubelet may have begun to start the pod's container anew before it saw that, and ends it soon. Until it has
        # forgotten the pod, the unit takes over as often as it has to; a mere start would wait for RestartSec.
        tries=0
        while [ $tries -lt 300 ] && systemctl -q is-active kubelet &&
            ls -d /var/lib/kubelet/pods/*/containers/hakube-guardian >/dev/null 2>&1; do
            systemctl -q is-active \(unit) || systemctl restart \(unit)
            tries=$((tries + 1))
            sleep 0.2
        done
        systemctl start \(unit)
        fi
        mkdir -p \(HostPath.state)
        \(digest) > \(HostPath.guardianStarted)
        """
}
