/* search/indexer.h - what the files of the indexer share: the thread's state, and its steps. */
#ifndef ACESO_SEARCH_INDEXER_H
#define ACESO_SEARCH_INDEXER_H

#include <pthread.h>

#include "search/index.h"

enum {
    STEP_BYTES = 64 << 20,
    TABLES_MAX = 64, /* kept at once, because somebody may look at them */
};

typedef struct Lease Lease;

typedef struct Indexer {
    Search *search;
    const Access *access;
    Str digest;
    Str labels;               /* digest of this process's label rules; empty: it has none */
    pthread_mutex_t stepping; /* one step at a time; taken before lock */
    pthread_mutex_t lock;     /* table, started to wanted; taken before holding */
    pthread_mutex_t holding;  /* tables to holds */
    pthread_cond_t wake;
    ParamTable *table;
    ParamTable *tables[TABLES_MAX]; /* those of numbers oldest to newest, each at its rest */
    uint64_t oldest, newest;
    unsigned holds[TABLES_MAX]; /* of those who came when this was the newest */
    bool started, stopping, working, stuck;
    uint64_t asked,
        answered; /* how often SearchParameters were written; up to which they are read */
    bool wanted_any, wanted[TYPES_MAX + 1]; /* [0]: all types */
    bool taken[TYPES_MAX + 1];              /* the thread's: of wanted, what it begins now */
    SearchTell tell;
    void *to;
    pthread_t thread;
    Lease *lease;         /* NULL: nobody else writes to the store */
    uint64_t swept;       /* the epoch that the thread has swept */
    atomic_bool outdated; /* somebody has seen a later epoch */
    _Atomic uint64_t done, all, failed, number;
} Indexer;

typedef struct {
    Indexer *ix;
    Ctx cx;         /* its arena becomes the new table's */
    uint64_t epoch; /* of the snapshot; then of what was written */
    State stored;   /* the state as it was in the store */
    State state;
    Custom *customs; /* as in state */
    uint64_t at, last_rid;
    uint64_t asked; /* Indexer.asked before it read */
    bool dropped;   /* a parameter that was in the state is not in the store any more */
    bool changed;   /* from what the store has */
    bool found;     /* the store had a state that this program can use */
} Step;

typedef Status (*Change)(Step *step);

/* Takes the state and the SearchParameters of the store, changes the state (NULL: only to what is
 * there), commits and publishes it. As often as somebody else was faster. `first`: whatever state
 * the store has. */
Status indexer_step(Indexer *ix, Change change, bool first) MUST_USE;
void step_first_table(Indexer *ix, ParamTable *table);
void step_free_tables(Indexer *ix);
/* Whether the state has this very parameter. */
bool indexer_find_custom(const State *state, const Custom *custom, CustomState *ret_found);

bool indexer_is_stopping(Indexer *ix);
/* Whether a SearchParameter was written here since the last step. */
bool indexer_has_changed(Indexer *ix);
void indexer_tell(Indexer *ix, SearchNews news, uint64_t resources);

/* What is being made, as this process knows it: end of the pass, 0 when there is none. */
uint64_t indexer_end(Indexer *ix);
/* Whether the pass labels rows by this process's rules. */
bool indexer_relabels(Indexer *ix);

/* lease.c: of several processes one makes the index. True when it is this one, now and for some
 * seconds; when it is somebody who does not move any more, it is this one soon. */
Status lease_new(Ctx *cx, Indexer *ix) MUST_USE;
bool lease_take(Indexer *ix);
void lease_give_back(Indexer *ix);
/* Somebody else was seen at work: whose it is, is asked for before it counts as this one's. */
void lease_doubt(Indexer *ix);

/* pass.c: makes all that is to be made; sweep.c: removes the keys of numbers not in use. */
Status indexer_pass(Indexer *ix) MUST_USE;
Status indexer_sweep(Indexer *ix) MUST_USE;

#endif
