// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// The cluster's keys and its data, before both are gone: nobody else has them.
    ///
    /// Taken from a master that serves. Where none does, from any that still has them: its database then holds what it had
    /// when it stopped.
    func backupLanes(_ removal: Removal) -> [Lane] {
        guard let folder = removal.backup else { return [] }
        let candidates = spec.masters.filter { !removal.dead.contains($0.id) && removal.leaves($0) }
        let kept = candidates.filter { input.facts(of: $0).clusterCADigest != nil }
        let host = kept.first(where: { input.facts(of: $0).serves }) ?? kept.first
        let place = "\(HostPath.state)/backup"
        let keys = Step(
            id: "backup-keys", title: "collect the cluster's keys",
            action: .run(
                Script(
                    """
                    umask 077
                    mkdir -p \(place)
                    cd /etc/kubernetes
                    tar -cf \(place)/pki.tar pki $(ls admin.conf super-admin.conf 2>/dev/null)
                    """)))
        // A copy of a database at rest never takes the place of a snapshot that an earlier run brought home.
        func fetch(_ name: String) -> Step {
            Step(
                id: "keep \(name)", title: "bring \(name) home",
                action: .keep(path: "\(place)/\(name)", name: "\(folder)/\(name)"),
                unless: Script("[ ! -e \(place)/\(name) ]"))
        }
        var lanes = host.map { [Lane(host: $0.id, steps: [keys, fetch("pki.tar")])] } ?? []
        guard let member = member(removal, beside: host) else { return lanes }
        let answers = answers(member, removal)
        let database = answers ? "etcd.db" : "etcd-at-rest.db"
        let data = Step(
            id: "backup-etcd", title: "take a snapshot of etcd",
            action: .run(
                Script(
                    snapshot(on: member, answers: answers, to: "\(place)/\(database)"), timeout: .seconds(600))))
        if member.id == host?.id {
            lanes = [Lane(host: member.id, steps: [keys, data, fetch("pki.tar"), fetch(database)])]
        } else {
            // Of a cluster whose masters are all gone the data alone are left.
            lanes.append(Lane(host: member.id, steps: [data, fetch(database)]))
        }
        return lanes
    }

    /// The host whose member is asked for the data; `nil` where somebody else runs etcd, and keeps them.
    private func member(_ removal: Removal, beside master: Host?) -> Host? {
        if spec.etcdTopology.isStacked { return master }
        let candidates = etcdHosts.filter { !removal.dead.contains($0.id) && input.facts(of: $0).isMember(as: .etcd) }
        return candidates.first { answers($0, removal) } ?? candidates.first
    }

    private func answers(_ host: Host, _ removal: Removal) -> Bool {
        spec.etcdTopology.isStacked
            ? input.facts(of: host).serves : EtcdMember.isHealthy(on: host, in: removal.members)
    }

    /// The owner may have put etcd's data elsewhere (`etcd.local.dataDir`); the pod knows.
    private static let dataFolder = """
        data=/var/lib/etcd
        if [ -e \(HostPath.manifests)/etcd.yaml ]; then
            data=$(sed -n 's/^ *- --data-dir=//p' \(HostPath.manifests)/etcd.yaml)
            if [ -z "$data" ]; then
                echo "\(HostPath.manifests)/etcd.yaml does not say where etcd's data are" >&2
                exit 1
            fi
        fi
        """

    /// etcdctl writes where the pod can, which is etcd's own folder on the host.
    private func snapshot(on host: Host, answers: Bool, to file: String) -> String {
        guard answers else {
            return """
                umask 077
                mkdir -p \(HostPath.state)/backup
                \(Self.dataFolder)
                # A host that is only half made has none.
                [ -e "$data/member/snap/db" ] || exit 0
                # A database that is written to meanwhile would be copied torn.
                systemctl stop kubelet 2>/dev/null || :
                \(PodContainers.list(named: "etcd")) | while read -r container; do
                    ctr -n k8s.io tasks kill --signal SIGTERM "$container" >&2 || :
                    tries=0
                    while [ $tries -lt 50 ] && ctr -n k8s.io tasks ls -q | grep -qFx "$container" &&
                        ctr -n k8s.io tasks ls | grep -F "$container" | grep -q RUNNING; do
                        sleep 0.2
                        tries=$((tries + 1))
                    done
                done
                cp "$data/member/snap/db" \(file)
                """
        }
        return """
            umask 077
            mkdir -p \(HostPath.state)/backup
            \(etcd(of: host).function)
            # The API server learns of a master's own pods a little after it has come up.
            tries=0
            until etcd \(etcd(of: host).local) endpoint health >/dev/null 2>&1 || [ $tries -ge 60 ]; do
                sleep 1
                tries=$((tries + 1))
            done
            \(Self.dataFolder)
            etcd \(etcd(of: host).local) snapshot save "$data/hakube-snapshot.db" >&2
            mv "$data/hakube-snapshot.db" \(file)
            """
    }
}
