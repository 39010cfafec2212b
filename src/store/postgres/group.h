/* store/postgres/group.h - a group of commits, in one transaction. */
#ifndef ACESO_STORE_POSTGRES_GROUP_H
#define ACESO_STORE_POSTGRES_GROUP_H

#include "store/postgres/engine.h"

typedef struct {
    Lane *lane;
    Arena *arena; /* the lane's */
    StoreCommit *first;
    bool wary;  /* look for ids and keys that somebody else may have made a moment ago */
    bool begun; /* a transaction is open */
    /* Where commits name rows that were taken from memory: the newest change and the epoch up to
     * which memory is right; else 0. */
    uint64_t change, access_epoch;
} Group;

/* Locks what the group touches and sets the status of each commit: OK or CONFLICT. */
Fault group_check(Group *group) MUST_USE;

#endif
