/* What a caller sees of a row: a table of rules, and every small case that taking something away
 * never adds a row. security-model.md 1 */
#include <time.h>

#include "access/access.h"
#include "access/grant.h"
#include "access/rights.h"
#include "testing.h"

enum { SELF = 11, OTHER = 12, ANN = 100, BEN = 200, EVE = 300, TYPE = 5 };
enum { D7 = 1u << D7_PROBLEMS, D10 = 1u << D10_NOTES, D14 = 1u << D14_PSYCHOTHERAPY };

static Arena *arena;

static const Access *person(const Rights *rights)
{
    AccessGrant grant = {.account = STR("x"), .role = STR("gp"), .may_write = true};
    const Access *access = access_grant(arena, &grant);
    return rights ? access_with_rights(arena, access, rights) : access;
}

static int begin(void **state)
{
    UNUSED(state);
    arena = arena_new((size_t)8 << 20, false);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    UNUSED(state);
    arena_free(arena);
    return 0;
}

/* A GP with a full link to Ann and a narrow one to Ben; Eve has blocked him. */
static const RightsLink usual_links[] = {
    {.patient = ANN,
     .mask = {.read = D7,
              .own = D10 | D14,
              .reduced = D10,
              .write = D7,
              .write_own = D10 | D14,
              .sensitivity = SENSITIVE_HIV | SENSITIVE_PSYCHOTHERAPY,
              .clearance = CONF_V}},
    {.patient = BEN, .mask = {.reduced = D7, .authored = D10, .write = D7, .clearance = CONF_N}},
    {.patient = EVE},
};

static Rights usual(void)
{
    return (Rights){.role = ROLE_GP,
                    .self = SELF,
                    .nobody = {.read = 1u << D0_DIRECTORY, .clearance = CONF_N},
                    .stranger = {.authored = D7, .write_own = D7, .clearance = CONF_N},
                    .links = usual_links,
                    .link_count = COUNT_OF(usual_links)};
}

#define ABOUT(...) .subject_count = COUNT_OF(((uint64_t[]){__VA_ARGS__})), .subjects = {__VA_ARGS__}

static void each_rule_holds(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Facts facts;
        Sight sight;
    } cases[] = {
        {"of the linked patient", {.class = D7_PROBLEMS, ABOUT(ANN)}, SIGHT_FULL},
        {"reduced by the link", {.class = D7_PROBLEMS, ABOUT(BEN)}, SIGHT_REDUCED},
        {"a class the link has not", {.class = D8_LABORATORY, ABOUT(ANN)}, SIGHT_NONE},
        {"about both: the lesser sight", {.class = D7_PROBLEMS, ABOUT(ANN, BEN)}, SIGHT_REDUCED},
        {"also about a stranger", {.class = D7_PROBLEMS, ABOUT(ANN, 999)}, SIGHT_NONE},
        {"a stranger", {.class = D7_PROBLEMS, ABOUT(999)}, SIGHT_NONE},
        {"a stranger, what he made",
         {.class = D7_PROBLEMS, .author = SELF, ABOUT(999)},
         SIGHT_FULL},
        {"a stranger, what his profession made",
         {.class = D7_PROBLEMS, .author = OTHER, .profession = ROLE_GP, ABOUT(999)},
         SIGHT_NONE},
        {"blocked: not even what he made",
         {.class = D7_PROBLEMS, .author = SELF, ABOUT(EVE)},
         SIGHT_NONE},
        {"about nobody, of the directory", {.class = D0_DIRECTORY}, SIGHT_FULL},
        {"about nobody, of another class", {.class = D7_PROBLEMS}, SIGHT_NONE},
        {"his own note", {.class = D10_NOTES, .author = SELF, ABOUT(ANN)}, SIGHT_FULL},
        {"a note of his profession",
         {.class = D10_NOTES, .author = OTHER, .profession = ROLE_GP, ABOUT(ANN)},
         SIGHT_FULL},
        {"a note of another profession",
         {.class = D10_NOTES, .author = OTHER, .profession = ROLE_PHYSIO, ABOUT(ANN)},
         SIGHT_REDUCED},
        {"authored does not mean the profession",
         {.class = D10_NOTES, .author = OTHER, .profession = ROLE_GP, ABOUT(BEN)},
         SIGHT_NONE},
        {"a category that is granted",
         {.class = D7_PROBLEMS, .sensitivity = SENSITIVE_HIV, ABOUT(ANN)},
         SIGHT_FULL},
        {"one granted and one not",
         {.class = D7_PROBLEMS, .sensitivity = SENSITIVE_HIV | SENSITIVE_MENTAL, ABOUT(ANN)},
         SIGHT_NONE},
        {"above the clearance",
         {.class = D7_PROBLEMS, .confidentiality = CONF_R, ABOUT(BEN)},
         SIGHT_NONE},
        {"psychotherapy notes of his own",
         {.class = D14_PSYCHOTHERAPY, .author = SELF, ABOUT(ANN)},
         SIGHT_FULL},
        {"psychotherapy notes of his profession",
         {.class = D14_PSYCHOTHERAPY, .author = OTHER, .profession = ROLE_GP, ABOUT(ANN)},
         SIGHT_NONE},
        {"labelled so, in a class he reads",
         {.class = D7_PROBLEMS, .sensitivity = SENSITIVE_PSYCHOTHERAPY, ABOUT(ANN)},
         SIGHT_NONE},
        {"a class that there is not", {.class = ACCESS_CLASSES, ABOUT(ANN)}, SIGHT_NONE},
        {"more subjects than there is room for",
         {.class = D7_PROBLEMS, .subject_count = FACTS_SUBJECTS_MAX + 1},
         SIGHT_NONE},
    };
    Rights rights = usual();
    const Access *access = person(&rights);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(access_sees(access, TYPE, &c->facts), c->sight);
    }
}

static void without_rights_there_is_nothing(void **state)
{
    UNUSED(state);
    Facts facts = {.class = D7_PROBLEMS, ABOUT(ANN)};
    check_int(access_sees(person(NULL), TYPE, &facts), SIGHT_NONE);
    check(!access_may_write(person(NULL), TYPE, NULL, &facts));
    Rights rights = usual();
    rights.role = ROLE_NOBODY;
    check_int(access_sees(person(&rights), TYPE, &facts), SIGHT_NONE);
    rights.role = ACCESS_ROLES;
    check_int(access_sees(person(&rights), TYPE, &facts), SIGHT_NONE);
    AccessGrant all = {.account = STR("o"), .role = STR("operator"), .everything = true};
    check_int(access_sees(access_grant(arena, &all), TYPE, &facts), SIGHT_FULL);
}

/* A row about two is written by who may write it of both. security-model.md 1 */
static void what_is_about_two_is_written_of_both(void **state)
{
    UNUSED(state);
    RightsMask writes = {.read = D7, .write = D7, .clearance = CONF_N},
               reads = {.read = D7, .clearance = CONF_N};
    RightsLink links[2] = {{.patient = ANN, .mask = writes}, {.patient = BEN, .mask = reads}};
    Facts two = {.class = D7_PROBLEMS, ABOUT(ANN, BEN)};
    Rights rights = {.role = ROLE_GP, .self = SELF, .links = links, .link_count = 2};
    check_int(access_sees(person(&rights), TYPE, &two), SIGHT_FULL);
    check(!access_may_write(person(&rights), TYPE, &two, &two));
    links[1].mask = writes;
    check(access_may_write(person(&rights), TYPE, &two, &two));
}

static void scopes_only_take_away(void **state)
{
    UNUSED(state);
    uint8_t letters[TYPE + 1] = {[TYPE] = RIGHTS_READ};
    Facts ann = {.class = D7_PROBLEMS, ABOUT(ANN)}, two = {.class = D7_PROBLEMS, ABOUT(ANN, BEN)};
    Rights rights = usual();
    rights.scopes = letters;
    rights.scope_count = COUNT_OF(letters);
    const Access *access = person(&rights);
    check_int(access_sees(access, TYPE, &ann), SIGHT_FULL);
    check_int(access_sees(access, TYPE - 1, &ann), SIGHT_NONE);
    check_int(access_sees(access, TYPE + 1, &ann), SIGHT_NONE);
    check(!access_may_write(access, TYPE, &ann, &ann));
    letters[TYPE] = RIGHTS_READ | RIGHTS_UPDATE;
    check(access_may_write(access, TYPE, &ann, &ann));
    check(!access_may_write(access, TYPE, NULL, &ann));
    check(!access_may_write(access, TYPE, &ann, NULL));
    rights.only_patient = ANN;
    check_int(access_sees(access, TYPE, &ann), SIGHT_FULL);
    check_int(access_sees(access, TYPE, &two), SIGHT_NONE);
    rights.only_patient = BEN;
    check_int(access_sees(access, TYPE, &ann), SIGHT_NONE);
}

static void writing_needs_full_sight(void **state)
{
    UNUSED(state);
    static const Facts ann = {.class = D7_PROBLEMS, ABOUT(ANN)};
    static const Facts ben = {.class = D7_PROBLEMS, ABOUT(BEN)};
    static const Facts mine = {.class = D10_NOTES, .author = SELF, ABOUT(ANN)};
    static const Facts hers = {
        .class = D10_NOTES, .author = OTHER, .profession = ROLE_GP, ABOUT(ANN)};
    static const Facts new_one = {.class = D7_PROBLEMS, .author = SELF, ABOUT(999)};
    static const struct {
        const char *why;
        const Facts *before, *after;
        bool may;
    } cases[] = {
        {"an update", &ann, &ann, true},
        {"a create", NULL, &ann, true},
        {"a deletion", &ann, NULL, true},
        {"nothing out of nothing", NULL, NULL, false},
        {"only seen in part", &ben, &ben, false},
        {"moved to whom he sees in part", &ann, &ben, false},
        {"taken from whom he sees in part", &ben, &ann, false},
        {"his own note", NULL, &mine, true},
        {"a colleague's note is read only", &hers, &hers, false},
        {"somebody new, by himself", NULL, &new_one, true},
    };
    Rights rights = usual();
    const Access *access = person(&rights);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(access_may_write(access, TYPE, c->before, c->after), c->may);
    }
}

/* ---- monotonic ------------------------------------------------------------------------- */

enum { MASK_BITS = 8, MASKS = 1 << MASK_BITS };

static RightsMask mask_of(unsigned bits)
{
    return (RightsMask){.read = bits & 1 ? D7 : 0,
                        .reduced = bits & 2 ? D7 : 0,
                        .own = bits & 4 ? D7 : 0,
                        .authored = bits & 8 ? D7 : 0,
                        .write = bits & 16 ? D7 : 0,
                        .write_own = bits & 32 ? D7 : 0,
                        .sensitivity = bits & 64 ? SENSITIVE_HIV : 0,
                        .clearance = bits & 128 ? CONF_R : CONF_N};
}

static Facts facts_of(unsigned bits)
{
    Facts facts = {.class = D7_PROBLEMS,
                   .author = bits & 1 ? SELF : OTHER,
                   .profession = bits & 2 ? ROLE_GP : ROLE_NURSE,
                   .sensitivity = bits & 4 ? SENSITIVE_HIV : 0,
                   .confidentiality = bits & 8 ? CONF_R : CONF_N,
                   .subject_count = bits & 16 ? 2 : 1,
                   .subjects = {ANN, BEN}};
    return facts;
}

/* Sight and the right to write of every row, one byte each. */
static void verdicts(RightsLink links[2], unsigned ann, unsigned ben, const Access *access,
                     uint8_t ret[32])
{
    links[0].mask = mask_of(ann);
    links[1].mask = mask_of(ben);
    for (unsigned i = 0; i < 32; i++) {
        Facts facts = facts_of(i);
        bool may = access_may_write(access, TYPE, NULL, &facts);
        ret[i] = (uint8_t)(access_sees(access, TYPE, &facts) | may << 4);
    }
}

static bool no_more(const uint8_t less[32], const uint8_t more[32])
{
    for (size_t i = 0; i < 32; i++)
        if ((less[i] & 15) > (more[i] & 15) || (less[i] >> 4) > (more[i] >> 4))
            return false;
    return true;
}

static void taking_away_never_adds(void **state)
{
    UNUSED(state);
    RightsLink links[2] = {{.patient = ANN}, {.patient = BEN}};
    Rights rights = {.role = ROLE_GP, .self = SELF, .links = links, .link_count = 2};
    const Access *access = person(&rights);
    uint8_t more[32], less[32];
    for (unsigned ann = 0; ann < MASKS; ann++)
        for (unsigned ben = 0; ben < MASKS; ben += 7) {
            verdicts(links, ann, ben, access, more);
            for (unsigned bit = 1; bit < MASKS; bit <<= 1) {
                verdicts(links, ann & ~bit, ben, access, less);
                check(no_more(less, more));
                verdicts(links, ann, ben & ~bit, access, less);
                check(no_more(less, more));
            }
        }
}

/* ---- the look-up ----------------------------------------------------------------------- */

static uint64_t spread(uint64_t i)
{
    uint64_t x = (i + 1) * 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    return x ^ (x >> 27);
}

static int by_patient(const void *a, const void *b)
{
    uint64_t x = ((const RightsLink *)a)->patient, y = ((const RightsLink *)b)->patient;
    return x < y ? -1 : x > y;
}

static RightsLink *spread_links(size_t count)
{
    RightsLink *links = arena_alloc(arena, count * sizeof(*links));
    assert_non_null(links);
    for (size_t i = 0; i < count; i++)
        links[i] = (RightsLink){.patient = spread(i), .mask = {.read = D7, .clearance = CONF_N}};
    qsort(links, count, sizeof(*links), by_patient);
    return links;
}

static void each_link_is_found(void **state)
{
    UNUSED(state);
    static const size_t counts[] = {0, 1, 2, 3, 511, 512, 513, 514, 700, 2000, 5000};
    for (size_t k = 0; k < COUNT_OF(counts); k++) {
        Rights rights = {.links = spread_links(counts[k]), .link_count = counts[k]};
        for (size_t i = 0; i < counts[k]; i++) {
            uint64_t patient = rights.links[i].patient;
            check(rights_find(&rights, patient) == &rights.links[i]);
            check(!rights_find(&rights, patient + 1) || patient + 1 == rights.links[i + 1].patient);
        }
        check(!rights_find(&rights, 0) && !rights_find(&rights, UINT64_MAX));
    }
}

/* Not spread at all: the guess is wrong for most, and none is lost. */
static void unevenly_spread_links_are_found(void **state)
{
    UNUSED(state);
    RightsLink *links = spread_links(2000);
    for (size_t i = 0; i < 2000; i++)
        links[i].patient = i < 1900 ? i * 3 + 1 : links[i].patient | 1ull << 63;
    qsort(links, 2000, sizeof(*links), by_patient);
    Rights rights = {.links = links, .link_count = 2000};
    for (size_t i = 0; i < 2000; i++)
        check(rights_find(&rights, links[i].patient) != NULL);
    for (size_t i = 0; i < 1900; i++)
        check(!rights_find(&rights, i * 3 + 2));
}

static void the_decision_is_quick(void **state)
{
    UNUSED(state);
    enum { LINKS = 5000, TIMES = 200000 };
    Rights rights = usual();
    rights.links = spread_links(LINKS);
    rights.link_count = LINKS;
    const Access *access = person(&rights);
    struct timespec from, to;
    unsigned seen = 0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (size_t i = 0; i < TIMES; i++) {
        Facts facts = {.class = D7_PROBLEMS, .subject_count = 1, .subjects = {spread(i % 10000)}};
        seen += access_sees(access, TYPE, &facts) == SIGHT_FULL;
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    double ns =
        ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / TIMES;
    print_message("# a decision among 5,000 links: %.0f ns\n", ns);
    check_int(seen, TIMES / 2);
    check(ns < 2000); /* a busy machine under a sanitizer: the figure itself is bench's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_holds),
        cmocka_unit_test(without_rights_there_is_nothing),
        cmocka_unit_test(what_is_about_two_is_written_of_both),
        cmocka_unit_test(scopes_only_take_away),
        cmocka_unit_test(writing_needs_full_sight),
        cmocka_unit_test(taking_away_never_adds),
        cmocka_unit_test(each_link_is_found),
        cmocka_unit_test(unevenly_spread_links_are_found),
        cmocka_unit_test(the_decision_is_quick),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
