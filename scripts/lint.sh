#!/bin/bash
# lint.sh - what every change must satisfy: swift-format without a complaint, short files, names that say something.
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"
failed=0
complain() { echo "lint: $*" >&2; failed=1; }

swift format lint --strict --parallel --recursive Package.swift Sources Tests templates || complain "swift format lint found faults; 'make format' mends most"
while read -r file; do
    lines=$(wc -l < "$file")
    [ "$lines" -le 350 ] || complain "$file has $lines lines; split it as Type+Aspect.swift (350 at most)"
    head -n 1 "$file" | grep -qE 'SPDX-License-Identifier|swift-tools-version' || complain "$file lacks the SPDX header"
done < <(git ls-files -co --exclude-standard -- '*.swift')
git ls-files -co --exclude-standard -- '*.swift' | grep -iE '(util|helper|manager)[a-z]*\.swift$' && complain "these names say nothing" || true
while read -r file; do
    [ "$(wc -c < "$file")" -le 16384 ] || complain "$file is over 16 KB; embedding it would slow every build"
done < <(git ls-files -co --exclude-standard -- templates)
[ $failed = 0 ] && echo "lint: clean"
exit $failed
