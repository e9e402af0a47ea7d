// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The kubelet's flags: most have a field in KubeletConfiguration (k8s.io/kubelet, v1beta1).
enum KubeletFlags {
    static let fields = ComponentField.table(
        """
        address address s
        allowed-unsafe-sysctls allowedUnsafeSysctls l >16
        anonymous-auth authentication.anonymous.enabled b
        authentication-token-webhook authentication.webhook.enabled b
        authentication-token-webhook-cache-ttl authentication.webhook.cacheTTL s
        authorization-mode authorization.mode s
        authorization-webhook-cache-authorized-ttl authorization.webhook.cacheAuthorizedTTL s
        authorization-webhook-cache-unauthorized-ttl authorization.webhook.cacheUnauthorizedTTL s
        cgroup-driver cgroupDriver s
        cgroup-root cgroupRoot s
        cgroups-per-qos cgroupsPerQOS b
        container-log-max-files containerLogMaxFiles i
        container-log-max-size containerLogMaxSize s
        contention-profiling enableContentionProfiling b
        cpu-cfs-quota cpuCFSQuota b
        cpu-cfs-quota-period cpuCFSQuotaPeriod s
        cpu-manager-policy cpuManagerPolicy s
        cpu-manager-reconcile-period cpuManagerReconcilePeriod s
        enable-controller-attach-detach enableControllerAttachDetach b
        enable-debugging-handlers enableDebuggingHandlers b
        enable-server enableServer b >19
        enforce-node-allocatable enforceNodeAllocatable l
        event-burst eventBurst i
        event-qps eventRecordQPS i
        eviction-hard evictionHard t
        eviction-max-pod-grace-period evictionMaxPodGracePeriod i
        eviction-minimum-reclaim evictionMinimumReclaim m
        eviction-pressure-transition-period evictionPressureTransitionPeriod s
        eviction-soft evictionSoft t
        eviction-soft-grace-period evictionSoftGracePeriod m
        fail-swap-on failSwapOn b
        feature-gates featureGates g
        file-check-frequency fileCheckFrequency s
        hairpin-mode hairpinMode s
        healthz-bind-address healthzBindAddress s
        healthz-port healthzPort i
        http-check-frequency httpCheckFrequency s
        image-gc-high-threshold imageGCHighThresholdPercent i
        image-gc-low-threshold imageGCLowThresholdPercent i
        iptables-drop-bit iptablesDropBit i
        iptables-masquerade-bit iptablesMasqueradeBit i
        kernel-memcg-notification kernelMemcgNotification b >19
        kube-api-burst kubeAPIBurst i
        kube-api-content-type contentType s
        kube-api-qps kubeAPIQPS i
        kube-reserved kubeReserved m
        kube-reserved-cgroup kubeReservedCgroup s
        kubelet-cgroups kubeletCgroups s
        make-iptables-util-chains makeIPTablesUtilChains b
        max-open-files maxOpenFiles i
        max-pods maxPods i
        memory-manager-policy memoryManagerPolicy s >21
        minimum-image-ttl-duration imageMinimumGCAge s
        node-status-max-images nodeStatusMaxImages i >19
        node-status-update-frequency nodeStatusUpdateFrequency s
        oom-score-adj oomScoreAdj i
        pod-max-pids podPidsLimit i
        pods-per-core podsPerCore i
        port port i
        protect-kernel-defaults protectKernelDefaults b
        qos-reserved qosReserved m
        read-only-port readOnlyPort i
        register-node registerNode b >23
        registry-burst registryBurst i
        registry-qps registryPullQPS i
        reserved-cpus reservedSystemCPUs s >17
        resolv-conf resolvConf s
        rotate-certificates rotateCertificates b
        rotate-server-certificates serverTLSBootstrap b
        runtime-request-timeout runtimeRequestTimeout s
        seccomp-default seccompDefault b >22
        serialize-image-pulls serializeImagePulls b
        streaming-connection-idle-timeout streamingConnectionIdleTimeout s
        sync-frequency syncFrequency s
        system-cgroups systemCgroups s
        system-reserved systemReserved m
        system-reserved-cgroup systemReservedCgroup s
        tls-cipher-suites tlsCipherSuites l
        tls-min-version tlsMinVersion s
        topology-manager-policy topologyManagerPolicy s >16
        topology-manager-scope topologyManagerScope s >20
        volume-plugin-dir volumePluginDir s >19
        volume-stats-agg-period volumeStatsAggPeriod s
        """)

    /// Fields that came after v1.15, for documents that are taken over whole; those of flags are above.
    static let laterFields: [String: Int] = [
        "allowedUnsafeSysctls": 16, "topologyManagerPolicy": 16, "reservedSystemCPUs": 17,
        "showHiddenMetricsForVersion": 18, "enableServer": 19, "runOnce": 19, "nodeStatusMaxImages": 19,
        "volumePluginDir": 19, "providerID": 19, "kernelMemcgNotification": 19, "logging": 19,
        "enableSystemLogHandler": 19, "topologyManagerScope": 20, "shutdownGracePeriod": 20,
        "shutdownGracePeriodCriticalPods": 20, "memoryManagerPolicy": 21, "reservedMemory": 21,
        "enableProfilingHandler": 21, "enableDebugFlagsHandler": 21, "cpuManagerPolicyOptions": 22, "memorySwap": 22,
        "seccompDefault": 22, "memoryThrottlingFactor": 22, "shutdownGracePeriodByPodPriority": 23,
        "registerWithTaints": 23, "registerNode": 23, "tracing": 25, "localStorageCapacityIsolation": 25,
        "topologyManagerPolicyOptions": 26, "maxParallelImagePulls": 27, "enableSystemLogQuery": 27,
        "containerRuntimeEndpoint": 27, "imageServiceEndpoint": 27, "imageMaximumGCAge": 29, "podLogsDir": 30,
        "containerLogMaxWorkers": 30, "containerLogMonitorInterval": 30, "failCgroupV1": 31,
        "singleProcessOOMKill": 32, "crashLoopBackOff": 32, "imagePullCredentialsVerificationPolicy": 33,
        "preloadedImagesVerificationAllowlist": 33, "mergeDefaultEvictionSettings": 33, "userNamespaces": 33,
    ]

    /// Fields of which an empty value switches something off: left out, the kubelet has a default of its own.
    static let emptyFields: Set<String> = ["enforceNodeAllocatable", "evictionHard", "resolvConf"]

    /// Fields that are maps of settings of their own; other maps are one setting each.
    static let sections: Set<String> = ["authentication", "anonymous", "webhook", "x509", "authorization", "logging"]

    /// Flags without a field, or with one that came late.
    static let plain = FlagSpan.table(
        """
        allowed-unsafe-sysctls v vmodule housekeeping-interval global-housekeeping-interval?30 log-cadvisor-usage?30
        application-metrics-count-limit?30 event-storage-age-limit?30 event-storage-event-limit?30 enable-load-reader?30
        enable-server exit-on-lock-contention?30 kernel-memcg-notification keep-terminated-pod-volumes<31
        log-flush-frequency logging-format maximum-dead-containers maximum-dead-containers-per-container
        minimum-container-ttl-duration node-status-max-images register-node register-schedulable<24 reserved-cpus
        runonce?30 storage-driver-buffer-duration?30 topology-manager-policy>16 topology-manager-scope>20
        volume-plugin-dir seccomp-default>22 memory-manager-policy>21
        """)

    /// Flags that say which container runtime there is and how it is reached; hakube's is containerd.
    static let runtime: Set<String> = [
        "cni-bin-dir", "cni-cache-dir", "cni-conf-dir", "container-runtime", "container-runtime-endpoint", "containerd",
        "containerd-namespace", "docker", "docker-endpoint", "docker-env-metadata-whitelist", "docker-only",
        "docker-root", "docker-tls", "docker-tls-ca", "docker-tls-cert", "docker-tls-key",
        "experimental-dockershim-root-directory", "image-pull-progress-deadline", "image-service-endpoint",
        "network-plugin", "network-plugin-mtu", "non-masquerade-cidr", "redirect-container-streaming",
    ]

    /// Flags whose value is hakube's or kubeadm's own, and what to do instead.
    static let managed: [String: String] = [
        "bootstrap-kubeconfig": "leave it out, kubeadm makes the kubelet's credentials",
        "cert-dir": "leave it out, kubeadm makes the kubelet's credentials",
        "client-ca-file": "leave it out, it is the cluster's own CA",
        "cloud-config": "install an external cloud provider if the cluster needs one",
        "cloud-provider": "install an external cloud provider if the cluster needs one",
        "config": "leave it out, kubeadm writes the kubelet's configuration",
        "hostname-override": "set the `name` of each host",
        "image-credential-provider-bin-dir": "bring the programs in the bundle, then set it under `kubeadm`",
        "image-credential-provider-config": "bring the file in the bundle, then set it under `kubeadm`",
        "kubeconfig": "leave it out, kubeadm makes the kubelet's credentials",
        "manifest-url": "put manifests into the bundle",
        "manifest-url-header": "put manifests into the bundle",
        "node-ip": "set the `internalAddress` of each host",
        "node-labels": "write them under `labels` of the hosts",
        "pod-cidr": "set `network.podSubnet`",
        "pod-infra-container-image": "leave it out, the sandbox image is the bundle's",
        "pod-manifest-path": "leave it at /etc/kubernetes/manifests, and put static pods there",
        "provider-id": "install an external cloud provider if the cluster needs one",
        "register-with-taints": "write them under `taints` of the hosts",
        "root-dir": "leave it at /var/lib/kubelet, make that a mount if the disk is elsewhere",
        "tls-cert-file": "leave it out, or bring your own certificate in the bundle and set it under `kubeadm`",
        "tls-private-key-file": "leave it out, or bring your own certificate in the bundle and set it under `kubeadm`",
    ]
}
