/* access/scope.h - what a token may be used for: the scopes of SMART, as text and as letters.
 *
 * A scope is an upper limit, never a right: what is left of a caller's rights is what both allow.
 *
 *     patient/Observation.rs?category=laboratory
 *     level   type        letters  query
 *
 * Letters are some of c r u d s, in this order; v1 says .read (rs), .write (cud) and .* (cruds).
 * Reading one instance, its versions and its history is r; searching a type, and its history, is
 * s; a PUT that creates is u. Words without a slash or point (openid, launch/patient) are context.
 *
 * SPEC SMART 2.2 scopes-and-launch-context.html */
#ifndef ACESO_ACCESS_SCOPE_H
#define ACESO_ACCESS_SCOPE_H

#include "access/rights.h"
#include "base/base.h"

typedef enum { SCOPE_WORD = 1, SCOPE_PATIENT, SCOPE_USER, SCOPE_SYSTEM } ScopeLevel;

typedef enum {
    SCOPE_OPENID = 1,
    SCOPE_FHIR_USER,
    SCOPE_PROFILE,
    SCOPE_LAUNCH,
    SCOPE_LAUNCH_PATIENT,
    SCOPE_LAUNCH_ENCOUNTER,
    SCOPE_OFFLINE,
    SCOPE_ONLINE,
    SCOPE_WORDS
} ScopeWord;

typedef struct {
    Str text; /* as it was asked for */
    ScopeLevel level;
    ScopeWord word;  /* of SCOPE_WORD */
    uint16_t type;   /* 0: every type */
    uint8_t letters; /* RIGHTS_... */
    Str query;       /* behind the '?', or empty: search conditions that AND with every use */
} Scope;

enum { SCOPES_MAX = 64, SCOPES_BYTES_MAX = 2000 };

/* One scope; false for anything that is none, or that this server does not offer. */
bool scope_read(Str text, Scope *ret_scope);
/* All of a text that can be read, each once, in the order in which they came; what cannot is passed
 * over (SPEC RFC 6749 3.3). STATUS_INVALID: too many, too long, bytes that no scope has. */
Status scopes_read(Ctx *cx, Str text, Scope **ret_scopes, size_t *ret_count) MUST_USE;
/* Back to text, with blanks between them. */
Status scopes_write(Ctx *cx, const Scope *scopes, size_t count, Str *ret_text) MUST_USE;
bool scopes_have(const Scope *scopes, size_t count, ScopeWord word);
bool scopes_have_level(const Scope *scopes, size_t count, ScopeLevel level);

/* Whether the conditions of a scope can be held to: one of category, code and status, with one
 * value, of one type. docs/adr/0130, 0168 */
bool scope_condition_is_offered(const Scope *scope);

/* Whether `wide` allows all that `narrow` does. */
bool scope_covers(const Scope *wide, const Scope *narrow);

/* The letters that a token's scopes leave of each FHIR type, for Rights.scopes: `ret_letters` has
 * fhir_type_count() + 1 rows. Scopes with a query count nothing here. */
void scopes_letters(const Scope *scopes, size_t count, uint8_t *ret_letters, size_t rows);
/* "rs" for people and audit. */
Str scope_letters_text(uint8_t letters, char text[5]);

/* Takes from the rights of a caller what his token does not allow: letters by type, and with
 * patient/ scopes everybody but their patient; the digest then differs too. `patient`: the keyed
 * hash of access_patient, 0 = none. Without scopes nothing is taken. For src/rights, after the
 * rights of the person were found; the letters live in the arena of cx. */
Status rights_limit(Ctx *cx, const Access *access, uint64_t patient, Rights *rights) MUST_USE;
/* The rights of a service: a program with a token of its own (access_scopes) and no person behind
 * it, who would be nobody to the rules. All but psychotherapy notes, the audit and what
 * administrators settle; rights_limit then leaves what its scopes say. */
bool access_is_service(const Access *access);
void rights_of_service(Rights *rights);

#endif
