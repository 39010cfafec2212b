/* booking/series.c - a series of which some hours cannot be had: what is free near each of them.
 *
 * The refusal says of each, as an error and a warning with the same expression, "start[3]" for the
 * fourth: why it cannot be had, and an instant that can. Who books the list again with these
 * instants (parameter start, repeated) gets all of it in one commit, if nobody was faster. */
#include "booking/take.h"

enum { BEFORE_DAYS = 3, AFTER_DAYS = 7 };

/* A day away is worse than any other hour of the same day. */
static Time farness(const Slot *wanted, const Slot *slot)
{
    const Zone *zone = wanted->offer.zone;
    Wall a = zone_wall(zone, wanted->start), b = zone_wall(zone, slot->start);
    int64_t days = a.day > b.day ? a.day - b.day : b.day - a.day;
    int64_t seconds = a.second > b.second ? a.second - b.second : b.second - a.second;
    return days * 86400 + seconds;
}

/* Not on a day of another of the series, and not when he has something else. */
static bool is_good(const Taking *taking, const Taken *taken, const Slot *slot,
                    const BusyList *patient)
{
    Span core = slot_core(slot);
    const Zone *zone = taken->slot.offer.zone;
    int64_t day = zone_wall(zone, slot->start).day;
    for (size_t i = 0; i < taking->count; i++)
        if (&taking->taken[i] != taken && zone_wall(zone, taking->taken[i].slot.start).day == day)
            return false;
    if (taking->patient.len && !taking->double_ &&
        busy_count(patient, busy_actor(taking->patient), core, core))
        return false;
    for (size_t i = 0; i < taking->other_count; i++)
        if (busy_count(patient, busy_actor(taking->others[i]), core, slot_wide(slot)))
            return false;
    return true;
}

/* Free hours of some days around it, of the same practitioner, at the same place. */
static Status find_around(Taking *taking, const Slot *slot, Slot **ret_slots, size_t *ret_count)
{
    Wanted wanted = take_instead(taking, slot, BEFORE_DAYS, AFTER_DAYS);
    wanted.place = slot->offer.place->name;
    /* A patient's later sessions lie behind the days that he may look ahead: take.c judges them. */
    if (wanted.online)
        wanted.not_before += slot->offer.service->notice_minutes * 60 * TIME_SECOND;
    wanted.online = false;
    return slots_find(taking->op, &taking->agenda, &wanted, taking->token, ret_slots, ret_count);
}

/* *ret_best: NULL, there is none. */
static Status nearest(Taking *taking, const Taken *taken, const Slot **ret_best)
{
    Slot *slots;
    size_t count, actor_count = 0;
    BusyList busy;
    Str actors[TAKE_OTHERS_MAX + 1];
    const Slot *wanted = &taken->slot;
    *ret_best = NULL;
    TRY(find_around(taking, wanted, &slots, &count));
    for (size_t i = 0; i < taking->other_count; i++)
        actors[actor_count++] = taking->others[i];
    if (taking->patient.len)
        actors[actor_count++] = taking->patient;
    Span around = {wanted->start - (BEFORE_DAYS + 1) * TIME_DAY,
                   wanted->start + (AFTER_DAYS + 2) * TIME_DAY};
    busy = (BusyList){0};
    if (actor_count)
        TRY(busy_load_actors(taking->op, around, actors, actor_count, taking->token, &busy));
    for (size_t i = 0; i < count; i++)
        if (is_good(taking, taken, &slots[i], &busy) &&
            (!*ret_best || farness(wanted, &slots[i]) < farness(wanted, *ret_best)))
            *ret_best = &slots[i];
    return STATUS_OK;
}

static Status propose_one(Taking *taking, Taken *taken, Str expression)
{
    char text[ZONE_INSTANT_LEN];
    const Slot *best;
    Ctx *cx = taking->op->cx;
    const Zone *zone = taken->slot.offer.zone;
    (void)ctx_fail(cx, STATUS_CONFLICT, expression, STR_FMT ": %s",
                   STR_ARG(zone_format(zone, taken->slot.start, text)), taken->why);
    TRY(nearest(taking, taken, &best));
    if (!best)
        return STATUS_OK;
    ctx_warn(cx, "informational", expression, STR_FMT,
             STR_ARG(zone_format(best->offer.zone, best->start, text)));
    taken->slot.start = best->start; /* nobody else of the series gets it */
    return STATUS_OK;
}

Status take_propose(Taking *taking)
{
    size_t refused = 0;
    Ctx *cx = taking->op->cx;
    taking->op->reply->retry = false;
    for (size_t i = 0; i < taking->count; i++)
        refused += taking->taken[i].why != NULL;
    if (refused > BOOKING_PROPOSED_MAX)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "%zu of %zu hours cannot be had; choose another hour.", refused,
                        taking->count);
    for (size_t i = 0; i < taking->count; i++) {
        Str expression = arena_format(cx->arena, "start[%zu]", i);
        if (taking->taken[i].why)
            TRY(propose_one(taking, &taking->taken[i], expression));
    }
    return STATUS_CONFLICT;
}
