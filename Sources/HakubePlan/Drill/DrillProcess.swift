// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The API server's process away, and back.
///
/// Its manifest gets a name that the kubelet passes over, and the process is killed in the same moment, before the kubelet
/// can ask it to end: a crash says no goodbye. Whose process it is its arguments tell: a host may run others of that name in
/// pods. A line for systemd-tmpfiles brings the manifest back should the host restart meanwhile.
struct DrillProcess {
    let target: Host

    private var manifest: String { HostPath.apiServerManifest }
    private var kept: String { HostPath.drillKept }
    private var boot: String { HostPath.drillBoot }

    /// A function `servers` that leaves the processes' numbers in `pids`.
    static let finding = """
        servers() {
            pids=''
            address=$(sed -n 's/^ *- *"\\{0,1\\}\\(--advertise-address=[^" ]*\\).*/\\1/p' \(HostPath.apiServerManifest) | head -n 1)
            for process in /proc/[0-9]*; do
                { read -r name <"$process/comm"; } 2>/dev/null || continue
                [ "$name" = kube-apiserver ] || continue
                [ -z "$address" ] || tr '\\0' '\\n' <"$process/cmdline" | grep -qxF -e "$address" || continue
                pids="$pids ${process#/proc/}"
            done
            [ -n "$pids" ]
        }
        """

    var stopping: String {
        """
        \(Self.finding)
        stop() {
            servers || { said='no process of the API server runs here'; return 1; }
            [ ! -e \(kept) ] || { said='\(kept) is there already'; return 1; }
            [ ! -d /etc/tmpfiles.d ] || echo 'C \(manifest) 0600 root root - \(kept)' >\(boot)
            now=$(date +%s%N)
            said=$(mv \(manifest) \(kept) 2>&1) || return 1
            kill -KILL $pids
            stopped=yes
            echo "stopped $now"
        }
        """
    }

    var restoring: String {
        """
        if [ -e \(manifest) ]; then
            rm -f \(kept)
        elif [ -e \(kept) ]; then
            # Another hand may do the same in this moment.
            mv \(kept) \(manifest) 2>/dev/null
        fi
        rm -f \(boot)
        [ -e \(manifest) ] || { echo 'the API server has no manifest'; exit 1; }
        """
    }
}
