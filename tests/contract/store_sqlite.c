/* The embedded engine for the contract suite: a file in a folder of its own. */
#include <unistd.h>

#include "contract.h"

static char folder[64], path[96], key_path[96];

const char *contract_skipped(void)
{
    return NULL;
}

Str contract_path(void)
{
    return str_of(path);
}

StoreOptions contract_options(Str at)
{
    return (StoreOptions){.address = at, .key_file = str_of(key_path)};
}

void contract_as_owner(bool owner)
{
    UNUSED(owner);
}

StoreOptions contract_other(Ctx *cx)
{
    Str other = arena_format(cx->arena, "%s/other", folder);
    StoreOptions options = contract_options(other);
    unlink(other.at);
    unlink(arena_format(cx->arena, "%s/other.key", folder).at);
    check_int(store_create(cx, &options), STATUS_OK);
    return options;
}

static void remove_all(void)
{
    char command[160];
    if (!folder[0])
        return;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "# could not remove %s\n", folder);
    folder[0] = '\0';
}

void contract_fresh(void)
{
    static bool registered;
    if (!registered)
        registered = atexit(remove_all) == 0;
    remove_all();
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/aceso-contract-XXXXXX", tmp ? tmp : "/tmp");
    check(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/store", folder);
    snprintf(key_path, sizeof(key_path), "%s/secret", folder);
    FILE *file = fopen(key_path, "w");
    check(file && fwrite("0123456789abcdef0123456789abcdef", 32, 1, file) == 1);
    fclose(file);
    Ctx cx = testing_ctx();
    StoreOptions options = contract_options(str_of(path));
    Status status = store_create(&cx, &options);
    if (status != STATUS_OK)
        fail_msg("create: " STR_FMT, STR_ARG(cx.issues ? cx.issues->diagnostics : STR("?")));
    arena_free(cx.arena);
}

Store *contract_open(Ctx *cx)
{
    Store *store = NULL;
    StoreOptions options = contract_options(str_of(path));
    Status status = store_open(cx, &options, &store);
    if (status != STATUS_OK)
        fail_msg("open: " STR_FMT, STR_ARG(cx->issues ? cx->issues->diagnostics : STR("?")));
    return store;
}
