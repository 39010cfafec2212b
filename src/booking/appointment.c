/* booking/appointment.c - an Appointment as text. SPEC R4 appointment.html */
#include "booking/appointment.h"

static void write_actor(Buf *buf, Str name, Str display, const char *status, const Zone *zone,
                        const Span *wide, bool first)
{
    char from[ZONE_INSTANT_LEN], until[ZONE_INSTANT_LEN];
    buf_format(buf, "%s{\"actor\":{\"reference\":", first ? "" : ",");
    json_write_string(buf, name);
    if (display.len) {
        buf_add_lit(buf, ",\"display\":");
        json_write_string(buf, display);
    }
    buf_format(buf, "},\"required\":\"required\",\"status\":\"%s\"", status);
    if (wide) /* what stays free around it */
        buf_format(buf, ",\"period\":{\"start\":\"" STR_FMT "\",\"end\":\"" STR_FMT "\"}",
                   STR_ARG(zone_format(zone, wide->from, from)),
                   STR_ARG(zone_format(zone, wide->until, until)));
    buf_add_char(buf, '}');
}

static Status write_participants(const Taking *taking, const Taken *taken, const char *status,
                                 Buf *buf)
{
    const Slot *slot = &taken->slot;
    const Offer *offer = &slot->offer;
    Span core = slot_core(slot), wide = slot_wide(slot);
    const Span *around = core.from == wide.from && core.until == wide.until ? NULL : &wide;
    const char *answer = strcmp(status, "pending") == 0 ? "needs-action" : "accepted";
    buf_add_char(buf, '[');
    write_actor(buf, offer->member->practitioner, offer->member->display, answer, offer->zone,
                around, true);
    if (taking->patient.len)
        write_actor(buf, taking->patient, taking->patient_display, "accepted", offer->zone, NULL,
                    false);
    write_actor(buf, offer->place->name, offer->place->display, "accepted", offer->zone, NULL,
                false);
    write_actor(buf, offer->service->name, offer->service->display, "accepted", offer->zone, NULL,
                false);
    const Place *room = agenda_place(&taking->agenda, slot->room);
    if (slot->room.len)
        write_actor(buf, slot->room, room ? room->display : STR_EMPTY, "accepted", offer->zone,
                    around, false);
    if (slot->device.len)
        write_actor(buf, slot->device, STR_EMPTY, "accepted", offer->zone, around, false);
    for (size_t i = 0; i < taking->other_count; i++)
        write_actor(buf, taking->others[i], STR_EMPTY, "accepted", offer->zone, around, false);
    buf_add_char(buf, ']');
    return buf_done(buf);
}

Status appointment_moved(const Taking *taking, const Taken *taken, const char *status,
                         const char *more, Str *ret_patch)
{
    Buf buf;
    char text[ZONE_INSTANT_LEN];
    const Slot *slot = &taken->slot;
    Span core = slot_core(slot);
    buf_init(&buf, taking->op->cx->arena, 2048, 64 << 10);
    buf_format(&buf, "[{\"op\":\"add\",\"path\":\"/status\",\"value\":\"%s\"}", status);
    buf_format(&buf, ",{\"op\":\"add\",\"path\":\"/start\",\"value\":\"" STR_FMT "\"}",
               STR_ARG(zone_format(slot->offer.zone, core.from, text)));
    buf_format(&buf, ",{\"op\":\"add\",\"path\":\"/end\",\"value\":\"" STR_FMT "\"}",
               STR_ARG(zone_format(slot->offer.zone, core.until, text)));
    buf_format(&buf, ",{\"op\":\"add\",\"path\":\"/minutesDuration\",\"value\":%u}", slot->minutes);
    buf_add_lit(&buf, ",{\"op\":\"add\",\"path\":\"/participant\",\"value\":");
    TRY(write_participants(taking, taken, status, &buf));
    buf_format(&buf, "}%s]", more);
    *ret_patch = buf_str(&buf);
    return buf_done(&buf);
}

static void write_service_type(Buf *buf, const Service *service)
{
    buf_add_lit(buf, "[");
    if (service->type) {
        json_write(buf, service->type, false);
    } else {
        buf_add_lit(buf, "{\"text\":");
        json_write_string(buf, service->display);
        buf_add_char(buf, '}');
    }
    buf_add_char(buf, ']');
}

Status appointment_service_patch(Ctx *cx, const Service *service, const char **ret_more)
{
    Buf buf;
    buf_init(&buf, cx->arena, 256, 64 << 10);
    buf_add_lit(&buf, ",{\"op\":\"add\",\"path\":\"/serviceType\",\"value\":");
    write_service_type(&buf, service);
    buf_add_lit(&buf, "}");
    TRY(buf_done(&buf));
    *ret_more = arena_str(cx->arena, buf_str(&buf)).at;
    return *ret_more ? STATUS_OK : STATUS_MEMORY;
}

static void write_marks(Buf *buf, const Taken *taken, const Wording *wording)
{
    if (taken->overbooked)
        buf_add_lit(buf,
                    ",\"extension\":[{\"url\":\"" BOOKING_OVERBOOK "\",\"valueBoolean\":true}]");
    if (!wording->series.len)
        return;
    buf_add_lit(buf, ",\"identifier\":[{\"system\":\"" BOOKING_SERIES "\",\"value\":");
    json_write_string(buf, wording->series);
    buf_add_lit(buf, "}]");
}

Status appointment_make(const Taking *taking, const Taken *taken, const Wording *wording,
                        JsonValue **ret_resource)
{
    Buf buf;
    const Slot *slot = &taken->slot;
    const Offer *offer = &slot->offer;
    Span core = slot_core(slot);
    buf_init(&buf, taking->op->cx->arena, 2048, 64 << 10);
    buf_format(&buf, "{\"resourceType\":\"Appointment\",\"status\":\"%s\"", wording->status);
    write_marks(&buf, taken, wording);
    buf_add_lit(&buf, ",\"serviceType\":");
    write_service_type(&buf, offer->service);
    slot_write_instant(&buf, "start", offer->zone, core.from);
    slot_write_instant(&buf, "end", offer->zone, core.until);
    buf_format(&buf, ",\"minutesDuration\":%u", slot->minutes);
    slot_write_instant(&buf, "created", offer->zone, taking->op->now);
    if (wording->comment.len) {
        buf_add_lit(&buf, ",\"comment\":");
        json_write_string(&buf, wording->comment);
    }
    buf_add_lit(&buf, ",\"participant\":");
    TRY(write_participants(taking, taken, wording->status, &buf));
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    return json_parse(taking->op->cx, buf_str(&buf), ret_resource);
}

/* ---- reading
 * -------------------------------------------------------------------------------------- */

static Str actor_of(const JsonValue *participant)
{
    return json_get_str(json_get(participant, STR("actor")), STR("reference"));
}

static void read_actor(const Agenda *agenda, const Service *service, const JsonValue *participant,
                       Booked *booked)
{
    Str actor = actor_of(participant);
    const Place *place = agenda_place(agenda, actor);
    bool practitioner = str_has_prefix(actor, STR("Practitioner/"));
    bool own = service && (refs_have(service->rooms, actor) || refs_have(service->devices, actor));
    if (str_has_prefix(actor, STR("Patient/")) && !booked->patient.len) {
        booked->patient = actor;
        booked->patient_display = json_get_str(json_get(participant, STR("actor")), STR("display"));
    } else if (practitioner && !booked->practitioner.len) {
        booked->practitioner = actor;
    } else if (place && !place->is_room && !booked->place.len) {
        booked->place = actor;
    } else if (!own && (practitioner || place || str_has_prefix(actor, STR("Device/"))) &&
               booked->other_count < TAKE_OTHERS_MAX) {
        booked->others[booked->other_count++] = actor;
    }
}

bool appointment_read(const Agenda *agenda, const JsonValue *resource, Booked *ret_booked)
{
    JsonValue *item;
    const JsonValue *participants = json_get(resource, STR("participant"));
    *ret_booked = (Booked){.status = json_get_str(resource, STR("status"))};
    for (JsonIter it = json_iter(json_get(resource, STR("identifier")));
         json_next(&it, NULL, &item);)
        if (str_eq(json_get_str(item, STR("system")), STR(BOOKING_SERIES)))
            ret_booked->series = json_get_str(item, STR("value"));
    for (JsonIter it = json_iter(participants); json_next(&it, NULL, &item);)
        if (str_has_prefix(actor_of(item), STR("HealthcareService/")))
            ret_booked->service = actor_of(item);
    const Service *service = agenda_service(agenda, ret_booked->service);
    for (JsonIter it = json_iter(participants); json_next(&it, NULL, &item);)
        read_actor(agenda, service, item, ret_booked);
    return busy_span(resource, &ret_booked->core);
}

bool offered_read(const JsonValue *resource, Offered *ret_offered)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(resource, STR("extension")));
         json_next(&it, NULL, &item);) {
        if (!str_eq(json_get_str(item, STR("url")), STR("urn:aceso:offer")))
            continue;
        *ret_offered = (Offered){
            .practitioner =
                json_get_str(rules_extension(item, STR("practitioner"), 0), STR("reference")),
            .place = json_get_str(rules_extension(item, STR("location"), 0), STR("reference")),
            .token = json_str(rules_extension(item, STR("hold"), 0))};
        return wall_read_instant(json_str(rules_extension(item, STR("start"), 0)),
                                 &ret_offered->core.from) &&
               wall_read_instant(json_str(rules_extension(item, STR("end"), 0)),
                                 &ret_offered->core.until) &&
               wall_read_instant(json_str(rules_extension(item, STR("until"), 0)),
                                 &ret_offered->until);
    }
    return false;
}
