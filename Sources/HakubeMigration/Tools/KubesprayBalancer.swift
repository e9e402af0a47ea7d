// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What stands in front of kubespray's API servers (docs/operations/ha-mode.md, docs/ingress/kube-vip.md).
extension Translation {
    mutating func readBalancer(_ variables: ClusterVariables) {
        let inner = [
            "loadbalancer_apiserver_localhost", "loadbalancer_apiserver_type", "loadbalancer_apiserver_port",
            "loadbalancer_apiserver_healthcheck_port",
        ]
        leave(innerBalancer: inner.compactMap { variables.take($0) }, of: "kubespray")
        readKubeVIP(variables)
        guard let outer = variables.take("loadbalancer_apiserver") else { return }
        guard draft.strategy == .kubeVIP, let vip = draft.vip else {
            return leave(outerBalancer: [outer], "it is a load balancer of somebody else's")
        }
        // With kube-vip it says the same once more, as kubespray's documentation has it.
        let (address, port) = (outer["address"], outer["port"])
        if address?.word == vip || address?.word?.contains("kube_vip_address") == true {
            ledger.settle(address, "it is kube-vip's address")
        } else {
            leave(
                outerBalancer: [address].compactMap { $0 }, "it is the address of another load balancer than kube-vip")
        }
        if port?.word == draft.endpointPort ?? String(Endpoint.defaultPort) {
            ledger.settle(port, "it is the endpoint's port")
        } else {
            leave(kubeVIP: [port].compactMap { $0 }, "with kube-vip clients connect to the API servers' own port")
        }
    }

    private mutating func readKubeVIP(_ variables: ClusterVariables) {
        let names = [
            "kube_vip_enabled", "kube_vip_controlplane_enabled", "kube_vip_arp_enabled", "kube_vip_bgp_enabled",
            "kube_vip_lb_enable", "kube_vip_services_enabled",
        ]
        let address = variables.take("kube_vip_address")
        let interface = variables.take("kube_vip_interface")
        let on = Set(names.filter { variables.take($0)?.truth == true })
        func isOn(_ name: String) -> Bool { on.contains(name) }
        // What is off says that there is nothing.
        for name in names where !isOn(name) && variables.take(name)?.truth == false {
            ledger.settle(variables.take(name), "hakube runs kube-vip only for what the inventory says")
        }
        let rest = names.filter(isOn).compactMap { variables.take($0) }
        guard isOn("kube_vip_enabled") else {
            return leave(
                kubeVIP: rest + [address, interface].compactMap { $0 }, "kube_vip_enabled is not true in this file")
        }
        leave(
            kubeVIP: ["kube_vip_lb_enable"].filter(isOn).compactMap { variables.take($0) },
            "hakube's kube-vip does not balance, the master that has the address serves")
        if let services = variables.take("kube_vip_services_enabled"), isOn("kube_vip_services_enabled") {
            ledger.leave(
                services, "kube-vip for Services wants to know which addresses are free",
                "write loadBalancer: {pools: {global: RANGE}} (docs/inventory.md)")
        }
        let switches = ["kube_vip_enabled", "kube_vip_controlplane_enabled", "kube_vip_arp_enabled"]
        if isOn("kube_vip_controlplane_enabled"), isOn("kube_vip_arp_enabled"), !isOn("kube_vip_bgp_enabled"),
            let address
        {
            take(
                kubeVIP: address, interface: interface.flatMap { $0.isEmpty ? nil : $0 },
                from: switches.compactMap { variables.take($0) })
        } else {
            let settings = (switches + ["kube_vip_bgp_enabled"]).filter(isOn).compactMap { variables.take($0) }
            leave(
                kubeVIP: settings + [address, interface].compactMap { $0 },
                "it is kube-vip, and its address and how it is announced are not both plain here")
        }
    }
}
