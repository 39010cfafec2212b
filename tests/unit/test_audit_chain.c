/* The audit chain: everything that somebody may do to the rows of the log is found, and where. */
#include <pthread.h>
#include <unistd.h>

#include "store_place.h"
#include "testing.h"

#include "access/grant.h"
#include "audit/audit.h"
#include "audit/verify.h"
#include "store/moving.h"

enum { ROWS_MAX = 256, THREADS = 4, COMMITS = 12, ROOTS_MAX = 8 };

typedef struct {
    Ctx cx;
    char folder[64];
    StoreOptions options;
    Store *store;
    const Access *access;
    AuditRoot roots[ROOTS_MAX];
    size_t root_count;
    StoreAuditRow *rows;
    size_t count;
} Scene;

/* ---- a log with groups and roots -------------------------------------------------------- */

static void add_entries(Scene *s, Ctx *cx, const char *who)
{
    Str entries[3];
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        AuditEntry entry = {.account = str_of(who), .interaction = STR("read"), .version = 1};
        entry.request_id = arena_format(cx->arena, "%s-%zu", who, i);
        check_int(audit_pack(cx, &entry, &entries[i]), STATUS_OK);
    }
    StoreCommit commit = {.audits = entries, .audit_count = COUNT_OF(entries)};
    check_int(store_commit(s->store, cx, s->access, &commit), STATUS_OK);
}

static void *many_commits(void *to)
{
    Scene *s = to;
    Ctx cx = testing_ctx();
    for (int i = 0; i < COMMITS; i++)
        add_entries(s, &cx, "dr");
    arena_free(cx.arena);
    return NULL;
}

static void add_root(Scene *s)
{
    bool made;
    assert_true(s->root_count < ROOTS_MAX);
    check_int(root_make(&s->cx, s->store, s->access, STR_EMPTY, &s->roots[s->root_count], &made),
              STATUS_OK);
    check(made);
    s->root_count++;
}

static void read_rows(Scene *s)
{
    StoreReader *reader;
    check_int(store_read_begin(s->store, &s->cx, s->access, &reader), STATUS_OK);
    check_int(store_audit_read(reader, 1, ROWS_MAX, &s->rows, &s->count), STATUS_OK);
    store_read_end(reader);
    assert_true(s->count > THREADS * COMMITS * 3 && s->count < ROWS_MAX);
}

static void scene_open(Scene *s)
{
    const char *tmp = getenv("TMPDIR");
    pthread_t threads[THREADS];
    *s = (Scene){.cx = testing_ctx()};
    snprintf(s->folder, sizeof s->folder, "%s/aceso-chain-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    s->options = store_place_make(&s->cx, s->cx.arena, s->folder);
    s->access = access_grant(
        s->cx.arena, &(AccessGrant){.account = STR("test"), .may_write = true, .everything = true});
    check_int(store_open(&s->cx, &s->options, &s->store), STATUS_OK);
    add_entries(s, &s->cx, "first");
    add_root(s);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_commits, s), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    add_root(s);
    add_entries(s, &s->cx, "last");
    add_root(s);
    add_entries(s, &s->cx, "tail");
    read_rows(s);
}

static void scene_close(Scene *s)
{
    char command[96];
    store_close(s->store);
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    assert_int_equal(system(command), 0);
    arena_free(s->cx.arena);
}

static AuditVerdict verdict_of(Scene *s, Store *store, size_t witnessed)
{
    AuditVerdict verdict;
    uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES];
    AuditVerifyOptions options = {.witness = s->roots, .witness_count = witnessed};
    check_int(root_key_known(&s->cx, s->store, s->access, key, &options.key), STATUS_OK);
    check_int(audit_verify(&s->cx, store, s->access, &options, &verdict), STATUS_OK);
    return verdict;
}

/* ---- what somebody may do --------------------------------------------------------------- */

/* Rows of another log, in which the tamperer writes what he likes: he has the rows alone, or knows
 * how links are made too. */
typedef struct {
    StoreAuditRow rows[ROWS_MAX + 1];
    size_t count;
} Log;

static Str flipped(Scene *s, Str bytes, size_t at)
{
    Str copy = arena_str(s->cx.arena, bytes);
    ((char *)(uintptr_t)copy.at)[at % copy.len] ^= 1;
    return copy;
}

/* All links anew: every row a group of its own, as in the embedded store. */
static void link_anew(Scene *s, Log *log)
{
    ChainLink outer = {{0}};
    for (size_t i = 0; i < log->count; i++) {
        StoreAuditRow *row = &log->rows[i];
        row->number = i + 1;
        outer = chain_outer(outer, row->number, chain_inner((ChainLink){{0}}, row->at, row->entry));
        row->link = arena_str(s->cx.arena, chain_str(&outer));
    }
}

static void remove_row(Log *log, size_t at)
{
    memmove(&log->rows[at], &log->rows[at + 1], (--log->count - at) * sizeof(log->rows[0]));
}

static void put_row(Log *log, size_t at, StoreAuditRow row)
{
    memmove(&log->rows[at + 1], &log->rows[at], (log->count++ - at) * sizeof(log->rows[0]));
    log->rows[at] = row;
}

static void number_anew(Log *log)
{
    for (size_t i = 0; i < log->count; i++)
        log->rows[i].number = i + 1;
}

static void flip_entry(Scene *s, Log *log)
{
    log->rows[20].entry = flipped(s, log->rows[20].entry, 9);
}
static void flip_time(Scene *s, Log *log)
{
    UNUSED(s);
    log->rows[20].at ^= 1;
}
static void flip_link(Scene *s, Log *log)
{
    log->rows[20].link = flipped(s, log->rows[20].link, 31);
}
static void drop_link(Scene *s, Log *log)
{
    UNUSED(s);
    log->rows[20].link = STR_EMPTY;
}
static void drop_links_before(Scene *s, Log *log)
{
    UNUSED(s);
    for (size_t i = 0; i <= 20; i++)
        log->rows[i].link = STR_EMPTY;
}
static void delete_row(Scene *s, Log *log)
{
    UNUSED(s);
    remove_row(log, 20);
}
static void delete_and_number(Scene *s, Log *log)
{
    UNUSED(s);
    remove_row(log, 20);
    number_anew(log);
}
static void swap_rows(Scene *s, Log *log)
{
    UNUSED(s);
    StoreAuditRow row = log->rows[20];
    log->rows[20] = log->rows[24];
    log->rows[24] = row;
    number_anew(log);
}
static void insert_row(Scene *s, Log *log)
{
    UNUSED(s);
    StoreAuditRow row = log->rows[20];
    row.entry = STR("somebody else");
    put_row(log, 20, row);
    number_anew(log);
}
static void replay_row(Scene *s, Log *log)
{
    UNUSED(s);
    put_row(log, 20, log->rows[10]);
    number_anew(log);
}
static void replay_later(Scene *s, Log *log)
{
    UNUSED(s);
    log->rows[20].entry = log->rows[10].entry;
    log->rows[20].at = log->rows[10].at;
    log->rows[20].link = log->rows[10].link;
}
static void cut_front(Scene *s, Log *log)
{
    UNUSED(s);
    remove_row(log, 0);
}
static void cut_front_and_number(Scene *s, Log *log)
{
    UNUSED(s);
    remove_row(log, 0);
    number_anew(log);
}
static void change_and_link(Scene *s, Log *log)
{
    flip_entry(s, log);
    link_anew(s, log);
}
static void delete_and_link(Scene *s, Log *log)
{
    remove_row(log, 20);
    link_anew(s, log);
}
static void change_root(Scene *s, Log *log)
{
    size_t at = 3;
    assert_true(root_is(log->rows[at].entry));
    log->rows[at].entry = flipped(s, log->rows[at].entry, 20);
    link_anew(s, log);
}
static void sign_by_another(Scene *s, Log *log)
{
    AuditRoot root;
    uint8_t seed[CRYPTO_SIGN_SEED_BYTES] = {1};
    char *bytes = arena_alloc_raw(s->cx.arena, ROOT_BYTES);
    check(root_read(log->rows[3].entry, &root));
    root_sign(&root, seed);
    root_write(&root, bytes);
    log->rows[3].entry = str_n(bytes, ROOT_BYTES);
    link_anew(s, log);
}
static void cut_end(Scene *s, Log *log)
{
    UNUSED(s);
    log->count -= 3; /* the entries behind the last root: nobody else has seen them */
}
static void cut_end_and_root(Scene *s, Log *log)
{
    UNUSED(s);
    log->count -= 4;
}
static void rewrite_end(Scene *s, Log *log)
{
    log->count -= 4;
    flip_entry(s, log);
    log->count = 21;
    link_anew(s, log);
}

static const struct {
    const char *why;
    void (*tamper)(Scene *s, Log *log);
    AuditFault fault;
    uint64_t number;   /* 0: any */
    size_t witnessed;  /* how many roots the witness has */
    bool head_is_told; /* the store knows how many rows it has */
} attacks[] = {
    {"a bit of an entry is flipped", flip_entry, AUDIT_CHANGED, 21, 0, false},
    {"the time of an entry is changed", flip_time, AUDIT_CHANGED, 21, 0, false},
    {"a link is changed", flip_link, AUDIT_CHANGED, 21, 0, false},
    {"a link is taken away", drop_link, AUDIT_CHANGED, 21, 0, false},
    {"all links up to there are, and a root stands there", drop_links_before, AUDIT_UNTRUE, 0, 0,
     false},
    {"a row is deleted", delete_row, AUDIT_MISSING, 21, 0, false},
    {"and the others numbered anew", delete_and_number, AUDIT_CHANGED, 0, 0, false},
    {"two rows change places", swap_rows, AUDIT_CHANGED, 21, 0, false},
    {"a row is put in", insert_row, AUDIT_CHANGED, 21, 0, false},
    {"an old row is put in again", replay_row, AUDIT_CHANGED, 21, 0, false},
    {"an old row takes the place of another", replay_later, AUDIT_CHANGED, 21, 0, false},
    {"the first row is cut off", cut_front, AUDIT_MISSING, 1, 0, false},
    {"and the others numbered anew", cut_front_and_number, AUDIT_CHANGED, 1, 0, false},
    {"changed, and all links made anew", change_and_link, AUDIT_UNTRUE, 0, 0, false},
    {"deleted, and all links made anew", delete_and_link, AUDIT_UNTRUE, 0, 0, false},
    {"a root is changed, and all links made anew", change_root, AUDIT_UNSIGNED, 4, 0, false},
    {"a root of another key, and all links made anew", sign_by_another, AUDIT_UNSIGNED, 4, 0,
     false},
    {"the end is cut off; the store knows better", cut_end, AUDIT_CUT, 0, 0, true},
    {"the end is cut off with the last root; the witness has it", cut_end_and_root, AUDIT_CUT, 0, 3,
     false},
    {"the end is written anew without roots; the witness has one", rewrite_end, AUDIT_CUT, 0, 2,
     false},
};

/* The tampered rows as a store of the same engine. */
static AuditVerdict verdict_of_log(Scene *s, const Log *log, size_t witnessed, uint64_t tip)
{
    Scene other = {.cx = s->cx};
    Store *store;
    const char *tmp = getenv("TMPDIR");
    snprintf(other.folder, sizeof other.folder, "%s/aceso-chain-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(other.folder));
    StoreOptions options = store_place_make(&s->cx, s->cx.arena, other.folder), fill = options;
    const char *why;
    fill.use = STORE_FILL;
    if (store_place_is_database())
        fill.address = arena_format(s->cx.arena, "postgres:%s", test_postgres(false, &why)->owner);
    check_int(store_open(&s->cx, &fill, &store), STATUS_OK);
    StoreLoad load = {.audits = log->rows, .audit_count = log->count};
    check_int(store_load(store, &s->cx, &load), STATUS_OK);
    check_int(store_load_end(store, &s->cx, &(StoreTip){.audit = tip}), STATUS_OK);
    store_close(store);
    check_int(store_open(&s->cx, &options, &store), STATUS_OK);
    AuditVerifyOptions verify = {.witness = s->roots, .witness_count = witnessed};
    AuditVerdict verdict;
    verify.key = s->roots[0].key;
    check_int(audit_verify(&s->cx, store, s->access, &verify, &verdict), STATUS_OK);
    char command[96];
    store_close(store);
    snprintf(command, sizeof command, "rm -rf '%s'", other.folder);
    assert_int_equal(system(command), 0);
    return verdict;
}

static void whatever_is_done_to_the_rows_is_found(void **state)
{
    UNUSED(state);
    Scene s;
    Log log;
    scene_open(&s);
    AuditVerdict verdict = verdict_of(&s, s.store, s.root_count);
    CASE("what nobody touched is sound");
    check_int(verdict.fault, AUDIT_SOUND);
    check_int(verdict.rows, s.count);
    check_int(verdict.roots, 3);
    check_int(verdict.witnessed, 3);
    check_int(verdict.unsigned_rows, 3);
    for (size_t i = 0; i < COUNT_OF(attacks); i++) {
        CASE(attacks[i].why);
        memcpy(log.rows, s.rows, s.count * sizeof(s.rows[0]));
        log.count = s.count;
        attacks[i].tamper(&s, &log);
        uint64_t tip = attacks[i].head_is_told && store_place_is_database() ? s.count : log.count;
        if (attacks[i].head_is_told && !store_place_is_database())
            continue; /* the embedded store has no head beside its rows: the witness is for that */
        verdict = verdict_of_log(&s, &log, attacks[i].witnessed, tip);
        /* In a database the first root falls before the end does: its groups are not remade. */
        if (verdict.fault != AUDIT_UNTRUE || !store_place_is_database())
            check_int(verdict.fault, attacks[i].fault);
        if (attacks[i].number)
            check_int(verdict.number, attacks[i].number);
    }
    scene_close(&s);
}

/* Every bit of every row, whatever its group. */
static void every_flipped_bit_is_found(void **state)
{
    UNUSED(state);
    Scene s;
    bool root;
    scene_open(&s);
    for (size_t at = 0; at < s.count; at++) {
        StoreAuditRow row = s.rows[at];
        for (size_t bit = 0; bit < (row.entry.len + row.link.len + 8) * 8; bit++) {
            AuditChain chain = {0};
            StoreAuditRow changed = row;
            size_t byte = bit / 8;
            for (size_t i = 0; i < at; i++)
                check(chain_step(&chain, &s.rows[i], &root));
            if (byte < row.entry.len) {
                changed.entry = arena_str(s.cx.arena, row.entry);
                ((char *)(uintptr_t)changed.entry.at)[byte] ^= (char)(1 << bit % 8);
            } else if (byte < row.entry.len + row.link.len) {
                changed.link = arena_str(s.cx.arena, row.link);
                ((char *)(uintptr_t)changed.link.at)[byte - row.entry.len] ^= (char)(1 << bit % 8);
            } else {
                changed.at ^= (Time)1 << (bit - (row.entry.len + row.link.len) * 8);
            }
            check(!chain_step(&chain, &changed, &root));
            check_int(chain.number, row.number);
            bit += 6; /* every seventh */
        }
        at += at < 8 ? 0 : 6; /* the first groups and a root, then some */
    }
    scene_close(&s);
}

static void a_root_goes_to_a_witness_and_back(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    uint8_t seed[CRYPTO_SIGN_SEED_BYTES] = {7};
    AuditRoot root = {.number = 12345678901, .at = 1795265725104184, .link = {{1, 2, 255}}}, back;
    check_int(crypto_init(&cx), STATUS_OK);
    root_sign(&root, seed);
    check(root_is_signed(&root));
    Str line = root_line(cx.arena, &root);
    check_int(root_of_line(&cx, line, &back), STATUS_OK);
    check(memcmp(&root, &back, sizeof(root)) == 0);
    back.number++;
    check(!root_is_signed(&back));
    static const Str wrong[] = {STR_INIT(""), STR_INIT("{}"), STR_INIT("{\"number\":1}"),
                                STR_INIT("{\"number\":x,\"microseconds\":1}")};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        check_int(root_of_line(&cx, wrong[i], &back), STATUS_INVALID);
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_done_to_the_rows_is_found),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(a_root_goes_to_a_witness_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
