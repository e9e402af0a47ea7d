#!/bin/bash
# courier.sh FILE - builds hakube-courier, the small static program that hakube sends to a host before anything else.
#
# Not by SwiftPM: Embedded Swift with everything linked statically makes 1.3 MB of it, where SwiftPM's static executable
# has 9 MB, and it goes to every host over the operator's line. Does nothing while FILE is newer than its sources.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
file=$1
sources=$top/Sources/HakubeCourier modules=$top/Sources/CCourier
[ ! -e "$file" ] || [ -n "$(find "$sources" "$modules" "$0" -newer "$file" -print -quit)" ] || exit 0

libraries=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
target=$(swiftc -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p' | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# -function-sections together with --gc-sections: what nobody calls does not travel.
swiftc -swift-version 6 -warnings-as-errors -enable-experimental-feature Embedded -wmo -Osize -parse-as-library \
    -Xfrontend -function-sections -Xcc -ffunction-sections -module-name HakubeCourier -package-name hakube \
    -I "$modules" -c "$sources"/*.swift -o "$work/courier.o"
mkdir -p "$(dirname "$file")"
clang -static "$work/courier.o" "$libraries/embedded/$target/libswiftUnicodeDataTables.a" \
    -lzstd -lsodium -lcrypto -lm -lpthread -Wl,--gc-sections -s -o "$work/hakube-courier"
mv "$work/hakube-courier" "$file"
