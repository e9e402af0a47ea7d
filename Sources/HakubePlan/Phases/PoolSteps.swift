// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Pools of service addresses: made, kept right at every run, and taken away when the inventory has none any more.
extension Planner {
    func poolSteps() throws -> [Step] {
        if spec.servicePools.isEmpty { return formerSpec?.servicePools.isEmpty ?? true ? [] : [poolRemoval] }
        let manifests = PoolManifests(input: input)
        return [poolStep(try manifests.pools()), providerStep(try manifests.cloudProvider())]
    }

    /// The provider reads the ConfigMap anew for each Service. A pool that somebody else left in it would come before ours.
    private func poolStep(_ manifest: String) -> Step {
        let data = spec.servicePools.map { "range-\($0.namespace)" }
        let wanted = spec.servicePools.map { "range-\($0.namespace)=\(PoolManifests.addresses(of: $0))" }
        let system = "\(kubectl) -n kube-system"
        let template = #"{{range $key, $value := .data}}{{$key}}={{$value}}{{"\n"}}{{end}}"#
        return Step(
            id: "service-pools", title: "pools of service addresses",
            action: .run(
                Script(
                    """
                    \(manifestFunction(manifest))
                    manifest | \(system) apply -f - >&2
                    keys=$(\(system) get configmap kubevip -o go-template='{{range $key, $value := .data}}{{$key}} {{end}}')
                    for key in $keys; do
                        case $key in
                            \(data.map(Script.quoted).joined(separator: " | "))) ;;
                            cidr-* | range-*)
                                \(system) patch configmap kubevip --type merge -p '{"data":{"'"$key"'":null}}' >&2 ;;
                        esac
                    done
                    """)),
            unless: Script(
                """
                said=$(\(system) get configmap kubevip --ignore-not-found -o go-template=\(Script.quoted(template)))
                for pool in \(wanted.map(Script.quoted).joined(separator: " ")); do
                    printf '%s\\n' "$said" | grep -qxF -- "$pool"
                done
                [ "$(printf '%s\\n' "$said" | grep -cE '^(cidr|range)-')" = \(wanted.count) ]
                """))
    }

    /// What was applied last is known by its digest, so that a field that the API server fills in looks like no change.
    private func providerStep(_ manifest: String) -> Step {
        let deployment = "\(kubectl) -n kube-system get deployment \(PoolManifests.imageName) --ignore-not-found"
        let template = "{{with .metadata.annotations}}{{index . \"\(Self.appliedAnnotation)\"}}{{end}}"
        let digest = "digest=$(manifest | sha256sum | cut -d ' ' -f 1)"
        return Step(
            id: "cloud-provider", title: "kube-vip's cloud provider",
            action: .run(
                Script(
                    """
                    \(manifestFunction(manifest))
                    \(digest)
                    manifest | \(kubectl) apply -f - >&2
                    \(kubectl) -n kube-system annotate --overwrite deployment \(PoolManifests.imageName) \\
                        \(Self.appliedAnnotation)=$digest >&2
                    """)),
            unless: Script(
                """
                \(manifestFunction(manifest))
                \(digest)
                [ "$(\(deployment) -o go-template=\(Script.quoted(template)))" = "$digest" ]
                manifest | \(kubectl) get -f - -o name >/dev/null
                """))
    }

    private var poolRemoval: Step {
        let name = PoolManifests.imageName
        let objects = ["deployment", "rolebinding", "role", "serviceaccount"].map { "\($0)/\(name)" }
        let cluster = ["clusterrolebinding", "clusterrole"].map { "\($0)/hakube:\(name)" }
        let all = (objects + ["configmap/kubevip"] + cluster).joined(separator: " ")
        let system = "\(kubectl) -n kube-system"
        return Step(
            id: "service-pools", title: "remove the pools of service addresses",
            action: .run(Script("\(system) delete --ignore-not-found \(all) >&2")),
            unless: Script("left=$(\(system) get --ignore-not-found -o name \(all))\n[ -z \"$left\" ]"))
    }

    private static let appliedAnnotation = "hakube.local/applied"
}
