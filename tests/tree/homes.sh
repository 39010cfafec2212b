#!/bin/sh
# Each foreign library has one home, named in the table below; so have memory from
# the system, and words for people on a terminal.

cd "$(dirname "$0")/../.." && . tests/tree/tap.sh

# header (a regular expression), the folders it may be seen in
homes='yyjson                       src/json/ bench/load/
openssl/                     src/crypto/ bench/load/ tests/unit/test_crypto_ tests/unit/test_jose_ tests/support/
sodium                       src/crypto/
sqlite3|sqlcipher            src/store/sqlite/ tests/fault/
libpq                        src/store/postgres/ tests/support/postgres.c tests/checker/
zstd|zdict                   src/store/ tests/spec/suite_tar.h
microhttpd                   src/http/
hiredis                      src/cache/
seccomp|linux/landlock       src/harden/ tests/harden/
cbor                         src/auth/authenticator.c
qrencode                     src/auth/qr.c
curl/                        src/mail/ src/net/
zlib                         src/http/ tools/embed.c
gnutls/                      src/http/
cairo|pango                  src/paper/
glib                         src/zone/
utf8proc                     src/search/
pcre2                        src/fhir/path/regex.c
cmocka                       tests/testing.h'

files=$(c_files $(ls -d src tests bench tools 2>/dev/null))

echo "$homes" | {
    while read -r header folders; do
        allowed=$(echo "$folders" | sed 's/ /|/g')
        grep -n -E "#[ 	]*include[ 	]*[<\"]($header)" $files /dev/null |
            grep -v -E "^($allowed)" | tap_rule "$header only in $folders"
    done

    grep -n -E '2000000000.*% *97' $(c_files src) |
        grep -v '^src/base/national.c' |
        tap_rule "the check digits of a national number only in src/base/national.c"

    grep -n -E '\<(malloc|calloc|realloc|reallocarray|strdup|strndup|asprintf|free) *\(' \
        $(c_files src) | grep -v -E '^src/(base|json|crypto|cache|store|http|cli)/' |
        grep -v -E '^[^:]*:[0-9]*: *(/?\*|//)' |
        tap_rule "memory from the system only in base and in the homes of libraries"

    grep -n -E '\<(printf|puts|putchar|perror|fprintf *\( *std(out|err)|fputs *\([^;]*, *std(out|err)) *[(,]' \
        $(c_files src) | grep -v -E '^src/(cli|http|demo)/' |
        grep -v -E '^[^:]*:[0-9]*: *(/?\*|//)' |
        grep -v 'format(printf' |
        tap_rule "only cli, http and demo speak to a terminal or a log"

}
