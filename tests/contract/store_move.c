/* What a move needs of a store: streams of all it holds, a log of keys, sealing, filling. */
#include <stdatomic.h>
#include <unistd.h>

#include "contract.h"

static const StoreSome all = {SIZE_MAX, SIZE_MAX}, few = {2, SIZE_MAX};

static uint64_t put(Contract *at, const char *id, uint32_t version, uint64_t rid,
                    StoreMethod method, const char *add, const char *remove)
{
    return contract_put(at, &(Draft){.id = id,
                                     .version = version,
                                     .rid = rid,
                                     .method = method,
                                     .facts = add ? add : "",
                                     .body = arena_format(at->cx.arena, "%s of %u", id, version).at,
                                     .add = {add},
                                     .remove = {remove},
                                     .updated = 1000 + version});
}

/* Two resources with histories, one of them deleted, one with one version; audit and items. */
static void fill(Contract *at)
{
    Str audits[] = {STR("one"), STR("two"), STR("three")};
    StoreItem items[] = {{STR("b"), STR("2"), STR("b2")},
                         {STR("a"), STR("9"), STR("a9")},
                         {STR("b"), STR("1"), STR("b1")}};
    StoreJobAdd jobs[] = {{.kind = STR("k"), .payload = STR("first")},
                          {.kind = STR("k"), .payload = STR("second")},
                          {.kind = STR("k"), .payload = STR("dropped")}};
    StoreJobEnd drop = {.number = 3, .how = STORE_JOB_DONE};
    StoreCommit commit = {.audits = audits,
                          .audit_count = 3,
                          .items = items,
                          .item_count = 3,
                          .jobs = jobs,
                          .job_count = 3};
    StoreCommit dropped = {.job_ends = &drop, .job_end_count = 1};
    uint64_t x = put(at, "x", 1, 0, 0, KIND "x1", NULL);
    uint64_t y = put(at, "y", 1, 0, 0, KIND "y1", NULL);
    put(at, "x", 2, x, 0, KIND "x2", KIND "x1");
    put(at, "z", 1, 0, 0, KIND "z1", NULL);
    put(at, "y", 2, y, STORE_DELETE, NULL, KIND "y1");
    put(at, "x", 3, x, STORE_PATCH, KIND "x3", NULL);
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    check_int(store_commit(at->store, &at->cx, at->access, &dropped), STATUS_OK);
}

/* "x1 y1 x2 ...": all changes, so many at a time. */
static Str changes_of(Contract *at, StoreReader *reader, StoreSome some)
{
    Buf buf;
    uint64_t after = 0;
    buf_init(&buf, at->cx.arena, 64, 4096);
    for (;;) {
        StoreChange *changes;
        size_t count;
        check_int(store_scan_changes(reader, after, some, &changes, &count), STATUS_OK);
        if (!count)
            return buf_str(&buf);
        check(count <= some.rows_max);
        for (size_t i = 0; i < count; i++) {
            const StoreRow *row = &changes[i].row;
            check(changes[i].change > after);
            after = changes[i].change;
            Str body = arena_format(at->cx.arena, STR_FMT " of %u", STR_ARG(row->id), row->version);
            check_int(row->deleted, row->method == STORE_DELETE);
            check_str(row->body, row->deleted ? STR("") : body);
            check_int(row->updated, 1000 + row->version);
            buf_format(&buf, "%s" STR_FMT "%u%s", buf.len ? " " : "", STR_ARG(row->id),
                       row->version,
                       row->deleted                 ? "-"
                       : row->method == STORE_PATCH ? "+"
                                                    : "");
        }
    }
}

static void changes_come_in_order_from_any_place(void **state)
{
    Contract *at = *state;
    fill(at);
    StoreReader *reader = contract_read(at);
    check_str(changes_of(at, reader, all), STR("x1 y1 x2 z1 y2- x3+"));
    check_str(changes_of(at, reader, few), STR("x1 y1 x2 z1 y2- x3+"));
    CASE("so many bytes: at least one row, or it would never end");
    check_str(changes_of(at, reader, (StoreSome){SIZE_MAX, 1}), STR("x1 y1 x2 z1 y2- x3+"));
    CASE("what is committed later is behind, and not in this snapshot");
    put(at, "w", 1, 0, 0, NULL, NULL);
    check_str(changes_of(at, reader, all), STR("x1 y1 x2 z1 y2- x3+"));
    store_read_end(reader);
    check_str(changes_of(at, contract_read(at), all), STR("x1 y1 x2 z1 y2- x3+ w1"));
}

static Str items_of(Contract *at, StoreReader *reader, StoreSome some)
{
    Buf buf;
    Str space = STR_EMPTY, key = STR_EMPTY;
    buf_init(&buf, at->cx.arena, 64, 4096);
    for (;;) {
        StoreItem *items;
        size_t count;
        check_int(store_scan_items(reader, space, key, some, &items, &count), STATUS_OK);
        if (!count)
            return buf_str(&buf);
        for (size_t i = 0; i < count; i++) {
            buf_format(&buf, STR_FMT STR_FMT "=" STR_FMT " ", STR_ARG(items[i].space),
                       STR_ARG(items[i].key), STR_ARG(items[i].value));
            space = items[i].space;
            key = items[i].key;
        }
    }
}

static void items_come_in_order_without_the_stores_own(void **state)
{
    Contract *at = *state;
    fill(at);
    check_int(store_log_keys(at->store, &at->cx, at->access, true), STATUS_OK);
    StoreReader *reader = contract_read(at);
    check_str(items_of(at, reader, all), STR("a9=a9 b1=b1 b2=b2 "));
    check_str(items_of(at, reader, few), STR("a9=a9 b1=b1 b2=b2 "));
}

/* "a b": the keys that are there at last, of those in the log behind a place. */
static Str log_of(Contract *at, uint64_t *after, StoreSome some)
{
    enum { KEYS_MAX = 16 };
    StoreKeyChange last[KEYS_MAX];
    size_t last_count = 0;
    StoreReader *reader = contract_read(at);
    StoreTip tip;
    Buf buf;
    buf_init(&buf, at->cx.arena, 64, 4096);
    check_int(store_tip(reader, &tip), STATUS_OK);
    do {
        StoreKeyChange *keys;
        size_t count;
        Status status = store_scan_keys(reader, *after, some, &keys, &count, after);
        if (status == STATUS_NOT_FOUND) {
            store_read_end(reader);
            return STR("gone");
        }
        check_int(status, STATUS_OK);
        for (size_t i = 0; i < count; i++) {
            size_t k = 0;
            while (k < last_count && !str_eq(last[k].key, keys[i].key))
                k++;
            check(k < KEYS_MAX);
            last_count += k == last_count;
            last[k] = keys[i];
        }
    } while (*after < tip.keys);
    store_read_end(reader);
    for (char c = 'a'; c <= 'z'; c++) { /* in the order of their first letters */
        for (size_t i = 0; i < last_count; i++)
            if (last[i].key.at[1] == c)
                buf_format(&buf, "%s%c" STR_FMT, buf.len ? " " : "", last[i].removed ? '-' : '+',
                           STR_ARG(str_from(last[i].key, 1)));
    }
    return buf_str(&buf);
}

static uint64_t place_in_log(Contract *at)
{
    StoreTip tip;
    StoreReader *reader = contract_read(at);
    check_int(store_tip(reader, &tip), STATUS_OK);
    store_read_end(reader);
    return tip.keys;
}

static void keys_that_come_and_go_are_logged(void **state)
{
    Contract *at = *state;
    uint64_t rid = put(at, "x", 1, 0, 0, KIND "before", NULL);
    check_int(store_log_keys(at->store, &at->cx, at->access, true), STATUS_OK);
    uint64_t begun = place_in_log(at), after = begun;
    check_str(log_of(at, &after, all), STR(""));
    put(at, "x", 2, rid, 0, KIND "new", KIND "before");
    put(at, "y", 1, 0, 0, KIND "other", NULL);
    check_str(log_of(at, &after, all), STR("-before +new +other"));
    check_str(log_of(at, &after, all), STR(""));
    CASE("merged or not, and over a restart");
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    contract_reopen(at);
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    put(at, "x", 3, rid, 0, KIND "later", KIND "new");
    check_str(log_of(at, &after, few), STR("+later -new"));
    after = begun;
    check_str(log_of(at, &after, few), STR("-before +later -new +other"));
    CASE("keys without a change");
    Str key = STR(KIND "rekeyed");
    StoreRekey rekey = {.rid = rid, .version = 3, .add = &key, .add_count = 1};
    StoreCommit commit = {.rekeys = &rekey, .rekey_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    check_str(log_of(at, &after, all), STR("+rekeyed"));
    CASE("no longer kept: who comes later is told that something is missing");
    check_int(store_log_keys(at->store, &at->cx, at->access, false), STATUS_OK);
    put(at, "z", 1, 0, 0, KIND "unseen", NULL);
    contract_reopen(at);
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    check_str(log_of(at, &begun, all), STR("gone"));
}

static void note_end(StoreCommit *commit)
{
    atomic_store((atomic_bool *)commit->owner, true);
}

static void wait_for(const atomic_bool *ended)
{
    for (unsigned i = 0; i < 4000 && !atomic_load(ended); i++)
        usleep(5000);
    check(atomic_load(ended));
}

static void a_sealed_store_takes_nothing(void **state)
{
    Contract *at = *state;
    Str audit = STR("looked");
    atomic_bool ends[2] = {false, false};
    fill(at);
    check_int(store_seal(at->store, &at->cx, at->access, STORE_SEALED, STR_EMPTY), STATUS_OK);
    StoreWrite write = contract_write(at, &(Draft){.id = "n", .version = 1, .body = "n"});
    StoreCommit commits[] = {{.writes = &write, .write_count = 1},
                             {.audits = &audit, .audit_count = 1}};
    for (size_t i = 0; i < 2; i++) {
        commits[i].done = note_end;
        commits[i].owner = &ends[i];
        store_submit(at->store, &at->cx, at->access, &commits[i]);
    }
    CASE("others wait, or are refused");
    usleep(100 * 1000);
    for (size_t i = 0; i < 2; i++)
        check(!atomic_load(&ends[i]) || commits[i].status == STATUS_UNAVAILABLE);
    StoreReader *reader = contract_read(at);
    check_str(changes_of(at, reader, all), STR("x1 y1 x2 z1 y2- x3+"));
    store_read_end(reader);
    CASE("and takes on when it is not sealed any more");
    check_int(store_seal(at->store, &at->cx, at->access, STORE_UNSEALED, STR_EMPTY), STATUS_OK);
    for (size_t i = 0; i < 2; i++)
        wait_for(&ends[i]);
    put(at, "after", 1, 0, 0, NULL, NULL);
    CASE("sealed is not for good");
    check_int(store_seal(at->store, &at->cx, at->access, STORE_SEALED, STR_EMPTY), STATUS_OK);
    contract_reopen(at);
    put(at, "m", 1, 0, 0, NULL, NULL);
}

/* Ends all readers. */
static void forget(Contract *at)
{
    arena_clear(at->cx.arena);
    at->cx = (Ctx){.arena = at->cx.arena};
    at->access = access_grant(at->cx.arena, &(AccessGrant){.account = STR("test"),
                                                           .role = STR("operator"),
                                                           .may_write = true,
                                                           .everything = true});
}

static void a_store_that_was_moved_is_not_served(void **state)
{
    Contract *at = *state;
    Store *store = at->store;
    Str words;
    fill(at);
    check_int(store_moved_to(contract_read(at), &words), STATUS_OK);
    check_str(words, STR(""));
    check_int(store_seal(store, &at->cx, at->access, STORE_MOVED, STR("over there")), STATUS_OK);
    check_int(contract_try(at, &(Draft){.id = "n", .version = 1, .body = "n"}), STATUS_UNAVAILABLE);
    forget(at);
    store_close(store);
    at->store = NULL;
    StoreOptions options = contract_options(contract_path());
    check_int(store_open(&at->cx, &options, &store), STATUS_INVALID);
    Str said = at->cx.issues->diagnostics;
    check(memmem(said.at, said.len, "over there", 10) != NULL);
    CASE("but can be looked at by who moved it, and taken back");
    options.use = STORE_LEAVE;
    check_int(store_open(&at->cx, &options, &at->store), STATUS_OK);
    check_int(store_moved_to(contract_read(at), &words), STATUS_OK);
    check_str(words, STR("over there"));
    check_int(contract_try(at, &(Draft){.id = "n", .version = 1, .body = "n"}), STATUS_UNAVAILABLE);
    check_int(store_seal(at->store, &at->cx, at->access, STORE_UNSEALED, STR_EMPTY), STATUS_OK);
    forget(at);
    contract_reopen(at);
    put(at, "n", 1, 0, 0, NULL, NULL);
}

/* ---- filling ------------------------------------------------------------------------------- */

/* All that `from` holds, in units of `some`, as far as the third unit when `part`. */
static void copy(Contract *at, StoreReader *from, Store *to, StoreSome some, bool part)
{
    uint64_t after = 0;
    StoreChange *changes;
    StoreAuditRow *audits;
    StoreItem *items;
    size_t count;
    StoreCursor *cursor;
    Str mark;
    check_int(store_load_mark(to, &at->cx, &mark), STATUS_OK);
    if (mark.len)
        check(str_to_u64(mark, &after));
    for (unsigned unit = 0;; unit++) {
        check_int(store_scan_changes(from, after, some, &changes, &count), STATUS_OK);
        if (!count)
            break;
        if (part && unit == 2)
            return;
        after = changes[count - 1].change;
        mark = arena_format(at->cx.arena, "%llu", (unsigned long long)after);
        StoreLoad load = {.changes = changes, .change_count = count, .mark = mark};
        check_int(store_load(to, &at->cx, &load), STATUS_OK);
    }
    check_int(store_audit_read(from, 1, 100, &audits, &count), STATUS_OK);
    StoreLoad load = {.audits = audits, .audit_count = count};
    check_int(store_scan_items(from, STR_EMPTY, STR_EMPTY, all, &items, &count), STATUS_OK);
    load.items = items;
    load.item_count = count;
    StoreJob *jobs;
    check_int(store_job_list(from, &(StoreJobQuery){.limit = 10}, &jobs, &load.job_count),
              STATUS_OK);
    load.jobs = jobs;
    load.drop_jobs = true;
    StoreKeyChange keys[32];
    Str key;
    check_int(store_cursor(from, STR(""), &cursor), STATUS_OK);
    check_int(store_cursor_seek(cursor, STR("\x10")), STATUS_OK);
    for (;; load.key_count++) {
        check_int(store_cursor_next(cursor, &key), STATUS_OK);
        if (!key.at)
            break;
        keys[load.key_count] = (StoreKeyChange){arena_str(at->cx.arena, key), false};
    }
    load.keys = keys;
    check_int(store_load(to, &at->cx, &load), STATUS_OK);
}

static void check_history(Contract *at, StoreReader *left, StoreReader *right, uint16_t type,
                          const char *id)
{
    StoreChange *a, *b;
    size_t a_count, b_count;
    StoreHistory query = {.type = type, .id = str_of(id), .limit = 100, .with_body = true};
    check_int(store_history(left, &query, &a, &a_count), STATUS_OK);
    check_int(store_history(right, &query, &b, &b_count), STATUS_OK);
    check_int(a_count, b_count);
    check(a_count > 0);
    for (size_t i = 0; i < a_count; i++) {
        check_int(a[i].change, b[i].change);
        check_int(a[i].row.rid, b[i].row.rid);
        check_int(a[i].row.version, b[i].row.version);
        check_int(a[i].row.method, b[i].row.method);
        check_int(a[i].row.updated, b[i].row.updated);
        check_str(a[i].row.id, b[i].row.id);
        check_str(a[i].row.facts, b[i].row.facts);
        check_str(a[i].row.body, b[i].row.body);
    }
    UNUSED(at);
}

static void check_jobs(Contract *at, StoreReader *left, StoreReader *right)
{
    StoreJob *a, *b;
    size_t a_count, b_count;
    StoreJobQuery query = {.limit = 10};
    check_int(store_job_list(left, &query, &a, &a_count), STATUS_OK);
    check_int(store_job_list(right, &query, &b, &b_count), STATUS_OK);
    check_int(a_count, b_count);
    check(a_count > 0);
    for (size_t i = 0; i < a_count; i++) {
        check_int(a[i].number, b[i].number);
        check_int(a[i].state, b[i].state);
        check_int(a[i].due, b[i].due);
        check_str(a[i].kind, b[i].kind);
        check_str(a[i].payload, b[i].payload);
    }
    UNUSED(at);
}

static void check_same(Contract *at, StoreReader *left, StoreReader *right)
{
    StoreTip a, b;
    StoreAuditRow *rows, *others;
    size_t count, other_count;
    check_int(store_tip(left, &a), STATUS_OK);
    check_int(store_tip(right, &b), STATUS_OK);
    check_int(a.change, b.change);
    check_int(a.audit, b.audit);
    check_history(at, left, right, 0, "");
    check_history(at, left, right, TYPE_A, "");
    check_history(at, left, right, TYPE_A, "x");
    check_history(at, left, right, TYPE_A, "y");
    check_str(contract_keys(at, left, KIND), contract_keys(at, right, KIND));
    check_str(items_of(at, left, all), items_of(at, right, all));
    check_jobs(at, left, right);
    check_int(store_audit_read(left, 1, 100, &rows, &count), STATUS_OK);
    check_int(store_audit_read(right, 1, 100, &others, &other_count), STATUS_OK);
    check_int(count, other_count);
    for (size_t i = 0; i < count; i++) {
        check_int(rows[i].number, others[i].number);
        check_int(rows[i].at, others[i].at);
        check_str(rows[i].entry, others[i].entry);
    }
}

static Store *open_other(Contract *at, StoreOptions options, StoreUse use)
{
    Store *store = NULL;
    options.use = use;
    Status status = store_open(&at->cx, &options, &store);
    if (status != STATUS_OK)
        fail_msg("open: " STR_FMT, STR_ARG(at->cx.issues_last->diagnostics));
    return store;
}

static void a_filled_store_is_the_same_store(void **state)
{
    Contract *at = *state;
    StoreTip tip;
    fill(at);
    Str key = STR(KIND "rekeyed");
    StoreRekey rekey = {.add = &key, .add_count = 1};
    StoreCommit commit = {.rekeys = &rekey, .rekey_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    uint64_t z = put(at, "z2", 1, 0, 0, KIND "z2", NULL);
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    StoreOptions options = contract_other(&at->cx);
    StoreReader *from = contract_read(at), *reader;
    check_int(store_tip(from, &tip), STATUS_OK);
    CASE("stopped in the middle");
    Store *other = open_other(at, options, STORE_FILL);
    copy(at, from, other, few, true);
    check_int(contract_try(&(Contract){.cx = at->cx, .store = other, .access = at->access},
                           &(Draft){.id = "n", .version = 1, .body = "n"}),
              STATUS_UNAVAILABLE);
    store_close(other);
    CASE("it is no store yet");
    check_int(store_open(&at->cx, &options, &other), STATUS_INVALID);
    CASE("and goes on");
    other = open_other(at, options, STORE_FILL);
    copy(at, from, other, few, false);
    check_int(store_load_end(other, &at->cx, &tip), STATUS_OK);
    store_close(other);
    CASE("it is one now, and not to be filled again");
    StoreOptions again = options;
    again.use = STORE_FILL;
    check_int(store_open(&at->cx, &again, &other), STATUS_CONFLICT);
    other = open_other(at, options, STORE_SERVE);
    check_int(store_read_begin(other, &at->cx, at->access, &reader), STATUS_OK);
    check_same(at, from, reader);
    store_read_end(reader);
    check_int(store_check(other, &at->cx, NULL, NULL), STATUS_OK);
    CASE("numbers go on where they were");
    check(store_new_rid(other) > z);
    Contract there = {.cx = at->cx, .store = other, .access = at->access};
    StoreReader *after;
    StoreRow x;
    check_int(store_get_now(other, &at->cx, at->access, TYPE_A, STR("x"), &x), STATUS_OK);
    put(&there, "x", 4, x.rid, 0, NULL, NULL);
    check_int(store_read_begin(other, &at->cx, at->access, &after), STATUS_OK);
    StoreTip now;
    check_int(store_tip(after, &now), STATUS_OK);
    check_int(now.change, tip.change + 1);
    check(now.job >= tip.job);
    store_read_end(after);
    forget(at);
    store_close(other);
}

static void only_an_empty_store_is_filled(void **state)
{
    Contract *at = *state;
    Str audit = STR("one");
    StoreCommit commit = {.audits = &audit, .audit_count = 1};
    StoreOptions options = contract_other(&at->cx), fill_it = options;
    Store *other = open_other(at, options, STORE_SERVE);
    check_int(store_commit(other, &at->cx, NULL, &commit), STATUS_OK);
    store_close(other);
    fill_it.use = STORE_FILL;
    check_int(store_open(&at->cx, &fill_it, &other), STATUS_CONFLICT);
    other = open_other(at, options, STORE_SERVE);
    store_close(other);
}

static void rekey_facts(Contract *at, uint64_t rid, uint32_t version, const char *facts)
{
    StoreRekey rekey = {.rid = rid, .version = version, .facts = str_of(facts)};
    StoreCommit commit = {.rekeys = &rekey, .rekey_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
}

/* Rows are copied before they are labelled anew: the log says what they have now. */
static void facts_that_are_replaced_are_logged_and_loaded(void **state)
{
    Contract *at = *state;
    StoreTip tip;
    StoreKeyChange *keys;
    StoreChange *changes, *there;
    size_t count, key_count = 0, there_count;
    StoreOptions options = contract_other(&at->cx);
    uint64_t place;
    uint64_t x = put(at, "x", 1, 0, 0, KIND "x", NULL);
    put(at, "y", 1, 0, 0, KIND "y", NULL);
    check_int(store_log_keys(at->store, &at->cx, at->access, true), STATUS_OK);
    StoreReader *before = contract_read(at), *after, *reader;
    check_int(store_tip(before, &tip), STATUS_OK);
    check_int(store_scan_changes(before, 0, all, &changes, &count), STATUS_OK);
    store_read_end(before);
    rekey_facts(at, x, 1, "first");
    rekey_facts(at, x, 1, "once more");
    put(at, "x", 2, x, 0, KIND "x2", NULL);
    rekey_facts(at, x, 2, "second");
    Store *other = open_other(at, options, STORE_FILL);
    StoreLoad rows = {.changes = changes, .change_count = count};
    check_int(store_load(other, &at->cx, &rows), STATUS_OK);
    after = contract_read(at);
    place = tip.keys;
    check_int(store_tip(after, &tip), STATUS_OK);
    check_int(store_scan_changes(after, changes[count - 1].change, all, &changes, &count),
              STATUS_OK);
    rows = (StoreLoad){.changes = changes, .change_count = count};
    check_int(store_load(other, &at->cx, &rows), STATUS_OK);
    while (place < tip.keys) {
        check_int(store_scan_keys(after, place, few, &keys, &key_count, &place), STATUS_OK);
        StoreLoad unit = {.keys = keys, .key_count = key_count};
        check_int(store_load(other, &at->cx, &unit), STATUS_OK);
    }
    check_int(store_load_end(other, &at->cx, &tip), STATUS_OK);
    store_close(other);
    other = open_other(at, options, STORE_SERVE);
    check_int(store_read_begin(other, &at->cx, at->access, &reader), STATUS_OK);
    check_int(store_scan_changes(reader, 0, all, &there, &there_count), STATUS_OK);
    check_int(there_count, 3);
    check_str(there[0].row.facts, STR("once more"));
    check_str(there[1].row.facts, STR(KIND "y"));
    check_str(there[2].row.facts, STR("second"));
    store_read_end(reader);
    check_int(store_check(other, &at->cx, NULL, NULL), STATUS_OK);
    forget(at);
    store_close(other);
}

static int begin(void **state)
{
    contract_as_owner(true);
    return contract_setup(state);
}

static int end(void **state)
{
    int code = contract_teardown(state);
    contract_as_owner(false);
    return code;
}

#define MOVE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

const struct CMUnitTest contract_move_tests[] = {
    MOVE_TEST(changes_come_in_order_from_any_place),
    MOVE_TEST(items_come_in_order_without_the_stores_own),
    MOVE_TEST(keys_that_come_and_go_are_logged),
    MOVE_TEST(a_sealed_store_takes_nothing),
    MOVE_TEST(a_store_that_was_moved_is_not_served),
    MOVE_TEST(a_filled_store_is_the_same_store),
    MOVE_TEST(only_an_empty_store_is_filled),
    MOVE_TEST(facts_that_are_replaced_are_logged_and_loaded),
};
const size_t contract_move_count = COUNT_OF(contract_move_tests);
