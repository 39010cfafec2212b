/* booking/wait.h - the waiting list: an hour that became free is offered, one after the other.
 *
 * Who waits is an Appointment of status waitlist. An offer stands in its extension urn:aceso:offer
 * and is held (hold.h) until it is over; then the hour goes to the next. */
#ifndef ACESO_BOOKING_WAIT_H
#define ACESO_BOOKING_WAIT_H

#include "booking/appointment.h"

/* An hour of somebody became free: who waits is asked, with the commit of the operation. */
Status wait_freed(Operation *op, Str practitioner, Span span) MUST_USE;

/* The days that somebody waits for; false: it says none. */
bool wait_period(const JsonValue *resource, Span *ret_period);

/* Who of all that wait has waited longest and could have an hour in the span, and which. As the
 * program itself. */
Status wait_next(Operation *op, const Agenda *agenda, Str practitioner, Span span,
                 OperationRow *ret_row, Slot *ret_slot, bool *ret_found) MUST_USE;

/* Who waits does so no more: an hour that is kept for him goes to the next. */
Status wait_let_go(Operation *op, const OperationRow *row) MUST_USE;

/* Nobody waits twice for the same, and a patient for no more than BOOKING_WAITS_MAX. Behind a
 * claim. */
Status wait_claim(Operation *op, Str patient) MUST_USE;
Status wait_check(Operation *op, const Booked *wanted, Span period, bool online) MUST_USE;
/* Whose days are over does not wait any more. */
Status wait_sweep(Operation *op) MUST_USE;

#endif
