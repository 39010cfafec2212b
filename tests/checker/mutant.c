/* tests/checker/mutant.c - a server that is wrong on purpose: a library that is loaded before libpq
 * and changes one statement as it is prepared. ACESO_MUTANT names the change.
 *
 * The checker must see each of them (tests/checker/mutants); else it sees nothing. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *from, *to;
} mutants[] = {
    /* two nodes may write the same next version */
    {"locks", " FOR NO KEY UPDATE", ""},
    /* each statement of a reader sees another moment */
    {"snapshots", "default_transaction_isolation = 'repeatable read'",
     "default_transaction_isolation = 'read committed'"},
    /* a condition is decided by each node for itself */
    {"claims", "FROM aceso.claim WHERE hash", "FROM aceso.claim WHERE false AND hash"},
    /* nobody hears of a search parameter from another node */
    {"raises", "index_epoch = index_epoch + $11::int8",
     "index_epoch = index_epoch + 0 * $11::int8"},
    /* now and then a key, an audit entry or an old version is forgotten */
    {"keys", "SELECT unnest($1::bytea[])",
     "SELECT k FROM unnest($1::bytea[]) k WHERE random() < 0.98"},
    {"audit", "WITH ORDINALITY u(at, entry, link, n)",
     "WITH ORDINALITY u(at, entry, link, n) WHERE random() < 0.999"},
    /* memory is taken at its word */
    {"memory", "$19::int8 IN (0, seq + rekeys)", "$19::int8 IS NOT NULL"},
    {"history", " WHERE rid = ANY($1::int8[])", " WHERE rid = ANY($1::int8[]) AND random() < 0.98"},
};

static const char *change(const char *query, char *room, size_t size)
{
    const char *name = getenv("ACESO_MUTANT");
    for (size_t i = 0; name && i < sizeof(mutants) / sizeof(*mutants); i++) {
        const char *at = strcmp(name, mutants[i].name) == 0 ? strstr(query, mutants[i].from) : NULL;
        if (!at || (strcmp(name, "history") == 0 && !strstr(query, "INTO aceso.history")))
            continue;
        snprintf(room, size, "%.*s%s%s", (int)(at - query), query, mutants[i].to,
                 at + strlen(mutants[i].from));
        return room;
    }
    return query;
}

__attribute__((visibility("default"))) int
PQsendPrepare(PGconn *conn, const char *name, const char *query, int count, const Oid *types)
{
    static int (*original)(PGconn *, const char *, const char *, int, const Oid *);
    char room[8192];
    if (!original)
        *(void **)&original = dlsym(RTLD_NEXT, "PQsendPrepare");
    return original(conn, name, change(query, room, sizeof(room)), count, types);
}

__attribute__((visibility("default"))) PGresult *
PQprepare(PGconn *conn, const char *name, const char *query, int count, const Oid *types)
{
    static PGresult *(*original)(PGconn *, const char *, const char *, int, const Oid *);
    char room[8192];
    if (!original)
        *(void **)&original = dlsym(RTLD_NEXT, "PQprepare");
    return original(conn, name, change(query, room, sizeof(room)), count, types);
}

__attribute__((visibility("default"))) PGresult *PQexec(PGconn *conn, const char *query)
{
    static PGresult *(*original)(PGconn *, const char *);
    char room[8192];
    if (!original)
        *(void **)&original = dlsym(RTLD_NEXT, "PQexec");
    return original(conn, change(query, room, sizeof(room)));
}
