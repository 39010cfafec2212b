/* demo/household.c - who lives with whom, and since when they live. */
#include "demo/household.h"

#include "demo/insurers.h"
#include "demo/staff.h"

typedef struct {
    uint16_t weight;
    uint8_t adults, children;
    uint8_t youngest, eldest;  /* ages of the first adult */
    uint16_t female_per_mille; /* of the first adult */
} HouseholdKind;

/* Shares of household kinds in Wallonia, roughly, so that the ages come out as a pyramid. */
/* clang-format off */
static const HouseholdKind kinds[] = {
    {150, 1, 0, 66, 97, 680},  /* alone and old */
    {105, 1, 0, 19, 31, 470},  /* alone and young */
    {165, 1, 0, 30, 66, 420},  /* alone */
    {130, 2, 0, 62, 90, 1000}, /* an old couple */
    {80, 2, 0, 22, 34, 1000},  /* a young couple */
    {112, 2, 0, 46, 66, 1000}, /* a couple whose children have left */
    {85, 2, 1, 25, 60, 1000},
    {102, 2, 2, 28, 52, 1000},
    {46, 2, 3, 30, 48, 1000},
    {60, 1, 1, 24, 56, 830},
    {35, 1, 2, 27, 52, 860},
};
/* clang-format on */

/* National numbers must not repeat among 200,000 patients who know nothing of each other.
 * Indexes are spread over 499 serials for each sex (slot = index mod 499). Patients of one
 * slot are told apart by birth date: their rank k = index / 499 chooses the day of the year,
 * shifted by slot so that it looks like chance, and from k = 365 on the other parity of year.
 * So (slot, day of year, parity of year) is unique up to 499 x 730 = 364,270 indexes.
 * The year wanted is moved back by one where the parity asks for it. */
enum { SERIAL_SLOTS = 499, DAYS_USED = 365 };

static Day birth_of(unsigned index, int year, Day today)
{
    unsigned slot = index % SERIAL_SLOTS, rank = index / SERIAL_SLOTS;
    unsigned shift = (slot * 7919u + slot * slot * 31u) % 9973u;
    unsigned day_of_year = (rank * 137u + shift) % DAYS_USED; /* 137 and 365 share no factor */
    unsigned parity = (shift / 7 + rank / DAYS_USED) & 1;
    if (((unsigned)year & 1) != parity)
        year--;
    for (;; year -= 2) {
        int64_t ignored;
        unsigned month, day;
        civil_from_days(days_from_civil(2001, 1, 1) + day_of_year, &ignored, &month, &day);
        Day birth = day_of(year, month, day);
        if (birth <= today - 5) /* nobody is registered before being five days old */
            return birth;
    }
}

static void member_set(Member *member, unsigned index, MemberKind kind, bool female, int year,
                       Day today)
{
    member->index = index;
    member->kind = kind;
    member->female = female;
    member->birth = birth_of(index, year, today);
    unsigned serial = index % SERIAL_SLOTS * 2 + (female ? 2 : 1);
    (void)ssin_make(member->birth, serial, member->ssin);
}

static void name_members(Household *home, Origin origin, Dice *dice)
{
    /* In Belgium a wife keeps her name; children mostly bear the father's. */
    Str first = origin_surname(origin, dice);
    for (unsigned i = 0; i < home->count; i++) {
        Member *member = &home->members[i];
        int year = day_year(member->birth);
        bool partner = member->kind == MEMBER_ADULT && i == 0 && home->adults == 2;
        Origin own = partner && dice_chance(dice, 400) ? origin_draw(dice) : origin;
        member->family = partner ? origin_surname(own, dice) : first;
        member->given = origin_given(own, member->female, year, dice);
        for (unsigned earlier = 0; earlier < i; earlier++) {
            if (str_eq(home->members[earlier].given, member->given))
                member->given = origin_given(own, member->female, year, dice);
        }
        member->second =
            dice_chance(dice, 600) ? origin_given(own, member->female, year - 40, dice) : STR_EMPTY;
        if (str_eq(member->second, member->given))
            member->second = STR_EMPTY;
    }
}

static void settle(Household *home, Dice *dice)
{
    uint16_t gps[CENTRE_COUNT], funds[INSURER_COUNT];
    for (unsigned i = 0; i < CENTRE_COUNT; i++)
        gps[i] = demo_centres[i].gps.count;
    for (unsigned i = 0; i < INSURER_COUNT; i++)
        funds[i] = insurers[i].weight;
    home->centre = dice_weighted(dice, gps, CENTRE_COUNT);
    const DemoCentre *centre = &demo_centres[home->centre];
    home->gp = centre->gps.first + dice_below(dice, centre->gps.count);
    home->insurer = dice_weighted(dice, funds, INSURER_COUNT);
    home->town = town_draw(home->centre, dice);
    home->street = street_draw(dice);
    home->house_number = 1 + dice_skewed(dice, 180);
    home->box = dice_chance(dice, 220) ? 1 + dice_below(dice, 12) : 0;
}

static void add_children(Household *home, const HouseholdKind *kind, int parent_age, unsigned first,
                         Day today, Dice *dice)
{
    int age = parent_age - dice_between(dice, 23, 34), year = day_year(today);
    if (age > 23)
        age = dice_between(dice, 10, 23);
    if (age < 3 * (kind->children - 1))
        age = 3 * (kind->children - 1);
    for (unsigned i = 0; i < kind->children; i++) {
        /* Three years apart, so that moving a year back never makes siblings too close. */
        member_set(&home->members[home->count++], first + kind->adults + i, MEMBER_CHILD,
                   dice_chance(dice, 490), year - (age > 0 ? age : 0), today);
        age -= 3;
    }
}

static void household_make(const HouseholdKind *kind, unsigned first, Day today, Dice *dice,
                           Household *home)
{
    int year = day_year(today);
    int age = kind->youngest > 60
                  ? kind->youngest + (int)dice_skewed(dice, 1u + kind->eldest - kind->youngest)
                  : dice_between(dice, kind->youngest, kind->eldest);
    *home = (Household){.adults = kind->adults};
    bool female = dice_chance(dice, kind->female_per_mille);
    member_set(&home->members[home->count++], first, MEMBER_ADULT, female, year - age, today);
    if (kind->adults == 2) {
        int other = age + dice_between(dice, -3, 7);
        member_set(&home->members[home->count++], first + 1, MEMBER_ADULT,
                   dice_chance(dice, 20) ? female : !female, year - (other < 19 ? 19 : other),
                   today);
    }
    add_children(home, kind, age, first, today, dice);
    Origin origin = origin_draw(dice);
    name_members(home, origin, dice);
    home->language = origin_language(origin, dice);
    settle(home, dice);
}

void household_find(uint64_t seed, Day today, unsigned index, Household *ret_household,
                    unsigned *ret_position)
{
    uint16_t weights[COUNT_OF(kinds)];
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        weights[i] = kinds[i].weight;
    unsigned block = index / HOUSEHOLD_BLOCK, used = 0, wanted = index % HOUSEHOLD_BLOCK;
    Dice dice = dice_of(seed, DICE_BLOCK, block);
    for (;;) {
        const HouseholdKind *kind = &kinds[dice_weighted(&dice, weights, COUNT_OF(kinds))];
        unsigned size = kind->adults + kind->children;
        if (used + size > HOUSEHOLD_BLOCK)
            continue; /* somebody smaller fits the rest of the block */
        if (wanted < used + size) {
            household_make(kind, block * HOUSEHOLD_BLOCK + used, today, &dice, ret_household);
            *ret_position = wanted - used;
            return;
        }
        Household skipped;
        household_make(kind, block * HOUSEHOLD_BLOCK + used, today, &dice, &skipped);
        used += size;
    }
}
