/* rights/gists.h - gists that are remembered: what resources say, the consents of each patient, and
 * who refuses a whole profession. All of it is of one state of the store; nothing here has a lock.
 */
#ifndef ACESO_RIGHTS_GISTS_H
#define ACESO_RIGHTS_GISTS_H

#include "rights/gist.h"

typedef struct {
    uint64_t rid; /* 0: free */
    Gist *gist;   /* NULL: it says nothing */
    bool gone;    /* to be read again */
} GistSlot;

typedef struct ConsentOf ConsentOf;
struct ConsentOf {
    ConsentOf *next;
    uint64_t rid; /* its gist stands in a slot */
};
typedef struct {
    uint64_t patient; /* a keyed hash; 0: free */
    ConsentOf *consents;
    bool known; /* those are all of his that are active */
} PatientSlot;

typedef struct {
    Arena *arena, *lasting; /* lasting: of the refusals, which are few and take long to find */
    GistSlot *slots;        /* open addressing, as of the patients */
    size_t size, used;
    PatientSlot *patients;
    size_t patient_size, patient_used;
    bool whole;         /* every active consent is here: who has no slot has none */
    uint64_t *refusals; /* consents that name a profession, or did; one perhaps twice */
    size_t refusal_count, refusal_room;
    bool refused;    /* all of them are there */
    uint64_t change; /* of which state */
    uint64_t rules;  /* by which they were read: how long a link holds is in them */
} Gists;

/* bytes_max: of rows and patients; 0 = 96 MB, some 120,000 patients with a link and a consent. */
Status gists_init(Gists *gists, size_t bytes_max, uint64_t rules) MUST_USE;
void gists_clear(Gists *gists);
/* All of it. */
void gists_forget(Gists *gists);
/* All but the refusals: there was no more room. */
void gists_forget_rows(Gists *gists);

/* A copy, with those behind it. NULL: none, or no memory. */
Gist *gist_copy(Arena *arena, const Gist *gist);

/* The slot of a resource that is known and has not changed; NULL: none. */
const GistSlot *gists_find(const Gists *gists, uint64_t rid);
/* False without memory. */
bool gists_put(Gists *gists, uint64_t rid, const Gist *gist) MUST_USE;
/* The resource has changed: what is known of it, and of the consents of whom it was about, is not
 * known any more. */
void gists_touch(Gists *gists, uint64_t rid, bool consent);

/* The slot of a patient; NULL: none. */
const PatientSlot *gists_find_patient(const Gists *gists, uint64_t patient);
/* All his consents will be added now. False without memory. */
bool gists_begin_patient(Gists *gists, uint64_t patient) MUST_USE;
/* One that has been put is his whom its gists are about. `fills`: who has no slot gets one, as
 * known as the filling will make it. False without memory. */
bool gists_add_consent(Gists *gists, const Gist *gist, bool fills) MUST_USE;
/* What is known of the patients whom these gists are about, or of all, may have changed. */
void gists_doubt(Gists *gists, const Gist *gist);
void gists_doubt_all(Gists *gists);

/* Notes a consent that names a profession. */
void gists_note_refusal(Gists *gists, const Gist *gist);
void gists_add_refusal(Gists *gists, uint64_t rid);

#endif
