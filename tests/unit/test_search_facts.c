/* The facts of rows are remembered between searches. Attacked here: writers move rows from one
 * patient to another and back while readers on old and new snapshots ask; a label is made anew
 * without a new version; more changes than are looked at one by one. Whatever is remembered, each
 * answer is that of its own snapshot: as many rows as its writer had given to the patient then.
 * src/search/sight.c says why that holds. */
#include <pthread.h>
#include <stdatomic.h>

#include "sight_fixture.h"

enum { ROWS = 24, READERS = 3, ROUNDS = 150 };

static Fixture f;
static atomic_bool ended;
static atomic_uint wrong, asked;

/* Row i says in its code whom it is about: a row that is seen says p1, and every row says so that
 * is about him. All rows are moved together, so that a snapshot has all of them or none. */
static Str rows_about(Ctx *cx, const char *patient)
{
    Buf buf;
    buf_init(&buf, cx->arena, 4096, 1 << 20);
    buf_add_lit(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (int i = 0; i < ROWS; i++)
        buf_format(
            &buf,
            "%s{\"request\":{\"method\":\"PUT\",\"url\":\"Observation/o%d\"},\"resource\":{"
            "\"resourceType\":\"Observation\",\"id\":\"o%d\",\"status\":\"final\",\"code\":{"
            "\"coding\":[{\"system\":\"http://l\",\"code\":\"x\"}],\"text\":\"%s\"},\"subject\":{"
            "\"reference\":\"Patient/%s\"}}}",
            i ? "," : "", i, i, patient, patient);
    buf_add_lit(&buf, "]}");
    return buf_str(&buf);
}

static Status move(Ctx *cx, const char *patient)
{
    Reply reply;
    Call call = fixture_call(&f);
    Str text = rows_about(cx, patient);
    char *at = arena_alloc(cx->arena, text.len + JSON_PADDING);
    memcpy(at, text.at, text.len);
    (void)record_bundle(f.record, cx, &call, (Body){at, text.len}, &reply);
    return record_finish(f.record, cx, &call, &reply);
}

/* A search answered for p1's GP: all rows or none, and none that is about p2. */
static void ask(Ctx *cx, const Access *gp)
{
    Reply reply;
    Call call = fixture_call(&f);
    RecordScope scope = {.type = STR("Observation")};
    call.access = gp;
    call.query = STR("code=x&_count=100&_total=accurate");
    (void)record_search(f.record, cx, &call, &scope, &reply);
    if (record_finish(f.record, cx, &call, &reply) != STATUS_OK)
        return;
    bool all = memmem(reply.body.at, reply.body.len, "\"total\":24", 10);
    bool none = memmem(reply.body.at, reply.body.len, "\"total\":0", 9);
    bool hidden = memmem(reply.body.at, reply.body.len, "Patient/p2", 10);
    atomic_fetch_add(&asked, 1);
    if ((!all && !none) || hidden)
        atomic_fetch_add(&wrong, 1);
}

static const Access *gp_of(const char *patient)
{
    const char *patients[] = {patient, NULL};
    return person_of(&f, "Practitioner/gp", rights_of(&f, ROLE_GP, patients, mask_of_all()));
}

static void *read_on(void *to)
{
    Ctx cx = testing_ctx();
    while (!atomic_load(&ended)) {
        ask(&cx, to);
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
    }
    arena_free(cx.arena);
    return NULL;
}

static void rows_that_move_are_seen_as_they_are(void **state)
{
    pthread_t readers[READERS];
    UNUSED(state);
    fixture_open(&f, true);
    const Access *gp = gp_of("Patient/p1");
    assert_int_equal(move(&f.cx, "p1"), STATUS_OK);
    fixture_clear(&f);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, (void *)gp), 0);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(move(&f.cx, i % 2 ? "p1" : "p2"), STATUS_OK);
        fixture_clear(&f);
    }
    atomic_store(&ended, true);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    check_int(atomic_load(&wrong), 0);
    check(atomic_load(&asked) > READERS);
    fixture_close(&f);
}

/* ---- snapshots kept open
 * ------------------------------------------------------------------------- */

static uint64_t count_on(StoreReader *reader, const Access *gp)
{
    Search *search = record_index(f.record);
    SearchScope scope = {.access = gp, .type = fhir_type_find(STR("Observation"))};
    const SearchQuery *query;
    SearchPage page;
    unsigned hold = search_hold(search);
    assert_int_equal(search_parse(search, &f.cx, &scope, STR("_summary=count"), &query), STATUS_OK);
    (void)store_read_as(reader, gp);
    assert_int_equal(search_run(search, &f.cx, reader, query, &page), STATUS_OK);
    search_let_go(search, hold);
    return page.total;
}

/* Snapshots in every order, each asked for two people, whose facts fill each other's places. */
static void each_snapshot_has_its_own_facts(void **state)
{
    enum { KEPT = 6 };
    StoreReader *readers[KEPT];
    UNUSED(state);
    fixture_open(&f, true);
    const Access *one = gp_of("Patient/p1"), *two = gp_of("Patient/p2");
    for (int i = 0; i < KEPT; i++) {
        Ctx cx = testing_ctx();
        assert_int_equal(move(&cx, i % 2 ? "p1" : "p2"), STATUS_OK);
        arena_free(cx.arena);
        assert_int_equal(store_read_begin(f.store, &f.cx, f.access, &readers[i]), STATUS_OK);
        (void)count_on(readers[i], one); /* the snapshot is taken by the first question */
    }
    for (int round = 0; round < 40; round++) {
        int i = round * 5 % KEPT;
        check_int(count_on(readers[i], one), i % 2 ? ROWS : 0);
        check_int(count_on(readers[i], two), i % 2 ? 0 : ROWS);
    }
    for (int i = 0; i < KEPT; i++)
        store_read_end(readers[i]);
    fixture_close(&f);
}

/* A label made anew: no version, no change; the epoch says it. */
static void labels_made_anew_count_at_once(void **state)
{
    unsigned char packed[FACTS_BYTES_MAX];
    StoreReader *reader;
    StoreRow row;
    UNUSED(state);
    fixture_open(&f, true);
    const Access *gp = gp_of("Patient/p1");
    assert_int_equal(move(&f.cx, "p1"), STATUS_OK);
    assert_int_equal(store_read_begin(f.store, &f.cx, f.access, &reader), STATUS_OK);
    check_int(count_on(reader, gp), ROWS);
    (void)store_read_as(reader, f.access);
    assert_int_equal(store_get(reader, fhir_type_find(STR("Observation")), STR("o3"), false, &row),
                     STATUS_OK);
    store_read_end(reader);
    Facts facts = {.class = D14_PSYCHOTHERAPY,
                   .subject_count = 1,
                   .subjects = {search_hash_text(record_index(f.record), STR("Patient/p1"))}};
    StoreRekey rekey = {.rid = row.rid,
                        .version = row.version,
                        .facts = str_n((const char *)packed, facts_pack(&facts, packed))};
    StoreCommit commit = {.rekeys = &rekey, .rekey_count = 1, .raises = 1u << STORE_EPOCH_ACCESS};
    assert_int_equal(store_commit(f.store, &f.cx, f.access, &commit), STATUS_OK);
    assert_int_equal(store_read_begin(f.store, &f.cx, f.access, &reader), STATUS_OK);
    check_int(count_on(reader, gp), ROWS - 1);
    store_read_end(reader);
    fixture_close(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_move_are_seen_as_they_are),
        cmocka_unit_test(each_snapshot_has_its_own_facts),
        cmocka_unit_test(labels_made_anew_count_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
