/* record/bundle.h - what batch and transaction share. */
#ifndef ACESO_RECORD_BUNDLE_H
#define ACESO_RECORD_BUNDLE_H

#include "record/internal.h"
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
    Str id;
    Str if_match, if_none_match, if_modified_since;
    FhirChecked checked;
    StoreRow before; /* transaction: the current version, rid 0 = none */
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
    bool bodies_wanted; /* Prefer: return=representation */
    Arena *scratch;     /* transaction: for one entry at a time; freed with the request */
} Bundle;

/* Marks the issues that entry work adds, and moves their expressions below the entry. */
size_t bundle_mark(const Ctx *cx);
void bundle_place_issues(Ctx *cx, size_t mark, size_t entry);

/* Runs a GET entry as the interaction that its url names. */
Status bundle_get(Bundle *bundle, Entry *entry);
/* A Call for an entry: the bundle's own with the entry's conditions. */
Call bundle_entry_call(const Bundle *bundle, const Entry *entry);
/* The operations of a JSON Patch that a Binary carries. SPEC R4 http.html#patch */
Status bundle_patch_of(Ctx *cx, const Entry *entry, JsonValue **ret_patch);

Status batch_run(Bundle *bundle) MUST_USE;
Status transaction_run(Bundle *bundle) MUST_USE;

/* ---- links.c ------------------------------------------------------------------------ */

/* Points every link of the entry's resource to where its target now lives: map has
 * "fullUrl" -> "Type/id". A reference that only the bundle could have resolved and that it
 * does not contain is an error. */
Status links_resolve(Ctx *cx, const StrMap *map, const Entry *entry) MUST_USE;

#endif
