/* booking/take.h - the one decision: whether these hours are taken by this caller.
 *
 *     take_begin     the rules, who asks and for whom
 *     take_resolve   what is wanted becomes a Slot: by whom, where, which service
 *     take_claim     nobody else decides about these people, rooms and days from here on
 *     take_judge     what is taken is read anew; a refusal names the nearest free hours: three of
 *                    one, and of a series one for each that cannot be had
 *
 * Names of claims are an actor and a day in UTC: two spans that meet share a day in any zone. */
#ifndef ACESO_BOOKING_TAKE_H
#define ACESO_BOOKING_TAKE_H

#include "booking/hold.h"
#include "booking/internal.h"

enum { TAKE_OTHERS_MAX = 8 };

typedef struct {
    Slot slot;
    bool overbooked;
    uint64_t but;    /* rid of the appointment that moves here; or 0 */
    const char *why; /* of a series: it cannot be had; NULL: it can */
} Taken;

typedef struct {
    Operation *op;
    Agenda agenda;
    bool online;                     /* doors and limits hold */
    bool overbook, outside, double_; /* what staff insists on */
    Str patient, patient_display;    /* "Patient/1"; or empty */
    Str token;                       /* of the hold that is the caller's own; or empty */
    Str others[TAKE_OTHERS_MAX];     /* who takes part besides: must be free too */
    size_t other_count;
    Taken taken[BOOKING_SERIES_MAX];
    size_t count;
} Taking;

typedef struct {
    Str service, practitioner, place;
    Time start;
    unsigned minutes; /* 0 = the service's */
} Asked;

Status take_begin(Operation *op, Taking *ret_taking) MUST_USE;
/* The patient whom `name` names, whom the caller sees; for a patient without a word, himself. */
Status take_patient(Taking *taking, Str name) MUST_USE;
/* service, practitioner, start, minutes, location: as parameters of the operation. */
Status take_asked(const Taking *taking, Asked *ret_asked) MUST_USE;
/* "actor": who takes part besides. */
Status take_others(Taking *taking) MUST_USE;
/* What is refused for good: another look would find the same. */
Status take_refuse(Operation *op, Status status, const char *why);
Status take_resolve(Taking *taking, const Asked *asked, Slot *ret_slot) MUST_USE;
/* One of a series: what lies outside the hours of the service is not refused but noted. */
Status take_add_session(Taking *taking, const Asked *asked) MUST_USE;
Status take_add(Taking *taking, const Slot *slot, uint64_t but) MUST_USE;
/* What is claimed of an actor's day (in UTC); at = NULL without memory. */
Str take_claim_name(Ctx *cx, Str actor, int64_t day);
Status take_claim(Taking *taking) MUST_USE;
Status take_judge(Taking *taking) MUST_USE;
/* What would do instead of a slot: the same with the same practitioner, from some days before it,
 * but not before today, to some after it. May be narrowed. */
Wanted take_instead(const Taking *taking, const Slot *slot, int64_t before, int64_t after);
/* series.c: STATUS_CONFLICT with what stands in the way of each, and what is free nearby. */
Status take_propose(Taking *taking) MUST_USE;

#endif
