/* booking/wait.c - $wait, $accept, and the jobs that offer a freed hour and take it back. */
#include "booking/wait.h"

#include "booking/appointment.h"
#include "booking/post.h"

enum {
    OFFER_S = 4 * 3600,
    OFFER_SOON_S = 3600, /* of an hour within a day */
    SOON_S = 24 * 3600,
    FREED_LEAST_S = 2 * 3600, /* sooner than this nobody is asked any more */
    WAIT_DAYS_USUAL = 60,
};

/* ---- $wait
 * ------------------------------------------------------------------------------------------- */

typedef struct {
    Taking taking;
    const Service *service;
    const Member *member; /* or NULL: anybody */
    const Place *place;   /* or NULL: anywhere */
    Span period;
} Waiting;

static Status read_period(Operation *op, const Zone *zone, Span *ret_period)
{
    Str from = operation_text(op, STR("from"), 0), until = operation_text(op, STR("until"), 0);
    int64_t first = zone_wall(zone, op->now).day, last;
    if (from.len && !wall_read_day(from, &first))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The parameter \"from\" must be a date like 2026-11-23.");
    last = first + WAIT_DAYS_USUAL;
    if (until.len && (!wall_read_day(until, &last) || last < first))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The parameter \"until\" must be a date that is not before \"from\".");
    *ret_period = (Span){zone_instant(zone, first, 0), zone_instant(zone, last + 1, 0)};
    return STATUS_OK;
}

static Status read_wait(Operation *op, Waiting *w)
{
    Str service, who = operation_text(op, STR("practitioner"), 0);
    Str where = operation_text(op, STR("location"), 0);
    const Agenda *agenda = &w->taking.agenda;
    TRY(operation_need(op, STR("service"), &service));
    w->service = agenda_service(agenda, service);
    w->place = agenda_place(agenda, where);
    if (!w->service || (where.len && !w->place))
        return take_refuse(op, STATUS_NOT_FOUND, "There is no such service or place.");
    if (w->taking.online && w->service->door == DOOR_CLOSED)
        return take_refuse(op, STATUS_FORBIDDEN,
                           "This service is not booked online; ask the centre.");
    for (size_t i = 0; i < agenda->member_count && who.len && !w->member; i++)
        if (agenda_is_named(agenda->members[i].practitioner, who) &&
            refs_have(agenda->members[i].services, w->service->name))
            w->member = &agenda->members[i];
    if (who.len && !w->member)
        return take_refuse(op, STATUS_UNPROCESSABLE,
                           "This practitioner does not offer this service.");
    TRY(take_patient(&w->taking, operation_text(op, STR("patient"), 0)));
    return read_period(op, agenda_zone(agenda, w->place), &w->period);
}

static void write_actor(Buf *buf, Str name, Str display, bool first)
{
    buf_add_str(buf,
                first ? STR("{\"actor\":{\"reference\":") : STR(",{\"actor\":{\"reference\":"));
    json_write_string(buf, name);
    buf_add_lit(buf, ",\"display\":");
    json_write_string(buf, display.len ? display : name);
    buf_add_lit(buf, "},\"status\":\"accepted\"}");
}

static Status make_waiting(Operation *op, const Waiting *w, JsonValue **ret_resource)
{
    Buf buf;
    char from[ZONE_INSTANT_LEN], until[ZONE_INSTANT_LEN];
    const Zone *zone = agenda_zone(&w->taking.agenda, w->place);
    buf_init(&buf, op->cx->arena, 1024, 64 << 10);
    buf_add_lit(&buf, "{\"resourceType\":\"Appointment\",\"status\":\"waitlist\",\"serviceType\":"
                      "[{\"text\":");
    json_write_string(&buf, w->service->display);
    buf_add_lit(&buf, "}]");
    slot_write_instant(&buf, "created", zone, op->now);
    buf_format(&buf,
               ",\"requestedPeriod\":[{\"start\":\"" STR_FMT "\",\"end\":\"" STR_FMT
               "\"}],\"participant\":[",
               STR_ARG(zone_format(zone, w->period.from, from)),
               STR_ARG(zone_format(zone, w->period.until, until)));
    write_actor(&buf, w->taking.patient, w->taking.patient_display, true);
    write_actor(&buf, w->service->name, w->service->display, false);
    if (w->member)
        write_actor(&buf, w->member->practitioner, w->member->display, false);
    if (w->place)
        write_actor(&buf, w->place->name, w->place->display, false);
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    return json_parse(op->cx, buf_str(&buf), ret_resource);
}

static Status check_again(Operation *op, const Waiting *w)
{
    const Booked wanted = {.patient = w->taking.patient,
                           .service = w->service->name,
                           .practitioner = w->member ? w->member->practitioner : STR_EMPTY,
                           .place = w->place ? w->place->name : STR_EMPTY};
    TRY(wait_claim(op, w->taking.patient));
    return wait_check(op, &wanted, w->period, w->taking.online);
}

Status booking_wait(Operation *op)
{
    static const char *const names[] = {"service", "patient", "practitioner", "location", "from",
                                        "until",   NULL};
    Waiting *w = arena_new_of(op->cx->arena, Waiting);
    JsonValue *resource;
    Str body;
    if (!w)
        return STATUS_MEMORY;
    TRY(params_only(op, names));
    TRY(take_begin(op, &w->taking));
    TRY(read_wait(op, w));
    TRY(make_waiting(op, w, &resource));
    TRY(check_again(op, w));
    operation_own(op, w->taking.online);
    TRY(operation_create(op, STR("Appointment"), resource, NULL));
    operation_own(op, false);
    TRY(operation_written(op, 0, &body));
    operation_answer(op, 201, body);
    return STATUS_OK;
}

/* ---- an hour becomes free
 * ----------------------------------------------------------------------------- */

Status wait_freed(Operation *op, Str practitioner, Span span)
{
    if (span.from < op->now + FREED_LEAST_S * TIME_SECOND || !practitioner.len)
        return STATUS_OK;
    Str key =
        arena_format(op->cx->arena, STR_FMT " %lld %lld", STR_ARG(practitioner),
                     (long long)(span.from / TIME_SECOND), (long long)(span.until / TIME_SECOND));
    if (!key.at)
        return STATUS_MEMORY;
    const StoreJobAdd job = {.kind = STR("booking-freed"), .key = key, .payload = key};
    return operation_add_job(op, &job);
}

typedef struct {
    Call call; /* must be first */
    Str practitioner, token;
    Span span;
} Freed;

static bool read_seconds(Str text, Time *ret_at)
{
    uint64_t seconds;
    if (!str_to_u64(text, &seconds) || seconds > INT64_MAX / TIME_SECOND)
        return false;
    *ret_at = (Time)seconds * TIME_SECOND;
    return true;
}

static bool read_freed(Str text, Freed *freed)
{
    freed->practitioner = str_cut(&text, ' ');
    Str from = str_cut(&text, ' ');
    return read_seconds(from, &freed->span.from) && read_seconds(text, &freed->span.until) &&
           freed->span.from < freed->span.until;
}

/* An hour that was offered to him once is not offered again. */
static bool was_offered(const JsonValue *resource, Time start)
{
    const JsonValue *value;
    Time at;
    for (size_t i = 0; (value = rules_extension(resource, STR("urn:aceso:passed"), i)); i++)
        if (wall_read_instant(json_str(value), &at) && at == start)
            return true;
    return false;
}

static bool wants(const Freed *freed, const JsonValue *resource, const Booked *booked)
{
    Offered offered;
    Span period;
    const JsonValue *asked = json_item(json_get(resource, STR("requestedPeriod")), 0);
    if (offered_read(resource, &offered) || was_offered(resource, freed->span.from))
        return false;
    if (!busy_span(asked, &period) || freed->span.from < period.from ||
        freed->span.from >= period.until)
        return false;
    return !booked->practitioner.len || str_eq(booked->practitioner, freed->practitioner);
}

/* What of the freed hour he could have; false: nothing. */
static Status find_for(Operation *op, const Agenda *agenda, const Freed *freed,
                       const Booked *booked, Slot *ret_slot, bool *ret_found)
{
    Slot *slots;
    size_t count;
    BusyList busy;
    const Zone *zone = agenda_zone(agenda, agenda_place(agenda, booked->place));
    int64_t day = zone_wall(zone, freed->span.from).day;
    Wanted wanted = {.services = {booked->service},
                     .service_count = 1,
                     .practitioners = {freed->practitioner},
                     .practitioner_count = 1,
                     .place = booked->place,
                     .weekdays = 0x7f,
                     .until = 86400,
                     .count = 1,
                     .start_day = day,
                     .end_day = day,
                     .not_before = freed->span.from,
                     .not_after = freed->span.until};
    *ret_found = false;
    TRY(slots_find(op, agenda, &wanted, STR_EMPTY, &slots, &count));
    if (!count || slot_core(&slots[0]).until > freed->span.until)
        return STATUS_OK;
    *ret_slot = slots[0];
    TRY(busy_load_actors(op, slot_core(ret_slot), &booked->patient, 1, STR_EMPTY, &busy));
    *ret_found =
        !busy_count(&busy, busy_actor(booked->patient), slot_core(ret_slot), slot_core(ret_slot));
    return STATUS_OK;
}

static void write_part(Buf *buf, const char *url, const char *type, Str value, bool first)
{
    buf_format(buf, "%s{\"url\":\"%s\",\"value%s\":", first ? "" : ",", url, type);
    if (strcmp(type, "Reference") == 0)
        buf_add_lit(buf, "{\"reference\":");
    json_write_string(buf, value);
    buf_add_str(buf, strcmp(type, "Reference") == 0 ? STR("}}") : STR("}"));
}

/* All extensions but the offer, and that one when there is one; passed: an hour that went by. */
static Status extension_patch(Operation *op, const JsonValue *resource, const Slot *slot,
                              const Hold *hold, Str passed, Str *ret_patch)
{
    Buf buf;
    JsonValue *item;
    char text[ZONE_INSTANT_LEN];
    bool any = false;
    buf_init(&buf, op->cx->arena, 1024, 64 << 10);
    buf_add_lit(&buf, "[{\"op\":\"add\",\"path\":\"/extension\",\"value\":[");
    for (JsonIter it = json_iter(json_get(resource, STR("extension")));
         json_next(&it, NULL, &item);) {
        if (str_eq(json_get_str(item, STR("url")), STR("urn:aceso:offer")))
            continue;
        buf_add_str(&buf, any ? STR(",") : STR_EMPTY);
        json_write(&buf, item, false);
        any = true;
    }
    if (passed.len)
        write_part(&buf, "urn:aceso:passed", "Instant", passed, !any);
    if (hold) {
        const Zone *zone = slot->offer.zone;
        buf_format(&buf, "%s{\"url\":\"urn:aceso:offer\",\"extension\":[", any ? "," : "");
        write_part(&buf, "start", "Instant", zone_format(zone, hold->core.from, text), true);
        write_part(&buf, "end", "Instant", zone_format(zone, hold->core.until, text), false);
        write_part(&buf, "until", "Instant", zone_format(zone, hold->until, text), false);
        write_part(&buf, "practitioner", "Reference", hold->member, false);
        write_part(&buf, "location", "Reference", hold->place, false);
        write_part(&buf, "hold", "String", hold->token, false);
        buf_add_lit(&buf, "]}");
    }
    buf_add_lit(&buf, "]}]");
    *ret_patch = buf_str(&buf);
    return buf_done(&buf);
}

static Status add_offer_end(Operation *op, const OperationRow *row, const Offered *offered, Str key,
                            Time due)
{
    Str payload =
        arena_format(op->cx->arena, STR_FMT " " STR_FMT " " STR_FMT " %lld %lld", STR_ARG(row->id),
                     STR_ARG(offered->token), STR_ARG(offered->practitioner),
                     (long long)(offered->core.from / TIME_SECOND),
                     (long long)(offered->core.until / TIME_SECOND));
    const StoreJobAdd job = {
        .kind = STR("booking-offer-end"), .key = key, .payload = payload, .due = due};
    return payload.at && key.at ? operation_add_job(op, &job) : STATUS_MEMORY;
}

Status wait_let_go(Operation *op, const OperationRow *row)
{
    Offered offered;
    OperationRow whole;
    bool before = operation_own(op, true); /* a part lacks the offer */
    Status status = operation_get(op, STR("Appointment"), row->id, &whole);
    operation_own(op, before);
    TRY(status);
    if (!offered_read(whole.resource, &offered) || offered.until <= op->now)
        return STATUS_OK;
    Str key = arena_format(op->cx->arena, STR_FMT " let go", STR_ARG(offered.token));
    return add_offer_end(op, row, &offered, key, op->now);
}

static Status offer(Operation *op, const OperationRow *row, const Slot *slot)
{
    Hold hold;
    Str patch;
    Time soon = op->now + SOON_S * TIME_SECOND;
    hold_fill(&hold, slot);
    hold.account = arena_format(op->cx->arena, "waits " STR_FMT, STR_ARG(row->id));
    hold.token = hold_token(op);
    hold.until = op->now + (slot->start < soon ? OFFER_SOON_S : OFFER_S) * TIME_SECOND;
    if (hold.until > slot->start)
        hold.until = slot->start;
    if (!hold.account.at || !hold.token.at)
        return STATUS_MEMORY;
    TRY(hold_put(op, &hold));
    TRY(extension_patch(op, row->resource, slot, &hold, STR_EMPTY, &patch));
    TRY(operation_patch(op, row, patch));
    const Offered offered = {.core = hold.core, .practitioner = hold.member, .token = hold.token};
    TRY(add_offer_end(op, row, &offered, hold.token, hold.until));
    return letter_add(op, POST_OFFER, row->name, slot->start);
}

/* The longest waiting first: ids rise with time. */
static int compare_rows(const void *a, const void *b)
{
    uint64_t left = ((const OperationRow *)a)->row.rid, right = ((const OperationRow *)b)->row.rid;
    return left < right ? -1 : left > right;
}

static Status claim_days(Operation *op, Str practitioner, Span span)
{
    Str names[4];
    size_t count = 0;
    for (int64_t day = span.from / TIME_DAY; day <= (span.until - 1) / TIME_DAY && count < 4; day++)
        names[count++] = take_claim_name(op->cx, practitioner, day);
    return operation_claim(op, names, count);
}

static Status offer_freed(Operation *op)
{
    const Freed *freed = (const Freed *)op->call;
    OperationRows rows;
    Agenda agenda;
    Booked booked;
    bool found = false;
    operation_answer(op, 204, STR_EMPTY);
    if (freed->span.from < op->now + FREED_LEAST_S * TIME_SECOND)
        return STATUS_OK;
    operation_own(op, true);
    TRY(claim_days(op, freed->practitioner, freed->span));
    TRY(agenda_load(op, &agenda));
    TRY(operation_find(op, STR("Appointment"), STR("status=waitlist"), OPERATION_FIND_MAX, &rows));
    qsort(rows.rows, rows.count, sizeof(OperationRow), compare_rows);
    for (size_t i = 0; i < rows.count && !found; i++) {
        Slot slot;
        (void)appointment_read(&agenda, rows.rows[i].resource, &booked);
        if (!booked.patient.len || !agenda_service(&agenda, booked.service) ||
            !wants(freed, rows.rows[i].resource, &booked))
            continue;
        TRY(find_for(op, &agenda, freed, &booked, &slot, &found));
        if (found)
            TRY(offer(op, &rows.rows[i], &slot));
    }
    return STATUS_OK;
}

static Status run_job(Ctx *cx, JobRun *run, const OperationKind *kind, Freed *freed, Str id)
{
    const OperationAsked asked = {.kind = kind, .id = id};
    freed->call = (Call){.access = run->access, .base = STR("")};
    return record_operation(run->record, cx, &freed->call, &asked, &run->reply);
}

static Status not_ours(Ctx *cx, JobRun *run)
{
    run->hopeless = true;
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The job is not one of ours.");
}

Status booking_freed_job(Ctx *cx, JobRun *run)
{
    static const OperationKind kind = {STR_INIT("Appointment"), STR_INIT("$offer"),
                                       OPERATION_ON_TYPE, false, offer_freed};
    Freed freed;
    if (!read_freed(run->job->payload, &freed))
        return not_ours(cx, run);
    return run_job(cx, run, &kind, &freed, STR_EMPTY);
}

/* ---- an offer is over
 * ----------------------------------------------------------------------------------- */

static Status end_offer(Operation *op)
{
    const Freed *freed = (const Freed *)op->call;
    OperationRows rows;
    Offered offered;
    Str patch;
    char text[ZONE_INSTANT_LEN];
    const Zone *zone;
    operation_answer(op, 204, STR_EMPTY);
    operation_own(op, true);
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(op->asked.id));
    TRY(zone_open(op->cx, STR("UTC"), &zone));
    TRY(operation_find(op, STR("Appointment"), query, 1, &rows));
    const JsonValue *resource = rows.count ? rows.rows[0].resource : NULL;
    Str status = json_get_str(resource, STR("status"));
    bool its = resource && offered_read(resource, &offered) && str_eq(offered.token, freed->token);
    if (resource && !its && !str_eq(status, STR("waitlist")) && !str_eq(status, STR("cancelled")))
        return STATUS_OK; /* it was accepted */
    if (its && str_eq(status, STR("waitlist"))) {
        TRY(extension_patch(op, resource, NULL, NULL, zone_format(zone, offered.core.from, text),
                            &patch));
        TRY(operation_patch(op, &rows.rows[0], patch));
    }
    TRY(hold_drop(op, freed->token));
    return wait_freed(op, freed->practitioner, freed->span);
}

Status booking_offer_end_job(Ctx *cx, JobRun *run)
{
    static const OperationKind kind = {STR_INIT("Appointment"), STR_INIT("$offer-end"),
                                       OPERATION_ON_INSTANCE, false, end_offer};
    Freed freed;
    Str rest = run->job->payload, id = str_cut(&rest, ' ');
    freed.token = str_cut(&rest, ' ');
    if (!fhir_id_is(id) || !read_freed(rest, &freed))
        return not_ours(cx, run);
    return run_job(cx, run, &kind, &freed, id);
}

/* ---- $accept
 * ---------------------------------------------------------------------------------------------- */

static Status read_offer(Operation *op, Taking *taking, OperationRow *row, Asked *ret_asked)
{
    Offered offered;
    Booked booked;
    bool online = taking->online;
    TRY(operation_get(op, STR("Appointment"), op->asked.id, row));
    /* Whole: a part lacks the offer. Staff writes it by its own rights all the same. */
    operation_own(op, true);
    TRY(operation_get(op, STR("Appointment"), op->asked.id, row));
    operation_own(op, online);
    (void)appointment_read(&taking->agenda, row->resource, &booked);
    if (!str_eq(booked.status, STR("waitlist")) || !offered_read(row->resource, &offered) ||
        offered.until <= op->now)
        return take_refuse(op, STATUS_CONFLICT, "No hour is offered here, or not any more.");
    taking->online = false; /* what was offered may be had */
    taking->patient = booked.patient;
    taking->patient_display = booked.patient_display;
    taking->token = offered.token;
    *ret_asked = (Asked){
        .service = booked.service,
        .practitioner = offered.practitioner,
        .place = offered.place,
        .start = offered.core.from,
        .minutes = (unsigned)((offered.core.until - offered.core.from) / (60 * TIME_SECOND))};
    return STATUS_OK;
}

Status booking_accept(Operation *op)
{
    static const char *const names[] = {NULL};
    Taking *taking = arena_new_of(op->cx->arena, Taking);
    OperationRow row;
    Asked asked;
    Slot slot;
    Str patch, body;
    if (!taking)
        return STATUS_MEMORY;
    TRY(params_only(op, names));
    TRY(take_begin(op, taking));
    TRY(read_offer(op, taking, &row, &asked));
    TRY(take_resolve(taking, &asked, &slot));
    TRY(take_add(taking, &slot, row.row.rid));
    TRY(take_claim(taking));
    TRY(take_judge(taking));
    TRY(appointment_moved(taking, &taking->taken[0], "booked",
                          ",{\"op\":\"remove\",\"path\":\"/extension\"}", &patch));
    TRY(operation_patch(op, &row, patch));
    TRY(hold_drop(op, taking->token));
    TRY(letter_add(op, POST_CONFIRM, row.name, slot.start));
    TRY(letter_add_reminder(op, row.name, slot.start));
    operation_own(op, false);
    TRY(operation_written(op, 0, &body));
    operation_answer(op, 200, body);
    return STATUS_OK;
}
