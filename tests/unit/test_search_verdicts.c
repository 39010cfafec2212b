/* Verdicts that are kept: for exactly the same rights, and for no other version of a row. */
#include "search/verdicts.h"

#include "testing.h"

enum { LINKS = 3, TURN = 7 };

static Ctx home, cx; /* of what is kept, of a request */
static Verdicts *verdicts;

static int setup(void **state)
{
    UNUSED(state);
    home = testing_ctx();
    cx = testing_ctx();
    return verdicts_new(home.arena, &verdicts) != STATUS_OK;
}

static int teardown(void **state)
{
    UNUSED(state);
    arena_free(cx.arena);
    verdicts_free(verdicts);
    arena_free(home.arena);
    return 0;
}

/* Somebody; what each case changes of him makes somebody else. */
static Rights somebody(void)
{
    static RightsLink links[LINKS];
    static const uint8_t scopes[] = {0, RIGHTS_READ, RIGHTS_ALL};
    return (Rights){.role = ROLE_NURSE,
                    .self = 11,
                    .nobody = {.read = 3},
                    .stranger = {.authored = 5},
                    .links = links,
                    .link_count = LINKS,
                    .links_name = {21, 23},
                    .scopes = scopes,
                    .scope_count = sizeof(scopes),
                    .only_patient = 31};
}

static bool knows(const Rights *rights, uint32_t turn, uint64_t rid)
{
    bool sees;
    Sheet *sheet = verdicts_sheet(verdicts, cx.arena, rights, turn);
    return sheet && sheet_knows(sheet, rid, 1, &sees);
}

static void no_scopes(Rights *r)
{
    r->scopes = NULL;
}
static void other_scopes(Rights *r)
{
    static const uint8_t scopes[] = {0, RIGHTS_ALL, RIGHTS_ALL};
    r->scopes = scopes;
}
static void more_scopes(Rights *r)
{
    static const uint8_t scopes[] = {0, RIGHTS_READ, RIGHTS_ALL, 0};
    r->scopes = scopes;
    r->scope_count = sizeof(scopes);
}
#define OTHER(name, set)                                                                           \
    static void name(Rights *r)                                                                    \
    {                                                                                              \
        set;                                                                                       \
    }
OTHER(role, r->role = ROLE_GP)
OTHER(self, r->self = 12)
OTHER(patient, r->only_patient = 32)
OTHER(no_patient, r->only_patient = 0)
OTHER(count, r->link_count = 2)
OTHER(name_first, r->links_name[0] = 22)
OTHER(name_second, r->links_name[1] = 24)
OTHER(nobody_read, r->nobody.read = 2)
OTHER(nobody_reduced, r->nobody.reduced = 1)
OTHER(nobody_own, r->nobody.own = 1)
OTHER(nobody_authored, r->nobody.authored = 1)
OTHER(nobody_sensitivity, r->nobody.sensitivity = 1)
OTHER(nobody_clearance, r->nobody.clearance = 1)
OTHER(stranger_read, r->stranger.read = 1)
OTHER(stranger_authored, r->stranger.authored = 4)

static void nobody_else_has_his_verdicts(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        void (*make)(Rights *rights);
    } cases[] = {
        {"another role", role},
        {"another person", self},
        {"a token for another patient", patient},
        {"without the one patient of a token", no_patient},
        {"a link less", count},
        {"other links", name_first},
        {"other links, by half of their name", name_second},
        {"without scopes", no_scopes},
        {"other letters", other_scopes},
        {"one type more", more_scopes},
        {"classes about nobody", nobody_read},
        {"classes about nobody, in part", nobody_reduced},
        {"his profession's", nobody_own},
        {"his own", nobody_authored},
        {"a category of sensitivity", nobody_sensitivity},
        {"a clearance", nobody_clearance},
        {"what strangers may", stranger_read},
        {"what he made about strangers", stranger_authored},
    };
    Rights his = somebody();
    sheet_note(verdicts_sheet(verdicts, cx.arena, &his, TURN), 100, 1, true);
    assert_true(knows(&his, TURN, 100));
    check(!knows(&his, TURN + 1, 100)); /* all facts were forgotten in between */
    FOR_CASES(cases, c)
    {
        Rights other = somebody();
        CASE(c->why);
        c->make(&other);
        check(!knows(&other, TURN, 100));
        check(knows(&his, TURN, 100));
    }
}

static void links_without_a_name_are_not_kept(void **state)
{
    Rights unnamed = somebody();
    UNUSED(state);
    unnamed.links_name[0] = 0;
    check(!verdicts_sheet(verdicts, cx.arena, &unnamed, TURN));
    unnamed.link_count = 0; /* no links: nothing to name */
    check(verdicts_sheet(verdicts, cx.arena, &unnamed, TURN));
}

typedef enum { NOTE, TOUCH } Event;

static void a_verdict_holds_for_its_version(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        struct {
            Event event;
            uint64_t rid, change;
        } events[3];
        uint64_t rid, change; /* asked for on this snapshot */
        bool knows;
    } cases[] = {
        {"decided, and asked for on the same snapshot", {{NOTE, 40, 10}}, 40, 10, true},
        {"on a later one, nothing has changed", {{NOTE, 40, 10}}, 40, 99, true},
        {"on an earlier one, nothing had changed", {{NOTE, 40, 10}}, 40, 3, true},
        {"another row", {{NOTE, 40, 10}}, 41, 10, false},
        {"the row has changed since", {{NOTE, 40, 10}, {TOUCH, 40, 11}}, 40, 11, false},
        {"the row has changed since, asked for as of then",
         {{NOTE, 40, 10}, {TOUCH, 40, 11}},
         40,
         10,
         false},
        {"decided behind the change", {{TOUCH, 40, 11}, {NOTE, 40, 11}}, 40, 11, true},
        {"decided behind the change, asked for before it",
         {{TOUCH, 40, 11}, {NOTE, 40, 11}},
         40,
         10,
         false},
        {"decided late, on a snapshot from before the change",
         {{TOUCH, 40, 11}, {NOTE, 40, 10}},
         40,
         11,
         false},
        {"decided late, asked for on that snapshot",
         {{TOUCH, 40, 11}, {NOTE, 40, 10}},
         40,
         10,
         false},
        {"what was decided of a neighbour before goes with the block",
         {{NOTE, 41, 10}, {TOUCH, 40, 11}, {NOTE, 40, 11}},
         41,
         11,
         false},
        {"a row of another block has changed", {{NOTE, 40, 10}, {TOUCH, 64, 11}}, 40, 11, true},
        {"a row of so high a number that none is kept", {{NOTE, 1 << 22, 10}}, 1 << 22, 10, false},
        {"the highest of which one is", {{NOTE, (1 << 22) - 1, 10}}, (1 << 22) - 1, 10, true},
        {"a row whose changes stand in the same place",
         {{NOTE, 40, 10}, {TOUCH, (1 << 21) + 40, 11}},
         40,
         11,
         false},
    };
    FOR_CASES(cases, c)
    {
        Verdicts *own;
        Ctx of_case = testing_ctx();
        Rights his = somebody();
        bool sees = false;
        CASE(c->why);
        assert_int_equal(verdicts_new(home.arena, &own), STATUS_OK);
        Sheet *sheet = verdicts_sheet(own, of_case.arena, &his, TURN);
        assert_non_null(sheet);
        for (size_t i = 0; i < COUNT_OF(c->events) && c->events[i].rid; i++) {
            if (c->events[i].event == NOTE)
                sheet_note(sheet, c->events[i].rid, c->events[i].change, true);
            else
                verdicts_touch(own, c->events[i].rid, c->events[i].change);
        }
        check_int(sheet_knows(sheet, c->rid, c->change, &sees), c->knows);
        check(sees || !c->knows);
        arena_free(of_case.arena); /* the sheet is let go */
        verdicts_free(own);
    }
}

static void all_rows_of_a_block_stand_apart(void **state)
{
    Rights his = somebody();
    bool sees;
    UNUSED(state);
    Sheet *sheet = verdicts_sheet(verdicts, cx.arena, &his, TURN);
    for (uint64_t rid = 3200; rid < 3264; rid += 2)
        sheet_note(sheet, rid, 1, rid % 3 == 0);
    for (uint64_t rid = 3200; rid < 3264; rid++) {
        check_int(sheet_knows(sheet, rid, 1, &sees), rid % 2 == 0);
        check(rid % 2 || sees == (rid % 3 == 0));
    }
    sheet_note(sheet, 3200, 1, true);
    sheet_note(sheet, 3200, 1, false); /* whatever was said, the last word counts */
    check(sheet_knows(sheet, 3200, 1, &sees) && !sees);
}

/* More people than there are sheets; whoever holds one keeps it. */
static void the_ones_used_longest_ago_go(void **state)
{
    enum { PEOPLE = 400 };
    Ctx others = testing_ctx();
    Rights his = somebody();
    bool sees;
    UNUSED(state);
    Sheet *held = verdicts_sheet(verdicts, cx.arena, &his, TURN);
    sheet_note(held, 5, 1, true);
    for (uint64_t i = 0; i < PEOPLE; i++) {
        Rights other = somebody();
        other.self = 1000 + i;
        sheet_note(verdicts_sheet(verdicts, others.arena, &other, TURN), 5, 1, false);
        arena_clear(others.arena);
    }
    check(sheet_knows(held, 5, 1, &sees) && sees);
    check(!knows(&his, TURN, 5)); /* anew: the old one is out of the list */
    arena_free(others.arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_else_has_his_verdicts, setup, teardown),
        cmocka_unit_test_setup_teardown(links_without_a_name_are_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_verdict_holds_for_its_version, setup, teardown),
        cmocka_unit_test_setup_teardown(all_rows_of_a_block_stand_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(the_ones_used_longest_ago_go, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
