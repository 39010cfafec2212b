/* store/postgres/seal.c - what a move asks of a store: sealing it, keeping a log of its keys, and
 * saying what it may be opened for. Only the owner of the tables may.
 *
 * Every commit of every node ends with a change of the one row of `head`, and every job with one
 * of `job`. So a seal is a lock on both: writers wait for it, and go on when it goes, also because
 * the connection of who holds it is lost. For good it is a trigger that refuses.
 *
 * The log of keys: a trigger on `posting` writes down what a transaction touched, one on `resource`
 * which version was given other facts; one on `head`,
 * whose row is locked from there to the end, gives the transaction its place. */
#include "store/postgres/engine.h"

/* ---- opening ------------------------------------------------------------------------------ */

typedef struct {
    int64_t state;
    bool empty, owner;
    Str words;
} Use;

enum { STATE_OPEN, STATE_FILLING, STATE_MOVED };

static Status read_use(Ctx *cx, Link *link, Use *ret_use)
{
    PGresult *result = PQexecParams(
        link->conn,
        "SELECT m.state, h.seq = 0 AND h.audit = 0 AND NOT EXISTS (SELECT FROM aceso.item)"
        " AND NOT EXISTS (SELECT FROM aceso.job), m.words,"
        " pg_has_role(current_user, (SELECT relowner FROM pg_class"
        "  WHERE oid = 'aceso.head'::regclass), 'USAGE') FROM aceso.move m, aceso.head h",
        0, NULL, NULL, NULL, NULL, 1);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    if (good)
        *ret_use = (Use){.state = answer_int(result, 0, 0),
                         .empty = *PQgetvalue(result, 0, 1) != 0,
                         .owner = *PQgetvalue(result, 0, 3) != 0,
                         .words = arena_str(cx->arena, answer_bytes(result, 0, 2))};
    PQclear(result);
    return good ? STATUS_OK
                : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                           "The database does not say whether the store was moved.");
}

static Status need_owner(Ctx *cx, const Use *use)
{
    return use->owner
               ? STATUS_OK
               : ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                          "A move needs the role that owns the tables (who ran aceso init).");
}

/* Under the lock nobody else can have written: then all others are refused. */
static Status begin_filling(Ctx *cx, Link *link, const Use *before)
{
    Use use;
    TRY(need_owner(cx, before));
    TRY(link_script(cx, link,
                    "BEGIN; LOCK TABLE aceso.head, aceso.job IN SHARE ROW EXCLUSIVE MODE"));
    TRY(read_use(cx, link, &use));
    if (!use.empty)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "The store in the database is not empty: only an empty one can be "
                        "filled.");
    return link_script(cx, link,
                       "ALTER TABLE aceso.head ENABLE TRIGGER refuse;"
                       "ALTER TABLE aceso.job ENABLE TRIGGER refuse;"
                       "UPDATE aceso.move SET state = 1, mark = '', unused = 0; COMMIT");
}

static Status fill(Ctx *cx, PostgresStore *store, Link *link, const Use *use)
{
    store->filling = true;
    if (use->state == STATE_MOVED)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "The store in the database was moved away; it cannot be filled.");
    return use->state == STATE_FILLING ? need_owner(cx, use) : begin_filling(cx, link, use);
}

static Status judge(Ctx *cx, PostgresStore *store, Link *link, StoreUse wanted)
{
    Use use;
    TRY(read_use(cx, link, &use));
    if (wanted == STORE_FILL)
        return fill(cx, store, link, &use);
    if (use.state == STATE_FILLING)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The store in the database is being filled by aceso move and is not "
                        "complete: run that to its end, or drop the schema aceso.");
    if (use.state == STATE_MOVED && wanted == STORE_SERVE && !store->read_only)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The store in the database was moved to " STR_FMT
                        ": serve that one. If it was never served there, aceso move --cancel "
                        "takes this one back.",
                        STR_ARG(use.words));
    return STATUS_OK;
}

Status database_use_begin(Ctx *cx, PostgresStore *store, StoreUse use)
{
    Link link;
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &link));
    Status status = judge(cx, store, &link, use);
    link_close(&link);
    return status;
}

/* ---- in service --------------------------------------------------------------------------- */

static Status take_lock(PostgresStore *store, Ctx *cx)
{
    if (link_is_open(&store->move))
        return STATUS_OK;
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &store->move));
    return link_script(cx, &store->move,
                       "BEGIN; SET LOCAL lock_timeout = '60s'; SET LOCAL synchronous_commit = on;"
                       "LOCK TABLE aceso.head, aceso.job IN SHARE ROW EXCLUSIVE MODE");
}

static Status set_words(PostgresStore *store, Ctx *cx, Str words)
{
    Str text = arena_str(cx->arena, words);
    const char *values[] = {text.at};
    if (!text.at)
        return STATUS_MEMORY;
    PGresult *result = PQexecParams(store->move.conn, "UPDATE aceso.move SET state = 2, words = $1",
                                    1, NULL, values, NULL, NULL, 0);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return good ? STATUS_OK
                : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                           "The database did not take the word that the store was moved.");
}

static Status mark_moved(PostgresStore *store, Ctx *cx, Str words)
{
    TRY(take_lock(store, cx));
    TRY(set_words(store, cx, words));
    return link_script(cx, &store->move,
                       "ALTER TABLE aceso.head ENABLE TRIGGER refuse;"
                       "ALTER TABLE aceso.job ENABLE TRIGGER refuse; COMMIT");
}

static Status unseal(PostgresStore *store, Ctx *cx)
{
    Link link;
    link_close(&store->move); /* its transaction ends, and the lock with it */
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &link));
    Status status = link_script(cx, &link,
                                "BEGIN; ALTER TABLE aceso.head DISABLE TRIGGER refuse;"
                                "ALTER TABLE aceso.job DISABLE TRIGGER refuse;"
                                "UPDATE aceso.move SET state = 0, words = ''; COMMIT");
    link_close(&link);
    return status;
}

Status postgres_seal(Store *base, Ctx *cx, const Access *access, StoreSeal seal, Str words)
{
    PostgresStore *store = postgres_store(base);
    UNUSED(access);
    if (seal == STORE_UNSEALED)
        return unseal(store, cx);
    Status status = seal == STORE_MOVED ? mark_moved(store, cx, words) : take_lock(store, cx);
    if (status != STATUS_OK || seal == STORE_MOVED)
        link_close(&store->move);
    return status;
}

Status postgres_log_keys(Store *base, Ctx *cx, const Access *access, bool on)
{
    static const char begin[] =
        "BEGIN; LOCK TABLE aceso.posting, aceso.resource, aceso.head IN SHARE ROW EXCLUSIVE MODE;"
        "DO $$ BEGIN"
        " IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'aceso.posting'::regclass"
        "   AND tgname = 'log_added') THEN"
        "  CREATE TRIGGER log_added AFTER INSERT ON aceso.posting REFERENCING NEW TABLE AS touched"
        "   FOR EACH STATEMENT EXECUTE FUNCTION aceso.log_keys();"
        "  CREATE TRIGGER log_dropped AFTER DELETE ON aceso.posting"
        "   REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION aceso.log_keys();"
        "  CREATE TRIGGER log_facts AFTER UPDATE ON aceso.resource FOR EACH ROW"
        "   WHEN (OLD.version = NEW.version AND OLD.facts IS DISTINCT FROM NEW.facts)"
        "   EXECUTE FUNCTION aceso.log_facts();"
        "  CREATE TRIGGER log_place AFTER UPDATE ON aceso.head"
        "   FOR EACH STATEMENT EXECUTE FUNCTION aceso.log_place();"
        "  INSERT INTO aceso.key_place(xid) VALUES (pg_current_xact_id());"
        " END IF; END $$; COMMIT";
    static const char end[] = "BEGIN; DROP TRIGGER IF EXISTS log_added ON aceso.posting;"
                              "DROP TRIGGER IF EXISTS log_dropped ON aceso.posting;"
                              "DROP TRIGGER IF EXISTS log_facts ON aceso.resource;"
                              "DROP TRIGGER IF EXISTS log_place ON aceso.head;"
                              "TRUNCATE aceso.key_log, aceso.key_place; COMMIT";
    PostgresStore *store = postgres_store(base);
    Link link;
    UNUSED(access);
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &link));
    Status status = link_script(cx, &link, on ? begin : end);
    link_close(&link);
    return status;
}
