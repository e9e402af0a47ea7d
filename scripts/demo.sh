#!/bin/bash
# demo.sh BUNDLE - a real highly available cluster on this machine: 5 lab hosts, `hakube init`, `kubectl get nodes`.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
bundle=$1 lab=$top/lab/lab.sh hakube=$top/.build/release/hakube
# Known hosts and kubeconfig live and die with the lab, whose hosts have new keys each time.
HAKUBE_HOME=$("$lab" folder)/operator
export HAKUBE_HOME
started=$SECONDS
"$lab" up
net=$("$lab" network)
"$hakube" init -f "$top/lab/cluster.yaml" --masters "$net.11-13" --nodes "$net.21-22" --key "$("$lab" key)" --bundle "$bundle" --yes
echo
"$lab" ssh master1 kubectl get nodes -o wide
cat <<TEXT

The cluster stands after $((SECONDS - started)) s. Look around:
  make lab-ssh HOST=master1                 a shell on a master; kubectl works there
  make lab-kill HOST=master1                pull its plug, then, on a worker:
  make lab-ssh HOST=worker1                 curl -k https://apiserver.cluster.local:6443/readyz
  make lab-up                               power it on again
  make demo                                 run init again: it changes nothing
Remove it all:
  make lab-down
TEXT
