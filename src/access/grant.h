/* access/grant.h - makes an Access. For src/auth and tests only: tests/tree refuses any
 * other include. */
#ifndef ACESO_ACCESS_GRANT_H
#define ACESO_ACCESS_GRANT_H

#include "access/access.h"

typedef struct {
    Str account;
    Str role;
    Str reference;
    Str client, scopes, patient; /* of a token of src/oauth; else empty */
    uint8_t factors;             /* ACCESS_BY_ */
    bool may_write;
    bool everything; /* the program itself, or a program that was given all: no row is hidden */
    /* Where others share the store: the epoch in which the caller was known, who knows whether he
     * still is, and by what. */
    uint64_t epoch; /* 0: for ever */
    Status (*renew)(void *of, Ctx *cx, bool is_token, const uint8_t *hash, uint64_t *ret_epoch);
    void *of;
    bool is_token;
    uint8_t hash[32];
} AccessGrant;

/* Strings are copied into the arena. NULL at the arena's limit. */
const Access *access_grant(Arena *arena, const AccessGrant *grant);

#endif
