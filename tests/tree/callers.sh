#!/bin/sh
# Who may look at rows without asking for whom: the calls that do are named here, with the files
# that have a reason to. docs/internals/sight.md

cd "$(dirname "$0")/../.." && . tests/tree/tap.sh

# a call (a regular expression), where it may stand
calls='src/record   store_read_begin|store_read_as        src/record/(caller|changes|content|erase|explain|looked|operation_read|owned|trail|trail_index).c
src/record   store_get|store_get_now|store_get_version   src/record/(caller|history|erase|looked|trail_query).c
src/search   stream_(seek|has|take|count|each_who)     src/search/(stream|lists|arrays|taking|relation|plan|gather_parts|chain).c
src/search   store_get                              src/search/(run|custom|indexer|state|facts).c
src/search   store_read_as                          src/search/(run|sight).c
src/search   relation_of|relation_union             src/search/(relation|plan|run|contained|gather_parts|sort).c'

echo "$calls" | {
    while read -r folder call files; do
        grep -n -E "\\<($call) *\\(" $(c_files "$folder" 2>/dev/null) /dev/null |
            grep -v -E "^($files|src/[a-z]*/[a-z]*\\.h):" | grep -v -E '^[^:]*:[0-9]*: *(/?\*|//)' |
            tap_rule "$call of $folder only where the caller is asked"
    done
}
