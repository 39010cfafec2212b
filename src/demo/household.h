/* demo/household.h - people who live together.
 *
 * Patients come in blocks of twelve indexes; a block is cut into households, so a patient's
 * family is found from the index alone. National numbers are unique by construction: see
 * birth_of() in household.c. */
#ifndef ACESO_DEMO_HOUSEHOLD_H
#define ACESO_DEMO_HOUSEHOLD_H

#include "demo/calendar.h"
#include "demo/numbers.h"
#include "demo/people.h"
#include "demo/places.h"

enum { HOUSEHOLD_MAX = 5, HOUSEHOLD_BLOCK = 12 };

typedef enum { MEMBER_ADULT, MEMBER_CHILD } MemberKind;

typedef struct {
    unsigned index; /* of the patient */
    MemberKind kind;
    bool female;
    Day birth;
    char ssin[SSIN_LEN];
    Str family, given, second;
} Member;

typedef struct {
    Member members[HOUSEHOLD_MAX]; /* adults first, then children, eldest first */
    unsigned count, adults;
    Str language;
    unsigned centre; /* of the network */
    unsigned gp;     /* staff number of the family's GP */
    unsigned insurer;
    const Town *town;
    Str street;
    unsigned house_number, box; /* box 0 = none */
} Household;

/* The household of a patient and the patient's position in it. */
void household_find(uint64_t seed, Day today, unsigned index, Household *ret_household,
                    unsigned *ret_position);

#endif
