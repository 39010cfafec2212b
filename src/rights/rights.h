/* rights/rights.h - what a caller may see in this store at this moment.
 *
 * Links are CareTeams, consents and blocks Consents, memberships PractitionerRoles, kin
 * RelatedPersons (docs/guide/access.md); they are read from the snapshot that the caller's
 * question is answered from, compiled with the rules (access/rules.h), and remembered for as long
 * as nobody has written one of them. Any thread may call anything here. */
#ifndef ACESO_RIGHTS_H
#define ACESO_RIGHTS_H

#include "access/access.h"
#include "access/rules.h"
#include "base/base.h"
#include "json/json.h"
#include "search/search.h"
#include "store/store.h"

typedef struct RightsBook RightsBook;

typedef struct RightsOptions {
    const Rules *rules;    /* NULL = the program's own; copied */
    size_t bytes_max;      /* of what is remembered of callers; 0 = 64 MB */
    size_t gist_bytes_max; /* of what is remembered of resources; 0 = 96 MB */
    unsigned fill_rows;    /* at once, by rights_fill; 0 = 1000; tests have fewer */
    Time (*clock)(void);   /* NULL = time_now; tests have their own */
} RightsOptions;

/* program: an Access of the program itself (access_is_system), kept. store and search outlive the
 * book. */
Status rights_book_new(Ctx *cx, Store *store, Search *search, const Access *program,
                       const RightsOptions *options, RightsBook **ret_book) MUST_USE;
void rights_book_free(RightsBook *book);

/* Everything that gives or takes rights is read once, in the background, and again when so much
 * has changed that it was forgotten: whoever asks then waits for none of it. It ends with the book.
 * A store that has more of it than gist_bytes_max is read as people ask. */
Status rights_book_start(RightsBook *book, Ctx *cx) MUST_USE;
/* The same once and at once, without a thread. STATUS_MEMORY: there is more than fits. */
Status rights_fill(RightsBook *book) MUST_USE;

/* The same caller with what he is entitled to as of the reader's snapshot, and the reader asks for
 * him from now on (store_read_as). System callers stay as they are. *access lives in the arena of
 * cx and as long as the book. STATUS_CONFLICT without an issue: as of search_run. */
Status rights_on(RightsBook *book, Ctx *cx, StoreReader *reader, const Access **access) MUST_USE;

/* The same without a snapshot, when he is remembered as of this STORE_EPOCH_ACCESS: for whoever
 * makes nothing of it before a commit that names the epoch. System callers are known. */
Status rights_recall(RightsBook *book, Ctx *cx, uint64_t epoch, const Access **access,
                     bool *ret_known) MUST_USE;

/* Whether a write of this type changes what somebody may see: its commit raises
 * STORE_EPOCH_ACCESS. */
bool rights_depend_on(uint16_t type);

/* Other rules from now on; what was compiled with the last ones is forgotten. The caller raises
 * STORE_EPOCH_ACCESS where other nodes have the same rules. */
void rights_set_rules(RightsBook *book, const Rules *rules);
void rights_rules(RightsBook *book, Rules *ret_rules);

/* Whether somebody may make `after` out of `before` (NULL: there is none), when it is a resource
 * that gives or takes rights: asked beside access_may_write. STATUS_FORBIDDEN with a sentence. */
Status rights_may_change(Ctx *cx, const Access *access, uint16_t type, const JsonValue *before,
                         const JsonValue *after) MUST_USE;

typedef struct {
    /* since start; confirmed: others' links had changed; filled: all was read */
    uint64_t compiled, remembered, confirmed, filled;
    size_t gist_bytes; /* of what is remembered of resources */
} RightsStats;
void rights_stats(RightsBook *book, RightsStats *ret_stats);

/* ---- why ----------------------------------------------------------------------------------- */

/* One class of the matrix, for one patient. */
typedef struct {
    Str cell;    /* of the matrix: "R", "o+r" */
    Str verdict; /* "all", "reduced", "own", "nothing" */
    bool writes; /* what others made too */
    Str why;     /* the sentence that decides */
} RightsReason;

typedef struct {
    Str role, reference, patient; /* as asked */
    bool linked, consent, broken, blocked, self, proxy;
    bool shut;                    /* blocked, and breaking the glass would not change it */
    Str link, kind, permit, deny; /* "CareTeam/1", "own-gp", "Consent/1", "Consent/2"; or empty */
    Time until;                   /* of the link; 0: none, or no end */
    Rights rights;                /* with this patient alone */
    RightsReason classes[ACCESS_CLASSES];
} RightsWhy;

/* What somebody with this role and reference sees of the patient ("Patient/1"), and why: without
 * being him. For the command and for an administrator's page; no word out of a chart. */
Status rights_explain(RightsBook *book, Ctx *cx, StoreReader *reader, Str role, Str reference,
                      Str patient, RightsWhy *ret_why) MUST_USE;
/* The sentence about one row of his, by its facts. */
Status rights_explain_row(Ctx *cx, const RightsWhy *why, uint16_t type, const Facts *facts,
                          Sight *ret_sight, Str *ret_sentence) MUST_USE;
/* For programs; of a row too, when sentence is not empty. */
Status rights_why_json(Ctx *cx, const RightsWhy *why, Str *ret_json) MUST_USE;

#endif
