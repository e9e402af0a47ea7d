#!/bin/bash
# run.sh - boots the guest of make.sh in QEMU and waits for its end.
#
#   run.sh FOLDER RESULTS FILE... -- ARGUMENT...
#
# FOLDER is make.sh's; its program "trial" is the guest's init and gets the ARGUMENTs. Every FILE lies in the guest's
# root folder. The console is standard output; what the guest writes to its second serial line goes to RESULTS.
#
# Time in the guest is virtual: one nanosecond an instruction, and idle time is skipped. So no figure depends on what
# else this machine does, a sleep costs nothing, and the processor is one of 1 GHz.
set -euo pipefail
folder=$1 results=$2
shift 2
scratch=$(mktemp -d "${TMPDIR:-/tmp}/hakube-guest.XXXXXX")
pid=""
end() {
    [ -z "$pid" ] || kill "$pid" 2> /dev/null || true
    rm -rf "$scratch"
}
trap end EXIT
trap 'exit 130' INT TERM

mkdir "$scratch/files"
install -m 755 "$folder/trial" "$scratch/files/init"
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    cp -L "$1" "$scratch/files/"
    shift
done
[ $# = 0 ] || shift
# Not compressed: unpacking is the slow part under emulation.
{ cat "$folder/base.cpio"; (cd "$scratch/files" && find . | cpio --quiet -o -H newc -R 0:0); } > "$scratch/initrd"

# no_timer_check, tsc: the emulated clocks are right, and the kernel's own tests of them are not made for virtual time.
qemu-system-x86_64 -accel tcg,thread=single -icount shift=0,align=off,sleep=off -rtc clock=vm -smp 1 -cpu max -m 512 \
    -nodefaults -no-user-config -display none -no-reboot -kernel "$folder/vmlinuz" -initrd "$scratch/initrd" \
    -serial stdio -serial "file:$results" -append "console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off nowatchdog \
no_timer_check tsc=reliable random.trust_cpu=on audit=0 -- $*" < /dev/null > >(sed -u 's/\r//g; /reboot: Power down/d') &
pid=$!
wait "$pid"
pid=""
