/* store/sqlite/sql.c - every statement of the store, and how a connection is opened. */
#include "store/sqlite/sql.h"

#include <stdio.h>

/* In the order of StoreJob; read by job.c. */
#define JOB_COLUMNS "number, lease, state, tries, kind, key, added, due, worker, error"

static const char *const texts[SQL_COUNT] = {
    [SQL_HEAD] = "SELECT seq, merged, resources, latest FROM head",
    [SQL_ROW] =
        "SELECT type, id, version, seq, updated, method, facts FROM resource WHERE rid = ?1",
    [SQL_ROW_BODY] =
        "SELECT type, id, version, seq, updated, method, facts, body FROM resource WHERE rid = ?1",
    [SQL_CHANGE] = "SELECT seq, rid, version, updated, ahead FROM change WHERE seq = ?1",
    [SQL_CHANGES_BELOW] = "SELECT seq, rid, version, updated, ahead FROM change WHERE seq < ?1"
                          " ORDER BY seq DESC",
    [SQL_HISTORY] = "SELECT rid, version, made, updated, method, facts FROM history WHERE seq = ?1",
    [SQL_HISTORY_BODY] =
        "SELECT rid, version, made, updated, method, facts, body FROM history WHERE seq = ?1",
    [SQL_SEEK] = "SELECT key FROM posting WHERE key >= ?1 ORDER BY key",
    [SQL_SEEK_BACK] = "SELECT key FROM posting WHERE key < ?1 ORDER BY key DESC",
    [SQL_TAKE] = "SELECT key FROM posting WHERE key >= ?1 AND aceso_stops(key) ORDER BY key",
    [SQL_HAS_KEY] = "SELECT 1 FROM posting WHERE key = ?1",
    [SQL_COUNT_KEYS] = "SELECT count(*) FROM posting WHERE key >= ?1 AND key <= ?2",
    [SQL_ITEM] = "SELECT value FROM item WHERE space = ?1 AND key = ?2",
    [SQL_ITEMS] = "SELECT key, value FROM item WHERE space = ?1 ORDER BY key",
    [SQL_AUDITS] =
        "SELECT number, at, entry, link FROM audit WHERE number >= ?1 ORDER BY number LIMIT ?2",
    [SQL_PIECE] = "SELECT bytes FROM piece WHERE content = ?1 AND number = ?2",
    [SQL_SCAN_PIECES] = "SELECT content, number, bytes FROM piece"
                        " WHERE (content, number) > (?1, ?2) ORDER BY content, number",
    [SQL_SCAN_PIECE_NAMES] = "SELECT content, number FROM piece"
                             " WHERE (content, number) > (?1, ?2) ORDER BY content, number",
    [SQL_SCAN_CHANGES] = "SELECT seq, rid, version FROM change WHERE seq > ?1 AND seq <= ?2"
                         " ORDER BY seq",
    [SQL_SCAN_ITEMS] = "SELECT space, key, value FROM item WHERE (space, key) > (?1, ?2)"
                       " ORDER BY space, key",
    [SQL_TIP_AUDIT] = "SELECT max(number) FROM audit",
    [SQL_TIP_JOB] = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'job'",
    [SQL_LOAD_FACTS] = "UPDATE resource SET facts = ?3 WHERE rid = ?1 AND version = ?2",
    [SQL_LOAD_OLD_FACTS] = "UPDATE history SET facts = ?2 WHERE seq = ?1",
    [SQL_LOAD_JOB] = "INSERT INTO job(" JOB_COLUMNS ", payload)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [SQL_LOAD_NO_JOBS] = "DELETE FROM job",
    [SQL_LOAD_NO_JOB_NUMBER] = "DELETE FROM sqlite_sequence WHERE name = 'job'",
    [SQL_LOAD_JOB_NUMBER] = "INSERT INTO sqlite_sequence(name, seq) VALUES('job', ?1)",
    [SQL_BEGIN] = "BEGIN",
    [SQL_END] = "COMMIT",
    [SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_SET_HEAD] = "UPDATE head SET seq = ?1, resources = ?2, latest = ?3 WHERE one = 1",
    [SQL_SET_MERGED] = "UPDATE head SET merged = ?1 WHERE one = 1",
    [SQL_ADD_ROW] =
        "INSERT INTO resource(rid, type, id, version, seq, updated, method, facts, body)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SQL_KEEP_ROW] = "INSERT INTO history(seq, rid, version, made, updated, method, facts, body)"
                     " SELECT ?2, rid, version, seq, updated, method, facts, body"
                     " FROM resource WHERE rid = ?1",
    [SQL_SET_ROW] = "UPDATE resource SET version = ?2, seq = ?3, updated = ?4, method = ?5,"
                    " facts = CASE WHEN ?5 = 3 AND ?6 = x'' THEN facts ELSE ?6 END, body = ?7"
                    " WHERE rid = ?1",
    [SQL_ERASE] = "UPDATE history SET body = ?4, facts = x'' WHERE seq = ?1 AND rid = ?2"
                  " AND version = ?3",
    [SQL_SET_FACTS] = "UPDATE resource SET facts = ?2 WHERE rid = ?1",
    [SQL_ADD_CHANGE] =
        "INSERT INTO change(seq, rid, version, updated, ahead) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_ADD_PENDING] = "INSERT INTO pending(seq, keys) VALUES(?1, ?2)",
    [SQL_PENDING_ABOVE] = "SELECT seq, keys FROM pending WHERE seq > ?1"
                          " AND seq <= (SELECT seq FROM head) ORDER BY seq",
    [SQL_FIRST_PENDING] = "SELECT seq FROM pending ORDER BY seq LIMIT 1",
    [SQL_DROP_PENDING] = "DELETE FROM pending WHERE seq = ?1",
    [SQL_ADD_KEY] = "INSERT OR IGNORE INTO posting(key) VALUES(?1)",
    [SQL_ADD_KEYS] = "INSERT OR IGNORE INTO posting(key)"
                     " VALUES(?1),(?2),(?3),(?4),(?5),(?6),(?7),(?8)",
    [SQL_DROP_KEY] = "DELETE FROM posting WHERE key = ?1",
    [SQL_ADD_AUDIT] = "INSERT INTO audit(number, at, entry, link) VALUES(?1, ?2, ?3, ?4)",
    [SQL_SET_ITEM] = "INSERT INTO item(space, key, value) VALUES(?1, ?2, ?3)"
                     " ON CONFLICT(space, key) DO UPDATE SET value = excluded.value",
    [SQL_DROP_ITEM] = "DELETE FROM item WHERE space = ?1 AND key = ?2",
    [SQL_ADD_PIECE] = "INSERT OR REPLACE INTO piece(content, number, bytes) VALUES(?1, ?2, ?3)",
    [SQL_DROP_PIECE] = "DELETE FROM piece WHERE content = ?1 AND number = ?2",
    [SQL_LAST_CHANGE] = "SELECT max(seq) FROM change",
    [SQL_DROP_ROWS_ABOVE] = "DELETE FROM resource WHERE seq > ?1 AND rid IN"
                            " (SELECT rid FROM change WHERE seq > ?1)",
    [SQL_DROP_CHANGES_ABOVE] = "DELETE FROM change WHERE seq > ?1",
    [SQL_DROP_PENDING_ABOVE] = "DELETE FROM pending WHERE seq > ?1",
    [SQL_ADD_DICTIONARY] = "INSERT INTO dictionary(number, bytes) VALUES(?1, ?2)",
    [SQL_DICTIONARIES] = "SELECT number, bytes FROM dictionary ORDER BY number",
    [SQL_LAST_RID] = "SELECT max(rid) FROM resource",
    [SQL_LAST_AUDIT] = "SELECT number, link FROM audit ORDER BY number DESC LIMIT 1",
    [SQL_ADD_JOB] = "INSERT INTO job(state, kind, key, payload, due, added, tries, lease, worker,"
                    " error) VALUES(1, ?1, ?2, ?3, ?4, ?5, 0, 0, x'', x'') ON CONFLICT DO NOTHING",
    [SQL_JOB_LEASE] = "SELECT state, lease FROM job WHERE number = ?1",
    [SQL_JOBS_DUE] = "SELECT number, due FROM job WHERE kind = ?1 AND state < 3 AND due <= ?2"
                     " ORDER BY due, number LIMIT ?3",
    [SQL_JOBS_AHEAD] = "SELECT number, kind FROM job WHERE state = 2 AND due > ?1",
    [SQL_NEXT_JOB] = "SELECT due FROM job WHERE kind = ?1 AND state < 3 AND due > ?2"
                     " ORDER BY due LIMIT 1",
    [SQL_TAKE_JOB] = "UPDATE job SET state = 2, due = ?2, worker = ?3, tries = tries + 1,"
                     " lease = lease + 1 WHERE number = ?1 RETURNING " JOB_COLUMNS ", payload",
    [SQL_DROP_JOB] = "DELETE FROM job WHERE number = ?1",
    [SQL_DROP_TWIN] = "DELETE FROM job WHERE number = ?1 AND key <> x'' AND EXISTS"
                      " (SELECT 1 FROM job AS twin WHERE twin.kind = job.kind"
                      " AND twin.key = job.key AND twin.key <> x'' AND twin.state = 1"
                      " AND twin.number <> job.number)",
    [SQL_SET_JOB] = "UPDATE job SET state = ?2, due = ?3, tries = ?4, error = ?5"
                    " WHERE number = ?1",
    [SQL_HOLD_JOB] = "UPDATE job SET due = ?2 WHERE number = ?1",
    [SQL_JOBS] = "SELECT " JOB_COLUMNS ", payload FROM job WHERE number > ?1"
                 " AND (?2 = 0 OR state = ?2) AND (?3 = x'' OR kind = ?3) ORDER BY number"
                 " LIMIT ?4",
    [SQL_JOB] = "SELECT " JOB_COLUMNS ", payload FROM job WHERE number = ?1",
    [SQL_JOB_COUNTS] = "SELECT state, count(*), min(due) FROM job WHERE state < 3 GROUP BY state"
                       " UNION ALL SELECT 3, count(*), 0 FROM job WHERE state = 3",
    [SQL_CHECK_PAGES] = "PRAGMA cipher_integrity_check",
    [SQL_CHECK_TABLES] = "PRAGMA integrity_check(20)",
    [SQL_CHECK_ROWS] = "SELECT rid, type, id, version FROM resource WHERE seq <= ?1 ORDER BY rid",
    [SQL_CHECK_HISTORY] = "SELECT rid, version FROM history ORDER BY seq",
    [SQL_CHECK_CHANGES] = "SELECT count(*) FROM change WHERE seq <= ?1",
    [SQL_CHECK_AUDITS] = "SELECT count(*), coalesce(max(number), 0) FROM audit",
};

/* Each row has pages of its own behind the few bytes that the tree holds of it. */
#define PIECES                                                                                     \
    "CREATE TABLE piece(content TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL,"      \
    "  PRIMARY KEY(content, number)) WITHOUT ROWID;"

/* resource: the current version of everything, also when that is a deletion.
 * history:  versions that were replaced, in the order in which that happened: `seq` is the
 *           change that replaced it, `made` the one that made it. Appended, never searched:
 *           the version key (keys.h) leads here.
 *           facts: who may see it (access/facts.h); of a store made in format 1 they stand last.
 * change:   one row for each version ever made; ahead + updated never falls, whatever the
 *           clock did, so that a history since a date knows where to stop.
 * pending:  the index keys (log.h) of changes that `posting` has not yet; seq is the last
 *           change of its chunk. Keys that an index made anew gives to old versions (StoreRekey)
 * have numbers too, which are in no change row; an item counts them. posting:  all index keys in
 * one order.
 *
 * Rows of resource, change and pending above head.seq belong to a large commit that is not
 * complete (big.c): nobody sees them. */
static const char schema[] =
    "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL,"
    "  merged INTEGER NOT NULL, resources INTEGER NOT NULL, latest INTEGER NOT NULL);"
    "INSERT INTO head VALUES(1, 0, 0, 0, 0);"
    "CREATE TABLE resource(rid INTEGER PRIMARY KEY, type INTEGER NOT NULL, id TEXT NOT NULL,"
    "  version INTEGER NOT NULL, seq INTEGER NOT NULL, updated INTEGER NOT NULL,"
    "  method INTEGER NOT NULL, facts BLOB NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE history(seq INTEGER PRIMARY KEY, rid INTEGER NOT NULL,"
    "  version INTEGER NOT NULL, made INTEGER NOT NULL, updated INTEGER NOT NULL,"
    "  method INTEGER NOT NULL, facts BLOB NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE change(seq INTEGER PRIMARY KEY, rid INTEGER NOT NULL,"
    "  version INTEGER NOT NULL, updated INTEGER NOT NULL, ahead INTEGER NOT NULL);"
    "CREATE TABLE pending(seq INTEGER PRIMARY KEY, keys BLOB NOT NULL);"
    "CREATE TABLE posting(key BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE audit(number INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry BLOB NOT NULL,"
    "  link BLOB NOT NULL);"
    "CREATE TABLE item(space BLOB, key BLOB, value BLOB NOT NULL, PRIMARY KEY(space, key))"
    "  WITHOUT ROWID;"
    "CREATE TABLE dictionary(number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);" PIECES;

/* job: what is to be done (job.c). due is when it needs somebody next: waiting (1) when it is to
 * be tried, running (2) when its lease ends; dead (3) since when. lease counts every take and
 * never goes back, so an old one is recognised. A number is never used again: who held a job that
 * is gone must not meet another in its place. */
static const char jobs_schema[] =
    "CREATE TABLE IF NOT EXISTS job(number INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  state INTEGER NOT NULL, kind BLOB NOT NULL, key BLOB NOT NULL, payload BLOB NOT NULL,"
    "  due INTEGER NOT NULL, added INTEGER NOT NULL, tries INTEGER NOT NULL,"
    "  lease INTEGER NOT NULL, worker BLOB NOT NULL, error BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS job_due ON job(kind, due, state) WHERE state < 3;"
    "CREATE UNIQUE INDEX IF NOT EXISTS job_key ON job(kind, key) WHERE state = 1 AND key <> x'';"
    "CREATE INDEX IF NOT EXISTS job_runs ON job(due) WHERE state = 2;"
    "CREATE INDEX IF NOT EXISTS job_dead ON job(number) WHERE state = 3;";

Status sql_status(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW: return STATUS_OK;
    case SQLITE_FULL: return STATUS_STORAGE;
    case SQLITE_IOERR:
        return code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE ||
                       code == SQLITE_IOERR_TRUNCATE
                   ? STATUS_STORAGE
                   : STATUS_UNAVAILABLE;
    case SQLITE_NOMEM: return STATUS_MEMORY;
    default: return STATUS_UNAVAILABLE;
    }
}

Status sql_fail(Ctx *cx, int code, const char *doing)
{
    Status status = sql_status(code);
    if (status == STATUS_STORAGE)
        return ctx_fail(cx, status, STR_EMPTY, "The disk of the store is full.");
    return ctx_fail(cx, status, STR_EMPTY, "The store failed while %s: %s.", doing,
                    sqlite3_errstr(code));
}

int connection_run(Connection *connection, const char *sql)
{
    return sqlite3_exec(connection->db, sql, NULL, NULL, NULL);
}

int sql_run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE || code == SQLITE_ROW) {
        sqlite3_reset(statement);
        return SQLITE_OK;
    }
    int exact = sqlite3_extended_errcode(sqlite3_db_handle(statement));
    sqlite3_reset(statement);
    return exact ? exact : code;
}

/* SQLCipher's raw form, x'...': no derivation, the key is random already. */
static int give_key(sqlite3 *db, const uint8_t key[CRYPTO_KEY_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * CRYPTO_KEY_BYTES + 3];
    text[0] = 'x';
    text[1] = '\'';
    for (size_t i = 0; i < CRYPTO_KEY_BYTES; i++) {
        text[2 + 2 * i] = digits[key[i] >> 4];
        text[3 + 2 * i] = digits[key[i] & 15];
    }
    text[sizeof(text) - 1] = '\'';
    int code = sqlite3_key(db, text, sizeof(text));
    crypto_wipe(text, sizeof(text));
    return code;
}

static int set_up(Connection *connection, const ConnectionOptions *options)
{
    char cache[64];
    size_t cache_bytes = options->cache_bytes ? options->cache_bytes : (size_t)2 << 20;
    snprintf(cache, sizeof(cache), "PRAGMA cache_size = -%zu", cache_bytes / 1024);
    const char *const pragmas[] = {
        "PRAGMA cipher_page_size = 4096",
        options->key.sha512 ? "PRAGMA cipher_hmac_algorithm = HMAC_SHA512"
                            : "PRAGMA cipher_hmac_algorithm = HMAC_SHA256",
        "PRAGMA cipher_memory_security = OFF",
        "PRAGMA cipher_log_level = NONE", /* errors come back as codes; stderr is not ours */
        "PRAGMA temp_store = MEMORY",
        "PRAGMA mmap_size = 0",
        "PRAGMA secure_delete = OFF", /* what is deleted was encrypted */
        "PRAGMA trusted_schema = OFF",
        options->synchronous_normal ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL",
        "PRAGMA wal_autocheckpoint = 0", /* the writer checkpoints */
        cache,
    };
    int code = give_key(connection->db, options->key.bytes);
    for (size_t i = 0; code == SQLITE_OK && i < COUNT_OF(pragmas); i++)
        code = connection_run(connection, pragmas[i]);
    return code;
}

static Status fail_to_open(Ctx *cx, int code, Str path)
{
    if ((code & 0xff) == SQLITE_NOTADB)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT " cannot be read with the key in its .key file: the"
                        " two do not belong together, or the file is no store or is damaged.",
                        STR_ARG(path));
    if ((code & 0xff) == SQLITE_CORRUPT)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT " is damaged or was cut off: restore a backup.",
                        STR_ARG(path));
    if ((code & 0xff) == SQLITE_CANTOPEN)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT " cannot be opened or made: look whether its folder is"
                        " there and this account may write to it.",
                        STR_ARG(path));
    return sql_fail(cx, code, "opening its file");
}

Status connection_open(Ctx *cx, const ConnectionOptions *options, Connection *ret_connection)
{
    *ret_connection = (Connection){0};
    Str path = arena_str(cx->arena, options->path);
    if (!path.at)
        return STATUS_MEMORY;
    int flags = SQLITE_OPEN_NOMUTEX | (options->create ? SQLITE_OPEN_CREATE | SQLITE_OPEN_READWRITE
                                       : options->read_only ? SQLITE_OPEN_READONLY
                                                            : SQLITE_OPEN_READWRITE);
    int code = sqlite3_open_v2(path.at, &ret_connection->db, flags, options->vfs);
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(ret_connection->db, 1);
        /* Only the writer checkpoints, also when it is not the last to close. */
        sqlite3_db_config(ret_connection->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                          !options->create && !options->writer, NULL);
        code = set_up(ret_connection, options);
    }
    if (code == SQLITE_OK)
        return STATUS_OK;
    connection_close(ret_connection);
    return fail_to_open(cx, code, options->path);
}

static int read_number(Connection *connection, const char *sql, int64_t *ret_number)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            *ret_number = sqlite3_column_int64(statement, 0);
            code = SQLITE_OK;
        }
    }
    sqlite3_finalize(statement);
    return code;
}

Status connection_probe(Ctx *cx, Connection *connection, Str path, bool completes)
{
    int64_t application = 0, format = 0;
    int code = read_number(connection, "PRAGMA application_id", &application);
    if (code == SQLITE_OK)
        code = read_number(connection, "PRAGMA user_version", &format);
    if (code != SQLITE_OK)
        return fail_to_open(cx, code, path);
    if (application != STORE_APPLICATION_ID)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT " is an encrypted database of another program.",
                        STR_ARG(path));
    if (format < STORE_FORMAT_FIRST || format > STORE_FORMAT)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The store has format %d; this program knows format %d: use the program"
                        " that wrote it, or a newer one.",
                        (int)format, STORE_FORMAT);
    if (format < STORE_FORMAT && !completes)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The store has format %d, of an earlier program; this one reads format %d:"
                        " aceso serve brings it there.",
                        (int)format, STORE_FORMAT);
    return STATUS_OK;
}

Status connection_make_schema(Ctx *cx, Connection *connection)
{
    char mark[96];
    snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %d",
             STORE_APPLICATION_ID, STORE_FORMAT);
    int code = connection_run(connection, "PRAGMA journal_mode = WAL");
    if (code == SQLITE_OK)
        code = connection_run(connection, "BEGIN IMMEDIATE");
    if (code == SQLITE_OK)
        code = connection_run(connection, mark);
    if (code == SQLITE_OK)
        code = connection_run(connection, schema);
    if (code == SQLITE_OK)
        code = connection_run(connection, jobs_schema);
    if (code == SQLITE_OK)
        code = connection_run(connection, "COMMIT");
    return code == SQLITE_OK ? STATUS_OK : sql_fail(cx, code, "making the tables");
}

/* By format: what makes the next one of it. */
static const char *const migrations[STORE_FORMAT] = {
    [1] = "BEGIN IMMEDIATE;"
          "ALTER TABLE resource ADD COLUMN facts BLOB NOT NULL DEFAULT x'';"
          "ALTER TABLE history ADD COLUMN facts BLOB NOT NULL DEFAULT x'';"
          "PRAGMA user_version = 2; COMMIT",
    [2] = "BEGIN IMMEDIATE;"
          "ALTER TABLE audit ADD COLUMN link BLOB NOT NULL DEFAULT x'';"
          "PRAGMA user_version = 3; COMMIT",
    [3] = "BEGIN IMMEDIATE;" PIECES "PRAGMA user_version = 4; COMMIT",
};

Status connection_complete_schema(Ctx *cx, Connection *connection)
{
    int64_t format = 0;
    int code = connection_run(connection, jobs_schema);
    if (code == SQLITE_OK)
        code = read_number(connection, "PRAGMA user_version", &format);
    for (; code == SQLITE_OK && format < STORE_FORMAT; format++)
        code = connection_run(connection, migrations[format]);
    return code == SQLITE_OK ? STATUS_OK : sql_fail(cx, code, "adding tables");
}

static int prepare(Connection *connection, SqlName name, sqlite3_stmt **ret_statement)
{
    connection->wall.learning = name < SQL_READER_COUNT || name >= SQL_WRITER_COUNT;
    int code = sqlite3_prepare_v3(connection->db, texts[name], -1, SQLITE_PREPARE_PERSISTENT,
                                  ret_statement, NULL);
    connection->wall.learning = false;
    return code;
}

Status connection_prepare(Ctx *cx, Connection *connection, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int code = prepare(connection, (SqlName)i, &connection->statements[i]);
        if (code != SQLITE_OK)
            return sql_fail(cx, code, "preparing its statements");
    }
    return STATUS_OK;
}

sqlite3_stmt *connection_statement(Connection *connection, SqlName name)
{
    sqlite3_stmt *statement = NULL;
    (void)prepare(connection, name, &statement);
    return statement;
}

void connection_close(Connection *connection)
{
    for (size_t i = 0; i < SQL_WRITER_COUNT; i++)
        sqlite3_finalize(connection->statements[i]);
    if (connection->db) {
        int code = sqlite3_close(connection->db);
        assert(code == SQLITE_OK); /* a statement was left behind */
        UNUSED(code);
    }
    *connection = (Connection){0};
}
