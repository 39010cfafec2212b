/* The matrix as it is printed, against the decision: every role, class, way to be linked, level and
 * kind of sensitivity; and that taking something away never shows a row.
 *
 * judge.c holds the table copied by hand; nothing here looks at the rules of the program. */
#include "leaks/callers.h"

#include "access/reduced.h"
#include "access/rights.h"
#include "fhir/fhir.h"

enum { PATIENT = 101, STRANGER = 102, SELF = 7, OTHER = 8, RANDOM_CASES = 200000 };

static Arena *arena;

static Caller caller_of(AccessRole role, bool consent, bool broken, bool blocked)
{
    Caller caller = {.name = access_role_word(role).at, .role = role, .self = STR_EMPTY};
    caller.self_hash = role == ROLE_PATIENT ? PATIENT : SELF;
    caller.link_count = role != ROLE_AUDITOR && role != ROLE_ADMIN;
    caller.links[0] = (JudgeLink){.patient = STR("Patient/p1"),
                                  .linked = true,
                                  .consent = consent,
                                  .broken = broken,
                                  .self = role == ROLE_PATIENT,
                                  .blocked = blocked,
                                  .hash = PATIENT};
    return caller;
}

static const char *const sight_words[] = {"nothing", "a part", "all"};

static void compare(const Caller *caller, const Access *access, const Facts *facts)
{
    Sees wanted = judge_sees(caller, 1, facts);
    Sight sight = access_sees(access, 1, facts);
    Sees sees = sight == SIGHT_NONE ? SEES_NOTHING : sight == SIGHT_REDUCED ? SEES_PART : SEES_ALL;
    if (sees != wanted)
        fail_msg(
            "%s%s%s%s: D%u, level %u, kinds %x, made by %s of profession %u, about %s: sees %s "
            "and may see %s",
            caller->name, caller->links[0].consent ? ", consent" : "",
            caller->links[0].broken ? ", glass broken" : "",
            caller->links[0].blocked ? ", blocked" : "", facts->class, facts->confidentiality,
            facts->sensitivity, facts->author == caller->self_hash ? "himself" : "another",
            facts->profession,
            !facts->subject_count           ? "nobody"
            : facts->subjects[0] == PATIENT ? "a patient of his"
                                            : "a stranger",
            sight_words[sees], sight_words[wanted]);
}

static void try_facts(const Caller *caller, const Access *access, unsigned class)
{
    static const uint64_t authors[] = {SELF, OTHER, 0, PATIENT};
    static const uint64_t subjects[] = {0, PATIENT, STRANGER};
    for (uint8_t level = CONF_U; level <= CONF_V; level++) {
        for (unsigned kind = 0; kind < 8; kind++) {
            for (size_t who = 0; who < COUNT_OF(authors); who++) {
                for (size_t whom = 0; whom < COUNT_OF(subjects); whom++) {
                    Facts facts = {.class = (uint8_t) class,
                                   .confidentiality = level,
                                   .sensitivity = kind ? (uint16_t)(1u << (kind - 1)) : 0,
                                   .profession = (uint8_t)(who == 0 ? caller->role : ROLE_LAB),
                                   .author = authors[who],
                                   .subject_count = subjects[whom] != 0,
                                   .subjects = {subjects[whom]}};
                    compare(caller, access, &facts);
                }
            }
        }
    }
}

static void every_cell_is_as_it_is_printed(void **state)
{
    UNUSED(state);
    for (AccessRole role = ROLE_NOBODY + 1; role < ACCESS_ROLES; role++) {
        for (unsigned how = 0; how < 8; how++) {
            arena_clear(arena);
            Caller caller = caller_of(role, how & 1, how & 2, how & 4);
            const Access *access = caller_access(&caller, arena);
            for (unsigned class = 0; class < ACCESS_CLASSES; class ++)
                try_facts(&caller, access, class);
        }
    }
}

/* ---- monotonic
 * ------------------------------------------------------------------------------------- */

static Facts any_facts(OracleDice *d)
{
    static const uint64_t people[] = {PATIENT, STRANGER, SELF, OTHER, 0};
    Facts facts = {.class = (uint8_t)dice(d, ACCESS_CLASSES),
                   .confidentiality = (uint8_t)dice(d, CONF_V + 1),
                   .sensitivity = dice_percent(d, 50) ? 0 : (uint16_t)dice(d, 128),
                   .profession = (uint8_t)dice(d, ACCESS_ROLES),
                   .author = PICK(d, people),
                   .organisation = PICK(d, people)};
    if (dice_percent(d, 80))
        facts.subjects[facts.subject_count++] = dice_percent(d, 75) ? PATIENT : STRANGER;
    if (facts.subject_count && facts.subjects[0] == PATIENT && dice_percent(d, 20))
        facts.subjects[facts.subject_count++] = STRANGER;
    return facts;
}

/* One right less: a link ended, a block, consent withdrawn, a scope dropped, one patient only. */
static const char *take_away(OracleDice *d, Caller *caller)
{
    switch (dice(d, 6)) {
    case 0: caller->link_count = 0; return "a link ended";
    case 1: caller->links[0].blocked = true; return "a block";
    case 2: caller->links[0].consent = false; return "consent withdrawn";
    case 3: caller->links[0].broken = false; return "the glass is whole again";
    case 4:
        if (!caller->scoped)
            memset(caller->letters, RIGHTS_ALL, sizeof(caller->letters));
        caller->scoped = true;
        caller->letters[1] &= (uint8_t)dice(d, RIGHTS_ALL + 1);
        return "a scope dropped";
    default: caller->only_patient = STRANGER; return "the token is of another patient";
    }
}

static void taking_away_never_shows_a_row(void **state)
{
    UNUSED(state);
    OracleDice d = {7};
    unsigned less = 0;
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        arena_clear(arena);
        AccessRole role = (AccessRole)(1 + dice(&d, ACCESS_ROLES - 1));
        Caller caller = caller_of(role, dice_percent(&d, 70), dice_percent(&d, 30), false);
        const Access *before = caller_access(&caller, arena);
        const char *what = take_away(&d, &caller);
        const Access *after = caller_access(&caller, arena);
        Facts facts = any_facts(&d);
        Sight one = access_sees(before, 1, &facts), other = access_sees(after, 1, &facts);
        if (other > one || (access_may_write(after, 1, NULL, &facts) &&
                            !access_may_write(before, 1, NULL, &facts)))
            fail_msg("%s: %s, and D%u is seen", caller.name, what, facts.class);
        less += other < one;
    }
    CASE("and it takes something away");
    check(less > RANDOM_CASES / 50);
}

/* What makes a row more secret never shows it. */
static void a_higher_label_never_shows_a_row(void **state)
{
    UNUSED(state);
    OracleDice d = {8};
    for (unsigned i = 0; i < RANDOM_CASES / 4; i++) {
        arena_clear(arena);
        AccessRole role = (AccessRole)(1 + dice(&d, ACCESS_ROLES - 1));
        Caller caller = caller_of(role, true, dice_percent(&d, 30), false);
        const Access *access = caller_access(&caller, arena);
        Facts facts = any_facts(&d), higher = facts;
        if (dice_percent(&d, 50) && higher.confidentiality < CONF_V)
            higher.confidentiality++;
        else
            higher.sensitivity |= (uint16_t)(1u << dice(&d, 7));
        check(access_sees(access, 1, &higher) <= access_sees(access, 1, &facts));
    }
}

/* ---- closed
 * ------------------------------------------------------------------------------------------- */

static void whoever_is_not_known_sees_nothing(void **state)
{
    UNUSED(state);
    OracleDice d = {9};
    AccessGrant grant = {.account = STR("x"), .role = STR("gp"), .may_write = true};
    const Access *bare = access_grant(arena, &grant);
    for (unsigned i = 0; i < 5000; i++) {
        Facts facts = any_facts(&d);
        Caller gp = caller_of(ROLE_GP, true, false, false);
        const Rights *rights = access_rights(caller_access(&gp, arena));
        Rights other = *rights;
        CASE("a person without rights");
        check_int(access_sees(bare, 1, &facts), SIGHT_NONE);
        CASE("a role that there is not");
        other.role = (AccessRole)(dice_percent(&d, 50) ? ACCESS_ROLES : ROLE_NOBODY);
        check_int(access_sees(access_with_rights(arena, bare, &other), 1, &facts), SIGHT_NONE);
        CASE("scopes that name no type");
        other = *rights;
        other.scopes = (const uint8_t *)"";
        other.scope_count = 0;
        check_int(access_sees(access_with_rights(arena, bare, &other), 1, &facts), SIGHT_NONE);
        CASE("a class that there is not");
        facts.class = ACCESS_CLASSES;
        check_int(access_sees(access_with_rights(arena, bare, rights), 1, &facts), SIGHT_NONE);
        CASE("rights of zeros");
        facts = any_facts(&d);
        other = (Rights){.role = ROLE_GP, .self = SELF};
        check_int(access_sees(access_with_rights(arena, bare, &other), 1, &facts), SIGHT_NONE);
        CASE("a row without facts, or with bytes that are none");
        check_int(access_sees_packed(access_with_rights(arena, bare, rights), 1, STR_EMPTY),
                  SIGHT_NONE);
        check_int(access_sees_packed(access_with_rights(arena, bare, rights), 1, STR("\1\2\3")),
                  SIGHT_NONE);
        arena_clear(arena);
        bare = access_grant(arena, &grant);
    }
}

/* ---- order
 * -------------------------------------------------------------------------------------------- */

/* A list runs by the date of its rows (search/param.c); a date that is left out of a reduced view
 * would be told by the place of the row. */
static void what_rows_are_ordered_by_is_never_left_out(void **state)
{
    static const char *const codes[] = {
        "date",     "authoredon", "onset-date", "recorded-date",  "authored-on",
        "authored", "occurrence", "effective",  "period",         "created",
        "issued",   "sent",       "started",    "whenhandedover", "start-date"};
    UNUSED(state);
    unsigned hidden = 0;
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        const FhirParam *param = NULL;
        for (size_t i = 0; i < COUNT_OF(codes); i++) {
            const FhirParam *one = fhir_param_find(type, str_of(codes[i]));
            if (!param && one && one->kind == FHIR_PARAM_DATE)
                param = one;
        }
        for (unsigned facet = 0; param && facet < 32; facet++) {
            Reduced lack = {.classes = facet ? 0 : 1, .facets = facet ? 1u << facet : 0};
            if (!reduced_hides(lack, type, param->expression))
                continue;
            print_message("# " STR_FMT ": " STR_FMT "\n", STR_ARG(fhir_type_name(type)),
                          STR_ARG(str_head(param->expression, 200)));
            hidden++;
        }
    }
    check_int(hidden, 0);
}

int main(void)
{
    arena = arena_new((size_t)64 << 20, false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_as_it_is_printed),
        cmocka_unit_test(taking_away_never_shows_a_row),
        cmocka_unit_test(a_higher_label_never_shows_a_row),
        cmocka_unit_test(whoever_is_not_known_sees_nothing),
        cmocka_unit_test(what_rows_are_ordered_by_is_never_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
