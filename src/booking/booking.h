/* booking/booking.h - hours that are free, and who gets them.
 *
 * When somebody could be seen are rules (PractitionerRole, HealthcareService, Location); free hours
 * are computed from them and from the Appointments there are; nothing is stored in advance.
 * Whoever takes an hour claims it first: of all who ask for the same one, at the same moment and on
 * whatever node, one gets it. docs/guide/booking.md */
#ifndef ACESO_BOOKING_H
#define ACESO_BOOKING_H

#include "record/operation.h"

enum { BOOKING_KINDS = 6 };
extern const OperationKind booking_kinds[BOOKING_KINDS];

/* Direct writes of Appointment that take time are refused: they have their operations. */
Status booking_guard(Ctx *cx, const Access *writer, const JsonValue *before,
                     const JsonValue *after);

#endif
