// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What is looked for. docs/lint.md says why, and what to do.
package enum Rule: String, Sendable, Hashable, CaseIterable {
    // Files
    case fileNotRecognised = "file-not-recognised"
    case yamlBroken = "yaml-broken"
    case yamlKeyTwice = "yaml-key-twice"

    // kubeadm
    case kubeadmAPIVersion = "kubeadm-api-version"
    case kubeadmUnknownKind = "kubeadm-unknown-kind"
    case kubeadmKindTwice = "kubeadm-kind-twice"
    case kubeadmUnknownField = "kubeadm-unknown-field"
    case kubeadmWrongForm = "kubeadm-wrong-form"
    case criSocketDockershim = "cri-socket-dockershim"
    case taintByRelease = "taint-by-release"
    case staticPodFolder = "static-pod-folder"
    case etcdEven = "etcd-even"

    // Addresses and the endpoint
    case advertiseAddressIsVIP = "advertise-address-is-vip"
    case advertiseAddressTwice = "advertise-address-twice"
    case nodeNameTwice = "node-name-twice"
    case endpointMissing = "endpoint-missing"
    case endpointPortUnserved = "endpoint-port-unserved"
    case endpointNotVIP = "endpoint-not-the-vip"
    case endpointIsOneMaster = "endpoint-is-one-master"
    case vipIsHost = "vip-is-host"
    case sansNameNoMaster = "sans-name-no-master"
    case sansLackMaster = "sans-lack-master"
    case sansLackVIP = "sans-lack-vip"
    case sansLackEndpoint = "sans-lack-endpoint"

    // Ranges
    case rangeUnreadable = "range-unreadable"
    case podRangeOverHosts = "pod-range-over-hosts"
    case podRangeTakesLAN = "pod-range-takes-lan"
    case serviceRangeOverHosts = "service-range-over-hosts"
    case rangesOverlap = "ranges-overlap"
    case vipInRange = "vip-in-range"
    case dnsOutsideServices = "dns-outside-services"

    // kube-proxy
    case ipvsWithoutExclusion = "ipvs-without-exclusion"
    case ipvsWithoutStrictARP = "ipvs-without-strict-arp"

    // Hosts files
    case hostsOtherMaster = "hosts-other-master"
    case hostsOneMaster = "hosts-one-master"
    case hostsNameTwice = "hosts-name-twice"
    case hostsFilesDiffer = "hosts-files-differ"
    case hostsLackEndpoint = "hosts-lack-endpoint"
    case hostsLineBroken = "hosts-line-broken"

    // Commands
    case sharedIdentity = "shared-identity"
    case sharedCertificates = "shared-certificates"
    case kubeadmFlagsMixed = "kubeadm-flags-mixed"
    case kubeadmFlagRemoved = "kubeadm-flag-removed"
    case passwordInCommand = "password-in-command"

    // haproxy
    case haproxyServerTwice = "haproxy-server-twice"
    case haproxyServerNameTwice = "haproxy-server-name-twice"
    case haproxyServerMisnamed = "haproxy-server-misnamed"
    case haproxyNoCheck = "haproxy-no-check"
    case haproxyCheckShallow = "haproxy-check-shallow"
    case haproxyModeHTTP = "haproxy-mode-http"
    case haproxyTimeoutShort = "haproxy-timeout-short"
    case haproxyBackendMissing = "haproxy-backend-missing"
    case haproxyLacksMaster = "haproxy-lacks-master"
    case haproxyServerPort = "haproxy-server-port"
    case haproxyPortTaken = "haproxy-port-taken"

    // keepalived
    case vrrpNeverFailsOver = "vrrp-never-fails-over"
    case vrrpWeightSmall = "vrrp-weight-small"
    case vrrpNoPreemptMaster = "vrrp-nopreempt-master"
    case vrrpPriorityTie = "vrrp-priority-tie"
    case vrrpNumberRange = "vrrp-number-range"
    case vrrpTwoMasters = "vrrp-two-masters"
    case vrrpRouterIDShared = "vrrp-router-id-shared"
    case vrrpRouterIDDiffers = "vrrp-router-id-differs"
    case vrrpAddressesDiffer = "vrrp-addresses-differ"
    case vrrpPasswordLong = "vrrp-password-long"
    case vrrpPasswordsDiffer = "vrrp-passwords-differ"
    case vrrpPeersEmpty = "vrrp-peers-empty"
    case vrrpPeerIsSelf = "vrrp-peer-is-self"
    case vrrpPeerMissing = "vrrp-peer-missing"
    case vrrpScriptUntracked = "vrrp-script-untracked"
    case vrrpScriptUnknown = "vrrp-script-unknown"
    case vrrpNoCheck = "vrrp-no-check"
    case vrrpCheckShallow = "vrrp-check-shallow"
    case vrrpCheckPort = "vrrp-check-port"

    // kube-vip, Services and other manifests
    case kubeVIPVariable = "kube-vip-variable"
    case kubeVIPMode = "kube-vip-mode"
    case kubeVIPNetwork = "kube-vip-network"
    case kubeVIPLease = "kube-vip-lease"
    case imageFloating = "image-floating"
    case serviceFieldMisplaced = "service-field-misplaced"
    case serviceOnVIP = "service-on-vip"
    case serviceOnHost = "service-on-host"
    case serviceAddressTwice = "service-address-twice"
    case poolUnreadable = "pool-unreadable"
    case poolHoldsVIP = "pool-holds-vip"
    case poolHoldsHost = "pool-holds-host"
    case poolsOverlap = "pools-overlap"
    case poolInRange = "pool-in-range"

    // RKE
    case rkeWeakTLS = "rke-weak-tls"
    case rkePassword = "rke-password"
    case rkeHostTwice = "rke-host-twice"
    case rkeRangesDiffer = "rke-ranges-differ"

    /// What its findings are unless the case at hand is milder or worse.
    package var severity: Severity {
        switch self {
        case .fileNotRecognised, .taintByRelease, .etcdEven, .endpointIsOneMaster, .sansLackMaster, .sansLackVIP,
            .podRangeTakesLAN, .hostsOneMaster, .hostsLackEndpoint, .hostsLineBroken, .sharedCertificates,
            .passwordInCommand,
            .haproxyServerMisnamed, .haproxyCheckShallow, .haproxyTimeoutShort, .vrrpWeightSmall, .vrrpPriorityTie,
            .vrrpTwoMasters, .vrrpPasswordLong, .vrrpPeersEmpty, .vrrpPeerIsSelf, .vrrpNoCheck, .vrrpCheckShallow,
            .vrrpCheckPort, .kubeVIPVariable, .imageFloating, .rkePassword:
            .warning
        default: .error
        }
    }
}
