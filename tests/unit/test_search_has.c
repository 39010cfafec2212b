/* _has over many: what a walk of the index found is remembered (search/whos.h), and must be what
 * a fresh walk would find, whatever was written in between. SPEC R4 search.html#has */
#include "record_fixture.h"

enum { PATIENTS = 60, OBSERVATIONS = 120 /* enough that the list is walked */, ROUNDS = 60 };

static int coded[OBSERVATIONS]; /* the patient of each that has the code; -1 = it has not */

static void write_observation(Fixture *f, unsigned number, int patient)
{
    Str id = arena_format(f->cx.arena, "o%u", number);
    Str text = arena_format(f->cx.arena,
                            "{\"resourceType\":\"Observation\",\"id\":\"o%u\",\"status\":\"final\","
                            "\"code\":{\"coding\":[{\"system\":\"http://l\",\"code\":\"%s\"}]},"
                            "\"subject\":{\"reference\":\"Patient/p%d\"}}",
                            number, patient < 0 ? "other" : "x", patient < 0 ? 0 : patient);
    check_int(fixture_put(f, STR("Observation"), id, text, STR_EMPTY), STATUS_OK);
    coded[number] = patient;
    fixture_clear(f);
}

/* Patients as the model knows them, in the order of the answer: bits. */
static void check_who_has(Fixture *f, const char *when)
{
    uint64_t expected = 0, found = 0;
    JsonValue *entry;
    for (size_t i = 0; i < OBSERVATIONS; i++)
        expected |= coded[i] >= 0 ? (uint64_t)1 << coded[i] : 0;
    check_int(fixture_search(f, STR("Patient"),
                             STR("_has:Observation:patient:code=http://l%7Cx&_count=100")),
              STATUS_OK);
    JsonIter it = json_iter(json_get(fixture_json(f), STR("entry")));
    while (json_next(&it, NULL, &entry)) {
        uint64_t number;
        Str id = json_get_str(json_get(entry, STR("resource")), STR("id"));
        assert_true(str_to_u64(str_from(id, 1), &number));
        found |= (uint64_t)1 << number;
    }
    if (found != expected)
        fail_msg("%s: %016llx instead of %016llx", when, (unsigned long long)found,
                 (unsigned long long)expected);
    fixture_clear(f);
}

static void what_is_remembered_is_what_stands(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    for (int i = 0; i < PATIENTS; i++) {
        Str id = arena_format(f.cx.arena, "p%d", i);
        Str text = arena_format(f.cx.arena, "{\"resourceType\":\"Patient\",\"id\":\"p%d\"}", i);
        check_int(fixture_put(&f, STR("Patient"), id, text, STR_EMPTY), STATUS_OK);
        fixture_clear(&f);
    }
    for (unsigned i = 0; i < OBSERVATIONS; i++)
        write_observation(&f, i, i < 100 ? (int)i / 2 : -1);
    check_who_has(&f, "walked");
    check_who_has(&f, "remembered");
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned number = round * 7 % OBSERVATIONS;
        if (round % 3 == 0) {
            Str id = arena_format(f.cx.arena, "o%u", number);
            check_int(fixture_delete(&f, STR("Observation"), id), STATUS_OK);
            coded[number] = -1;
            fixture_clear(&f);
        } else {
            write_observation(&f, number, round % 3 == 1 ? (int)(round * 11 % PATIENTS) : -1);
        }
        check_who_has(&f, "after a write");
        check_who_has(&f, "once more");
    }
    fixture_close(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_remembered_is_what_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
