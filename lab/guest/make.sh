#!/bin/bash
# make.sh - makes the guest in which the guardian is tried: Debian's kernel with IPVS, three programs, and "trial".
#
#   make.sh        prints the folder with vmlinuz, base.cpio and trial
#
# Installs qemu-system-x86, Go and cpio where they are missing (needs root then). The packages of the guest are only
# unpacked: /boot and /lib/modules of this machine stay as they are. Cached in ${HAKUBE_CACHE:-/var/cache/hakube}/guest;
# the first run fetches 35 MB and takes less than a minute.
set -euo pipefail
shopt -s inherit_errexit
umask 022
export LC_ALL=C
here=$(dirname "$(readlink -f "$0")")
cache=${HAKUBE_CACHE:-/var/cache/hakube}/guest
work=$cache/work
tools=(qemu-system-x86 golang-1.19-go cpio)
packages=(ipvsadm iproute2 libc6 libpopt0 libnl-3-200 libnl-genl-3-200 libbpf1 libelf1 libmnl0 libbsd0 libcap2 zlib1g libmd0 libxtables12)
programs=(sbin/ipvsadm bin/ip sbin/tc)
modules=(veth bridge inet_diag tcp_diag sch_tbf sch_netem ip_vs ip_vs_rr ip_vs_wlc)

say() { echo "guest: $*" >&2; }
die() { say "$*"; exit 1; }

install_tools() {
    local package missing=()
    for package in "${tools[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || die "run as root, or install yourself: apt-get install --no-install-recommends ${missing[*]}"
    say "installing ${missing[*]}"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}"; } \
        > "$cache/apt.log" 2>&1 || die "apt-get could not install ${missing[*]}; see $cache/apt.log"
}

kernel_package() { apt-cache depends linux-image-cloud-amd64 2> /dev/null | awk '/Depends: linux-image-[0-9]/ { print $2; exit }'; }

download() { (cd "$work/packages" && apt-get download -q -o APT::Sandbox::User=root "$1" "${packages[@]}"); }

fetch() { # unpacks kernel and programs below $work/from
    local kernel package
    kernel=$(kernel_package)
    [ -n "$kernel" ] || { apt-get update -qq > "$cache/apt.log" 2>&1 || true; kernel=$(kernel_package); }
    [ -n "$kernel" ] || die "apt knows no linux-image-cloud-amd64; the guest needs Debian 12's packages"
    say "fetching $kernel and ${#packages[@]} small packages"
    mkdir -p "$work/packages" "$work/from"
    download "$kernel" > "$cache/apt.log" 2>&1 || {
        # Lists that are older than the packages name files that are gone.
        apt-get update -qq >> "$cache/apt.log" 2>&1 || true
        download "$(kernel_package)" >> "$cache/apt.log" 2>&1
    } || die "apt-get could not fetch the guest's packages; see $cache/apt.log"
    for package in "$work"/packages/*.deb; do dpkg -x "$package" "$work/from"; done
}

add_program() { # PATH: with the libraries that its package's own loader finds
    local libraries=$work/from/lib/x86_64-linux-gnu loader=lib64/ld-linux-x86-64.so.2 library
    cp -L "$work/from/$1" "$work/base/sbin/"
    cp -L "$libraries/${loader##*/}" "$work/base/$loader"
    while read -r library; do cp -L "$library" "$work/base/lib/x86_64-linux-gnu/"; done < <(
        "$work/base/$loader" --library-path "$libraries:$work/from/usr/lib/x86_64-linux-gnu" --list "$work/from/$1" |
            awk '/=> \// { print $3 }')
}

add_module() { # NAME: after those it depends on; a name without a file is built into the kernel
    local file need
    file=$(find "$work/from/lib/modules" -name "${1//[-_]/[-_]}.ko")
    [ -n "$file" ] && [ ! -e "$work/base/modules/$1.ko" ] || return 0
    for need in $(grep -aoz 'depends=[^[:cntrl:]]*' "$file" | tr -d '\0' | sed 's/depends=//; s/,/ /g'); do add_module "$need"; done
    cp "$file" "$work/base/modules/$1.ko"
    echo "$1.ko" >> "$work/base/modules/order"
}

make_base() {
    local name
    rm -rf "$work"
    fetch
    mkdir -p "$work/base"/{dev,proc,sys,run,tmp,modules,sbin,lib64,lib/x86_64-linux-gnu}
    for name in "${programs[@]}"; do add_program "$name"; done
    for name in "${modules[@]}"; do add_module "$name"; done
    [ -e "$work/base/modules/ip_vs.ko" ] || die "this kernel has no IPVS module"
    cp "$work"/from/boot/vmlinuz-* "$cache/vmlinuz"
    (cd "$work/base" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) > "$cache/base.cpio"
    # The kernel unpacks archives laid end to end when each begins at a multiple of four.
    truncate -s %4 "$cache/base.cpio"
    rm -rf "$work"
}

make_trial() {
    (cd "$here/trial" && CGO_ENABLED=0 GOCACHE=$cache/gocache GOFLAGS=-trimpath GOPROXY=off GOTOOLCHAIN=local \
        nice /usr/lib/go-1.19/bin/go build -ldflags '-s -w' -o "$cache/trial" .)
}

made() { # FILE KEY COMMAND: unless FILE was made with this KEY
    [ ! -e "$1" ] || [ "$(cat "$1.made" 2> /dev/null)" != "$2" ] || return 0
    rm -f "$1.made"
    "$3"
    echo "$2" > "$1.made"
}

[ "$(dpkg --print-architecture 2> /dev/null)" = amd64 ] || die "the guest needs an amd64 machine with Debian's packages"
mkdir -p "$cache"
exec 9> "$cache/lock"
flock --wait 600 9 || die "another run holds $cache/lock"
install_tools
made "$cache/base.cpio" "$(sha256sum < "$here/make.sh")" make_base
made "$cache/trial" "$(cat "$here"/trial/*.go "$here"/trial/go.mod | sha256sum)" make_trial
echo "$cache"
