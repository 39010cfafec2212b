/* booking/appointment.h - the Appointment that a taken hour becomes. */
#ifndef ACESO_BOOKING_APPOINTMENT_H
#define ACESO_BOOKING_APPOINTMENT_H

#include "booking/take.h"

typedef struct {
    const char *status; /* "booked", "pending" */
    Str comment;
    Str series;      /* or empty */
    unsigned number; /* in the series, from 1 */
} Wording;

Status appointment_make(const Taking *taking, const Taken *taken, const Wording *wording,
                        JsonValue **ret_resource) MUST_USE;
/* The JSON Patch of one that moves to this hour and its actors. more: text of further operations,
 * each with a comma before it. */
Status appointment_moved(const Taking *taking, const Taken *taken, const char *status,
                         const char *more, Str *ret_patch) MUST_USE;

/* Such an operation: it is one of this service from now on. */
Status appointment_service_patch(Ctx *cx, const Service *service, const char **ret_more) MUST_USE;

/* What is offered to who waits: extension urn:aceso:offer. */
typedef struct {
    Span core;
    Time until;
    Str practitioner, place, token;
} Offered;
bool offered_read(const JsonValue *resource, Offered *ret_offered);

/* What stands in one. */
typedef struct {
    Str status, service, practitioner, place, series;
    Str patient, patient_display;
    Span core;
    Str others[TAKE_OTHERS_MAX];
    size_t other_count;
} Booked;
/* false: it has no time. */
bool appointment_read(const Agenda *agenda, const JsonValue *resource, Booked *ret_booked);

#endif
