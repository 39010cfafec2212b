/* rights/inner.h - gists: what of a CareTeam, Consent, PractitionerRole or RelatedPerson matters
 * here, and how they become masks. */
#ifndef ACESO_RIGHTS_INNER_H
#define ACESO_RIGHTS_INNER_H

#include <pthread.h>

#include "rights/rights.h"

enum {
    LINKS_MAX = 20000,   /* of one caller */
    NAMING_MAX = 100000, /* with those that have ended */
    WHO_MAX = 200,       /* participants of a team, actors of a consent */
    GIST_BYTES_MAX = 64 << 20,
    CHANGES_MAX = 2000, /* since the last look, that are followed one by one */
};

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

/* ---- remembered gists: gists.c ------------------------------------------------------------- */

typedef struct {
    pthread_mutex_t lock;
    Arena *arena;
    struct GistSlot *slots; /* open addressing by rid */
    size_t size, used;
    struct ConsentSlot *patients; /* all active consents of a patient, by his hash */
    size_t patient_size, patient_used;
    uint64_t *refusals; /* consents that name a profession, or did; one perhaps twice */
    size_t refusal_count, refusal_room;
    bool refused;    /* all of them are there */
    uint64_t change; /* of which state they are */
} Gists;

Status gists_init(Gists *gists) MUST_USE;
void gists_clear(Gists *gists);
/* Forgets all: other rules. */
void gists_forget(Gists *gists);

/* ---- gathering: gather.c --------------------------------------------------------------------- */

struct RightsBook {
    Arena *forever;
    Store *store;
    Search *search;
    const Access *program;
    Time (*clock)(void);
    Rules rules;
    pthread_mutex_t lock; /* of rules and entries */
    Gists gists;
    struct Entry **table;
    size_t table_size, bytes, bytes_max;
    uint64_t uses;
    RightsStats stats;
};

/* One caller on one snapshot: who he is, and what was found about him. */
typedef struct {
    RightsBook *book;
    Ctx *cx;
    StoreReader *reader;
    const Rules *rules;
    AccessRole role;
    Str reference;
    Time now;
    uint64_t change; /* of the snapshot */
    uint64_t self;
    Str names[64]; /* "Practitioner/1", his roles, his organisations */
    uint64_t hashes[64];
    size_t name_count;
    Gist **gists; /* all that were found */
    size_t gist_count, gist_room;
    Time until; /* the next moment at which something begins or ends */
} Gathering;

/* When the patient ("Patient/1") is too old for a parent to act for him. */
Status gather_age_limit(Gathering *g, Str patient, Time *ret_limit) MUST_USE;
/* Everything that is about the caller. */
Status gather(Gathering *g) MUST_USE;
/* The gists of these rows: remembered ones, or read now. ret_gists[i] may be NULL. */
Status gists_of(Gathering *g, const uint64_t *rids, size_t count, Gist **ret_gists) MUST_USE;
/* The consents of patients: known[i] says that those of patients[i] were remembered, and are kept
 * in g now; of the others, what was gathered from number `from` on is remembered. */
Status consents_recall(Gathering *g, const uint64_t *patients, size_t count,
                       bool *ret_known) MUST_USE;
void consents_remember(Gathering *g, const uint64_t *patients, const bool *known, size_t count,
                       size_t from);
/* The numbers of all consents that name a profession, and some that did; *ret_known false: not
 * remembered.
 */
Status refusals_recall(Gathering *g, uint64_t **ret_rids, size_t *ret_count,
                       bool *ret_known) MUST_USE;
/* These are all of them. */
void refusals_remember(Gathering *g, const uint64_t *rids, size_t count);
/* One more of what was found. */
Status gather_keep(Gathering *g, Gist *gist) MUST_USE;
/* Whether the gist names the caller: himself, one of his roles or organisations; now. */
bool gist_names(const Gathering *g, const Gist *gist, Time *ret_until);
/* Whether it holds now; *until shrinks to when that changes. */
bool gist_holds(Time from, Time until, Time now, Time *ret_until);

void gathering_begin(Gathering *g, RightsBook *book, Ctx *scratch, StoreReader *reader,
                     const Rules *rules, Str role, Str reference, const StoreMark *mark);
/* Does `work` as the program, in memory of its own that ends with the call. */
Status rights_apart(RightsBook *book, Ctx *cx, StoreReader *reader, Gathering *g,
                    Status (*work)(Gathering *g, void *to), void *to) MUST_USE;

/* ---- compiling: compile.c ----------------------------------------------------------------------
 */

/* What decided about one patient. */
typedef struct {
    uint64_t patient;
    const Gist *link, *permit, *deny, *proxy; /* deny: the last that took something */
    bool self, broken, refused, blocked;
    AccessRole role;  /* in which he sees this patient: his own, or proxy */
    uint32_t without; /* classes taken away */
    uint16_t without_sensitivity;
    uint8_t below; /* confidentiality must be below; 0 = any */
    RightsMask mask;
} Verdict;

/* Verdicts in order of patients. */
Status compile(Gathering *g, Verdict **ret_verdicts, size_t *ret_count) MUST_USE;

#endif
