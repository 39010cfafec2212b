/* booking/post.c - the jobs of letters: what is still true is said, once. */
#include "booking/post.h"

#define MAILED_SPACE STR("booking-mailed")
enum { REMIND_S = 24 * 3600, REMIND_LEAST_S = 2 * 3600 };

static const char *const kind_words[POST_KINDS] = {"confirm",   "pending", "moved",
                                                   "cancelled", "remind",  "offer"};

static Status add_job(Operation *op, PostKind kind, Str name, Time start, Time due)
{
    Str id = str_from(name, str_index(name, '/') + 1);
    Str key = arena_format(op->cx->arena, "%s " STR_FMT " %lld", kind_words[kind], STR_ARG(id),
                           (long long)(start / TIME_SECOND));
    if (!key.at)
        return STATUS_MEMORY;
    const StoreJobAdd job = {.kind = STR("booking-mail"), .key = key, .payload = key, .due = due};
    return operation_add_job(op, &job);
}

Status letter_add(Operation *op, PostKind kind, Str name, Time start)
{
    return add_job(op, kind, name, start, 0);
}

Status letter_add_reminder(Operation *op, Str name, Time start)
{
    Time due = start - REMIND_S * TIME_SECOND;
    return due < op->now + REMIND_LEAST_S * TIME_SECOND
               ? STATUS_OK
               : add_job(op, POST_REMIND, name, start, due);
}

/* ---- the letter
 * ------------------------------------------------------------------------------------ */

/* The Call of the operation that reads what the letter says. */
typedef struct {
    Call call; /* must be first */
    const BookingOptions *options;
    PostKind kind;
    Time start;
    bool wanted; /* it is still so, and there is an address */
    Str to, subject, text;
} Letter;

static Str address_of(const JsonValue *patient)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(patient, STR("telecom"))); json_next(&it, NULL, &item);)
        if (str_eq(json_get_str(item, STR("system")), STR("email")) &&
            !str_eq(json_get_str(item, STR("use")), STR("old")))
            return json_get_str(item, STR("value"));
    return STR_EMPTY;
}

/* The preferred one; else the first. */
static Str language_of(const JsonValue *patient)
{
    JsonValue *item;
    Str first = STR_EMPTY;
    for (JsonIter it = json_iter(json_get(patient, STR("communication")));
         json_next(&it, NULL, &item);) {
        const JsonValue *coding =
            json_item(json_get(json_get(item, STR("language")), STR("coding")), 0);
        Str code = json_get_str(coding, STR("code"));
        if (json_bool(json_get(item, STR("preferred"))))
            return code;
        first = first.len ? first : code;
    }
    return first;
}

/* Whether what the letter would say is still so. */
static bool is_true(PostKind kind, const JsonValue *resource, const Booked *booked, Time start,
                    Time now, Time *ret_until)
{
    Offered offered;
    *ret_until = 0;
    if (kind == POST_OFFER) {
        if (!offered_read(resource, &offered) || offered.core.from != start || offered.until < now)
            return false;
        *ret_until = offered.until;
        return str_eq(booked->status, STR("waitlist"));
    }
    if (booked->core.from != start || booked->core.from < now)
        return false;
    if (kind == POST_CANCELLED)
        return str_eq(booked->status, STR("cancelled"));
    bool pending = str_eq(booked->status, STR("pending"));
    return kind == POST_PENDING
               ? pending
               : str_eq(booked->status, STR("booked")) || (pending && kind == POST_MOVED);
}

static Status write_letter(Operation *op)
{
    Letter *letter = (Letter *)(uintptr_t)op->call;
    OperationRows rows;
    Agenda agenda;
    Booked booked;
    Time until;
    operation_own(op, true);
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(op->asked.id));
    TRY(agenda_load(op, &agenda));
    TRY(operation_find(op, STR("Appointment"), query, 1, &rows));
    letter->wanted = false;
    if (rows.count)
        (void)appointment_read(&agenda, rows.rows[0].resource, &booked);
    if (!rows.count || !booked.patient.len ||
        !is_true(letter->kind, rows.rows[0].resource, &booked, letter->start, op->now, &until))
        return STATUS_OK;
    query = arena_format(op->cx->arena, "_id=" STR_FMT,
                         STR_ARG(str_from(booked.patient, STR("Patient/").len)));
    TRY(operation_find(op, STR("Patient"), query, 1, &rows));
    if (!rows.count)
        return STATUS_OK;
    const Place *place = agenda_place(&agenda, booked.place);
    const Zone *zone = agenda_zone(&agenda, place);
    PostAbout about = {.language = language_of(rows.rows[0].resource),
                       .at = zone_wall(zone, letter->start),
                       .centre = place ? place->display : STR_EMPTY,
                       .origin = letter->options->origin,
                       .until = zone_wall(zone, until)};
    letter->to = address_of(rows.rows[0].resource);
    letter->wanted = letter->to.len > 0;
    operation_answer(op, 204, STR_EMPTY);
    return post_words(op->cx, letter->kind, &about, &letter->subject, &letter->text);
}

/* ---- the job
 * ---------------------------------------------------------------------------------------- */

static bool read_job(Str text, PostKind *ret_kind, Str *ret_id, Time *ret_start)
{
    uint64_t start;
    Str word = str_cut(&text, ' ');
    *ret_id = str_cut(&text, ' ');
    for (size_t i = 0; i < POST_KINDS; i++)
        if (str_eq(word, str_of(kind_words[i]))) {
            *ret_kind = (PostKind)i;
            *ret_start = str_to_u64(text, &start) ? (Time)start * TIME_SECOND : 0;
            return *ret_start && fhir_id_is(*ret_id);
        }
    return false;
}

/* Its name stands in the store before it leaves: whoever finds it there does not send it again, not
 * even when this process ends in the middle. `mark` empty: it did not leave. */
static Status mark_sent(Ctx *cx, JobRun *run, Str mark)
{
    const StoreItem item = {MAILED_SPACE, run->job->payload, mark};
    const StoreItem none = {MAILED_SPACE, run->job->payload, STR_EMPTY};
    StoreCommit commit = {.items = &item, .item_count = 1, .guard = mark.len ? &none : NULL};
    return store_commit(record_store(run->record), cx, run->access, &commit);
}

static Status send(Ctx *cx, JobRun *run, const Letter *letter)
{
    const BookingOptions *options = run->owner;
    Str mark = arena_format(cx->arena, "%lld", (long long)time_now());
    if (!mark.at)
        return STATUS_MEMORY;
    Status marked = mark_sent(cx, run, mark);
    if (marked == STATUS_CONFLICT)
        return STATUS_OK;
    TRY(marked);
    const BookingLetter mail = {letter->to, letter->subject, letter->text};
    Status status = options->send(options->send_of, cx, &mail);
    if (status != STATUS_OK)
        UNUSED(mark_sent(cx, run, STR_EMPTY) == STATUS_OK); /* else it is never sent */
    return status;
}

Status booking_mail_job(Ctx *cx, JobRun *run)
{
    static const OperationKind kind = {STR_INIT("Appointment"), STR_INIT("$letter"),
                                       OPERATION_ON_INSTANCE, true, write_letter};
    const BookingOptions *options = run->owner;
    OperationAsked asked = {.kind = &kind};
    Letter letter = {.call = {.access = run->access, .base = options->origin}, .options = options};
    if (!options->send)
        return STATUS_OK;
    if (!read_job(run->job->payload, &letter.kind, &asked.id, &letter.start)) {
        run->hopeless = true;
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The job is not one of ours.");
    }
    TRY(record_operation(run->record, cx, &letter.call, &asked, &run->reply));
    return letter.wanted ? send(cx, run, &letter) : STATUS_OK;
}
