/* booking/slots.c - from rules and what is taken to hours that are free. */
#include "booking/internal.h"

typedef struct {
    Operation *op;
    const Agenda *agenda;
    const Wanted *wanted;
    Offer *offers;
    size_t offer_count;
    uint64_t *actors; /* whom it could need */
    size_t actor_count;
    BusyList busy;
    Slot *slots;
    size_t count, room;
} Search;

Span slot_core(const Slot *slot)
{
    return (Span){slot->start, slot->start + slot->minutes * 60 * TIME_SECOND};
}

Span slot_wide(const Slot *slot)
{
    Span core = slot_core(slot);
    return (Span){core.from - slot->offer.service->before * 60 * TIME_SECOND,
                  core.until + slot->offer.service->after * 60 * TIME_SECOND};
}

/* ---- who offers what where ----------------------------------------------------------------------
 */

static bool is_among(const Str *names, size_t count, Str name)
{
    Str id = str_from(name, str_index(name, '/') + 1);
    for (size_t i = 0; i < count; i++)
        if (str_eq(names[i], name) || str_eq(names[i], id))
            return true;
    return count == 0;
}

/* Nobody said which: staff gets an hour of the first, a patient sees all that he may choose from.
 */
static void add_any_service(Search *s, Offer *offer)
{
    for (size_t i = 0; i < s->agenda->service_count; i++) {
        offer->service = &s->agenda->services[i];
        if (!agenda_offers(offer->member, offer->window, offer->service, offer->place) ||
            (s->wanted->online && offer->service->door == DOOR_CLOSED))
            continue;
        s->offers[s->offer_count++] = *offer;
        if (!s->wanted->online)
            return;
    }
}

static void add_offers(Search *s, const Member *member, const Window *window)
{
    const Wanted *w = s->wanted;
    const Place *place = agenda_window_place(s->agenda, member, window);
    Offer offer = {member, window,
                   place,  agenda_zone(s->agenda, place),
                   NULL,   busy_actor(member->practitioner)};
    if (!place || !agenda_is_at(s->agenda, place, w->place))
        return;
    if (!w->service_count) {
        add_any_service(s, &offer);
        return;
    }
    for (size_t i = 0; i < w->service_count; i++) {
        offer.service = agenda_service(s->agenda, w->services[i]);
        if (offer.service && agenda_offers(member, window, offer.service, place) &&
            !(w->online && offer.service->door == DOOR_CLOSED))
            s->offers[s->offer_count++] = offer;
    }
}

static Status find_offers(Search *s)
{
    const Wanted *w = s->wanted;
    size_t windows = 0;
    size_t each = w->service_count ? w->service_count : s->agenda->service_count;
    for (size_t i = 0; i < s->agenda->member_count; i++)
        windows += s->agenda->members[i].window_count;
    s->offers = arena_array_of(s->op->cx->arena, Offer, windows * each + 1);
    if (!s->offers)
        return STATUS_MEMORY;
    for (size_t i = 0; i < s->agenda->member_count; i++) {
        const Member *member = &s->agenda->members[i];
        if (!is_among(w->practitioners, w->practitioner_count, member->practitioner) ||
            (w->profession.len && !refs_have(member->professions, w->profession)))
            continue;
        for (size_t k = 0; k < member->window_count; k++)
            add_offers(s, member, &member->windows[k]);
    }
    return STATUS_OK;
}

static Status find_actors(Search *s)
{
    size_t count = 0, most = s->offer_count;
    for (size_t i = 0; i < s->agenda->service_count; i++)
        most += s->agenda->services[i].rooms.count + s->agenda->services[i].devices.count;
    s->actors = arena_array_of(s->op->cx->arena, uint64_t, most + 1);
    if (!s->actors)
        return STATUS_MEMORY;
    for (size_t i = 0; i < s->offer_count; i++)
        s->actors[count++] = s->offers[i].actor;
    for (size_t i = 0; i < s->agenda->service_count && s->offer_count; i++) {
        const Service *service = &s->agenda->services[i];
        for (size_t k = 0; k < service->rooms.count; k++)
            s->actors[count++] = busy_actor(service->rooms.at[k]);
        for (size_t k = 0; k < service->devices.count; k++)
            s->actors[count++] = busy_actor(service->devices.at[k]);
    }
    s->actor_count = busy_actors_tidy(s->actors, count);
    return STATUS_OK;
}

/* ---- one hour
 * ------------------------------------------------------------------------------------- */

/* A room belongs to the place, or to none in particular. */
static bool is_room_of(const Agenda *agenda, Str room, const Place *place)
{
    const Place *it = agenda_place(agenda, room);
    return !it || !it->part_of.len || agenda_is_at(agenda, it, place->name);
}

static bool free_one(const Agenda *agenda, const BusyList *busy, Refs of, const Slot *slot,
                     Str *ret_name)
{
    *ret_name = STR_EMPTY;
    for (size_t i = 0; i < of.count; i++) {
        if (!is_room_of(agenda, of.at[i], slot->offer.place) ||
            busy_count(busy, busy_actor(of.at[i]), slot_core(slot), slot_wide(slot)))
            continue;
        *ret_name = of.at[i];
        return true;
    }
    return of.count == 0;
}

bool slot_has_rooms(const Agenda *agenda, const BusyList *busy, Slot *slot)
{
    const Service *service = slot->offer.service;
    return free_one(agenda, busy, service->rooms, slot, &slot->room) &&
           free_one(agenda, busy, service->devices, slot, &slot->device);
}

/* Whether nobody it needs is taken; picks a room and a device. */
static bool slot_is_free(const Agenda *agenda, const BusyList *busy, Slot *slot)
{
    return !busy_count(busy, slot->offer.actor, slot_core(slot), slot_wide(slot)) &&
           slot_has_rooms(agenda, busy, slot);
}

static Status add_slot(Search *s, const Slot *slot)
{
    s->slots = arena_grow(s->op->cx->arena, s->slots, sizeof(Slot), s->count, &s->room, 256);
    if (!s->slots)
        return STATUS_MEMORY;
    s->slots[s->count++] = *slot;
    return STATUS_OK;
}

static bool is_in_time(const Search *s, const Slot *slot)
{
    const Wanted *w = s->wanted;
    const Service *service = slot->offer.service;
    if (slot->start < w->not_before || slot->start >= w->not_after)
        return false;
    if (!w->online)
        return true;
    return slot->start >= s->op->now + service->notice_minutes * 60 * TIME_SECOND &&
           slot->start < s->op->now + service->ahead_days * TIME_DAY;
}

static Status add_day(Search *s, const Offer *offer, int64_t day)
{
    Spans spans;
    const Wanted *w = s->wanted;
    TRY(offer_spans(s->op->cx, offer, day, &spans));
    if (!spans.count)
        return STATUS_OK;
    Span hours = {zone_instant(offer->zone, day, w->from),
                  zone_instant(offer->zone, day, w->until)};
    Time begin = zone_instant(offer->zone, day, offer->window->from);
    Time step = offer->service->step * 60 * TIME_SECOND;
    for (size_t i = 0; i < spans.count; i++) {
        Span span = {spans.at[i].from > hours.from ? spans.at[i].from : hours.from,
                     spans.at[i].until < hours.until ? spans.at[i].until : hours.until};
        Time ahead = span.from - begin;
        for (Time at = begin + (ahead + step - 1) / step * step; at < span.until; at += step) {
            Slot slot = {*offer, at, w->minutes ? w->minutes : offer->service->minutes, STR_EMPTY,
                         STR_EMPTY};
            if (slot_core(&slot).until > span.until)
                break;
            if (is_in_time(s, &slot) && slot_is_free(s->agenda, &s->busy, &slot))
                TRY(add_slot(s, &slot));
        }
    }
    return STATUS_OK;
}

/* ---- day by day
 * ----------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const Slot *left = a, *right = b;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    int order = str_cmp(left->offer.member->practitioner, right->offer.member->practitioner);
    return order ? order : str_cmp(left->offer.service->name, right->offer.service->name);
}

/* Sorted, and without the same hour of two windows that overlap. */
static void tidy(Search *s, size_t from)
{
    size_t kept = from;
    if (s->count > from)
        qsort(s->slots + from, s->count - from, sizeof(Slot), compare);
    for (size_t i = from; i < s->count; i++)
        if (kept == from || compare(&s->slots[kept - 1], &s->slots[i]) != 0)
            s->slots[kept++] = s->slots[i];
    s->count = kept;
}

/* Whether this one, of those who offer the service at that hour, is whose turn it is: whoever does
 * not mind with whom is not always sent to the first of the list. */
static bool has_turn(const Slot *group, size_t count, size_t i)
{
    size_t same = 0, before = 0;
    for (size_t k = 0; k < count; k++)
        if (group[k].offer.service == group[i].offer.service) {
            same++;
            before += k < i;
        }
    return (uint64_t)(group[i].start / (15 * 60 * TIME_SECOND)) % same == before;
}

/* Of a day that is in order: each hour of each service once. */
static void keep_turns(Search *s, size_t from)
{
    size_t kept = from;
    for (size_t i = from, end; i < s->count; i = end) {
        for (end = i; end < s->count && s->slots[end].start == s->slots[i].start;)
            end++;
        for (size_t k = i; k < end; k++)
            if (!has_turn(&s->slots[i], end - i, k - i))
                s->slots[k].minutes = 0; /* not kept */
        for (size_t k = i; k < end; k++)
            if (s->slots[k].minutes)
                s->slots[kept++] = s->slots[k];
    }
    s->count = kept;
}

/* What is taken is read for some days at once: few where few are enough. */
static Status read_ahead(Search *s, int64_t day, int64_t *days, int64_t *read_until, Str token)
{
    if (day < *read_until)
        return STATUS_OK;
    *read_until = day + *days;
    *days *= 3;
    if (*read_until > s->wanted->end_day + 1)
        *read_until = s->wanted->end_day + 1;
    /* A day more on both sides is a day in any zone. */
    Span span = {(day - 1) * TIME_DAY, (*read_until + 1) * TIME_DAY};
    return busy_load(s->op, span, s->actors, s->actor_count, token, &s->busy);
}

Status slots_find(Operation *op, const Agenda *agenda, const Wanted *wanted, Str token,
                  Slot **ret_slots, size_t *ret_count)
{
    Search s = {.op = op, .agenda = agenda, .wanted = wanted};
    int64_t days = 1, read_until = INT64_MIN;
    TRY(find_offers(&s));
    TRY(find_actors(&s));
    for (int64_t day = wanted->start_day;
         s.offer_count && s.count < wanted->count && day <= wanted->end_day; day++) {
        size_t before = s.count;
        if (!(wanted->weekdays >> wall_weekday(day) & 1))
            continue;
        TRY(ctx_check_deadline(op->cx));
        TRY(read_ahead(&s, day, &days, &read_until, token));
        for (size_t i = 0; i < s.offer_count; i++)
            TRY(add_day(&s, &s.offers[i], day));
        tidy(&s, before);
        if (wanted->once)
            keep_turns(&s, before);
    }
    *ret_slots = s.slots;
    *ret_count = s.count < wanted->count ? s.count : wanted->count;
    return STATUS_OK;
}

/* ---- as a resource
 * ---------------------------------------------------------------------------------- */

static void write_extension(Buf *buf, const char *what, Str name, Str display, bool first)
{
    buf_format(buf,
               "%s{\"url\":\"urn:aceso:%s\",\"valueReference\":{\"reference\":", first ? "" : ",",
               what);
    json_write_string(buf, name);
    if (display.len) {
        buf_add_lit(buf, ",\"display\":");
        json_write_string(buf, display);
    }
    buf_add_lit(buf, "}}");
}

void slot_write_instant(Buf *buf, const char *name, const Zone *zone, Time at)
{
    char text[ZONE_INSTANT_LEN];
    buf_format(buf, ",\"%s\":\"" STR_FMT "\"", name, STR_ARG(zone_format(zone, at, text)));
}

void slot_write(Buf *buf, const Slot *slot)
{
    const Offer *offer = &slot->offer;
    Span core = slot_core(slot);
    buf_add_lit(buf, "{\"resourceType\":\"Slot\",\"extension\":[");
    write_extension(buf, "practitioner", offer->member->practitioner, offer->member->display, true);
    write_extension(buf, "location", offer->place->name, offer->place->display, false);
    write_extension(buf, "service", offer->service->name, offer->service->display, false);
    if (offer->service->series > 1)
        buf_format(buf, ",{\"url\":\"urn:aceso:series\",\"valuePositiveInt\":%u}",
                   offer->service->series);
    buf_add_lit(buf, "],\"serviceType\":[{\"text\":");
    json_write_string(buf, offer->service->display);
    buf_add_lit(buf, "}],\"schedule\":{\"display\":");
    json_write_string(buf, offer->member->display);
    buf_add_lit(buf, "},\"status\":\"free\"");
    slot_write_instant(buf, "start", offer->zone, core.from);
    slot_write_instant(buf, "end", offer->zone, core.until);
    buf_add_char(buf, '}');
}
