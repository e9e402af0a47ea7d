#!/bin/bash
# base.sh - makes the root file system that all lab hosts share (read only, below their overlays).
#   base.sh DIR PUBLIC-KEY-FILE
# Needs root, debootstrap and a Debian mirror (the machine's own, or MIRROR). Leaves DIR, complete or not at all, and
# DIR.log. About a minute; 300 MB.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
final=$1 key=$2 base=$1.part
rm -rf "$base"

# shellcheck disable=SC2016 # apt-get fills it in
machines_mirror() { apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Origin: Debian' | grep -E '^https?://' | head -n 1 || true; }
mirror=${MIRROR:-$(machines_mirror)}
[ -n "$mirror" ] || { apt-get update -qq; mirror=$(machines_mirror); } # a new machine has no lists yet
packages=$(sed 's/#.*//' "$here/../packages.txt" | xargs | tr ' ' ,)
debootstrap --variant=minbase --include="$packages" bookworm "$base" "${mirror:-http://deb.debian.org/debian}" \
    > "$final.log" 2>&1 || { tail -n 3 "$final.log" >&2; echo "lab: debootstrap failed; see $final.log" >&2; exit 1; }

in_base() { chroot "$base" "$@"; }

# Who may log in: everyone with the lab's key or the password "lab".
login() { # USER HOME
    install -d -m 700 "$base$2/.ssh"
    install -m 600 "$key" "$base$2/.ssh/authorized_keys"
    in_base chown -R "$1:" "$2/.ssh"
    echo "$1:lab" | in_base chpasswd
}
for user in operator admin nosudo; do in_base useradd --create-home --shell /bin/bash --no-user-group --gid users "$user"; done
login root /root
for user in operator admin nosudo; do login "$user" "/home/$user"; done
in_base usermod --append --groups sudo operator
echo 'admin ALL=(ALL:ALL) NOPASSWD: ALL' > "$base/etc/sudoers.d/admin"
chmod 440 "$base/etc/sudoers.d/admin"

rm -f "$base"/etc/ssh/ssh_host_* # every host makes its own
cat > "$base/etc/ssh/sshd_config.d/lab.conf" << 'CONF'
PermitRootLogin yes
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_ecdsa_key
CONF

# No virtual terminals, no kernel of its own, no seat; a load balancer only where a test starts one.
for unit in systemd-logind.service console-getty.service getty.target systemd-modules-load.service haproxy.service; do
    ln -sf /dev/null "$base/etc/systemd/system/$unit"
done
ln -sf /lib/systemd/system/multi-user.target "$base/etc/systemd/system/default.target"
sed -i '/pam_systemd/d' "$base/etc/pam.d/common-session"
# Defaults that would be written to the machine's kernel, not to the host's.
rm -f "$base"/usr/lib/sysctl.d/*.conf "$base"/etc/sysctl.d/*.conf "$base/etc/sysctl.conf"
mkdir -p "$base/etc/systemd/journald.conf.d" "$base/var/log/journal"
printf '[Journal]\nReadKMsg=no\nAudit=no\nStorage=persistent\nSystemMaxUse=200M\n' > "$base/etc/systemd/journald.conf.d/lab.conf"

rm -rf "$base"/var/lib/apt/lists/* "$base"/var/cache/apt/* "$base"/var/log/*.log "$base"/etc/{machine-id,hostname} \
    "$base/var/lib/dbus/machine-id"
mv "$base" "$final"
