/* Packed audit entries: the layout, the way back, and bytes that are none. */
#include "testing.h"

#include "audit/audit.h"

static Ctx cx;

static const Str some_resources[] = {STR_INIT("Observation/a"), STR_INIT("Observation/b"),
                                     STR_INIT("Patient/p1")};

static const struct {
    const char *why;
    AuditEntry entry;
} entries[] = {
    {"nothing at all", {.outcome = STATUS_OK}},
    {"a read",
     {.account = STR_INIT("dr"),
      .role = STR_INIT("gp"),
      .interaction = STR_INIT("read"),
      .type = STR_INIT("Patient"),
      .id = STR_INIT("p1"),
      .version = 3,
      .outcome = STATUS_OK,
      .address = STR_INIT("2001:db8::7"),
      .request_id = STR_INIT("0f3a")}},
    {"nobody was refused",
     {.interaction = STR_INIT("sign-in"),
      .outcome = STATUS_UNAUTHORIZED,
      .address = STR_INIT("192.0.2.1")}},
    {"a search names what it showed",
     {.account = STR_INIT("n\xc3\xa8le"),
      .role = STR_INIT("nurse"),
      .interaction = STR_INIT("search-type"),
      .type = STR_INIT("Observation"),
      .query = STR_INIT("patient&code"),
      .resources = some_resources,
      .resource_count = 3}},
    {"the largest version, the last status",
     {.interaction = STR_INIT("vread"), .version = UINT32_MAX, .outcome = STATUS_MEMORY}},
};

static void check_same(const AuditEntry *a, const AuditEntry *b)
{
    check_str(a->account, b->account);
    check_str(a->role, b->role);
    check_str(a->interaction, b->interaction);
    check_str(a->type, b->type);
    check_str(a->id, b->id);
    check_int(a->version, b->version);
    check_int(a->outcome, b->outcome);
    check_str(a->address, b->address);
    check_str(a->request_id, b->request_id);
    check_str(a->query, b->query);
    check_int(a->resource_count, b->resource_count);
    for (size_t i = 0; i < a->resource_count; i++)
        check_str(a->resources[i], b->resources[i]);
}

static void an_entry_comes_back_as_it_was(void **state)
{
    UNUSED(state);
    FOR_CASES(entries, c)
    {
        CASE(c->why);
        Str packed;
        AuditEntry back;
        check_int(audit_pack(&cx, &c->entry, &packed), STATUS_OK);
        check_int(audit_unpack(&cx, packed, &back), STATUS_OK);
        check_same(&back, &c->entry);
    }
}

static void every_outcome_has_a_number_of_its_own(void **state)
{
    UNUSED(state);
    for (int i = 0; i < STATUS_COUNT; i++) {
        AuditEntry entry = {.outcome = (Status)i}, back;
        Str packed;
        assert_int_equal(audit_pack(&cx, &entry, &packed), STATUS_OK);
        assert_int_equal(audit_unpack(&cx, packed, &back), STATUS_OK);
        assert_int_equal(back.outcome, i);
    }
}

/* Old entries must stay readable: these bytes are the contract of layout 1. */
static void the_layout_is_the_one_of_the_file(void **state)
{
    UNUSED(state);
    static const char bytes[] = "\x01\x05\x81\x01"
                                "\x02"
                                "dr"
                                "\x02"
                                "gp"
                                "\x05"
                                "vread"
                                "\x07"
                                "Patient"
                                "\x02"
                                "p1"
                                "\x03"
                                "::1"
                                "\x01"
                                "7"
                                "\x00"
                                "\x01"
                                "\x0a"
                                "Patient/p1";
    static const Str resource = STR_INIT("Patient/p1");
    const AuditEntry entry = {.account = STR("dr"),
                              .role = STR("gp"),
                              .interaction = STR("vread"),
                              .type = STR("Patient"),
                              .id = STR("p1"),
                              .version = 129,
                              .outcome = STATUS_NOT_FOUND,
                              .address = STR("::1"),
                              .request_id = STR("7"),
                              .resources = &resource,
                              .resource_count = 1};
    Str packed, first = str_n(bytes, sizeof bytes - 1);
    AuditEntry back;
    CASE("layout 1 is read");
    check_int(audit_unpack(&cx, first, &back), STATUS_OK);
    check_same(&back, &entry);
    CASE("layout 2 is the same with more behind it");
    assert_int_equal(audit_pack(&cx, &entry, &packed), STATUS_OK);
    check_int(packed.len, first.len + 4 + 1 + AUDIT_SALT_BYTES + 1);
    check_int(packed.at[0], 2);
    check_str(str_n(packed.at + 1, first.len - 1), str_from(first, 1));
    check_str(str_n(packed.at + first.len, 5), str_n("\0\0\0\0\0", 5));
    check_int(packed.at[packed.len - 1], 0);
}

static void what_is_no_entry_is_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str bytes;
    } cases[] = {
        {"nothing", STR_INIT("")},
        {"another layout", STR_INIT("\x03\0\0\0\0\0\0\0\0\0\0\0")},
        {"layout 2 without what it adds", STR_INIT("\x02\0\0\0\0\0\0\0\0\0\0\0")},
        {"an outcome that nobody has", STR_INIT("\x01\xff\0\0\0\0\0\0\0\0\0\0")},
        {"bytes behind the end", STR_INIT("\x01\0\0\0\0\0\0\0\0\0\0\0\0")},
        {"cut", STR_INIT("\x01\0\0\0\0\0\0\0\0\0\0")},
        {"a number written longer than it need be", STR_INIT("\x01\0\x80\0\0\0\0\0\0\0\0\0\0")},
        {"a version of 33 bits", STR_INIT("\x01\0\xff\xff\xff\xff\x1f\0\0\0\0\0\0\0\0\0")},
        {"a string longer than the rest", STR_INIT("\x01\0\0\x0b\0\0\0\0\0\0\0\0")},
        {"a length of 2^63", STR_INIT("\x01\0\0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")},
        {"a number of 70 bits", STR_INIT("\x01\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")},
        {"a count of resources that are not there",
         STR_INIT("\x01\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\x0f")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        AuditEntry entry;
        check_int(audit_unpack(&cx, c->bytes, &entry), STATUS_INVALID);
    }
    AuditEntry entry;
    CASE("the shortest entry, for comparison");
    check_int(audit_unpack(&cx, STR("\x01\0\0\0\0\0\0\0\0\0\0\0"), &entry), STATUS_OK);
}

/* Under ASan this is where reading outside would show; anywhere, an accepted change must
 * pack to the same bytes again. */
static void changed_bytes_are_refused_or_mean_what_they_say(void **state)
{
    UNUSED(state);
    for (size_t c = 0; c < COUNT_OF(entries); c++) {
        Str packed, again;
        assert_int_equal(audit_pack(&cx, &entries[c].entry, &packed), STATUS_OK);
        for (size_t bit = 0; bit < packed.len * 8; bit++) {
            Ctx scratch = testing_ctx();
            char *copy = malloc(packed.len); /* of exact size, so that ASan sees its end */
            AuditEntry entry;
            memcpy(copy, packed.at, packed.len);
            copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
            if (audit_unpack(&scratch, str_n(copy, packed.len), &entry) == STATUS_OK) {
                assert_int_equal(audit_pack(&scratch, &entry, &again), STATUS_OK);
                memcpy((char *)(uintptr_t)again.at + again.len - AUDIT_SALT_BYTES - 1, entry.salt,
                       AUDIT_SALT_BYTES); /* another one each time */
                check_str(again, str_n(copy, packed.len));
            }
            assert_int_equal(audit_unpack(&scratch, str_n(copy, bit / 8), &entry), STATUS_INVALID);
            free(copy);
            arena_free(scratch.arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_comes_back_as_it_was),
        cmocka_unit_test(every_outcome_has_a_number_of_its_own),
        cmocka_unit_test(the_layout_is_the_one_of_the_file),
        cmocka_unit_test(what_is_no_entry_is_refused),
        cmocka_unit_test(changed_bytes_are_refused_or_mean_what_they_say),
    };
    cx = testing_ctx();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
