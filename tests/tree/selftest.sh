#!/bin/sh
# The checks checked: a small tree that breaks every rule must be refused by every rule.

cd "$(dirname "$0")/../.." && . tests/tree/tap.sh

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tests" "$tree/src/low" "$tree/src/high" "$tree/src/stray" "$tree/src/access"
cp -r tests/tree "$tree/tests/"

# LAYERS with a module that stands on one above it; a folder that is not in it.
printf 'access:\nlow: high\nhigh: low access\n' >"$tree/src/LAYERS"
seq 31 >"$tree/src/high/README.md"

{
    echo '#include "nowhere/x.h"'
    echo '#include "access/grant.h"'
    for header in yyjson.h openssl/evp.h sodium.h sqlite3.h zstd.h microhttpd.h zlib.h \
        gnutls/gnutls.h utf8proc.h pcre2.h libpq-fe.h hiredis/hiredis.h seccomp.h cbor.h qrencode.h \
        curl/curl.h cairo.h glib.h cmocka.h; do
        echo "#include <$header>"
    done
    echo 'static int alone = UNKNOWN_WITHOUT_ANOTHER_HEADER; '
    echo 'void f(void) { char *p = malloc(3); printf("%s", p); system(p); strcpy(p, "/ho''me/somebody/x"); }'
    echo 'unsigned g(unsigned nine) { return 97 - (2000000000u + nine) % 97; }'
    echo '/* TO''DO */ /* <<<<''<<< mine */ /* "res''olved": "https://x" */'
    seq 1001 | sed 's/.*/int line_&;/'
} >"$tree/src/high/wrong.c"
cp "$tree/src/high/wrong.c" "$tree/src/high/wrong.h"

# Rows that nobody was asked about.
mkdir -p "$tree/src/record" "$tree/src/search"
echo 'void f(void) { store_read_begin(); store_get(); }' >"$tree/src/record/wrong.c"
echo 'void f(void) { stream_take(); store_get(); store_read_as(); relation_of(); }' \
    >"$tree/src/search/wrong.c"

"$tree/tests/tree/run" layers homes headers callers words shape >"$tree/said"

grep '^ok ' "$tree/said" | tap_rule "a tree that breaks every rule passes none"
asked=$(grep -c '^not ok ' "$tree/said")
{ [ "$asked" -gt 20 ] || echo "$asked rules were asked"; } | tap_rule "every rule was asked"
