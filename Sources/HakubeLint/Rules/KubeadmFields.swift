// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The fields of every kind and version of kubeadm's configuration, and of the kubelet's and kube-proxy's, which it carries.
///
/// kubeadm's are those of its own types at each version. The kubelet's and kube-proxy's are all that any release from 1.14 to
/// 1.37 has. `name` is a value, `name*` a list, `name%` a map with free keys, `name{…}` a map, `name[…]` a list of maps;
/// `>29` says that the field came with 1.29, `<25` that 1.25 was the last to have it.
enum KubeadmFields {
    private static let parsed = short.mapValues { KubeadmField.parse($0) }

    /// Of `GROUP/VERSION KIND`; `nil` if there is no such kind.
    static func fields(_ apiVersion: String, _ kind: String) -> [KubeadmField]? { parsed["\(apiVersion) \(kind)"] }

    private static let volumes = "extraVolumes[name hostPath mountPath readOnly pathType]"
    private static let environment = """
        extraEnvs[name value valueFrom{fieldRef% resourceFieldRef% configMapKeyRef% secretKeyRef% fileKeyRef%}]
        """
    private static let timeouts = """
        timeouts{controlPlaneComponentHealthCheck kubeletHealthCheck kubernetesAPICall etcdAPICall tlsBootstrap
        discovery upgradeManifests}
        """
    private static let taints = "taints[key value effect timeAdded]"
    private static let tokens = "bootstrapTokens[token description ttl expires usages* groups*]"
    private static let localEndpoint = "localAPIEndpoint{advertiseAddress bindPort}"
    private static let logging = """
        {format flushFrequency verbosity vmodule[filePattern verbosity] options{text{splitStream infoBufferSize}
        json{splitStream infoBufferSize}} sanitization}
        """

    private static let short = [
        "kubeadm.k8s.io/v1beta1 ClusterConfiguration": """
        etcd{local{imageRepository imageTag dataDir extraArgs% serverCertSANs* peerCertSANs*}
        external{endpoints* caFile certFile keyFile}} networking{serviceSubnet podSubnet dnsDomain}
        kubernetesVersion controlPlaneEndpoint apiServer{extraArgs% \(volumes) certSANs*
        timeoutForControlPlane} controllerManager{extraArgs% \(volumes)} scheduler{extraArgs% \(volumes)}
        dns{type imageRepository imageTag} certificatesDir imageRepository useHyperKubeImage featureGates%
        clusterName
        """,
        "kubeadm.k8s.io/v1beta1 ClusterStatus": """
        apiEndpoints%
        """,
        "kubeadm.k8s.io/v1beta1 InitConfiguration": """
        \(tokens) nodeRegistration{name criSocket \(taints) kubeletExtraArgs%} \(localEndpoint)
        """,
        "kubeadm.k8s.io/v1beta1 JoinConfiguration": """
        nodeRegistration{name criSocket \(taints) kubeletExtraArgs%} caCertPath
        discovery{bootstrapToken{token apiServerEndpoint caCertHashes* unsafeSkipCAVerification}
        file{kubeConfigPath} tlsBootstrapToken timeout} controlPlane{\(localEndpoint)}
        """,
        "kubeadm.k8s.io/v1beta2 ClusterConfiguration": """
        etcd{local{imageRepository imageTag dataDir extraArgs% serverCertSANs* peerCertSANs*}
        external{endpoints* caFile certFile keyFile}} networking{serviceSubnet podSubnet dnsDomain}
        kubernetesVersion controlPlaneEndpoint apiServer{extraArgs% \(volumes) certSANs*
        timeoutForControlPlane} controllerManager{extraArgs% \(volumes)} scheduler{extraArgs% \(volumes)}
        dns{type imageRepository imageTag} certificatesDir imageRepository useHyperKubeImage featureGates%
        clusterName
        """,
        "kubeadm.k8s.io/v1beta2 ClusterStatus": """
        apiEndpoints%
        """,
        "kubeadm.k8s.io/v1beta2 InitConfiguration": """
        \(tokens) nodeRegistration{name criSocket \(taints) kubeletExtraArgs% ignorePreflightErrors*}
        \(localEndpoint) certificateKey
        """,
        "kubeadm.k8s.io/v1beta2 JoinConfiguration": """
        nodeRegistration{name criSocket \(taints) kubeletExtraArgs% ignorePreflightErrors*} caCertPath
        discovery{bootstrapToken{token apiServerEndpoint caCertHashes* unsafeSkipCAVerification}
        file{kubeConfigPath} tlsBootstrapToken timeout} controlPlane{\(localEndpoint) certificateKey}
        """,
        "kubeadm.k8s.io/v1beta3 ClusterConfiguration": """
        etcd{local{imageRepository imageTag dataDir extraArgs% serverCertSANs* peerCertSANs*}
        external{endpoints* caFile certFile keyFile}} networking{serviceSubnet podSubnet dnsDomain}
        kubernetesVersion controlPlaneEndpoint apiServer{extraArgs% \(volumes) certSANs*
        timeoutForControlPlane} controllerManager{extraArgs% \(volumes)} scheduler{extraArgs% \(volumes)}
        dns{imageRepository imageTag} certificatesDir imageRepository featureGates% clusterName
        """,
        "kubeadm.k8s.io/v1beta3 InitConfiguration": """
        \(tokens) nodeRegistration{name criSocket \(taints) kubeletExtraArgs% ignorePreflightErrors*
        imagePullPolicy} \(localEndpoint) certificateKey skipPhases* patches{directory}
        """,
        "kubeadm.k8s.io/v1beta3 JoinConfiguration": """
        nodeRegistration{name criSocket \(taints) kubeletExtraArgs% ignorePreflightErrors* imagePullPolicy}
        caCertPath discovery{bootstrapToken{token apiServerEndpoint caCertHashes* unsafeSkipCAVerification}
        file{kubeConfigPath} tlsBootstrapToken timeout} controlPlane{\(localEndpoint) certificateKey}
        skipPhases* patches{directory}
        """,
        "kubeadm.k8s.io/v1beta4 ClusterConfiguration": """
        etcd{local{imageRepository imageTag dataDir extraArgs[name value] \(environment) serverCertSANs*
        peerCertSANs*} external{endpoints* caFile certFile keyFile}} networking{serviceSubnet podSubnet
        dnsDomain} kubernetesVersion controlPlaneEndpoint apiServer{extraArgs[name value] \(volumes)
        \(environment) certSANs*} controllerManager{extraArgs[name value] \(volumes) \(environment)}
        scheduler{extraArgs[name value] \(volumes) \(environment)} dns{imageRepository imageTag disabled}
        proxy{disabled} certificatesDir imageRepository featureGates% clusterName encryptionAlgorithm
        certificateValidityPeriod caCertificateValidityPeriod
        """,
        "kubeadm.k8s.io/v1beta4 InitConfiguration": """
        \(tokens) dryRun nodeRegistration{name criSocket \(taints) kubeletExtraArgs[name value]
        ignorePreflightErrors* imagePullPolicy imagePullSerial} \(localEndpoint) certificateKey skipPhases*
        patches{directory} \(timeouts)
        """,
        "kubeadm.k8s.io/v1beta4 JoinConfiguration": """
        dryRun nodeRegistration{name criSocket \(taints) kubeletExtraArgs[name value] ignorePreflightErrors*
        imagePullPolicy imagePullSerial} caCertPath discovery{bootstrapToken{token apiServerEndpoint
        caCertHashes* unsafeSkipCAVerification} file{kubeConfigPath} tlsBootstrapToken}
        controlPlane{\(localEndpoint) certificateKey} skipPhases* patches{directory} \(timeouts)
        """,
        "kubeadm.k8s.io/v1beta4 ResetConfiguration": """
        cleanupTmpDir certificatesDir criSocket dryRun force ignorePreflightErrors* skipPhases*
        unmountFlags* \(timeouts)
        """,
        "kubeadm.k8s.io/v1beta4 UpgradeConfiguration": """
        apply{kubernetesVersion allowExperimentalUpgrades allowRCUpgrades certificateRenewal dryRun
        etcdUpgrade forceUpgrade ignorePreflightErrors* patches{directory} printConfig skipPhases*
        imagePullPolicy imagePullSerial} diff{kubernetesVersion contextLines} node{certificateRenewal dryRun
        etcdUpgrade ignorePreflightErrors* skipPhases* patches{directory} imagePullPolicy imagePullSerial}
        plan{kubernetesVersion allowExperimentalUpgrades allowRCUpgrades dryRun etcdUpgrade
        ignorePreflightErrors* printConfig} \(timeouts)
        """,
        "kubelet.config.k8s.io/v1beta1 KubeletConfiguration": """
        staticPodPath syncFrequency fileCheckFrequency httpCheckFrequency staticPodURL staticPodURLHeader%
        address port readOnlyPort tlsCertFile tlsPrivateKeyFile tlsCipherSuites* tlsMinVersion
        rotateCertificates serverTLSBootstrap authentication{x509{clientCAFile} webhook{enabled cacheTTL}
        anonymous{enabled}} authorization{mode webhook{cacheAuthorizedTTL cacheUnauthorizedTTL}}
        registryPullQPS registryBurst eventRecordQPS eventBurst enableDebuggingHandlers
        enableContentionProfiling healthzPort healthzBindAddress oomScoreAdj clusterDomain clusterDNS*
        streamingConnectionIdleTimeout nodeStatusUpdateFrequency nodeStatusReportFrequency
        nodeLeaseDurationSeconds imageMinimumGCAge imageGCHighThresholdPercent imageGCLowThresholdPercent
        volumeStatsAggPeriod kubeletCgroups systemCgroups cgroupRoot cgroupsPerQOS cgroupDriver
        cpuManagerPolicy cpuManagerReconcilePeriod qosReserved% runtimeRequestTimeout hairpinMode maxPods
        podCIDR podPidsLimit resolvConf cpuCFSQuota cpuCFSQuotaPeriod maxOpenFiles contentType kubeAPIQPS
        kubeAPIBurst serializeImagePulls evictionHard% evictionSoft% evictionSoftGracePeriod%
        evictionPressureTransitionPeriod evictionMaxPodGracePeriod evictionMinimumReclaim% podsPerCore
        enableControllerAttachDetach protectKernelDefaults makeIPTablesUtilChains iptablesMasqueradeBit
        iptablesDropBit featureGates% failSwapOn containerLogMaxSize containerLogMaxFiles
        configMapAndSecretChangeDetectionStrategy systemReserved% kubeReserved% systemReservedCgroup
        kubeReservedCgroup enforceNodeAllocatable* topologyManagerPolicy>16 allowedUnsafeSysctls>16*
        reservedSystemCPUs>17 showHiddenMetricsForVersion>18 enableServer>19 runOnce>19
        nodeStatusMaxImages>19 volumePluginDir>19 providerID>19 kernelMemcgNotification>19
        logging>19\(logging) enableSystemLogHandler>19 topologyManagerScope>20 shutdownGracePeriod>20
        shutdownGracePeriodCriticalPods>20 memoryManagerPolicy>21 reservedMemory>21[numaNode limits%]
        enableProfilingHandler>21 enableDebugFlagsHandler>21 cpuManagerPolicyOptions>22%
        memorySwap>22{swapBehavior} seccompDefault>22 memoryThrottlingFactor>22
        shutdownGracePeriodByPodPriority>23[priority shutdownGracePeriodSeconds] registerWithTaints>23[key
        value effect timeAdded] registerNode>23 tracing>25{endpoint samplingRatePerMillion}
        localStorageCapacityIsolation>25 topologyManagerPolicyOptions>26% maxParallelImagePulls>27
        enableSystemLogQuery>27 containerRuntimeEndpoint>27 imageServiceEndpoint>27 imageMaximumGCAge>29
        podLogsDir>30 containerLogMaxWorkers>30 containerLogMonitorInterval>30 failCgroupV1>31
        singleProcessOOMKill>32 crashLoopBackOff>32{maxContainerRestartPeriod}
        imagePullCredentialsVerificationPolicy>33 preloadedImagesVerificationAllowlist>33*
        mergeDefaultEvictionSettings>33 userNamespaces>33{idsPerPod} tlsCurvePreferences>36*
        memoryReservationPolicy>36 defaultPodSysctls>37%
        """,
        "kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration": """
        featureGates% bindAddress healthzBindAddress metricsBindAddress enableProfiling clusterCIDR
        hostnameOverride clientConnection{kubeconfig acceptContentTypes contentType qps burst}
        iptables{masqueradeBit masqueradeAll syncPeriod minSyncPeriod localhostNodePorts>26} ipvs{syncPeriod
        minSyncPeriod scheduler excludeCIDRs* strictARP>15 tcpTimeout>18 tcpFinTimeout>18 udpTimeout>18}
        oomScoreAdj mode portRange resourceContainer<15 udpIdleTimeout<25 conntrack{max<14 maxPerCore min
        tcpEstablishedTimeout tcpCloseWaitTimeout tcpBeLiberal>29 udpTimeout>29 udpStreamTimeout>29}
        configSyncPeriod nodePortAddresses* winkernel{networkName sourceVip enableDSR rootHnsEndpointName>24
        forwardHealthCheckVip>24} showHiddenMetricsForVersion>18 detectLocalMode>18 bindAddressHardFail>19
        detectLocal>24{bridgeInterface interfaceNamePrefix} logging>28\(logging) nftables>29{masqueradeBit
        masqueradeAll syncPeriod minSyncPeriod} windowsRunAsService>31
        """,
    ]
}
