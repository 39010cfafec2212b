/* booking/take.c - see take.h. */
#include "booking/take.h"

enum { ACTORS_MAX = 64, NEAR_DAYS = 14 };

Status take_begin(Operation *op, Taking *ret_taking)
{
    *ret_taking = (Taking){.op = op,
                           .online = booking_is_online(op),
                           .overbook = params_flag(op, STR("overbook")),
                           .outside = params_flag(op, STR("outside")),
                           .double_ = params_flag(op, STR("double"))};
    if (ret_taking->online)
        ret_taking->overbook = ret_taking->outside = ret_taking->double_ = false;
    return agenda_load(op, &ret_taking->agenda);
}

/* ---- for whom -----------------------------------------------------------------------------------
 */

static Str display_of(Ctx *cx, const JsonValue *patient)
{
    const JsonValue *name = json_item(json_get(patient, STR("name")), 0);
    Str text = json_get_str(name, STR("text"));
    if (text.len)
        return text;
    Str given = json_str(json_item(json_get(name, STR("given")), 0));
    Str family = json_get_str(name, STR("family"));
    return arena_format(cx->arena, STR_FMT "%s" STR_FMT, STR_ARG(given),
                        given.len && family.len ? " " : "", STR_ARG(family));
}

Status take_patient(Taking *taking, Str name)
{
    Operation *op = taking->op;
    OperationRow row;
    Str who = operation_who(op);
    if (!name.len && str_has_prefix(who, STR("Patient/")))
        name = who;
    Str id = str_has_prefix(name, STR("Patient/")) ? str_from(name, 8) : name;
    if (!id.len)
        return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                             "The parameter \"patient\" is missing.");
    TRY(operation_get(op, STR("Patient"), id, &row));
    taking->patient = row.name;
    taking->patient_display = display_of(op->cx, row.resource);
    return taking->patient_display.at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- what: a Slot -------------------------------------------------------------------------------
 */

Status take_asked(const Taking *taking, Asked *ret_asked)
{
    const Operation *op = taking->op;
    *ret_asked = (Asked){.place = operation_text(op, STR("location"), 0)};
    TRY(operation_need(op, STR("service"), &ret_asked->service));
    TRY(operation_need(op, STR("practitioner"), &ret_asked->practitioner));
    TRY(params_instant(op, STR("start"), &ret_asked->start));
    TRY(params_number(op, STR("minutes"), 0, RULES_MINUTES_MAX, &ret_asked->minutes));
    ret_asked->minutes = taking->online ? 0 : ret_asked->minutes;
    return STATUS_OK;
}

Status take_refuse(Operation *op, Status status, const char *why)
{
    op->reply->retry = false;
    return ctx_fail(op->cx, status, STR_EMPTY, "%s", why);
}

static Status refuse(Taking *taking, Status status, const char *why)
{
    return take_refuse(taking->op, status, why);
}

Status take_others(Taking *taking)
{
    Operation *op = taking->op;
    for (size_t i = 0; operation_value(op, STR("actor"), i); i++) {
        OperationRow row;
        Str id = operation_text(op, STR("actor"), i), type = str_cut(&id, '/');
        if (i == TAKE_OTHERS_MAX || taking->online)
            return refuse(taking, STATUS_INVALID, "So many others cannot take part.");
        if (!str_eq(type, STR("Practitioner")) && !str_eq(type, STR("Device")) &&
            !str_eq(type, STR("Location")))
            return refuse(taking, STATUS_INVALID,
                          "An actor is a Practitioner, a Device or a Location.");
        TRY(operation_get(op, type, id, &row));
        taking->others[taking->other_count++] = row.name;
    }
    return STATUS_OK;
}

/* The hour stands in a window of that offer; a patient takes only hours that $find shows. */
static Status stands_in(const Taking *taking, const Slot *slot, bool *ret_stands)
{
    Spans spans;
    const Offer *offer = &slot->offer;
    Span core = slot_core(slot);
    int64_t day = zone_wall(offer->zone, core.from).day;
    *ret_stands = false;
    TRY(offer_spans(taking->op->cx, offer, day, &spans));
    Time step = offer->service->step * 60 * TIME_SECOND;
    Time begin = zone_instant(offer->zone, day, offer->window->from);
    for (size_t i = 0; i < spans.count; i++)
        *ret_stands |= core.from >= spans.at[i].from && core.until <= spans.at[i].until &&
                       (!taking->online || (core.from - begin) % step == 0);
    return STATUS_OK;
}

/* Of all windows the one in which the hour stands; *ret_closest: any that would do otherwise. */
static Status look_for(Taking *taking, const Asked *asked, Slot *slot, bool *ret_found,
                       bool *ret_any)
{
    const Agenda *agenda = &taking->agenda;
    const Place *wanted = agenda_place(agenda, asked->place);
    Slot each = *slot;
    *ret_found = *ret_any = false;
    for (size_t i = 0; i < agenda->member_count && !*ret_found; i++) {
        const Member *member = &agenda->members[i];
        if (!agenda_is_named(member->practitioner, asked->practitioner))
            continue;
        for (size_t k = 0; k < member->window_count && !*ret_found; k++) {
            const Window *window = &member->windows[k];
            const Place *place = agenda_window_place(agenda, member, window);
            if (!place || (wanted && place != wanted) ||
                !agenda_offers(member, window, slot->offer.service, place))
                continue;
            each.offer =
                (Offer){member, window, place, agenda_zone(agenda, place), slot->offer.service, 0};
            TRY(stands_in(taking, &each, ret_found));
            if (*ret_found || !*ret_any)
                *slot = each;
            *ret_any = true;
        }
    }
    return STATUS_OK;
}

/* Of a series each may be as far from the one before it as the first from now: a prescription is
 * longer than the days that somebody looks ahead. docs/adr/0166 */
static Time counted_from(const Taking *taking)
{
    return taking->count ? taking->taken[taking->count - 1].slot.start : taking->op->now;
}

static Status check_online(Taking *taking, const Slot *slot)
{
    const Service *service = slot->offer.service;
    Time now = taking->op->now;
    if (service->door == DOOR_CLOSED)
        return refuse(taking, STATUS_FORBIDDEN,
                      "This service is not booked online; ask the centre.");
    if (slot->start < now + service->notice_minutes * 60 * TIME_SECOND ||
        slot->start >= counted_from(taking) + service->ahead_days * TIME_DAY)
        return refuse(taking, STATUS_UNPROCESSABLE,
                      "This hour is too soon, or too far ahead, to be booked online.");
    return STATUS_OK;
}

static Status resolve(Taking *taking, const Asked *asked, Slot *ret_slot, const char **ret_why)
{
    bool found, any;
    Slot slot = {.start = asked->start, .room = STR_EMPTY, .device = STR_EMPTY};
    slot.offer.service = agenda_service(&taking->agenda, asked->service);
    if (!slot.offer.service)
        return refuse(taking, STATUS_NOT_FOUND, "There is no such service.");
    slot.minutes = asked->minutes ? asked->minutes : slot.offer.service->minutes;
    if (slot.start <= taking->op->now && !taking->outside)
        return refuse(taking, STATUS_UNPROCESSABLE, "This hour is over.");
    TRY(look_for(taking, asked, &slot, &found, &any));
    if (!any)
        return refuse(taking, STATUS_UNPROCESSABLE,
                      "This practitioner does not offer this service there.");
    if (taking->online)
        TRY(check_online(taking, &slot));
    *ret_slot = slot;
    *ret_why = found || taking->outside
                   ? NULL
                   : "This hour is outside the hours at which the service is offered.";
    return STATUS_OK;
}

Status take_resolve(Taking *taking, const Asked *asked, Slot *ret_slot)
{
    const char *why;
    TRY(resolve(taking, asked, ret_slot, &why));
    return why ? refuse(taking, STATUS_UNPROCESSABLE, why) : STATUS_OK;
}

Status take_add_session(Taking *taking, const Asked *asked)
{
    const char *why;
    Slot slot;
    TRY(resolve(taking, asked, &slot, &why));
    TRY(take_add(taking, &slot, 0));
    taking->taken[taking->count - 1].why = why;
    return STATUS_OK;
}

Status take_add(Taking *taking, const Slot *slot, uint64_t but)
{
    if (taking->count == BOOKING_SERIES_MAX)
        return ctx_fail(taking->op->cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "A series has at most %d appointments.", BOOKING_SERIES_MAX);
    taking->taken[taking->count++] = (Taken){.slot = *slot, .but = but};
    return STATUS_OK;
}

/* ---- the claim ----------------------------------------------------------------------------------
 */

static size_t actors_of(const Taking *taking, const Slot *slot, Str actors[ACTORS_MAX])
{
    const Service *service = slot->offer.service;
    size_t count = 0;
    actors[count++] = slot->offer.member->practitioner;
    if (taking->patient.len)
        actors[count++] = taking->patient;
    for (size_t i = 0; i < taking->other_count; i++)
        actors[count++] = taking->others[i];
    for (size_t i = 0; i < service->rooms.count && count < ACTORS_MAX; i++)
        actors[count++] = service->rooms.at[i];
    for (size_t i = 0; i < service->devices.count && count < ACTORS_MAX; i++)
        actors[count++] = service->devices.at[i];
    return count;
}

Str take_claim_name(Ctx *cx, Str actor, int64_t day)
{
    return arena_format(cx->arena, "booking " STR_FMT " %lld", STR_ARG(actor), (long long)day);
}

Status take_claim(Taking *taking)
{
    Ctx *cx = taking->op->cx;
    enum { EACH = 3 * ACTORS_MAX };
    Str actors[ACTORS_MAX];
    Str *names = arena_array_of(cx->arena, Str, taking->count * EACH + 1);
    size_t count = 0;
    if (!names)
        return STATUS_MEMORY;
    for (size_t i = 0; i < taking->count; i++) {
        Span wide = slot_wide(&taking->taken[i].slot);
        size_t actor_count = actors_of(taking, &taking->taken[i].slot, actors);
        int64_t last = (wide.until - 1) / TIME_DAY;
        for (int64_t day = wide.from / TIME_DAY; day <= last; day++)
            for (size_t k = 0; k < actor_count && count < taking->count * EACH; k++) {
                names[count] = take_claim_name(cx, actors[k], day);
                if (!names[count++].at)
                    return STATUS_MEMORY;
            }
    }
    if (taking->online) { /* what he has ahead of him is counted */
        names[count] = arena_format(cx->arena, "booking ahead " STR_FMT, STR_ARG(taking->patient));
        if (!names[count++].at)
            return STATUS_MEMORY;
    }
    return operation_claim(taking->op, names, count);
}

/* ---- the judgement ------------------------------------------------------------------------------
 */

static Time distance(const Slot *slot, Time to)
{
    return slot->start > to ? slot->start - to : to - slot->start;
}

Wanted take_instead(const Taking *taking, const Slot *slot, int64_t before, int64_t after)
{
    const Offer *offer = &slot->offer;
    int64_t today = zone_wall(offer->zone, taking->op->now).day;
    int64_t day = zone_wall(offer->zone, slot->start).day;
    return (Wanted){.services = {offer->service->name},
                    .service_count = 1,
                    .practitioners = {offer->member->practitioner},
                    .practitioner_count = 1,
                    .weekdays = 0x7f,
                    .until = 86400,
                    .minutes = slot->minutes,
                    .count = BOOKING_COUNT_MAX,
                    .start_day = day - before > today ? day - before : today,
                    .end_day = (day > today ? day : today) + after,
                    .not_before = taking->op->now,
                    .not_after = INT64_MAX,
                    .online = taking->online};
}

/* Of hours those at which the patient and who takes part are free too. */
static Status keep_possible(Taking *taking, const Slot *wanted, Slot *slots, size_t *count)
{
    Str actors[TAKE_OTHERS_MAX + 1];
    size_t actor_count = 0, kept = 0;
    BusyList busy = {0};
    Span around = {wanted->start - 2 * TIME_DAY, wanted->start + (NEAR_DAYS + 1) * TIME_DAY};
    for (size_t i = 0; i < taking->other_count; i++)
        actors[actor_count++] = taking->others[i];
    if (taking->patient.len && !taking->double_)
        actors[actor_count++] = taking->patient;
    if (!actor_count)
        return STATUS_OK;
    TRY(busy_load_actors(taking->op, around, actors, actor_count, taking->token, &busy));
    busy_drop(&busy, taking->taken[0].but);
    for (size_t i = 0; i < *count; i++) {
        bool free = true;
        for (size_t k = 0; k < actor_count && free; k++)
            free = !busy_count(&busy, busy_actor(actors[k]), slot_core(&slots[i]),
                               slot_core(&slots[i]));
        if (free)
            slots[kept++] = slots[i];
    }
    *count = kept;
    return STATUS_OK;
}

/* Warnings whose words are instants: the screen offers them. */
static Status name_nearest(Taking *taking, const Slot *slot)
{
    Slot *slots;
    size_t count;
    char text[ZONE_INSTANT_LEN];
    Wanted wanted = take_instead(taking, slot, 0, NEAR_DAYS - 1);
    TRY(slots_find(taking->op, &taking->agenda, &wanted, taking->token, &slots, &count));
    TRY(keep_possible(taking, slot, slots, &count));
    for (size_t named = 0; named < BOOKING_NEAREST && count; named++) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++)
            if (distance(&slots[i], slot->start) < distance(&slots[best], slot->start))
                best = i;
        ctx_warn(taking->op->cx, "informational", STR("Slot.start"), STR_FMT,
                 STR_ARG(zone_format(slots[best].offer.zone, slots[best].start, text)));
        slots[best] = slots[--count];
    }
    return STATUS_OK;
}

static Status refuse_taken(Taking *taking, const Slot *slot, const char *why)
{
    char text[ZONE_INSTANT_LEN];
    Str at = zone_format(slot->offer.zone, slot->start, text);
    taking->op->reply->retry = false;
    (void)ctx_fail(taking->op->cx, STATUS_CONFLICT, STR_EMPTY, STR_FMT ": %s", STR_ARG(at), why);
    TRY(name_nearest(taking, slot));
    return STATUS_CONFLICT;
}

/* Another of the same list. */
static bool meets_another(const Taking *taking, const Taken *taken)
{
    const Slot *slot = &taken->slot;
    for (const Taken *other = taking->taken; other < taken; other++)
        if (span_meets(slot_core(slot), slot_wide(&other->slot)) ||
            span_meets(slot_wide(slot), slot_core(&other->slot)))
            return true;
    return false;
}

/* *ret_why: what stands in the way; NULL: nothing. */
static Status judge_one(Taking *taking, Taken *taken, const char **ret_why)
{
    Str actors[ACTORS_MAX];
    BusyList busy;
    Slot *slot = &taken->slot;
    Span core = slot_core(slot), wide = slot_wide(slot);
    size_t count = actors_of(taking, slot, actors);
    TRY(busy_load_actors(taking->op, wide, actors, count, taking->token, &busy));
    for (size_t i = 0; i < taking->count; i++)
        busy_drop(&busy, taking->taken[i].but);
    size_t others = busy_count(&busy, busy_actor(slot->offer.member->practitioner), core, wide);
    taken->overbooked = others > 0;
    *ret_why = NULL;
    if (others && !(taking->overbook && others <= slot->offer.service->overbooking))
        *ret_why = taking->overbook && slot->offer.service->overbooking
                       ? "no more than this are booked at the same time."
                       : "this hour is taken. The nearest free hours are named below.";
    for (size_t i = 0; i < taking->other_count && !*ret_why; i++)
        if (busy_count(&busy, busy_actor(taking->others[i]), core, wide))
            *ret_why = "somebody who takes part is not free then.";
    if (!*ret_why && !slot_has_rooms(&taking->agenda, &busy, slot))
        *ret_why = "no room or device that the service needs is free then.";
    if (!*ret_why && taking->patient.len && !taking->double_ &&
        busy_count(&busy, busy_actor(taking->patient), core, core))
        *ret_why = "the patient has another appointment at that time.";
    if (!*ret_why && meets_another(taking, taken))
        *ret_why = "another appointment of this series is at that time.";
    return STATUS_OK;
}

Status take_judge(Taking *taking)
{
    bool refused = false;
    for (size_t i = 0; i < taking->count; i++) {
        Taken *taken = &taking->taken[i];
        if (!taken->why)
            TRY(judge_one(taking, taken, &taken->why));
        refused |= taken->why != NULL;
    }
    if (!refused)
        return STATUS_OK;
    return taking->count == 1 ? refuse_taken(taking, &taking->taken[0].slot, taking->taken[0].why)
                              : take_propose(taking);
}
