#!/bin/sh
# docs/guide/compliance.md: every row of the list of checks is there, and what proves it exists; and so
# for docs/internals/security-proofs.md.

cd "$(dirname "$0")/../.." && . tests/tree/tap.sh

page=docs/guide/compliance.md
shared=${ACESO_SHARED:-../shared}

# `tests/unit/test_x.c:name` in a page: a function of that name, or the name of a case.
for proofs in $page docs/internals/security-proofs.md; do
    grep -o '`tests/[^`]*`' $proofs | tr -d '`' | LC_ALL=C sort -u | while IFS=: read -r file name; do
        [ -f "$file" ] || echo "$proofs names $file, which does not exist"
        [ ! -f "$file" ] || grep -q -E "(^|[^a-z_0-9])$name([^a-z_0-9]|\$)" "$file" ||
            echo "$proofs names $name, which is not in $file"
    done | tap_rule "every test that ${proofs##*/} names exists"
done

grep -E '^\| [A-Z]+-[0-9]+ ' $page | awk -F ' \\| ' '
    $4 != "tested" && $4 != "in part" && $4 != "the site'\''s duty" && $4 != "not yet" {
        print $1 ": its state is none of the four: " $4
    }
    ($4 == "tested" || $4 == "in part") && $0 !~ /`tests\// { print $1 ": no test is named" }
    $4 != "tested" && $5 ~ /^ *\|? *$/ { print $1 ": it does not say what is missing" }' |
    tap_rule "every row of compliance.md says what proves it, or why nothing does"

if [ -f "$shared/clinical/regulation_checks.csv" ]; then
    {
        awk -F , 'NR > 1 { print $1 }' "$shared/clinical/regulation_checks.csv"
        grep -o -E '^\| [A-Z]+-[0-9]+ ' $page | tr -d '| '
    } | LC_ALL=C sort | uniq -c | awk '$1 != 2 { print $2 " is not once in the list and once in the page" }' |
        tap_rule "compliance.md has every row of the list of checks, once"
else
    echo "ok - compliance.md has every row of the list of checks, once # SKIP no ../shared"
fi
