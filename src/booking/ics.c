/* booking/ics.c - calendars as text, one per appointment and one per practitioner.
 *
 * A practitioner's calendar is at an address that nobody guesses: programs that fetch it cannot
 * sign in. What is kept is a hash of the secret; a new address, or $calendar-revoke, ends the old
 * one. It says when, where and which service; of whom nothing, unless the centre lets him
 * (extension of his Practitioner) and he asked for it: initials or names. Both are looked at
 * whenever it is fetched. One that names people is fetched as him: on the audit log, of those whom
 * he sees at that moment, and as long as his account is good (http asks who it is: $feed-owner).
 * SPEC RFC 5545 */
#include "booking/ics.h"

#include "crypto/crypto.h"

#define FEED_SPACE    STR("booking-feed") /* hash of the secret -> "Practitioner/1 initials user" */
#define FEED_OF_SPACE STR("booking-feed-of") /* "Practitioner/1" -> the hash */
enum { SECRET_BYTES = 24, LINE_OCTETS = 75, BACK_DAYS = 30, AHEAD_DAYS = 180 };

/* ---- text
 * --------------------------------------------------------------------------------------------- */

static void add_octet(Buf *buf, char c, size_t *column)
{
    bool begins = ((unsigned char)c & 0xc0) != 0x80; /* of a character */
    size_t rest = (unsigned char)c >= 0xf0   ? 3
                  : (unsigned char)c >= 0xe0 ? 2
                                             : (unsigned char)c >= 0xc0;
    if (begins && *column + 1 + rest > LINE_OCTETS) {
        buf_add_lit(buf, "\r\n ");
        *column = 1;
    }
    buf_add_char(buf, c);
    ++*column;
}

void ics_line(Buf *buf, const char *name, Str value)
{
    size_t column = strlen(name) + 1;
    buf_format(buf, "%s:", name);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (c == '\n') {
            add_octet(buf, '\\', &column);
            add_octet(buf, 'n', &column);
            continue;
        }
        if ((unsigned char)c < ' ' || c == 0x7f)
            continue;
        if (c == '\\' || c == ';' || c == ',')
            add_octet(buf, '\\', &column);
        add_octet(buf, c, &column);
    }
    buf_add_lit(buf, "\r\n");
}

/* "20261124T130000Z" */
static void add_time(Buf *buf, const char *name, Time at)
{
    char text[TIME_INSTANT_LEN];
    Str instant = time_format_instant(at, text);
    buf_format(buf, "%s:%.4s%.2s%.2sT%.2s%.2s%.2sZ\r\n", name, instant.at, instant.at + 5,
               instant.at + 8, instant.at + 11, instant.at + 14, instant.at + 17);
}

static void ics_begin(Buf *buf)
{
    buf_add_lit(buf,
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Aceso//EN\r\nCALSCALE:GREGORIAN\r\n"
                "METHOD:PUBLISH\r\n");
}

static void ics_end(Buf *buf)
{
    buf_add_lit(buf, "END:VCALENDAR\r\n");
}

typedef struct {
    Str id;
    Span core;
    Time updated;
    Str status; /* of the Appointment */
    Str summary, place;
} IcsEvent;

static void ics_event(Buf *buf, const IcsEvent *event)
{
    bool off = str_eq(event->status, STR("cancelled"));
    bool tentative =
        str_eq(event->status, STR("pending")) || str_eq(event->status, STR("proposed"));
    buf_add_lit(buf, "BEGIN:VEVENT\r\n");
    buf_format(buf, "UID:" STR_FMT "@aceso\r\n", STR_ARG(event->id));
    add_time(buf, "DTSTAMP", event->updated);
    add_time(buf, "DTSTART", event->core.from);
    add_time(buf, "DTEND", event->core.until);
    ics_line(buf, "SUMMARY", event->summary);
    if (event->place.len)
        ics_line(buf, "LOCATION", event->place);
    buf_format(buf, "STATUS:%s\r\nEND:VEVENT\r\n",
               off         ? "CANCELLED"
               : tentative ? "TENTATIVE"
                           : "CONFIRMED");
}

/* ---- whom it names --------------------------------------------------------------------------- */

typedef enum { NAMES_NONE, NAMES_INITIALS, NAMES_FULL } Names;
static const Str names_words[] = {STR_INIT("none"), STR_INIT("initials"), STR_INIT("full")};

/* false: another word. Nothing is none. */
static bool read_names(Str word, Names *ret_names)
{
    *ret_names = NAMES_NONE;
    for (size_t i = 0; i < COUNT_OF(names_words); i++)
        if (str_eq(word, names_words[i])) {
            *ret_names = (Names)i;
            return true;
        }
    return word.len == 0;
}

/* How far the centre lets a practitioner's calendar go: urn:aceso:calendar-names. */
static Names names_allowed(const JsonValue *practitioner)
{
    Names names;
    Str word = json_str(rules_extension(practitioner, STR("urn:aceso:calendar-names"), 0));
    return read_names(word, &names) ? names : NAMES_NONE;
}

/* Of restricted appointments nobody is named outside. SPEC R4 security-labels.html */
static bool is_restricted(const JsonValue *resource)
{
    JsonValue *label;
    for (JsonIter it = json_iter(json_get(json_get(resource, STR("meta")), STR("security")));
         json_next(&it, NULL, &label);) {
        Str code = json_get_str(label, STR("code"));
        if (str_eq(code, STR("R")) || str_eq(code, STR("V")))
            return true;
    }
    return false;
}

/* "Marie-Anne Dupont" as "M. D." */
static Str initials_of(Ctx *cx, Str name)
{
    Buf buf;
    buf_init(&buf, cx->arena, 32, 256);
    while (name.len) {
        Str word = str_cut(&name, ' ');
        size_t len = word.len > 0;
        while (len && len < word.len && ((unsigned char)word.at[len] & 0xc0) == 0x80)
            len++;
        if (len)
            buf_format(&buf, "%s" STR_FMT ".", buf.len ? " " : "", STR_ARG(str_head(word, len)));
    }
    return buf_done(&buf) == STATUS_OK ? buf_str(&buf) : STR_EMPTY;
}

static Str summary_of(Ctx *cx, Str what, const Booked *booked, const JsonValue *resource,
                      Names names)
{
    Str whom = booked->patient_display;
    if (names == NAMES_NONE || !whom.len || is_restricted(resource))
        return what;
    whom = names == NAMES_FULL ? whom : initials_of(cx, whom);
    Str both = arena_format(cx->arena, STR_FMT " - " STR_FMT, STR_ARG(what), STR_ARG(whom));
    return both.at ? both : what;
}

static void add_row(Ctx *cx, Buf *buf, const Agenda *agenda, const OperationRow *row, Names names)
{
    Booked booked;
    if (!appointment_read(agenda, row->resource, &booked))
        return;
    const Place *place = agenda_place(agenda, booked.place);
    const JsonValue *type = json_item(json_get(row->resource, STR("serviceType")), 0);
    Str text = json_get_str(type, STR("text"));
    IcsEvent event = {
        .id = row->id,
        .core = booked.core,
        .updated = row->row.updated,
        .status = booked.status,
        .summary = summary_of(cx, text.len ? text : STR("Aceso"), &booked, row->resource, names),
        .place = place ? place->display : STR_EMPTY};
    ics_event(buf, &event);
}

/* ---- one appointment
 * ---------------------------------------------------------------------------------- */

Status booking_ics(Operation *op)
{
    OperationRow row;
    Agenda agenda;
    Buf buf;
    TRY(operation_get(op, STR("Appointment"), op->asked.id, &row));
    TRY(agenda_load(op, &agenda));
    buf_init(&buf, op->cx->arena, 1024, 64 << 10);
    ics_begin(&buf);
    add_row(op->cx, &buf, &agenda, &row, NAMES_NONE);
    ics_end(&buf);
    TRY(buf_done(&buf));
    operation_answer_bytes(op, "text/calendar; charset=utf-8", STR("appointment.ics"),
                           buf_str(&buf));
    return STATUS_OK;
}

/* ---- the address of a practitioner
 * --------------------------------------------------------------------- */

static Str hash_of(Operation *op, Str secret)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(secret, hash);
    return crypto_hex(op->cx->arena, str_n((const char *)hash, sizeof(hash)));
}

/* "Practitioner/1 initials user" */
typedef struct {
    Str name, wish, user;
} Feed;

static Feed read_feed(Str value)
{
    Feed feed = {.name = str_cut(&value, ' ')};
    feed.wish = str_cut(&value, ' ');
    feed.user = value.at ? value : STR_EMPTY;
    return feed;
}

/* His own, and that of anybody for who writes the directory. */
static Status check_owner(Operation *op, Str *ret_name, Names *ret_allowed)
{
    OperationRow row;
    TRY(operation_get(op, STR("Practitioner"), op->asked.id, &row));
    *ret_name = row.name;
    *ret_allowed = names_allowed(row.resource);
    bool own = str_eq(operation_who(op), row.name);
    if (own || operation_role(op) == ROLE_ADMIN || access_is_system(op->call->access))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "The address of a calendar is for the one whose calendar it is.");
}

static Status end_old(Operation *op, Str name)
{
    Str hash;
    Status status = operation_item(op, FEED_OF_SPACE, name, &hash);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    const StoreItem gone = {FEED_SPACE, hash, STR_EMPTY};
    return operation_add_item(op, &gone);
}

Status booking_feed_address(Operation *op)
{
    static const char *const words[] = {"names", NULL};
    uint8_t bytes[SECRET_BYTES];
    Str name;
    Names names, allowed;
    TRY(params_only(op, words));
    TRY(check_owner(op, &name, &allowed));
    if (!read_names(operation_text(op, STR("names"), 0), &names))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The parameter \"names\" must be none, initials or full.");
    if (names > allowed)
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "The centre does not let this calendar name patients so.");
    crypto_random(bytes, sizeof(bytes));
    Str secret = crypto_base64url(op->cx->arena, str_n((const char *)bytes, sizeof(bytes)));
    Str hash = secret.at ? hash_of(op, secret) : STR_EMPTY;
    if (!hash.len)
        return STATUS_MEMORY;
    TRY(end_old(op, name));
    /* Of one that somebody else has made for him nobody is named. */
    bool own = str_eq(operation_who(op), name);
    Str value = arena_format(op->cx->arena, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(name),
                             STR_ARG(names_words[own ? names : NAMES_NONE]),
                             STR_ARG(own ? access_account(op->call->access) : STR_EMPTY));
    if (!value.at)
        return STATUS_MEMORY;
    const StoreItem feed = {FEED_SPACE, hash, value}, of = {FEED_OF_SPACE, name, hash};
    TRY(operation_add_item(op, &feed));
    TRY(operation_add_item(op, &of));
    Str base = str_head(op->call->base, op->call->base.len - STR("/fhir").len);
    Str body = arena_format(op->cx->arena,
                            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"address\","
                            "\"valueUrl\":\"" STR_FMT "/calendar/" STR_FMT ".ics\"}]}",
                            STR_ARG(base), STR_ARG(secret));
    if (!body.at)
        return STATUS_MEMORY;
    operation_answer(op, 200, body);
    return STATUS_OK;
}

/* How far the centre lets it go, and what the address that there is was made for; never which. */
Status booking_feed_state(Operation *op)
{
    static const char *const words[] = {NULL};
    Str name, hash, wish = STR_EMPTY;
    Names allowed, wanted;
    Buf buf;
    TRY(params_only(op, words));
    TRY(check_owner(op, &name, &allowed));
    Status status = operation_item(op, FEED_OF_SPACE, name, &hash);
    if (status == STATUS_OK)
        status = operation_item(op, FEED_SPACE, hash, &wish);
    if (status != STATUS_NOT_FOUND)
        TRY(status);
    buf_init(&buf, op->cx->arena, 256, 1024);
    buf_format(&buf,
               "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"allowed\","
               "\"valueCode\":\"" STR_FMT "\"}",
               STR_ARG(names_words[allowed]));
    if (status == STATUS_OK) {
        if (!read_names(read_feed(wish).wish, &wanted))
            wanted = NAMES_NONE;
        buf_format(&buf, ",{\"name\":\"names\",\"valueCode\":\"" STR_FMT "\"}",
                   STR_ARG(names_words[wanted < allowed ? wanted : allowed]));
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    operation_answer(op, 200, buf_str(&buf));
    return STATUS_OK;
}

Status booking_feed_revoke(Operation *op)
{
    Str name;
    Names allowed;
    TRY(check_owner(op, &name, &allowed));
    TRY(end_old(op, name));
    const StoreItem gone = {FEED_OF_SPACE, name, STR_EMPTY};
    TRY(operation_add_item(op, &gone));
    operation_answer(op, 204, STR_EMPTY);
    return STATUS_OK;
}

/* ---- what is there
 * ---------------------------------------------------------------------------------------- */

/* "SECRET.ics", of the alphabet of base64url. */
bool booking_feed_secret(Str file, Str *ret_secret)
{
    enum { LEN = SECRET_BYTES / 3 * 4 };
    if (file.len != LEN + 4 || !str_has_suffix(file, STR(".ics")))
        return false;
    for (size_t i = 0; i < LEN; i++) {
        char c = file.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    *ret_secret = str_head(file, LEN);
    return true;
}

/* What he asked for, as far as the centre lets him today. */
static Status names_of_feed(Operation *op, Str name, Str wish, Names *ret_names)
{
    OperationRow row;
    Names wanted, allowed;
    Str id = name;
    (void)str_cut(&id, '/');
    TRY(operation_get(op, STR("Practitioner"), id, &row));
    allowed = names_allowed(row.resource);
    *ret_names = !read_names(wish, &wanted) ? NAMES_NONE : wanted < allowed ? wanted : allowed;
    return STATUS_OK;
}

static Status open_feed(Operation *op, Feed *ret_feed)
{
    Str secret, value;
    Status status = booking_feed_secret(operation_text(op, STR("file"), 0), &secret)
                        ? operation_item(op, FEED_SPACE, hash_of(op, secret), &value)
                        : STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing at this address.");
    TRY(status);
    *ret_feed = read_feed(value);
    return STATUS_OK;
}

Status booking_feed_owner(Operation *op)
{
    Feed feed;
    operation_own(op, true);
    TRY(open_feed(op, &feed));
    operation_answer_bytes(op, "text/plain", STR_EMPTY, feed.user);
    return STATUS_OK;
}

/* A name is told of whom its owner sees now, and that it is stands on the audit log. */
static Status names_of_row(Operation *op, const OperationRow *row, Names names, Names *ret_names)
{
    const Access *access;
    *ret_names = NAMES_NONE;
    if (names == NAMES_NONE)
        return STATUS_OK;
    TRY(operation_access(op, &access));
    if (access_sees_packed(access, row->row.type, row->row.facts) == SIGHT_NONE)
        return STATUS_OK;
    *ret_names = names;
    return operation_shows(op, row);
}

typedef struct {
    Operation *op;
    const Agenda *agenda;
    Names names;
    Buf buf;
} Writing;

static Status write_row(void *of, const OperationRow *row)
{
    Writing *w = of;
    Names shown;
    if (!busy_status(json_get_str(row->resource, STR("status"))))
        return STATUS_OK;
    TRY(names_of_row(w->op, row, w->names, &shown));
    add_row(w->op->cx, &w->buf, w->agenda, row, shown);
    return STATUS_OK;
}

static Status write_feed(Writing *w, Str name)
{
    char from[TIME_INSTANT_LEN], until[TIME_INSTANT_LEN];
    Operation *op = w->op;
    Str query = arena_format(op->cx->arena, "actor=" STR_FMT "&date=ge" STR_FMT "&date=lt" STR_FMT,
                             STR_ARG(name),
                             STR_ARG(time_format_instant(op->now - BACK_DAYS * TIME_DAY, from)),
                             STR_ARG(time_format_instant(op->now + AHEAD_DAYS * TIME_DAY, until)));
    if (!query.at)
        return STATUS_MEMORY;
    buf_init(&w->buf, op->cx->arena, 16 << 10, BOOKING_BODY_MAX);
    ics_begin(&w->buf);
    TRY(operation_each(op, STR("Appointment"), query, write_row, w));
    ics_end(&w->buf);
    return buf_done(&w->buf);
}

Status booking_feed(Operation *op)
{
    Feed feed;
    Agenda agenda;
    Writing w = {.op = op, .agenda = &agenda};
    operation_own(op, true);
    TRY(open_feed(op, &feed));
    TRY(names_of_feed(op, feed.name, feed.wish, &w.names));
    TRY(agenda_load(op, &agenda));
    if (!op->call->access || !str_eq(operation_who(op), feed.name))
        w.names = NAMES_NONE;
    TRY(write_feed(&w, feed.name));
    operation_answer_bytes(op, "text/calendar; charset=utf-8", STR("calendar.ics"),
                           buf_str(&w.buf));
    return STATUS_OK;
}
