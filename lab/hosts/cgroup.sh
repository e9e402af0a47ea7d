# shellcheck shell=bash
# cgroup.sh - sourced by lab.sh and boot.sh: a cgroup sub-tree for every host, on cgroup v2 and on v1 (also hybrid).
#
# v1: one directory per mounted hierarchy. v2: "supervisor" holds unshare, "host" is what the host sees as its root;
# two siblings, because a v2 group that hands controllers on may not hold processes itself.
CGROUP=/sys/fs/cgroup

cgroup_version() {
    if [ -e "$CGROUP/cgroup.controllers" ]; then echo 2
    elif grep -q "^[^ ]* $CGROUP/[^ ]* cgroup " /proc/self/mounts; then echo 1
    else return 1; fi
}

# names of the v1 hierarchies as mounted here: "memory", "cpu,cpuacct", "systemd", "unified"
cgroup_hierarchies() { awk -v at="$CGROUP/" 'index($2, at) == 1 && $3 ~ /^cgroup2?$/ { print substr($2, length(at) + 1) }' /proc/self/mounts; }

cgroup_delegate() { # DIR: hand every controller of DIR on to its children
    local controller
    for controller in $(< "$1/cgroup.controllers"); do echo "+$controller" > "$1/cgroup.subtree_control" || return 1; done
}

# v2 without systemd: the tree's top must be free of processes before it hands controllers on (a container's top is
# not exempt as the machine's is)
cgroup_top() {
    local pid
    cgroup_delegate "$CGROUP" 2> /dev/null && return
    mkdir -p "$CGROUP/init"
    for pid in $(< "$CGROUP/cgroup.procs"); do echo "$pid" > "$CGROUP/init/cgroup.procs" 2> /dev/null || true; done
    cgroup_delegate "$CGROUP"
}

# GROUP: before the namespaces. Sets cgroup_dir to the directory that boot.sh joins (v2; none on v1). Not to be called
# in a subshell: that would stay behind in the group that must be empty.
cgroup_prepare() {
    local h top
    cgroup_dir=""
    if [ "$(cgroup_version)" = 2 ]; then
        if [ -n "${LAB_UNIT:-}" ]; then top=$CGROUP$(sed -n 's/^0:://p' /proc/self/cgroup) # the unit's own, delegated
        else top=$CGROUP/$1; cgroup_top; mkdir -p "$top"; cgroup_delegate "$(dirname "$top")"; fi
        mkdir -p "$top/supervisor" "$top/host"
        echo $$ > "$top/supervisor/cgroup.procs"
        cgroup_delegate "$top"
        # shellcheck disable=SC2034 # host.sh reads it
        cgroup_dir=$top/host
        return
    fi
    for h in $(cgroup_hierarchies); do
        mkdir -p "$CGROUP/$h/$1"
        case ,$h, in *,cpuset,*) # v1 cpusets start empty and accept nobody
            for top in "$CGROUP/$h/$(dirname "$1")" "$CGROUP/$h/$1"; do
                cat "$CGROUP/$h/cpuset.cpus" > "$top/cpuset.cpus"
                cat "$CGROUP/$h/cpuset.mems" > "$top/cpuset.mems"
            done ;;
        esac
    done
}

cgroup_join() { # GROUP DIR: the calling process moves in ("0" is the writer itself, whatever its PID namespace)
    local h
    if [ -n "$2" ]; then echo 0 > "$2/cgroup.procs"; return; fi
    for h in $(cgroup_hierarchies); do echo 0 > "$CGROUP/$h/$1/cgroup.procs"; done
}

cgroup_mount() { # TARGET HIERARCHIES: inside the cgroup namespace, so the host's own group is the root it sees
    local h part
    if [ -z "$2" ]; then mount -t cgroup2 cgroup2 "$1"; return; fi
    mount -t tmpfs -o mode=755 tmpfs "$1"
    for h in $2; do
        mkdir "$1/$h"
        case $h in
            systemd) mount -t cgroup -o none,name=systemd cgroup "$1/$h" ;;
            unified) mount -t cgroup2 cgroup2 "$1/$h" ;;
            *) mount -t cgroup -o "$h" cgroup "$1/$h"
               case $h in *,*) for part in ${h//,/ }; do ln -s "$h" "$1/$part"; done ;; esac ;;
        esac
    done
}

cgroup_remove() { # GROUP, as far as it is empty; a killed host's processes may take a moment to leave
    local dir try
    for dir in "$CGROUP/$1" "$CGROUP"/*/"$1"; do
        for try in 1 2 3 4 5 6 7 8 9 10; do
            [ -d "$dir" ] || break
            find "$dir" -depth -type d -exec rmdir {} + 2> /dev/null && break
            sleep "0.$try"
        done
    done
}
