// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// How an etcd that stands takes in another member.
///
/// From 3.4 on, which came with Kubernetes 1.17, it comes as a learner: it counts for no majority until it has all that the
/// others have. So an etcd of one member goes on while its second has yet to start; with a voter announced it would have no
/// majority, and from 3.5 on not even say who its members are.
extension Planner {
    private var takesLearners: Bool { spec.kubernetes.isAtLeast(1, 17) }

    /// etcd learns of the new member; whom it will find is kept for it.
    func announcement(of host: Host, by lead: Host) -> [Step] {
        let control = etcd(of: lead)
        let url = EtcdMember.peerURL(of: host)
        let name = Script.quoted(input.nodeName(of: host))
        let script = """
            \(control.function)
            # A member that has just joined may still be starting, and etcd takes the next only when all are well.
            tries=0
            while [ $tries -lt 60 ] && ! etcd \(control.local) endpoint health --cluster >/dev/null 2>&1; do
                sleep 2
                tries=$((tries + 1))
            done
            # On a line of its own: in a pipe nobody would notice that there is no list.
            list=$(etcd \(control.local) member list -w fields)
            # Until it has started it has no name there.
            printf '%s\\n' "$list" | awk -F '"' -v name=\(name) -v url='\(url)' '
                function tell(name, url) { printf "%s%s=%s", comma, name, url; comma = "," }
                $2 == "Name" { is = $4 }
                $2 == "PeerURL" { known = known || $4 == url; tell(is == "" && $4 == url ? name : is, $4) }
                END { if (!known) tell(name, url); print "" }' > \(HostPath.etcdMembers).new
            mv \(HostPath.etcdMembers).new \(HostPath.etcdMembers)
            is_known() { case $list in *'"\(url)"'*) ;; *) return 1 ;; esac; }
            # etcd takes nobody until it has been connected to all it has for five seconds ("unhealthy cluster").
            tries=0
            add() { etcd \(control.local) member add \(name)\(takesLearners ? " --learner" : "") --peer-urls=\(url) >&2; }
            until is_known || add; do
                tries=$((tries + 1))
                [ $tries -lt 15 ] || exit 1
                sleep 2
                # An answer may have been lost on its way.
                list=$(etcd \(control.local) member list -w fields) || list=
            done
            """
        return [
            Step(
                id: "etcd-announce \(host.id)", title: "announce \(host.id) to etcd",
                action: .run(Script(script, timeout: .seconds(180)))),
            captureStep(HostPath.etcdMembers, as: .etcdMembers, "read which members it will find"),
        ]
    }

    /// A learner becomes a voter as soon as it has caught up, which etcd's leader knows.
    func voteSteps(_ host: Host, by lead: Host) -> [Step] {
        guard takesLearners else { return [] }
        let control = etcd(of: host)
        let other = etcd(of: lead).local
        // `ID, started, NAME, PEER URLS, CLIENT URLS, IS A LEARNER`
        let row = "awk -F ', ' -v url='\(EtcdMember.peerURL(of: host))'"
        return [
            Step(
                id: "etcd-vote \(host.id)", title: "let it vote",
                action: .run(
                    Script(
                        """
                        \(control.function)
                        promotion() {
                            list=$(etcd \(other) member list) || return 1
                            learner=$(printf '%s\\n' "$list" | \(row) '$4 == url && $6 == "true" { print $1 }')
                            [ -z "$learner" ] || etcd \(other) member promote "$learner"
                        }
                        tries=0
                        until words=$(promotion 2>&1); do
                            tries=$((tries + 1))
                            if [ $tries -ge 100 ]; then
                                printf '%s\\n' "$words" >&2
                                exit 1
                            fi
                            sleep 2
                        done
                        """, timeout: .seconds(600))),
                unless: Script(
                    """
                    \(control.function)
                    list=$(etcd \(other) member list)
                    printf '%s\\n' "$list" | \(row) '$4 == url && $6 == "false" { votes = 1 } END { exit !votes }'
                    """))
        ]
    }
}
