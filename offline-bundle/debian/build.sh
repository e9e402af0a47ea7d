#!/bin/bash
# build.sh - an offline bundle for Kubernetes 1.20.2 on amd64, made of Debian 12's packages and sources alone.
#
#   build.sh [--guardian PATH-TO-hakube-guardian] OUT-DIR        then: hakube bundle pack OUT-DIR
#
# Needs root on Debian 12 (it installs build tools with apt-get), a Debian mirror with sources, 5 GB of disk.
# Leaves OUT-DIR (its parts are told in ../README.md) and a cache in ${HAKUBE_CACHE:-/var/cache/hakube/bundle}. The first run
# takes about five minutes on two cores, a second one seconds; an interrupted run is taken up where it stopped.
# MIRROR names another Debian mirror than the machine's own.
set -euo pipefail
umask 022
recipe=$(dirname "$(readlink -f "$0")")
cache=${HAKUBE_CACHE:-/var/cache/hakube/bundle} version=v1.20.2
export SOURCE_DATE_EPOCH=1610496000 LC_ALL=C
# shellcheck source=offline-bundle/debian/step.sh
. "$recipe/step.sh"

usage() { echo "usage: build.sh [--guardian PATH-TO-hakube-guardian] OUT-DIR" >&2; exit 2; }
guardian="" out=""
while [ $# -gt 0 ]; do
    case $1 in
        --guardian) [ $# -gt 1 ] || usage; guardian=$2; shift ;;
        -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit ;;
        -*) usage ;;
        *) [ -z "$out" ] || usage; out=$1 ;;
    esac
    shift
done
[ -n "$out" ] || usage
[ "$(id -u)" = 0 ] || die "the recipe installs build tools and needs root"
grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release || die "the recipe needs Debian 12 (bookworm), whose source package has Kubernetes 1.20.2"
[ "$(dpkg --print-architecture)" = amd64 ] || die "the recipe is for amd64; this machine is $(dpkg --print-architecture)"
[ -z "$guardian" ] || [ -x "$guardian" ] || die "--guardian: $guardian is no executable file"
[ ! -e "$out" ] || [ -e "$out/bundle.yaml" ] || rmdir "$out" 2> /dev/null || die "$out exists and is no bundle folder; name another one"
out=$(realpath -m "$out")
[ -z "$guardian" ] || guardian=$(realpath "$guardian")

mkdir -p "$cache"
exec 9> "$cache/lock"
flock --nonblock 9 || { say "waiting for another run in $cache"; flock 9; }

# shellcheck source=offline-bundle/debian/kubernetes.sh
. "$recipe/kubernetes.sh"
# shellcheck source=offline-bundle/debian/images.sh
. "$recipe/images.sh"

install_tools() {
    local package missing=""
    # shellcheck disable=SC2013 # one word a line
    for package in $(sed -n 's/^build //p' "$recipe/packages.txt"); do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed || missing+=" $package"
    done
    [ -n "$missing" ] || return 0
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing
}

bundle_yaml() {
    cat << YAML
kubernetes: $version
arch: amd64
# Who gets what is not for both. Keys are paths in this folder; below images/, an image's name without its tag.
roles:
  images/k8s.gcr.io/kube-apiserver: [master]
  images/k8s.gcr.io/kube-controller-manager: [master]
  images/k8s.gcr.io/kube-scheduler: [master]
  images/k8s.gcr.io/etcd: [master]
  manifests/*: [master]
YAML
    [ -z "$guardian" ] || printf '  %s: [node]\n' bin/hakube-guardian images/hakube.local/guardian
}

assemble() {
    local part=$out.part
    rm -rf "$part"
    mkdir -p "$part"/{bin,cni,images,manifests}
    cd "$cache/bin/$version"
    install -m 755 kubeadm kubelet kubectl crictl "$part/bin/"
    cd "$debian/usr"
    install -m 755 bin/containerd bin/containerd-shim-runc-v2 bin/ctr sbin/runc "$part/bin/"
    [ -z "$guardian" ] || install -m 755 "$guardian" "$part/bin/hakube-guardian"
    install -m 755 lib/cni/bridge lib/cni/host-local lib/cni/loopback lib/cni/portmap "$part/cni/"
    build_images "$part/images"
    install -m 644 "$recipe/pod-network/pod-network.yaml" "$part/manifests/"
    bundle_yaml > "$part/bundle.yaml"
    rm -rf "$out.old"
    [ ! -e "$out" ] || mv "$out" "$out.old"
    mv "$part" "$out"
    rm -rf "$out.old"
    find "$out" -printf '%P %s %T@\n' | sort > "$listing"
}

step "build tools" "$cache/.stamp/tools" "$(digest "$recipe/packages.txt")" install_tools
step "Debian packages" "$debian.stamp" "$(digest "$recipe/packages.txt")" fetch_packages
build_kubernetes

# An OUT-DIR that somebody touched since is made anew.
listing=$cache/.stamp/out-$(echo "$out" | sha256sum | cut -c 1-16)
find "$out" -printf '%P %s %T@\n' 2> /dev/null | sort | cmp -s - "$listing" || rm -f "$listing.done"
step "bundle folder $out" "$listing.done" "$(cat "$cache/bin/$version/.stamp"/* "$debian.stamp" "$recipe"/{build,images}.sh "$recipe/oci.py" \
    "$recipe/pod-network/pod-network.yaml" ${guardian:+"$guardian"} | sha256sum)" assemble
[ -n "$guardian" ] || say "without --guardian: hakube-guardian and its image are left out, so hakube init cannot use this bundle for workers"
say "done in $SECONDS s: $out ($(du -sh "$out" | cut -f 1)); next: hakube bundle pack $out"
