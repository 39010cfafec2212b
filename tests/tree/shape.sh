#!/bin/sh
# The shape of the tree: a README in each module, short; a comment at the head of each
# C file; sizes. Sizes are reported, and fail only where nobody can read the file any more.

cd "$(dirname "$0")/../.." && . tests/tree/tap.sh

for folder in src/*/; do
    module=$(basename "$folder")
    readme=${folder}README.md
    if [ ! -e "$readme" ]; then
        echo "$folder has no README.md"
    elif [ "$(wc -l <"$readme")" -gt 30 ]; then
        echo "$readme has more than 30 lines"
    fi
    [ "$module" = cli ] || [ -e "$folder$module.h" ] || echo "$folder has no $module.h"
done | tap_rule "every module has a front header and a README of at most 30 lines"

c_files $(ls -d src tests bench tools 2>/dev/null) |
    xargs awk 'FNR == 1 && !/^\/\*/ { print FILENAME " does not open with what it is" }' |
    tap_rule "every C file opens with a comment that says what it is"

c_files src | xargs wc -l | awk '$2 != "total" && $1 > 700 { print $2 " has " $1 " lines" }' |
    tap_rule "no C file of src is over 700 lines"

c_files src | xargs wc -l |
    awk '$2 != "total" && $1 > 500 { print "# look again: " $2 " has " $1 " lines" }'

