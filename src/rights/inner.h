/* rights/inner.h - how gists become masks: what is remembered, gathered and compiled. */
#ifndef ACESO_RIGHTS_INNER_H
#define ACESO_RIGHTS_INNER_H

#include <pthread.h>

#include "rights/gists.h"

enum {
    LINKS_MAX = 20000,   /* of one caller */
    NAMING_MAX = 100000, /* with those that have ended */
    CHANGES_MAX = 2000,  /* since the last look, that are followed one by one */
};

struct RightsBook {
    Arena *forever;
    Store *store;
    Search *search;
    const Access *program;
    Time (*clock)(void);
    Rules rules;
    pthread_mutex_t lock; /* of rules, entries and fill; taken after the other one */
    struct Entry **table;
    size_t bytes, bytes_max, gist_bytes_max;
    unsigned fill_rows;
    uint64_t uses;
    RightsStats stats;
    pthread_mutex_t gists_lock;
    Gists gists;
    struct {
        pthread_t thread;
        pthread_cond_t wake;
        bool started, stopping, wanted;
    } fill;
};

/* ---- gathering: gather.c --------------------------------------------------------------------- */

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
    uint64_t *ages; /* numbers of the patients whose birth date said something */
    size_t age_count, age_room;
    Time until; /* the next moment at which something begins or ends */
} Gathering;

/* When the patient ("Patient/1") is too old for a parent to act for him. */
Status gather_age_limit(Gathering *g, Str patient, Time *ret_limit) MUST_USE;
/* Everything that is about the caller. */
Status gather(Gathering *g) MUST_USE;
/* One more of what was found. */
Status gather_keep(Gathering *g, Gist *gist) MUST_USE;
/* Whether the gist names the caller: himself, one of his roles or organisations; now. */
bool gist_names(const Gathering *g, const Gist *gist, Time *ret_until);
/* Whether it holds now; *until shrinks to when that changes. */
bool gist_holds(Time from, Time until, Time now, Time *ret_until);

/* ---- remembered: recall.c ---------------------------------------------------------------------
 */

/* What is remembered, to the state of the snapshot; *ret_same false: it is of a later one, or by
 * other rules, and nothing was done. Whatever is not known for certain is forgotten. */
Status gists_follow(Gathering *g, Gists *gists, bool *ret_same) MUST_USE;
/* Reads rows from the store, in memory of `scratch`. */
Status gists_read(Gathering *g, Ctx *scratch, const uint64_t *rids, size_t count,
                  Gist **ret_gists) MUST_USE;
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

/* ---- filled: fill.c ---------------------------------------------------------------------------
 */

/* All is to be read again, some time; nothing where nobody reads in the background. */
void fill_again(RightsBook *book);
void fill_stop(RightsBook *book);

/* ---- as the program: apart.c ------------------------------------------------------------------
 */

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
    bool shut;        /* blocked, and a broken glass does not change it */
    AccessRole role;  /* in which he sees this patient: his own, or proxy */
    uint32_t without; /* classes taken away */
    uint16_t without_sensitivity;
    uint8_t below; /* confidentiality must be below; 0 = any */
    RightsMask mask;
} Verdict;

/* Verdicts in order of patients. */
Status compile(Gathering *g, Verdict **ret_verdicts, size_t *ret_count) MUST_USE;

#endif
