// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// The cluster's keys and its data, before both are gone: nobody else has them.
    ///
    /// Taken from a master that serves. Where none does, from any that still has them: its database then holds what it had
    /// when it stopped.
    func backupLanes(_ removal: Removal) -> [Lane] {
        let candidates = spec.masters.filter { !removal.dead.contains($0.id) && removal.leaves($0) }
        let kept = candidates.filter { input.facts(of: $0).clusterCADigest != nil }
        guard let folder = removal.backup,
            let host = kept.first(where: { input.facts(of: $0).serves }) ?? kept.first
        else { return [] }
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
        let database = input.facts(of: host).serves ? "etcd.db" : "etcd-at-rest.db"
        let data = Step(
            id: "backup-etcd", title: "take a snapshot of etcd",
            action: .run(Script(snapshot(on: host, to: "\(place)/\(database)"), timeout: .seconds(600))))
        let fetches = ["pki.tar", database].map { name in
            Step(
                id: "keep \(name)", title: "bring \(name) home",
                action: .keep(path: "\(place)/\(name)", name: "\(folder)/\(name)"),
                unless: Script("[ ! -e \(place)/\(name) ]"))
        }
        return [Lane(host: host.id, steps: [keys, data] + fetches)]
    }

    /// etcdctl writes where the pod can, which is etcd's own folder on the host.
    private func snapshot(on host: Host, to file: String) -> String {
        guard input.facts(of: host).serves else {
            // A master that is only half made has none.
            return "umask 077\nif [ -e /var/lib/etcd/member/snap/db ]; then cp /var/lib/etcd/member/snap/db \(file); fi"
        }
        return """
            umask 077
            \(etcd(of: host).function)
            etcd \(etcd(of: host).local) snapshot save /var/lib/etcd/hakube-snapshot.db >&2
            mv /var/lib/etcd/hakube-snapshot.db \(file)
            """
    }
}
