/* tests/fault/ledger.h - commits that can be checked by their number alone.
 *
 * Commit n creates a-n and b-n, gives them keys, changes a-(n-LEDGER_BACK), writes an audit
 * entry and an item. Every LEDGER_EACH_BIG-th creates LEDGER_MORE further resources c-n..., which
 * is more than the store applies at once. Commits are applied in order, so whatever a crash leaves
 * must be exactly the first `last` of them, whole; and `last` may not be below what was
 * acknowledged. */
#ifndef ACESO_LEDGER_H
#define ACESO_LEDGER_H

#include <stdatomic.h>

#include "access/grant.h"
#include "store/store.h"

enum { LEDGER_EACH_BIG = 16, LEDGER_MORE = 20, LEDGER_SLICE = 4 };
enum { LEDGER_BACK = 40, LEDGER_FLIGHT = 24 }; /* fewer under way than BACK */

typedef struct {
    Store *store;
    const Access *access;
    _Atomic unsigned acknowledged;
    _Atomic unsigned under_way;
    unsigned flight;                  /* commits under way at once; 0 = LEDGER_FLIGHT */
    void (*on_done)(unsigned number); /* or NULL */
    _Atomic int failed;               /* the first Status that was not OK */
} Ledger;

/* Submits commits first .. first+count-1, with at most LEDGER_FLIGHT under way, and waits for
 * all. Stops early when one fails. rids are found by reading. */
void ledger_run(Ledger *ledger, unsigned first, unsigned count);

/* How many commits the store has; every one of them whole. NULL, or what is wrong. */
const char *ledger_check(Store *store, const Access *access, unsigned *ret_last);

/* Reads and checks some rows; NULL, or what is wrong. */
const char *ledger_probe(Store *store, const Access *access, unsigned number);

const Access *ledger_access(Arena *arena);

/* A folder of its own with a key file in it; removed at exit. */
const char *ledger_folder(void);
StoreOptions ledger_options(Arena *arena, const char *folder);
/* The .key file and the secret of one store, for another copy of it. */
void ledger_copy_keys(const char *from_folder, const char *to_folder);
void ledger_remove(const char *folder);

#endif
