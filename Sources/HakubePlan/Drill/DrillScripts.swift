// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What a drill runs on its target, as values.
///
/// Three hands can put back what was stopped, and each of them alone is enough: hakube's order, the end of the connection to
/// the operator's machine, and a timer of systemd's that is armed before anything is stopped. A restart of the host does it,
/// too. All of them do the same, in whatever order they come.
package struct DrillScripts: Sendable, Hashable {
    package let kind: DrillKind
    package let target: Host
    /// Seconds after its arming in which the timer fires.
    package let fuse: Int

    package init(kind: DrillKind, target: Host, fuse: Int) {
        self.kind = kind
        self.target = target
        self.fuse = fuse
    }

    package static let unit = "hakube-drill-restore"

    private var isArmed: String {
        kind.canBePutBack ? "{ [ -n \"$armed\" ] || { fail nothing is armed; false; }; }" : ":"
    }

    /// Answers orders that come on standard input, a line each, with a line each that ends with the host's clock in
    /// nanoseconds:
    ///
    ///     clock N   → clock N TIME
    ///     arm       → armed TIME
    ///     stop      → stopped TIME   the moment just before the act
    ///     restore   → restored TIME  the moment just after
    ///
    /// `failed WORDS` in place of an answer says why there is none. The end of its input is the order to restore.
    package var keeper: Script {
        Script(
            """
            set +eu
            \(Self.preamble)
            folder=\(HostPath.drill)
            armed='' stopped=''
            say() { printf '%s %s\\n' "$*" "$(date +%s%N)"; }
            fail() { printf 'failed %s\\n' "$*"; }
            restore() {
                moment=$(date +%s%N)
                [ -n "$armed" ] || return 0
                # The timer may have done it, and taken itself away.
                if [ -e "$folder/restore" ]; then
                    said=$(sh "$folder/restore" 2>&1 </dev/null) || { fail "$said"; return 1; }
                fi
                moment=$(date +%s%N)
                armed='' stopped=''
                \(Self.disarming)
                # The timer's units may be gone already, which systemctl calls a failure.
                return 0
            }
            arm() {
                mkdir -p "$folder" || { fail "$folder cannot be made"; return 1; }
                cat >"$folder/restore" <<'HAKUBE_RESTORE' || { fail "$folder cannot be written"; return 1; }
            \(Self.preamble)
            \(restoring)
            rm -rf \(HostPath.drill)
            HAKUBE_RESTORE
                \(Self.disarming)
                said=$(systemd-run --quiet --unit=\(Self.unit) --on-active=\(fuse)s \\
                    --timer-property=AccuracySec=100ms /bin/sh "$folder/restore" 2>&1 </dev/null) ||
                    { fail "no timer can be armed: $said"; return 1; }
                armed=yes
            }
            \(stopping)
            # Who writes to a connection that is gone must live to restore.
            trap '' PIPE
            trap 'restore >/dev/null' EXIT
            trap 'exit 143' HUP INT TERM
            say ready
            while read -r order number; do
                case $order in
                    clock) say "clock $number" ;;
                    arm) arm && say armed ;;
                    stop) \(isArmed) && { stop || fail "$said"; } ;;
                    restore) restore && echo "restored $moment" ;;
                esac
            done
            """, timeout: .seconds(120))
    }

    /// Puts back whatever a drill of any kind has left on the host, and disarms it. Changes nothing where there is nothing.
    package static func recovery(of target: Host) -> Script {
        let parts = DrillKind.allCases.filter(\.canBePutBack).map {
            "(\n\(DrillScripts(kind: $0, target: target, fuse: 0).restoring)\n)"
        }
        return Script(
            """
            set +eu
            \(preamble)
            status=0
            \(parts.joined(separator: " || status=1\n")) || status=1
            \(disarming)
            rm -rf \(HostPath.drill)
            exit $status
            """, timeout: .seconds(60))
    }

    private static let preamble = """
        export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        umask 022
        """

    private static let disarming = """
        systemctl stop \(unit).timer >/dev/null 2>&1 </dev/null
        systemctl reset-failed \(unit).service >/dev/null 2>&1 </dev/null
        """

    /// Shell text that can be run any number of times; its status tells whether all is as it was.
    private var restoring: String {
        switch kind {
        case .process: DrillProcess(target: target).restoring
        case .network: DrillNetwork(target: target).restoring
        case .host: ":"
        }
    }

    /// A function `stop` that says the moment, acts, and leaves in `said` why it could not.
    private var stopping: String {
        switch kind {
        case .process: DrillProcess(target: target).stopping
        case .network: DrillNetwork(target: target).stopping
        case .host: Self.restarting
        }
    }

    /// reboot(2) at once: no unit is stopped, no connection closed, as when the power fails. What was written is on the disk
    /// before: it is the endpoint's failure that is tried, not the file system's.
    private static let restarting = """
        stop() {
            sync
            say stopped
            said=$(systemctl reboot --force --force 2>&1 </dev/null) || return 1
        }
        """
}
