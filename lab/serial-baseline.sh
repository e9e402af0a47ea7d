#!/bin/bash
# serial-baseline.sh - how long plain kubeadm takes, one host after another: the yardstick for hakube init.
#
#   serial-baseline.sh FOLDER [WORD...]
#
# FOLDER is what offline-bundle/debian/build.sh made. Needs a lab that is up with fresh hosts (LAB_NAME and
# HAKUBE_LAB as for lab.sh). Copies and prepares all hosts side by side first, and does not count that. Prints seconds
# per step, then the yardstick: init + two control-plane joins + one worker join. Leaves a cluster without pod network;
# with the word "network" it applies that and waits until all nodes are Ready. "lab.sh reset" or "down" removes it.
set -euo pipefail
lab=$(dirname "$(readlink -f "$0")")/lab.sh
bundle=${1:-} network=${2:-}
endpoint=apiserver.cluster.local:6443 subnet=10.244.0.0/16
say() { echo "baseline: $*"; }
die() { say "$*" >&2; exit 1; }
[ -x "$bundle/bin/kubeadm" ] || die "usage: serial-baseline.sh FOLDER; \"$bundle\" is none"
on() { "$lab" ssh "$@"; }
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

addresses=$("$lab" list | awk '$3 == "up," { print $1, $2 }')
masters=$(awk '/^master/ { print $1 }' <<< "$addresses") workers=$(awk '!/^master/ { print $1 }' <<< "$addresses")
address() { awk -v name="$1" '$1 == name { print $2 }' <<< "$addresses"; }
first=$(head -n 1 <<< "$masters")
[ "$(wc -w <<< "$masters")" -ge 3 ] || die "needs three masters up; \"lab.sh up\" starts them"
[ -n "$workers" ] || die "needs a worker up; \"lab.sh up\" starts them"

prepare() { # HOST: what hakube does before kubeadm
    tar -C "$bundle" -cf - bin cni images | on "$1" 'mkdir -p /root/bundle && tar -xf - -C /root/bundle' || return
    on "$1" sh -s << 'HOST'
set -e
[ ! -e /etc/kubernetes/kubelet.conf ] || { echo "is in a cluster already" >&2; exit 1; }
mkdir -p /opt/cni/bin /etc/containerd /etc/systemd/system/kubelet.service.d /etc/kubernetes/manifests
mv /root/bundle/bin/* /usr/local/bin/
mv /root/bundle/cni/* /opt/cni/bin/
# Without CAP_SYS_RESOURCE nobody may lower a score, and runc fails on the pause containers' -998.
adjust=false
sh -c 'echo -998 > /proc/self/oom_score_adj' 2> /dev/null || adjust=true
cat > /etc/containerd/config.toml << TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "k8s.gcr.io/pause:3.2"
  restrict_oom_score_adj = $adjust
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
TOML
cat > /etc/systemd/system/containerd.service << 'UNIT'
[Unit]
After=network.target
[Service]
Type=notify
ExecStart=/usr/local/bin/containerd
Restart=always
RestartSec=2
Delegate=yes
KillMode=process
OOMScoreAdjust=-999
LimitNOFILE=1048576
TasksMax=infinity
[Install]
WantedBy=multi-user.target
UNIT
cat > /etc/systemd/system/kubelet.service << 'UNIT'
[Unit]
After=containerd.service
Wants=containerd.service
StartLimitIntervalSec=0
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=2
[Install]
WantedBy=multi-user.target
UNIT
modprobe -q br_netfilter || [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] # it may be built in
modprobe -q overlay || grep -q overlay /proc/filesystems
echo 'net.ipv4.ip_forward=1' > /etc/sysctl.d/90-kubernetes.conf
sysctl -q -p /etc/sysctl.d/90-kubernetes.conf
systemctl daemon-reload
systemctl -q enable containerd kubelet
systemctl start containerd
tar -C /root/bundle/images -cf - . | ctr -n k8s.io images import - > /dev/null
rm -rf /root/bundle
HOST
}

resolve() { on "$1" "sed -i '/ ${endpoint%:*}\$/d' /etc/hosts; echo '$(address "$2") ${endpoint%:*}' >> /etc/hosts"; } # HOST TO

timed() { # TITLE COMMAND...
    local title=$1 began ended; shift
    began=$(date +%s%N)
    "$@" > "$logs/out" 2>&1 || { tail -n 20 "$logs/out" >&2; die "$title failed"; }
    ended=$(date +%s%N)
    took=$(((ended - began) / 100000000))
    printf 'baseline: %-22s %5s s\n' "$title" "${took%?}.${took: -1}"
}

prepare_all() {
    local host jobs=()
    for host in $masters $workers; do { prepare "$host" || { echo "$host could not be prepared"; exit 1; }; } & jobs+=($!); done
    for host in "${jobs[@]}"; do wait "$host" || return; done
}

random() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n'; }
token=$(random 3).$(random 8) certificate_key=$(random 32)

registration() { printf 'nodeRegistration: {criSocket: /run/containerd/containerd.sock}\n'; }
init() { # "|| return": errexit is off in what timed calls
    resolve "$first" "$first" || return
    on "$first" 'umask 077; cat > kubeadm.yaml && kubeadm init --config kubeadm.yaml --upload-certs && rm kubeadm.yaml && mkdir -p .kube && cp /etc/kubernetes/admin.conf .kube/config' << YAML || return
apiVersion: kubeadm.k8s.io/v1beta2
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: $(address "$first")}
bootstrapTokens: [{token: $token}]
certificateKey: $certificate_key
$(registration)
---
apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
kubernetesVersion: v1.20.2
controlPlaneEndpoint: $endpoint
networking: {podSubnet: $subnet, serviceSubnet: 10.96.0.0/12}
apiServer: {certSANs: [127.0.0.1, $(for host in $masters; do address "$host"; done | paste -sd ,)]}
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
conntrack: {maxPerCore: 0, min: 0} # nf_conntrack_max belongs to the machine, not to a lab host
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
YAML
    hash=$(on "$first" "openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | openssl dgst -sha256 | sed 's/.* //'")
}
join() { # HOST [CONTROL-PLANE]
    resolve "$1" "$first" || return
    on "$1" 'umask 077; cat > kubeadm.yaml && kubeadm join --config kubeadm.yaml && rm kubeadm.yaml' << YAML || return
apiVersion: kubeadm.k8s.io/v1beta2
kind: JoinConfiguration
discovery: {bootstrapToken: {apiServerEndpoint: "$endpoint", token: $token, caCertHashes: ["sha256:$hash"]}}
${2:+controlPlane: {localAPIEndpoint: {advertiseAddress: $(address "$1")\}, certificateKey: $certificate_key\}}
$(registration)
YAML
    [ -z "${2:-}" ] || resolve "$1" "$1"
}

pod_network() {
    sed "s,{{podSubnet}},$subnet," "$(dirname "$lab")/../offline-bundle/debian/pod-network/pod-network.yaml" | on "$first" kubectl apply -f - || return
    on "$first" kubectl wait --for=condition=Ready node --all --timeout=120s
}

timed "prepare all hosts" prepare_all
timed "kubeadm init $first" init
sum=$took joined=0
for host in $masters; do
    [ "$host" != "$first" ] || continue
    timed "kubeadm join $host" join "$host" control-plane
    [ $((joined++)) -ge 2 ] || sum=$((sum + took))
done
joined=0
for host in $workers; do
    timed "kubeadm join $host" join "$host"
    [ $((joined++)) -ge 1 ] || sum=$((sum + took))
done
[ "$network" != network ] || timed "pod network, all Ready" pod_network
printf 'baseline: %-22s %5s s (init + 2 control-plane joins + 1 worker join)\n' yardstick "${sum%?}.${sum: -1}"
