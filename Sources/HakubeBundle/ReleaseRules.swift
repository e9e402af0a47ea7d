// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Rules about what belongs to a release of Kubernetes: its images, its pause image, the versions beside it.
enum ReleaseRules {
    static func check(_ manifest: BundleManifest, faults: inout FaultList) {
        guard let release = manifest.version else { return }
        checkImages(manifest, release, &faults)
        checkSandbox(manifest, &faults)
        for component in manifest.components {
            if ["kubeadm", "kubectl", "kubelet"].contains(component.name),
                KubernetesVersion(component.version) != release
            {
                faults.add(
                    component.name, "is of \(component.version), and the bundle is for Kubernetes \(release)",
                    "replace it by the release's own")
            }
            if component.name == "containerd", let fault = ContainerdSkew.fault(component.version, for: release) {
                faults.add(component.name, fault, "replace it, and pack again")
            }
        }
    }

    private static func checkImages(
        _ manifest: BundleManifest, _ release: KubernetesVersion, _ faults: inout FaultList
    ) {
        guard !manifest.requiredImages.isEmpty else {
            return faults.add(
                "requiredImages", "nothing says which images kubeadm \(release) asks for",
                "write what `kubeadm config images list` says into bundle.yaml as requiredImages, and pack again")
        }
        let names = manifest.imageNames
        for image in manifest.requiredImages {
            let lacking = names.filter { !$0.value.contains(image) }.keys.map(\.rawValue).sorted()
            guard !lacking.isEmpty else { continue }
            let whom = manifest.arches.count == 1 ? "" : " for \(lacking.joined(separator: ", "))"
            faults.add(
                image, "kubeadm \(release) asks for the image, and the bundle does not have it\(whom)",
                "add it under exactly this name, and pack again")
        }
        let listed = Set(manifest.requiredImages.map(RequiredImages.shortName))
        guard let known = RequiredImages.shortNames(of: release) else {
            return checkUnknown(listed, release, &faults)
        }
        for name in known.subtracting(listed).sorted() {
            faults.add(
                "requiredImages", "Kubernetes \(release) needs \(name), and the list does not have it",
                "pack again with the release's own kubeadm")
        }
        for name in listed.subtracting(known).sorted() {
            faults.add(
                "requiredImages", "Kubernetes \(release) does not use \(name)",
                "pack again with the release's own kubeadm")
        }
    }

    /// What every release needs, of which no table tells the tags.
    private static func checkUnknown(
        _ listed: Set<String>, _ release: KubernetesVersion, _ faults: inout FaultList
    ) {
        for name in RequiredImages.programs.map({ "\($0):\(release)" }) where !listed.contains(name) {
            faults.add(
                "requiredImages", "Kubernetes \(release) needs \(name), and the list does not have it",
                "pack again with the release's own kubeadm")
        }
        for name in ["coredns", "etcd", "pause"] {
            let count = listed.count { $0.hasPrefix(name + ":") }
            guard count != 1 else { continue }
            faults.add(
                "requiredImages", "Kubernetes \(release) needs one image of \(name), and the list has \(count)",
                "pack again with the release's own kubeadm")
        }
    }

    private static func checkSandbox(_ manifest: BundleManifest, _ faults: inout FaultList) {
        guard !manifest.requiredImages.isEmpty else { return }
        let pause = manifest.requiredImages.first(where: RequiredImages.isPause)
        guard manifest.sandboxImage != pause else { return }
        faults.add(
            "sandboxImage",
            "containerd would start pods with \(manifest.sandboxImage ?? "no image at all"), and kubeadm asks for \(pause ?? "none")",
            Remedy.repack)
    }
}
