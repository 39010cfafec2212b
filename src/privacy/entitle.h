/* privacy/entitle.h - what the operations on who may see a patient share; private to the module.
 *
 * Links and consents are resources, and other systems read and write them as such; a person changes
 * them only by these operations, where each change has a rule of its own. What is stored is written
 * by the program on the caller's behalf, with the caller in the audit entry and in the resource. */
#ifndef ACESO_PRIVACY_ENTITLE_H
#define ACESO_PRIVACY_ENTITLE_H

#include "access/rights.h"
#include "access/rules.h"
#include "privacy/inner.h"

typedef struct {
    Operation *op;
    Rules rules;
    const Rights *rights;   /* the caller's */
    const RightsLink *link; /* his with this patient; NULL: none */
    OperationRow patient;
} Entitling;

/* Whom an operation may be about. */
typedef enum {
    ENTITLE_SEEN,  /* somebody whom the caller sees */
    ENTITLE_NAMED, /* anybody by an identifier, or by exact name, birth date and sex */
    ENTITLE_ANY,   /* anybody, by his id too */
} EntitleWhom;

/* Who asks. Whatever can be refused or is missing is said before the patient is looked for: whether
 * there is one is an answer in itself. */
Status entitle_who(Operation *op, Entitling *ret_entitling) MUST_USE;
/* About whom: "nobody" and "several" are answered alike. From here on the operation reads and
 * writes as the program. */
Status entitle_patient(Entitling *e, EntitleWhom whom) MUST_USE;
/* Both, about somebody whom the caller sees. */
Status entitle_begin(Operation *op, Entitling *ret_entitling) MUST_USE;

Status entitle_refuse(const Operation *op, const char *why);
Status entitle_nobody(const Operation *op);
/* A parameter of 1 to 1000 bytes. */
Status entitle_need(const Operation *op, Str name, Str *ret_text) MUST_USE;
/* Somebody who may have links at all. */
Status entitle_need_practitioner(const Entitling *e) MUST_USE;
/* The patient himself, or who acts for him. */
bool entitle_acts_for_patient(const Entitling *e);
/* He, or who keeps his file and says by what evidence. */
Status entitle_need_patients_will(const Entitling *e) MUST_USE;

/* Texts of resources and queries. */
void entitle_text(const Operation *op, Buf *ret_buf);
void entitle_string(Buf *buf, const char *before, Str text);
void entitle_instant(Buf *buf, const char *before, Time at);
/* One value of a parameter of search: what separates values does not. */
void entitle_value(Buf *buf, Str text, bool keep_bar);

/* Writes what the text says, which is the answer now, with 201. */
Status entitle_create(Operation *op, const char *type, const Buf *text) MUST_USE;
/* Rows of the query get the status inactive, when they have this code of the system among their
 * categories (empty: any). *ret_count: how many. The answer, when nothing is made, is the first. */
Status entitle_end(Operation *op, const char *type, Str query, Str system, Str code,
                   size_t *ret_count) MUST_USE;

Status entitle_run_link(Operation *op);
Status entitle_run_unlink(Operation *op);
Status entitle_run_break(Operation *op);
Status entitle_run_review(Operation *op);
Status entitle_run_consent(Operation *op);
Status entitle_run_block(Operation *op);
Status entitle_run_unblock(Operation *op);

#endif
