#!/bin/bash
# lab.sh - bare hosts on one machine: each has its own systemd as PID 1, sshd on port 22, network, disk and users.
#
#   lab.sh setup             install what the lab needs and build the hosts' base system (once; about a minute)
#   lab.sh up [NAME...]      start hosts (default: all of HOSTS); a stopped one keeps its disk, as after a power cut
#   lab.sh kill NAME...      power cut
#   lab.sh reset NAME...     power cut and a new disk: the next "up" gives a fresh machine
#   lab.sh list              every host, its address and state
#   lab.sh ssh [USER@]NAME [CMD...]   log in (root unless said otherwise) or run CMD
#   lab.sh key               path of the private key that logs in anywhere
#   lab.sh network           the first three bytes of its network
#   lab.sh folder            where this lab keeps its disks; goes with "down"
#   lab.sh down              stop all, throw the disks away, leave no trace but the cached base
#
# Users on every host, all with the lab's key and the password "lab": root, admin (sudo without password),
# operator (sudo with password), nosudo (no sudo).
#
# LAB_NAME  name of this lab; labs of different name and NET stand side by side       hakube
# NET       first three bytes of its network                                       10.77.0, or as it was started
# HOSTS     "NAME:LAST-BYTE ..." for "up"; hosts that exist are known without it   3 masters and 2 workers
# HAKUBE_LAB  where base and disks lie; a plain ext4 or xfs                           /var/cache/hakube/lab
# MIRROR    Debian mirror for the base                                                the machine's own
#
# Needs root on a Debian machine, cgroup v1 or v2. A host is a set of namespaces on this machine's kernel: it has no
# way out of its bridge, and clock, kernel log and modules are the machine's.
set -euo pipefail
shopt -s inherit_errexit
lab=$(dirname "$(readlink -f "$0")")
# shellcheck source=lab/hosts/cgroup.sh
. "$lab/hosts/cgroup.sh"
# shellcheck source=lab/hosts/host.sh
. "$lab/hosts/host.sh"
state=${HAKUBE_LAB:-/var/cache/hakube/lab} name=${LAB_NAME:-hakube}
here=$state/$name key=$state/id_ed25519
net=${NET:-$(cat "$here/net" 2> /dev/null || echo 10.77.0)}
HOSTS=${HOSTS:-master1:11 master2:12 master3:13 worker1:21 worker2:22}
switch=lab-$name gateway=lab-$name

say() { echo "lab: $*"; }
die() { say "$*" >&2; exit 1; }
names() { local h; for h in $HOSTS; do echo "${h%%:*}"; done; }
known() { { names; ls "$here/hosts" 2> /dev/null || true; } | awk '!seen[$0]++'; }
octet() { # NAME -> last byte of its address
    local h
    for h in $HOSTS; do [ "${h%%:*}" != "$1" ] || { echo "${h##*:}"; return; }; done
    cat "$here/hosts/$1/octet" 2> /dev/null || die "there is no host $1; known are $(known | xargs)"
}
address() { local last; last=$(octet "$1"); echo "$net.$last"; }
unshared() { # NAME -> pid of the process that holds the host, if it lives (a pid file outlives a reboot)
    local pid; pid=$(cat "$here/hosts/$1/pid" 2> /dev/null) || return 0
    if { tr '\0' '\n' < "/proc/$pid/cmdline"; } 2> /dev/null | grep -qxF "$here/hosts/$1"; then echo "$pid"; fi
}
pid1() { local up; up=$(unshared "$1"); [ -z "$up" ] || tr -d ' ' < "/proc/$up/task/$up/children" 2> /dev/null || true; }
base_dir() { echo "$state/base-$(cat "$lab/packages.txt" "$lab/hosts/base.sh" "$key.pub" | sha256sum | cut -c 1-12)"; }

# The machine's own count of inotify instances is for all hosts of all labs together, and the usual 128 are few for ten of
# them: a kubelet that gets none does not start. The last lab that goes puts back what was there.
watchers=/proc/sys/fs/inotify/max_user_instances
more_watchers() {
    [ "$(cat $watchers)" -lt 1024 ] || return 0
    cat $watchers > "$state/watchers"
    echo 1024 2> /dev/null > $watchers || say "cannot raise $watchers, which allows for about ten hosts"
}
as_few_watchers() {
    [ -f "$state/watchers" ] && ! ls -d "$state"/*/hosts > /dev/null 2>&1 || return 0
    cat "$state/watchers" > $watchers && rm "$state/watchers"
}

setup() {
    local missing="" tool
    [ -e "$key" ] || { mkdir -p "$state"; command -v ssh-keygen > /dev/null; } || missing=openssh-client
    for tool in debootstrap:debootstrap ip:iproute2 ssh:openssh-client unshare:util-linux; do
        command -v "${tool%%:*}" > /dev/null || missing+=" ${tool##*:}"
    done
    if [ -n "$missing" ]; then
        say "installing $missing"
        # shellcheck disable=SC2086 # a list of packages
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing; } \
            > "$state/apt.log" 2>&1 || die "apt-get could not install$missing; see $state/apt.log"
    fi
    cgroup_version > /dev/null || die "no cgroups are mounted below $CGROUP"
    case $(stat -f -c %T "$state") in
        overlayfs | nfs | tmpfs) die "$state lies on $(stat -f -c %T "$state"), which cannot carry the hosts' disks; set HAKUBE_LAB to a folder on ext4 or xfs" ;;
    esac
    [ -f "$key" ] || ssh-keygen -q -t ed25519 -N '' -f "$key" -C lab
    local dir old; dir=$(base_dir)
    [ ! -d "$dir" ] || return 0
    say "building the base system in $dir (once, about a minute)"
    "$lab/hosts/base.sh" "$dir" "$key.pub"
    for old in "$state"/base-*; do # older ones, unless a host still stands on them
        [ ! -d "$old" ] || [ "$old" = "$dir" ] || grep -qsxF "$old" "$state"/*/hosts/*/base || rm -rf "$old" "$old.log"
    done
}

await() { # NAME: until users may log in
    local host i; host=$(address "$1")
    for ((i = 0; i < 300; i++)); do
        if timeout 1 bash -c "read -r < /dev/tcp/$host/22" 2> /dev/null; then
            secure_shell "$1" 'while [ -e /run/nologin ]; do sleep 0.05; done' && { say "$1 $host up"; return; }
        fi
        [ "$i" -lt 20 ] || [ -n "$(unshared "$1")" ] || die "$1 did not start: $(tail -n 1 "$here/hosts/$1/boot.log"); see also $here/hosts/$1/console.log"
        sleep 0.1
    done
    die "$1: no ssh after 30 s; see $here/hosts/$1/console.log"
}

secure_shell() { # [USER@]NAME CMD...
    local user=root target=$1 host; shift
    case $target in *@*) user=${target%%@*} target=${target#*@} ;; esac
    host=$(address "$target")
    ssh -i "$key" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
        -o ConnectTimeout=5 "$user@$host" "$@"
}

all() { # FUNCTION NAME...: side by side; fails when one fails
    local verb=$1 n jobs=() failed=0; shift
    for n in "$@"; do "$verb" "$n" & jobs+=($!); done
    for n in "${jobs[@]}"; do wait "$n" || failed=1; done
    return $failed
}

verb=${1:-}; [ $# = 0 ] || shift
case $verb in setup | up | kill | reset | down)
    [ "$(id -u)" = 0 ] || die "$verb needs root"
    [[ $net =~ ^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$ ]] || die "NET is three numbers, for example 10.79.0; \"$net\" is not"
    [[ $name =~ ^[a-z][a-z0-9]{0,9}$ ]] || die "LAB_NAME is at most ten small letters and digits, a letter first; \"$name\" is not"
    mkdir -p "$here/hosts"
    exec 9> "$here/lock"
    flock -w 300 9 || die "another lab.sh holds $here/lock" ;;
esac
case $verb in
    setup) setup ;;
    up)
        setup
        plug_switch
        more_watchers
        echo "$net" > "$here/net"
        wanted=${*:-$(names)} fresh=()
        for n in $wanted; do octet "$n" > /dev/null; [ -n "$(unshared "$n")" ] || fresh+=("$n"); done
        [ ${#fresh[@]} = 0 ] || all start "${fresh[@]}"
        # shellcheck disable=SC2086 # a list of names
        all await $wanted ;;
    kill | reset)
        [ $# -gt 0 ] || die "$verb which host? Known are $(known | xargs)"
        for n in "$@"; do octet "$n" > /dev/null; done
        all stop "$@"
        [ "$verb" = kill ] || for n in "$@"; do rm -rf "${here:?}/hosts/$n"; done ;;
    list)
        for n in $(ls "$here/hosts" 2> /dev/null || names); do printf '%-12s %-15s %s\n' "$n" "$(address "$n")" "$([ -n "$(pid1 "$n")" ] && echo "up, its PID 1 is $(pid1 "$n") here" || echo down)"; done ;;
    ssh) [ $# -gt 0 ] || die "ssh to which host? Known are $(known | xargs)"; secure_shell "$@" ;;
    folder) echo "$here" ;;
    network) echo "$net" ;;
    key) [ -f "$key" ] || die "no key yet; \"lab.sh setup\" makes it"; echo "$key" ;;
    down)
        # shellcheck disable=SC2046 # a list of names
        all stop $(known)
        ip link del "$gateway" 2> /dev/null || true
        ip netns del "$switch" 2> /dev/null || true
        cgroup_remove "lab-$name"
        rm -rf "$here"
        as_few_watchers
        say "down; $state keeps the base system" ;;
    __hold) hold "$1" ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; [ "$verb" = help ] || exit 2 ;;
esac
