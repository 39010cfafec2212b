/* consult/alerts.h - the one place where a prescription meets knowledge about medicines.
 *
 * Nothing is known here yet: what is answered is exactly that, and never that all is well. */
#ifndef ACESO_CONSULT_ALERTS_H
#define ACESO_CONSULT_ALERTS_H

#include "consult/inner.h"

typedef enum {
    ALERTS_NO_KNOWLEDGE, /* nothing was asked, because there is nothing to ask */
} AlertsState;

/* What knowledge says of a MedicationRequest for its patient; adds to `pairs` a parameter "alerts"
 * with the state and, one day, its findings. */
Status alerts_ask(Operation *op, const JsonValue *request, Pairs *pairs) MUST_USE;

#endif
