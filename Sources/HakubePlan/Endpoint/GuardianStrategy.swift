// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// The default: `hakube-guardian` on every worker balances the VIP over all masters that answer.
struct GuardianStrategy: EndpointStrategy {
    let input: PlanInput
    var renderer = TemplateRenderer()
    func beforeJoin(_ host: Host) throws -> [Step] { [] }
    func lasting(_ host: Host) throws -> [Step] { [] }
    func reachable(from host: Host) -> Step {
        Step(id: "x", title: "x", action: .run(Script("true")))
    }
}
