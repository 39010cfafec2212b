/* store/postgres/sql.c - the texts. Columns of rows come in one order everywhere: rid, type, id,
 * version, updated, method, facts, body. */
#include "store/postgres/sql.h"

#define ROW_BODY "SELECT rid, type, id, version, updated, method, facts, body FROM aceso.resource"
/* The change that made a version: a look into another index for each row. */
#define MADE_BY(row)                                                                               \
    "(SELECT c.seq FROM aceso.change c WHERE c.rid = " row ".rid AND c.version = " row ".version)"

/* One change: its number, then a row. $3 since, $4 until, $5 limit, $6 with bodies. An old
 * version's body is in history, the current one's in resource. */
#define CHANGE(number)                                                                             \
    "SELECT " number ", c.rid, r.type, r.id, c.version, c.updated,"                                \
    " CASE WHEN c.version = r.version THEN r.method ELSE h.method END,"                            \
    " CASE WHEN c.version = r.version THEN r.facts ELSE h.facts END,"                              \
    " CASE WHEN NOT $6::bool THEN ''::bytea"                                                       \
    "  WHEN c.version = r.version THEN r.body ELSE h.body END"
#define CHANGE_JOIN                                                                                \
    " JOIN aceso.resource r ON r.rid = c.rid"                                                      \
    " LEFT JOIN aceso.history h ON h.rid = c.rid AND h.version = c.version"
#define CHANGE_TIMES "c.updated >= $3::int8 AND c.updated <= $4::int8"

#define NAME_CALLER "set_config('aceso.caller', $1::text, true)"
/* The database's own clock, in microseconds. */
#define CLOCK "(extract(epoch FROM clock_timestamp()) * 1000000)::int8"
#define JOB_COLUMNS(j)                                                                             \
    j "number, " j "lease, " j "state, " j "tries, " j "kind, " j "added, " j "due, " j            \
      "worker, " j "error, " j "name, " j "payload"

/* Of an entry about facts: STORE_KIND_FACTS, moving.h. */
#define LOGGED_RID     "('x' || encode(substr(k.key, 2, 6), 'hex'))::bit(48)::int8"
#define LOGGED_VERSION "('x' || encode(substr(k.key, 8, 4), 'hex'))::bit(32)::int4"

/* The last statement of a group: numbers are given under the lock of the one row of head, so
 * that they become visible in their order. A writer that was declared dead divides by zero; for
 * one whose epochs have passed, $8 to $10, or the version of the keys, $19 (0: any), a number is
 * out of range. $11 to $13: how often raised. $18: 1 for a group that changes keys and nothing
 * else. It answers the number before the first change, and the version of the keys before
 * (shelf.h). The last entry of the group is linked to the group before here, where the numbers are
 * given: chain.h. For a group that changes nothing that is all, at four fifths of the cost. */
#define FINISH                                                                                     \
    "WITH w AS (UPDATE aceso.writer SET last = $3::int8, at = now()"                               \
    "  WHERE node = $1::bytea AND epoch = $2::int8 RETURNING 1),"                                  \
    " h AS (UPDATE aceso.head SET seq = seq + $4::int8 + CASE WHEN"                                \
    "    $8::int8 IN (0, index_epoch) AND $9::int8 IN (0, auth_epoch)"                             \
    "    AND $10::int8 IN (0, access_epoch) AND $19::int8 IN (0, seq + rekeys)"                    \
    "    THEN 0 ELSE index_epoch + 9223372036854775807 END,"                                       \
    "   resources = resources + $5::int8,"                                                         \
    "   audit = audit + $6::int8, latest = greatest(latest, $7::int8),"                            \
    "   rekeys = rekeys + $18::int8,"                                                              \
    "   index_epoch = index_epoch + $11::int8, auth_epoch = auth_epoch + $12::int8,"               \
    "   access_epoch = access_epoch + $13::int8,"                                                  \
    "   chain = CASE WHEN $6::int8 = 0 THEN chain ELSE"                                            \
    "    sha256('\\x01'::bytea || chain || int8send(audit + $6::int8) || $14::bytea) END"          \
    "  FROM (SELECT 1 / count(*) AS one FROM w) f WHERE f.one = 1"                                 \
    "  RETURNING seq - $4::int8 AS seq, audit - $6::int8 AS audit, latest, chain,"                 \
    "   seq - $4::int8 + rekeys - $18::int8 AS version),"                                          \
    " a AS (INSERT INTO aceso.audit(number, at, entry, link) SELECT h.audit + u.n, u.at,"          \
    "  u.entry, CASE WHEN u.n = $6::int8 THEN h.chain ELSE u.link END FROM h,"                     \
    "  unnest($15::int8[], $16::bytea[], $17::bytea[]) WITH ORDINALITY u(at, entry, link, n))"

const char *const sql_texts[SQL_COUNT] = {
    /* Who asks, for the policies (schema.c), to the end of the transaction; a snapshot names him
     * with its mark, on the way. */
    [SQL_CALLER] = "SELECT " NAME_CALLER,
    [SQL_ROW_OF_ID] = "SELECT rid, type, id, version, updated, method, facts, ''::bytea"
                      " FROM aceso.resource WHERE type = $1::int2 AND id = $2::text",
    [SQL_ROW_OF_ID_BODY] = ROW_BODY " WHERE type = $1::int2 AND id = $2::text",
    /* Outside of a snapshot it names its caller itself, $3: `who` is read before the row is,
     * because a subquery with OFFSET that wants it can only be run behind it. Another statement for
     * it costs 25 us of the database. Behind the row: the mark. */
    [SQL_ROW_NOW] =
        "WITH who AS MATERIALIZED (SELECT set_config('aceso.caller', $3::text, true) AS caller,"
        "  seq, index_epoch, auth_epoch, access_epoch FROM aceso.head)"
        " SELECT r.*, who.seq, index_epoch, auth_epoch, access_epoch FROM who, LATERAL (" ROW_BODY
        " WHERE type = $1::int2 AND id = $2::text AND who.caller <> '' OFFSET 0) r",
    /* Those of these ids whose type is one of these: who asked for a pair looks for it among them.
     * One walk after the other along the index (7 us a row); a join of pairs takes 12. The sum
     * keeps the type out of the walk, or each id would be looked for in each type. */
    [SQL_ROWS_OF_IDS] = ROW_BODY " WHERE id = ANY($2::text[])"
                                 " AND (type + 0::int2) = ANY($1::int2[])",
    [SQL_ROWS] = "SELECT rid, type, id, version, updated, method, facts, ''::bytea"
                 " FROM aceso.resource WHERE rid = ANY($1::int8[])",
    [SQL_ROWS_BODY] = ROW_BODY " WHERE rid = ANY($1::int8[])",
    [SQL_ROW_VERSION] =
        ROW_BODY " WHERE type = $1::int2 AND id = $2::text AND version = $3::int4"
                 " UNION ALL SELECT r.rid, r.type, r.id, h.version, h.updated, h.method, h.facts,"
                 " h.body"
                 " FROM aceso.resource r JOIN aceso.history h ON h.rid = r.rid"
                 " WHERE r.type = $1::int2 AND r.id = $2::text AND h.version = $3::int4",
    /* $1 rid, $2 version */
    [SQL_ROW_RID_VERSION] =
        "SELECT v.rid, r.type, r.id, v.version, v.updated, v.method, v.facts, v.body, " MADE_BY(
            "v") " FROM (SELECT rid, version, updated, method, facts, body FROM aceso.resource"
                 "  WHERE rid = $1::int8 AND version = $2::int4 UNION ALL"
                 "  SELECT rid, version, updated, method, facts, body FROM aceso.history"
                 "  WHERE rid = $1::int8 AND version = $2::int4) v JOIN aceso.resource r ON r.rid "
                 "= v.rid",
    /* The changes of one resource are numbered by its versions. $1 rid, $2 below; all of them: the
     * current row and the old ones. */
    [SQL_HISTORY_ONE] =
        "SELECT c.version::int8, c.rid, r.type, r.id, c.version, c.updated, c.method,"
        " c.facts, CASE WHEN $6::bool THEN c.body ELSE ''::bytea END"
        " FROM (SELECT rid, version, updated, method, facts, body FROM aceso.resource"
        "  WHERE rid = $1::int8 UNION ALL SELECT rid, version, updated, method, facts, body"
        "  FROM aceso.history WHERE rid = $1::int8) c"
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
    /* Where the changes begin whose `latest` reaches $1, by halves: `latest` never falls. A store
     * that was moved here has numbers without a change. */
    [SQL_HISTORY_FLOOR] = "WITH RECURSIVE half(lo, hi) AS ("
                          " SELECT 1::int8, seq + 1 FROM aceso.head UNION ALL"
                          " SELECT CASE WHEN c.seq < hi AND c.latest < $1::int8"
                          "  THEN c.seq + 1 ELSE lo END,"
                          "  CASE WHEN c.seq < hi AND c.latest < $1::int8"
                          "  THEN hi ELSE (lo + hi) / 2 END"
                          " FROM half LEFT JOIN LATERAL (SELECT seq, latest FROM aceso.change"
                          "  WHERE seq >= (lo + hi) / 2 ORDER BY seq LIMIT 1) c ON true"
                          " WHERE lo < hi)"
                          " SELECT max(lo) FROM half",
    [SQL_KEYS] = "SELECT key FROM aceso.posting WHERE key >= $1::bytea AND key < $2::bytea"
                 " ORDER BY key LIMIT $3::int8",
    [SQL_KEYS_BACK] = "SELECT key FROM aceso.posting WHERE key >= $1::bytea AND key < $2::bytea"
                      " ORDER BY key DESC LIMIT $3::int8",
    /* Of each stretch from $1 to before $2 the first $3 keys, stretch by stretch. */
    [SQL_LISTS] =
        "SELECT u.n::int4, k.key FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY"
        " u(first, behind, n), LATERAL (SELECT key FROM aceso.posting WHERE key >= u.first"
        "  AND key < u.behind ORDER BY key LIMIT $3::int8) k",
    /* For each of $1 the first key that is not before it, before $2; NULL: none. */
    [SQL_LEAPS] = "SELECT u.n::int4, k.key FROM unnest($1::bytea[]) WITH ORDINALITY u(first, n)"
                  " LEFT JOIN LATERAL (SELECT key FROM aceso.posting WHERE key >= u.first"
                  "  AND key < $2::bytea ORDER BY key LIMIT 1) k ON true",
    [SQL_COUNT_KEYS] =
        "SELECT count(*) FROM aceso.posting WHERE key >= $1::bytea AND key <= $2::bytea",
    [SQL_TOUCHES] = "SELECT seq, rid, version FROM aceso.change WHERE $1::int2 = 0"
                    " AND seq > $2::int8 ORDER BY seq DESC LIMIT $3::int8",
    [SQL_TOUCHES_OF_TYPE] =
        "SELECT seq, rid, version FROM aceso.change WHERE type = $1::int2 AND seq > $2::int8"
        " ORDER BY type DESC, seq DESC LIMIT $3::int8",
    [SQL_ITEM] = "SELECT value FROM aceso.item WHERE space = $1::text AND key = $2::bytea",
    [SQL_ITEMS] = "SELECT value, key FROM aceso.item WHERE space = $1::text",
    [SQL_AUDITS] = "SELECT number, at, entry, link FROM aceso.audit WHERE number >= $1::int8"
                   " ORDER BY number LIMIT $2::int8",
    [SQL_PIECE] = "SELECT bytes FROM aceso.piece WHERE content = $1::text AND number = $2::int4",
    [SQL_SCAN_PIECES] = "SELECT content, number, bytes FROM aceso.piece"
                        " WHERE (content, number) > ($1::text, $2::int8)"
                        " ORDER BY content, number LIMIT $3::int8",
    [SQL_SCAN_PIECE_NAMES] = "SELECT content, number FROM aceso.piece"
                             " WHERE (content, number) > ($1::text, $2::int8)"
                             " ORDER BY content, number LIMIT $3::int8",
    [SQL_FIGURES] = "SELECT seq - (SELECT unused FROM aceso.move), resources, audit, "
                    "pg_database_size(current_database())"
                    " FROM aceso.head",
    [SQL_MARK] = "SELECT seq, index_epoch, auth_epoch, access_epoch, rekeys, " NAME_CALLER
                 " FROM aceso.head",
    [SQL_LAST_RID] = "SELECT coalesce(max(rid), 0) FROM aceso.resource",
    [SQL_DICTIONARIES] = "SELECT number, bytes FROM aceso.dictionary WHERE number > $1::int4"
                         " ORDER BY number",
    [SQL_CHECK_ROWS_FROM] = ROW_BODY " WHERE rid > $1::int8 ORDER BY rid LIMIT $2::int8",
    [SQL_CHECK_HISTORY_FROM] =
        "SELECT h.rid, r.type, r.id, h.version, h.updated, h.method, h.facts, h.body"
        " FROM aceso.history h"
        " LEFT JOIN aceso.resource r ON r.rid = h.rid WHERE (h.rid, h.version) > ($1::int8, "
        "$2::int4)"
        " ORDER BY h.rid, h.version LIMIT $3::int8",
    [SQL_CHECK_COUNTS] =
        "SELECT seq, resources, audit, (SELECT count(*) FROM aceso.change),"
        " (SELECT coalesce(max(seq), 0) FROM aceso.change), (SELECT count(*) FROM aceso.audit),"
        " (SELECT coalesce(max(number), 0) FROM aceso.audit),"
        " (SELECT count(*) FROM aceso.resource), (SELECT count(*) FROM aceso.history),"
        " (SELECT unused FROM aceso.move) FROM aceso.head",
    [SQL_JOBS] = "SELECT " JOB_COLUMNS(
        "") " FROM aceso.job WHERE number > $1::int8"
            " AND ($2::int2 = 0 OR state = $2::int2) AND ($3::text = '' OR kind = $3::text)"
            " ORDER BY number LIMIT $4::int8",
    [SQL_JOB] = "SELECT " JOB_COLUMNS("") " FROM aceso.job WHERE number = $1::int8",
    [SQL_JOB_COUNTS] =
        "SELECT count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2),"
        " (SELECT count(*) FROM aceso.job WHERE state = 3),"
        " coalesce(min(due) FILTER (WHERE state = 1 AND due <= " CLOCK "), 0)"
        " FROM aceso.job WHERE state < 3",
    [SQL_BEGIN_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    [SQL_END_WRITE] = "COMMIT",
    /* To the end of the transaction: for a thread that works for the program. */
    [SQL_AS_SYSTEM] = "SELECT set_config('role', 'none', true)",
    /* $1 kinds, $2 how many of each, $3 of all, $4 lease, $5 the longest lease, $6 worker */
    [SQL_TAKE_JOBS] =
        "WITH clock AS MATERIALIZED (SELECT " CLOCK " AS now), found AS MATERIALIZED ("
        " SELECT a.number, a.due FROM clock, LATERAL (SELECT number, 0::int8 AS due FROM aceso.job"
        "  WHERE state = 2 AND due > clock.now + $5::int8 AND kind = ANY($1::text[])"
        "  LIMIT $3::int8 FOR UPDATE SKIP LOCKED) a"
        " UNION ALL"
        " SELECT d.number, d.due FROM clock, unnest($1::text[], $2::int8[]) k(kind, most),"
        "  LATERAL (SELECT number, due FROM aceso.job WHERE kind = k.kind AND state < 3"
        "   AND due <= clock.now ORDER BY due, number LIMIT k.most FOR UPDATE SKIP LOCKED) d"
        " ORDER BY 2, 1 LIMIT $3::int8),"
        " taken AS (UPDATE aceso.job j SET state = 2, due = clock.now + $4::int8,"
        "  worker = $6::bytea, tries = j.tries + 1, lease = j.lease + 1"
        "  FROM found f, clock WHERE j.number = f.number"
        "  RETURNING " JOB_COLUMNS("j.") ", f.due AS was)"
                                         " SELECT * FROM taken ORDER BY was, number",
    [SQL_NEXT_JOB] = "WITH clock AS MATERIALIZED (SELECT " CLOCK " AS now)"
                     " SELECT min(n.due - clock.now) FROM clock, unnest($1::text[]) k(kind),"
                     " LATERAL (SELECT due FROM aceso.job WHERE kind = k.kind AND state < 3"
                     "  AND due > clock.now ORDER BY due LIMIT 1) n",
    [SQL_NEWEST_KEY] = "SELECT max(number) FROM aceso.key",
    [SQL_TIP] = "SELECT seq, audit, coalesce((SELECT last_value FROM pg_sequences"
                " WHERE schemaname = 'aceso' AND sequencename = 'job_number_seq'),"
                " (SELECT max(number) FROM aceso.job), 0),"
                " coalesce((SELECT max(place) FROM aceso.key_place), 0) FROM aceso.head",
    [SQL_MOVED_TO] = "SELECT CASE WHEN state = 2 THEN words ELSE '' END FROM aceso.move",
    /* Bodies are measured before they are fetched: $3 bytes of them. */
    [SQL_SCAN_CHANGES] =
        "SELECT seq, rid, type, id, version, updated, method, facts, body FROM ("
        " SELECT t.*, sum(octet_length(t.body)) OVER (ORDER BY t.seq) - octet_length(t.body)"
        "  AS before FROM (SELECT c.seq, c.rid, r.type, r.id, c.version, c.updated,"
        "   CASE WHEN c.version = r.version THEN r.method ELSE h.method END AS method,"
        "   CASE WHEN c.version = r.version THEN r.facts ELSE h.facts END AS facts,"
        "   CASE WHEN c.version = r.version THEN r.body ELSE h.body END AS body"
        "   FROM aceso.change c" CHANGE_JOIN
        "   WHERE c.seq > $1::int8 ORDER BY c.seq LIMIT $2::int8) t) w"
        " WHERE before <= $3::int8 ORDER BY seq",
    [SQL_SCAN_ITEMS] = "SELECT space, key, value FROM aceso.item",
    /* First the place behind what follows, and whether the log reaches back; then each key that
     * was touched, and whether it is there. */
    [SQL_SCAN_KEYS] =
        "WITH p AS MATERIALIZED (SELECT place, xid FROM aceso.key_place WHERE place > $1::int8"
        "  ORDER BY place LIMIT $2::int8)"
        " SELECT coalesce((SELECT max(place) FROM p), $1::int8), ''::bytea,"
        "  coalesce((SELECT min(place) FROM aceso.key_place) <= $1::int8, false), ''::bytea"
        " UNION ALL SELECT 0, k.key, EXISTS (SELECT FROM aceso.posting q WHERE q.key = k.key),"
        " CASE WHEN get_byte(k.key, 0) = 15 THEN coalesce((SELECT r.facts FROM aceso.resource r"
        "  WHERE r.rid = " LOGGED_RID " AND r.version = " LOGGED_VERSION "), (SELECT h.facts"
        "  FROM aceso.history h WHERE h.rid = " LOGGED_RID " AND h.version = " LOGGED_VERSION
        "  ), ''::bytea) ELSE ''::bytea END"
        " FROM (SELECT DISTINCT l.key FROM p JOIN aceso.key_log l ON l.xid = p.xid) k",

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
    [SQL_EPOCHS] = "SELECT index_epoch, auth_epoch, access_epoch FROM aceso.head",
    /* Where the database is, and what has changed since $1. */
    [SQL_HEAD] = "SELECT seq, index_epoch, auth_epoch, access_epoch, rekeys FROM aceso.head",
    [SQL_CHANGED] = "SELECT seq, rid, version FROM aceso.change WHERE seq > $1::int8"
                    " ORDER BY seq DESC LIMIT $2::int8",
    [SQL_CLAIMS] = "SELECT hash, seq FROM aceso.claim WHERE hash = ANY($1::int8[])",
    [SQL_ADD_ROWS] =
        "INSERT INTO aceso.resource(rid, type, id, version, updated, method, facts, body)"
        " SELECT * FROM unnest($1::int8[], $2::int2[], $3::text[], $4::int4[], $5::int8[],"
        " $6::int2[], $7::bytea[], $8::bytea[])",
    [SQL_KEEP_ROWS] = "INSERT INTO aceso.history(rid, version, updated, method, facts, body)"
                      " SELECT rid, version, updated, method, facts, body FROM aceso.resource"
                      " WHERE rid = ANY($1::int8[])",
    [SQL_SET_ROWS] =
        "UPDATE aceso.resource r SET version = u.version, updated = u.updated, method = u.method,"
        " facts = CASE WHEN u.method = 3 AND u.facts = '' THEN r.facts ELSE u.facts END,"
        " body = u.body FROM unnest($1::int8[], $2::int4[], $3::int8[], $4::int2[], $5::bytea[],"
        " $6::bytea[]) u(rid, version, updated, method, facts, body) WHERE r.rid = u.rid",
    [SQL_SET_FACTS] = "UPDATE aceso.resource r SET facts = u.facts"
                      " FROM unnest($1::int8[], $2::bytea[]) u(rid, facts) WHERE r.rid = u.rid",
    [SQL_ADD_KEYS] = "INSERT INTO aceso.posting(key) SELECT unnest($1::bytea[])",
    [SQL_ADD_KEYS_AGAIN] =
        "INSERT INTO aceso.posting(key) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING",
    [SQL_DROP_KEYS] = "DELETE FROM aceso.posting WHERE key = ANY($1::bytea[])",
    [SQL_ERASE] = "UPDATE aceso.history h SET body = u.body, facts = ''"
                  " FROM unnest($1::int8[], $2::int4[], $3::bytea[]) u(rid, version, body)"
                  " WHERE h.rid = u.rid AND h.version = u.version",
    [SQL_SET_ITEMS] = "INSERT INTO aceso.item(space, key, value)"
                      " SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])"
                      " ON CONFLICT (space, key) DO UPDATE SET value = excluded.value",
    [SQL_DROP_ITEMS] =
        "DELETE FROM aceso.item i USING unnest($1::text[], $2::bytea[]) u(space, key)"
        " WHERE i.space = u.space AND i.key = u.key",
    [SQL_SET_PIECES] = "INSERT INTO aceso.piece(content, number, bytes)"
                       " SELECT * FROM unnest($1::text[], $2::int4[], $3::bytea[])"
                       " ON CONFLICT (content, number) DO UPDATE SET bytes = excluded.bytes",
    [SQL_DROP_PIECES] = "DELETE FROM aceso.piece p USING unnest($1::text[], $2::int4[])"
                        " u(content, number)"
                        " WHERE p.content = u.content AND p.number = u.number",
    [SQL_FINISH] =
        FINISH ", c AS (INSERT INTO aceso.change(seq, type, rid, version, updated, latest)"
               "  SELECT h.seq + u.n, u.type, u.rid, u.version, u.updated, h.latest FROM h,"
               "  unnest($20::int2[], $21::int8[], $22::int4[], $23::int8[]) WITH ORDINALITY"
               "  u(type, rid, version, updated, n)),"
               " l AS (INSERT INTO aceso.claim(hash, seq) SELECT u.hash, h.seq + $4::int8 FROM h,"
               "  unnest($24::int8[]) u(hash) ON CONFLICT (hash) DO UPDATE SET seq = excluded.seq)"
               " SELECT seq, version FROM h",
    [SQL_FINISH_AUDITS] = FINISH " SELECT seq, version FROM h",
    /* Waits for what this writer may still have under way, and says what it did last. No row: the
     * program, written for schema $2, is too old for the tables. */
    [SQL_FENCE] = "INSERT INTO aceso.writer(node, epoch, last, at, schema)"
                  " SELECT $1::bytea, 1, 0, now(), $2::int4"
                  " WHERE $2::int4 >= (SELECT max(needs) FROM aceso.migration)"
                  " ON CONFLICT (node) DO UPDATE SET epoch = writer.epoch + 1, at = now(),"
                  "  schema = excluded.schema RETURNING epoch, last",
    [SQL_FORGET_WRITERS] = "DELETE FROM aceso.writer WHERE at < now() - interval '30 days'",
    [SQL_LOAD_BEGIN] = "SELECT set_config('aceso.filling', 'on', false),"
                       " set_config('synchronous_commit', 'off', false)",
    [SQL_LOAD_DURABLE] = "SELECT set_config('synchronous_commit', 'on', true)",
    [SQL_LOAD_STATE] = "SELECT h.seq, h.latest, m.mark FROM aceso.head h, aceso.move m",
    [SQL_LOAD_HISTORY] =
        "INSERT INTO aceso.history(rid, version, updated, method, facts, body)"
        " SELECT * FROM unnest($1::int8[], $2::int4[], $3::int8[], $4::int2[], $5::bytea[],"
        " $6::bytea[])",
    [SQL_LOAD_FACTS] = "UPDATE aceso.resource r SET facts = u.facts FROM"
                       " unnest($1::int8[], $2::int4[], $3::bytea[]) u(rid, version, facts)"
                       " WHERE r.rid = u.rid AND r.version = u.version",
    [SQL_LOAD_OLD_FACTS] = "UPDATE aceso.history h SET facts = u.facts FROM"
                           " unnest($1::int8[], $2::int4[], $3::bytea[]) u(rid, version, facts)"
                           " WHERE h.rid = u.rid AND h.version = u.version",
    [SQL_LOAD_CHANGES] =
        "INSERT INTO aceso.change(seq, type, rid, version, updated, latest) SELECT * FROM"
        " unnest($1::int8[], $2::int2[], $3::int8[], $4::int4[], $5::int8[], $6::int8[])",
    [SQL_LOAD_AUDITS] = "INSERT INTO aceso.audit(number, at, entry, link)"
                        " SELECT * FROM unnest($1::int8[], $2::int8[], $3::bytea[], $4::bytea[])",
    [SQL_LOAD_NO_JOBS] = "DELETE FROM aceso.job",
    [SQL_LOAD_JOBS] =
        "INSERT INTO aceso.job(number, lease, state, tries, kind, added, due, worker, error, name,"
        " payload) OVERRIDING SYSTEM VALUE SELECT * FROM unnest($1::int8[], $2::int8[], $3::int2[],"
        " $4::int4[], $5::text[], $6::int8[], $7::int8[], $8::bytea[], $9::bytea[], $10::bytea[],"
        " $11::bytea[])",
    [SQL_LOAD_HEAD] = "UPDATE aceso.head SET seq = greatest(seq, $1::int8),"
                      " resources = resources + $2::int8, audit = greatest(audit, $3::int8),"
                      " latest = greatest(latest, $4::int8),"
                      " chain = CASE WHEN length($5::bytea) = 32 THEN $5::bytea ELSE chain END",
    [SQL_LOAD_MARK] = "UPDATE aceso.move SET mark = $1::bytea",
    [SQL_LOAD_MORE] = "UPDATE aceso.move SET unused = unused + $1::int8",
    [SQL_LOAD_NUMBERS] =
        "SELECT setval('aceso.rid_block',"
        "  (SELECT coalesce(max(rid), 0) FROM aceso.resource) / 4096 + 1),"
        " CASE WHEN $1::int8 > 0 THEN setval('aceso.job_number_seq', $1::int8) END",
    /* No request lasts for ten million changes. */
    [SQL_FORGET_CLAIMS] =
        "DELETE FROM aceso.claim WHERE seq < (SELECT seq FROM aceso.head) - 10000000",
    [SQL_RID_BLOCKS] = "SELECT nextval('aceso.rid_block')",
    [SQL_ADD_DICTIONARY] =
        "INSERT INTO aceso.dictionary(number, bytes) VALUES ($1::int4, $2::bytea)"
        " ON CONFLICT DO NOTHING",
    [SQL_LOCK_JOBS] = "SELECT number, state, lease FROM aceso.job WHERE number = ANY($1::int8[])"
                      " ORDER BY number FOR UPDATE",
    [SQL_DROP_JOBS] = "DELETE FROM aceso.job WHERE number = ANY($1::int8[])",
    [SQL_HOLD_JOBS] = "UPDATE aceso.job j SET due = " CLOCK " + u.after"
                      " FROM unnest($1::int8[], $2::int8[]) u(number, after)"
                      " WHERE j.number = u.number",
    /* What is to wait again while its twin waits already goes, for the twin stands for both. */
    [SQL_SET_JOBS] =
        "WITH u AS (SELECT u.*, j.kind, j.name, j.state = 1 AS waited"
        "  FROM unnest($1::int8[], $2::int2[], $3::int8[], $4::int8[], $5::int4[], $6::bytea[])"
        "  u(number, state, due, after, tries, error) JOIN aceso.job j ON j.number = u.number),"
        " w AS (SELECT u.*, u.state = 1 AND u.name <> ''::bytea AND NOT u.waited AND ("
        "  row_number() OVER (PARTITION BY u.state, u.waited, u.kind, u.name ORDER BY u.number) > 1"
        "  OR EXISTS (SELECT FROM aceso.job t WHERE t.kind = u.kind AND t.name = u.name"
        "   AND t.name <> ''::bytea AND t.state = 1 AND t.number <> u.number)) AS twin FROM u),"
        " d AS (DELETE FROM aceso.job j USING w WHERE w.twin AND j.number = w.number)"
        " UPDATE aceso.job j SET state = w.state, due = greatest(w.due, " CLOCK " + w.after),"
        "  tries = w.tries, error = w.error FROM w WHERE NOT w.twin AND j.number = w.number",
    [SQL_ADD_JOBS] =
        "INSERT INTO aceso.job(state, kind, name, due, added, tries, lease, worker, error, payload)"
        " SELECT 1, u.kind, u.name, greatest(u.due, c.now + u.after), c.now, 0, 0, '', '',"
        "  u.payload FROM (SELECT " CLOCK " AS now) c,"
        "  unnest($1::text[], $2::bytea[], $3::int8[], $4::int8[], $5::bytea[])"
        "  WITH ORDINALITY u(kind, name, due, after, payload, n) ORDER BY u.n"
        " ON CONFLICT DO NOTHING",
};
