// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Joins a master in three parts, so that several masters can be prepared side by side.
///
/// `kubeadm join --control-plane` does the same in one go, but its etcd part must not run on two hosts at a time. Each part
/// is one call, since every call of kubeadm discovers the cluster anew.
struct MasterJoin {
    let spec: ClusterSpec
    /// etcd of the master that others join through.
    let etcdOfLead: EtcdControl

    private var dialect: KubeadmDialect { KubeadmDialect(version: spec.kubernetes) }

    /// Everything before etcd, etcd, everything after. An etcd elsewhere gets no member by this.
    var steps: [Step] { [prepare] + (spec.etcdTopology.isStacked ? [etcd] : []) + [finish] }

    /// Certificates, kubeconfigs and the kubelet. Up to 1.32 the control plane has to wait for etcd: without it the API server
    /// would crash-loop. From 1.33 on it stands ready first, and the kubelet bootstraps against it once etcd has joined.
    private var prepare: Step {
        let skipped =
            dialect.joinsEtcdFirst
            ? ["etcd-join", "kubelet-wait-bootstrap", "control-plane-join", "wait-control-plane"]
            : ["control-plane-prepare/control-plane", "control-plane-join"]
        return Step(
            id: "prepare-master", title: "certificates, kubeconfigs and the kubelet",
            action: .job(JoinScript(command: join(HostPath.kubeadmJoin, skipping: skipped)).beginning),
            unless: Script(
                dialect.joinsEtcdFirst
                    ? "[ -e \(HostPath.manifests)/kube-apiserver.yaml ]\n[ -e /var/lib/kubelet/config.yaml ]"
                    : "[ -e \(HostPath.kubeletKubeconfig) ]\n[ -e /etc/kubernetes/scheduler.conf ]"))
    }

    /// Between the moment the cluster counts the new member and the moment the member runs, a second master's cluster has no
    /// quorum: a job, since this must not end because an operator's line does.
    private var etcd: Step {
        let phase = dialect.joinsEtcdFirst ? "etcd-join" : "control-plane-join etcd"
        return Step(
            id: "etcd", title: "join etcd",
            action: .job(
                Script(
                    """
                    \(etcdOfLead.function)
                    # A member that has just joined may still be starting, and etcd takes the next only when all are well.
                    tries=0
                    while [ $tries -lt 60 ] && ! etcd \(etcdOfLead.local) endpoint health --cluster >/dev/null 2>&1; do
                        sleep 2
                        tries=$((tries + 1))
                    done
                    kubeadm join phase \(phase) --config \(HostPath.kubeadmJoinLater)
                    touch \(HostPath.etcdJoined)
                    """, timeout: .seconds(900))),
            // The manifest alone is no proof: kubeadm writes it before the learner is promoted, and takes a member that is there.
            unless: Script("[ -e \(HostPath.manifests)/etcd.yaml ]\n[ -e \(HostPath.etcdJoined) ]"),
            turn: "etcd membership")
    }

    private var finish: Step {
        let skipped =
            dialect.joinsEtcdFirst
            ? ["preflight", "control-plane-prepare", "kubelet-start", "etcd-join"]
            : [
                "preflight", "control-plane-prepare/download-certs", "control-plane-prepare/certs",
                "control-plane-prepare/kubeconfig", "kubelet-start", "control-plane-join/etcd",
            ]
        return Step(
            id: "control-plane", title: "start the control plane and mark the node",
            action: .job(
                Script(
                    "\(join(HostPath.kubeadmJoinLater, skipping: skipped))\nrm -f \(HostPath.unfinished)",
                    timeout: .seconds(600))),
            unless: Script(
                (["[ ! -e \(HostPath.unfinished) ]"]
                    + spec.etcdTopology.masterPods.sorted().map { "[ -e \(HostPath.manifests)/\($0).yaml ]" })
                    .joined(separator: "\n")))
    }

    private func join(_ configuration: String, skipping phases: [String]) -> String {
        "kubeadm join --config \(configuration) --skip-phases \(phases.joined(separator: ","))"
    }
}

/// The beginning of a join, which a cut-off run may have left half done.
struct JoinScript {
    let command: String

    /// Clears what such a run left: nothing on the host is worth keeping until the kubelet has its own credentials.
    ///
    /// The kubelet that starts without its manifests folder looks for it again only after up to 20 s, and etcd is a static pod.
    var beginning: Script {
        Script(
            """
            if [ -e \(HostPath.unfinished) ] && ! grep -qx init \(HostPath.unfinished); then kubeadm reset -f >&2; fi
            mkdir -p \(HostPath.state) \(HostPath.manifests)
            rm -f \(HostPath.etcdJoined)
            echo join > \(HostPath.unfinished)
            \(command)
            """, timeout: .seconds(600))
    }
}
