/* Many writers, one resource: If-Match lets each version be made once, a read after an
 * acknowledged write sees it, no create of the same id wins twice, and a condition has one
 * answer, also while somebody deletes what it finds. */
#include <pthread.h>

#include "record_fixture.h"

enum { THREADS = 4, ROUNDS = 60 };

typedef struct {
    Fixture shared; /* its own Ctx, the common record */
    unsigned number, won;
} Worker;

static void own_context(Worker *w, const Fixture *f, unsigned number)
{
    *w = (Worker){.shared = *f, .number = number};
    w->shared.cx = (Ctx){.arena = arena_new((size_t)64 << 20, false)};
}

static uint64_t count_in(Fixture *f)
{
    JsonValue *extension = json_item(json_get(fixture_json(f), STR("extension")), 0);
    uint64_t value = 0;
    check(str_to_u64(json_str(json_get(extension, STR("valueInteger"))), &value));
    return value;
}

static Str counter(Fixture *f, uint64_t value)
{
    return arena_format(f->cx.arena,
                        "{\"resourceType\":\"Patient\",\"id\":\"c\",\"extension\":[{\"url\":"
                        "\"http://count\",\"valueInteger\":%llu}]}",
                        (unsigned long long)value);
}

/* Adds one under If-Match, again and again until it has won ROUNDS times. */
static void *count_up(void *arg)
{
    Worker *w = arg;
    Fixture *f = &w->shared;
    while (w->won < ROUNDS) {
        fixture_clear(f);
        check_int(fixture_read(f, STR("Patient"), STR("c"), STR_EMPTY), STATUS_OK);
        uint32_t version = f->reply.version;
        Str next = counter(f, count_in(f) + 1);
        Str tag = arena_format(f->cx.arena, "W/\"%u\"", version);
        Status status = fixture_put(f, STR("Patient"), STR("c"), next, tag);
        check(status == STATUS_OK || status == STATUS_PRECONDITION || status == STATUS_CONFLICT);
        if (status != STATUS_OK)
            continue;
        w->won++;
        check_int(f->reply.version, version + 1);
        check_int(fixture_read(f, STR("Patient"), STR("c"), STR_EMPTY), STATUS_OK);
        check(f->reply.version > version);
    }
    return NULL;
}

static void *create_all(void *arg)
{
    Worker *w = arg;
    Fixture *f = &w->shared;
    for (unsigned i = 0; i < ROUNDS; i++) {
        fixture_clear(f);
        Str id = arena_format(f->cx.arena, "same-%u", i);
        Str text = arena_format(
            f->cx.arena, "{\"resourceType\":\"Patient\",\"id\":\"" STR_FMT "\"}", STR_ARG(id));
        Status status = fixture_put(f, STR("Patient"), id, text, STR_EMPTY);
        check(status == STATUS_OK || status == STATUS_CONFLICT);
        if (status == STATUS_OK && f->reply.http == 201)
            w->won++;
    }
    return NULL;
}

static unsigned run_all(const Fixture *f, void *(*work)(void *))
{
    pthread_t threads[THREADS];
    static Worker workers[THREADS];
    unsigned won = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        own_context(&workers[i], f, i);
        check_int(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        won += workers[i].won;
        arena_free(workers[i].shared.cx.arena);
    }
    return won;
}

static void a_counter_loses_no_increment(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Patient"), STR("c"), counter(&f, 0), STR_EMPTY), STATUS_OK);
    check_int(run_all(&f, count_up), THREADS * ROUNDS);
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Patient"), STR("c"), STR_EMPTY), STATUS_OK);
    check_int(f.reply.version, THREADS * ROUNDS + 1);
    check_int(count_in(&f), THREADS * ROUNDS);
    fixture_close(&f);
}

static void an_id_is_created_once(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(run_all(&f, create_all), ROUNDS);
    fixture_close(&f);
}

/* ---- conditions ------------------------------------------------------------------------ */

#define BY_CONDITION                                                                               \
    "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"fullUrl\":\"urn:uuid:"    \
    "11111111-1111-4111-8111-111111111111\",\"resource\":{\"resourceType\":\"Patient\","           \
    "\"identifier\":[{\"value\":\"c\"}]},\"request\":{\"method\":\"%s\",\"url\":\"Patient%s\"%s"   \
    "}},{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":"  \
    "\"x\"},\"subject\":{\"reference\":\"urn:uuid:11111111-1111-4111-8111-111111111111\"}},"       \
    "\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}]}"

/* Odd workers delete, the others create or update and say which patient it was. */
static void *decide(void *arg)
{
    Worker *w = arg;
    Fixture *f = &w->shared;
    for (unsigned i = 0; i < ROUNDS; i++) {
        fixture_clear(f);
        Call call = fixture_call(f);
        Status status;
        if (w->number % 2) {
            call.query = STR("identifier=c");
            (void)record_delete(f->record, &f->cx, &call, STR("Patient"), STR_EMPTY, &f->reply);
            status = fixture_finish(f, &call);
        } else if (i % 2) {
            status = fixture_bundle(
                f, arena_format(f->cx.arena, BY_CONDITION, "PUT", "?identifier=c", ""));
        } else {
            status = fixture_bundle(f, arena_format(f->cx.arena, BY_CONDITION, "POST", "",
                                                    ",\"ifNoneExist\":\"identifier=c\""));
        }
        check(status == STATUS_OK || (status == STATUS_CONFLICT && f->reply.retry));
        w->won += status == STATUS_OK;
    }
    return NULL;
}

/* There is at most one, and whoever was told of one was told of a patient that was there. */
static void a_condition_has_one_answer(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check(run_all(&f, decide) > ROUNDS);
    fixture_clear(&f);
    check_int(fixture_search(&f, STR("Patient"), STR("identifier=c")), STATUS_OK);
    check(json_count(json_get(fixture_json(&f), STR("entry"))) <= 1);
    check_int(fixture_search(&f, STR("Observation"), STR("_count=1000")), STATUS_OK);
    JsonValue *entry;
    size_t count = 0;
    for (JsonIter it = json_iter(json_get(fixture_json(&f), STR("entry")));
         json_next(&it, NULL, &entry); count++) {
        Str id = json_get_str(json_get(json_get(entry, STR("resource")), STR("subject")),
                              STR("reference"));
        check_str(str_cut(&id, '/'), STR("Patient"));
        Status status = fixture_read(&f, STR("Patient"), id, STR_EMPTY);
        check(status == STATUS_OK || status == STATUS_GONE);
    }
    check(count > 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_loses_no_increment),
        cmocka_unit_test(an_id_is_created_once),
        cmocka_unit_test(a_condition_has_one_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
