#!/bin/bash
# bench.sh BUNDLE - `hakube init` beside plain serial kubeadm on the same hosts, side by side in one run, medians of 3.
#
# Counted is what comes after push and host preparation: plain kubeadm's init, two control-plane joins and one worker join
# one after another, against hakube's phases from the first master to the verified cluster of 3 masters and 2 workers.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
bundle=$1 rounds=${ROUNDS:-3} folder=${HAKUBE_CACHE:-/var/cache/hakube}/build/made/debian
export LAB_NAME=bench NET=10.82.0
lab=$top/lab/lab.sh hakube=$top/.build/release/hakube
trap '"$lab" down > /dev/null' EXIT

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
fresh() { "$lab" down > /dev/null; "$lab" up > /dev/null; }
serial() { "$top/lab/serial-baseline.sh" "$folder" | tee >(cat >&2) | sed -n 's/.*yardstick[^0-9]*\([0-9.]*\) s.*/\1/p'; }
init() {
    HAKUBE_HOME=$("$lab" folder)/operator "$hakube" init -f "$top/lab/cluster.yaml" --masters "$NET.11-13" \
        --nodes "$NET.21-22" --key "$("$lab" key)" --bundle "$bundle" --yes --output json |
        python3 -c 'import json, sys
phases = [line for line in map(json.loads, sys.stdin) if line.get("event") == "phase-finished"]
for line in phases: print("init: %-14s %6.1f s" % (line["phase"], line["seconds"]), file=sys.stderr)
print("%.1f" % sum(line["seconds"] for line in phases if line["phase"] not in ("receipt", "push", "prepare")))'
}

plain=() ours=()
for round in $(seq "$rounds"); do
    echo "round $round of $rounds"
    fresh; plain+=("$(serial)")
    fresh; ours+=("$(init)")
    echo "plain kubeadm ${plain[-1]} s, hakube init ${ours[-1]} s"
done
a=$(median "${plain[@]}") b=$(median "${ours[@]}")
echo "medians: plain kubeadm $a s (1 worker), hakube init $b s (2 workers, verified): ratio $(awk "BEGIN { printf \"%.2f\", $b / $a }")"
