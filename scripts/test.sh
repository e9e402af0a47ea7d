#!/bin/bash
# test.sh BUNDLE - unit tests and loopback sshd, the guardian's parsers and the bundle reader under damaged input, the
# guardian's most important faults in a guest, then the tests on the lab's hosts, which have the machine to themselves.
#
# Leaves no lab host behind. Tests that cannot run here are skipped and say why.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top"
started=$SECONDS
# "all" takes in what needs minutes: whole runs that are cut off, and the kill matrix without gaps.
export HAKUBE_LAB_TESTS=${HAKUBE_LAB_TESTS:-1}
export HAKUBE_KUBEADM=${HAKUBE_CACHE:-/var/cache/hakube}/build/made/debian/bin/kubeadm
python3 -B -m unittest -q bench.test_report bench.test_drills
swift build --build-tests
scripts/courier.sh .build/debug/hakube-courier
# Tests of bundles compute for seconds on end on the threads that others wait on, so these have runs of their own;
# so do connections, couriers and pushes between namespaces, which look at what a host does in how long, and guardians and
# probes of real servers.
computing='HakubeBundleTests|HakubeImportTests' fetching='HakubeBuildTests|HakubeFetchTests'
measuring='DrillScriptTests|DrillNetworkTests|HakubeGuardianTests'
swift test --skip-build --filter "$computing"
swift test --skip-build --filter "$fetching"
swift test --skip-build --filter PushTests
swift test --skip-build --filter HakubeSSHTests
swift test --skip-build --filter HakubeCourierTests
swift test --skip-build --filter "$measuring"
swift test --skip-build --skip "RealHosts|PushTests|HakubeSSHTests|HakubeCourierTests|$measuring|$computing|$fetching"
swift build -c release --product guardian-fuzz
.build/release/guardian-fuzz 1000000
swift build -c release --product bundle-fuzz
.build/release/bundle-fuzz "$([ "$HAKUBE_LAB_TESTS" = all ] && echo 100000 || echo 5000)"
swift build -c release --product courier-fuzz
.build/release/courier-fuzz 200000
scripts/test-guardian.sh --quick
down() { for name in test strategy pools refuse trace fault longfault kills scale offline sealos drill etcd; do LAB_NAME=$name lab/lab.sh down > /dev/null 2>&1 || true; done; }
trap down EXIT
HAKUBE_BUNDLE=$(readlink -f "$1") swift test --skip-build --filter RealHosts
echo "test: all passed in $((SECONDS - started)) s"
