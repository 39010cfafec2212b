/* access/rights.h - what a caller is entitled to at one moment of the store.
 *
 * Made by src/rights from the rules (rules.h), the links, blocks and consents of the store and the
 * scopes of the token; borrowed by an Access (access_with_rights). Immutable once it is shared
 * between threads. Everything that needs a look-up has been looked up: what is left for
 * access_sees is one search by patient and a few bits. */
#ifndef ACESO_ACCESS_RIGHTS_H
#define ACESO_ACCESS_RIGHTS_H

#include "access/access.h"

/* Sets of classes: bit AccessClass. A mask of zeros sees nothing. */
typedef struct {
    uint32_t read, reduced; /* of anybody's making */
    uint32_t own;           /* read, when he made it or his profession did */
    uint32_t authored;      /* read, when he himself made it */
    uint32_t write;         /* of anybody's making, where he reads it */
    uint32_t write_own;     /* when he made it, where he reads it */
    uint16_t sensitivity;   /* categories granted: all of a row's must be */
    uint8_t clearance;      /* Confidentiality, up to and with */
} RightsMask;

/* With one patient: what the matrix says, less what his consent and blocks take away. Whoever is
 * blocked has a link with a mask of zeros: `stranger`, with what he made himself, is not asked. */
typedef struct {
    uint64_t patient;
    RightsMask mask;
    bool broken; /* it is there because the glass was broken: the audit log says so */
} RightsLink;

struct Rights {
    AccessRole role;
    uint64_t self;           /* hash of access_reference; 0 = none */
    RightsMask nobody;       /* rows that are about nobody */
    RightsMask stranger;     /* rows about somebody he has no link with: what he made himself */
    const RightsLink *links; /* ascending by patient, each once */
    size_t link_count;
    /* Of all that the links say, by a keyed hash (search_name_links): who has the same number of
     * them and the same name has the same links. 0: not named. */
    uint64_t links_name[2];
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
    RIGHTS_ALL = 31,
};

/* The link with a patient; NULL: he is a stranger. */
const RightsLink *rights_find(const Rights *rights, uint64_t patient);
/* What access_sees says of whoever has these rights. */
Sight rights_see(const Rights *rights, uint16_t type, const Facts *facts);
/* The letters that the token's scopes leave of a type. */
uint8_t rights_scope(const Rights *rights, uint16_t type);

#endif
