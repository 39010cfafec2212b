#!/bin/sh
# Every header compiles alone, and every C file opens with a header of its own module,
# so that no header leans on what happened to be included before it.

cd "$(dirname "$0")/../.." && . tests/tree/tap.sh

libraries=$(pkg-config --cflags libpq sqlcipher libsodium libcrypto libmicrohttpd yyjson 2>/dev/null)
generated=$(ls -d build/release/src build/asan/src 2>/dev/null | head -n 1)

c_files src | grep '\.h$' |
    xargs -P 2 -I FILE ${CC:-cc} -std=gnu17 -D_GNU_SOURCE -DACESO_VERSION='"0"' -fsyntax-only \
        -Wall -Wextra -Isrc ${generated:+-I$generated} $libraries -x c FILE 2>&1 |
    grep -v -E 'pragma once' | tap_rule "every header of src compiles alone"

for file in $(c_files src | grep '\.c$'); do
    module=$(echo "$file" | cut -d / -f 2)
    first=$(sed -n 's/^#[ \t]*include[ \t]*//p' "$file" | head -n 1)
    case $first in
    "\"$module/"* | "") ;;
    *) echo "$file opens with $first" ;;
    esac
done | tap_rule "every C file of src opens with a header of its own module"

for file in $(c_files src | grep '\.h$'); do
    guard=$(sed -n 's/^#ifndef \(ACESO_[A-Z0-9_]*_H\)$/\1/p' "$file" | head -n 1)
    if [ -z "$guard" ]; then
        echo "$file has no guard ACESO_..._H"
    else
        grep -q "^#define $guard$" "$file" || echo "$file: $guard is tested and not defined"
    fi
done | tap_rule "every header has its guard"

