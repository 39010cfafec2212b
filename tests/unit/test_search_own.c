/* Tokens of one patient have lists of their own (search/plan.c: open_own): they must say what the
 * two conditions say, whoever a resource was about before, and however many it is about. */
#include "record_fixture.h"

enum { PATIENTS = 5, ACCOUNTS = 40, ROUNDS = 150, TYPES = 3 };

/* What stands: whom an account is for (bits), its types (bits), whether it is active. */
static struct {
    unsigned whom, types;
    bool active, there;
} model[ACCOUNTS];

static void write_account(Fixture *f, unsigned number)
{
    Buf text;
    buf_init(&text, f->cx.arena, 1024, 64 << 10);
    buf_format(&text,
               "{\"resourceType\":\"Account\",\"id\":\"a%u\",\"status\":\"%s\",\"subject\":[{"
               "\"reference\":\"Device/d\"}",
               number, model[number].active ? "active" : "on-hold");
    for (unsigned i = 0; i < PATIENTS; i++) {
        if (model[number].whom >> i & 1)
            buf_format(&text, ",{\"reference\":\"Patient/p%u\"}", i);
    }
    buf_add_lit(&text, "],\"type\":{\"coding\":[{\"code\":\"any\"}");
    for (unsigned i = 0; i < TYPES; i++) {
        if (model[number].types >> i & 1)
            buf_format(&text, ",{%s\"code\":\"t%u\"}", i ? "\"system\":\"http://s\"," : "", i);
    }
    buf_add_lit(&text, "]}}");
    Str id = arena_format(f->cx.arena, "a%u", number);
    check_int(fixture_put(f, STR("Account"), id, buf_str(&text), STR_EMPTY), STATUS_OK);
    fixture_clear(f);
}

/* The accounts of an answer, as bits. */
static uint64_t found_by(Fixture *f, const char *query)
{
    uint64_t found = 0;
    JsonValue *entry;
    check_int(fixture_search(f, STR("Account"), str_of(query)), STATUS_OK);
    for (JsonIter it = json_iter(json_get(fixture_json(f), STR("entry")));
         json_next(&it, NULL, &entry);) {
        uint64_t number;
        Str id = json_get_str(json_get(entry, STR("resource")), STR("id"));
        if (str_to_u64(str_from(id, 1), &number)) /* the plan has no id */
            found |= (uint64_t)1 << number;
    }
    fixture_clear(f);
    return found;
}

static const struct {
    const char *query; /* behind "patient=...&" */
    unsigned types;    /* one of them */
    bool active;
} queries[] = {
    {"type=http://s%7Ct1", 2, false},
    {"type=t2", 4, false},
    {"type=%7Ct0", 1, false},
    {"type=t0,http://s%7Ct2", 5, false},
    {"type=http://s%7Ct1&status=active", 2, true},
    {"status=active", 7, true},
    {"status=active&type=http://s%7C", 6, true},
    {"type=http://other%7Ct1", 0, false},
};

static void check_all(Fixture *f, const char *when)
{
    static const char *const names[] = {"p%u", "Patient/p%u"};
    for (unsigned p = 0; p < PATIENTS; p++) {
        FOR_CASES(queries, c)
        {
            uint64_t expected = 0;
            for (unsigned i = 0; i < ACCOUNTS; i++)
                expected |= (uint64_t)(model[i].there && model[i].whom >> p & 1 &&
                                       (model[i].types & c->types || c->types == 7) &&
                                       (model[i].active || !c->active))
                            << i;
            char name[32], query[256];
            snprintf(name, sizeof name, names[(p + (unsigned)(c - queries)) % 2], p);
            snprintf(query, sizeof query, "patient=%s&%s&_count=100", name, c->query);
            uint64_t found = found_by(f, query);
            if (found != expected)
                fail_msg("%s: %s: %010llx instead of %010llx", when, query,
                         (unsigned long long)found, (unsigned long long)expected);
        }
    }
}

static void lists_of_a_patient_are_what_stands(void **state)
{
    UNUSED(state);
    Fixture f;
    unsigned seed = 7;
    fixture_open(&f, true);
    for (unsigned round = 0; round < ROUNDS; round++) {
        seed = seed * 1103515245u + 12345u;
        unsigned number = seed >> 16 & 0xffff, draw = seed >> 8 & 0xff;
        number %= ACCOUNTS;
        if (model[number].there && draw % 5 == 0) {
            Str id = arena_format(f.cx.arena, "a%u", number);
            check_int(fixture_delete(&f, STR("Account"), id), STATUS_OK);
            fixture_clear(&f);
            model[number].there = false;
        } else {
            model[number].whom = draw % (1u << PATIENTS);
            model[number].types = seed >> 20 & 7;
            model[number].active = seed >> 24 & 1;
            model[number].there = true;
            write_account(&f, number);
        }
        if (round % 15 == 14)
            check_all(&f, "after writes");
    }
    fixture_close(&f);
}

/* Ten thousand others of that code cost nothing, nor a hundred others of that patient. */
static void others_are_not_looked_at(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        model[i].whom = i % 2 ? 1 : 2;
        model[i].types = i % 4 ? 2 : 4;
        model[i].active = model[i].there = true;
        write_account(&f, i);
    }
    check_int(
        fixture_search(&f, STR("Account"), STR("patient=p1&type=http://s%7Ct2&_explain=true")),
        STATUS_OK);
    check(str_contains(f.reply.body, "driven by patient type"));
    if (!str_contains(f.reply.body, " 11 index keys"))
        fail_msg("ten answer: " STR_FMT, STR_ARG(f.reply.body));
    fixture_close(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_a_patient_are_what_stands),
        cmocka_unit_test(others_are_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
