/* leaks/judge.h - who may see what, decided once more, slowly and from the words of the table.
 *
 * The matrix of security-model.md stands here as it is printed there, copied by hand; nothing of
 * src/access is asked. What a row is (its facts) is taken from the store; what they mean for
 * somebody is worked out here, one question after the other. */
#ifndef ACESO_TESTS_LEAKS_JUDGE_H
#define ACESO_TESTS_LEAKS_JUDGE_H

#include "access/facts.h"
#include "base/base.h"

/* The cell of the printed matrix: "W", "o+R", "-". */
const char *judge_cell(unsigned class, AccessRole role);

/* What somebody is to one patient. */
typedef struct {
    Str patient;      /* "Patient/p1" */
    bool linked;      /* or only something is taken from him */
    bool consent;     /* the patient takes part in the network */
    bool broken;      /* the glass is broken */
    bool self;        /* the patient is he himself */
    bool proxy;       /* he acts for the patient */
    bool blocked;     /* whatever else is true */
    uint32_t without; /* classes that the patient keeps from him: bits */
    uint16_t without_kinds;
    unsigned below; /* what is as confidential as this, too; 0 = nothing */
    uint64_t hash;
} JudgeLink;

enum { JUDGE_LINKS_MAX = 32, JUDGE_TYPES_MAX = 256 };

typedef struct {
    const char *name; /* for people */
    AccessRole role;
    Str self; /* "Practitioner/r1"; empty */
    uint64_t self_hash;
    JudgeLink links[JUDGE_LINKS_MAX];
    size_t link_count;
    bool scoped;                      /* a token whose scopes name these types alone */
    uint8_t letters[JUDGE_TYPES_MAX]; /* RIGHTS_READ, ...; by type */
    uint64_t only_patient;            /* of a patient/ scope; 0 = none */
} Caller;

typedef enum { SEES_NOTHING, SEES_PART, SEES_ALL } Sees;

/* facts NULL: a row that has none. */
Sees judge_sees(const Caller *caller, uint16_t type, const Facts *facts);
/* Whether he may write a row over itself. */
bool judge_may_write(const Caller *caller, uint16_t type, const Facts *facts);
/* Bit of a kind of sensitivity by its word; 0 = none. */
uint16_t judge_kind(Str word);
/* Who may break the glass at all. */
bool judge_may_break(AccessRole role);

#endif
