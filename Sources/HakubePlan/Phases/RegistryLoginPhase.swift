// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// Logins to registries that only the members know: no record holds them, so newcomers get theirs from a master that
    /// serves. No file of the operator's is needed to join.
    func registryLoginPhase() -> Phase {
        let unknown = spec.registries.filter { $0.login != nil && $0.login?.password == nil }
        let steps =
            newcomers.isEmpty || state.isNew
            ? []
            : unknown.map { registry in
                Step(
                    id: "registry-login \(registry.host)", title: "read the login to \(registry.host)",
                    action: .learn(path: RegistryFiles.hostsFile(of: registry.host), registry: registry.host),
                    readOnly: true)
            }
        return together("registry-logins", "Read the logins to registries", [Lane(host: state.lead.id, steps: steps)])
    }
}
