/* What is taken away is gone at once, and whatever fails shows nothing.
 *
 *   revocation   many threads read and search without a pause; a link ends, a block is written,
 *                consent is withdrawn: whatever began after that commit was acknowledged is refused
 *   decided      a write that was prepared before is not committed after
 *   links        a page link is good for whoever got it, and for nobody else
 *   closed       nobody without rights, and no row without facts; a store that fails in the middle
 *                of a request shows nothing */
#include <pthread.h>
#include <stdatomic.h>

#include "fhir/fhir.h"
#include "record_fixture.h"

enum { THREADS = 6, ROUNDS = 12 };

static const Access *person(Arena *arena, const char *role, const char *reference)
{
    AccessGrant grant = {.account = str_of(reference),
                         .role = str_of(role),
                         .reference = str_of(reference),
                         .may_write = true};
    return access_grant(arena, &grant);
}

static void put(Fixture *f, const char *type, const char *id, Str text)
{
    fixture_clear(f);
    check_int(fixture_put(f, str_of(type), str_of(id), text, STR_EMPTY), STATUS_OK);
}

#define TEAM(status)                                                                               \
    STR("{\"resourceType\":\"CareTeam\",\"id\":\"t\",\"status\":\"" status "\",\"category\":[{"    \
        "\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"own-gp\"}]}],\"subject\":{"         \
        "\"reference\":\"Patient/"                                                                 \
        "p\"},\"period\":{\"start\":\"2020-01-01\",\"end\":\"2099-01-01\"},"                       \
        "\"participant\":[{\"member\":{\"reference\":\"Practitioner/d\"}}]}")
#define CONSENT(id, category, status, provision)                                                   \
    STR("{\"resourceType\":\"Consent\",\"id\":\"" id "\",\"status\":\"" status "\",\"scope\":{"    \
        "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":" \
        "\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":\"urn:aceso:consent\","     \
        "\"code\":\"" category "\"}]}],\"patient\":{\"reference\":\"Patient/p\"},\"policyRule\":{" \
        "\"text\":\"x\"},\"provision\":{" provision "}}")
#define BLOCK(status)                                                                              \
    CONSENT("b", "block", status,                                                                  \
            "\"type\":\"deny\",\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":{"              \
            "\"reference\":\"Practitioner/d\"}}]")
#define NETWORK(status) CONSENT("n", "network", status, "\"type\":\"permit\"")

static void begin(Fixture *f)
{
    fixture_open(f, true);
    put(f, "Patient", "p", STR("{\"resourceType\":\"Patient\",\"id\":\"p\"}"));
    put(f, "Practitioner", "d", STR("{\"resourceType\":\"Practitioner\",\"id\":\"d\"}"));
    for (int i = 0; i < 5; i++) {
        char id[4] = {'o', (char)('0' + i), 0};
        Str text = arena_format(f->forever,
                                "{\"resourceType\":\"AllergyIntolerance\",\"id\":\"%s\","
                                "\"patient\":{\"reference\":\"Patient/p\"}}",
                                id);
        put(f, "AllergyIntolerance", id, text);
    }
    put(f, "Consent", "n", NETWORK("active"));
    put(f, "CareTeam", "t", TEAM("active"));
}

/* ---- one question
 * -------------------------------------------------------------------------------- */

static Call call_of(const Access *access, const char *query)
{
    return (Call){.access = access,
                  .base = STR("http://test/fhir"),
                  .address = STR("127.0.0.1"),
                  .if_match = STR_EMPTY,
                  .if_none_match = STR_EMPTY,
                  .if_modified_since = STR_EMPTY,
                  .if_none_exist = STR_EMPTY,
                  .prefer = STR_EMPTY,
                  .query = str_of(query)};
}

/* How much somebody is shown: 0 nothing. */
static unsigned shown(Record *record, Ctx *cx, const Access *access, bool search)
{
    Reply reply;
    Call call = call_of(access, search ? "_count=3&_total=accurate" : "");
    RecordScope scope = {STR("AllergyIntolerance"), STR_EMPTY, STR_EMPTY};
    Status status = STATUS_CONFLICT;
    for (int tries = 0; tries < 20 && status == STATUS_CONFLICT; tries++) {
        arena_clear(cx->arena);
        *cx = (Ctx){.arena = cx->arena};
        status = search
                     ? record_search(record, cx, &call, &scope, &reply)
                     : record_read(record, cx, &call, STR("AllergyIntolerance"), STR("o1"), &reply);
    }
    if (status != STATUS_OK)
        return 0;
    return str_contains(reply.body, "Patient/p") || !str_contains(reply.body, "\"total\":0");
}

/* ---- revocation
 * --------------------------------------------------------------------------------------- */

typedef struct {
    Fixture *f;
    const Access *doctor;
    atomic_bool stop, gone; /* gone: the commit that takes it away has been acknowledged */
    atomic_uint joined, turns[THREADS], seen, late;
} Crowd;

static void *ask_on(void *of)
{
    Crowd *crowd = of;
    unsigned who = atomic_fetch_add(&crowd->joined, 1);
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    for (unsigned i = 0; !atomic_load(&crowd->stop); i++) {
        bool gone = atomic_load(&crowd->gone);
        unsigned some = shown(crowd->f->record, &cx, crowd->doctor, i % 2);
        atomic_fetch_add(&crowd->seen, some);
        if (gone) /* it was gone before this began */
            atomic_fetch_add(&crowd->late, some);
        atomic_fetch_add(&crowd->turns[who], 1);
    }
    arena_free(cx.arena);
    return NULL;
}

static void wait_until_seen(Crowd *crowd)
{
    unsigned before = atomic_load(&crowd->seen);
    for (int i = 0; i < 20000 && atomic_load(&crowd->seen) < before + THREADS; i++)
        usleep(500);
    check(atomic_load(&crowd->seen) > before);
}

/* Each of them has begun and ended a request since. */
static void wait_until_asked(Crowd *crowd)
{
    unsigned before[THREADS];
    for (int i = 0; i < THREADS; i++)
        before[i] = atomic_load(&crowd->turns[i]);
    for (int i = 0; i < THREADS; i++) {
        while (atomic_load(&crowd->turns[i]) < before[i] + 2)
            usleep(200);
    }
}

static const struct {
    const char *why, *type, *id;
    Str take, give;
} ways[] = {
    {"a link that ended", "CareTeam", "t", {NULL, 0}, {NULL, 0}},
    {"a block", "Consent", "b", {NULL, 0}, {NULL, 0}},
    {"consent that was withdrawn", "Consent", "n", {NULL, 0}, {NULL, 0}},
};

static Str paper_of(size_t way, bool take)
{
    switch (way) {
    case 0: return take ? TEAM("inactive") : TEAM("active");
    case 1: return take ? BLOCK("active") : BLOCK("inactive");
    default: return take ? NETWORK("inactive") : NETWORK("active");
    }
}

static void the_next_request_is_refused(void **state)
{
    UNUSED(state);
    Fixture f;
    begin(&f);
    Crowd crowd = {.f = &f, .doctor = person(f.forever, "gp", "Practitioner/d")};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_on, &crowd), 0);
    for (int round = 0; round < ROUNDS; round++) {
        size_t way = (size_t)round % COUNT_OF(ways);
        CASE(ways[way].why);
        wait_until_seen(&crowd);
        put(&f, ways[way].type, ways[way].id, paper_of(way, true));
        atomic_store(&crowd.gone, true);
        wait_until_asked(&crowd);
        atomic_store(&crowd.gone, false);
        wait_until_asked(&crowd); /* whoever saw that it was gone has finished */
        put(&f, ways[way].type, ways[way].id, paper_of(way, false));
    }
    atomic_store(&crowd.stop, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    unsigned asked = 0;
    for (int i = 0; i < THREADS; i++)
        asked += atomic_load(&crowd.turns[i]);
    print_message("# %u requests, %u saw something, %u of them too late\n", asked,
                  atomic_load(&crowd.seen), atomic_load(&crowd.late));
    check_int(atomic_load(&crowd.late), 0);
    fixture_close(&f);
}

/* Prepared with rights that are gone when it is committed: not committed. */
static void a_decision_on_rights_that_are_gone_does_not_hold(void **state)
{
    UNUSED(state);
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        Fixture f;
        CASE(ways[way].why);
        begin(&f);
        Call call = call_of(person(f.forever, "gp", "Practitioner/d"), "");
        Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
        Reply reply;
        static char text[512];
        snprintf(text, sizeof(text),
                 "{\"resourceType\":\"AllergyIntolerance\",\"id\":\"o1\","
                 "\"patient\":{\"reference\":\"Patient/p\"},\"note\":[{\"text\":"
                 "\"after\"}]}");
        check_int(record_update(f.record, &cx, &call, STR("AllergyIntolerance"), STR("o1"),
                                (Body){text, strlen(text)}, &reply),
                  STATUS_OK);
        put(&f, ways[way].type, ways[way].id, paper_of(way, true));
        check_int(record_finish(f.record, &cx, &call, &reply), STATUS_CONFLICT);
        fixture_clear(&f);
        check_int(fixture_read(&f, STR("AllergyIntolerance"), STR("o1"), STR_EMPTY), STATUS_OK);
        check(!str_contains(f.reply.body, "after"));
        arena_free(cx.arena);
        fixture_close(&f);
    }
}

/* ---- page links
 * ---------------------------------------------------------------------------------------- */

static void a_page_link_is_for_whoever_got_it(void **state)
{
    UNUSED(state);
    Fixture f;
    begin(&f);
    const Access *doctor = person(f.forever, "gp", "Practitioner/d");
    const Access *others[] = {person(f.forever, "gp", "Practitioner/e"),
                              person(f.forever, "nurse", "Practitioner/d")};
    Call call = call_of(doctor, "_count=2");
    RecordScope scope = {STR("AllergyIntolerance"), STR_EMPTY, STR_EMPTY};
    fixture_clear(&f);
    check_int(record_search(f.record, &f.cx, &call, &scope, &f.reply), STATUS_OK);
    static const Str mark = STR_INIT("\"relation\":\"next\",\"url\":\"");
    const char *at = memmem(f.reply.body.at, f.reply.body.len, mark.at, mark.len);
    assert_non_null(at);
    Str rest = str_of(arena_str(f.forever, str_n(at + mark.len, 600)).at);
    Str url = str_cut(&rest, '"');
    call.query = str_from(url, str_index(url, '?') + 1);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        CASE("another caller, or the same in another role");
        Call theirs = call;
        theirs.access = others[i];
        fixture_clear(&f);
        check_int(record_search(f.record, &f.cx, &theirs, &scope, &f.reply), STATUS_INVALID);
    }
    fixture_clear(&f);
    CASE("himself");
    check_int(record_search(f.record, &f.cx, &call, &scope, &f.reply), STATUS_OK);
    CASE("himself, after the rules of his links have changed");
    put(&f, "CareTeam", "t", TEAM("inactive"));
    fixture_clear(&f);
    (void)record_search(f.record, &f.cx, &call, &scope, &f.reply);
    check(f.reply.status != STATUS_OK || !str_contains(f.reply.body, "Patient/p"));
    fixture_close(&f);
}

/* ---- closed
 * ---------------------------------------------------------------------------------------------- */

static void who_is_not_known_is_shown_nothing(void **state)
{
    UNUSED(state);
    Fixture f;
    begin(&f);
    static const struct {
        const char *why, *role, *reference;
    } cases[] = {
        {"no role", "", "Practitioner/d"},
        {"a role that there is not", "doctor", "Practitioner/d"},
        {"nobody's account", "gp", ""},
        {"an account of somebody who is not there", "gp", "Practitioner/nobody"},
        {"a patient whose account names none", "patient", ""},
        {"a patient whose account names a practitioner", "patient", "Practitioner/d"},
        {"a proxy of nobody", "proxy", "RelatedPerson/nobody"},
        {"a word that is not a reference", "gp", "Patient/../p"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        const Access *access = person(f.forever, c->role, c->reference);
        check_int(shown(f.record, &f.cx, access, false), 0);
        check_int(shown(f.record, &f.cx, access, true), 0);
    }
    fixture_close(&f);
}

/* A store without room for readers: nothing begins, and nothing is shown. */
static void a_store_that_fails_shows_nothing(void **state)
{
    UNUSED(state);
    Fixture f;
    begin(&f);
    const Access *doctor = person(f.forever, "gp", "Practitioner/d");
    RecordScope scope = {STR("AllergyIntolerance"), STR_EMPTY, STR_EMPTY};
    CASE("it is seen before");
    check_int(shown(f.record, &f.cx, doctor, true), 1);
    unsigned refused = 0, told = 0;
    for (size_t bytes = 1024; bytes < (4u << 20);
         bytes += bytes / 12) { /* the n-th allocation fails */
        Ctx cx = {.arena = arena_new(bytes, false)};
        Call call = call_of(doctor, "_count=3&_total=accurate&_include=*&_revinclude=*");
        Reply reply;
        Status status = record_search(f.record, &cx, &call, &scope, &reply);
        CASE("memory ended in the middle");
        check(status == STATUS_OK || !reply.body.len || !str_contains(reply.body, "Patient/p"));
        refused += status != STATUS_OK;
        told += status == STATUS_OK;
        arena_free(cx.arena);
    }
    check(refused > 0 && told > 0);
    CASE("the deadline passed in the middle");
    Ctx late = {.arena = arena_new((size_t)64 << 20, false), .deadline = 1};
    Call call = call_of(doctor, "_count=3");
    Reply reply;
    Status status = record_search(f.record, &late, &call, &scope, &reply);
    check(status == STATUS_OK || !str_contains(reply.body, "Patient/p"));
    arena_free(late.arena);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_request_is_refused),
        cmocka_unit_test(a_decision_on_rights_that_are_gone_does_not_hold),
        cmocka_unit_test(a_page_link_is_for_whoever_got_it),
        cmocka_unit_test(who_is_not_known_is_shown_nothing),
        cmocka_unit_test(a_store_that_fails_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
