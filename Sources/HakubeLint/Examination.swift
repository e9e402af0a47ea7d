// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One look at all files. Each aspect has its checks in a file of its own.
struct Examination {
    let material: Material
    let picture: ClusterPicture
    private(set) var findings: [Finding] = []

    init(material: Material, picture: ClusterPicture) {
        self.material = material
        self.picture = picture
    }

    mutating func run() {
        for document in material.kubeadm { checkDocument(document) }
        checkHostConfigurations()
        checkEndpoint()
        checkNames()
        checkRanges()
        checkProxyMode()
        checkStaticPods()
        checkEtcd()
        checkHostsTables()
        checkCommands()
        checkIdentities()
        for config in material.haproxy { checkHAProxy(config) }
        checkKeepalived()
        checkVRRPGroups()
        for pod in material.kubeVIPs { checkKubeVIP(pod) }
        checkManifests()
        checkPools()
        for cluster in material.rke { checkRKE(cluster) }
    }

    mutating func report(
        _ rule: Rule, at place: Place, _ message: String, _ remedy: String, as severity: Severity? = nil
    ) {
        findings.append(
            Finding(
                file: place.file, line: place.line, severity: severity ?? rule.severity, rule: rule, message: message,
                remedy: remedy))
    }
}
