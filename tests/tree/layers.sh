#!/bin/sh
# src/LAYERS holds: modules stand on those behind their colon and on nothing else.

cd "$(dirname "$0")/../.." && . tests/tree/tap.sh

awk '/^#/ || NF == 0 { next }
    {
        sub(/:$/, "", $1)
        for (i = 2; i <= NF; i++)
            if (!($i in seen)) print "src/LAYERS: " $1 " stands on " $i ", which is not below it"
        seen[$1] = 1
    }' src/LAYERS | tap_rule "LAYERS has no module that stands on one above it"

for folder in src/*/; do
    module=$(basename "$folder")
    grep -q "^$module:" src/LAYERS || echo "$folder is not in src/LAYERS"
done | tap_rule "every folder of src is in LAYERS"

c_files src | xargs awk '
    FNR == NR {
        if ($0 !~ /^#/ && NF > 0) {
            module = $1; sub(/:$/, "", module); known[module] = 1
            allowed[module, module] = 1
            for (i = 2; i <= NF; i++) allowed[module, $i] = 1
        }
        next
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split(FILENAME, path, "/"); from = path[2]
        name = $0; sub(/^[^"]*"/, "", name); sub(/".*/, "", name)
        if (split(name, part, "/") < 2)
            print FILENAME ":" FNR ": \"" name "\" is not written from src"
        else if (!(part[1] in known))
            print FILENAME ":" FNR ": " part[1] " is no module"
        else if (!((from, part[1]) in allowed))
            print FILENAME ":" FNR ": " from " may not include " part[1]
    }' src/LAYERS | tap_rule "every include of src points down"

# Who may make an Access: see access/grant.h.
c_files src | xargs grep -n '#[ \t]*include[ \t]*"access/grant.h"' /dev/null |
    grep -v -E '^src/(access|auth)/' |
    tap_rule "only auth makes an Access"

