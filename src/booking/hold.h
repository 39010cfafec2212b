/* booking/hold.h - an hour that is kept for somebody for some minutes: an item of the store. */
#ifndef ACESO_BOOKING_HOLD_H
#define ACESO_BOOKING_HOLD_H

#include "booking/internal.h"

#define HOLD_SPACE STR("booking-hold")
enum { HOLD_ACTORS_MAX = 4 };

typedef struct {
    Str token;
    Time until; /* when it is over */
    Str account;
    Str service, member, place, room, device;
    unsigned minutes;
    Span core, wide;
    Str actors[HOLD_ACTORS_MAX]; /* the practitioner, the room, the device */
    size_t actor_count;
} Hold;

/* Those that are not over. */
Status hold_list(Operation *op, Hold **ret_holds, size_t *ret_count) MUST_USE;
/* STATUS_NOT_FOUND with an issue: there is none, or it is over. */
Status hold_get(Operation *op, Str token, Hold *ret_hold) MUST_USE;
/* What of a slot it says; token, account and until are the caller's. */
void hold_fill(Hold *hold, const Slot *slot);
/* Keeps it; with the commit. */
Status hold_put(Operation *op, const Hold *hold) MUST_USE;
Status hold_drop(Operation *op, Str token) MUST_USE;
/* A token that nobody guesses; at = NULL without memory. */
Str hold_token(Operation *op);

#endif
