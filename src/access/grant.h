/* access/grant.h - makes an Access. For src/auth and tests only: tests/tree refuses any
 * other include. */
#ifndef ACESO_ACCESS_GRANT_H
#define ACESO_ACCESS_GRANT_H

#include "access/access.h"

typedef struct {
    Str account;
    Str role;
    Str reference;
    bool may_write;
} AccessGrant;

/* Strings are copied into the arena. NULL at the arena's limit. */
const Access *access_grant(Arena *arena, const AccessGrant *grant);

#endif
