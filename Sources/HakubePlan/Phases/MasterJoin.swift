// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Joins a master in kubeadm's own phases, so that several masters can be prepared side by side.
///
/// `kubeadm join --control-plane` does the same in one go, but its etcd part must not run on two hosts at a time.
struct MasterJoin {
    let planner: Planner
    let host: Host

    /// In the order of the release: up to 1.32 the kubelet starts before etcd joins; from 1.33 on it bootstraps against its
    /// own API server and therefore waits for etcd.
    var steps: [Step] {
        let dialect = KubeadmDialect(version: planner.spec.kubernetes)
        let certificates = phase(
            "certificates", "fetch certificates, write kubeconfigs",
            [
                "control-plane-prepare download-certs", "control-plane-prepare certs",
                "control-plane-prepare kubeconfig",
            ], unless: "[ -e /etc/kubernetes/scheduler.conf ]")
        let mark = phase(
            "mark", "mark as control plane",
            (dialect.updatesClusterStatus ? ["control-plane-join update-status"] : [])
                + ["control-plane-join mark-control-plane"],
            unless: nil, after: "rm -f \(HostPath.unfinished)")
        if dialect.joinsEtcdFirst {
            return [
                preflight, certificates, controlPlane, kubeletStart, etcd("etcd-join"),
                phase("bootstrap", "wait for the kubelet's bootstrap", ["kubelet-wait-bootstrap"], unless: nil), mark,
            ]
        }
        return [preflight, certificates, kubeletStart, etcd("control-plane-join etcd"), controlPlane, mark]
    }

    private var preflight: Step {
        phase(
            "preflight", "kubeadm's own checks", ["preflight"], unless: "[ -e \(HostPath.unfinished) ]",
            after: "mkdir -p \(HostPath.state)\necho join > \(HostPath.unfinished)")
    }

    private var kubeletStart: Step {
        phase(
            "kubelet-start", "start the kubelet", ["kubelet-start"], unless: "[ -e \(HostPath.kubeletKubeconfig) ]")
    }

    private var controlPlane: Step {
        phase(
            "control-plane", "start the control plane", ["control-plane-prepare control-plane"],
            unless: "[ -e \(HostPath.manifests)/kube-apiserver.yaml ]")
    }

    private func etcd(_ name: String) -> Step {
        phase(
            "etcd", "join etcd", [name], unless: "[ -e \(HostPath.manifests)/etcd.yaml ]", turn: "etcd membership")
    }

    private func phase(
        _ id: String, _ title: String, _ phases: [String], unless: String?, after: String = "", turn: String? = nil
    ) -> Step {
        let commands = phases.map { "kubeadm join phase \($0) --config \(HostPath.kubeadmJoin)" }
        let text = (commands + (after.isEmpty ? [] : [after])).joined(separator: "\n")
        return Step(
            id: id, title: title, action: .run(Script(text, timeout: .seconds(600))), unless: unless.map { Script($0) },
            turn: turn)
    }
}
