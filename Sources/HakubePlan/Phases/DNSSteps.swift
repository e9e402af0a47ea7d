// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The cluster's DNS: how many servers, on which hosts. kubeadm makes two and keeps the number at upgrades, so it does not
/// fight over it. Where nobody asks for more, its own stand as it made them.
extension Planner {
    /// Number, place and spread as CoreDNS' Deployment has them.
    var dnsSteps: [Step] {
        guard let wish = DNSWish(spec, former: formerSpec?.dns) else { return [] }
        var checks: [String] = []
        var fields: [String] = []
        if let replicas = wish.replicas {
            checks.append("has 'replicas \(replicas)'")
            fields.append("\"replicas\":\(replicas)")
        }
        var selectors: [String] = []
        if wish.isOnMasters {
            checks.append("has \(Script.quoted("selects \(masterLabel)="))")
            selectors.append("\"\(masterLabel)\":\"\"")
        } else if wish.leavesMasters {
            checks.append("if has \(Script.quoted("selects \(masterLabel)=")); then exit 1; fi")
            selectors.append("\"\(masterLabel)\":null")
        }
        var template = selectors.isEmpty ? "" : "\"nodeSelector\":{\(selectors.joined(separator: ","))}"
        var spreading = "spread="
        if wish.isSpread {
            checks.append("has spread")
            // kubeadm's own rule, which its manifest has from 1.25 on; a rule of the user's in its place is as good.
            let comma = template.isEmpty ? "" : ","
            spreading = """
                spread=
                if ! has spread; then spread='\(Self.antiAffinity)\(comma)'; fi
                """
            template = "'\"$spread\"'\(template)"
        }
        if !template.isEmpty { fields.append("\"template\":{\"spec\":{\(template)}}") }
        let patch = """
            \(spreading)
            \(kubectl) -n kube-system patch deployment coredns --type merge -p '{"spec":{\(fields.joined(separator: ","))}}' >&2
            """
        return [
            Step(
                id: "dns", title: wish.title, action: .run(Script("\(dnsReading)\n\(patch)")),
                unless: Script("\(dnsReading)\n\(checks.joined(separator: "\n"))"))
        ]
    }

    /// The scheduler looks at hosts only when a pod is made, and kubeadm's pods are made while the first master is the only
    /// node. So those that share a host are made anew, one at a time, once all nodes are there.
    func dnsPhase() -> Phase? {
        guard let dns = spec.dns else { return nil }
        let count = dns.count(masters: spec.masters.count) ?? ClusterDNS.usualReplicas
        let status = "\(kubectl) -n kube-system rollout status deployment coredns"
        let ready = Step(
            id: "dns-ready", title: "all DNS servers run",
            action: .await(Script("\(status) --timeout=10s >&2"), deadline: .seconds(300)), readOnly: true)
        let act = """
            \(crowding(dns))
            tries=0
            while [ $tries -lt \(count) ]; do
                pod=$(crowded)
                [ -n "$pod" ] || break
                \(kubectl) -n kube-system delete pod "$pod" >&2
                \(status) --timeout=120s >&2
                tries=$((tries + 1))
            done
            """
        let spread = Step(
            id: "dns-spread", title: "spread DNS servers over hosts",
            action: .run(Script(act, timeout: .seconds(60 + 150 * count))),
            unless: Script("\(crowding(dns))\npod=$(crowded)\n[ -z \"$pod\" ]"))
        return together("dns", "Spread DNS over hosts", [Lane(host: state.lead.id, steps: [ready, spread])])
    }

    private var masterLabel: String { KubeadmDialect(version: spec.kubernetes).masterLabel }

    private static let antiAffinity =
        #""affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":100,"#
        + #""podAffinityTerm":{"labelSelector":{"matchLabels":{"k8s-app":"kube-dns"}},"#
        + #""topologyKey":"kubernetes.io/hostname"}}]}}"#

    /// What the Deployment has, a line each, and `has` to look for a line.
    private var dnsReading: String {
        let template =
            #"replicas {{.spec.replicas}}{{"\n"}}{{with .spec.template.spec}}"#
            + #"{{with .affinity}}{{if .podAntiAffinity}}spread{{"\n"}}{{end}}{{end}}"#
            + #"{{if .topologySpreadConstraints}}spread{{"\n"}}{{end}}"#
            + #"{{range $key, $value := .nodeSelector}}selects {{$key}}={{$value}}{{"\n"}}{{end}}{{end}}"#
        return """
            said=$(\(kubectl) -n kube-system get deployment coredns -o go-template=\(Script.quoted(template)))
            newline='
            '
            has() { case "$newline$said$newline" in *"$newline$1$newline"*) ;; *) return 1 ;; esac; }
            """
    }

    /// `crowded` names a server that shares its host with another while a host that could have it has none.
    private func crowding(_ dns: ClusterDNS) -> String {
        let selector = "kubernetes.io/os=linux" + (dns.isOnMasters ? ",\(masterLabel)=" : "")
        return """
            crowded() {
                hosts=$(\(kubectl) get nodes -l \(selector) -o go-template=\(Script.quoted(Self.hostTemplate)))
                pods=$(\(kubectl) -n kube-system get pods -l k8s-app=kube-dns -o go-template=\(Script.quoted(Self.podTemplate)))
                printf '%s\\n' "$hosts" "$pods" | awk '
                    $1 == "host" { free[$2] = 1 }
                    $1 == "pod" { delete free[$3]; pod[$3] = $2; if (++count[$3] > most) { most = count[$3]; host = $3 } }
                    END { for (name in free) empty = 1; if (empty && most > 1) print pod[host] }'
            }
            """
    }

    /// Hosts that take pods: Ready, and without a taint that CoreDNS does not tolerate.
    private static let hostTemplate =
        #"{{range .items}}{{$fits := false}}{{range .status.conditions}}"#
        + #"{{if eq .type "Ready"}}{{if eq .status "True"}}{{$fits = true}}{{end}}{{end}}{{end}}"#
        + #"{{range .spec.taints}}{{if ne .effect "PreferNoSchedule"}}{{if ne .key "node-role.kubernetes.io/master"}}"#
        + #"{{if ne .key "node-role.kubernetes.io/control-plane"}}{{$fits = false}}{{end}}{{end}}{{end}}{{end}}"#
        + #"{{if .spec.unschedulable}}{{$fits = false}}{{end}}"#
        + #"{{if $fits}}host {{.metadata.name}}{{"\n"}}{{end}}{{end}}"#

    private static let podTemplate =
        #"{{range .items}}{{if .spec.nodeName}}{{if not .metadata.deletionTimestamp}}"#
        + #"pod {{.metadata.name}} {{.spec.nodeName}}{{"\n"}}{{end}}{{end}}{{end}}"#
}

/// What the Deployment shall have.
private struct DNSWish {
    /// `nil`: the number that stands.
    let replicas: Int?
    let isOnMasters: Bool
    /// hakube kept it on masters before.
    let leavesMasters: Bool
    let isSpread: Bool

    /// `nil` where nobody asks for anything, now or before. What is no longer asked for becomes kubeadm's own again.
    init?(_ spec: ClusterSpec, former: ClusterDNS?) {
        guard spec.dns != nil || former != nil else { return nil }
        replicas =
            spec.dns?.count(masters: spec.masters.count)
            ?? (former?.replicas == nil ? nil : ClusterDNS.usualReplicas)
        isOnMasters = spec.dns?.isOnMasters ?? false
        leavesMasters = !isOnMasters && former?.isOnMasters == true
        isSpread = spec.dns != nil
        guard replicas != nil || isOnMasters || leavesMasters || isSpread else { return nil }
    }

    var title: String {
        let servers = replicas.map { "\($0) DNS \($0 == 1 ? "server" : "servers")" } ?? "DNS servers"
        return isOnMasters ? "\(servers) on masters" : servers
    }
}
