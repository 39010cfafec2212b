/* search/indexer.h - what the files of the indexer share: the thread's state, and its steps. */
#ifndef ACESO_SEARCH_INDEXER_H
#define ACESO_SEARCH_INDEXER_H

#include <pthread.h>

#include "search/index.h"

enum { STEP_BYTES = 64 << 20 };

typedef struct Indexer {
    Search *search;
    const Access *access;
    Str digest;
    pthread_mutex_t lock; /* table, started to wanted */
    pthread_cond_t wake;
    ParamTable *table;
    ParamTable *old; /* published before, and perhaps still held */
    bool started, stopping, working, stuck;
    uint64_t asked,
        answered; /* how often SearchParameters were written; up to which they are read */
    bool wanted_any, wanted[TYPES_MAX + 1]; /* [0]: all types */
    bool taken[TYPES_MAX + 1];              /* the thread's: of wanted, what it begins now */
    SearchTell tell;
    void *to;
    pthread_t thread;
    atomic_uint epoch, holds[2];
    _Atomic uint64_t done, all, failed, number;
} Indexer;

typedef struct {
    Indexer *ix;
    Ctx cx; /* its arena becomes the new table's */
    State state;
    Custom *customs; /* as in state */
    uint64_t at;
    uint64_t asked; /* Indexer.asked before it read */
    bool dropped;   /* a parameter that was in the state is not in the store any more */
    bool found;     /* the store had a state that this program can use */
} Step;

typedef Status (*Change)(Step *step);

/* Takes the state and the SearchParameters of the store, changes the state, commits and publishes
 * it, and waits until nobody holds the last table. keep_numbers: the numbers of the last state are
 * kept up as well. */
Status indexer_step(Indexer *ix, Change change, bool keep_numbers) MUST_USE;
Status indexer_no_change(Step *step);
/* Whether the state has this very parameter. */
bool indexer_find_custom(const State *state, const Custom *custom, CustomState *ret_found);

bool indexer_is_stopping(Indexer *ix);
/* Whether a SearchParameter was written since the last step. */
bool indexer_has_changed(Indexer *ix);
void indexer_tell(Indexer *ix, SearchNews news, uint64_t resources);

/* pass.c: makes all that is to be made; sweep.c: removes the keys of numbers not in use. */
Status indexer_pass(Indexer *ix) MUST_USE;
Status indexer_sweep(Indexer *ix) MUST_USE;

#endif
