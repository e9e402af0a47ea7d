#!/bin/bash
# boot.sh - the way from a namespace to a running host; started by lab.sh only, as PID 1 of the new PID namespace.
#   boot.sh HOST-DIR BASE GROUP CGROUP-DIR [HIERARCHIES]
# Needs root, the host's directory made by lab.sh, a base root file system. Ends as the host's systemd; all its mounts
# live in its own mount namespace and go with it.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=lab/hosts/cgroup.sh
. "$here/cgroup.sh"
host=$1 base=$2 group=$3 dir=$4

# A cgroup namespace takes its root from the group its maker is in: join first, then unshare.
if [ $# = 4 ]; then
    hierarchies=$([ -n "$dir" ] || cgroup_hierarchies | xargs)
    cgroup_join "$group" "$dir"
    exec unshare --cgroup "$0" "$host" "$base" "$group" "$dir" "$hierarchies"
fi
hierarchies=$5 root=$host/root name=$(basename "$host")

mount -t overlay overlay -o "lowerdir=$base,upperdir=$host/upper,workdir=$host/work" "$root"
mount --bind "$host/var" "$root/var" # no overlay: containerd's own overlays cannot lie on one
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/lock"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
while read -r node mode major minor; do mknod -m "$mode" "$root/dev/$node" c "$major" "$minor"; done << 'NODES'
null 666 1 3
zero 666 1 5
full 666 1 7
random 666 1 8
urandom 666 1 9
kmsg 644 1 11
tty 666 5 0
NODES
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t mqueue mqueue "$root/dev/mqueue"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for fd in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${fd%:*}" "$root/dev/${fd#*:}"; done
touch "$root/dev/console"
mount --bind "$host/console.log" "$root/dev/console"

cgroup_mount "$root/sys/fs/cgroup" "$hierarchies"

# kubelet, kube-proxy and sysctl(8) write these, and they are the whole machine's: every host gets a copy of its own.
mkdir -p "$host/shield"
for key in vm/overcommit_memory vm/panic_on_oom vm/swappiness vm/max_map_count kernel/panic kernel/panic_on_oops \
    kernel/keys/root_maxkeys kernel/keys/root_maxbytes kernel/pid_max kernel/core_pattern kernel/printk kernel/sysrq \
    fs/inotify/max_user_instances fs/inotify/max_user_watches fs/file-max; do
    [ -e "/proc/sys/$key" ] || continue
    cat "/proc/sys/$key" > "$host/shield/${key//\//_}"
    mount --bind "$host/shield/${key//\//_}" "$root/proc/sys/$key"
done
# The machine's swap is none of the host's: with this "swapoff -a" finds nothing and kubelet sees none.
printf 'Filename\tType\tSize\tUsed\tPriority\n' > "$host/shield/swaps"
mount --bind "$host/shield/swaps" "$root/proc/swaps"
[ ! -e "$root/proc/sysrq-trigger" ] || mount --bind /dev/null "$root/proc/sysrq-trigger"
[ ! -e /sys/class/dmi/id/product_uuid ] ||
    mount --bind "$host/product_uuid" "$root$(readlink -f /sys/class/dmi/id/product_uuid)"
# So that modprobe in the host finds what this kernel has, and kubeadm's preflight how it is configured.
kernel=$(uname -r)
if [ -d "/lib/modules/$kernel" ]; then
    mkdir -p "$root/lib/modules"
    mount --bind -o ro /lib/modules "$root/lib/modules"
fi
if [ -f "/boot/config-$kernel" ]; then
    touch "$root/boot/config-$kernel"
    mount --bind -o ro "/boot/config-$kernel" "$root/boot/config-$kernel"
fi

hostname "$name"
mkdir -p "$root/.old"
cd "$root"
pivot_root . .old
umount -l /.old
rmdir /.old
mount --make-rshared / # systemd does this on a real machine; kubelet needs it
exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
