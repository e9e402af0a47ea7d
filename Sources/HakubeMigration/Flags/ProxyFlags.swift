// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// kube-proxy's flags. It runs with a configuration file, beside which flags do not count, so only what has a field can be said.
enum ProxyFlags {
    static let fields = ComponentField.table(
        """
        bind-address bindAddress s
        bind-address-hard-fail bindAddressHardFail b >20
        config-sync-period configSyncPeriod s
        conntrack-max-per-core conntrack.maxPerCore i
        conntrack-min conntrack.min i
        conntrack-tcp-timeout-close-wait conntrack.tcpCloseWaitTimeout s
        conntrack-tcp-timeout-established conntrack.tcpEstablishedTimeout s
        detect-local-mode detectLocalMode s >18
        feature-gates featureGates g
        healthz-bind-address healthzBindAddress s
        iptables-localhost-nodeports iptables.localhostNodePorts b >26
        iptables-masquerade-bit iptables.masqueradeBit i
        iptables-min-sync-period iptables.minSyncPeriod s
        iptables-sync-period iptables.syncPeriod s
        ipvs-min-sync-period ipvs.minSyncPeriod s
        ipvs-scheduler ipvs.scheduler s
        ipvs-strict-arp ipvs.strictARP b
        ipvs-sync-period ipvs.syncPeriod s
        ipvs-tcp-timeout ipvs.tcpTimeout s >18
        ipvs-tcpfin-timeout ipvs.tcpFinTimeout s >18
        ipvs-udp-timeout ipvs.udpTimeout s >18
        kube-api-burst clientConnection.burst i
        kube-api-content-type clientConnection.contentType s
        kube-api-qps clientConnection.qps i
        masquerade-all iptables.masqueradeAll b
        metrics-bind-address metricsBindAddress s
        nodeport-addresses nodePortAddresses l
        oom-score-adj oomScoreAdj i
        profiling enableProfiling b
        proxy-port-range portRange s
        show-hidden-metrics-for-version showHiddenMetricsForVersion s >18
        udp-timeout udpIdleTimeout s <26
        v logging.verbosity i >28
        """)

    /// Fields that not every release has, for documents that are taken over whole.
    static let spans: [String: ComponentField] = Dictionary(
        uniqueKeysWithValues: ComponentField.table(
            """
            bindAddressHardFail bindAddressHardFail b >20
            detectLocal detectLocal s >24
            detectLocalMode detectLocalMode s >18
            logging logging s >28
            nftables nftables s >29
            showHiddenMetricsForVersion showHiddenMetricsForVersion s >18
            udpIdleTimeout udpIdleTimeout s <26
            windowsRunAsService windowsRunAsService b >31
            """
        ).map { ($0.key, $0.value) })

    /// Fields that are maps of settings of their own.
    static let sections: Set<String> = [
        "clientConnection", "conntrack", "detectLocal", "iptables", "ipvs", "logging", "nftables",
    ]

    static let managed: [String: String] = [
        "cleanup": "leave it out, kube-proxy would do that and end",
        "config": "leave it out, kubeadm writes the configuration",
        "hostname-override": "set the `name` of each host",
        "kubeconfig": "leave it out, kubeadm makes the credentials",
        "master": "leave it out, it is the cluster's endpoint",
        "write-config-to": "leave it out, kube-proxy would do that and end",
    ]
}
