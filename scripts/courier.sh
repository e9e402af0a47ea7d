#!/bin/bash
# courier.sh FILE - builds hakube-courier, the small static program that hakube sends to a host before anything else.
#
# It goes to every host over the operator's line, so size counts: Embedded Swift on musl makes 0.4 MB of it (0.2 MB as
# gzip), on glibc 1.3 MB, and SwiftPM's static executable has 9 MB. Takes some seconds; does nothing while FILE is newer
# than its sources.
set -euo pipefail
top=$(dirname "$(dirname "$(readlink -f "$0")")")
file=$1
sources=$top/Sources/HakubeCourier modules=$top/Sources/CCourier
[ ! -e "$file" ] || [ -n "$(find "$sources" "$modules" "$0" -newer "$file" -print -quit)" ] || exit 0

machine=$(uname -m)
musl=/usr/lib/$machine-linux-musl headers=/usr/include/$machine-linux-musl
runtime=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
unicode=$runtime/embedded/$machine-unknown-linux-gnu/libswiftUnicodeDataTables.a
mkdir -p "$(dirname "$file")"
work=$(mktemp -d "$file.XXXXXX")
trap 'rm -rf "$work"' EXIT

clang -Os -isystem "$headers" -c "$modules/standalone.c" -o "$work/standalone.o"
# The module cache is our own, since C modules elsewhere are read with glibc's headers.
swiftc -swift-version 6 -warnings-as-errors -enable-experimental-feature Embedded -wmo -Osize -parse-as-library \
    -module-name HakubeCourier -package-name hakube -module-cache-path "$work/modules" \
    -Xfrontend -function-sections -Xcc -ffunction-sections -Xcc -isystem -Xcc "$headers" \
    -I "$modules" -c "$sources"/*.swift -o "$work/courier.o"
clang -static -nostdlib "$musl/crt1.o" "$musl/crti.o" "$work/courier.o" "$work/standalone.o" "$unicode" \
    -Wl,--start-group -l:libzstd.a -l:libsodium.a -l:libcrypto.a "$musl/libc.a" \
    "$(clang -print-libgcc-file-name --rtlib=libgcc)" -Wl,--end-group "$musl/crtn.o" \
    -Wl,--gc-sections -s -o "$work/hakube-courier"
# Debian's archives are compiled for glibc. A missing symbol fails above; an indirect function would crash at its first call,
# since musl's static start does not resolve any.
if readelf -rW "$work/hakube-courier" | grep -q IRELATIV; then
    echo "courier.sh: a library holds indirect functions, which musl does not resolve" >&2
    exit 1
fi
[ "$("$work/hakube-courier" serve < /dev/null || true)" = 'courier 1' ] || { echo "courier.sh: the program does not start" >&2; exit 1; }
mv "$work/hakube-courier" "$file"
