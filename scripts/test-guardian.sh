#!/bin/bash
# test-guardian.sh [--quick] [--only NAME] [--soak HOURS] [--guardian FILE] [--list]
#
# Tries the guardian in a QEMU guest of its own: three masters, a worker and clients on a small network, a real kernel
# with IPVS, virtual time. Ends with 1 when a wanted bound is missed.
#
#   --quick          each of the essential faults once
#   --only NAME      the faults whose names begin with NAME
#   --soak HOURS     instead: so many virtual hours with a failover every minute, for each backend (an hour takes four
#                    minutes); "--only ipvs" and "--only proxy" choose one, and both may run side by side
#   --guardian FILE  another program than .build/release/hakube-guardian
#   --list           the names of the faults
#
# Leaves report.md, report.json and the guest's console in .build/test-guardian, or in a folder there for a soak.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
say() { echo "test-guardian: $*"; }
die() { say "$*" >&2; exit 2; }

guardian=.build/release/hakube-guardian choice=() list="" out=.build/test-guardian only=""
while [ $# -gt 0 ]; do
    case $1 in
        --quick) choice+=("$1") ;;
        --only) [ $# -gt 1 ] || die "$1 needs a name"; choice+=("$1" "$2") only=-$2; shift ;;
        --soak) [ $# -gt 1 ] || die "$1 needs a number of hours"; choice+=("$1" "$2") out+=/soak; shift ;;
        --guardian) [ $# -gt 1 ] || die "$1 needs a file"; guardian=$(readlink -f "$2"); shift ;;
        --list) list=1 ;;
        *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; [ "$1" = --help ] && exit; exit 2 ;;
    esac
    shift
done
cd "$top"
folder=$(lab/guest/make.sh)
names=$("$folder/trial" rows "${choice[@]}") || exit 2
[ -z "$list" ] || { echo "$names"; exit; }
[ -x "$guardian" ] || die "$guardian is no program; \"make build\" makes it"
[[ $out != */soak ]] || out+=$only
mkdir -p "$out"
started=$SECONDS scratch=$(mktemp -d) guest=""
trap '[ -z "$guest" ] || kill "$guest" 2> /dev/null || true; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
cp "$guardian" "$scratch/hakube-guardian"
: > "$scratch/results"
lab/guest/run.sh "$folder" "$scratch/results" "$scratch/hakube-guardian" -- "${choice[@]}" > >(tee "$out/console.txt") &
guest=$!
wait "$guest" || true # The report tells what is missing.
guest=""
cp "$scratch/results" "$out/results.jsonl"
status=0
"$folder/trial" report "$out/results.jsonl" "$out" "${choice[@]}" || status=1
say "$((SECONDS - started)) s"
exit $status
