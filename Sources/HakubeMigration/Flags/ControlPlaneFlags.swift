// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Flags of the control plane's programs that mean the same with hakube as anywhere: the lists of v1.20.2's own help and of the
/// references for v1.31 and v1.35, and when flags came or went between them. Where that is not known to the release, the
/// later one counts: a flag too few is told, a flag too many would keep an API server from starting.
enum ControlPlaneFlags {
    /// Flags of the logging library, which went from all programs at once (KEP-2845).
    private static let logging = """
        add-dir-header<26 alsologtostderr<26 log-backtrace-at<26 log-dir<26 log-file<26 log-file-max-size<26 logtostderr<26
        one-output<26 skip-headers<26 skip-log-headers<26 stderrthreshold<26 log-flush-frequency logging-format
        log-text-info-buffer-size>31 log-text-split-stream>31 v vmodule experimental-logging-sanitization?24
        allow-metric-labels>24 allow-metric-labels-manifest>31 disabled-metrics>24 show-hidden-metrics-for-version
        feature-gates emulated-version>31 profiling contention-profiling
        """

    private static let serving = """
        bind-address http2-max-streams-per-connection permit-port-sharing permit-address-sharing>24 tls-cipher-suites
        tls-min-version disable-http2-serving>31
        """

    /// Of the programs that ask the API server who somebody is.
    private static let delegating = """
        authentication-skip-lookup authentication-token-webhook-cache-ttl authentication-tolerate-lookup-failure
        authorization-always-allow-paths authorization-webhook-cache-authorized-ttl
        authorization-webhook-cache-unauthorized-ttl kube-api-burst kube-api-content-type kube-api-qps leader-elect
        leader-elect-lease-duration leader-elect-renew-deadline leader-elect-resource-lock leader-elect-resource-name
        leader-elect-resource-namespace leader-elect-retry-period
        """

    static let apiServer = FlagSpan.table(
        logging, serving,
        """
        admission-control aggregator-reject-forwarding-redirect>28 anonymous-auth api-audiences apiserver-count?25
        audit-log-batch-buffer-size audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst
        audit-log-batch-throttle-enable audit-log-batch-throttle-qps audit-log-compress audit-log-format
        audit-log-maxage audit-log-maxbackup audit-log-maxsize audit-log-mode audit-log-path audit-log-truncate-enabled
        audit-log-truncate-max-batch-size audit-log-truncate-max-event-size audit-log-version
        audit-webhook-batch-buffer-size audit-webhook-batch-max-size audit-webhook-batch-max-wait
        audit-webhook-batch-throttle-burst audit-webhook-batch-throttle-enable audit-webhook-batch-throttle-qps
        audit-webhook-initial-backoff audit-webhook-mode audit-webhook-truncate-enabled
        audit-webhook-truncate-max-batch-size audit-webhook-truncate-max-event-size audit-webhook-version
        authentication-token-webhook-cache-ttl authentication-token-webhook-version
        authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl
        authorization-webhook-version coordinated-leadership-lease-duration>33 coordinated-leadership-renew-deadline>33
        coordinated-leadership-retry-period>33 cors-allowed-origins debug-socket-path>31
        default-not-ready-toleration-seconds default-unreachable-toleration-seconds default-watch-cache-size?30
        delete-collection-workers disable-admission-plugins emulation-forward-compatible>35 enable-admission-plugins
        enable-aggregator-routing enable-garbage-collector enable-logs-handler enable-priority-and-fairness
        encryption-provider-config-automatic-reload>27 endpoint-reconciler-type etcd-compaction-interval
        etcd-count-metric-poll-period etcd-db-metric-poll-interval etcd-healthcheck-timeout etcd-prefix
        etcd-readycheck-timeout>27 etcd-servers-overrides event-ttl external-hostname goaway-chance
        identity-lease-duration-seconds?25 identity-lease-renew-interval-seconds?25 kubelet-preferred-address-types
        kubelet-timeout kubernetes-service-node-port lease-reuse-duration-seconds>28 livez-grace-period
        master-service-namespace<26 max-connection-bytes-per-sec max-mutating-requests-inflight max-requests-inflight
        min-compatibility-version>35 min-request-timeout oidc-client-id oidc-groups-claim oidc-groups-prefix
        oidc-issuer-url oidc-required-claim oidc-signing-algs oidc-username-claim oidc-username-prefix request-timeout
        requestheader-uid-headers>32 runtime-config runtime-config-emulation-forward-compatible>35
        service-account-extend-token-expiration service-account-issuer service-account-jwks-uri service-account-lookup
        service-account-max-token-expiration service-node-port-range shutdown-delay-duration shutdown-send-retry-after>24
        shutdown-watch-termination-grace-period>31 storage-backend storage-initialization-timeout>31 storage-media-type
        strict-transport-security-directives>24 watch-cache watch-cache-sizes
        """)

    static let controllerManager = FlagSpan.table(
        logging, serving, delegating,
        """
        allocate-node-cidrs attach-detach-reconcile-sync-period cidr-allocator-type cluster-signing-duration
        concurrent-cron-job-syncs>28 concurrent-deployment-syncs concurrent-endpoint-syncs
        concurrent-ephemeralvolume-syncs>28 concurrent-gc-syncs concurrent-horizontal-pod-autoscaler-syncs>28
        concurrent-job-syncs>28 concurrent-namespace-syncs concurrent-rc-syncs concurrent-replicaset-syncs
        concurrent-resource-quota-syncs concurrent-service-endpoint-syncs concurrent-service-syncs
        concurrent-serviceaccount-token-syncs concurrent-statefulset-syncs concurrent-ttl-after-finished-syncs
        concurrent-validating-admission-policy-status-syncs>31 configure-cloud-routes controller-start-interval
        controllers deployment-controller-sync-period<24 disable-attach-detach-reconcile-sync
        disable-force-detach-on-timeout>31 enable-dynamic-provisioning enable-garbage-collector
        enable-hostpath-provisioner enable-leader-migration>24 enable-taint-manager<27 endpoint-updates-batch-period
        endpointslice-updates-batch-period horizontal-pod-autoscaler-cpu-initialization-period
        horizontal-pod-autoscaler-downscale-stabilization horizontal-pod-autoscaler-initial-readiness-delay
        horizontal-pod-autoscaler-sync-period horizontal-pod-autoscaler-tolerance large-cluster-size-threshold
        legacy-service-account-token-clean-up-period>31 max-endpoints-per-slice min-resync-period
        mirroring-concurrent-service-endpoint-syncs mirroring-endpointslice-updates-batch-period
        mirroring-max-endpoints-per-subset namespace-sync-period node-cidr-mask-size node-cidr-mask-size-ipv4
        node-cidr-mask-size-ipv6 node-eviction-rate node-monitor-grace-period node-monitor-period
        node-startup-grace-period pod-eviction-timeout<27 pv-recycler-increment-timeout-nfs
        pv-recycler-minimum-timeout-hostpath pv-recycler-minimum-timeout-nfs pv-recycler-timeout-increment-hostpath
        pvclaimbinder-sync-period resource-quota-sync-period route-reconciliation-period secondary-node-eviction-rate
        terminated-pod-gc-threshold unhealthy-zone-threshold use-service-account-credentials
        volume-host-allow-local-loopback<31 volume-host-cidr-denylist<31
        """)

    static let scheduler = FlagSpan.table(
        logging, serving, delegating,
        """
        algorithm-provider<23 hard-pod-affinity-symmetric-weight<23 lock-object-name<23 lock-object-namespace<23
        pod-max-in-unschedulable-pods-duration>25 scheduler-name<23
        """)

    /// etcd 3.3 to 3.6; v1.34 came with 3.6 and v1.37 with 3.7, which has fewer of the experimental ones.
    static let etcd = FlagSpan.table(
        """
        auto-compaction-mode auto-compaction-retention backend-batch-interval>17 backend-batch-limit>17 cipher-suites
        election-timeout enable-pprof grpc-keepalive-interval grpc-keepalive-min-time grpc-keepalive-timeout
        heartbeat-interval listen-metrics-urls log-level>17 log-outputs>17 logger>17 max-concurrent-streams>22
        max-request-bytes max-snapshots max-txn-ops max-wals metrics pre-vote quota-backend-bytes snapshot-count
        socket-reuse-address>22 socket-reuse-port>22 strict-reconfig-check tls-max-version>29 tls-min-version>29
        debug<22 log-package-levels<22 enable-v2<34 experimental-initial-corrupt-check?34 experimental-corrupt-check-time?34
        experimental-compact-hash-check-enabled?34 experimental-compaction-batch-limit?34 experimental-peer-skip-client-san-verification?34
        experimental-warning-apply-duration?34 experimental-watch-progress-notify-interval?34
        """)

    /// Set by kubeadm for its own files, addresses and keys, or by hakube for what the inventory says.
    static let managed: Set<String> = [
        "advertise-address", "allow-privileged", "authentication-kubeconfig", "authorization-kubeconfig", "cert-dir",
        "client-ca-file", "cluster-name", "cluster-signing-cert-file", "cluster-signing-key-file",
        "enable-bootstrap-token-auth", "etcd-cafile", "etcd-certfile", "etcd-keyfile", "etcd-servers", "kubeconfig",
        "kubelet-certificate-authority", "kubelet-client-certificate", "kubelet-client-key", "master", "port",
        "proxy-client-cert-file", "proxy-client-key-file", "requestheader-allowed-names",
        "requestheader-client-ca-file", "requestheader-extra-headers-prefix", "requestheader-group-headers",
        "requestheader-username-headers", "root-ca-file", "secure-port", "service-account-key-file",
        "service-account-private-key-file", "service-account-signing-key-file", "tls-cert-file",
        "tls-private-key-file", "tls-sni-cert-key", "address", "insecure-port", "insecure-bind-address",
        // etcd's
        "advertise-client-urls", "auto-tls", "cert-file", "client-cert-auth", "data-dir", "initial-advertise-peer-urls",
        "initial-cluster", "initial-cluster-state", "initial-cluster-token", "key-file", "listen-client-urls",
        "listen-peer-urls", "name", "peer-auto-tls", "peer-cert-file", "peer-client-cert-auth", "peer-key-file",
        "peer-trusted-ca-file", "trusted-ca-file", "wal-dir",
    ]

    /// Name a file that the tool puts on hosts, which hakube does not.
    static let naming: Set<String> = [
        "admission-control-config-file", "audit-policy-file", "audit-webhook-config-file", "authentication-config",
        "authentication-token-webhook-config-file", "authorization-config", "authorization-policy-file",
        "authorization-webhook-config-file", "cloud-config", "config", "egress-selector-config-file",
        "encryption-provider-config", "external-cloud-volume-plugin", "flex-volume-plugin-dir",
        "leader-migration-config", "oidc-ca-file", "peer-ca-file", "policy-config-file",
        "pv-recycler-pod-template-filepath-hostpath", "pv-recycler-pod-template-filepath-nfs",
        "service-account-signing-endpoint", "token-auth-file", "tracing-config-file",
    ]
}
