#!/bin/bash
# setup.sh - installs what building and testing hakube needs on Debian 12, and only what is missing.
#
# Needs root where something is missing; Swift 6.3 is expected to be there already. The tests use sshd and
# docker-registry as programs of their own: where they are not installed yet they are put in place without being started
# as services.
set -euo pipefail
packages=(
    git pkg-config libssh2-1-dev libarchive-dev libssl-dev libcurl4-openssl-dev zlib1g-dev libsodium-dev libzstd-dev
    musl-dev
    openssh-client openssh-server iproute2 openssl python3 zstd curl
    sudo # log-ins that are not root, with a password and without
    docker-registry # images are pulled from a real one
    iptables nftables # packet filters before a cluster and after it are compared from outside
)

say() { echo "setup: $*"; }
die() { say "$*" >&2; exit 1; }

command -v swift > /dev/null || die "Swift 6.3 is not installed; get it from swift.org and put its bin folder on PATH"
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
[ "$(id -u)" = 0 ] || die "run as root, or install yourself: apt-get install ${missing[*]}"
say "installing ${missing[*]}"
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e $policy ]; then # deb-policy: 101 = services are not to be started
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
    made=$policy
fi
end() { # also where apt-get failed half way: what came with a package was not to serve anybody
    [ -z "$made" ] || rm -f "$made"
    for service in openssh-server:ssh docker-registry:docker-registry; do
        case " ${missing[*]} " in
            *" ${service%:*} "*) systemctl disable --quiet "${service#*:}" 2> /dev/null || true ;;
        esac
    done
}
trap end EXIT
log=$(mktemp)
{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}"; } \
    > "$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get could not install ${missing[*]}; its words stand above"; }
rm -f "$log"
