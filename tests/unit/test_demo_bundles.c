/* The demo network: the same bytes for the same seed, unique valid numbers, references that
 * lead somewhere, values that follow from each other. */
#include "testing.h"

#include "belgian_numbers.h"
#include "demo/body.h"
#include "demo/household.h"
#include "demo_every.h"

static const DemoOptions options = {
    .seed = 42, .patients = 400, .today = (Time)20778 * TIME_DAY /* 2026-11-21 */};

static void same_seed_same_bytes(void **state)
{
    UNUSED(state);
    Ctx one = testing_ctx(), other = testing_ctx();
    Str a, b;
    check_int(demo_network(&one, &options, &a), STATUS_OK);
    check_int(demo_network(&other, &options, &b), STATUS_OK);
    check_str(a, b);
    Arena *kept = arena_new((size_t)64 << 20, false);
    DemoOptions first = options, second = options;
    check_int(demo_calendar(kept, &options, &first.calendar), STATUS_OK);
    check_int(demo_calendar(kept, &options, &second.calendar), STATUS_OK);
    for (unsigned i = 0; i < 50; i++) {
        check_int(demo_patient(&one, &first, i, &a), STATUS_OK);
        check_int(demo_patient(&other, &second, i, &b), STATUS_OK);
        check_str(a, b);
        arena_clear(one.arena);
        arena_clear(other.arena);
    }
    DemoOptions another = options;
    another.seed = 43;
    check_int(demo_patient(&one, &options, 7, &a), STATUS_OK);
    check_int(demo_patient(&other, &another, 7, &b), STATUS_OK);
    check(!str_eq(a, b));
    arena_free(one.arena);
    arena_free(other.arena);
    arena_free(kept);
}

static int compare_u64(const void *one, const void *other)
{
    const uint64_t *a = one, *b = other;
    return *a < *b ? -1 : *a > *b;
}

/* Every number of the largest network: valid, of the right sex and date, and its own. */
static void national_numbers_are_valid_and_unique(void **state)
{
    UNUSED(state);
    static uint64_t numbers[DEMO_PATIENTS_MAX];
    for (unsigned i = 0; i < DEMO_PATIENTS_MAX; i++) {
        Household home;
        unsigned position;
        household_find(options.seed, (Day)(options.today / TIME_DAY), i, &home, &position);
        const Member *who = &home.members[position];
        Str ssin = str_n(who->ssin, SSIN_LEN);
        check_int(who->index, i);
        check(ssin_is_valid(ssin));
        check(str_to_u64(ssin, &numbers[i]));
        check_int(numbers[i] / 100 % 2, !who->female);
        check_int(numbers[i] / 1000000000, day_year(who->birth) % 100);
    }
    qsort(numbers, DEMO_PATIENTS_MAX, sizeof(*numbers), compare_u64);
    for (unsigned i = 1; i < DEMO_PATIENTS_MAX; i++)
        check(numbers[i] != numbers[i - 1]);
}

static void families_can_exist(void **state)
{
    UNUSED(state);
    for (unsigned i = 0; i < 20000; i++) {
        Household home;
        unsigned position;
        household_find(options.seed, (Day)(options.today / TIME_DAY), i, &home, &position);
        for (unsigned c = home.adults; c < home.count; c++) {
            CASE("a parent is at least 18 years older than the child");
            check(day_age(home.members[0].birth, home.members[c].birth) >= 18);
            CASE("siblings are born a year apart at least");
            check(c == home.adults || home.members[c].birth - home.members[c - 1].birth >= 330);
        }
    }
}

typedef struct {
    Str *ids;
    size_t count, room;
    Arena *arena;
} Ids;

static void add_id(Ids *ids, Str id)
{
    if (ids->count == ids->room) {
        size_t room = ids->room ? ids->room * 2 : 1024;
        ids->ids = arena_realloc(ids->arena, ids->ids, ids->room * sizeof(Str), room * sizeof(Str));
        ids->room = room;
    }
    ids->ids[ids->count++] = arena_str(ids->arena, id);
}

static int compare_str(const void *one, const void *other)
{
    return str_cmp(*(const Str *)one, *(const Str *)other);
}

static void collect(Str bundle, const char *mark, Ids *ids)
{
    const char *at = bundle.at, *end = bundle.at + bundle.len;
    while ((at = memmem(at, (size_t)(end - at), mark, strlen(mark))) != NULL) {
        at += strlen(mark);
        add_id(ids, str_n(at, str_index(str_n(at, (size_t)(end - at)), '"')));
    }
}

static void references_lead_to_entries(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Arena *kept = arena_new((size_t)256 << 20, false);
    Ids entries = {.arena = kept}, references = {.arena = kept};
    Str bundle;
    check_int(demo_network(&cx, &options, &bundle), STATUS_OK);
    for (unsigned i = 0;; i++) {
        collect(bundle, "\"method\":\"PUT\",\"url\":\"", &entries);
        collect(bundle, "\"reference\":\"", &references);
        arena_clear(cx.arena);
        if (i == 200)
            break;
        check_int(demo_patient(&cx, &options, i, &bundle), STATUS_OK);
    }
    qsort(entries.ids, entries.count, sizeof(Str), compare_str);
    for (size_t i = 1; i < entries.count; i++)
        check(!str_eq(entries.ids[i], entries.ids[i - 1]));
    check(references.count > entries.count);
    for (size_t i = 0; i < references.count; i++) {
        CASE(references.ids[i].at);
        check(bsearch(&references.ids[i], entries.ids, entries.count, sizeof(Str), compare_str));
    }
    arena_free(kept);
    arena_free(cx.arena);
}

/* CKD-EPI 2021 (N Engl J Med 2021;385:1737); the first row is kidney.org's own example. */
static void filtration_follows_the_published_equation(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        double creatinine;
        int age;
        bool female;
        double rate;
    } cases[] = {
        {"a man of 55", 1.2, 55, false, 71},         {"a woman at the knee", .7, 40, true, 112.1},
        {"a man at the knee", .9, 40, false, 110.7}, {"low creatinine", .5, 30, true, 129.3},
        {"stage 3", 2.0, 70, false, 35.2},           {"stage 5", 4.5, 80, true, 9.4},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        double rate = egfr_ckd_epi_2021(c->creatinine, c->age, c->female);
        check(rate > c->rate - .5 && rate < c->rate + .5);
    }
}

static void count_entries(void *to, Ctx *cx, Str bundle)
{
    static const char mark[] = "{\"resource\":{";
    const char *at = bundle.at, *end = at + bundle.len;
    UNUSED(cx);
    while ((at = memmem(at, (size_t)(end - at), mark, sizeof(mark) - 1)) != NULL) {
        ++*(size_t *)to;
        at += sizeof(mark) - 1;
    }
}

static void charts_have_the_expected_size(void **state)
{
    UNUSED(state);
    size_t entries = 0;
    demo_every(&options, count_entries, &entries);
    print_message("# %u patients: %zu resources, %.1f each\n", options.patients, entries,
                  (double)entries / options.patients);
    check(entries > options.patients * 70u && entries < options.patients * 140u);
    CASE("the last index of the largest network");
    Ctx cx = testing_ctx();
    Str bundle;
    check_int(demo_patient(&cx, &options, DEMO_PATIENTS_MAX - 1, &bundle), STATUS_OK);
    check(memmem(bundle.at, bundle.len, "Patient/p199999", 15) != NULL);
    arena_free(cx.arena);
}

/* ---- nobody works twice at one hour -------------------------------------------------- */

typedef struct {
    Str who, day;
    int from, to; /* minutes of the day */
} Hour;

typedef struct {
    Arena *arena;
    Hour hours[60000];
    size_t count;
} Diary;

static Str text_behind(Str json, const char *mark)
{
    const char *at = memmem(json.at, json.len, mark, strlen(mark));
    if (!at)
        return STR_EMPTY;
    Str rest = str_from(json, (size_t)(at - json.at) + strlen(mark));
    return str_head(rest, str_index(rest, '"'));
}

static int minute_of(Str moment) /* 2026-11-21T09:15:00+01:00 */
{
    check_int(moment.len, 25);
    const char *at = moment.at;
    return ((at[11] - '0') * 10 + at[12] - '0') * 60 + (at[14] - '0') * 10 + at[15] - '0';
}

static void note_hours(void *to, Ctx *cx, Str bundle)
{
    static const char mark[] = "{\"resourceType\":\"Appointment\"";
    Diary *diary = to;
    UNUSED(cx);
    for (;;) {
        const char *at = memmem(bundle.at, bundle.len, mark, sizeof(mark) - 1);
        if (!at)
            return;
        bundle = str_from(bundle, (size_t)(at - bundle.at) + sizeof(mark) - 1);
        const char *end = memmem(bundle.at, bundle.len, "{\"resource\":", 12);
        Str one = end ? str_n(bundle.at, (size_t)(end - bundle.at)) : bundle;
        Str start = text_behind(one, "\"start\":\"");
        check(diary->count < COUNT_OF(diary->hours));
        diary->hours[diary->count++] =
            (Hour){.who = arena_str(diary->arena, text_behind(one, "\"Practitioner/")),
                   .day = arena_str(diary->arena, str_head(start, 10)),
                   .from = minute_of(start),
                   .to = minute_of(text_behind(one, "\"end\":\""))};
    }
}

static int compare_hours(const void *one, const void *other)
{
    const Hour *a = one, *b = other;
    int order = str_cmp(a->who, b->who);
    if (!order)
        order = str_cmp(a->day, b->day);
    return order ? order : a->from - b->from;
}

static size_t count_doubles(Diary *diary)
{
    size_t doubles = 0;
    qsort(diary->hours, diary->count, sizeof(Hour), compare_hours);
    for (size_t i = 1; i < diary->count; i++) {
        const Hour *a = &diary->hours[i - 1], *b = &diary->hours[i];
        check(b->who.len > 0 && b->from < b->to);
        doubles += str_eq(a->who, b->who) && str_eq(a->day, b->day) && b->from < a->to;
    }
    return doubles;
}

static void nobody_works_twice_at_one_hour(void **state)
{
    UNUSED(state);
    static const unsigned sizes[] = {400, 2000, 9000};
    static Diary diary;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        DemoOptions network = options;
        network.patients = sizes[i];
        diary.arena = arena_new((size_t)64 << 20, false);
        diary.count = 0;
        demo_every(&network, note_hours, &diary);
        print_message("# %u patients: %zu appointments\n", sizes[i], diary.count);
        CASE("there is something to do");
        check(diary.count > sizes[i] / 2);
        CASE("at one hour for one person");
        check_int(count_doubles(&diary), 0);
        arena_free(diary.arena);
    }
}

static void ages_form_a_pyramid(void **state)
{
    UNUSED(state);
    unsigned ages[10] = {0}, women = 0;
    enum { PEOPLE = 12000 };
    for (unsigned i = 0; i < PEOPLE; i++) {
        Household home;
        unsigned position;
        household_find(options.seed, (Day)(options.today / TIME_DAY), i, &home, &position);
        int age = day_age(home.members[position].birth, (Day)(options.today / TIME_DAY));
        ages[age < 90 ? age / 10 : 9]++;
        women += home.members[position].female;
    }
    for (unsigned i = 0; i < 10; i++)
        print_message("# %2u..%2u years: %4.1f %%\n", i * 10, i * 10 + 9, ages[i] * 100.0 / PEOPLE);
    unsigned minors = ages[0] + ages[1], old = ages[7] + ages[8] + ages[9];
    CASE("a sixth to a quarter are under 20");
    check(minors > PEOPLE / 6 && minors < PEOPLE / 4);
    CASE("a tenth to a sixth are over 70");
    check(old > PEOPLE / 10 && old < PEOPLE / 6);
    CASE("half are women");
    check(women > PEOPLE * 48 / 100 && women < PEOPLE * 54 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(national_numbers_are_valid_and_unique),
        cmocka_unit_test(families_can_exist),
        cmocka_unit_test(references_lead_to_entries),
        cmocka_unit_test(filtration_follows_the_published_equation),
        cmocka_unit_test(charts_have_the_expected_size),
        cmocka_unit_test(nobody_works_twice_at_one_hour),
        cmocka_unit_test(ages_form_a_pyramid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
