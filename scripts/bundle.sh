#!/bin/bash
# bundle.sh FILE [KUBERNETES] - makes an offline bundle with `hakube bundle build` and packs it into FILE, with the images of
# all endpoint strategies.
#
# Without KUBERNETES: Debian's 1.20.2, from a Debian mirror alone. With it (v1.36.4, v1.36): that release, from the internet.
# Cached between runs in HAKUBE_CACHE (/var/cache/hakube): the first run of Debian's builds Kubernetes from source, about
# 5 minutes.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
export HAKUBE_CACHE=${HAKUBE_CACHE:-/var/cache/hakube}
file=$1 kubernetes=${2:-}
if [ -n "$kubernetes" ]; then
    from=(--kubernetes "$kubernetes" --arch amd64)
else
    from=(--sources "$top/offline-bundle/debian")
fi
"$top/.build/release/hakube" bundle build "${from[@]}" --ha keepalived,haproxy-keepalived,kube-vip \
    --guardian "$top/.build/release/hakube-guardian" --output "$file"
