/* jobs/state.h - how the work that is done later goes, for people: the last backup, what waits,
 * what is dead.
 *
 *   space "chore", key "backup"
 *     {"at":"2026-11-21T01:30:07.000000Z","file":"aceso-20261121T0130Z-17.store","bytes":1234567,
 *      "seconds":12,"verified":true}
 *   space "chore", key "check"
 *     {"at":...,"seconds":40,"good":true}
 *
 * Written in the commit that ends the job, so it is true of whichever node did it. */
#ifndef ACESO_JOBS_STATE_H
#define ACESO_JOBS_STATE_H

#include "jobs/jobs.h"

/* The item of a chore: `members` is what stands behind "at" and "seconds" (",\"good\":true"). */
Status jobs_note_chore(Ctx *cx, Str chore, Time began, Str members, StoreItem *ret_item) MUST_USE;

/* {"backup":{"schedule","next","state","error","last":{...}|null},"check":{...},
 *  "jobs":{"waiting","running","dead","oldest"},
 *  "dead":[{"number","kind","since","tries","error"}]}
 * "schedule" is null when there is none; "state": "waiting", "running", "failing", "dead" or
 * "none". */
Status jobs_state_json(Jobs *jobs, Ctx *cx, Str *ret_json) MUST_USE;

#endif
