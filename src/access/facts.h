/* access/facts.h - what of a resource decides who may see it.
 *
 * Facts are made when a resource is written (label.h), stand beside its bytes in the store, in
 * every version of its own, and are all that the decision looks at (access_sees). Whoever holds
 * a row without facts holds something that nobody but the program itself may see.
 *
 * People and organisations are keyed hashes of "Patient/123": search_hash_text of the store's own
 * key, the same that index keys have. Never 0. */
#ifndef ACESO_ACCESS_FACTS_H
#define ACESO_ACCESS_FACTS_H

#include "base/base.h"

/* Classes of data; the columns of the matrix. docs/guide/access.md */
typedef enum {
    D0_DIRECTORY,
    D1_DEMOGRAPHICS,
    D2_CONTACT,
    D3_SCHEDULING,
    D4_INVOICES,
    D5_ALLERGIES,
    D6_MEDICATION,
    D7_PROBLEMS,
    D8_LABORATORY,
    D9_IMAGING,
    D10_NOTES,
    D11_REHABILITATION,
    D12_NURSING,
    D13_MENTAL_HEALTH,
    D14_PSYCHOTHERAPY,
    D15_SENSITIVE,
    D16_AUDIT,
    D17_CONFIGURATION,
    ACCESS_CLASSES
} AccessClass;

/* SPEC v3 Confidentiality: each is seen by whoever may see the ones behind it. */
typedef enum { CONF_U, CONF_L, CONF_M, CONF_N, CONF_R, CONF_V } Confidentiality;

/* Categories of sensitivity: bits. SPEC v3 ActCode, InformationSensitivityPolicy */
enum {
    SENSITIVE_HIV = 1u << 0,           /* HIV */
    SENSITIVE_SEXUAL = 1u << 1,        /* STD, SEX */
    SENSITIVE_GENETIC = 1u << 2,       /* GDIS */
    SENSITIVE_SUBSTANCE = 1u << 3,     /* ETH, SUD */
    SENSITIVE_MENTAL = 1u << 4,        /* PSY, MH */
    SENSITIVE_VIOLENCE = 1u << 5,      /* SDV, DV */
    SENSITIVE_PSYCHOTHERAPY = 1u << 6, /* PSYTHPN */
};

/* Who someone is to the record; the rows of the matrix. NOBODY sees nothing. */
typedef enum {
    ROLE_NOBODY,
    ROLE_GP,
    ROLE_SPECIALIST,
    ROLE_PHYSIO,
    ROLE_NURSE,
    ROLE_PSYCHOLOGIST,
    ROLE_SECRETARY,
    ROLE_BILLING,
    ROLE_PHARMACIST,
    ROLE_LAB,
    ROLE_PATIENT,
    ROLE_PROXY,
    ROLE_AUDITOR,
    ROLE_ADMIN,
    ACCESS_ROLES
} AccessRole;
/* "gp", ..., "admin"; ROLE_NOBODY for any other word. */
AccessRole access_role_of(Str word);
Str access_role_word(AccessRole role);

enum { FACTS_SUBJECTS_MAX = 8, FACTS_BYTES_MAX = 112 };

typedef struct {
    uint8_t class;                         /* AccessClass */
    uint8_t confidentiality;               /* Confidentiality */
    uint16_t sensitivity;                  /* bits; all must be granted */
    uint8_t profession;                    /* AccessRole of the author; ROLE_NOBODY: of none */
    uint8_t subject_count;                 /* 0: about nobody */
    uint64_t author;                       /* "Practitioner/x"; 0 = none known */
    uint64_t organisation;                 /* "Organization/x"; 0 = none known */
    uint64_t subjects[FACTS_SUBJECTS_MAX]; /* whom it is about, ascending, each once */
} Facts;

/* As they stand in the store: byte 0 is the version of the layout. `at` has room for
 * FACTS_BYTES_MAX; returns the length. */
size_t facts_pack(const Facts *facts, unsigned char *at);
/* False for anything that facts_pack has not made, empty ones included: to be refused. */
bool facts_unpack(Str packed, Facts *ret_facts);

#endif
