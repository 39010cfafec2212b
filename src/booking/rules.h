/* booking/rules.h - when somebody could be seen: the rules that PractitionerRole, HealthcareService
 * and Location say, read into tables. Nothing here asks a store or a clock.
 *
 * What gives time must be plain: a window that is not understood is no window, a door that is not
 * understood is closed. What takes time away may be anything: a closure without an end has none.
 * docs/guide/booking.md has the elements and extensions. SPEC R4 practitionerrole.html */
#ifndef ACESO_BOOKING_RULES_H
#define ACESO_BOOKING_RULES_H

#include "booking/zone.h"
#include "json/json.h"

enum {
    RULES_MINUTES_MAX = 24 * 60,
    RULES_MINUTES_USUAL = 20,
    RULES_STEP_USUAL = 15,
    RULES_NOTICE_USUAL = 60, /* minutes before which a patient must book */
    RULES_AHEAD_USUAL = 90,  /* days that a patient may look ahead */
    RULES_LIMIT_USUAL = 24,  /* hours until which he may cancel or move */
    RULES_ITEMS_MAX = 200,   /* windows, closures, references of one resource */
    RULES_OVERBOOKING_MAX = 20,
    RULES_SERIES_MAX = 60, /* appointments that are booked at once */
};

typedef struct {
    const Str *at; /* "Location/1" */
    size_t count;
} Refs;
bool refs_have(Refs refs, Str name);

/* A midnight on the centre's clock, or an instant. */
typedef struct {
    bool is_day;
    int64_t at; /* day, or Time */
} Edge;
typedef struct {
    Edge from, until; /* up to, not including */
} Closure;
typedef struct {
    const Closure *at;
    size_t count;
} Closures;
Time edge_instant(Edge edge, const Zone *zone);

/* How a patient gets in. */
typedef enum { DOOR_CLOSED, DOOR_REQUEST, DOOR_DIRECT } Door;

/* What is offered: a HealthcareService. */
typedef struct {
    Str name, display;
    const JsonValue *type; /* its first type, or NULL */
    bool active;
    Door door;
    unsigned minutes, before, after; /* how long, and what stays free around it */
    unsigned step;                   /* hours begin every so many minutes of a window */
    unsigned overbooking;            /* so many more at the same time */
    unsigned notice_minutes, ahead_days, limit_hours;
    unsigned series; /* so many at once a patient books: 1 = no series */
    Refs places;     /* empty: anywhere */
    Refs rooms;      /* one of them is needed; empty: none */
    Refs devices;    /* the same */
    Closures closures;
} Service;

/* A window that comes again: of one PractitionerRole. */
typedef struct {
    uint8_t weekdays; /* bit 0 = Monday */
    int from, until;  /* seconds after midnight */
    unsigned every_weeks;
    int64_t first_day, end_day; /* when the rule holds: up to, not including */
    Str place;                  /* empty: the first place of the role */
    Refs services;              /* empty: all of the role */
} Window;

/* Somebody who sees people: a PractitionerRole. */
typedef struct {
    Str name, practitioner, display;
    bool active;
    Refs professions; /* codes */
    Refs places, services;
    int64_t first_day, end_day;
    const Window *windows;
    size_t window_count;
    Closures closures;
} Member;

/* Where: a Location. */
typedef struct {
    Str name, display;
    Str part_of, organization;
    Str zone; /* as said by itself; empty: by what it belongs to */
    bool is_room;
    bool active;
    Closures closures;
} Place;

/* What they say lives in the arena of cx, and borrows from the resource. */
Status rules_read_service(Ctx *cx, const JsonValue *resource, Service *ret_service) MUST_USE;
Status rules_read_member(Ctx *cx, const JsonValue *resource, Member *ret_member) MUST_USE;
Status rules_read_place(Ctx *cx, const JsonValue *resource, Place *ret_place) MUST_USE;

/* The value[x] of the i-th extension with that url; NULL: there is none. */
JsonValue *rules_extension(const JsonValue *element, Str url, size_t i);
/* Whether the window is there on that day. */
bool window_holds(const Window *window, int64_t day);

/* "tue,thu" as bits; false for any other word. Empty: all. */
bool rules_read_weekdays(Str text, uint8_t *ret_days);

#endif
