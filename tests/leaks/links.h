/* leaks/links.h - what somebody is to each patient, read from CareTeam, Consent, PractitionerRole
 * and RelatedPerson as they stand, one after the other. docs/guide/access.md says what they mean;
 * nothing of src/rights is asked. */
#ifndef ACESO_TESTS_LEAKS_LINKS_H
#define ACESO_TESTS_LEAKS_LINKS_H

#include "leaks/judge.h"
#include "leaks/twin.h"

typedef struct {
    const StoreChange *changes;
    const bool *last; /* of changes: the current version */
    size_t count;
    const struct Search *search;
    Arena *arena;
    Time now;
} Papers;

/* Fills caller->links. *ret_decides[i] is set for each row that has a say in it. */
void links_read(const Papers *papers, Caller *caller, bool *ret_decides);

#endif
