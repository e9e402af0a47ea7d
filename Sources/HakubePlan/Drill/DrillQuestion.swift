// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

extension Endpoint {
    /// A program on the masters tells the network where its address is, by frames that no router passes on.
    package var isAnnounced: Bool {
        switch strategy {
        case .kubeVIP(_, .arp), .keepalived, .haproxyKeepalived: true
        case .kubeVIP, .guardian, .external: false
        }
    }
}

/// The one script that asks a drill's target whether the drill can be made. It reads only and prints `key base64` lines, the last
/// of them `end`.
package struct DrillQuestion: Sendable, Hashable {
    package let kind: DrillKind
    package let target: Host
    /// A program on the masters announces the endpoint's address: a host that is cut off must not.
    package let announces: Bool

    package init(kind: DrillKind, target: Host, announces: Bool = false) {
        self.kind = kind
        self.target = target
        self.announces = announces
    }

    package var script: Script {
        Script(
            """
            set +eu
            {
            say() { printf '%s %s\\n' "$1" "$(printf %s "$2" | base64 | tr -d '\\n')"; }
            said=''
            \(part)
            say obstacle "$said"
            for path in \(HostFiles.drillTraces.joined(separator: " ")); do
                [ ! -e $path ] || say left $path
            done
            say boot "$(\(Self.boot))"
            say end yes
            } </dev/null
            """, timeout: .seconds(30))
    }

    /// Prints what is another after each start of the host: the kernel's own mark and, for hosts that are containers, when
    /// the first process began.
    package static let boot = """
        cat /proc/sys/kernel/random/boot_id; sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20
        """

    private var part: String {
        let timer = "command -v systemd-run >/dev/null || said='systemd-run is not there to arm a timer with'"
        switch kind {
        case .process:
            return """
                \(DrillProcess.finding)
                [ -e \(HostPath.apiServerManifest) ] || said='there is no \(HostPath.apiServerManifest)'
                [ -n "$said" ] || servers || said='no process of the API server runs here'
                [ -n "$said" ] || \(timer)
                """
        case .network:
            return """
                \(DrillNetwork.finding(target))
                filter
                [ -n "$said" ] || \(timer)
                \(announces ? "if [ -z \"$said\" ]; then\n\(DrillNetwork.silence(target))\nfi" : "")
                say way "${device:-} ${port:-} ${tool:-}"
                """
        case .host: return "command -v systemctl >/dev/null || said='systemctl is not there to restart the host with'"
        }
    }
}
