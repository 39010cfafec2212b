/* store/sqlite/sql.h - connections to the encrypted file, and every statement there is.
 *
 * All SQL stands in sql.c as a list; a statement is prepared when its connection opens and
 * only ever bound. No text is put together from values. */
#ifndef ACESO_STORE_SQLITE_SQL_H
#define ACESO_STORE_SQLITE_SQL_H

#define SQLITE_HAS_CODEC 1
#include <sqlcipher/sqlite3.h>

#include "base/base.h"
#include "store/sqlite/keyfile.h"

typedef enum {
    /* readers and writer */
    SQL_HEAD,
    SQL_ROW,
    SQL_ROW_BODY,
    SQL_CHANGE,
    SQL_CHANGES_BELOW,
    SQL_HISTORY,
    SQL_HISTORY_BODY,
    SQL_SEEK,
    SQL_SEEK_BACK,
    SQL_HAS_KEY,
    SQL_COUNT_KEYS,
    SQL_ITEM,
    SQL_ITEMS,
    SQL_AUDITS,
    SQL_PIECE,
    SQL_PENDING_ABOVE,
    SQL_SCAN_CHANGES,
    SQL_SCAN_ITEMS,
    SQL_TIP_AUDIT,
    SQL_LAST_RID,
    SQL_BEGIN,
    SQL_END,
    SQL_READER_COUNT,
    /* the writer alone */
    SQL_BEGIN_WRITE = SQL_READER_COUNT,
    SQL_ROLLBACK,
    SQL_SET_HEAD,
    SQL_SET_MERGED,
    SQL_ADD_ROW,
    SQL_KEEP_ROW,
    SQL_SET_ROW,
    SQL_SET_FACTS,
    SQL_ERASE,
    SQL_ADD_CHANGE,
    SQL_ADD_PENDING,
    SQL_FIRST_PENDING,
    SQL_DROP_PENDING,
    SQL_ADD_KEY,
    SQL_ADD_KEYS,
    SQL_DROP_KEY,
    SQL_ADD_AUDIT,
    SQL_SET_ITEM,
    SQL_DROP_ITEM,
    SQL_ADD_PIECE,
    SQL_DROP_PIECE,
    SQL_LAST_CHANGE,
    SQL_DROP_ROWS_ABOVE,
    SQL_DROP_CHANGES_ABOVE,
    SQL_DROP_PENDING_ABOVE,
    SQL_ADD_DICTIONARY,
    SQL_DICTIONARIES,
    SQL_LAST_AUDIT,
    SQL_ADD_JOB,
    SQL_JOB_LEASE,
    SQL_JOBS_DUE,
    SQL_JOBS_AHEAD,
    SQL_NEXT_JOB,
    SQL_TAKE_JOB,
    SQL_DROP_JOB,
    SQL_DROP_TWIN,
    SQL_SET_JOB,
    SQL_HOLD_JOB,
    SQL_LOAD_FACTS,
    SQL_LOAD_OLD_FACTS,
    SQL_LOAD_JOB,
    SQL_LOAD_NO_JOBS,
    SQL_LOAD_NO_JOB_NUMBER,
    SQL_LOAD_JOB_NUMBER,
    SQL_WRITER_COUNT,
    /* What a process beside the writer prepares: a store of an earlier release has no jobs. */
    SQL_BESIDE_COUNT = SQL_ADD_JOB,
    /* prepared when they are needed: lists that are taken whole (by readers, connection_takes),
     * lists for people, a check */
    SQL_TAKE = SQL_WRITER_COUNT,
    SQL_JOBS,
    SQL_JOB,
    SQL_JOB_COUNTS,
    SQL_SCAN_PIECES,
    SQL_SCAN_PIECE_NAMES,
    SQL_TIP_JOB,
    SQL_CHECK_PAGES,
    SQL_CHECK_TABLES,
    SQL_CHECK_ROWS,
    SQL_CHECK_HISTORY,
    SQL_CHECK_CHANGES,
    SQL_CHECK_AUDITS,
    SQL_COUNT
} SqlName;

/* wall.c: what the texts of the list need, as hashes. */
typedef struct {
    uint64_t known[160];
    size_t count;
    bool learning; /* a text of the list is being prepared */
} Wall;

/* What SQL_TAKE does with keys while it walks: copies the ends of those that begin with `prefix`
 * and stand before `before`, as long as there is room. At any other key it stops. */
typedef struct {
    Str prefix, before; /* before.at NULL: none */
    char *to;
    size_t bytes, left; /* of each end; how many more */
} Taker;

typedef struct {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_WRITER_COUNT];
    Wall wall;
    Taker taker;
} Connection;

typedef struct {
    Str path;
    const char *vfs;
    FileKey key;
    size_t cache_bytes;
    bool create;
    bool writer;    /* the one that checkpoints */
    bool read_only; /* beside another process */
    bool synchronous_normal;
} ConnectionOptions;

enum { SQL_KEYS_AT_ONCE = 8 };
enum { STORE_APPLICATION_ID = 0x41436573 /* "ACes" */, STORE_FORMAT_FIRST = 1, STORE_FORMAT = 4 };

/* Opens and keys; does not yet read a page, so a wrong key shows in connection_probe(). */
Status connection_open(Ctx *cx, const ConnectionOptions *options,
                       Connection *ret_connection) MUST_USE;
/* Reads the first page and compares application and format; an earlier format is welcome to who
 * completes it. */
Status connection_probe(Ctx *cx, Connection *connection, Str path, bool completes) MUST_USE;
Status connection_make_schema(Ctx *cx, Connection *connection) MUST_USE;
/* Adds the tables and columns that a store of an earlier release has not; nothing when they are
 * there. */
Status connection_complete_schema(Ctx *cx, Connection *connection) MUST_USE;
/* From now on it takes only texts of the list, and of those the ones that read. The connection
 * stays where it is in memory. */
Status connection_wall(Ctx *cx, Connection *connection) MUST_USE;
/* Before its statements are prepared: SQL_TAKE calls a function of ours. It stays where it is, too.
 * cursor.c */
Status connection_takes(Ctx *cx, Connection *connection) MUST_USE;
/* The first `count` statements of the list. */
Status connection_prepare(Ctx *cx, Connection *connection, size_t count) MUST_USE;
void connection_close(Connection *connection);

/* One more statement of the list, for cursors; finalized by the caller. NULL on failure. */
sqlite3_stmt *connection_statement(Connection *connection, SqlName name);

/* Runs a constant text: pragmas. SQLite's code. */
int connection_run(Connection *connection, const char *sql);

/* Steps a statement that gives no row, and resets it. SQLITE_OK or SQLite's code. */
int sql_run(sqlite3_stmt *statement);

static inline void sql_bind_str(sqlite3_stmt *statement, int at, Str s)
{
    sqlite3_bind_text(statement, at, s.at ? s.at : "", (int)s.len, SQLITE_STATIC);
}

static inline void sql_bind_bytes(sqlite3_stmt *statement, int at, Str s)
{
    sqlite3_bind_blob(statement, at, s.at && s.len ? s.at : "", (int)s.len, SQLITE_STATIC);
}

/* Valid until the statement moves. */
static inline Str sql_bytes(sqlite3_stmt *statement, int column)
{
    const char *at = sqlite3_column_blob(statement, column);
    return str_n(at ? at : "", (size_t)sqlite3_column_bytes(statement, column));
}

/* What a code of SQLite means to a caller of the store. */
Status sql_status(int code);
/* The same, with a sentence. */
Status sql_fail(Ctx *cx, int code, const char *doing);

#endif
