/* consult/asked.h - what somebody asks of somebody else in a consultation: Tasks that wait in an
 * inbox until they are answered. docs/guide/inbox.md, docs/guide/consultation.md
 *
 * SPEC R4 task.html */
#ifndef ACESO_CONSULT_ASKED_H
#define ACESO_CONSULT_ASKED_H

#include "consult/inner.h"

#define ASKED_SYSTEM  "urn:aceso:task"
#define ASKED_RENEWAL "renewal" /* focus: the MedicationRequest; of a patient */
#define ASKED_FORM    "form"    /* focus: the Questionnaire; of a patient */

enum { ASKED_MAX = 20 };

typedef struct {
    const char *code; /* of ASKED_SYSTEM */
    Str focus;        /* "MedicationRequest/1" */
    Str patient, owner, note, until;
} Asked;

/* Writes the Task as the program: whether he may ask was decided before. It is the answer of the
 * operation (201). */
Status asked_write(Operation *op, const Asked *asked) MUST_USE;
/* The open ones, read as the program; of that patient, or of all when it is empty. */
Status asked_open(Operation *op, const char *code, Str focus, Str patient,
                  OperationRows *ret_rows) MUST_USE;
/* They are completed by the caller, with what was made ("MedicationRequest/2"). */
Status asked_close(Operation *op, const OperationRows *rows, Str made) MUST_USE;

#endif
