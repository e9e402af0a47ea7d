#!/bin/bash
# bundle.sh FILE - makes the offline bundle of the recipe offline-bundle/debian and packs it into FILE.
#
# Cached between runs in HAKUBE_CACHE (/var/cache/hakube): the first run builds Kubernetes from source, about 5 minutes.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
cache=${HAKUBE_CACHE:-/var/cache/hakube} file=$1
folder=$cache/debian-bundle
HAKUBE_CACHE=$cache/bundle "$top/offline-bundle/debian/build.sh" --guardian "$top/.build/release/hakube-guardian" "$folder"
digest=$(cd "$folder" && find . -type f -printf '%P %m %s %T@\n' | LC_ALL=C sort | cat - "$top/.build/release/hakube" | sha256sum)
if [ -f "$file" ] && [ "$(cat "$file.from" 2> /dev/null)" = "$digest" ]; then
    echo "bundle: $file is up to date"
    exit 0
fi
"$top/.build/release/hakube" bundle pack "$folder" --output "$file"
echo "$digest" > "$file.from"
