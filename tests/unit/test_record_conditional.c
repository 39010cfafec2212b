/* Writes by condition, step by step: what each prepares, what it leaves on the log, and what
 * happens when somebody comes between the look and the commit.
 *
 * SPEC R4 http.html#ccreate, http.html#cond-update */
#include "record_fixture.h"

#define PATIENT(number, more)                                                                      \
    STR("{\"resourceType\":\"Patient\"," more "\"identifier\":[{\"system\":\"urn:n\",\"value\":"   \
        "\"" number "\"}]}")

typedef enum { CREATE, UPDATE, PATCH, DELETE } What;

/* Prepares, and finishes nothing. */
static Status prepare(Fixture *f, const Call *call, What what, Str text)
{
    switch (what) {
    case CREATE:
        return record_create(f->record, &f->cx, call, STR("Patient"), fixture_body(f, text),
                             &f->reply);
    case UPDATE:
        return record_update(f->record, &f->cx, call, STR("Patient"), STR_EMPTY,
                             fixture_body(f, text), &f->reply);
    case PATCH:
        return record_patch(f->record, &f->cx, call, STR("Patient"), STR_EMPTY,
                            fixture_body(f, text), &f->reply);
    case DELETE:
        return record_delete(f->record, &f->cx, call, STR("Patient"), STR_EMPTY, &f->reply);
    }
    return STATUS_INTERNAL;
}

static Call by_condition(const Fixture *f, What what, Str condition)
{
    Call call = fixture_call(f);
    if (what == CREATE)
        call.if_none_exist = condition;
    else
        call.query = condition;
    return call;
}

static StoreStats stats_of(const Fixture *f)
{
    StoreStats stats;
    store_stats(f->store, &stats);
    return stats;
}

static void each_outcome_and_its_place_on_the_log(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        What what;
        Str condition, text;
        Status status;
        unsigned http, changes;
    } cases[] = {
        {"nothing there: created", CREATE, STR_INIT("identifier=urn:n|1"),
         STR_INIT("{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:n\",\"value\":"
                  "\"1\"}]}"),
         STATUS_OK, 201, 1},
        {"there: left as it is", CREATE, STR_INIT("identifier=urn:n|1"),
         STR_INIT("{\"resourceType\":\"Patient\"}"), STATUS_OK, 200, 0},
        {"two of them: which?", CREATE, STR_INIT("identifier=urn:n|two"),
         STR_INIT("{\"resourceType\":\"Patient\"}"), STATUS_PRECONDITION, 0, 0},
        {"an update of the one", UPDATE, STR_INIT("identifier=urn:n|1"),
         STR_INIT("{\"resourceType\":\"Patient\",\"gender\":\"male\",\"identifier\":[{\"system\":"
                  "\"urn:n\",\"value\":\"1\"}]}"),
         STATUS_OK, 200, 1},
        {"an update of nothing", UPDATE, STR_INIT("identifier=urn:n|2"),
         STR_INIT("{\"resourceType\":\"Patient\"}"), STATUS_OK, 201, 1},
        {"an update of one of two", UPDATE, STR_INIT("identifier=urn:n|two"),
         STR_INIT("{\"resourceType\":\"Patient\"}"), STATUS_PRECONDITION, 0, 0},
        {"an update that is not FHIR", UPDATE, STR_INIT("identifier=urn:n|1"),
         STR_INIT("{\"resourceType\":\"Patient\",\"x\":1}"), STATUS_INVALID, 0, 0},
        {"a patch of the one", PATCH, STR_INIT("identifier=urn:n|1"),
         STR_INIT("[{\"op\":\"remove\",\"path\":\"/gender\"}]"), STATUS_OK, 200, 1},
        {"a patch of nothing", PATCH, STR_INIT("identifier=urn:n|never"), STR_INIT("[]"),
         STATUS_NOT_FOUND, 0, 0},
        {"a delete of one of two", DELETE, STR_INIT("identifier=urn:n|two"), STR_INIT(""),
         STATUS_PRECONDITION, 0, 0},
        {"a delete of the one", DELETE, STR_INIT("identifier=urn:n|1"), STR_INIT(""), STATUS_OK,
         204, 1},
        {"a delete of nothing", DELETE, STR_INIT("identifier=urn:n|1"), STR_INIT(""), STATUS_OK,
         204, 0},
        {"no condition at all", DELETE, STR_INIT(""), STR_INIT(""), STATUS_INVALID, 0, 0},
        {"a condition that says nothing", DELETE, STR_INIT("identifier=&_format=json"),
         STR_INIT(""), STATUS_INVALID, 0, 0},
        {"a misspelt one", CREATE, STR_INIT("identifer=1"),
         STR_INIT("{\"resourceType\":\"Patient\"}"), STATUS_INVALID, 0, 0},
        {"a broken escape", CREATE, STR_INIT("identifier=%zz"),
         STR_INIT("{\"resourceType\":\"Patient\"}"), STATUS_INVALID, 0, 0},
        {"about the answer", UPDATE, STR_INIT("identifier=1&_sort=name"),
         STR_INIT("{\"resourceType\":\"Patient\"}"), STATUS_INVALID, 0, 0},
    };
    Fixture f;
    fixture_open(&f, true);
    for (int i = 0; i < 2; i++)
        check_int(fixture_create(&f, STR("Patient"), PATIENT("two", "")), STATUS_OK);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        fixture_clear(&f);
        StoreStats before = stats_of(&f);
        Call call = by_condition(&f, c->what, c->condition);
        check_int(prepare(&f, &call, c->what, c->text), c->status);
        check_int(fixture_finish(&f, &call), c->status);
        if (c->status == STATUS_OK)
            check_int(f.reply.http, c->http);
        StoreStats after = stats_of(&f);
        check_int(after.changes - before.changes, c->changes);
        check_int(after.audits - before.audits, 1);
    }
    fixture_close(&f);
}

/* The first client is asleep between its look and its commit. */
static void nobody_comes_between(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    Fixture other = f;
    other.cx = testing_ctx();
    Call call = by_condition(&f, CREATE, STR("identifier=urn:n|1&active=true"));
    check_int(prepare(&f, &call, CREATE, PATIENT("1", "\"active\":true,")), STATUS_OK);

    CASE("who would create under the same condition waits, however it is spelt");
    Call again = by_condition(&f, UPDATE, STR("active=true&identifier=urn%3An%7C1&_format=json"));
    other.cx.deadline = time_monotonic() + 20 * TIME_MS;
    check_int(prepare(&other, &again, UPDATE, PATIENT("1", "")), STATUS_TIMEOUT);
    other.cx.deadline = 0;
    check_int(fixture_finish(&other, &again), STATUS_TIMEOUT);

    CASE("others do not");
    fixture_clear(&other);
    Call different = by_condition(&f, CREATE, STR("identifier=urn:n|2"));
    check_int(prepare(&other, &different, CREATE, PATIENT("2", "")), STATUS_OK);
    check_int(fixture_finish(&other, &different), STATUS_OK);
    check_int(other.reply.http, 201);

    CASE("once it is durable, the second finds it");
    check_int(fixture_finish(&f, &call), STATUS_OK);
    check_int(f.reply.http, 201);
    fixture_clear(&other);
    Call second = by_condition(&f, CREATE, STR("identifier=urn:n|1&active=true"));
    check_int(prepare(&other, &second, CREATE, PATIENT("1", "\"active\":true,")), STATUS_OK);
    check_int(fixture_finish(&other, &second), STATUS_OK);
    check_int(other.reply.http, 200);
    arena_free(other.cx.arena);
    fixture_close(&f);
}

/* What was found has changed by the time of the commit: nothing is written, try again. */
static void what_was_found_is_guarded(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    Fixture other = f;
    other.cx = testing_ctx();
    check_int(fixture_create(&f, STR("Patient"), PATIENT("1", "")), STATUS_OK);
    const What all[] = {UPDATE, PATCH, DELETE};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        CASE(all[i] == UPDATE ? "update" : all[i] == PATCH ? "patch" : "delete");
        fixture_clear(&f);
        fixture_clear(&other);
        Call call = by_condition(&f, all[i], STR("identifier=urn:n|1"));
        Str text = all[i] == PATCH ? STR("[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]")
                                   : PATIENT("1", "");
        check_int(prepare(&f, &call, all[i], text), STATUS_OK);
        Call faster = by_condition(&f, UPDATE, STR("identifier=urn:n|1"));
        check_int(prepare(&other, &faster, UPDATE, PATIENT("1", "")), STATUS_OK);
        check_int(fixture_finish(&other, &faster), STATUS_OK);
        check_int(fixture_finish(&f, &call), STATUS_CONFLICT);
        check(f.reply.retry);
    }
    arena_free(other.cx.arena);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_and_its_place_on_the_log),
        cmocka_unit_test(nobody_comes_between),
        cmocka_unit_test(what_was_found_is_guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
