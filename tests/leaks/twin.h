/* leaks/twin.h - stores with the same rows under the same numbers, of which one may lack some.
 *
 * A twin is filled from a master: rids, numbers of changes, versions, times, ids, facts and the
 * key of the hashes are the master's, so two twins of one master that are asked the same answer
 * the same, byte for byte, unless what one of them lacks has a say in it. */
#ifndef ACESO_TESTS_LEAKS_TWIN_H
#define ACESO_TESTS_LEAKS_TWIN_H

#include "record_fixture.h"
#include "store/moving.h"

typedef struct {
    char folder[64];
    Arena *forever;
    const Access *system;
    Store *store;
    Record *record;
    Ctx cx; /* of the request in hand */
    Reply reply;
} Twin;

/* What a twin gets of one version of one resource. */
typedef enum {
    TWIN_NOTHING, /* all versions of a resource, or none, are absent */
    TWIN_EMPTY,   /* a version that has been, with nothing in it, hidden from everybody */
    TWIN_ROW,     /* the row, with the body that is given */
} TwinGets;
typedef struct {
    TwinGets what;
    Str body;
} TwinRow;

/* An empty store and a record on it. which: 0 or 1, of the two that are there at once. */
void twin_open(Twin *twin, unsigned which);
/* A store with these rows: rows[i] of changes[i]. `keys` makes index keys. */
void twin_fill(Twin *twin, unsigned which, Twin *master, const StoreChange *changes,
               const TwinRow *rows, size_t count);
void twin_close(Twin *twin);
void twin_clear(Twin *twin);

/* All versions of all resources in a twin, in the order of their changes, in the arena. */
StoreChange *twin_changes(Twin *twin, Arena *arena, size_t *ret_count);

#endif
