/* What the nodes of a database remember of it: whatever they and others write, each snapshot
 * answers as it was when it began, and a new one knows all that was acknowledged. Random walks
 * along random lists, held against a plain array of what is there. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "store_node.h"

enum { NODES = 2, TYPE = 7, LISTS = 9, PLACES = 40, KEYS = LISTS * PLACES, SNAPSHOTS = 5 };
enum { NUMBERS = 3, HASH = 11, PLACE = 12, KEY = HASH + PLACE };

static const TestPostgres *postgres;

static int fresh(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    check(test_postgres_clean(postgres));
    StoreOptions options = {.address = arena_format(cx.arena, "postgres:%s", postgres->owner),
                            .key_file = str_of(key_path),
                            .role = str_of(postgres->app_role)};
    check_int(store_create(&cx, &options), STATUS_OK);
    snprintf(address, sizeof(address), "postgres:%.200s", postgres->app);
    arena_free(cx.arena);
    return 0;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* As search makes them: kind, number, hash, place; three lists of each number. */
static char keys[KEYS][KEY];

static void make_keys(void)
{
    for (unsigned i = 0; i < KEYS; i++) {
        char *key = keys[i];
        memset(key, 0, KEY);
        key[0] = 0x11;
        key[2] = (char)(1 + i / PLACES / NUMBERS);
        key[HASH - 1] = (char)(1 + i / PLACES);
        key[KEY - 1] = (char)(i % PLACES);
    }
}

static Str key_of(size_t i)
{
    return str_n(keys[i], KEY);
}

typedef struct {
    bool there[KEYS];
} Truth;

static uint64_t dice = 88172645463325252u;

static unsigned roll(unsigned sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (unsigned)(dice >> 20) % sides;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Some keys come and go, with a resource or without. */
static void write_some(Node *node, Truth *truth)
{
    Str add[4], remove[4], rest = STR_EMPTY;
    size_t adds = 0, removes = 0;
    arena_clear(node->cx.arena);
    AccessGrant grant = {
        .account = STR("test"), .role = STR("operator"), .may_write = true, .everything = true};
    node->access = access_grant(node->cx.arena, &grant);
    size_t first = roll(KEYS - 4);
    for (unsigned i = 0; i < 3; i++) {
        size_t key = first + i;
        if (i && roll(2))
            continue;
        if (truth->there[key])
            remove[removes++] = key_of(key);
        else
            add[adds++] = key_of(key);
        truth->there[key] = !truth->there[key];
    }
    StoreWrite write = {.method = STORE_CREATE,
                        .type = TYPE,
                        .version = 1,
                        .rid = store_new_rid(node->store),
                        .id = arena_format(node->cx.arena, "r%llu", (unsigned long long)dice),
                        .body = STR("{}"),
                        .add = add,
                        .add_count = adds,
                        .remove = remove,
                        .remove_count = removes};
    StoreRekey rekey = {.add = add, .add_count = adds, .remove = remove, .remove_count = removes};
    StoreCommit with = {.writes = &write, .write_count = 1};
    StoreCommit without = {.rekeys = &rekey, .rekey_count = 1, .audits = &rest};
    check_int(store_commit(node->store, &node->cx, node->access, roll(3) ? &with : &without),
              STATUS_OK);
}

/* ---- asking ---------------------------------------------------------------------------------- */

typedef struct {
    Ctx cx;
    StoreReader *reader; /* NULL: not open */
    Truth truth;
} Snapshot;

static Str prefix_of(size_t key)
{
    static const size_t lens[] = {HASH, HASH, HASH, 3, 1};
    return str_head(key_of(key), lens[roll(COUNT_OF(lens))]);
}

/* The next key of the prefix that should be there; KEYS: none. */
static size_t next_there(const Truth *truth, Str prefix, size_t from)
{
    while (from < KEYS && !(truth->there[from] && str_has_prefix(key_of(from), prefix)))
        from++;
    return from;
}

static void check_next(StoreCursor *cursor, const Truth *truth, Str prefix, size_t *at)
{
    Str key;
    *at = next_there(truth, prefix, *at);
    check_int(store_cursor_next(cursor, &key), STATUS_OK);
    check_int(key.at != NULL, *at < KEYS);
    if (*at < KEYS)
        check_str(key, key_of((*at)++));
}

static void walk(Snapshot *snapshot, size_t key, unsigned steps)
{
    StoreCursor *cursor;
    Str prefix = prefix_of(key);
    size_t at = 0;
    check_int(store_cursor(snapshot->reader, prefix, &cursor), STATUS_OK);
    for (unsigned i = 0; i < steps && at < KEYS; i++)
        check_next(cursor, &snapshot->truth, prefix, &at);
    if (roll(2))
        return;
    check_int(store_cursor_seek(cursor, key_of(key)), STATUS_OK);
    at = key;
    for (unsigned i = 0; i < steps && at < KEYS; i++)
        check_next(cursor, &snapshot->truth, prefix, &at);
}

static void walk_back(Snapshot *snapshot, size_t key, unsigned steps)
{
    StoreCursor *cursor;
    Str prefix = prefix_of(key), found;
    bool seeks = roll(2);
    size_t at = seeks ? key : KEYS;
    check_int(store_cursor(snapshot->reader, prefix, &cursor), STATUS_OK);
    if (seeks)
        check_int(store_cursor_seek(cursor, key_of(key)), STATUS_OK);
    for (unsigned i = 0; i < steps; i++) {
        while (at > 0 && !(snapshot->truth.there[at - 1] && str_has_prefix(key_of(at - 1), prefix)))
            at--;
        check_int(store_cursor_prev(cursor, &found), STATUS_OK);
        check_int(found.at != NULL, at > 0);
        if (!at)
            return;
        check_str(found, key_of(--at));
    }
}

/* Two lists, each sought at the places of the other. */
static void intersect(Snapshot *snapshot, size_t one, size_t other)
{
    const Str prefixes[] = {str_head(key_of(one), HASH), str_head(key_of(other), HASH)};
    const size_t first[] = {one / PLACES * PLACES, other / PLACES * PLACES};
    StoreCursor *cursors[2];
    Str key;
    size_t place = 0;
    check_int(store_expect(snapshot->reader, prefixes, 2), STATUS_OK);
    for (size_t i = 0; i < 2; i++)
        check_int(store_cursor(snapshot->reader, prefixes[i], &cursors[i]), STATUS_OK);
    for (unsigned turn = 0; place < PLACES; turn++) {
        size_t side = turn % 2, at = first[side] + place;
        check_int(store_cursor_seek(cursors[side], key_of(at)), STATUS_OK);
        at = next_there(&snapshot->truth, prefixes[side], at);
        check_int(store_cursor_next(cursors[side], &key), STATUS_OK);
        check_int(key.at != NULL, at < KEYS);
        if (at == KEYS)
            return;
        check_str(key, key_of(at));
        place = at - first[side] + (turn % 2);
    }
}

static void count(Snapshot *snapshot, size_t key)
{
    size_t last = key + roll((unsigned)(KEYS - key));
    uint64_t found, wanted = 0;
    for (size_t i = key; i <= last; i++)
        wanted += snapshot->truth.there[i];
    check_int(store_count_keys(snapshot->reader, key_of(key), key_of(last), &found), STATUS_OK);
    check_int(found, wanted);
}

static void ask(Snapshot *snapshot)
{
    size_t key = roll(KEYS);
    switch (roll(5)) {
    case 0: count(snapshot, key); break;
    case 1: walk_back(snapshot, key, 1 + roll(60)); break;
    case 2: intersect(snapshot, key, roll(KEYS)); break;
    default: walk(snapshot, key, 1 + roll(60)); break;
    }
}

static void begin(Snapshot *snapshot, Node *node, const Truth *truth)
{
    static AccessGrant grant = {.may_write = true, .everything = true};
    StoreMark mark;
    grant.account = STR("test");
    grant.role = STR("operator");
    *snapshot = (Snapshot){.cx = testing_ctx(), .truth = *truth};
    const Access *access = access_grant(snapshot->cx.arena, &grant);
    check_int(store_read_begin(node->store, &snapshot->cx, access, &snapshot->reader), STATUS_OK);
    check_int(store_mark(snapshot->reader, &mark), STATUS_OK);
}

static void end(Snapshot *snapshot)
{
    if (!snapshot->reader)
        return;
    store_read_end(snapshot->reader);
    arena_free(snapshot->cx.arena);
    *snapshot = (Snapshot){.reader = NULL};
}

static void each_snapshot_answers_as_it_was(void **state)
{
    Node nodes[NODES];
    Snapshot snapshots[SNAPSHOTS] = {{.reader = NULL}};
    Truth truth = {{false}};
    UNUSED(state);
    for (size_t i = 0; i < NODES; i++)
        node_open(&nodes[i]);
    for (unsigned step = 0; step < 6000; step++) {
        /* Long stretches with one writer, where memory lasts, and others with both. */
        unsigned writers = step / 1000 % 3 == 2 ? NODES : 1;
        Snapshot *snapshot = &snapshots[roll(SNAPSHOTS)];
        if (roll(12) == 0)
            write_some(&nodes[roll(writers)], &truth);
        if (!snapshot->reader || roll(10) == 0) {
            end(snapshot);
            begin(snapshot, &nodes[roll(NODES)], &truth);
        }
        ask(snapshot);
    }
    for (size_t i = 0; i < SNAPSHOTS; i++)
        end(&snapshots[i]);
    for (size_t i = 0; i < NODES; i++)
        node_close(&nodes[i]);
}

/* ---- unasked ------------------------------------------------------------------------------- */

/* What was answered without asking, and what was right then. */
typedef struct {
    StoreSeen seen;
    uint64_t found, wanted;
} Unasked;

/* A number of keys, by memory alone if it will. */
static Unasked ask_unasked(Node *node, const Truth *truth, size_t first, size_t last)
{
    StoreReader *reader;
    Unasked asked = {.wanted = 0};
    for (size_t i = first; i <= last; i++)
        asked.wanted += truth->there[i];
    for (bool unasked = true;; unasked = false) {
        check_int(store_read_begin(node->store, &node->cx, node->access, &reader), STATUS_OK);
        if (unasked)
            store_read_unasked(reader);
        Status status = store_count_keys(reader, key_of(first), key_of(last), &asked.found);
        store_read_seen(reader, &asked.seen);
        store_read_end(reader);
        if (status == STATUS_OK)
            return asked;
        check(unasked);
        check_int(status, STATUS_CONFLICT);
    }
}

static Status show(Node *node, const StoreSeen *seen)
{
    Str entry = STR("shown");
    StoreCommit commit = {.audits = &entry, .audit_count = 1, .seen = *seen};
    Status status = store_commit(node->store, &node->cx, node->access, &commit);
    check_int(commit.stale, status == STATUS_CONFLICT);
    return status;
}

static void what_memory_answers_unasked_is_shown_only_if_so(void **state)
{
    enum { ROUNDS_OF_ONE = 4, CALM_US = 25000, ENOUGH = 120, MOST = 1200 };
    Node nodes[NODES];
    Truth truth = {{false}};
    unsigned unasked = 0, shown = 0, refused = 0;
    UNUSED(state);
    for (size_t i = 0; i < NODES; i++)
        node_open(&nodes[i]);
    bool tried = false; /* a busy machine is seldom calm */
    for (unsigned round = 0; round < ENOUGH || (!tried && round < MOST); round++) {
        size_t first = roll(LISTS) * PLACES, last = first + PLACES - 1;
        Node *node = &nodes[round / 40 % NODES];
        Node *writer = round % 40 < 30 ? node : &nodes[roll(NODES)];
        if (roll(2))
            write_some(writer, &truth);
        usleep(CALM_US);
        for (unsigned i = 0; i < ROUNDS_OF_ONE; i++) {
            Unasked asked = ask_unasked(node, &truth, first, last);
            bool meanwhile = roll(6) == 0;
            if (meanwhile)
                write_some(writer, &truth);
            Status status = show(node, &asked.seen);
            if (status == STATUS_OK) {
                check_int(asked.found, asked.wanted);
                check(!meanwhile || !store_saw(&asked.seen));
            }
            unasked += store_saw(&asked.seen);
            shown += status == STATUS_OK && store_saw(&asked.seen);
            refused += status != STATUS_OK;
            if (meanwhile)
                break;
        }
        tried = unasked > 50 && shown > 40 && refused > 5;
    }
    print_message("# %u unasked, %u shown, %u refused\n", unasked, shown, refused);
    check(tried);
    for (size_t i = 0; i < NODES; i++)
        node_close(&nodes[i]);
}

static void is_fetched(StoreWish *wish)
{
    atomic_store((atomic_bool *)wish->owner, true);
}

/* Out of memory, where it may have come by a wish; else asked for. */
static void read_row(Node *node, StoreSeen *ret_seen, StoreRow *ret_row)
{
    atomic_bool fetched = false;
    StoreWish wish = {.type = TYPE, .id = STR("row"), .done = is_fetched, .owner = &fetched};
    if (roll(2) && store_lacks(node->store, TYPE, wish.id)) {
        store_wish(node->store, &wish);
        while (!atomic_load(&fetched))
            usleep(100);
        check(!wish.absent);
    }
    if (store_get_seen(node->store, &node->cx, node->access, TYPE, wish.id, ret_seen, ret_row) ==
        STATUS_NOT_FOUND)
        check_int(store_get_now(node->store, &node->cx, node->access, TYPE, wish.id, ret_row),
                  STATUS_OK);
}

/* A row of one node, written by both. */
static void a_row_that_memory_has_is_shown_only_if_so(void **state)
{
    Node nodes[NODES];
    unsigned unasked = 0, refused = 0;
    uint32_t version = 0;
    uint64_t rid = 0;
    UNUSED(state);
    for (size_t i = 0; i < NODES; i++)
        node_open(&nodes[i]);
    bool tried = false;
    for (unsigned round = 0; round < 400 || (!tried && round < 4000); round++) {
        tried = unasked > 20 && refused > 5;
        Node *node = &nodes[roll(NODES)], *writer = &nodes[roll(NODES)];
        StoreSeen seen;
        StoreRow row;
        if (version && roll(3)) {
            read_row(node, &seen, &row);
            bool good = show(node, &seen) == STATUS_OK;
            if (good)
                check_int(row.version, version);
            unasked += seen.rid && good;
            refused += !good;
            continue;
        }
        StoreWrite write = {.method = version ? STORE_UPDATE : STORE_CREATE,
                            .type = TYPE,
                            .version = version + 1,
                            .rid = version ? rid : store_new_rid(writer->store),
                            .id = STR("row"),
                            .body = STR("{}")};
        StoreCommit commit = {.writes = &write, .write_count = 1};
        check_int(store_commit(writer->store, &writer->cx, writer->access, &commit), STATUS_OK);
        rid = write.rid;
        version++;
        if (roll(2))
            usleep(30000);
    }
    check(tried);
    for (size_t i = 0; i < NODES; i++)
        node_close(&nodes[i]);
}

/* ---- side by side -------------------------------------------------------------------------- */

enum { ROUNDS = 250, THREADS = 6 };

/* Each has a list of one key, that moves on by a place with each commit. */
typedef struct {
    Node *nodes;
    unsigned number;
    _Atomic unsigned *places; /* acknowledged, of all */
    const char *fault;
} Mover;

static void mover_key(char key[KEY], unsigned number, unsigned place)
{
    memset(key, 0, KEY);
    key[0] = 0x11;
    key[2] = 9;
    key[HASH - 1] = (char)(1 + number);
    key[KEY - 2] = (char)(place >> 8);
    key[KEY - 1] = (char)place;
}

static Status move_on(Mover *mover, Ctx *cx, unsigned place)
{
    char old[KEY], next[KEY];
    mover_key(old, mover->number, place);
    mover_key(next, mover->number, place + 1);
    Str remove = str_n(old, KEY), add = str_n(next, KEY);
    Node *node = &mover->nodes[mover->number % NODES];
    StoreRekey rekey = {.add = &add, .add_count = 1, .remove = &remove, .remove_count = place > 0};
    StoreWrite write = {.method = STORE_CREATE,
                        .type = TYPE,
                        .version = 1,
                        .rid = store_new_rid(node->store),
                        .id = arena_format(cx->arena, "m%u-%u", mover->number, place),
                        .body = STR("{}"),
                        .add = &add,
                        .add_count = 1,
                        .remove = &remove,
                        .remove_count = place > 0};
    StoreCommit with = {.writes = &write, .write_count = 1};
    StoreCommit without = {.rekeys = &rekey, .rekey_count = 1};
    return store_commit(node->store, cx, node->access, place % 4 ? &with : &without);
}

/* The place of a list in a snapshot; -1: not one key. */
static int place_in(StoreReader *reader, unsigned number)
{
    char prefix[KEY];
    StoreCursor *cursor;
    Str key, none;
    mover_key(prefix, number, 0);
    if (store_cursor(reader, str_n(prefix, HASH), &cursor) != STATUS_OK ||
        store_cursor_next(cursor, &key) != STATUS_OK || !key.at)
        return -1;
    int place = (unsigned char)key.at[KEY - 2] << 8 | (unsigned char)key.at[KEY - 1];
    return store_cursor_next(cursor, &none) == STATUS_OK && !none.at ? place : -1;
}

static const char *look(Mover *mover, Ctx *cx, unsigned round)
{
    StoreReader *reader;
    unsigned number = (mover->number + round) % THREADS;
    int before = (int)atomic_load(&mover->places[number]);
    Node *node = &mover->nodes[round / 2 % NODES];
    if (store_read_begin(node->store, cx, node->access, &reader) != STATUS_OK)
        return "no snapshot";
    int place = before ? place_in(reader, number) : 0;
    int again = before ? place_in(reader, number) : 0;
    store_read_end(reader);
    return place < 0        ? "a list has lost its key, or has two"
           : place < before ? "what was acknowledged is not there"
           : place != again ? "a snapshot answers in two ways"
                            : NULL;
}

static void *move_often(void *argument)
{
    Mover *mover = argument;
    Ctx cx = testing_ctx();
    for (unsigned round = 0; round < ROUNDS && !mover->fault; round++) {
        arena_clear(cx.arena);
        if (move_on(mover, &cx, round) != STATUS_OK)
            mover->fault = "a commit failed";
        atomic_store(&mover->places[mover->number], round + 1);
        for (unsigned i = 0; i < 4 && !mover->fault; i++)
            mover->fault = look(mover, &cx, round + i);
    }
    arena_free(cx.arena);
    return NULL;
}

static void what_is_acknowledged_is_seen_everywhere(void **state)
{
    Node nodes[NODES];
    Mover movers[THREADS];
    pthread_t threads[THREADS];
    _Atomic unsigned places[THREADS] = {0};
    UNUSED(state);
    for (size_t i = 0; i < NODES; i++)
        node_open(&nodes[i]);
    for (unsigned i = 0; i < THREADS; i++) {
        movers[i] = (Mover){nodes, i, places, NULL};
        check_int(pthread_create(&threads[i], NULL, move_often, &movers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < THREADS; i++) {
        if (movers[i].fault)
            fail_msg("%s", movers[i].fault);
    }
    for (size_t i = 0; i < NODES; i++)
        node_close(&nodes[i]);
}

/* ---- outrun ------------------------------------------------------------------------------- */

enum { WRITERS = 4, OUTRUN_MS = 4000, LAST_MS = 60000 };

typedef struct {
    Node node;
    unsigned number;
    atomic_bool *ending;
    unsigned failed;
} Writer;

static void *write_always(void *argument)
{
    Writer *writer = argument;
    Ctx cx = testing_ctx();
    for (unsigned place = 0; !atomic_load(writer->ending); place++) {
        arena_clear(cx.arena);
        StoreWrite write = {.method = STORE_CREATE,
                            .type = TYPE,
                            .version = 1,
                            .rid = store_new_rid(writer->node.store),
                            .id = arena_format(cx.arena, "w%u-%u", writer->number, place),
                            .id_is_fresh = true,
                            .body = STR("{}")};
        StoreCommit commit = {.writes = &write, .write_count = 1};
        if (store_commit(writer->node.store, &cx, writer->node.access, &commit) != STATUS_OK)
            writer->failed++;
    }
    arena_free(cx.arena);
    return NULL;
}

/* Others write all the time, so that the database never is what was heard of it: who took a row
 * from memory is told to ask again, and nobody that the store is closed. */
static void who_is_outrun_asks_again(void **state)
{
    Node node;
    Writer writers[WRITERS];
    pthread_t threads[WRITERS];
    atomic_bool ending = false;
    unsigned shown = 0, stale = 0;
    UNUSED(state);
    node_open(&node);
    StoreWrite row = {.method = STORE_CREATE,
                      .type = TYPE,
                      .version = 1,
                      .rid = store_new_rid(node.store),
                      .id = STR("row"),
                      .body = STR("{}")};
    StoreCommit commit = {.writes = &row, .write_count = 1};
    check_int(store_commit(node.store, &node.cx, node.access, &commit), STATUS_OK);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (Writer){.number = i, .ending = &ending};
        node_open(&writers[i].node);
        check_int(pthread_create(&threads[i], NULL, write_always, &writers[i]), 0);
    }
    Time begun = time_monotonic(), end = begun + OUTRUN_MS * TIME_MS,
         last = begun + LAST_MS * TIME_MS;
    while (time_monotonic() < end || ((shown <= 20 || !stale) && time_monotonic() < last)) {
        StoreSeen seen;
        StoreRow found;
        read_row(&node, &seen, &found);
        Status status = show(&node, &seen);
        check(status == STATUS_OK || status == STATUS_CONFLICT);
        shown += status == STATUS_OK;
        stale += status == STATUS_CONFLICT;
    }
    atomic_store(&ending, true);
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        check_int(writers[i].failed, 0);
        node_close(&writers[i].node);
    }
    node_close(&node);
    print_message("# %u shown, %u to be asked again\n", shown, stale);
    check(shown > 20 && stale > 0);
}

#define MEMORY_TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const char *why = NULL;
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(each_snapshot_answers_as_it_was),
        MEMORY_TEST(what_memory_answers_unasked_is_shown_only_if_so),
        MEMORY_TEST(a_row_that_memory_has_is_shown_only_if_so),
        MEMORY_TEST(what_is_acknowledged_is_seen_everywhere),
        MEMORY_TEST(who_is_outrun_asks_again),
    };
    postgres = test_postgres(false, &why);
    if (!postgres) {
        printf("1..1\n# skipped: memory of a database (%s)\nok 1 - store memory\n", why);
        return 0;
    }
    make_key();
    make_keys();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
