// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

/// Consecutive small steps of a lane that travel to the host as one script.
///
/// On the host each runs as it would by itself: its check, then its act, each in a subshell of its own, under the run's claim.
/// After each part the script says on both streams how that part ended, so that every line can be given to its step. It stops
/// at the first part that fails, and at the first that needs more than a script (a job, a push, a wait) when that part's check
/// says that it is needed.
package struct StepBatch: Sendable {
    /// What the batch has done so far, on the host: where a connection broke, this says what was not heard. One for a host,
    /// since one run has it; a reboot takes it away.
    package static let record = "/run/hakube.batch"
    /// A script that may take longer travels by itself: it is watched, and cut off, alone.
    private static let longest = Duration.seconds(120)
    /// Bytes of script; beyond, a lane's next steps make another batch.
    private static let largest = 128 * 1024

    /// Names the batch in its marks and on the host; random, so that no script prints it by chance.
    let tag: String
    let parts: [BatchPart]

    /// As many of the steps as can go together, from the first on; `nil` where that is no more than one.
    init?(_ steps: ArraySlice<Step>, values: RuntimeValues, claim: String?) {
        var parts: [BatchPart] = []
        var size = 0
        for step in steps {
            guard let part = BatchPart(step, values: values, claim: claim, longest: Self.longest) else { break }
            size += part.size
            guard parts.isEmpty || size <= Self.largest else { break }
            parts.append(part)
        }
        // Nothing to save for steps whose checks alone could travel and that come one by one anyway.
        guard parts.count > 1 else { return nil }
        self.init(tag: "hakube-" + String(UInt64.random(in: .min ... .max), radix: 16), parts: parts)
    }

    init(tag: String, parts: [BatchPart]) {
        self.tag = tag
        self.parts = parts
    }

    /// The whole of it; its time-out is the sum of all, each part's own is watched by `BatchRunner`.
    var script: Script {
        let pieces = parts.enumerated().map { index, part in text(of: part, index) }
        return Script(
            prelude + pieces.joined(), timeout: parts.reduce(.seconds(10)) { $0 + $1.checkTimeout + $1.actTimeout })
    }

    /// `mine` turns false when another run's batch, or this run over a new connection, has come since.
    private var prelude: String {
        """
        # hakube batch \(tag)
        hakube_say() { printf '%s\\n' "\(tag) $1"; printf '%s\\n' "\(tag) $1" >&2; }
        hakube_mine() {
            hakube_owner=
            read -r hakube_owner 2>/dev/null < \(Self.record) || :
            [ "$hakube_owner" = \(tag) ]
        }
        hakube_note() {
            ! hakube_mine || printf '%s\\n' "$1" >> \(Self.record)
            hakube_say "$1"
        }
        printf '%s\\n' \(tag) > \(Self.record)
        # A part's failure is told, not suffered: errexit holds within the parts.
        set +e

        """
    }

    private func text(of part: BatchPart, _ index: Int) -> String {
        var text = "hakube_mine || exit 0\n"
        if let check = part.check {
            text += piece("check \(index) \(part.kind)", check)
            let otherwise = part.act == nil ? "hakube_note \"\(index) needed $hakube_status\"; exit 0" : nil
            text += """
                if [ $hakube_status = 0 ]; then hakube_note "\(index) unchanged 0"
                else \(otherwise ?? "hakube_say \"\(index) wanted $hakube_status\""); fi

                """
        } else {
            text += "hakube_status=1\n"
        }
        guard let act = part.act else { return text }
        return text + """
            if [ $hakube_status != 0 ]; then
            hakube_mine || exit 0
            printf '%s\\n' "\(index) begun 0" >> \(Self.record)
            \(piece("act \(index) \(part.kind)", act))\
            hakube_note "\(index) acted $hakube_status"
            [ $hakube_status = 0 ] || exit 0
            fi

            """
    }

    /// A subshell at the top level: within a condition `set -e` would have no effect.
    private func piece(_ header: String, _ text: String) -> String {
        "(\nset -eu\n# \(tag) \(header)\n\(text)\n) # \(tag)\nhakube_status=$?\n"
    }

    /// Asks a host over a new connection how far this batch came, and ends it there: what has not begun does not begin.
    ///
    /// Prints the record's lines and `reached`; or `never` where the run's lock stands and no record, so that the host was
    /// neither restarted nor reached. Asked again it says the same.
    func settling(claim: String?) -> Script {
        let settled = "settled-\(tag)"
        let unmet = claim.map { "elif grep -qsx 'token \($0)' \(RunLock.path); then echo never" } ?? ""
        return Script(
            """
            owner=
            read -r owner 2>/dev/null < \(Self.record) || :
            if [ "$owner" = \(tag) ]; then
                { echo \(settled); sed 1d \(Self.record); } > \(Self.record).new
                mv -f \(Self.record).new \(Self.record)
                owner=\(settled)
            fi
            if [ "$owner" = \(settled) ]; then sed 1d \(Self.record); echo reached
            \(unmet)
            fi
            """, timeout: .seconds(30))
    }
}
