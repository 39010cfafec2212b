/* record/changes.h - what was written since a moment, for whoever tells people that something did.
 *
 * Read on one snapshot, each resource once, as the program sees it; who may know of which row is
 * asked with the rights of each of them on that very snapshot (changes_for, then access_sees).
 * Nothing here is an answer to anybody. docs/internals/live.md */
#ifndef ACESO_RECORD_CHANGES_H
#define ACESO_RECORD_CHANGES_H

#include "record/record.h"

typedef struct {
    uint64_t change; /* the newest of it */
    uint16_t type;
    Str id;
    bool known;  /* its facts can be read; else nobody but the program sees it */
    Facts facts; /* of `packed` */
    Str packed;
    /* Of types whose bodies are wanted, as stored: now, and before the first of the changes that
     * were looked at. Empty: not wanted, deleted, not there yet. */
    Str body, before;
} RecordChange;

typedef struct {
    RecordChange *changes;
    size_t count;
    uint64_t last;       /* the newest change of the snapshot: from where to go on */
    uint64_t auth_epoch; /* STORE_EPOCH_AUTH of the snapshot */
    bool all;            /* false: there were more than `limit`, and the oldest are missing */
    Record *record;
    Ctx *cx;
    StoreReader *reader;
    unsigned hold;
} RecordChanges;

typedef struct {
    uint64_t after;        /* the change that was seen last */
    size_t limit;          /* changes that are looked at */
    const uint16_t *types; /* whose bodies are wanted */
    size_t type_count;
} RecordSince;

/* STATUS_CONFLICT without an issue: other nodes have changed what is known of the index; again. */
Status record_changes(Record *record, Ctx *cx, const RecordSince *since,
                      RecordChanges *ret_changes) MUST_USE;
void record_changes_end(RecordChanges *changes);
/* The same caller with his rights on the snapshot. */
Status record_changes_for(RecordChanges *changes, const Access **access) MUST_USE;

/* The newest change there is. */
Status record_last_change(Record *record, Ctx *cx, uint64_t *ret_change) MUST_USE;

/* `wrote` is called after each commit with writes that ends well on this node, by the thread that
 * learns it: it must be quick. One listener; NULL: none any more. */
void record_listen(Record *record, void (*wrote)(void *owner), void *owner);

#endif
