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
/* Only `participant`, as an array: for one that moves. */
Status appointment_participants(const Taking *taking, const Taken *taken, const char *status,
                                Buf *buf) MUST_USE;

#endif
