/* The engine in a database for the contract suite: a PostgreSQL of its own, tables made anew for
 * each test by their owner and used by another role. */
#include <unistd.h>

#include "contract.h"
#include "postgres.h"

static const TestPostgres *postgres;
static char key_path[96], address[256];

const char *contract_skipped(void)
{
    const char *why = NULL;
    postgres = test_postgres(false, &why);
    return postgres ? NULL : why;
}

Str contract_path(void)
{
    return str_of(address);
}

static bool as_owner;

void contract_as_owner(bool owner)
{
    as_owner = owner;
}

StoreOptions contract_other(Ctx *cx)
{
    check(test_postgres_sql(postgres, "DROP DATABASE IF EXISTS aceso_other"));
    check(test_postgres_sql(postgres, "CREATE DATABASE aceso_other OWNER aceso_owner"));
    Str name = STR("dbname="), owner = str_of(postgres->owner), head = owner;
    const char *at = memmem(owner.at, owner.len, name.at, name.len);
    check(at != NULL);
    head.len = (size_t)(at - owner.at);
    Str rest = str_from(owner, head.len + name.len);
    (void)str_cut(&rest, ' ');
    StoreOptions options =
        contract_options(arena_format(cx->arena, "postgres:" STR_FMT "dbname=aceso_other " STR_FMT,
                                      STR_ARG(head), STR_ARG(rest)));
    check_int(store_create(cx, &options), STATUS_OK);
    return options;
}

StoreOptions contract_options(Str at)
{
    return (StoreOptions){.address = at, .key_file = str_of(key_path)};
}

static void remove_key(void)
{
    unlink(key_path);
}

static void make_key(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(key_path, sizeof(key_path), "%.60s/aceso-contract-XXXXXX", tmp ? tmp : "/tmp");
    int file = mkstemp(key_path);
    check(file >= 0 && write(file, "0123456789abcdef0123456789abcdef", 32) == 32);
    close(file);
    check(atexit(remove_key) == 0);
}

void contract_fresh(void)
{
    if (!key_path[0])
        make_key();
    check(test_postgres_clean(postgres));
    Ctx cx = testing_ctx();
    StoreOptions options = contract_options(arena_format(cx.arena, "postgres:%s", postgres->owner));
    options.role = str_of(postgres->app_role);
    options.reader = str_of(postgres->reader_role);
    Status status = store_create(&cx, &options);
    if (status != STATUS_OK)
        fail_msg("create: " STR_FMT, STR_ARG(cx.issues ? cx.issues->diagnostics : STR("?")));
    arena_free(cx.arena);
    snprintf(address, sizeof(address), "postgres:%.200s",
             as_owner ? postgres->owner : postgres->app);
}

Store *contract_open(Ctx *cx)
{
    Store *store = NULL;
    StoreOptions options = contract_options(str_of(address));
    Status status = store_open(cx, &options, &store);
    if (status != STATUS_OK)
        fail_msg("open: " STR_FMT, STR_ARG(cx->issues ? cx->issues->diagnostics : STR("?")));
    return store;
}
