/* tests/checker/checker.h - random clients against the nodes of one store, and what they may see.
 *
 * Clients write down what they asked, when, and what was answered. A *cell* is a resource whose
 * every version carries the tag of the one request that made it, so that afterwards its history
 * says which requests happened, and in which order; all answers must fit to that order and to
 * the clock:
 *
 *     who was answered before another asked is before it (no lost update, no stale read);
 *     what was acknowledged is there, once; what was refused is not; what got no answer may be;
 *     a change that named a version follows that very version.
 *
 *     nodes.c   processes, and what is done to them     client.c  requests, and their answers
 *     cells.c   reads and writes of cells               pages.c   searches that must be complete
 *     rules.c   the judgement over cells                main.c    threads, time, report */
#ifndef ACESO_CHECKER_H
#define ACESO_CHECKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"
#include "json/json.h"
#include "postgres.h"
#include "support/http_client.h"
#include "support/served.h"

enum {
    NODES_MAX = 4,
    CLIENTS_MAX = 32,
    COUNTERS = 8, /* cells that clients change one by one */
    ACCOUNTS = 6, /* cells between which money moves */
    CELLS = COUNTERS + ACCOUNTS,
    MONEY = 100, /* on each account at first */
    PAGED = 23,  /* resources that never change */
    KEYS_MAX = 200000,
    KEY_MS = 40, /* for so long all clients create under the same condition */
};

typedef enum { OP_READ, OP_WRITE, OP_GUARDED, OP_DELETE } OpKind; /* GUARDED: If-Match */
typedef enum { OP_UNKNOWN, OP_DONE, OP_REFUSED } Outcome;

typedef struct {
    OpKind kind;
    Outcome outcome;
    unsigned cell, node;
    uint32_t version; /* that was read or made; 0 = not known */
    uint32_t after;   /* GUARDED, DELETE: the version that it named */
    uint64_t tag;     /* of what was read or written; 0 = deleted */
    uint64_t pair;    /* the tag of the other half of a transaction, or 0 */
    Time start, end;  /* monotonic */
    const char *how;
} Op;

/* What clients were told of the one resource of a condition. */
typedef struct {
    pthread_mutex_t lock;
    char id[40]; /* the first that was acknowledged */
    unsigned asked, done;
} KeyState;

typedef struct {
    Served served;
    _Atomic uint16_t port; /* 0 = it is down */
} Node;

typedef struct {
    const char *program, *store;
    const char *mutant, *mutant_name; /* mutant.c: the library, and what it changes */
    bool lazy;  /* the database would acknowledge early: the server must not let it */
    bool stale; /* answers of a cache that nobody empties */
    unsigned node_count, client_count, seconds;
    uint64_t seed;
    bool postgres; /* one of the test's own; else a file */
    bool kills, breaks, restarts, pauses, reindexes, quiet, expects;
} Plan;

typedef struct World {
    Plan plan;
    Arena *forever;
    const TestPostgres *postgres;
    Node nodes[NODES_MAX];
    Str token;
    atomic_bool stop;
    Time begun;
    _Atomic uint64_t next_tag, next_request, anomalies, searches, refused, unknown;
    KeyState *keys;
    pthread_mutex_t say;
    uint8_t *answered;           /* by request: must be on the audit log */
    _Atomic uint64_t parameters; /* that became complete */
} World;

typedef struct {
    unsigned status; /* 0: no answer */
    bool sent;       /* false: nobody was asked */
    Str body, location, headers;
    uint32_t version; /* of the ETag */
    Time start, end;
    uint64_t request;
} Said;

/* One client thread. */
typedef struct {
    World *world;
    unsigned number;
    uint64_t dice;
    Client connections[NODES_MAX];
    uint16_t ports[NODES_MAX];
    Arena *arena;             /* of one round */
    Arena *arenas[NODES_MAX]; /* of the connections */
    char *kept;               /* --stale: an earlier answer about the first cell */
    size_t kept_len;
    uint32_t kept_version;
    Op *ops;
    size_t op_count, op_room;
    pthread_t thread;
} Hand;

unsigned roll(Hand *hand, unsigned sides);
/* Says it, and counts it. */
void anomaly(World *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
void note(World *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- nodes.c ------------------------------------------------------------------------- */

bool nodes_start(World *world);
/* Kills, breaks, restarts, until world->stop. */
void *nodes_trouble(void *world);
/* All are up again. */
bool nodes_heal(World *world);
bool nodes_stop(World *world);
/* The audit log of the store: marks which requests stand on it. */
bool nodes_read_audit(World *world, uint8_t *found, uint64_t count);
bool nodes_reindex(World *world);

/* ---- client.c ------------------------------------------------------------------------ */

Said ask(Hand *hand, unsigned node, const char *method, Str target, Str headers, Str body);
/* UNKNOWN: no answer, or one that does not say what happened. */
Outcome outcome_of(const Said *said);
Op *keep(Hand *hand, Op op);
JsonValue *parse(Hand *hand, Str body);
/* Another node than this one, when there is one. */
unsigned other_node(Hand *hand, unsigned node);

/* ---- cells.c ------------------------------------------------------------------------- */

const char *cell_id(Hand *hand, unsigned cell);
bool cells_make(Hand *hand);
void cell_read(Hand *hand);
void cell_write(Hand *hand);
void transfer(Hand *hand);
void snapshot(Hand *hand);
/* What a resource of a cell says: its number (CELLS = no cell), tag, money. */
unsigned cell_of(const JsonValue *resource, uint64_t *ret_tag, int64_t *ret_value);

/* ---- pages.c ------------------------------------------------------------------------- */

bool pages_make(Hand *hand);
void page_walk(Hand *hand);
void count_all(Hand *hand);
void key_create(Hand *hand);
void *parameters_main(void *hand);
void keys_judge(Hand *hand);

/* ---- rules.c ------------------------------------------------------------------------- */

void cells_judge(Hand *hand, Hand *hands, size_t count);

#endif
