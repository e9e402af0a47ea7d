// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
import HakubeTemplates

/// What stood on a host before hakube changed anything, and the way back to it.
///
/// The receipt is a folder on the host, /var/lib/hakube/receipt, made before the first change and complete from the moment it
/// appears. What is done on a host is taken back by looking at what stands there and at the receipt, never by what a run
/// remembers: a run that was cut off anywhere, on a host made in full or in part, is taken back by the same steps.
package struct ReceiptFiles: Sendable {
    let spec: ClusterSpec
    let bundle: BundleContents?
    var renderer = TemplateRenderer()

    package init(input: PlanInput) { self.init(spec: input.spec, bundle: input.bundle) }

    /// - Parameter bundle: names the programs whose places are recorded; not needed for giving back.
    package init(spec: ClusterSpec, bundle: BundleContents? = nil) {
        self.spec = spec
        self.bundle = bundle
    }

    /// Records what stands on the host. The first step there, ahead of the push.
    ///
    /// - Throws: `TemplateError`.
    package func recording(_ host: Host) throws -> Step {
        try step("receipt", "record what stands here", .receiptRecord)
    }

    /// Puts the host's own container runtime and CNI configuration aside. Comes after `recording` and before any change.
    ///
    /// - Throws: `TemplateError`.
    package func puttingAside(_ host: Host) throws -> Step {
        try step("put-aside", "put aside what would be in the way", .receiptPutAside)
    }

    /// Everything from stopping kubelet and guardian to the verified end, /var/lib/hakube last. Nothing is done, and each step
    /// says so, on a host that hakube never worked on.
    ///
    /// The node is out of the cluster and its etcd member removed before.
    ///
    /// - Throws: `TemplateError`.
    package func givingBack(_ host: Host) throws -> [Step] {
        [
            try legacyStep,
            try step("stop-kubelet", "stop the kubelet, kubeadm reset", .receiptStopKubelet),
            try step("stop-guardian", "end the guardian, its rules and its route", .receiptStopGuardian),
            try step("stop-pods", "end the container runtime and all pods", .receiptStopPods),
            try step("close-firewall", "close what was opened in the firewall", .receiptCloseFirewall),
            try step("give-network", "take out links, routes and packet filter rules", .receiptGiveNetwork),
            try step("give-files", "give files and folders back", .receiptGiveFiles),
            try step("give-kernel", "give kernel settings, modules and swap back", .receiptGiveKernel),
            try step("give-units", "start what ran before", .receiptGiveUnits),
            try step("verify-clean", "see that nothing is left", .receiptVerify, readOnly: true),
            try step("forget", "remove the receipt", .receiptForget),
        ]
    }

    /// A host that hakube worked on before it kept receipts: what is hakube's there is told apart now.
    private var legacyStep: Step {
        get throws {
            let text = try scripts(.receiptRecord)
            return Step(
                id: "receipt", title: "tell hakube's own apart", action: .run(Script(text + "act")),
                unless: Script("\(text)[ -d \"$receipt\" ] || { [ ! -d \"$state\" ] && ! was_here; }"))
        }
    }

    private func step(_ id: String, _ title: String, _ template: Template, readOnly: Bool = false) throws -> Step {
        let text = try scripts(template)
        return Step(
            id: id, title: title, action: .run(Script(text + "act", timeout: .seconds(300))),
            unless: Script(text + "is_done"), readOnly: readOnly)
    }

    /// The functions all scripts share, and those of one, which end in `is_done` and `act`.
    private func scripts(_ template: Template) throws -> String {
        let paths = ReceiptPaths(bundle: bundle)
        let context: [String: Any] = [
            "files": paths.files, "folders": paths.folders, "stores": paths.stores, "traces": paths.traces,
            "podSubnets": spec.podSubnets.map(\.description).joined(separator: " "),
            "endpoint": spec.endpoint.name, "port": spec.endpoint.port,
            "floating": (spec.endpoint.floating.map { [$0.address.description] } ?? []),
            "pools": spec.servicePools.flatMap(\.ranges).flatMap(\.blocks).map(\.description),
            "criSocket": KubeadmDialect(version: spec.kubernetes).criSocket,
        ]
        return try renderer.render(.receiptCommon, context) + renderer.render(template, context)
    }
}

extension Planner {
    /// Records what stands on the hosts, and puts aside what would be in the way of the cluster.
    package func receiptPhase(_ hosts: [Host]) throws -> Phase {
        let receipt = ReceiptFiles(input: input)
        // The same on all hosts: rendered once.
        let steps = try hosts.first.map { [try receipt.recording($0), try receipt.puttingAside($0)] } ?? []
        let lanes = hosts.map { Lane(host: $0.id, steps: steps) }
        return together("receipt", "Record what stands on the hosts", lanes)
    }
}
