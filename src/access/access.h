/* access/access.h - what a caller may see and do, as data.
 *
 * An Access is handed down to every call of store, search and record. Nothing outside
 * auth can make one (access/grant.h is auth's own; tests/tree checks it), so there is no
 * way to reach the chart without having been somebody.
 *
 * Who somebody is comes from auth; what that entitles him to in this store at this moment are
 * his Rights (rights.h), which src/rights reads from a snapshot and puts on the Access. Without
 * them a person sees nothing. access_sees is the one place where it is decided whether a row
 * exists for a caller: a read, a search, a page of history, the store's own wall ask it alike. */
#ifndef ACESO_ACCESS_H
#define ACESO_ACCESS_H

#include "access/facts.h"
#include "base/base.h"

typedef struct Access Access;
typedef struct Rights Rights;

Str access_account(const Access *access);   /* account or token id, for the audit trail */
Str access_role(const Access *access);      /* "gp", "nurse", "secretary", "program", "operator" */
Str access_reference(const Access *access); /* "Practitioner/x", or empty */

/* By what he has proved in this session who he is: bits. Of tokens and the program itself: none. */
enum {
    ACCESS_BY_PASSWORD = 1,
    ACCESS_BY_TOTP = 2,
    ACCESS_BY_PASSKEY = 4,
    ACCESS_BY_RECOVERY = 8,
    ACCESS_BY_CARD = 16,
    ACCESS_BY_PROVIDER = 32,
    ACCESS_STEPPED_UP = 64, /* one of them a few minutes ago (auth_is_stepped_up) */
};
uint8_t access_factors(const Access *access);

/* Of a program that came with a token of its own from src/oauth: which one, what the token may be
 * used for (scope.h; never empty then), and the one patient of its patient/ scopes ("Patient/1").
 * Empty for everybody else: no such limit. */
Str access_client(const Access *access);
Str access_scopes(const Access *access);
Str access_patient(const Access *access);

/* What scopes with search conditions demand of the resources of one type, by what is done with
 * them: "category=laboratory"; empty: nothing is demanded, or it is not given at all. */
typedef struct {
    uint16_t type;
    Str see, create, update, delete; /* see: read, found, written over */
} AccessConditions;

/* The same caller under other scopes, for the one interaction whose search conditions the caller of
 * this holds it to (record/conditioned.c), or, with `conditions` (borrowed; or NULL), whoever plans
 * its writes. Rights have to be asked for anew. */
const Access *access_under_scopes(Arena *arena, const Access *access, Str scopes,
                                  const AccessConditions *conditions);
/* NULL: none. Of somebody who has them no row of the type is written unasked. */
const AccessConditions *access_conditions(const Access *access);

/* The epoch of the store (store.h) in which the caller was known; 0: he needs none. A commit on his
 * behalf holds only while nobody's session or token has ended since. */
uint64_t access_epoch(const Access *access);
/* The same caller in a later epoch, when he is still there; STATUS_UNAUTHORIZED with an issue when
 * he is not. */
Status access_renew(Ctx *cx, const Access **access) MUST_USE;

/* Whether the caller may read, or write, charts at all; STATUS_FORBIDDEN with an issue. */
Status access_need_read(Ctx *cx, const Access *access) MUST_USE;
Status access_need_write(Ctx *cx, const Access *access) MUST_USE;

/* ---- rows ---------------------------------------------------------------------------- */

/* The program itself, and programs that were given everything: no row is hidden from them. */
bool access_is_system(const Access *access);

/* The same caller with these rights, in the arena; NULL at its limit. `rights` are borrowed. */
const Access *access_with_rights(Arena *arena, const Access *access, const Rights *rights);
/* NULL: he has none, and is not the system. */
const Rights *access_rights(const Access *access);

typedef enum {
    SIGHT_NONE,    /* for this caller there is no such row */
    SIGHT_REDUCED, /* without the elements that reduced.h names */
    SIGHT_FULL,
} Sight;

/* The decision. type: number of a FHIR type. Pure: no store, no clock, no allocation. */
Sight access_sees(const Access *access, uint16_t type, const Facts *facts);
/* The same of packed facts; what cannot be unpacked is hidden. */
Sight access_sees_packed(const Access *access, uint16_t type, Str facts);
/* Whether he may make `after` out of `before` (NULL: create; after NULL: delete). What he does not
 * see in full he cannot write. */
bool access_may_write(const Access *access, uint16_t type, const Facts *before, const Facts *after);

#endif
