// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation
import HakubeModel

extension Plan {
    /// The plan as JSON: stable keys, sorted, secrets named but never shown. Ends with a newline.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(PlanDocument(self)) + Data("\n".utf8)
    }
}

/// The stable shape of `--output json`. A key once published stays; new ones may come.
private struct PlanDocument: Encodable {
    struct PhaseEntry: Encodable {
        let id: String, title: String, order: String, width: Int
        let lanes: [LaneEntry]
    }

    struct LaneEntry: Encodable {
        let host: String
        let steps: [StepEntry]
    }

    struct StepEntry: Encodable {
        let id: String, title: String
        let action: ActionEntry
        let unless: String?, turn: String?
        let readOnly: Bool
    }

    /// What the push sends: to each kind of host, and in all.
    struct PushEntry: Encodable {
        struct Kind: Encodable {
            let role: String, arch: String
            let hosts: Int, bytes: Int, totalBytes: Int
        }

        let bytes: Int, totalBytes: Int
        let kinds: [Kind]

        init?(_ totals: PushTotals) {
            guard let whole = totals.whole else { return nil }
            (bytes, totalBytes) = (whole.bytes, whole.total)
            kinds = totals.kinds.map {
                Kind(
                    role: $0.role.rawValue, arch: $0.arch.rawValue, hosts: $0.hosts, bytes: $0.load.bytes,
                    totalBytes: $0.load.total)
            }
        }
    }

    let format = 1
    let cluster: String, kubernetes: String
    let push: PushEntry?
    let phases: [PhaseEntry]

    init(_ plan: Plan) {
        cluster = plan.cluster
        kubernetes = plan.kubernetes.description
        push = PushEntry(PushTotals(plan))
        phases = plan.phases.map { phase in
            PhaseEntry(
                id: phase.id, title: phase.title, order: phase.order == .oneByOne ? "oneByOne" : "together",
                width: min(phase.order.width, phase.lanes.count),
                lanes: phase.lanes.map { lane in
                    LaneEntry(host: lane.host.description, steps: lane.steps.map(Self.entry))
                })
        }
    }

    private static func entry(_ step: Step) -> StepEntry {
        StepEntry(
            id: step.id, title: step.title, action: ActionEntry(step.action, step.load),
            unless: step.unless?.text.redacted,
            turn: step.turn, readOnly: step.readOnly)
    }
}

/// An action's kind and its particulars; what does not apply to the kind is left out.
private struct ActionEntry: Encodable {
    var kind: String
    var path: String?, mode: String?, text: String?, script: String?, role: String?, arch: String?, value: String?,
        server: String?
    var seconds: Int?
    /// Of a push: bytes that will be sent, of so many.
    var bytes: Int?, totalBytes: Int?

    init(_ action: Step.Action, _ load: PushLoad?) {
        kind = action.kind
        bytes = load?.bytes
        totalBytes = load?.total
        switch action {
        case .run(let script), .job(let script):
            self.script = script.text.redacted
            seconds = Int(script.timeout.components.seconds)
        case .write(let file):
            path = file.path
            mode = "0" + String(file.mode, radix: 8)
            text = file.text.redacted
        case .block(let block):
            path = block.path
            text = block.text
        case .push(let role, let arch, let folder):
            self.role = role.rawValue
            self.arch = arch.rawValue
            path = folder
        case .capture(let path, let value):
            self.path = path
            self.value = value.rawValue
        case .learn(let path, let registry):
            self.path = path
            value = registry
        case .fetch(let path, let name, let server):
            self.path = path
            value = name
            self.server = server
        case .keep(let path, let name):
            self.path = path
            value = name
        case .await(let script, let deadline):
            self.script = script.text.redacted
            seconds = Int(deadline.components.seconds)
        }
    }
}

extension Step.Action {
    /// The word for this kind of act in `--output json`.
    package var kind: String {
        switch self {
        case .run: "run"
        case .job: "job"
        case .write: "write"
        case .block: "block"
        case .push: "push"
        case .capture: "capture"
        case .learn: "learn"
        case .fetch: "fetch"
        case .keep: "keep"
        case .await: "await"
        }
    }
}

extension String {
    /// Runtime values by name only.
    fileprivate var redacted: String {
        resolvingRuntimeValues { "[redacted: \($0.rawValue)]" }.resolvingRegistryLogins { "[redacted: login to \($0)]" }
    }
}
