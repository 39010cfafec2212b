/* store/postgres/sql.c - the texts. Columns of rows come in one order everywhere: rid, type, id,
 * version, updated, method, body. */
#include "store/postgres/sql.h"

#define ROW      "SELECT rid, type, id, version, updated, method, ''::bytea FROM aceso.resource"
#define ROW_BODY "SELECT rid, type, id, version, updated, method, body FROM aceso.resource"

/* One change: its number, then a row. $3 since, $4 until, $5 limit, $6 with bodies. An old
 * version's body is in history, the current one's in resource. */
#define CHANGE(number)                                                                             \
    "SELECT " number ", c.rid, r.type, r.id, c.version, c.updated,"                                \
    " CASE WHEN c.version = r.version THEN r.method ELSE h.method END,"                            \
    " CASE WHEN NOT $6::bool THEN ''::bytea"                                                       \
    "  WHEN c.version = r.version THEN r.body ELSE h.body END"
#define CHANGE_JOIN                                                                                \
    " JOIN aceso.resource r ON r.rid = c.rid"                                                      \
    " LEFT JOIN aceso.history h ON h.rid = c.rid AND h.version = c.version"
#define CHANGE_TIMES "c.updated >= $3::int8 AND c.updated <= $4::int8"

const char *const sql_texts[SQL_COUNT] = {
    [SQL_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [SQL_END_READ] = "COMMIT",
    [SQL_ROW_OF_ID] = ROW " WHERE type = $1::int2 AND id = $2::text",
    [SQL_ROW_OF_ID_BODY] = ROW_BODY " WHERE type = $1::int2 AND id = $2::text",
    [SQL_ROWS] = ROW " WHERE rid = ANY($1::int8[])",
    [SQL_ROWS_BODY] = ROW_BODY " WHERE rid = ANY($1::int8[])",
    [SQL_ROW_VERSION] =
        ROW_BODY " WHERE type = $1::int2 AND id = $2::text AND version = $3::int4"
                 " UNION ALL SELECT r.rid, r.type, r.id, h.version, h.updated, h.method, h.body"
                 " FROM aceso.resource r JOIN aceso.history h ON h.rid = r.rid"
                 " WHERE r.type = $1::int2 AND r.id = $2::text AND h.version = $3::int4",
    /* The changes of one resource are numbered by its versions. $1 rid, $2 below; all of them: the
     * current row and the old ones. */
    [SQL_HISTORY_ONE] =
        "SELECT c.version::int8, c.rid, r.type, r.id, c.version, c.updated, c.method,"
        " CASE WHEN $6::bool THEN c.body ELSE ''::bytea END"
        " FROM (SELECT rid, version, updated, method, body FROM aceso.resource"
        "  WHERE rid = $1::int8 UNION ALL"
        "  SELECT rid, version, updated, method, body FROM aceso.history WHERE rid = $1::int8) c"
        " JOIN aceso.resource r ON r.rid = c.rid"
        " WHERE c.version < $2::int8 AND " CHANGE_TIMES " ORDER BY c.version DESC LIMIT $5::int8",
    /* $1 type, $2 below, $7 from */
    [SQL_HISTORY_TYPE] =
        CHANGE("c.seq") " FROM aceso.change c" CHANGE_JOIN
                        " WHERE c.type = $1::int2 AND c.seq < $2::int8 AND c.seq >= $7::int8"
                        " AND " CHANGE_TIMES " ORDER BY c.type DESC, c.seq DESC LIMIT $5::int8",
    [SQL_HISTORY_ALL] =
        CHANGE("c.seq") " FROM aceso.change c" CHANGE_JOIN
                        " WHERE $1::int2 = 0 AND c.seq < $2::int8 AND c.seq >= $7::int8"
                        " AND " CHANGE_TIMES " ORDER BY c.seq DESC LIMIT $5::int8",
    /* The first change whose `latest` reaches $1, by halves: `latest` never falls, and the numbers
     * have no gaps. */
    [SQL_HISTORY_FLOOR] = "WITH RECURSIVE half(lo, hi) AS ("
                          " SELECT 1::int8, seq + 1 FROM aceso.head UNION ALL"
                          " SELECT CASE WHEN c.latest < $1::int8 THEN c.seq + 1 ELSE lo END,"
                          "  CASE WHEN c.latest < $1::int8 THEN hi ELSE c.seq END"
                          " FROM half JOIN aceso.change c ON c.seq = (lo + hi) / 2 WHERE lo < hi)"
                          " SELECT max(lo) FROM half",
    [SQL_KEYS] = "SELECT key FROM aceso.posting WHERE key >= $1::bytea AND key < $2::bytea"
                 " ORDER BY key LIMIT $3::int8",
    [SQL_ITEM] = "SELECT value FROM aceso.item WHERE space = $1::text AND key = $2::bytea",
    [SQL_ITEMS] = "SELECT value, key FROM aceso.item WHERE space = $1::text",
    [SQL_AUDITS] = "SELECT number, at, entry FROM aceso.audit WHERE number >= $1::int8"
                   " ORDER BY number LIMIT $2::int8",
    [SQL_FIGURES] = "SELECT seq, resources, audit, pg_database_size(current_database())"
                    " FROM aceso.head",
    [SQL_MARK] = "SELECT seq, index_epoch, auth_epoch FROM aceso.head",
    [SQL_LAST_RID] = "SELECT coalesce(max(rid), 0) FROM aceso.resource",
    [SQL_DICTIONARIES] = "SELECT number, bytes FROM aceso.dictionary WHERE number > $1::int4"
                         " ORDER BY number",
    [SQL_CHECK_ROWS_FROM] = ROW_BODY " WHERE rid > $1::int8 ORDER BY rid LIMIT $2::int8",
    [SQL_CHECK_HISTORY_FROM] =
        "SELECT h.rid, r.type, r.id, h.version, h.updated, h.method, h.body FROM aceso.history h"
        " LEFT JOIN aceso.resource r ON r.rid = h.rid WHERE (h.rid, h.version) > ($1::int8, "
        "$2::int4)"
        " ORDER BY h.rid, h.version LIMIT $3::int8",
    [SQL_CHECK_COUNTS] =
        "SELECT seq, resources, audit, (SELECT count(*) FROM aceso.change),"
        " (SELECT coalesce(max(seq), 0) FROM aceso.change), (SELECT count(*) FROM aceso.audit),"
        " (SELECT coalesce(max(number), 0) FROM aceso.audit),"
        " (SELECT count(*) FROM aceso.resource), (SELECT count(*) FROM aceso.history)"
        " FROM aceso.head",

    [SQL_BEGIN] = "BEGIN ISOLATION LEVEL READ COMMITTED",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_LOCK_ITEMS] =
        "SELECT count(pg_advisory_xact_lock(u.lock)) FROM unnest($1::int8[]) u(lock)",
    [SQL_LOCK_ROWS] = "SELECT rid, type, id, version, method FROM aceso.resource"
                      " WHERE rid = ANY($1::int8[]) ORDER BY rid FOR NO KEY UPDATE",
    [SQL_TAKEN_IDS] =
        "SELECT u.n FROM unnest($1::int2[], $2::text[]) WITH ORDINALITY u(type, id, n)"
        " WHERE EXISTS (SELECT FROM aceso.resource r"
        "  WHERE r.type = u.type AND r.id = u.id)",
    [SQL_GUARDS] = "SELECT u.n, i.value FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY"
                   " u(space, key, n) JOIN aceso.item i ON i.space = u.space AND i.key = u.key",
    [SQL_EPOCHS] = "SELECT index_epoch, auth_epoch FROM aceso.head",
    [SQL_CLAIMS] = "SELECT hash, seq FROM aceso.claim WHERE hash = ANY($1::int8[])",
    [SQL_ADD_ROWS] =
        "INSERT INTO aceso.resource(rid, type, id, version, updated, method, body)"
        " SELECT * FROM unnest($1::int8[], $2::int2[], $3::text[], $4::int4[], $5::int8[],"
        " $6::int2[], $7::bytea[])",
    [SQL_KEEP_ROWS] = "INSERT INTO aceso.history(rid, version, updated, method, body)"
                      " SELECT rid, version, updated, method, body FROM aceso.resource"
                      " WHERE rid = ANY($1::int8[])",
    [SQL_SET_ROWS] =
        "UPDATE aceso.resource r SET version = u.version, updated = u.updated, method = u.method,"
        " body = u.body FROM unnest($1::int8[], $2::int4[], $3::int8[], $4::int2[], $5::bytea[])"
        " u(rid, version, updated, method, body) WHERE r.rid = u.rid",
    [SQL_ADD_KEYS] = "INSERT INTO aceso.posting(key) SELECT unnest($1::bytea[])",
    [SQL_ADD_KEYS_AGAIN] =
        "INSERT INTO aceso.posting(key) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING",
    [SQL_DROP_KEYS] = "DELETE FROM aceso.posting WHERE key = ANY($1::bytea[])",
    [SQL_SET_ITEMS] = "INSERT INTO aceso.item(space, key, value)"
                      " SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])"
                      " ON CONFLICT (space, key) DO UPDATE SET value = excluded.value",
    [SQL_DROP_ITEMS] =
        "DELETE FROM aceso.item i USING unnest($1::text[], $2::bytea[]) u(space, key)"
        " WHERE i.space = u.space AND i.key = u.key",
    /* The last statement of a group: numbers are given under the lock of the one row of head, so
     * that they become visible in their order. A writer that was declared dead divides by zero; for
     * one whose epochs have passed, 0: any, a number is out of range. $16, $17: how often raised.
     */
    [SQL_FINISH] =
        "WITH w AS (UPDATE aceso.writer SET last = $3::int8, at = now()"
        "  WHERE node = $1::bytea AND epoch = $2::int8 RETURNING 1),"
        " h AS (UPDATE aceso.head SET seq = seq + $4::int8 + CASE WHEN"
        "    $14::int8 IN (0, index_epoch) AND $15::int8 IN (0, auth_epoch)"
        "    THEN 0 ELSE index_epoch + 9223372036854775807 END,"
        "   resources = resources + $5::int8,"
        "   audit = audit + $6::int8, latest = greatest(latest, $7::int8),"
        "   index_epoch = index_epoch + $16::int8, auth_epoch = auth_epoch + $17::int8"
        "  FROM (SELECT 1 / count(*) AS one FROM w) f WHERE f.one = 1"
        "  RETURNING seq - $4::int8 AS seq, audit - $6::int8 AS audit, latest),"
        " c AS (INSERT INTO aceso.change(seq, type, rid, version, updated, latest)"
        "  SELECT h.seq + u.n, u.type, u.rid, u.version, u.updated, h.latest FROM h,"
        "  unnest($8::int2[], $9::int8[], $10::int4[], $11::int8[]) WITH ORDINALITY"
        "  u(type, rid, version, updated, n)),"
        " l AS (INSERT INTO aceso.claim(hash, seq) SELECT u.hash, h.seq + $4::int8 FROM h,"
        "  unnest($18::int8[]) u(hash) ON CONFLICT (hash) DO UPDATE SET seq = excluded.seq)"
        " INSERT INTO aceso.audit(number, at, entry) SELECT h.audit + u.n, u.at, u.entry FROM h,"
        " unnest($12::int8[], $13::bytea[]) WITH ORDINALITY u(at, entry, n)",
    /* Waits for what this writer may still have under way, and says what it did last. */
    [SQL_FENCE] = "INSERT INTO aceso.writer(node, epoch, last, at) VALUES ($1::bytea, 1, 0, now())"
                  " ON CONFLICT (node) DO UPDATE SET epoch = writer.epoch + 1, at = now()"
                  " RETURNING epoch, last",
    [SQL_FORGET_WRITERS] = "DELETE FROM aceso.writer WHERE at < now() - interval '30 days'",
    /* No request lasts for ten million changes. */
    [SQL_FORGET_CLAIMS] =
        "DELETE FROM aceso.claim WHERE seq < (SELECT seq FROM aceso.head) - 10000000",
    [SQL_RID_BLOCKS] = "SELECT nextval('aceso.rid_block')",
    [SQL_ADD_DICTIONARY] =
        "INSERT INTO aceso.dictionary(number, bytes) VALUES ($1::int4, $2::bytea)"
        " ON CONFLICT DO NOTHING",
};
