// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Every text that hakube puts on a host, by name. The files beside this one are compiled in.
package enum Template: String, Sendable, CaseIterable {
    case kubeadmInit = "kubeadm-init.yaml"
    case kubeadmJoin = "kubeadm-join.yaml"
    case kubeadmUploadCerts = "kubeadm-upload-certs.yaml"
    case kubeadmEtcd = "kubeadm-etcd.yaml"
    case discovery = "discovery.conf"
    case bootstrapToken = "bootstrap-token.yaml"
    case modules = "modules.conf"
    case sysctl = "sysctl.conf"
    case containerdConfig1 = "containerd-config-1.toml"
    case containerdConfig2 = "containerd-config-2.toml"
    case registryHosts = "registry-hosts.toml"
    case containerdService = "containerd.service"
    case kubeletService = "kubelet.service"
    case kubeletDropIn = "kubelet-kubeadm.conf"
    case etcdKubelet = "etcd-kubelet.yaml"
    case etcdKubeletDropIn = "kubelet-etcd.conf"
    case crictl = "crictl.yaml"
    case guardianConfiguration = "guardian.json"
    case guardianPod = "hakube-guardian-pod.yaml"
    case guardianService = "hakube-guardian.service"
    case keepalivedConfiguration = "keepalived.conf"
    case keepalivedPod = "keepalived-pod.yaml"
    case haproxyConfiguration = "haproxy.cfg"
    case haproxyPod = "haproxy-pod.yaml"
    case kubeVIPPod = "kube-vip-pod.yaml"
    case servicePools = "service-pools.yaml"
    case cloudProvider = "kube-vip-cloud-provider.yaml"
    case firewallScript = "firewall.sh"
    case firewallService = "hakube-firewall.service"
    case firewallOpen = "receipt-open-firewall.sh"
    case receiptCloseFirewall = "receipt-close-firewall.sh"
    case receiptCommon = "receipt-common.sh"
    case receiptRecord = "receipt-record.sh"
    case receiptPutAside = "receipt-put-aside.sh"
    case receiptStopKubelet = "receipt-stop-kubelet.sh"
    case receiptStopGuardian = "receipt-stop-guardian.sh"
    case receiptStopPods = "receipt-stop-pods.sh"
    case receiptGiveNetwork = "receipt-give-network.sh"
    case receiptGiveFiles = "receipt-give-files.sh"
    case receiptGiveKernel = "receipt-give-kernel.sh"
    case receiptGiveUnits = "receipt-give-units.sh"
    case receiptVerify = "receipt-verify.sh"
    case receiptForget = "receipt-forget.sh"

    /// The Mustache text.
    package var source: String {
        let bytes: [UInt8] =
            switch self {
            case .kubeadmInit: PackageResources.kubeadm_init_yaml_mustache
            case .kubeadmJoin: PackageResources.kubeadm_join_yaml_mustache
            case .kubeadmUploadCerts: PackageResources.kubeadm_upload_certs_yaml_mustache
            case .kubeadmEtcd: PackageResources.kubeadm_etcd_yaml_mustache
            case .discovery: PackageResources.discovery_conf_mustache
            case .bootstrapToken: PackageResources.bootstrap_token_yaml_mustache
            case .modules: PackageResources.modules_conf_mustache
            case .sysctl: PackageResources.sysctl_conf_mustache
            case .containerdConfig1: PackageResources.containerd_config_1_toml_mustache
            case .containerdConfig2: PackageResources.containerd_config_2_toml_mustache
            case .registryHosts: PackageResources.registry_hosts_toml_mustache
            case .containerdService: PackageResources.containerd_service_mustache
            case .kubeletService: PackageResources.kubelet_service_mustache
            case .kubeletDropIn: PackageResources.kubelet_kubeadm_conf_mustache
            case .etcdKubelet: PackageResources.etcd_kubelet_yaml_mustache
            case .etcdKubeletDropIn: PackageResources.kubelet_etcd_conf_mustache
            case .crictl: PackageResources.crictl_yaml_mustache
            case .guardianConfiguration: PackageResources.guardian_json_mustache
            case .guardianPod: PackageResources.hakube_guardian_pod_yaml_mustache
            case .guardianService: PackageResources.hakube_guardian_service_mustache
            case .keepalivedConfiguration: PackageResources.keepalived_conf_mustache
            case .keepalivedPod: PackageResources.keepalived_pod_yaml_mustache
            case .haproxyConfiguration: PackageResources.haproxy_cfg_mustache
            case .haproxyPod: PackageResources.haproxy_pod_yaml_mustache
            case .kubeVIPPod: PackageResources.kube_vip_pod_yaml_mustache
            case .servicePools: PackageResources.service_pools_yaml_mustache
            case .cloudProvider: PackageResources.kube_vip_cloud_provider_yaml_mustache
            case .firewallScript: PackageResources.firewall_sh_mustache
            case .firewallService: PackageResources.hakube_firewall_service_mustache
            case .firewallOpen: PackageResources.open_firewall_sh_mustache
            case .receiptCloseFirewall: PackageResources.close_firewall_sh_mustache
            case .receiptCommon: PackageResources.common_sh_mustache
            case .receiptRecord: PackageResources.record_sh_mustache
            case .receiptPutAside: PackageResources.put_aside_sh_mustache
            case .receiptStopKubelet: PackageResources.stop_kubelet_sh_mustache
            case .receiptStopGuardian: PackageResources.stop_guardian_sh_mustache
            case .receiptStopPods: PackageResources.stop_pods_sh_mustache
            case .receiptGiveNetwork: PackageResources.give_network_sh_mustache
            case .receiptGiveFiles: PackageResources.give_files_sh_mustache
            case .receiptGiveKernel: PackageResources.give_kernel_sh_mustache
            case .receiptGiveUnits: PackageResources.give_units_sh_mustache
            case .receiptVerify: PackageResources.verify_sh_mustache
            case .receiptForget: PackageResources.forget_sh_mustache
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}
