#!/bin/bash
# bench-bundle.sh [MEGABYTES] - speed and memory of pack, verify and inspect on a bundle of 1500 MB or another size.
#
# The bundle is the folder that `hakube bundle build` packed last, and as much noise as is missing, marked as gzip data, as layers of images are.
# Ends with 1 when a wanted bound is missed: packing under 200 MB of memory, two packs byte-identical, verify at 0.8 times
# the speed of sha256sum at least, inspect reading less than 1 MB.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
megabytes=${1:-1500} source=${HAKUBE_CACHE:-/var/cache/hakube}/build/folder hakube=$top/.build/release/hakube
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-bundle.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$source" "$work/in"
mkdir -p "$work/in/files"
# What the folder's programs and images come to when compressed.
have=$(find "$source" -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum * 0.29 / 1000000) }')
for number in $(seq $(((megabytes - have + 99) / 100))); do
    { printf '\x1f\x8b'; openssl enc -aes-128-ctr -K 0123456789abcdef0123456789abcdef -iv "$(printf '%032x' "$number")" \
        < /dev/zero 2> /dev/null | head -c 100000000; } > "$work/in/files/layer$number" || true
done
python3 - "$hakube" "$work" <<'PYTHON'
import os, statistics, subprocess, sys, time

hakube, work = sys.argv[1:]
first, second = work + "/a.tar.zst", work + "/b.tar.zst"

def run(*command):
    """Seconds, and peak memory in MB, of a program that must end well."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status: sys.exit(f"bench-bundle: {' '.join(command)} ended with {status}")
    return time.monotonic() - started, usage.ru_maxrss / 1000

bad = []
def bound(text, holds):
    print(text + ("" if holds else "  MISSED"))
    if not holds: bad.append(text)

seconds, memory = run(hakube, "bundle", "pack", work + "/in", "-o", first)
size = os.path.getsize(first)
bound(f"pack: {size / 1e6:.0f} MB in {seconds:.1f} s, peak {memory:.0f} MB (at most 200)", memory < 200)
run(hakube, "bundle", "pack", work + "/in", "-o", second)
bound("two packs are byte-identical", subprocess.run(["cmp", first, second]).returncode == 0)
os.unlink(second)
ours, theirs, peaks = [], [], []
for _ in range(3):
    theirs.append(run("sha256sum", first)[0])
    seconds, memory = run(hakube, "bundle", "verify", first)
    ours.append(seconds)
    peaks.append(memory)
ratio = statistics.median(theirs) / statistics.median(ours)
bound(f"verify: {size / 1e6 / statistics.median(ours):.0f} MB/s, sha256sum {size / 1e6 / statistics.median(theirs):.0f} MB/s: "
      f"{ratio:.2f} times its speed (at least 0.8), peak {max(peaks):.0f} MB", ratio >= 0.8)
# What the program read in all, its libraries' headers included: a process counts the children that it has waited for.
shell = f'"{hakube}" bundle inspect "{first}" > /dev/null && sed -n "s/^rchar: //p" /proc/$$/io'
before = int(subprocess.run(["bash", "-c", 'sed -n "s/^rchar: //p" /proc/$$/io'], capture_output=True, text=True).stdout)
read = int(subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True).stdout) - before
bound(f"inspect: reads {read / 1000:.0f} kB (less than 1000)", read < 1000_000)
sys.exit(1 if bad else 0)
PYTHON
