/* store/sqlite/wall.c - what a reader's connection may be asked: the statements of the list that
 * only read, and nothing else.
 *
 * SQLite asks the authorizer about each thing that a text needs while it is prepared. While one of
 * the list is (sql.c), whatever reads is let through and remembered; at any other time only what is
 * remembered, which is what SQLite itself prepares again after a change of the tables. So there is
 * no ATTACH, no PRAGMA, no write and no table that the list does not name, whoever asks. The file
 * is as good as read-only besides (query_only). docs/adr/0101-two-walls.md */
#include "store/sqlite/sql.h"

static uint64_t mix(uint64_t hash, const char *word)
{
    for (const char *at = word ? word : ""; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

/* Readings, and the two checks of `aceso check`. */
static bool reads(int action, const char *first)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_TRANSACTION: return true;
    case SQLITE_PRAGMA:
        return first && (str_eq(str_of(first), STR("cipher_integrity_check")) ||
                         str_eq(str_of(first), STR("integrity_check")));
    default: return false;
    }
}

static bool is_known(const Wall *wall, uint64_t hash)
{
    size_t at = 0;
    while (at < wall->count && wall->known[at] != hash)
        at++;
    return at < wall->count;
}

static int judge(void *to, int action, const char *first, const char *second, const char *database,
                 const char *within)
{
    Wall *wall = to;
    UNUSED(within);
    uint64_t hash = mix(mix(mix((uint64_t)action, first), second), database);
    if (is_known(wall, hash))
        return SQLITE_OK;
    if (!wall->learning || !reads(action, first) || wall->count == COUNT_OF(wall->known))
        return SQLITE_DENY;
    wall->known[wall->count++] = hash;
    return SQLITE_OK;
}

Status connection_wall(Ctx *cx, Connection *connection)
{
    int code = connection_run(connection, "PRAGMA query_only = ON");
    if (code == SQLITE_OK)
        code = sqlite3_set_authorizer(connection->db, judge, &connection->wall);
    return code == SQLITE_OK ? STATUS_OK : sql_fail(cx, code, "shutting a reader in");
}
