# shellcheck shell=bash
# host.sh - sourced by lab.sh: the life of a host, from an empty disk to the power cut, and the network between them.
# shellcheck disable=SC2154 # lab, name, here, state, net, switch and gateway are lab.sh's

plug_switch() { # the bridge has a network namespace to itself: the machine's firewall does not see its frames
    if ip link show "$gateway" > /dev/null 2>&1; then
        [ -n "$(ip -o addr show dev "$gateway" to "$net.0/24")" ] || die "lab $name has another network already; \"lab.sh down\" ends that one"
        return
    fi
    [ -z "$(ip -o addr show to "$net.0/24")" ] || die "this machine is on $net.0/24 already; set NET, for example NET=10.79.0"
    say "network $net.0/24, this machine is $net.1"
    ip netns add "$switch"
    ip -n "$switch" link add br0 type bridge
    ip -n "$switch" link set br0 up
    ip link add "$gateway" type veth peer name uplink netns "$switch"
    ip -n "$switch" link set uplink master br0 up
    ip addr add "$net.1/24" dev "$gateway"
    ip link set "$gateway" up
}

format() { # NAME: a fresh disk
    local disk=$here/hosts/$1 type
    rm -rf "$disk"
    mkdir -p "$disk"/{upper/etc/ssh,work,root}
    base_dir > "$disk/base"
    octet "$1" > "$disk/octet"
    cp -a "$(base_dir)/var" "$disk/var"
    echo "$1" > "$disk/upper/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost\n' "$1" > "$disk/upper/etc/hosts"
    echo "nameserver $net.1" > "$disk/upper/etc/resolv.conf"
    tr -d - < /proc/sys/kernel/random/uuid > "$disk/upper/etc/machine-id"
    cat /proc/sys/kernel/random/uuid > "$disk/product_uuid"
    for type in ed25519 ecdsa; do ssh-keygen -q -t $type -N '' -f "$disk/upper/etc/ssh/ssh_host_${type}_key" -C "$1"; done
    touch "$disk/formatted"
}

start() { # NAME
    local host=$here/hosts/$1 ns=lab-$name-$1 last mac; last=$(octet "$1")
    [ -e "$host/formatted" ] || format "$1"
    unplug "$1" # what a host that went off by itself has left
    : > "$host/console.log"
    ip netns add "$ns"
    # the same card after every start: a new one would be unknown to the neighbours' ARP tables for a minute
    # shellcheck disable=SC2046,SC2086 # four numbers
    mac=$(printf '02:1a:%02x:%02x:%02x:%02x' ${net//./ } $last)
    ip -n "$switch" link add "h$last" type veth peer name eth0 address "$mac" netns "$ns"
    ip -n "$switch" link set "h$last" master br0 up
    ip -n "$ns" link set lo up
    ip -n "$ns" addr add "$net.$last/24" dev eth0
    ip -n "$ns" link set eth0 up
    ip -n "$ns" route add default via "$net.1"
    local run=(setsid) # on cgroup v2 systemd owns the tree and hands a part of it to a unit
    if [ "$(cgroup_version)" = 2 ] && [ -d /run/systemd/system ]; then
        run=(systemd-run --quiet --collect --unit "lab-$name-$1" -p Delegate=yes -p TasksMax=infinity -p OOMPolicy=continue
            -p KillMode=mixed -E "LAB_UNIT=1" -E "LAB_NAME=$name" -E "HAKUBE_LAB=$state" -E "NET=$net" -E "HOSTS=$HOSTS")
    fi
    "${run[@]}" "$lab/lab.sh" __hold "$1" < /dev/null >> "$host/boot.log" 2>&1 9>&- &
}

hold() { # NAME: becomes the process whose child is the host's PID 1
    local host=$here/hosts/$1
    exec >> "$host/boot.log" 2>&1
    echo $$ > "$host/pid"
    cgroup_prepare "lab-$name/$1"
    exec nsenter "--net=/run/netns/lab-$name-$1" unshare --mount --uts --ipc --pid --fork --kill-child \
        --propagation private "$lab/hosts/boot.sh" "$host" "$(cat "$host/base")" "lab-$name/$1" "$cgroup_dir"
}

unplug() { # NAME: network and cgroups
    ip -n "$switch" link del "h$(octet "$1")" 2> /dev/null || true
    ip netns del "lab-$name-$1" 2> /dev/null || true
    cgroup_remove "lab-$name/$1"
}

stop() { # NAME: SIGKILL to PID 1, and the kernel ends all else in its PID namespace
    local pid up i; up=$(unshared "$1"); pid=$(pid1 "$1")
    [ -z "$pid" ] || kill -KILL "$pid"
    for ((i = 0; i < 100; i++)); do [ -d "/proc/${up:-gone}" ] || break; sleep 0.05; done
    rm -f "$here/hosts/$1/pid"
    unplug "$1"
}
