// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A script that runs on a host as a systemd unit of its own: neither the end of the connection nor that of sshd ends it.
///
/// What it needs lies in /run, which a reboot empties: a job that is not there any more cannot be running. The scripts here
/// only start, watch and clear; each begins with a line that says so.
package struct HostJob: Sendable, Hashable {
    package enum Act: String, Sendable, CaseIterable {
        case start, follow, check, stop, clear
    }

    /// How a job ended, or why nothing can be said of it.
    package enum End: Sendable, Hashable {
        case status(Int)
        /// systemd ended it when its time was over.
        case overrun
        /// It ended without leaving a status.
        case killed
        /// The host knows nothing of it.
        case gone
        /// One of the same name stands there already.
        case occupied

        /// Reads the last line that `start` or `follow` printed on standard output.
        package init?(_ output: String) {
            let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
            switch (words.first, words.dropFirst().first.flatMap { Int($0) }) {
            case ("ended", let status?): self = .status(status)
            case ("ended", nil): self = .killed
            case ("overrun", _): self = .overrun
            case ("killed", _): self = .killed
            case ("gone", _): self = .gone
            case ("occupied", _): self = .occupied
            default: return nil
            }
        }
    }

    package static let root = "/run/hakube-jobs"
    /// The check's way to say that a job stands; no test(1), grep(1) or kubectl(1) ends so.
    package static let standing = 75
    /// Ends the script's text in `start`.
    package static let mark = "HAKUBE_JOB_END"

    /// The same in every run, so that a later one finds what an earlier one left.
    package let name: String
    private let title: String
    private let timeout: Duration

    package init(step: String, title: String, timeout: Duration) {
        name = String(step.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        self.title = title
        self.timeout = timeout
    }

    private var folder: String { "\(Self.root)/\(name)" }
    private var unit: String { "hakube-job-\(name).service" }

    /// Starts `text` and follows it to its end. Where a job stands already nothing is started.
    func start(_ text: String) -> String {
        script(
            .start,
            """
            if [ -e \(folder) ]; then echo occupied; exit 0; fi
            umask 077
            mkdir -p \(folder)
            cat > \(folder)/script <<'\(Self.mark)'
            \(text)
            \(Self.mark)
            : > \(folder)/log
            systemctl -q reset-failed \(unit) 2>/dev/null || :
            systemd-run --quiet --unit=\(unit) --description=\(Script.quoted("hakube: \(title)")) \\
                --property=RuntimeMaxSec=\(timeout.components.seconds) --property=TimeoutStopSec=10 \\
                /bin/sh -c \(Script.quoted(command))
            \(watch(from: 1))
            """)
    }

    /// The status comes by a rename, so that it is either there whole or not there.
    private var command: String {
        """
        export LC_ALL=C HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        umask 022
        sh -eu \(folder)/script > \(folder)/log 2>&1 < /dev/null
        echo $? > \(folder)/status.new && mv \(folder)/status.new \(folder)/status
        """
    }

    /// Follows what stands from a line of its output on.
    func follow(from line: Int) -> String {
        script(.follow, "if [ ! -e \(folder) ]; then echo gone; exit 0; fi\n\(watch(from: line))")
    }

    /// The job's output on standard error, and how it ended on standard output.
    private func watch(from line: Int) -> String {
        """
        show() { systemctl show -p "$1" --value \(unit); }
        process=$(show MainPID)
        if [ "${process:-0}" != 0 ]; then
            tail -n +\(line) -s 0.2 --pid="$process" -f \(folder)/log >&2
        elif [ -e \(folder)/log ]; then
            tail -n +\(line) \(folder)/log >&2
        fi
        while [ ! -e \(folder)/status ]; do
            case $(show ActiveState) in active | activating | deactivating) sleep 0.2 ;; *) break ;; esac
        done
        if [ -e \(folder)/status ]; then echo "ended $(cat \(folder)/status)"
        elif [ "$(show Result)" = timeout ]; then echo overrun
        else echo killed; fi
        """
    }

    /// `unless`, asked only where no job stands: a job that is under way would make its answer worthless.
    func check(_ unless: String) -> String {
        script(.check, "if [ -e \(folder) ]; then exit \(Self.standing); fi\n\(unless)")
    }

    var stop: String { script(.stop, "systemctl stop \(unit)\n\(removal)") }

    var clear: String { script(.clear, removal) }

    private var removal: String {
        """
        systemctl -q reset-failed \(unit) 2>/dev/null || :
        rm -rf \(folder)
        rmdir \(Self.root) 2>/dev/null || :
        """
    }

    private func script(_ act: Act, _ text: String) -> String { "# hakube job \(name): \(act.rawValue)\n\(text)" }
}
