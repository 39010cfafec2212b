/* record/bundle.h - what batch and transaction share. */
#ifndef ACESO_RECORD_BUNDLE_H
#define ACESO_RECORD_BUNDLE_H

#include "record/criteria.h"
#include "record/strmap.h"

/* In the order in which a bundle is worked off. SPEC R4 http.html#trules */
typedef enum { VERB_DELETE, VERB_POST, VERB_PUT, VERB_PATCH, VERB_GET, VERB_COUNT } Verb;

typedef struct {
    size_t index; /* of the entry in the bundle */
    Verb verb;
    bool head;
    Str full_url;
    JsonValue *resource; /* NULL when there is none */
    Str path, query;     /* request.url: what stands before and behind '?' */
    uint16_t type;
    Str id; /* empty: a condition names the resource, or there is none yet */
    Str if_match, if_none_match, if_modified_since, if_none_exist;
    FhirChecked checked;
    /* transaction */
    const Criteria *criteria; /* NULL: no condition */
    Found found;              /* what answers it; without bodies, but for a create's */
    bool claimed;
    bool is_fresh; /* the id is a new one of ours */
    bool writes;
    StoreRow before;      /* the current version, rid 0 = none */
    const Access *access; /* whoever writes it: scene_of_entry */
    const StoreWrite *write;
    /* the answer */
    Status status;
    unsigned http;
    Str location, body, outcome;
    uint32_t version;
    Time updated;
} Entry;

typedef struct {
    Scene *scene;
    Entry *entries;
    size_t count;
    Arena *scratch;      /* for one entry, or some, at a time; freed with the request */
    StoreCommit *commit; /* of a transaction, while it is planned */
    /* transaction */
    size_t all;         /* behind the entries of the bundle: the further deletes of one of them */
    bool bodies_wanted; /* Prefer: return=representation */
    struct Claim *claim;
    StrMap links;   /* fullUrl -> "Type/id" */
    StrMap targets; /* "Type/id" of what is written -> the same */
    StrMap deleted; /* the same of what is deleted */
    StrMap
        whole; /* "Type/id" of what is written whole -> anything, as long as its entry's number */
} Bundle;

/* Marks the issues that entry work adds, and moves their expressions below the entry. */
size_t bundle_mark(const Ctx *cx);
void bundle_place_issues(Ctx *cx, size_t mark, size_t entry);

/* How the store calls what a verb does. */
StoreMethod bundle_method(Verb verb);
/* "Patient/1"; at = NULL without memory. */
Str bundle_identity(Ctx *cx, uint16_t type, Str id);

/* Prepares a GET entry as the interaction that its url names; bundle_get() also finishes it. */
Status bundle_prepare_get(const Bundle *bundle, Ctx *cx, const Entry *entry, const Call *call,
                          Reply *reply);
Status bundle_get(Bundle *bundle, Entry *entry);
void bundle_take_reply(Entry *entry, const Reply *reply);
/* Makes the scratch arena. */
Status bundle_scratch(Bundle *bundle) MUST_USE;
/* A Call for an entry: the bundle's own with the entry's conditions. */
Call bundle_entry_call(const Bundle *bundle, const Entry *entry);
/* The operations of a JSON Patch that a Binary carries. SPEC R4 http.html#patch */
Status bundle_patch_of(Ctx *cx, const Entry *entry, JsonValue **ret_patch);

Status batch_run(Bundle *bundle) MUST_USE;
Status transaction_run(Bundle *bundle) MUST_USE;

/* ---- identify.c ----------------------------------------------------------------------- */

/* Reads the conditions of all entries, and finds what answers them. Who would create holds the
 * claim on its condition from here on. */
Status identify_entries(Bundle *bundle) MUST_USE;
/* Whether the conditions still find the same, on this snapshot; else STATUS_CONFLICT. */
Status identify_again(Bundle *bundle, StoreReader *reader) MUST_USE;
/* Judges what was found, gives ids to what is new, and fills links and targets. */
Status identify_targets(Bundle *bundle) MUST_USE;
/* How many matches to look for, so that one can be told from several. */
size_t bundle_matches_max(const Bundle *bundle, bool deletes);
Status bundle_leave_out_deleted(const Bundle *bundle, uint16_t type, Found *found) MUST_USE;

/* ---- links.c ------------------------------------------------------------------------ */

/* Points every link of all entries that are written to where its target lives, or will. A
 * reference that only the bundle could have resolved and that it does not contain is an error,
 * and so is a condition that does not name one resource. */
Status links_resolve(Bundle *bundle) MUST_USE;

#endif
