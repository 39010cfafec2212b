#!/bin/sh
# Words that do not belong in the tree: folders of somebody's machine, hosts of package
# registries, functions that the poisoned list of base/base.h could miss, work not done.

cd "$(dirname "$0")/../.." && . tests/tree/tap.sh

all_files()
{
    find . -type f ! -path './.git/*' ! -path './.git' ! -path './build/*' ! -path './.cache/*' \
        ! -path '*/node_modules/*' ! -path './web/dist/*' ! -path './LICENSE' \
        ! -path './web/test-results/*' ! -path './web/playwright-report/*' \
        ! -name '*.png' ! -name '*.zst' ! -path './tests/tree/words.sh' | sed 's|^\./||'
}

find_words() { all_files | xargs grep -n -I -E "$@" /dev/null | cut -c 1-160; }

find_words '(^|[^[:alnum:]_.])/(work|root|home/[a-z]+)/' |
    tap_rule "no folder of somebody's machine"

find_words '"resolved":|registry[.][a-z]+[.](org|com)|deb[.]debian[.]org' |
    tap_rule "no host of a package registry, in lock files neither"

c_files $(ls -d src tests bench tools 2>/dev/null) |
    xargs grep -n -E '\<(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|strncpy|strncat|alloca|mktemp|tmpnam) *\(' /dev/null |
    grep -v -E '^[^:]*:[0-9]*: *(/?\*|//)' | grep -v 'GCC poison' |
    tap_rule "no function that reads or writes past the end"

c_files src | xargs grep -n -E '\<(system|popen|execlp|execvp|rand|srand|random) *\(' /dev/null |
    grep -v -E '^[^:]*:[0-9]*: *(/?\*|//)' |
    tap_rule "src starts no shell and throws no weak dice"

find_words '\<(TO''DO|FIX''ME|X''XX)\>' --include='*.[chs]' |
    tap_rule "no work left as a note in a file"

find_words '(<<<<''<<<|>>>>''>>>) ' | tap_rule "no conflict mark"

c_files $(ls -d src tests bench tools 2>/dev/null) | xargs grep -n '[[:space:]]$' /dev/null |
    tap_rule "no space at the end of a line of C"

