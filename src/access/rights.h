/* access/rights.h - what a caller is entitled to at one moment of the store.
 *
 * Made by src/rights from the rules (rules.h), the links, blocks and consents of the store and the
 * scopes of the token; borrowed by an Access (access_with_rights). Immutable once it is shared
 * between threads. Everything that needs a look-up has been looked up: what is left for
 * access_sees is one search by patient and a few bits. */
#ifndef ACESO_ACCESS_RIGHTS_H
#define ACESO_ACCESS_RIGHTS_H

#include "access/access.h"

/* Sets of classes: bit AccessClass. */
typedef struct {
    uint32_t read, reduced; /* of anybody's making */
    uint32_t own;           /* read, when he made it or his profession did */
    uint32_t write;         /* of anybody's making */
    uint32_t write_own;     /* when he made it */
    uint16_t sensitivity;   /* categories granted: all of a row's must be */
    uint8_t clearance;      /* Confidentiality, up to and with */
} RightsMask;

/* With one patient: what the matrix says, less what his consent and blocks take away. */
typedef struct {
    uint64_t patient;
    RightsMask mask;
} RightsLink;

struct Rights {
    AccessRole role;
    uint64_t self;           /* hash of access_reference; 0 = none */
    RightsMask nobody;       /* rows that are about nobody */
    RightsMask stranger;     /* rows about somebody he has no link with: usually nothing */
    const RightsLink *links; /* ascending by patient, each once */
    size_t link_count;
    /* Letters that the token's scopes leave of each FHIR type (RIGHTS_READ, ...), by type number,
     * and how many types; NULL: no scopes, all letters. */
    const uint8_t *scopes;
    size_t scope_count;
    uint64_t only_patient; /* of a patient/ scope: rows about anybody else are hidden; 0 = none */
    uint64_t epoch;        /* STORE_EPOCH_ACCESS of the snapshot they were read from */
    int64_t until;         /* Time from which they must be read again: a link ends, one begins */
    uint64_t digest;       /* of caller, role, scopes and version of the rules: binds page links
                              and keys of caches */
};

enum {
    RIGHTS_CREATE = 1,
    RIGHTS_READ = 2,
    RIGHTS_UPDATE = 4,
    RIGHTS_DELETE = 8,
    RIGHTS_SEARCH = 16,
};

#endif
