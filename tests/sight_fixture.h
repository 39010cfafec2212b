/* tests/sight_fixture.h - people who see a part of a record: rights made by hand. */
#ifndef ACESO_SIGHT_FIXTURE_H
#define ACESO_SIGHT_FIXTURE_H

#include "access/rights.h"
#include "record_fixture.h"
#include "search/search.h"

#define ALL_CLASSES ((1u << ACCESS_CLASSES) - 1)

enum { LINKS_MAX = 4 };

/* Whoever reads all classes of these patients, and what is about nobody. */
static inline const RightsMask *mask_of_all(void)
{
    static const RightsMask mask = {.read = ALL_CLASSES & ~(1u << D14_PSYCHOTHERAPY),
                                    .write = ALL_CLASSES & ~(1u << D14_PSYCHOTHERAPY),
                                    .sensitivity = 0xffff,
                                    .clearance = CONF_V};
    return &mask;
}

static inline int compare_links(const void *a, const void *b)
{
    uint64_t x = ((const RightsLink *)a)->patient, y = ((const RightsLink *)b)->patient;
    return x < y ? -1 : x > y;
}

/* patients: "Patient/1", ...; NULL behind the last. */
static inline Rights *rights_of(Fixture *f, AccessRole role, const char *const *patients,
                                const RightsMask *mask)
{
    Rights *rights = arena_new_of(f->forever, Rights);
    RightsLink *links = arena_array_of(f->forever, RightsLink, LINKS_MAX);
    assert_non_null(rights);
    assert_non_null(links);
    *rights = (Rights){.role = role, .nobody = *mask, .links = links, .digest = role};
    for (; patients && patients[rights->link_count]; rights->link_count++) {
        Str name = str_of(patients[rights->link_count]);
        links[rights->link_count] =
            (RightsLink){.patient = search_hash_text(record_index(f->record), name), .mask = *mask};
        rights->digest += links[rights->link_count].patient;
    }
    qsort(links, rights->link_count, sizeof(*links), compare_links);
    assert_true(search_name_links(record_index(f->record), f->forever, rights));
    return rights;
}

static inline const Access *person_of(Fixture *f, const char *name, const Rights *rights)
{
    AccessGrant grant = {.account = str_of(name),
                         .role = access_role_word(rights->role),
                         .reference = str_of(name),
                         .may_write = true};
    const Access *person = access_grant(f->forever, &grant);
    assert_non_null(person);
    return access_with_rights(f->forever, person, rights);
}

#endif
