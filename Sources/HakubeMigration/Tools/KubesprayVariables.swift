// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The variables of a host: its own before those of its groups.
struct HostVariables {
    /// What an inventory says of hosts, with each name's older one behind it.
    static let user = ["ansible_user", "ansible_ssh_user"]
    static let port = ["ansible_port", "ansible_ssh_port"]
    static let key = ["ansible_ssh_private_key_file", "ansible_private_key_file"]
    static let address = ["ansible_host", "ansible_ssh_host"]
    static let names = [user, port, key, address, ["ip"], ["access_ip"], ["node_labels"], ["node_taints"]]

    let own: [SourceNode.Entry]
    let groups: [String]
    private let levels: [[SourceNode.Entry]]

    init(_ inventory: AnsibleInventory, _ groups: AnsibleGroups, _ host: String) {
        own = inventory.hostVariables[host] ?? []
        self.groups = groups.groups(of: host)
        levels = [own] + self.groups.map { inventory.groups[$0]?.variables ?? [] }
    }

    /// The value that Ansible takes, as it stands there.
    func nearest(_ names: [String]) -> SourceNode? {
        for entries in levels {
            for name in names {
                if let entry = entries.last(where: { $0.key == name }) { return entry.value }
            }
        }
        return nil
    }

    /// The value of the first of these names that is set; a template's is known to Ansible only.
    subscript(names: [String]) -> SourceNode? { nearest(names).flatMap { $0.isTemplate ? nil : $0 } }

    subscript(names: String...) -> SourceNode? { self[names] }
}

/// The variables of the cluster as a whole: those of groups that all masters are in.
struct ClusterVariables {
    let groups: Set<String>
    private let levels: [[SourceNode.Entry]]

    init(_ inventory: AnsibleInventory, _ groups: AnsibleGroups, masters: [String]) {
        let shared = groups.groups(ofAll: masters)
        self.groups = Set(shared)
        levels = shared.map { inventory.groups[$0]?.variables ?? [] }
    }

    /// The value that Ansible takes, as it stands there.
    func nearest(_ name: String) -> SourceNode? {
        levels.lazy.compactMap { entries in entries.last { $0.key == name } }.first?.value
    }

    /// The nearest group's value. A template is none: what it gives is known to Ansible only.
    func take(_ name: String) -> SourceNode? {
        assert(Self.names.contains(name), "\(name) is missing among the names")
        return nearest(name).flatMap { $0.isTemplate ? nil : $0 }
    }

    /// What an inventory says of the cluster.
    static let names = Set(
        """
        apiserver_loadbalancer_domain_name cluster_name container_manager containerd_registries_mirrors
        containerd_registry_auth dns_domain enable_dual_stack_networks etcd_deployment_type event_ttl_duration
        kube_api_anonymous_auth kube_apiserver_node_port_range kube_apiserver_port kube_apiserver_request_timeout
        kube_controller_node_monitor_grace_period kube_controller_node_monitor_period
        kube_controller_terminated_pod_gc_threshold kube_image_repo kube_kubeadm_apiserver_extra_args
        kube_kubeadm_controller_extra_args kube_kubeadm_scheduler_extra_args kube_network_node_prefix
        kube_network_plugin kube_pods_subnet kube_pods_subnet_ipv6 kube_proxy_masquerade_all
        kube_proxy_metrics_bind_address kube_proxy_mode kube_proxy_scheduler kube_proxy_strict_arp
        kube_service_addresses kube_service_addresses_ipv6 kube_version kube_vip_address kube_vip_arp_enabled
        kube_vip_bgp_enabled kube_vip_controlplane_enabled kube_vip_enabled kube_vip_interface kube_vip_lb_enable
        kube_vip_services_enabled kubelet_config_extra_args kubelet_custom_flags kubelet_fail_swap_on kubelet_max_pods
        kubelet_pod_pids_limit kubelet_status_update_frequency loadbalancer_apiserver
        loadbalancer_apiserver_healthcheck_port loadbalancer_apiserver_localhost loadbalancer_apiserver_port
        loadbalancer_apiserver_type supplementary_addresses_in_ssl_keys
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}

extension SourceNode {
    /// `{{ … }}` of Ansible's.
    var isTemplate: Bool { text?.firstRange(of: "{{") != nil }
}
