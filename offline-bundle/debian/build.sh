#!/bin/bash
# build.sh OUT-DIR - Kubernetes 1.20.2 for amd64, made of Debian 12's packages and sources alone.
#
# Run by "hakube bundle build --sources offline-bundle/debian", which makes the bundle; sources.yaml beside this script
# says what of OUT-DIR goes where. Needs root on Debian 12 (it installs build tools with apt-get), a Debian mirror with
# sources, 5 GB of disk.
# Leaves bin/, cni/ and images/ (an OCI layout) in OUT-DIR, and a cache in ${HAKUBE_CACHE:-/var/cache/hakube}/bundle. The
# first run takes about five minutes on two cores, a second one seconds; an interrupted run is taken up where it stopped.
# MIRROR names another Debian mirror than the machine's own.
set -euo pipefail
umask 022
recipe=$(dirname "$(readlink -f "$0")")
cache=${HAKUBE_CACHE:-/var/cache/hakube}/bundle version=v1.20.2
export SOURCE_DATE_EPOCH=1610496000 LC_ALL=C
# shellcheck source=offline-bundle/debian/step.sh
. "$recipe/step.sh"

usage() { echo "usage: build.sh OUT-DIR" >&2; exit 2; }
[ $# = 1 ] || usage
case $1 in
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit ;;
    -*) usage ;;
esac
out=$1
[ "$(id -u)" = 0 ] || die "the recipe installs build tools and needs root"
grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release || die "the recipe needs Debian 12 (bookworm), whose source package has Kubernetes 1.20.2"
[ "$(dpkg --print-architecture)" = amd64 ] || die "the recipe is for amd64; this machine is $(dpkg --print-architecture)"
[ ! -e "$out" ] || [ -e "$out/images/oci-layout" ] || rmdir "$out" 2> /dev/null || die "$out exists and was not made by this script; name another one"
out=$(realpath -m "$out")

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

assemble() {
    local part=$out.part
    rm -rf "$part"
    mkdir -p "$part"/{bin,cni,images}
    cd "$cache/bin/$version"
    install -m 755 kubeadm kubelet kubectl crictl "$part/bin/"
    cd "$debian/usr"
    install -m 755 bin/containerd bin/containerd-shim-runc-v2 bin/ctr sbin/runc "$part/bin/"
    install -m 755 lib/cni/bridge lib/cni/host-local lib/cni/loopback lib/cni/portmap "$part/cni/"
    build_images "$part/images"
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
step "folder $out" "$listing.done" "$(cat "$cache/bin/$version/.stamp"/* "$debian.stamp" "$recipe"/{build,images}.sh "$recipe/oci.py" | sha256sum)" assemble
say "done in $SECONDS s: $out ($(du -sh "$out" | cut -f 1))"
