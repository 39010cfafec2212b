/* demo/demo.h - a network of care centres with made-up people, for trying Aceso out.
 *
 * Everything is invented from a seed: the same options give the same bytes. The output is
 * FHIR R4 transaction Bundles whose entries PUT to deterministic ids, so that filling twice
 * changes nothing. Nobody here exists; names, places and illnesses are only as likely as in
 * Wallonia. It refuses to be a source of statistics or of clinical advice.
 *
 * Nothing here keeps state: every function may be called from many threads at once, each
 * with its own Ctx. SPEC R4 http.html#transaction */
#ifndef ACESO_DEMO_H
#define ACESO_DEMO_H

#include "base/base.h"

enum { DEMO_PATIENTS_MAX = 200000 }; /* national numbers stay unique up to here */

typedef struct DemoCalendar DemoCalendar;

typedef struct {
    uint64_t seed;
    unsigned patients;            /* at most DEMO_PATIENTS_MAX */
    Time today;                   /* appointments lie around it; only its day (UTC) counts */
    const DemoCalendar *calendar; /* demo_calendar(); NULL: people may be booked twice at an hour */
} DemoOptions;

/* Who is seen when in the weeks around today, so that nobody works twice at one hour: the plans
 * of all patients, first come, first served. Made once, then read by any thread; of the same
 * options it is always the same. Lives in `arena`. */
Status demo_calendar(Arena *arena, const DemoOptions *options,
                     const DemoCalendar **ret_calendar) MUST_USE;

/* Organizations, locations, practitioners, their roles and schedules: to be stored before any
 * patient, because patients refer to them. The bundle lives in cx->arena. */
Status demo_network(Ctx *cx, const DemoOptions *options, Str *ret_bundle) MUST_USE;

/* Everything about patient number `index` (from 0); depends on no other index, but for
 * the hours that the calendar gives. The bundle
 * lives in cx->arena: clear the arena between patients (4 MB each is plenty). */
Status demo_patient(Ctx *cx, const DemoOptions *options, unsigned index, Str *ret_bundle) MUST_USE;

/* Somebody who works in the network and can sign in. */
typedef struct {
    Str user;      /* "claire.dubois" */
    Str display;   /* "Dr Claire Dubois" */
    Str role;      /* gp physio nurse psychologist secretary admin; patient proxy */
    Str reference; /* "Practitioner/claire-dubois"; empty for the admin */
    Str centre;    /* "Organization/centre-namur" */
    Str language;  /* of the screens: fr nl de en */
    bool woman;    /* Practitioner.gender */
} DemoStaff;

/* Who signs in from home: a patient, and a parent for a child. In cx->arena. */
enum { DEMO_PORTAL_MAX = 2 };
Status demo_portal(Ctx *cx, const DemoOptions *options, DemoStaff ret_people[DEMO_PORTAL_MAX],
                   size_t *ret_count) MUST_USE;

/* All of them, in a fixed order: GPs first. Lives forever. */
const DemoStaff *demo_staff(size_t *ret_count);

#endif
