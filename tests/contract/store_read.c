/* Snapshots, cursors and histories. */
#include "contract.h"

#include <pthread.h>

static void a_snapshot_does_not_change(void **state)
{
    Contract *at = *state;
    uint64_t rid =
        contract_put(at, &(Draft){.id = "p1", .version = 1, .body = "one", .add = {KIND "x=1"}});
    StoreReader *before = contract_read(at);
    contract_put(at, &(Draft){.id = "p1",
                              .version = 2,
                              .rid = rid,
                              .body = "two",
                              .add = {KIND "x=2"},
                              .remove = {KIND "x=1"}});
    contract_put(at, &(Draft){.id = "p2", .version = 1, .body = "new", .add = {KIND "x=3"}});
    for (int settled = 0; settled < 2; settled++) {
        StoreRow row;
        CASE(settled ? "after the merge" : "before the merge");
        check_int(store_get(before, TYPE_A, STR("p1"), true, &row), STATUS_OK);
        check_str(row.body, STR("one"));
        check_int(store_get(before, TYPE_A, STR("p2"), true, &row), STATUS_NOT_FOUND);
        check_str(contract_keys(at, before, KIND), STR("x=1"));
        StoreReader *after = contract_read(at);
        check_str(contract_keys(at, after, KIND), STR("x=2 x=3"));
        check_int(store_get(after, TYPE_A, STR("p2"), true, &row), STATUS_OK);
        store_read_end(after);
        if (!settled)
            check_int(store_settle(at->store, &at->cx), STATUS_OK);
    }
}

static void a_cursor_stays_in_its_prefix_and_seeks_in_it(void **state)
{
    Contract *at = *state;
    contract_put(at, &(Draft){.id = "p1",
                              .version = 1,
                              .body = "b",
                              .add = {KIND "a", KIND "b1", KIND "b3", KIND "b5", KIND "c"}});
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    contract_put(at, &(Draft){.id = "p2",
                              .version = 1,
                              .body = "b",
                              .add = {KIND "b2", KIND "b4", KIND "\xff",
                                      "\x11"
                                      "b3"}});
    StoreReader *reader = contract_read(at);
    check_str(contract_keys(at, reader, KIND "b"), STR("b1 b2 b3 b4 b5"));
    check_str(contract_keys(at, reader, KIND "d"), STR(""));
    check_str(contract_keys(at, reader, KIND), STR("a b1 b2 b3 b4 b5 c \xff"));
    StoreCursor *cursor;
    const struct {
        const char *why;
        Str seek, next;
    } cases[] = {
        {"a key that is there", STR_INIT(KIND "b3"), STR_INIT(KIND "b3")},
        {"between two", STR_INIT(KIND "b3x"), STR_INIT(KIND "b4")},
        {"back again", STR_INIT(KIND "b2"), STR_INIT(KIND "b2")},
        {"before the prefix", STR_INIT(KIND "a"), STR_INIT(KIND "b1")},
        {"behind the prefix", STR_INIT(KIND "c"), STR_INIT("")},
        {"the last", STR_INIT(KIND "b5"), STR_INIT(KIND "b5")},
        {"behind the last", STR_INIT(KIND "b6"), STR_INIT("")},
    };
    check_int(store_cursor(reader, STR(KIND "b"), &cursor), STATUS_OK);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str key;
        check_int(store_cursor_seek(cursor, c->seek), STATUS_OK);
        check_int(store_cursor_next(cursor, &key), STATUS_OK);
        check_str(key, c->next);
    }
}

static void a_cursor_goes_back_within_its_prefix(void **state)
{
    Contract *at = *state;
    contract_put(at, &(Draft){.id = "p1",
                              .version = 1,
                              .body = "b",
                              .add = {KIND "a", KIND "b1", KIND "b3", KIND "b5", KIND "c"}});
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    contract_put(
        at,
        &(Draft){.id = "p2", .version = 1, .body = "b", .add = {KIND "b2", KIND "b4", KIND "a9"}});
    StoreReader *reader = contract_read(at);
    StoreCursor *cursor;
    const struct {
        const char *why;
        Str seek, before;
    } cases[] = {
        {"a key that is there is not before itself", STR_INIT(KIND "b3"), STR_INIT(KIND "b2")},
        {"between two", STR_INIT(KIND "b3x"), STR_INIT(KIND "b3")},
        {"the first", STR_INIT(KIND "b1"), STR_INIT("")},
        {"before the prefix", STR_INIT(KIND "a5"), STR_INIT("")},
        {"the prefix itself", STR_INIT(KIND "b"), STR_INIT("")},
        {"behind the last", STR_INIT(KIND "b6"), STR_INIT(KIND "b5")},
        {"behind the prefix", STR_INIT(KIND "c"), STR_INIT(KIND "b5")},
    };
    check_int(store_cursor(reader, STR(KIND "b"), &cursor), STATUS_OK);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str key;
        check_int(store_cursor_seek(cursor, c->seek), STATUS_OK);
        check_int(store_cursor_prev(cursor, &key), STATUS_OK);
        check_str(key, c->before);
    }
}

static void a_reader_has_any_number_of_cursors(void **state)
{
    Contract *at = *state;
    contract_put(at, &(Draft){.id = "p1", .version = 1, .body = "b", .add = {KIND "a", KIND "b"}});
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    for (int round = 0; round < 2; round++) {
        StoreReader *reader = contract_read(at);
        StoreCursor *cursors[300];
        Str key;
        for (size_t i = 0; i < COUNT_OF(cursors); i++) {
            check_int(store_cursor(reader, STR(KIND), &cursors[i]), STATUS_OK);
            check_int(store_cursor_next(cursors[i], &key), STATUS_OK);
        }
        for (size_t i = 0; i < COUNT_OF(cursors); i++) {
            check_int(store_cursor_next(cursors[i], &key), STATUS_OK);
            check_str(key, STR(KIND "b"));
        }
        store_read_end(reader);
    }
}

static void a_removed_key_can_come_back(void **state)
{
    Contract *at = *state;
    uint64_t rid = contract_put(
        at, &(Draft){.id = "p", .version = 1, .body = "b", .add = {KIND "k", KIND "l"}});
    for (uint32_t version = 2; version < 12; version++) {
        bool there = version % 2;
        if (version % 3 == 0)
            check_int(store_settle(at->store, &at->cx), STATUS_OK);
        if (version % 5 == 0)
            contract_reopen(at);
        Draft draft = {.id = "p", .version = version, .rid = rid, .body = "b"};
        if (there)
            draft.add[0] = KIND "k";
        else
            draft.remove[0] = KIND "k";
        contract_put(at, &draft);
        StoreReader *reader = contract_read(at);
        check_str(contract_keys(at, reader, KIND), there ? STR("k l") : STR("l"));
        store_read_end(reader);
    }
}

/* ---- against a model -------------------------------------------------------------------- */

enum { MODEL_KEYS = 200, MODEL_IDS = 30, MODEL_SNAPSHOTS = 4 };

typedef struct {
    uint8_t owner[MODEL_KEYS]; /* id + 1 that has the key, 0 = nobody */
    uint32_t versions[MODEL_IDS];
} Model;

static Str model_keys(Contract *at, const Model *model)
{
    Buf buf;
    buf_init(&buf, at->cx.arena, 64, 1 << 20);
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        if (model->owner[i])
            buf_format(&buf, "%sk%03u", buf.len ? " " : "", i);
    }
    return buf_str(&buf);
}

static unsigned dice(uint64_t *seed, unsigned sides)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % sides;
}

/* One resource takes free keys and gives up some of its own. */
static void model_step(Contract *at, Model *model, uint64_t *rids, uint64_t *seed)
{
    unsigned id = dice(seed, MODEL_IDS);
    Str *add = arena_array_of(at->cx.arena, Str, 16),
        *remove = arena_array_of(at->cx.arena, Str, 16);
    size_t adds = 0, removes = 0;
    for (unsigned tries = 0; tries < 12; tries++) {
        unsigned key = dice(seed, MODEL_KEYS);
        Str text = arena_format(at->cx.arena, KIND "k%03u", key);
        bool seen = false;
        for (size_t i = 0; i < adds; i++)
            seen |= str_eq(add[i], text);
        for (size_t i = 0; i < removes; i++)
            seen |= str_eq(remove[i], text);
        if (seen)
            continue;
        if (!model->owner[key]) {
            add[adds++] = text;
            model->owner[key] = (uint8_t)(id + 1);
        } else if (model->owner[key] == id + 1) {
            remove[removes++] = text;
            model->owner[key] = 0;
        }
    }
    StoreWrite write = contract_write(at, &(Draft){.id = arena_format(at->cx.arena, "m%u", id).at,
                                                   .rid = rids[id],
                                                   .version = ++model->versions[id],
                                                   .body = "model"});
    rids[id] = write.rid;
    write.add = add;
    write.add_count = adds;
    write.remove = remove;
    write.remove_count = removes;
    StoreCommit commit = {.writes = &write, .write_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
}

/* The same keys in whatever way they are read: backwards, by their tails, counted. */
static void check_ways(Contract *at, StoreReader *reader, const Model *model, uint64_t *seed)
{
    enum { TAIL = 3 };
    char tails[MODEL_KEYS * TAIL], wanted[MODEL_KEYS * TAIL];
    StoreCursor *cursor;
    uint64_t counted, expected = 0;
    size_t count, wanted_count = 0;
    int below = MODEL_KEYS;
    unsigned first = dice(seed, MODEL_KEYS), last = first + dice(seed, MODEL_KEYS - first);
    Str key;
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        if (!model->owner[i])
            continue;
        expected += first <= i && i <= last;
        memcpy(wanted + TAIL * wanted_count++, arena_format(at->cx.arena, "%03u", i).at, TAIL);
    }
    check_int(store_count_keys(reader, arena_format(at->cx.arena, KIND "k%03u", first),
                               arena_format(at->cx.arena, KIND "k%03u", last), &counted),
              STATUS_OK);
    check_int(counted, expected);
    check_int(store_cursor(reader, STR(KIND "k"), &cursor), STATUS_OK);
    check_int(store_cursor_tails(cursor, TAIL, MODEL_KEYS, tails, &count), STATUS_OK);
    check_str(str_n(tails, count * TAIL), str_n(wanted, wanted_count * TAIL));
    check_int(store_cursor_again(cursor, STR(KIND "k")), STATUS_OK);
    if (dice(seed, 2)) {
        below = (int)last;
        check_int(store_cursor_seek(cursor, arena_format(at->cx.arena, KIND "k%03d", below)),
                  STATUS_OK);
    }
    while (below-- > 0) {
        if (!model->owner[below])
            continue;
        check_int(store_cursor_prev(cursor, &key), STATUS_OK);
        check_str(key, arena_format(at->cx.arena, KIND "k%03d", below));
    }
    check_int(store_cursor_prev(cursor, &key), STATUS_OK);
    check(key.at == NULL);
}

/* 600 random changes with merges and reopenings between; several snapshots are kept and must
 * go on seeing what they saw. */
static void keys_agree_with_a_model(void **state)
{
    Contract *at = *state;
    uint64_t seed = 20261121, rids[MODEL_IDS] = {0};
    Model now = {0}, then[MODEL_SNAPSHOTS];
    StoreReader *readers[MODEL_SNAPSHOTS] = {0};
    for (unsigned step = 0; step < 600; step++) {
        model_step(at, &now, rids, &seed);
        unsigned place = dice(&seed, MODEL_SNAPSHOTS);
        if (readers[place]) {
            check_str(contract_keys(at, readers[place], KIND), model_keys(at, &then[place]));
            check_ways(at, readers[place], &then[place], &seed);
            store_read_end(readers[place]);
        }
        readers[place] = contract_read(at);
        then[place] = now;
        check_str(contract_keys(at, readers[place], KIND), model_keys(at, &now));
        check_ways(at, readers[place], &now, &seed);
        if (dice(&seed, 20) == 0)
            check_int(store_settle(at->store, &at->cx), STATUS_OK);
        if (dice(&seed, 60) == 0) {
            for (unsigned i = 0; i < MODEL_SNAPSHOTS; i++) {
                store_read_end(readers[i]);
                readers[i] = NULL;
            }
            contract_reopen(at);
        }
    }
}

/* ---- rows under way ---------------------------------------------------------------------------
 */

enum { BUSY_ROWS = 6, BUSY_UPDATES = 150 };

typedef struct {
    Contract *at;
    unsigned number;
    const char *fault;
} Toucher;

static Str busy_body(Arena *arena, unsigned row, uint32_t version)
{
    return arena_format(arena, "row %u version %u", row, version);
}

/* What was acknowledged is what the very next read answers, with and without a snapshot; and a
 * snapshot taken before goes on answering the old version. */
static const char *touch(Toucher *toucher, Ctx *cx, Str id, uint64_t rid, uint32_t version)
{
    Store *store = toucher->at->store;
    const Access *access = toucher->at->access;
    StoreReader *before, *after;
    StoreRow row;
    if (store_read_begin(store, cx, access, &before) != STATUS_OK ||
        store_get(before, TYPE_B, id, false, &row) != STATUS_OK)
        return "no snapshot";
    StoreWrite write = {.method = STORE_UPDATE,
                        .type = TYPE_B,
                        .version = version,
                        .rid = rid,
                        .id = id,
                        .updated = version,
                        .body = busy_body(cx->arena, toucher->number, version)};
    StoreCommit commit = {.writes = &write, .write_count = 1};
    if (store_commit(store, cx, access, &commit) != STATUS_OK)
        return "the update failed";
    if (store_get_now(store, cx, access, TYPE_B, id, &row) != STATUS_OK || row.version != version ||
        !str_eq(row.body, write.body))
        return "a read after the commit answers another version";
    if (store_get(before, TYPE_B, id, true, &row) != STATUS_OK || row.version != version - 1 ||
        !str_eq(row.body, busy_body(cx->arena, toucher->number, version - 1)))
        return "an old snapshot answers another version";
    if (store_read_begin(store, cx, access, &after) != STATUS_OK ||
        store_get(after, TYPE_B, id, true, &row) != STATUS_OK || row.version != version)
        return "a snapshot after the commit answers another version";
    return NULL;
}

static void *touch_often(void *argument)
{
    Toucher *toucher = argument;
    Ctx cx = testing_ctx();
    char name[8];
    StoreRow row;
    Str id = str_n(name, (size_t)snprintf(name, sizeof(name), "busy%u", toucher->number));
    if (store_get_now(toucher->at->store, &cx, toucher->at->access, TYPE_B, id, &row) != STATUS_OK)
        toucher->fault = "the row is not there";
    uint64_t rid = row.rid;
    for (uint32_t version = 2; version < BUSY_UPDATES && !toucher->fault; version++) {
        arena_clear(cx.arena);
        toucher->fault = touch(toucher, &cx, id, rid, version);
        if (version % 50 == 0 && !toucher->fault &&
            store_settle(toucher->at->store, &cx) != STATUS_OK)
            toucher->fault = "settle failed";
    }
    arena_free(cx.arena);
    return NULL;
}

static void a_read_answers_what_was_acknowledged(void **state)
{
    Contract *at = *state;
    pthread_t threads[BUSY_ROWS];
    Toucher touchers[BUSY_ROWS];
    for (unsigned i = 0; i < BUSY_ROWS; i++) {
        contract_put(at, &(Draft){.type = TYPE_B,
                                  .id = arena_format(at->cx.arena, "busy%u", i).at,
                                  .version = 1,
                                  .body = busy_body(at->cx.arena, i, 1).at});
        touchers[i] = (Toucher){.at = at, .number = i};
    }
    for (unsigned i = 0; i < BUSY_ROWS; i++)
        check_int(pthread_create(&threads[i], NULL, touch_often, &touchers[i]), 0);
    for (unsigned i = 0; i < BUSY_ROWS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < BUSY_ROWS; i++) {
        if (touchers[i].fault)
            fail_msg("row %u: %s", i, touchers[i].fault);
    }
    StoreRow row;
    check_int(store_get_now(at->store, &at->cx, at->access, TYPE_B, STR("never"), &row),
              STATUS_NOT_FOUND);
}

/* ---- history ------------------------------------------------------------------------------ */

/* "id/version" of each change, joined by spaces. */
static Str history(Contract *at, const StoreHistory *query, uint64_t *ret_last)
{
    Buf buf;
    StoreChange *changes;
    size_t count;
    StoreReader *reader = contract_read(at);
    buf_init(&buf, at->cx.arena, 64, 1 << 16);
    Status status = store_history(reader, query, &changes, &count);
    if (status != STATUS_OK)
        return str_of(status_name(status));
    for (size_t i = 0; i < count; i++) {
        const StoreRow *row = &changes[i].row;
        buf_format(&buf, "%s" STR_FMT "/%u%s", i ? " " : "", STR_ARG(row->id), row->version,
                   row->deleted ? "-" : "");
        if (query->with_body && !row->deleted)
            check_str(row->body,
                      arena_format(at->cx.arena, STR_FMT "%u", STR_ARG(row->id), row->version));
        *ret_last = changes[i].change;
    }
    store_read_end(reader);
    return buf_str(&buf);
}

static void make_history(Contract *at)
{
    static const struct {
        uint16_t type;
        const char *id;
        uint32_t version;
        const char *body;
        Time updated;
        bool gone;
    } steps[] = {
        {TYPE_A, "a", 1, "a1", 100, false}, {TYPE_A, "b", 1, "b1", 200, false},
        {TYPE_B, "c", 1, "c1", 300, false}, {TYPE_A, "a", 2, "a2", 400, false},
        {TYPE_A, "b", 2, "", 350, true}, /* a clock that went back */
        {TYPE_B, "c", 2, "c2", 500, false}, {TYPE_A, "a", 3, "a3", 600, false},
    };
    uint64_t rids[3] = {0};
    FOR_CASES(steps, s)
    {
        unsigned place = (unsigned)(s->id[0] - 'a');
        StoreWrite write =
            contract_write(at, &(Draft){.type = s->type,
                                        .id = s->id,
                                        .version = s->version,
                                        .rid = rids[place],
                                        .updated = s->updated,
                                        .body = s->body,
                                        .method = s->gone ? STORE_DELETE : STORE_UPDATE});
        rids[place] = write.rid;
        StoreCommit commit = {.writes = &write, .write_count = 1};
        check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    }
}

static void history_is_newest_first(void **state)
{
    Contract *at = *state;
    make_history(at);
    const struct {
        const char *why;
        StoreHistory query;
        Str expected;
    } cases[] = {
        {"all", {.limit = 99, .with_body = true}, STR_INIT("a/3 c/2 b/2- a/2 c/1 b/1 a/1")},
        {"a type",
         {.type = TYPE_A, .limit = 99, .with_body = true},
         STR_INIT("a/3 b/2- a/2 b/1 a/1")},
        {"the other", {.type = TYPE_B, .limit = 99}, STR_INIT("c/2 c/1")},
        {"a type without any", {.type = 3, .limit = 99}, STR_INIT("")},
        {"one",
         {.type = TYPE_A, .id = STR_INIT("a"), .limit = 99, .with_body = true},
         STR_INIT("a/3 a/2 a/1")},
        {"one that is deleted",
         {.type = TYPE_A, .id = STR_INIT("b"), .limit = 99},
         STR_INIT("b/2- b/1")},
        {"one that never was",
         {.type = TYPE_A, .id = STR_INIT("z"), .limit = 99},
         STR_INIT("not found")},
        {"limit", {.limit = 2}, STR_INIT("a/3 c/2")},
        {"limit of a type", {.type = TYPE_A, .limit = 2}, STR_INIT("a/3 b/2-")},
        {"limit of one", {.type = TYPE_A, .id = STR_INIT("a"), .limit = 1}, STR_INIT("a/3")},
        {"since, though the clock went back", {.since = 400, .limit = 99}, STR_INIT("a/3 c/2 a/2")},
        {"since, earlier than the clock's step",
         {.since = 350, .limit = 99},
         STR_INIT("a/3 c/2 b/2- a/2")},
        {"since of a type", {.type = TYPE_A, .since = 400, .limit = 99}, STR_INIT("a/3 a/2")},
        {"since of one",
         {.type = TYPE_A, .id = STR_INIT("a"), .since = 401, .limit = 99},
         STR_INIT("a/3")},
        {"until", {.until = 350, .limit = 99}, STR_INIT("b/2- c/1 b/1 a/1")},
        {"since and until", {.since = 300, .until = 400, .limit = 99}, STR_INIT("b/2- a/2 c/1")},
    };
    for (int settled = 0; settled < 2; settled++) {
        FOR_CASES(cases, c)
        {
            CASE(c->why);
            uint64_t last;
            check_str(history(at, &c->query, &last), c->expected);
        }
        check_int(store_settle(at->store, &at->cx), STATUS_OK);
    }
}

static void paging_through_a_history_is_stable(void **state)
{
    Contract *at = *state;
    make_history(at);
    static const struct {
        const char *why;
        StoreHistory query;
        Str pages[3];
    } cases[] = {
        {"all", {.limit = 3}, {STR_INIT("a/3 c/2 b/2-"), STR_INIT("a/2 c/1 b/1"), STR_INIT("a/1")}},
        {"a type",
         {.type = TYPE_A, .limit = 2},
         {STR_INIT("a/3 b/2-"), STR_INIT("a/2 b/1"), STR_INIT("a/1")}},
        {"one",
         {.type = TYPE_A, .id = STR_INIT("a"), .limit = 1},
         {STR_INIT("a/3"), STR_INIT("a/2"), STR_INIT("a/1")}},
    };
    unsigned written = 0;
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        StoreHistory query = c->query;
        Str first = c->pages[0];
        uint64_t before = 8; /* seven changes so far */
        for (unsigned page = 0; page < 3; page++) {
            query.before = before;
            check_str(history(at, &query, &before), page ? c->pages[page] : first);
            contract_put(at, &(Draft){.id = arena_format(at->cx.arena, "n%u", written++).at,
                                      .version = 1,
                                      .body = "n"});
        }
    }
}

/* "version" of each change above a number, newest first. */
static Str changes_since(Contract *at, uint16_t type, uint64_t after, size_t limit)
{
    Buf buf;
    StoreTouch *touches;
    size_t count;
    StoreReader *reader = contract_read(at);
    buf_init(&buf, at->cx.arena, 64, 1 << 16);
    check_int(store_changes(reader, type, after, limit, &touches, &count), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        StoreRow row;
        Str id;
        check_int(store_get_rid(reader, touches[i].rid, false, &row), STATUS_OK);
        id = row.id;
        check_int(store_get_rid_version(reader, touches[i].rid, touches[i].version, &row),
                  STATUS_OK);
        check_str(row.id, id);
        check_int(row.version, touches[i].version);
        check(!row.change || row.change == touches[i].change);
        if (!row.deleted)
            check_str(row.body, arena_format(at->cx.arena, STR_FMT "%u", STR_ARG(id), row.version));
        buf_format(&buf, "%s" STR_FMT "/%u%s", i ? " " : "", STR_ARG(id), row.version,
                   row.deleted ? "-" : "");
    }
    store_read_end(reader);
    return buf_str(&buf);
}

static uint64_t last_change(StoreReader *reader)
{
    StoreMark mark;
    check_int(store_mark(reader, &mark), STATUS_OK);
    return mark.change;
}

static void what_changed_since_is_known(void **state)
{
    Contract *at = *state;
    StoreReader *reader = contract_read(at);
    uint64_t none = last_change(reader);
    make_history(at);
    check_int(last_change(reader), none); /* of its own snapshot */
    store_read_end(reader);
    reader = contract_read(at);
    uint64_t last = last_change(reader);
    StoreRow row;
    check_int(store_get(reader, TYPE_A, STR("a"), false, &row), STATUS_OK);
    check_int(store_get_rid_version(reader, row.rid, 4, &row), STATUS_NOT_FOUND);
    store_read_end(reader);
    check(last >= none + 7);
    for (int settled = 0; settled < 2; settled++) {
        check_str(changes_since(at, 0, none, 99), STR("a/3 c/2 b/2- a/2 c/1 b/1 a/1"));
        check_str(changes_since(at, TYPE_A, none, 99), STR("a/3 b/2- a/2 b/1 a/1"));
        check_str(changes_since(at, TYPE_B, none, 99), STR("c/2 c/1"));
        check_str(changes_since(at, 3, none, 99), STR(""));
        check_str(changes_since(at, 0, none, 3), STR("a/3 c/2 b/2-"));
        check_str(changes_since(at, TYPE_A, none, 2), STR("a/3 b/2-"));
        check_str(changes_since(at, 0, last, 99), STR(""));
        check_str(changes_since(at, TYPE_A, last, 99), STR(""));
        check_str(changes_since(at, 0, last - 2, 99), STR("a/3 c/2"));
        check_str(changes_since(at, TYPE_A, last - 2, 99), STR("a/3"));
        check_str(changes_since(at, 0, last + 100, 99), STR("")); /* of a store restored since */
        check_int(store_settle(at->store, &at->cx), STATUS_OK);
    }
}

static void only_so_many_read_at_once(void **state)
{
    Contract *at = *state;
    StoreReader *readers[17];
    Ctx late = testing_ctx();
    for (unsigned i = 0; i < 16; i++)
        readers[i] = contract_read(at);
    late.deadline = time_monotonic() + 20 * TIME_MS;
    check_int(store_read_begin(at->store, &late, at->access, &readers[16]), STATUS_TIMEOUT);
    check_int(late.issue_count, 1);
    store_read_end(readers[3]);
    late.deadline = time_monotonic() + 60 * TIME_SECOND;
    check_int(store_read_begin(at->store, &late, at->access, &readers[16]), STATUS_OK);
    arena_free(late.arena); /* ends the reader too */
    check(contract_read(at) != NULL);
}

const struct CMUnitTest contract_read_tests[] = {
    CONTRACT_TEST(a_snapshot_does_not_change),
    CONTRACT_TEST(a_cursor_stays_in_its_prefix_and_seeks_in_it),
    CONTRACT_TEST(a_cursor_goes_back_within_its_prefix),
    CONTRACT_TEST(a_reader_has_any_number_of_cursors),
    CONTRACT_TEST(a_removed_key_can_come_back),
    CONTRACT_TEST(keys_agree_with_a_model),
    CONTRACT_TEST(a_read_answers_what_was_acknowledged),
    CONTRACT_TEST(history_is_newest_first),
    CONTRACT_TEST(paging_through_a_history_is_stable),
    CONTRACT_TEST(what_changed_since_is_known),
    CONTRACT_TEST(only_so_many_read_at_once),
};
const size_t contract_read_count = COUNT_OF(contract_read_tests);
