# Sourced by the tree checks, which `run` numbers. Leads to the top of the tree.

# tap_rule NAME: passes when standard input is empty; otherwise shows it and fails.
tap_rule()
{
    broken=$(cat)
    if [ -z "$broken" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        printf '%s\n' "$broken" | sed 's/^/# /'
    fi
}

c_files() { find "$@" -name '*.[ch]' | LC_ALL=C sort; }
