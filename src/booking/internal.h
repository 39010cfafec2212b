/* booking/internal.h - what the operations of this module share. */
#ifndef ACESO_BOOKING_INTERNAL_H
#define ACESO_BOOKING_INTERNAL_H

#include "booking/booking.h"
#include "booking/rules.h"
#include "zone/zone.h"
#include "fhir/fhir.h"
#include "record/operation.h"

enum {
    BOOKING_DAYS_USUAL = 28,
    BOOKING_DAYS_MAX = 92,
    BOOKING_COUNT_USUAL = 20,
    BOOKING_COUNT_MAX = 500,
    BOOKING_SERIES_MAX = RULES_SERIES_MAX,
    BOOKING_PROPOSED_MAX = 24, /* hours of a series that are not free */
    BOOKING_NEAREST = 3,       /* free hours that a refusal names */
    BOOKING_HOLD_S = 5 * 60,
    BOOKING_HOLDS_MAX = 3,  /* of one patient at a time */
    BOOKING_WAITS_MAX = 10, /* hours that one patient waits for */
    BOOKING_AHEAD_MAX = 4,  /* of one service, beside a series, that one patient books online */
    BOOKING_BODY_MAX = 4 << 20,
};

#define BOOKING_SERVICE  "urn:aceso:service"
#define BOOKING_SERIES   "urn:aceso:series"
#define BOOKING_OVERBOOK "urn:aceso:overbooked"

/* ---- agenda_load.c, agenda.c: the rules of the
 * network-------------------------------------------------- */

/* By its name, for looking it up. */
typedef struct {
    Str name; /* "Location/1" */
    size_t number;
} Named;

typedef struct {
    const Service *services;
    const Named *service_names, *place_names; /* in order; so many as services, as places */
    size_t service_count;
    const Member *members;
    size_t member_count;
    const Place *places;
    const Zone **zones; /* of each place */
    size_t place_count;
    const Zone *usual; /* where no place is known */
} Agenda;

/* All of it, as the program itself reads it: nothing in it is about a patient. */
Status agenda_load(Operation *op, Agenda *ret_agenda) MUST_USE;
/* NULL: there is none, or it is not active. "HealthcareService/1" or "1". */
const Service *agenda_service(const Agenda *agenda, Str name);
const Place *agenda_place(const Agenda *agenda, Str name);
/* "Location/1" is asked for as such or as "1". */
bool agenda_is_named(Str name, Str asked);
/* Whether it is the place that was asked for, or a part of it; nothing asked: yes. */
bool agenda_is_at(const Agenda *agenda, const Place *place, Str asked);
const Zone *agenda_zone(const Agenda *agenda, const Place *place);
/* Where a window is. NULL: nowhere that is open. */
const Place *agenda_window_place(const Agenda *agenda, const Member *member, const Window *window);
/* Whether the service may be had in that window. */
bool agenda_offers(const Member *member, const Window *window, const Service *service,
                   const Place *place);

/* ---- spans.c: pieces of time ---------------------------------------------------------------- */

typedef struct {
    Time from, until; /* up to, not including */
} Span;
typedef struct {
    Span *at;
    size_t count;
} Spans;
static inline bool span_meets(Span a, Span b)
{
    return a.from < b.until && b.from < a.until;
}
/* Takes a piece away; the pieces live in the arena. */
Status spans_cut(Ctx *cx, Spans *spans, Span away) MUST_USE;

/* When a window is open on that day, less the closures of all concerned; service may be NULL. */
typedef struct {
    const Member *member;
    const Window *window;
    const Place *place;
    const Zone *zone;
    const Service *service;
    uint64_t actor; /* the member's practitioner: busy_actor */
} Offer;
Status offer_spans(Ctx *cx, const Offer *offer, int64_t day, Spans *ret_spans) MUST_USE;

/* ---- busy.c: who is taken when -------------------------------------------------------------- */

/* core: the appointment; wide: with what must stay free around it, covers core. */
typedef struct {
    uint64_t actor;
    Span core, wide;
    uint64_t rid; /* of the Appointment; 0: held */
} Busy;
typedef struct {
    Busy *at; /* by actor, then by wide.from, once busy_sort was there */
    size_t count, room;
    bool sorted;
    Time longest; /* of all wide spans, once it is sorted */
} BusyList;

uint64_t busy_actor(Str name);
/* In order, each once; how many they are then. */
size_t busy_actors_tidy(uint64_t *actors, size_t count);
bool busy_status(Str status);
/* Two members that are instants, in order. */
bool busy_span(const JsonValue *period, Span *ret_span);
/* All that is taken of these actors (tidy; no patients) in the span, also what is held; without
 * what `token` holds. From what the process remembers. */
Status busy_load(Operation *op, Span span, const uint64_t *actors, size_t count, Str token,
                 BusyList *ret_list) MUST_USE;
/* The same of any actors from the store itself, as it stands after the claim. */
Status busy_load_actors(Operation *op, Span span, const Str *actors, size_t count, Str token,
                        BusyList *ret_list) MUST_USE;
/* How many others are there when he has an appointment. */
size_t busy_count(const BusyList *list, uint64_t actor, Span core, Span wide);
/* Those of one actor that may meet the span: a part of the list. */
BusyList busy_of(const BusyList *list, uint64_t actor, Span span);
/* Without that appointment: it moves. 0: nothing. */
void busy_drop(BusyList *list, uint64_t rid);
Status busy_add(Arena *arena, BusyList *list, const Busy *busy) MUST_USE;
void busy_sort(BusyList *list);
/* What an Appointment takes. */
Status busy_add_row(Arena *arena, BusyList *list, const OperationRow *row, bool patients) MUST_USE;
/* All Appointments that begin in the span: see operation_each. */
Status busy_each(Operation *op, Span span, OperationTake take, void *of) MUST_USE;
/* recall.c: of these actors from what this process remembers, brought up to date. */
Status busy_recall(Operation *op, Span span, const uint64_t *actors, size_t count,
                   BusyList *list) MUST_USE;

/* ---- slots.c: what is free --------------------------------------------------------------------
 */

typedef struct {
    Str services[16];
    size_t service_count;
    Str practitioners[64];
    size_t practitioner_count;
    Str profession, place;
    uint8_t weekdays;
    int from, until;  /* seconds of the day */
    unsigned minutes; /* 0 = the service's */
    size_t count;
    int64_t start_day, end_day; /* both included, on the centre's clock */
    Time not_before, not_after;
    bool online; /* a patient asks, or a stranger: doors and limits hold */
    bool once;   /* with whom does not matter: an hour of a service once */
} Wanted;

typedef struct {
    Offer offer;
    Time start;
    unsigned minutes;
    Str room, device; /* or empty */
} Slot;

Span slot_core(const Slot *slot);
Span slot_wide(const Slot *slot);

/* Whether a room and a device are free, which it picks; the practitioner is not asked for. */
bool slot_has_rooms(const Agenda *agenda, const BusyList *busy, Slot *slot);
/* The earliest ones first. */
Status slots_find(Operation *op, const Agenda *agenda, const Wanted *wanted, Str token,
                  Slot **ret_slots, size_t *ret_count) MUST_USE;
/* A Slot resource. */
void slot_write(Buf *buf, const Slot *slot);
void slot_write_instant(Buf *buf, const char *name, const Zone *zone, Time at);

/* ---- params.c: what was asked ------------------------------------------------------------------
 */

/* STATUS_INVALID with an issue: a parameter of another name. names ends with NULL. */
Status params_only(const Operation *op, const char *const *names) MUST_USE;
/* Numbers from 1 to most; absent: usual. */
Status params_number(const Operation *op, Str name, unsigned usual, unsigned most,
                     unsigned *ret_number) MUST_USE;
bool params_flag(const Operation *op, Str name);
/* An instant with its zone. */
Status params_instant(const Operation *op, Str name, Time *ret_at) MUST_USE;
Status params_wanted(const Operation *op, const Agenda *agenda, Wanted *ret_wanted) MUST_USE;

/* ---- the operations
 * ------------------------------------------------------------------------------ */

Status booking_find(Operation *op);
Status booking_hold(Operation *op);
Status booking_book(Operation *op);
Status booking_cancel(Operation *op);
Status booking_confirm(Operation *op);
Status booking_reschedule(Operation *op);
Status booking_calendar(Operation *op);
Status booking_ics(Operation *op);
Status booking_feed(Operation *op);
Status booking_feed_owner(Operation *op); /* text: the account as which it is fetched, or empty */
Status booking_feed_address(Operation *op);
Status booking_feed_revoke(Operation *op);
Status booking_feed_state(Operation *op);
/* The secret in "SECRET.ics"; false: it is none. */
bool booking_feed_secret(Str file, Str *ret_secret);
Status booking_wait(Operation *op);
Status booking_accept(Operation *op);
Status booking_offers(Operation *op);
/* A Bundle of the first `count` writes. */
Status booking_answer_all(Operation *op, unsigned http, size_t count) MUST_USE;

/* ---- who asks -------------------------------------------------------------------------------- */

/* A patient or who acts for him: doors and limits hold. */
bool booking_is_online(const Operation *op);

#endif
