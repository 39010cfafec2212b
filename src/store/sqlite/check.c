/* store/sqlite/check.c - whether a store is sound: pages, tables, rows, keys, counts.
 *
 * The pages are read past SQLite's cache and its locks, so the WAL is copied into the file first,
 * and a page may be half written at that moment, by this process or by the one that writes the
 * store. While a snapshot is held a page is written twice at the most: by the checkpoint that was
 * under way, and by the one that copies the rest of what the snapshot sees. What is bad in three
 * readings is therefore bad. A page of zeros is one that SQLite took and never needed to write;
 * if a table needs it, the check of the tables says so. */
#include "store/sqlite/engine.h"
#include "store/sqlite/keys.h"

enum {
    PAGE_BYTES = 4096,
    PAGE_READINGS = 3,
    SUSPECTS_MAX = 64 * 1024,
    FAULTS_MAX = 20,
    REPORT_EVERY = 4096
};

typedef struct {
    SqliteStore *store;
    Ctx *cx;
    SqliteReader *reader;
    StoreProgress progress;
    void *to;
    uint64_t done, all;
    unsigned faults;
} Check;

static void fault(Check *check, const char *what, uint64_t number)
{
    if (check->faults++ < FAULTS_MAX)
        (void)ctx_fail(check->cx, STATUS_INVALID, STR_EMPTY, what, (unsigned long long)number);
}

static void report(Check *check)
{
    if (check->progress && ++check->done % REPORT_EVERY == 0)
        check->progress(check->to, check->done < check->all ? check->done : check->all, check->all);
}

static sqlite3_stmt *prepare(Check *check, SqlName name)
{
    sqlite3_stmt *statement = connection_statement(&check->reader->pooled->connection, name);
    if (!statement)
        fault(check, "The store could not prepare check %llu.", name);
    else if (sqlite3_bind_parameter_count(statement)) /* ?1: the end of the snapshot */
        sqlite3_bind_int64(statement, 1, (int64_t)check->reader->seq);
    return statement;
}

/* ---- pages and tables ---------------------------------------------------------------------- */

static bool is_unwritten(Check *check, uint64_t page)
{
    static const char zeros[PAGE_BYTES];
    char bytes[PAGE_BYTES];
    sqlite3_file *file = NULL; /* SQLite's own: closing another would drop its locks */
    sqlite3_file_control(check->reader->pooled->connection.db, "main", SQLITE_FCNTL_FILE_POINTER,
                         &file);
    return page && file && file->pMethods &&
           file->pMethods->xRead(file, bytes, PAGE_BYTES, (int64_t)(page - 1) * PAGE_BYTES) ==
               SQLITE_OK &&
           memcmp(bytes, zeros, PAGE_BYTES) == 0;
}

/* Pages that are suspect, in ascending order. */
typedef struct {
    uint64_t *pages;
    size_t count;
    bool all; /* nothing was read yet */
} Suspects;

/* "HMAC verification failed for page 7": 7. */
static uint64_t page_of(Str complaint)
{
    static const Str word = STR_INIT("page ");
    const char *at = memmem(complaint.at, complaint.len, word.at, word.len);
    uint64_t page = 0;
    if (!at)
        return 0;
    Str number = str_from(complaint, (size_t)(at - complaint.at) + word.len);
    (void)str_to_u64(str_cut(&number, ' '), &page);
    return page;
}

/* Reads all pages; suspects are from now on those that are bad again. */
static bool read_pages(Check *check, Suspects *suspects)
{
    size_t kept = 0, next = 0;
    int code = SQLITE_DONE;
    sqlite3_stmt *statement = prepare(check, SQL_CHECK_PAGES);
    while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        uint64_t page = page_of(sql_bytes(statement, 0));
        while (!suspects->all && next < suspects->count && suspects->pages[next] < page)
            next++;
        bool again = next < suspects->count && suspects->pages[next] == page;
        if ((suspects->all ? kept < SUSPECTS_MAX : again) && !is_unwritten(check, page))
            suspects->pages[kept++] = page;
    }
    sqlite3_finalize(statement);
    *suspects = (Suspects){.pages = suspects->pages, .count = kept};
    return statement && code == SQLITE_DONE;
}

static void check_pages(Check *check)
{
    Suspects suspects = {.pages = arena_array_of(check->cx->arena, uint64_t, SUSPECTS_MAX),
                         .all = true};
    bool readable = suspects.pages;
    for (unsigned i = 0; readable && i < PAGE_READINGS && (suspects.all || suspects.count); i++)
        readable = read_pages(check, &suspects);
    if (!readable)
        fault(check, "The pages of the file cannot be read to their end (%llu are bad).",
              suspects.count);
    else if (suspects.count)
        fault(check, "%llu pages of the file are not what was written (HMAC).", suspects.count);
}

static void check_tables(Check *check)
{
    sqlite3_stmt *statement = prepare(check, SQL_CHECK_TABLES);
    unsigned faults = 0;
    int code = SQLITE_DONE;
    while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW)
        faults += !str_eq(sql_bytes(statement, 0), STR("ok"));
    sqlite3_finalize(statement);
    if (faults || code != SQLITE_DONE)
        fault(check, "The tables have %llu faults of structure, or could not be read.", faults);
}

/* ---- rows and keys -----------------------------------------------------------------------------
 */

static void check_row(Check *check, uint64_t rid, uint16_t type, Str id)
{
    Ctx scratch = {.arena = arena_new((size_t)300 << 20, true)};
    Ctx *cx = check->reader->base.cx;
    StoreRow row;
    check->reader->base.cx = &scratch; /* a row's memory goes with the row */
    if (!scratch.arena || sqlite_get_rid(&check->reader->base, rid, true, &row) != STATUS_OK)
        fault(check, "Resource number %llu cannot be read.", rid);
    else if (sqlite_get_by_index(check->reader, type, id, &row) != STATUS_OK || row.rid != rid)
        fault(check, "Resource number %llu cannot be found by its id.", rid);
    else
        for (uint32_t version = 1; version < row.version; version++) {
            StoreRow old;
            if (sqlite_get_version(&check->reader->base, type, id, version, &old) != STATUS_OK)
                fault(check, "An old version of resource number %llu cannot be read.", rid);
        }
    check->reader->base.cx = cx;
    arena_free(scratch.arena);
    report(check);
}

static uint64_t check_rows(Check *check)
{
    uint64_t count = 0;
    sqlite3_stmt *statement = prepare(check, SQL_CHECK_ROWS);
    int code = SQLITE_DONE;
    while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        count++;
        check_row(check, (uint64_t)sqlite3_column_int64(statement, 0),
                  (uint16_t)sqlite3_column_int(statement, 1), sql_bytes(statement, 2));
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE)
        fault(check, "The resources cannot be read to their end (after %llu).", count);
    return count;
}

static uint64_t count_rows(Check *check, SqlName name)
{
    uint64_t count = 0;
    sqlite3_stmt *statement = prepare(check, name);
    while (statement && sqlite3_step(statement) == SQLITE_ROW)
        count++;
    sqlite3_finalize(statement);
    return count;
}

static uint64_t count_keys(Check *check, char kind)
{
    StoreCursor *cursor;
    Str key = STR_EMPTY;
    uint64_t count = 0;
    if (sqlite_cursor(&check->reader->base, str_n(&kind, 1), &cursor) != STATUS_OK)
        return 0;
    while (sqlite_cursor_next(cursor, &key) == STATUS_OK && key.at) {
        count++;
        report(check);
    }
    return count;
}

/* Numbers 1 to max, none left out; returns how many. */
static uint64_t check_numbers(Check *check, SqlName name, const char *words)
{
    uint64_t count = 0;
    sqlite3_stmt *statement = prepare(check, name);
    if (statement && sqlite3_step(statement) == SQLITE_ROW) {
        count = (uint64_t)sqlite3_column_int64(statement, 0);
        if (count != (uint64_t)sqlite3_column_int64(statement, 1))
            fault(check, words, count);
    }
    sqlite3_finalize(statement);
    return count;
}

static void agree(Check *check, uint64_t one, uint64_t other, const char *words)
{
    if (one != other)
        fault(check, words, one > other ? one - other : other - one);
}

static uint64_t count_changes(Check *check)
{
    uint64_t count = 0;
    sqlite3_stmt *statement = prepare(check, SQL_CHECK_CHANGES);
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        count = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

/* Numbers of the log that stand for other keys of a version that is there. */
static uint64_t count_rekeys(Check *check)
{
    Str digits;
    uint64_t count = 0;
    if (sqlite_item_get(&check->reader->base, OWN_SPACE, REKEYS_KEY, &digits) == STATUS_OK)
        (void)str_to_u64(digits, &count);
    return count;
}

static void check_counts(Check *check, uint64_t resources)
{
    uint64_t changes = count_changes(check);
    uint64_t history = count_rows(check, SQL_CHECK_HISTORY);
    (void)check_numbers(check, SQL_CHECK_AUDITS, "The audit log has gaps (it has %llu rows).");
    agree(check, changes + count_rekeys(check), check->reader->seq,
          "The log of changes has gaps or ends %llu rows off.");
    agree(check, changes, resources + history, "Changes and versions differ by %llu.");
    agree(check, count_keys(check, KEY_ID), resources, "Ids and resources differ by %llu.");
    agree(check, count_keys(check, KEY_CHANGE), changes, "Index and changes differ by %llu.");
    agree(check, count_keys(check, KEY_VERSION), history, "Index and history differ by %llu.");
}

/* Their bytes stand in pages, which were read already. */
static void check_pieces(Check *check)
{
    uint64_t gaps = 0, bad = 0;
    if (pieces_check(&check->reader->base, false, &gaps, &bad) != STATUS_OK)
        fault(check, "The pieces of documents cannot be read to their end (%llu).", gaps);
    else if (gaps)
        fault(check, "%llu documents lack a piece.", gaps);
}

Status sqlite_check(Store *base, Ctx *cx, StoreProgress progress, void *to)
{
    SqliteStore *store = sqlite_store(base);
    StoreStats stats;
    TRY(sqlite_settle(base, cx));
    sqlite_stats(base, &stats);
    Check check = {.store = store, .cx = cx, .progress = progress, .to = to};
    check.all = 2 * stats.resources + stats.changes + (stats.changes - stats.resources);
    TRY(reader_begin(store, cx, &check.reader));
    check.reader->past_caches = true;
    check_pages(&check);
    check_tables(&check);
    uint64_t resources = check_rows(&check);
    check_counts(&check, resources);
    check_pieces(&check);
    sqlite_read_end(&check.reader->base);
    if (progress)
        progress(to, check.all, check.all);
    return check.faults ? STATUS_INVALID : STATUS_OK;
}
