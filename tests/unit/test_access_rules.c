/* The rules as data: the matrix that the program brings, what each cell means, and what is not
 * read. security-model.md 1 */
#include "access/rules.h"

#include "json/json.h"
#include "testing.h"

static const AccessRole order[] = {
    ROLE_GP,        ROLE_SPECIALIST, ROLE_PHYSIO,     ROLE_NURSE, ROLE_PSYCHOLOGIST,
    ROLE_SECRETARY, ROLE_BILLING,    ROLE_PHARMACIST, ROLE_LAB,   ROLE_PATIENT,
    ROLE_PROXY,     ROLE_AUDITOR,    ROLE_ADMIN};

/* By hand, from the table of the design: gp specialist physio nurse psychologist secretary billing
 * pharmacist lab patient proxy auditor admin. */
static const char *const matrix[ACCESS_CLASSES] = {
    "R R R R R R R R R r r R W", "W R R R R W R r r R R r -",     "W R r r r W R r r R R - -",
    "W W o R o W r - - R R - -", "R o o - o R W r o R r - -",     "W W R W R - - R r R R - -",
    "W W r R r - - W r R R - -", "W W r R r - - B - R r - -",     "R R B R B - - r W R r - -",
    "R W R r - - - - - R r - -", "o+R o+r o o o - - o o R r - -", "R r W r - - - - - R r - -",
    "R R r W - - - - - R r - -", "B o - B W - - - - R - - -",     "- - - - o - - - - - - - -",
    "R o - B - - - r o R - - -", "- - - - - - - - - own - R -",   "- - - - - - - - - - - R W",
};

static Ctx cx;

static int begin(void **state)
{
    UNUSED(state);
    cx = testing_ctx();
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    arena_free(cx.arena);
    return 0;
}

static Rules usual(void)
{
    Rules rules;
    assert_int_equal(rules_default(&cx, &rules), STATUS_OK);
    return rules;
}

static void the_program_brings_the_matrix(void **state)
{
    UNUSED(state);
    Rules rules = usual();
    for (unsigned class = 0; class < ACCESS_CLASSES; class ++) {
        Str row = str_of(matrix[class]);
        for (size_t i = 0; i < COUNT_OF(order); i++) {
            CASE(arena_format(cx.arena, "D%u of " STR_FMT, class,
                              STR_ARG(access_role_word(order[i])))
                     .at);
            check_str(rules_cell_word(rules.roles[order[i]].cells[class]), str_cut(&row, ' '));
        }
    }
    check_int(rules.without_consent, 31);
    check_int(rules.link_months[LINK_OWN_GP], 15);
    check_int(rules.link_months[LINK_OWN_PHARMACIST], 15);
    check_int(rules.link_months[LINK_CONTACT], 3);
    check_int(rules.link_months[LINK_EMERGENCY], 1);
    check_int(rules.break_hours, 4);
}

/* Letters of what a mask gives of a class. */
static Str given(RightsMask mask, unsigned class)
{
    uint32_t bit = 1u << class;
    return arena_format(cx.arena, "%s%s%s%s%s%s", mask.read & bit ? "R" : "",
                        mask.reduced & bit ? "r" : "", mask.own & bit ? "o" : "",
                        mask.authored & bit ? "a" : "", mask.write & bit ? "W" : "",
                        mask.write_own & bit ? "w" : "");
}

static void each_cell_means_what_it_says(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        AccessRole role;
        unsigned class;
        RulesCase how;
        const char *given;
    } cases[] = {
        {"W", ROLE_GP, D7_PROBLEMS, {.consent = true}, "RaWw"},
        {"R", ROLE_GP, D8_LABORATORY, {.consent = true}, "R"},
        {"r", ROLE_PHYSIO, D7_PROBLEMS, {.consent = true}, "r"},
        {"o", ROLE_PHYSIO, D10_NOTES, {.consent = true}, "oaw"},
        {"o+R", ROLE_GP, D10_NOTES, {.consent = true}, "Roaw"},
        {"o+r", ROLE_SPECIALIST, D10_NOTES, {.consent = true}, "roaw"},
        {"B before", ROLE_GP, D13_MENTAL_HEALTH, {.consent = true}, ""},
        {"B after", ROLE_GP, D13_MENTAL_HEALTH, {.broken = true}, "R"},
        {"- after break-glass", ROLE_PHYSIO, D13_MENTAL_HEALTH, {.broken = true}, ""},
        {"psychotherapy notes after break-glass", ROLE_GP, D14_PSYCHOTHERAPY, {.broken = true}, ""},
        {"without consent, a chart", ROLE_NURSE, D8_LABORATORY, {0}, ""},
        {"without consent, one's own file", ROLE_GP, D7_PROBLEMS, {0}, "aw"},
        {"without consent, the office", ROLE_SECRETARY, D3_SCHEDULING, {0}, "RaWw"},
        {"break-glass opens without consent", ROLE_GP, D7_PROBLEMS, {.broken = true}, "RaWw"},
        {"the patient needs no consent", ROLE_PATIENT, D7_PROBLEMS, {.self = true}, "R"},
        {"audit about himself", ROLE_PATIENT, D16_AUDIT, {.self = true}, "R"},
        {"audit about another", ROLE_PATIENT, D16_AUDIT, {.consent = true}, ""},
        {"a secretary breaks no glass", ROLE_SECRETARY, D7_PROBLEMS, {.broken = true}, ""},
        {"nobody", ROLE_NOBODY, D0_DIRECTORY, {.consent = true}, ""},
    };
    Rules rules = usual();
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_str(given(rules_link_mask(&rules, c->role, c->how), c->class), str_of(c->given));
    }
}

static void strangers_are_seen_by_those_who_made_them(void **state)
{
    UNUSED(state);
    Rules rules = usual();
    RightsMask gp = rules_stranger_mask(&rules, ROLE_GP);
    check_str(given(gp, D1_DEMOGRAPHICS), STR("aw"));
    check_str(given(gp, D7_PROBLEMS), STR("a"));
    check_str(given(gp, D8_LABORATORY), STR(""));
    check_str(given(rules_stranger_mask(&rules, ROLE_AUDITOR), D16_AUDIT), STR("R"));
    check_str(given(rules_stranger_mask(&rules, ROLE_AUDITOR), D7_PROBLEMS), STR(""));
    check_str(given(rules_nobody_mask(&rules, ROLE_GP), D0_DIRECTORY), STR("R"));
    check_str(given(rules_nobody_mask(&rules, ROLE_GP), D7_PROBLEMS), STR("aw"));
    check_str(given(rules_nobody_mask(&rules, ROLE_ADMIN), D17_CONFIGURATION), STR("RaWw"));
}

static bool within(RightsMask less, RightsMask more)
{
    return !(less.read & ~more.read) && !(less.own & ~(more.own | more.read)) &&
           !(less.reduced & ~(more.reduced | more.read)) &&
           !(less.authored & ~(more.authored | more.own | more.read)) &&
           !(less.write & ~more.write) && !(less.write_own & ~(more.write_own | more.write)) &&
           !(less.sensitivity & ~more.sensitivity) && less.clearance <= more.clearance;
}

/* stranger <= link without consent <= link <= broken glass, of every role. */
static void ending_a_link_or_a_consent_adds_nothing(void **state)
{
    UNUSED(state);
    Rules rules = usual();
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        CASE(access_role_word(order[i]).at);
        RightsMask without = rules_link_mask(&rules, order[i], (RulesCase){0});
        RightsMask with = rules_link_mask(&rules, order[i], (RulesCase){.consent = true});
        RightsMask broken =
            rules_link_mask(&rules, order[i], (RulesCase){.consent = true, .broken = true});
        if (order[i] != ROLE_AUDITOR)
            check(within(rules_stranger_mask(&rules, order[i]), without));
        check(within(without, with) && within(with, broken));
    }
}

/* The rules with one piece of text in place of another. */
static Str with(const char *old, const char *new)
{
    Str text = rules_default_text();
    const char *at = memmem(text.at, text.len, old, strlen(old));
    assert_non_null(at);
    size_t before = (size_t)(at - text.at), after = before + strlen(old);
    return arena_format(cx.arena, STR_FMT "%s" STR_FMT, STR_ARG(str_head(text, before)), new,
                        STR_ARG(str_from(text, after)));
}

static void what_is_not_known_is_not_read(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *old, *new;
    } cases[] = {
        {"another version", "\"version\": 1", "\"version\": 2"},
        {"a version as text", "\"version\": 1", "\"version\": \"1\""},
        {"an unknown word", "\"name\":", "\"nickname\":"},
        {"a word twice", "\"name\": \"aceso\"", "\"name\": \"aceso\", \"name\": \"aceso\""},
        {"an unknown role", "\"gp\": {", "\"doctor\": {"},
        {"a role twice", "\"specialist\": {", "\"gp\": {"},
        {"an unknown class", "\"D17\": \"W\"", "\"D18\": \"W\""},
        {"a class by its name", "\"D17\": \"W\"", "\"configuration\": \"W\""},
        {"a class twice", "\"D16\": \"-\", \"D17\": \"W\"", "\"D17\": \"-\", \"D17\": \"W\""},
        {"an unknown cell", "\"D17\": \"W\"", "\"D17\": \"X\""},
        {"a cell that is no string", "\"D17\": \"W\"", "\"D17\": true"},
        {"an unknown category", "\"HIV\"", "\"FLU\""},
        {"an unknown clearance", "\"clearance\": \"R\"", "\"clearance\": \"Z\""},
        {"a clearance of no letter", "\"clearance\": \"R\"", "\"clearance\": \"\""},
        {"an unknown kind of link", "\"contact\":", "\"friend\":"},
        {"break-glass by months", "\"contact\":", "\"break-glass\":"},
        {"a link of no length", "{\"months\": 3}", "{\"months\": 0}"},
        {"a link for ever", "{\"months\": 3}", "{\"months\": 6000}"},
        {"a link of half months", "{\"months\": 3}", "{\"months\": 3.5}"},
        {"a glass broken for a day", "\"hours\": 4", "\"hours\": 24"},
        {"a chart without consent", "\"D3\", \"D4\"],", "\"D3\", \"D7\"],"},
        {"a country of three letters", "\"DE\": 15", "\"DEU\": 15"},
        {"proxies for ever", "\"child_until\": 16", "\"child_until\": 99"},
        {"a member that is missing", "\"break_glass\": {\"hours\": 4},", ""},
        {"a list in place of an object", "\"links\": {", "\"links\": [{}], \"x\": {"},
        {"no JSON", "\"version\": 1,", "\"version\": 1"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Rules rules = {.digest = 77};
        Ctx issues = {.arena = cx.arena};
        check_int(rules_parse(&issues, with(c->old, c->new), &rules), STATUS_INVALID);
        check(issues.issue_count > 0);
        check_int(rules.digest, 77);
    }
}

static void what_is_not_named_has_nothing(void **state)
{
    UNUSED(state);
    Rules rules;
    check_int(rules_parse(&cx,
                          STR("{\"version\":1,\"name\":\"x\",\"revision\":\"1\","
                              "\"without_consent\":[],\"about_nobody\":[],\"links\":{},"
                              "\"break_glass\":{\"hours\":1},\"proxy\":{\"child_until\":12},"
                              "\"roles\":{\"gp\":{\"clearance\":\"N\",\"sensitivity\":[],"
                              "\"cells\":{\"D7\":\"R\"}}}}"),
                          &rules),
              STATUS_OK);
    RulesCase linked = {.consent = true};
    check_str(given(rules_link_mask(&rules, ROLE_GP, linked), D7_PROBLEMS), STR("R"));
    check_str(given(rules_link_mask(&rules, ROLE_GP, linked), D8_LABORATORY), STR(""));
    check_str(given(rules_link_mask(&rules, ROLE_NURSE, linked), D7_PROBLEMS), STR(""));
    check(rules.digest != usual().digest);
}

static JsonValue *at(JsonValue *value, const char *path)
{
    Str rest = str_of(path);
    while (rest.at && value)
        value = json_get(value, str_cut(&rest, '/'));
    assert_non_null(value);
    return value;
}

/* What people check their file with knows the same words as the program. */
static void the_schema_has_the_same_words(void **state)
{
    UNUSED(state);
    JsonValue *schema = NULL, *item;
    char text[16 << 10];
    FILE *file = fopen(ACESO_RULES_SCHEMA, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_int_equal(json_parse(&cx, str_n(text, len), &schema), STATUS_OK);
    JsonValue *roles = at(schema, "properties/roles/propertyNames/enum");
    check_int(json_count(roles), ACCESS_ROLES - 1);
    for (JsonIter it = json_iter(roles); json_next(&it, NULL, &item);)
        check(access_role_of(json_str(item)) != ROLE_NOBODY);
    JsonValue *kinds = at(schema, "properties/links/propertyNames/enum");
    check_int(json_count(kinds), LINK_KINDS - 2);
    for (JsonIter it = json_iter(kinds); json_next(&it, NULL, &item);)
        check(rules_link_of(json_str(item)) != LINK_NONE);
    JsonValue *classes = at(schema, "$defs/class/enum");
    check_int(json_count(classes), ACCESS_CLASSES);
    for (JsonIter it = json_iter(classes); json_next(&it, NULL, &item);)
        check(rules_class_of(json_str(item)) < ACCESS_CLASSES);
    check_int(json_count(at(schema, "$defs/role/properties/cells/additionalProperties/enum")),
              CELLS);
    JsonValue *categories = at(schema, "$defs/sensitivity/items/enum");
    for (JsonIter it = json_iter(categories); json_next(&it, NULL, &item);)
        check(rules_sensitivity_of(json_str(item)) != 0);
}

/* What the app may offer, and until when a link holds that says nothing itself. */
static void the_app_is_told_what_it_may_offer(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        AccessRole role;
        const char *members;
    } cases[] = {
        {"who may break a glass", ROLE_GP,
         ",\"breaksGlass\":true,\"linkMonths\":{\"own-gp\":15,\"own-pharmacist\":15,\"contact\":3,"
         "\"emergency\":1}"},
        {"who may not", ROLE_SECRETARY,
         ",\"linkMonths\":{\"own-gp\":15,\"own-pharmacist\":15,\"contact\":3,\"emergency\":1}"},
        {"a role of nobody's", ROLE_NOBODY,
         ",\"linkMonths\":{\"own-gp\":15,\"own-pharmacist\":15,\"contact\":3,\"emergency\":1}"},
    };
    Rules rules;
    Str members;
    assert_int_equal(rules_default(&cx, &rules), STATUS_OK);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        assert_int_equal(rules_app_members(&cx, &rules, c->role, &members), STATUS_OK);
        check_str(members, str_of(c->members));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_brings_the_matrix),
        cmocka_unit_test(each_cell_means_what_it_says),
        cmocka_unit_test(strangers_are_seen_by_those_who_made_them),
        cmocka_unit_test(ending_a_link_or_a_consent_adds_nothing),
        cmocka_unit_test(what_is_not_known_is_not_read),
        cmocka_unit_test(what_is_not_named_has_nothing),
        cmocka_unit_test(the_schema_has_the_same_words),
        cmocka_unit_test(the_app_is_told_what_it_may_offer),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
