# shellcheck shell=bash
# shellcheck disable=SC2154 # cache is build.sh's
# step.sh - sourced by the recipe's scripts: run a step unless its result is in the cache, and say how long it took.
say() { echo "bundle: $*"; }
die() { say "$*" >&2; exit 1; }

digest() { cat "$@" | sha256sum | cut -c 1-16; } # of the contents: a recipe elsewhere finds the same cache

# step TITLE STAMP KEY COMMAND...: STAMP is a file that holds the KEY of the last run that came to its end
step() {
    local title=$1 stamp=$2 key=$3 began=$SECONDS log; shift 3
    if [ "$(cat "$stamp" 2> /dev/null)" = "$key" ]; then say "$title: in the cache"; return; fi
    say "$title ..."
    rm -f "$stamp"
    mkdir -p "$(dirname "$stamp")" "$cache/log"
    log=$cache/log/$(basename "$stamp").log
    # Not as a condition ("|| ..."): bash would switch errexit off inside.
    set +e
    (set -e; "$@") > "$log" 2>&1
    local status=$?
    set -e
    [ $status = 0 ] || { tail -n 15 "$log" >&2; die "$title failed; the whole output is in $log"; }
    echo "$key" > "$stamp.part"
    mv "$stamp.part" "$stamp"
    say "$title: $((SECONDS - began)) s"
}
