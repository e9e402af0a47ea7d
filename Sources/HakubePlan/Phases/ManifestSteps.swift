// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What the bundle brings for the API server. Each goes in once, and a ConfigMap remembers it, so that a second run leaves
/// the user's edits alone.
extension Planner {
    var podNetworkSteps: [Step] {
        guard let manifest = input.bundle?.podNetwork else { return [] }
        let subnets = spec.podSubnets.map(\.description).joined(separator: ",")
        return [
            apply(
                manifest.replacing("{{podSubnet}}", with: subnets), id: "pod-network", title: "apply the pod network",
                record: "hakube-pod-network", note: "podSubnet=\(subnets)")
        ]
    }

    var addOnSteps: [Step] {
        guard let bundle = input.bundle else { return [] }
        return bundle.addOns.map { addOn in
            apply(
                addOn.text, id: "add-on \(addOn.name)", title: "apply \(addOn.name)",
                record: "hakube-add-on-\(addOn.name)", note: "bundle=\(bundle.id)")
        }
    }

    /// A kind that the same text defines is known only some seconds later, so the text is applied again for a while.
    private func apply(_ text: String, id: String, title: String, record: String, note: String) -> Step {
        let script = """
            \(manifestFunction(text))
            for attempt in 1 2 3 4 5 6; do
                if manifest | \(kubectl) apply -f -; then
                    \(kubectl) -n kube-system create configmap \(record) --from-literal=\(Script.quoted(note)) >&2
                    exit 0
                fi
                sleep 5
            done
            exit 1
            """
        return Step(
            id: id, title: title, action: .run(Script(script)),
            unless: Script("\(kubectl) -n kube-system get configmap \(record) >/dev/null"))
    }

    /// `manifest` prints the text; no line of it ends it early.
    func manifestFunction(_ text: String) -> String {
        var mark = "MANIFEST"
        while text.contains(mark) { mark += "_" }
        return """
            manifest() {
            cat <<'\(mark)'
            \(text)
            \(mark)
            }
            """
    }
}
