/* tests/fault/ledger.c - writes and checks the numbered commits. */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TYPE_A = 7, TYPE_B = 96, BODY_MAX = 3000 };

/* ---- folders ------------------------------------------------------------------------ */

static char top[256];

void ledger_remove(const char *folder)
{
    char command[600];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "# could not remove %s\n", folder);
}

static pid_t owner;

static void remove_top(void)
{
    if (getpid() == owner)
        ledger_remove(top);
}

const char *ledger_folder(void)
{
    if (top[0])
        return top;
    const char *tmp = getenv("TMPDIR");
    snprintf(top, sizeof(top), "%s/aceso-fault-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(top))
        abort();
    owner = getpid();
    atexit(remove_top);
    char path[300];
    snprintf(path, sizeof(path), "%s/secret", top);
    FILE *file = fopen(path, "w");
    if (!file || fwrite("0123456789abcdef0123456789abcdef", 32, 1, file) != 1 || fclose(file) != 0)
        abort();
    return top;
}

StoreOptions ledger_options(Arena *arena, const char *folder)
{
    return (StoreOptions){.address = arena_format(arena, "%s/store", folder),
                          .key_file = arena_format(arena, "%s/secret", ledger_folder()),
                          .readers_max = 4,
                          .memory_bytes = 12 * 1024,
                          .checkpoint_pages = 60,
                          .slice_writes = LEDGER_SLICE};
}

void ledger_copy_keys(const char *from_folder, const char *to_folder)
{
    char command[700];
    mkdir(to_folder, 0700);
    snprintf(command, sizeof(command), "cp '%s/store.key' '%s/store.key'", from_folder, to_folder);
    if (system(command) != 0)
        abort();
}

const Access *ledger_access(Arena *arena)
{
    return access_grant(arena, &(AccessGrant){.account = STR("ledger"),
                                              .role = STR("operator"),
                                              .may_write = true,
                                              .everything = true});
}

/* ---- what commit n is ------------------------------------------------------------------ */

static Str id_of(Arena *arena, char letter, unsigned number)
{
    return arena_format(arena, "%c-%u", letter, number);
}

/* 60 to 3,000 bytes that say what they are; no two alike, hard to compress. */
static Str body_of(Arena *arena, char letter, unsigned number, unsigned version)
{
    Buf buf;
    uint64_t noise = number * 1000003u + (unsigned char)letter + version * 7919u;
    buf_init(&buf, arena, 256, BODY_MAX + 64);
    buf_format(&buf, "{\"canary\":\"ledger %c %u %u\",\"noise\":\"", letter, number, version);
    for (unsigned words = number * 37u % 350; words > 0; words--) {
        noise = noise * 6364136223846793005u + 1442695040888963407u;
        buf_format(&buf, "%08x", (unsigned)(noise >> 32));
        if (buf.len > BODY_MAX)
            break;
    }
    buf_add_lit(&buf, "\"}");
    return buf_str(&buf);
}

static Str number_key(Arena *arena, unsigned number)
{
    return arena_format(arena, "\x10n=%08u", number);
}

static Str plain_key(Arena *arena, unsigned number)
{
    return arena_format(arena, "\x11m=%u %08u", number % 7, number);
}

static Str updated_key(Arena *arena, unsigned number)
{
    return arena_format(arena, "\x12u=%08u", number);
}

static Str other_key(Arena *arena, unsigned number, unsigned which)
{
    return arena_format(arena, "\x13o=%08x%02u", number * 2654435761u, which);
}

static Str more_key(Arena *arena, unsigned number)
{
    return arena_format(arena, "\x14m=%08x", number * 2654435761u);
}

enum { OTHER_KEYS = 6 };

/* ---- writing -------------------------------------------------------------------------------- */

typedef struct {
    Ctx cx;
    StoreCommit commit;
    StoreWrite writes[3 + LEDGER_MORE];
    StoreItem item;
    Str audit;
    Ledger *ledger;
    unsigned number;
} Numbered;

static void done(StoreCommit *commit)
{
    Numbered *numbered = commit->owner;
    Ledger *ledger = numbered->ledger;
    if (commit->status == STATUS_OK) {
        atomic_store(&ledger->acknowledged, numbered->number);
        if (ledger->on_done)
            ledger->on_done(numbered->number);
    } else {
        int none = 0;
        atomic_compare_exchange_strong(&ledger->failed, &none, (int)commit->status);
    }
    arena_free(numbered->cx.arena); /* holds numbered and commit */
    atomic_fetch_sub(&ledger->under_way, 1);
}

static StoreWrite new_write(Numbered *numbered, uint16_t type, char letter)
{
    Arena *arena = numbered->cx.arena;
    unsigned number = numbered->number;
    Str *keys = arena_array_of(arena, Str, 2 + OTHER_KEYS);
    size_t count = 0;
    if (letter == 'a') {
        keys[count++] = number_key(arena, number);
        keys[count++] = plain_key(arena, number);
    }
    for (unsigned i = 0; letter == 'b' && i < OTHER_KEYS; i++)
        keys[count++] = other_key(arena, number, i);
    return (StoreWrite){.method = STORE_CREATE,
                        .type = type,
                        .version = 1,
                        .rid = store_new_rid(numbered->ledger->store),
                        .id = id_of(arena, letter, number),
                        .updated = number,
                        .body = body_of(arena, letter, number, 1),
                        .add = keys,
                        .add_count = count};
}

/* a-(n-BACK) gets its second version: one key goes, one comes. */
static bool old_write(Numbered *numbered, StoreWrite *ret_write)
{
    Ledger *ledger = numbered->ledger;
    Arena *arena = numbered->cx.arena;
    unsigned number = numbered->number - LEDGER_BACK;
    StoreReader *reader;
    StoreRow row;
    if (store_read_begin(ledger->store, &numbered->cx, ledger->access, &reader) != STATUS_OK ||
        store_get(reader, TYPE_A, id_of(arena, 'a', number), false, &row) != STATUS_OK)
        return false;
    store_read_end(reader);
    Str *keys = arena_array_of(arena, Str, 2);
    keys[0] = updated_key(arena, number);
    keys[1] = plain_key(arena, number);
    *ret_write = (StoreWrite){.method = STORE_UPDATE,
                              .type = TYPE_A,
                              .version = 2,
                              .rid = row.rid,
                              .id = row.id,
                              .updated = numbered->number,
                              .body = body_of(arena, 'a', number, 2),
                              .add = &keys[0],
                              .add_count = 1,
                              .remove = &keys[1],
                              .remove_count = 1};
    return true;
}

static bool is_big(unsigned number)
{
    return number % LEDGER_EACH_BIG == 0;
}

static unsigned more_number(unsigned number, unsigned which)
{
    return number * 100 + which;
}

static bool submit(Ledger *ledger, unsigned number)
{
    Ctx cx = {.arena = arena_new((size_t)4 << 20, false)};
    Numbered *numbered = arena_new_of(cx.arena, Numbered);
    *numbered = (Numbered){.cx = cx, .ledger = ledger, .number = number};
    numbered->writes[0] = new_write(numbered, TYPE_A, 'a');
    numbered->writes[1] = new_write(numbered, TYPE_B, 'b');
    size_t count = 2;
    if (number > LEDGER_BACK && !old_write(numbered, &numbered->writes[count++])) {
        arena_free(cx.arena);
        return false;
    }
    for (unsigned i = 0; is_big(number) && i < LEDGER_MORE; i++) {
        StoreWrite *write = &numbered->writes[count++];
        *write = new_write(numbered, TYPE_B, 'c');
        write->id = id_of(cx.arena, 'c', more_number(number, i));
        Str *key = arena_new_of(cx.arena, Str);
        *key = more_key(cx.arena, more_number(number, i));
        write->add = key;
        write->add_count = 1;
    }
    numbered->audit = arena_format(cx.arena, "audit canary %u", number);
    numbered->item = (StoreItem){STR("ledger"), STR("last"), arena_format(cx.arena, "%u", number)};
    numbered->commit = (StoreCommit){.writes = numbered->writes,
                                     .write_count = count,
                                     .audits = &numbered->audit,
                                     .audit_count = 1,
                                     .items = &numbered->item,
                                     .item_count = 1,
                                     .done = done,
                                     .owner = numbered};
    atomic_fetch_add(&ledger->under_way, 1);
    store_submit(ledger->store, &numbered->cx, ledger->access, &numbered->commit);
    return true;
}

void ledger_run(Ledger *ledger, unsigned first, unsigned count)
{
    unsigned flight = ledger->flight ? ledger->flight : LEDGER_FLIGHT;
    for (unsigned number = first; number < first + count; number++) {
        while (atomic_load(&ledger->under_way) >= flight)
            usleep(20);
        if (atomic_load(&ledger->failed) || !submit(ledger, number))
            break;
    }
    while (atomic_load(&ledger->under_way))
        usleep(20);
}

/* ---- checking
 * ------------------------------------------------------------------------------------ */

typedef struct {
    StoreReader *reader;
    Arena *arena;
    unsigned last;
} Check;

static const char *check_row(Check *check, uint16_t type, char letter, unsigned number)
{
    bool changed = letter == 'a' && number + LEDGER_BACK <= check->last;
    Str id = id_of(check->arena, letter, number);
    StoreRow row;
    if (store_get(check->reader, type, id, true, &row) != STATUS_OK)
        return "a resource of a commit is missing: half a transaction, or a lost one";
    if (row.version != (changed ? 2u : 1u))
        return "a resource has not the version that its commits made";
    if (!str_eq(row.body, body_of(check->arena, letter, number, row.version)))
        return "a body is not what was written";
    if (changed && (store_get_version(check->reader, type, id, 1, &row) != STATUS_OK ||
                    !str_eq(row.body, body_of(check->arena, letter, number, 1))))
        return "an old version is missing or is not what was written";
    return NULL;
}

static const char *check_more(Check *check, unsigned number)
{
    StoreRow row;
    for (unsigned i = 0; i < LEDGER_MORE; i++) {
        Str id = id_of(check->arena, 'c', more_number(number, i));
        if (store_get(check->reader, TYPE_B, id, true, &row) != STATUS_OK ||
            !str_eq(row.body, body_of(check->arena, 'c', number, 1)))
            return "a resource of a large commit is missing or is not what was written";
    }
    return NULL;
}

/* What a large commit that was cut off has left is not counted as resources. */
static const char *check_no_litter(Check *check)
{
    StoreChange *changes;
    size_t count, expected = check->last * 2 + check->last / LEDGER_EACH_BIG * LEDGER_MORE;
    if (check->last > LEDGER_BACK)
        expected += check->last - LEDGER_BACK;
    StoreHistory all = {.limit = expected + 100};
    if (store_history(check->reader, &all, &changes, &count) != STATUS_OK)
        return "the history of all cannot be read";
    return count == expected ? NULL : "the history has not one change for each write";
}

/* The keys that start with `kind` are those of number = from..to, in their order. */
static const char *check_keys(Check *check, const char *kind, unsigned from, unsigned to,
                              Str (*key_of)(Arena *, unsigned))
{
    StoreCursor *cursor;
    Str key;
    if (store_cursor(check->reader, str_of(kind), &cursor) != STATUS_OK)
        return "a cursor could not be made";
    for (unsigned number = from; number <= to; number++) {
        if (store_cursor_next(cursor, &key) != STATUS_OK || !key.at ||
            !str_eq(key, key_of(check->arena, number)))
            return "an index key is missing or too many";
    }
    if (store_cursor_next(cursor, &key) != STATUS_OK || key.at)
        return "an index key is there without its commit";
    return NULL;
}

static const char *count_keys(Check *check, const char *kind, size_t expected)
{
    StoreCursor *cursor;
    size_t count = 0;
    if (store_cursor(check->reader, str_of(kind), &cursor) != STATUS_OK)
        return "a cursor could not be made";
    for (Str key;; count++) {
        if (store_cursor_next(cursor, &key) != STATUS_OK)
            return "a cursor failed";
        if (!key.at)
            return count == expected ? NULL : "the number of index keys is wrong";
    }
}

static const char *check_audit(Check *check)
{
    StoreAuditRow *rows;
    size_t count;
    if (store_audit_read(check->reader, 1, check->last + 10, &rows, &count) != STATUS_OK)
        return "the audit log cannot be read";
    if (count != check->last)
        return "the audit log has not one entry for each commit";
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].number != i + 1 ||
            !str_eq(rows[i].entry, arena_format(check->arena, "audit canary %u", i + 1)))
            return "an audit entry is not what was written";
    }
    return NULL;
}

static const char *check_rest(Check *check)
{
    unsigned last = check->last, changed = last > LEDGER_BACK ? last - LEDGER_BACK : 0;
    StoreRow row;
    Str value;
    const char *fault = check_keys(check, "\x10", 1, last, number_key);
    if (!fault)
        fault = check_keys(check, "\x12", 1, changed, updated_key);
    if (!fault)
        fault = count_keys(check, "\x11", last - changed);
    if (!fault)
        fault = count_keys(check, "\x13", (size_t)last * OTHER_KEYS);
    if (!fault)
        fault = count_keys(check, "\x14", (size_t)(last / LEDGER_EACH_BIG) * LEDGER_MORE);
    if (!fault)
        fault = check_audit(check);
    if (!fault && store_get(check->reader, TYPE_B, id_of(check->arena, 'b', last + 1), false,
                            &row) != STATUS_NOT_FOUND)
        fault = "half a transaction is there";
    if (!fault && last &&
        (store_item_get(check->reader, STR("ledger"), STR("last"), &value) != STATUS_OK ||
         !str_eq(value, arena_format(check->arena, "%u", last))))
        fault = "the item is not of the last commit";
    return fault;
}

const char *ledger_check(Store *store, const Access *access, unsigned *ret_last)
{
    Ctx cx = {.arena = arena_new((size_t)512 << 20, false)};
    Check check = {.arena = cx.arena};
    const char *fault = NULL;
    if (store_read_begin(store, &cx, access, &check.reader) != STATUS_OK)
        fault = "the store cannot be read";
    StoreRow row;
    while (!fault && store_get(check.reader, TYPE_A, id_of(cx.arena, 'a', check.last + 1), false,
                               &row) == STATUS_OK)
        check.last++;
    for (unsigned number = 1; !fault && number <= check.last; number++) {
        fault = check_row(&check, TYPE_A, 'a', number);
        if (!fault)
            fault = check_row(&check, TYPE_B, 'b', number);
        if (!fault && is_big(number))
            fault = check_more(&check, number);
    }
    if (!fault)
        fault = check_no_litter(&check);
    if (!fault)
        fault = check_rest(&check);
    arena_free(cx.arena);
    *ret_last = check.last;
    return fault;
}

const char *ledger_probe(Store *store, const Access *access, unsigned number)
{
    Ctx cx = {.arena = arena_new((size_t)4 << 20, false)};
    Check check = {.arena = cx.arena, .last = number};
    const char *fault = "the store cannot be read";
    if (store_read_begin(store, &cx, access, &check.reader) == STATUS_OK)
        fault = check_row(&check, TYPE_A, 'a', number);
    arena_free(cx.arena);
    return fault;
}
