/* rights/gist.h - gists: what of a CareTeam, Consent, PractitionerRole or RelatedPerson matters
 * here. */
#ifndef ACESO_RIGHTS_GIST_H
#define ACESO_RIGHTS_GIST_H

#include "rights/rights.h"

enum { WHO_MAX = 200 /* participants of a team, actors of a consent */ };

#define FOR_EVER INT64_MAX

typedef struct {
    uint64_t hash; /* "Practitioner/1", "Organization/2", ... */
    Time from, until;
} GistWho;

typedef enum {
    GIST_LINK,   /* a CareTeam with a kind of link */
    GIST_PERMIT, /* the patient takes part in the network */
    GIST_DENY,   /* a refusal, or a block of those it names */
    GIST_PROXY,  /* a mandate */
    GIST_MEMBER, /* a PractitionerRole: who[0] the person, organisation */
    GIST_KIN,    /* a RelatedPerson: who[0] himself */
} GistKind;

typedef struct Gist Gist;
struct Gist {
    Gist *next; /* of the same resource */
    uint64_t rid;
    Str name;         /* "CareTeam/1" */
    uint8_t kind;     /* GistKind */
    uint8_t link;     /* LinkKind */
    bool parent;      /* of kin: a parent or who stands for one */
    bool yields;      /* of a deny: to a broken glass */
    uint64_t patient; /* of a member: the organisation; 0: none */
    Str about;        /* the name of that: "Patient/1" */
    Time from, until;
    uint32_t classes;     /* of a deny: which; 0 = all */
    uint16_t sensitivity; /* of a deny: categories; with classes 0 and this: only those */
    uint8_t clearance;    /* of a deny: from this confidentiality on; 0 = none */
    uint16_t professions; /* of a deny: bit AccessRole */
    bool everybody;       /* of a deny: names nobody */
    const GistWho *who;
    size_t who_count;
};

/* The gists of a resource, in the arena of cx; NULL when it says nothing here. What gives and
 * cannot be understood gives nothing; what takes and cannot be understood takes all that it might.
 */
Status gist_read(const Search *search, Ctx *cx, const StoreRow *row, const Rules *rules,
                 Gist **ret_gist) MUST_USE;

#endif
