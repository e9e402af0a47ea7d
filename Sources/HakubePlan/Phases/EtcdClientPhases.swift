// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What API servers have to know of an etcd that is not beside them.
extension Planner {
    /// The files by which an API server and etcd know each other, on the master that makes the cluster; masters that join get
    /// them from kubeadm.
    func etcdClientPhases() -> [Phase] {
        switch spec.etcd {
        case .stacked: return []
        case .hosts:
            guard let keeper = etcdState.keeper, state.isNew else { return [] }
            return [
                together("etcd-client", "Let the API servers into etcd", [Lane(host: keeper.id, steps: clientSteps)]),
                together("etcd-files", "What the API server shows to etcd", [clientFiles(on: state.lead)]),
            ]
        case .external(let etcd):
            guard let credentials = etcd.credentials else { return [] }
            // Masters of long standing as well, so that a new certificate in the inventory reaches them.
            let masters = masters.filter { !state.isJoining($0) && input.isNewcomer($0) }
            return [
                together(
                    "etcd-files", "What the API servers show to etcd",
                    masters.map { clientFiles(on: $0, ca: credentials.ca, certificate: credentials.certificate) })
            ]
        }
    }

    /// kubeadm makes the pair on the host that has the CA.
    private var clientSteps: [Step] {
        [
            Step(
                id: "etcd-client", title: "a certificate for the API servers",
                action: .run(
                    Script(
                        """
                        rm -f \(HostPath.etcdClient) \(HostPath.etcdClientKey)
                        kubeadm init phase certs apiserver-etcd-client --config \(HostPath.kubeadmEtcd) >&2
                        """)),
                unless: Script("[ -s \(HostPath.etcdClient) ]\n[ -s \(HostPath.etcdClientKey) ]"))
        ]
            + [
                (HostPath.etcdCA, .etcdCA), (HostPath.etcdClient, .etcdClient),
                (HostPath.etcdClientKey, .etcdClientKey),
            ].map { (path: String, value: RuntimeValue) in
                Step(
                    id: "read \(value.rawValue)", title: "read \(path)", action: .capture(path: path, as: value),
                    readOnly: true)
            }
    }

    /// The key is put in on the way to the host; of the rest everybody may know.
    private func clientFiles(
        on host: Host, ca: String = "\(RuntimeValue.etcdCA.marker)\n",
        certificate: String = "\(RuntimeValue.etcdClient.marker)\n"
    ) -> Lane {
        let files = [
            RemoteFile(path: HostPath.etcdCA, text: ca), RemoteFile(path: HostPath.etcdClient, text: certificate),
            RemoteFile(path: HostPath.etcdClientKey, mode: 0o600, text: "\(RuntimeValue.etcdClientKey.marker)\n"),
        ]
        return Lane(
            host: host.id,
            steps: files.map { Step(id: "write \($0.path)", title: "write \($0.path)", action: .write($0)) })
    }

    /// API servers of long standing learn which members there are, one server at a time, and only where the list differs.
    func etcdServersPhase() -> Phase {
        let wanted = (spec.etcdTopology.wantedEndpoints ?? []).map(\.description).joined(separator: ",")
        let lanes = masters.compactMap { host -> Lane? in
            guard !state.isJoining(host), !state.isNew, !wanted.isEmpty,
                let standing = input.facts(of: host).etcdServers, standing != wanted
            else { return nil }
            return Lane(host: host.id, steps: [serversStep(wanted), ownServerStep(host, shows: wanted)])
        }
        return Phase(
            id: "etcd-servers", title: "Tell the API servers which members etcd has", order: .oneByOne, lanes: lanes)
    }

    /// Only that one line: what else the owner has changed in the manifest stays.
    private func serversStep(_ wanted: String) -> Step {
        let manifest = "\(HostPath.manifests)/kube-apiserver.yaml"
        // Not beside it: the kubelet starts whatever lies in that folder.
        let new = "/etc/kubernetes/.hakube-kube-apiserver.yaml"
        return Step(
            id: "etcd-servers", title: "give its API server the list",
            action: .run(
                Script(
                    """
                    cp -p \(manifest) \(new)
                    sed 's|^\\( *- --etcd-servers=\\).*|\\1\(wanted)|' \(manifest) > \(new)
                    sync \(new) 2>/dev/null || :
                    mv \(new) \(manifest)
                    """)),
            unless: Script("sed -n 's/^ *- --etcd-servers=//p' \(manifest) | grep -qxF -e '\(wanted)'"))
    }

    /// The server that ran before may still answer when its manifest has changed.
    private func ownServerStep(_ host: Host, shows wanted: String) -> Step {
        let server = "https://\(host.address.bracketed):\(spec.endpoint.serverPort)"
        return Step(
            id: "own-api-server", title: "wait until its API server runs with it",
            action: .await(
                Script(
                    """
                    runs=no
                    for name in $(grep -lsx kube-apiserver /proc/[0-9]*/comm); do
                        if tr '\\0' '\\n' < "${name%comm}cmdline" | grep -qxF -e '--etcd-servers=\(wanted)'; then runs=yes; fi
                    done
                    [ $runs = yes ]
                    \(spec.readinessQuestion(kubeconfig: HostPath.adminKubeconfig, server: server).text)
                    """), deadline: .seconds(240)),
            readOnly: true)
    }
}
