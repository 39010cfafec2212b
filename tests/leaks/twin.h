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
    StoreOptions fill, serve;
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

/* The master is always a file; under with_postgres the others are databases. */
typedef enum { TWIN_MASTER, TWIN_WHOLE, TWIN_PART } TwinPlace;
/* An empty store and a record on it. */
void twin_open(Twin *twin, TwinPlace where);
/* A store with these rows: rows[i] of changes[i]. */
void twin_fill(Twin *twin, TwinPlace where, Twin *master, const StoreChange *changes,
               const TwinRow *rows, size_t count);
void twin_close(Twin *twin);
void twin_clear(Twin *twin);

/* All versions of all resources in a twin, in the order of their changes, in the arena. */
StoreChange *twin_changes(Twin *twin, Arena *arena, size_t *ret_count);

#endif
