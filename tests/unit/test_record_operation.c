/* Operations of the modules above the record: who reads and writes in them, that all they do is one
 * commit, that decisions about what is not there are made one at a time, and guards. */
#include <pthread.h>

#include "record/operation.h"
#include "rights_scene.h"

static Scene s;

static int begin(void **state)
{
    UNUSED(state);
    scene_open(&s);
    scene_put(&s, "Practitioner/gp", "{\"resourceType\":\"Practitioner\",\"id\":\"gp\"}");
    scene_put(&s, "Patient/mine", "{\"resourceType\":\"Patient\",\"id\":\"mine\"}");
    scene_put(&s, "Patient/hers", "{\"resourceType\":\"Patient\",\"id\":\"hers\"}");
    scene_put(
        &s, "CareTeam/link",
        "{\"resourceType\":\"CareTeam\",\"id\":\"link\",\"status\":\"active\",\"category\":[{"
        "\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"own-gp\"}]}],\"subject\":{"
        "\"reference\":\"Patient/mine\"},\"period\":{\"start\":\"2026-06-01\",\"end\":"
        "\"2099-01-01\"},\"participant\":[{\"member\":{\"reference\":\"Practitioner/gp\"}}]}");
    scene_put(&s, "Consent/yes",
              "{\"resourceType\":\"Consent\",\"id\":\"yes\",\"status\":\"active\",\"scope\":{"
              "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\","
              "\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
              "\"urn:aceso:consent\",\"code\":\"network\"}]}],\"patient\":{\"reference\":"
              "\"Patient/mine\"},\"policyRule\":{\"text\":\"x\"},\"provision\":{\"type\":"
              "\"permit\"}}");
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    scene_close(&s);
    return 0;
}

/* The HTTP status of an operation on Patient. */
static unsigned ask(Fixture *f, const OperationKind *kind, bool person, const char *id,
                    const char *query)
{
    Status status;
    do {
        fixture_clear(f);
        Call call = fixture_call(f);
        OperationAsked asked = {.kind = kind, .id = str_of(id)};
        if (person)
            call.access = scene_person(&s, "gp", "Practitioner/gp");
        call.query = str_of(query);
        (void)record_operation(f->record, &f->cx, &call, &asked, &f->reply);
        status = fixture_finish(f, &call);
    } while (status == STATUS_CONFLICT && f->reply.retry);
    return status == STATUS_OK ? f->reply.http : status_http(status);
}

static uint64_t audits(void)
{
    StoreStats stats;
    store_stats(s.f.store, &stats);
    return stats.audits;
}

/* ---- reading ------------------------------------------------------------------------------- */

static Status run_show(Operation *op)
{
    OperationRow row;
    TRY(operation_get(op, STR("Patient"), op->asked.id, &row));
    operation_answer(op, 200, row.row.body);
    return STATUS_OK;
}

/* What is hidden counts, and does not leave. */
static Status run_count(Operation *op)
{
    OperationRows seen, all;
    TRY(operation_find(op, STR("Patient"), STR("_id=mine,hers"), 10, &seen));
    bool before = operation_own(op, true);
    check(!before);
    TRY(operation_find(op, STR("Patient"), STR("_id=mine,hers"), 10, &all));
    check(operation_own(op, false));
    operation_answer(
        op, 200, arena_format(op->cx->arena, "{\"seen\":%zu,\"all\":%zu}", seen.count, all.count));
    return STATUS_OK;
}

static const OperationKind show = {STR_INIT("Patient"), STR_INIT("$show"), OPERATION_ON_INSTANCE,
                                   true, run_show},
                           count = {STR_INIT("Patient"), STR_INIT("$count"), OPERATION_ON_TYPE,
                                    true, run_count};

static void it_reads_as_its_caller(void **state)
{
    UNUSED(state);
    uint64_t before = audits();
    assert_int_equal(ask(&s.f, &show, true, "mine", ""), 200);
    assert_int_equal(ask(&s.f, &show, true, "hers", ""), 404);
    assert_int_equal(ask(&s.f, &show, true, "nobody", ""), 404);
    assert_int_equal(ask(&s.f, &show, false, "hers", ""), 200);
    assert_int_equal(ask(&s.f, &count, true, "", ""), 200);
    assert_true(str_eq(s.f.reply.body, STR("{\"seen\":1,\"all\":2}")));
    assert_int_equal(audits(), before + 5);
}

/* Rows that are looked at one by one: what was said of one that is let go is said no more. */
static Status run_many(Operation *op)
{
    static const char *const ids[] = {"nobody", "mine", "nobody"};
    OperationRow row;
    (void)ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "before");
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        TRY(operation_apart(op));
        Status status = operation_get(op, STR("Patient"), str_of(ids[i]), &row);
        check_int(op->cx->issue_count, status == STATUS_OK ? 1 : 2);
        operation_together(op);
        check_int(op->cx->issue_count, 1);
        check(op->cx->issues == op->cx->issues_last && !op->cx->issues->next);
    }
    operation_answer(op, 200, STR("{}"));
    return STATUS_OK;
}

static void what_was_let_go_is_not_spoken_of(void **state)
{
    static const OperationKind many = {STR_INIT("Patient"), STR_INIT("$many"), OPERATION_ON_TYPE,
                                       true, run_many};
    UNUSED(state);
    assert_int_equal(ask(&s.f, &many, true, "", ""), 200);
}

/* What it writes on its caller's behalf where he sees nothing is no answer for him. */
static Status run_beside(Operation *op)
{
    JsonValue *flag;
    operation_own(op, true);
    TRY(json_parse(
        op->cx,
        STR("{\"resourceType\":\"Flag\",\"status\":\"active\",\"code\":{\"text\":\"hidden\"},"
            "\"subject\":{\"reference\":\"Patient/hers\"}}"),
        &flag));
    return operation_create(op, STR("Flag"), flag, NULL);
}

static void it_answers_what_its_caller_sees(void **state)
{
    static const OperationKind beside = {STR_INIT("Patient"), STR_INIT("$beside"),
                                         OPERATION_ON_TYPE, false, run_beside};
    UNUSED(state);
    assert_int_equal(ask(&s.f, &beside, true, "", ""), 204);
    assert_int_equal(s.f.reply.body.len, 0);
    assert_int_equal(ask(&s.f, &beside, false, "", ""), 200);
}

/* ---- what was asked -------------------------------------------------------------------------- */

static Status run_echo(Operation *op)
{
    Str name, second = operation_text(op, STR("name"), 1);
    TRY(operation_need(op, STR("name"), &name));
    operation_answer(
        op, 200, arena_format(op->cx->arena, STR_FMT "|" STR_FMT, STR_ARG(name), STR_ARG(second)));
    return STATUS_OK;
}

static void a_query_is_its_parameters(void **state)
{
    static const OperationKind echo = {STR_INIT("Patient"), STR_INIT("$echo"), OPERATION_ON_TYPE,
                                       true, run_echo};
    static const struct {
        const char *why, *query, *answer;
        unsigned status;
    } cases[] = {
        {"one", "name=a", "a|", 200},
        {"twice", "name=a&name=b", "a|b", 200},
        {"percent and quote", "name=%22a%20b", "\"a b|", 200},
        {"about the format", "_format=json&name=x", "x|", 200},
        {"none", "", "", 400},
        {"another", "other=1", "", 400},
        {"a broken escape", "name=%zz", "", 400},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        assert_int_equal(ask(&s.f, &echo, true, "", c->query), c->status);
        if (c->status == 200)
            assert_true(str_eq(s.f.reply.body, str_of(c->answer)));
    }
}

/* ---- writing -------------------------------------------------------------------------------- */

static Status add_note(Operation *op, const char *patient)
{
    JsonValue *flag;
    Str text = arena_format(op->cx->arena,
                            "{\"resourceType\":\"Flag\",\"status\":\"active\",\"code\":{\"text\":"
                            "\"x\"},\"subject\":{\"reference\":\"Patient/%s\"}}",
                            patient);
    TRY(json_parse(op->cx, text, &flag));
    return operation_create(op, STR("Flag"), flag, NULL);
}

/* Two resources and an item; then, where asked, a failure. */
static Status run_write(Operation *op)
{
    StoreItem item = {STR_INIT("test-operation"), STR_INIT("it"), STR_INIT("1")};
    TRY(add_note(op, "mine"));
    TRY(operation_add_item(op, &item));
    Str whose = operation_text(op, STR("second"), 0);
    TRY(add_note(op, str_eq(whose, STR("hers")) ? "hers" : "mine"));
    return str_eq(whose, STR("fail")) ? ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY, "No.")
                                      : STATUS_OK;
}

static size_t flags(void)
{
    fixture_clear(&s.f);
    assert_int_equal(fixture_search(&s.f, STR("Flag"), STR("_summary=count")), STATUS_OK);
    uint64_t total = 0;
    assert_true(str_to_u64(json_str(json_get(fixture_json(&s.f), STR("total"))), &total));
    return total;
}

static bool item_is_there(void)
{
    StoreReader *reader;
    Str value;
    fixture_clear(&s.f);
    assert_int_equal(store_read_begin(s.f.store, &s.f.cx, s.f.access, &reader), STATUS_OK);
    Status status = store_item_get(reader, STR("test-operation"), STR("it"), &value);
    store_read_end(reader);
    return status == STATUS_OK;
}

static void it_writes_all_or_nothing(void **state)
{
    static const OperationKind two = {STR_INIT("Patient"), STR_INIT("$two"), OPERATION_ON_TYPE,
                                      false, run_write};
    UNUSED(state);
    assert_int_equal(ask(&s.f, &two, true, "", "second=fail"), 422);
    assert_int_equal(ask(&s.f, &two, true, "", "second=hers"), 403);
    assert_int_equal(flags(), 0);
    assert_false(item_is_there());
    assert_int_equal(ask(&s.f, &two, true, "", "second=mine"), 200);
    assert_int_equal(flags(), 2);
    assert_true(item_is_there());
}

/* Somebody else changes the patient between its reading and the commit, once. */
static unsigned rushes;
static Status run_change(Operation *op)
{
    OperationRow row;
    TRY(operation_get(op, STR("Patient"), STR("mine"), &row));
    if (rushes++ == 0) {
        Fixture other = s.f;
        other.cx = (Ctx){.arena = arena_new(8 << 20, false)};
        check_int(fixture_put(&other, STR("Patient"), STR("mine"),
                              STR("{\"resourceType\":\"Patient\",\"id\":\"mine\",\"gender\":"
                                  "\"female\"}"),
                              STR_EMPTY),
                  STATUS_OK);
        arena_free(other.cx.arena);
    }
    return operation_patch(op, &row,
                           STR("[{\"op\":\"add\",\"path\":\"/birthDate\",\"value\":"
                               "\"1990-01-01\"}]"));
}

static void who_was_slower_runs_again(void **state)
{
    static const OperationKind change = {STR_INIT("Patient"), STR_INIT("$change"),
                                         OPERATION_ON_TYPE, false, run_change};
    UNUSED(state);
    rushes = 0;
    assert_int_equal(ask(&s.f, &change, true, "", ""), 200);
    assert_int_equal(rushes, 2);
    assert_true(str_contains(s.f.reply.body, "female"));
    assert_true(str_contains(s.f.reply.body, "1990-01-01"));
}

/* ---- deciding about what is not there ----------------------------------------------------------
 */

enum { DECIDERS = 4, ROUNDS = 20 };

/* A flag of this number, if there is none. */
static Status run_once(Operation *op)
{
    OperationRows found;
    Str number = operation_text(op, STR("number"), 0);
    Str query = arena_format(op->cx->arena, "identifier=urn:n|" STR_FMT, STR_ARG(number));
    JsonValue *flag;
    TRY(operation_claim(op, &number, 1));
    TRY(operation_find(op, STR("Flag"), query, 2, &found));
    if (found.count)
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY, "It is taken.");
    Str text = arena_format(op->cx->arena,
                            "{\"resourceType\":\"Flag\",\"identifier\":[{\"system\":\"urn:n\","
                            "\"value\":\"" STR_FMT "\"}],\"status\":\"active\",\"code\":{\"text\":"
                            "\"x\"},\"subject\":{\"reference\":\"Patient/mine\"}}",
                            STR_ARG(number));
    TRY(json_parse(op->cx, text, &flag));
    return operation_create(op, STR("Flag"), flag, NULL);
}

static const OperationKind once = {STR_INIT("Flag"), STR_INIT("$once"), OPERATION_ON_TYPE, false,
                                   run_once};

typedef struct {
    Fixture f;
    unsigned won, lost;
} Decider;

static void *decide(void *arg)
{
    Decider *d = arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char query[32];
        snprintf(query, sizeof(query), "number=%u", i);
        unsigned status = ask(&d->f, &once, false, "", query);
        d->won += status == 200;
        d->lost += status == 422;
    }
    return NULL;
}

static void one_decides_at_a_time(void **state)
{
    Decider deciders[DECIDERS];
    pthread_t threads[DECIDERS];
    unsigned won = 0, lost = 0;
    UNUSED(state);
    for (size_t i = 0; i < DECIDERS; i++) {
        deciders[i] = (Decider){.f = s.f};
        deciders[i].f.cx = (Ctx){.arena = arena_new(32 << 20, false)};
        assert_int_equal(pthread_create(&threads[i], NULL, decide, &deciders[i]), 0);
    }
    for (size_t i = 0; i < DECIDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        arena_free(deciders[i].f.cx.arena);
        won += deciders[i].won;
        lost += deciders[i].lost;
    }
    assert_int_equal(won, ROUNDS);
    assert_int_equal(lost, ROUNDS * (DECIDERS - 1));
}

/* ---- guards -------------------------------------------------------------------------------- */

static Status refuse_flags(Ctx *cx, const Access *writer, const JsonValue *before,
                           const JsonValue *after)
{
    UNUSED(writer);
    UNUSED(before);
    return after ? ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY, "Flags are made by $flag.")
                 : STATUS_OK;
}

static Status run_flag(Operation *op)
{
    return add_note(op, "mine");
}

static void a_guard_refuses_what_comes_by_another_door(void **state)
{
    static const RecordGuard guard = {STR_INIT("Flag"), refuse_flags};
    static const OperationKind flag = {STR_INIT("Flag"), STR_INIT("$flag"), OPERATION_ON_TYPE,
                                       false, run_flag};
    static const char text[] = "{\"resourceType\":\"Flag\",\"status\":\"active\",\"code\":{"
                               "\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/mine\"}}";
    RecordOptions how = {.client_ids = true,
                         .base = STR("http://test/fhir"),
                         .words = true,
                         .guards = &guard,
                         .guard_count = 1};
    Fixture f = s.f;
    UNUSED(state);
    fixture_clear(&f);
    assert_int_equal(record_new(&f.cx, f.store, f.access, &how, &f.record), STATUS_OK);
    assert_int_equal(ask(&f, &flag, true, "", ""), 200);
    assert_int_equal(fixture_create(&f, STR("Flag"), str_of(text)), STATUS_OK); /* a program */
    fixture_clear(&f);
    Call call = fixture_call(&f);
    call.access = scene_person(&s, "gp", "Practitioner/gp");
    (void)record_create(f.record, &f.cx, &call, STR("Flag"), fixture_body(&f, str_of(text)),
                        &f.reply);
    assert_int_equal(fixture_finish(&f, &call), STATUS_UNPROCESSABLE);
    fixture_clear(&f);
    record_free(f.record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_reads_as_its_caller, begin, end),
        cmocka_unit_test_setup_teardown(what_was_let_go_is_not_spoken_of, begin, end),
        cmocka_unit_test_setup_teardown(it_answers_what_its_caller_sees, begin, end),
        cmocka_unit_test_setup_teardown(a_query_is_its_parameters, begin, end),
        cmocka_unit_test_setup_teardown(it_writes_all_or_nothing, begin, end),
        cmocka_unit_test_setup_teardown(who_was_slower_runs_again, begin, end),
        cmocka_unit_test_setup_teardown(one_decides_at_a_time, begin, end),
        cmocka_unit_test_setup_teardown(a_guard_refuses_what_comes_by_another_door, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
