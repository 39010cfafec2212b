/* booking/booking.h - hours that are free, and who gets them.
 *
 * When somebody could be seen are rules (PractitionerRole, HealthcareService, Location); free hours
 * are computed from them and from the Appointments there are; nothing is stored in advance.
 * Whoever takes an hour claims it first: of all who ask for the same one, at the same moment and on
 * whatever node, one gets it. docs/guide/booking.md */
#ifndef ACESO_BOOKING_H
#define ACESO_BOOKING_H

#include "jobs/jobs.h"
#include "record/operation.h"

enum { BOOKING_KINDS = 16 };
extern const OperationKind booking_kinds[BOOKING_KINDS];

/* Mail, and what is done later. */
typedef struct {
    Str to, subject, text;
} BookingLetter;
typedef struct {
    Status (*send)(void *of, Ctx *cx, const BookingLetter *letter); /* NULL: no mail */
    void *send_of;
    Str origin; /* of the app, for links */
} BookingOptions;

/* Handlers of jobs; their owner is a BookingOptions. */
Status booking_mail_job(Ctx *cx, JobRun *run);      /* "booking-mail" */
Status booking_freed_job(Ctx *cx, JobRun *run);     /* "booking-freed" */
Status booking_offer_end_job(Ctx *cx, JobRun *run); /* "booking-offer-end" */
Status booking_sweep_job(Ctx *cx, JobRun *run);     /* "booking-sweep": what is over goes */

/* Direct writes of Appointment that take time are refused: they have their operations. */
Status booking_guard(Ctx *cx, const Access *writer, const JsonValue *before,
                     const JsonValue *after);

#endif
