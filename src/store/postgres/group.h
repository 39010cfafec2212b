/* store/postgres/group.h - a group of commits, in one transaction. */
#ifndef ACESO_STORE_POSTGRES_GROUP_H
#define ACESO_STORE_POSTGRES_GROUP_H

#include "store/postgres/engine.h"

typedef struct {
    Lane *lane;
    Arena *arena; /* the lane's */
    StoreCommit *first;
    GroupCare care;
    bool begun; /* a transaction is open */
    /* Where commits name what was taken from memory: what the database is to be, and its version;
     * else 0. */
    Heard heard;
    uint64_t expects;
} Group;

/* Locks what the group touches and sets the status of each commit: OK or CONFLICT. */
Fault group_check(Group *group) MUST_USE;

#endif
