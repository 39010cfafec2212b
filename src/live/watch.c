/* live/watch.c - what a stream watches, and whether a change is about it. */
#include "live/inner.h"

#include "fhir/fhir.h"
#include "json/json.h"

/* ---- asked ---------------------------------------------------------------------------------- */

static Status refuse(Ctx *cx)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                    "A watch is Type/id, day:YYYY-MM-DD, day:YYYY-MM-DD:Type/id, or inbox.");
}

/* "Patient/1" */
static bool is_reference(Str text, uint16_t *ret_type, Str *ret_id)
{
    *ret_id = text;
    *ret_type = fhir_type_find(str_cut(ret_id, '/'));
    return *ret_type && fhir_id_is(*ret_id);
}

/* A day is one of the place's own zone; where times are written without it, it may be any. */
enum { ZONE_EAST_MAX_H = 14, ZONE_WEST_MAX_H = 12 };

static Status parse_day(Ctx *cx, Str text, Watch *watch)
{
    Str place = text, day = str_cut(&place, ':'), id;
    uint16_t type;
    watch->kind = WATCH_DAY;
    if (day.len != 10 || !fhir_date_range(day, &watch->lo, &watch->hi))
        return refuse(cx);
    memcpy(watch->day, day.at, day.len);
    watch->lo -= ZONE_EAST_MAX_H * 3600 * TIME_SECOND;
    watch->hi += ZONE_WEST_MAX_H * 3600 * TIME_SECOND;
    if (!place.at)
        return STATUS_OK;
    if (!is_reference(place, &type, &id) || place.len + 2 > LIVE_NAME_BYTES_MAX)
        return refuse(cx);
    watch->name_len =
        (uint8_t)snprintf(watch->name, sizeof(watch->name), "\"" STR_FMT "\"", STR_ARG(place));
    return STATUS_OK;
}

Status watch_parse(Ctx *cx, Str text, Watch *ret_watch)
{
    Str rest = text, id;
    *ret_watch = (Watch){.kind = WATCH_INBOX};
    if (str_eq(text, STR("inbox")))
        return STATUS_OK;
    if (str_eq(str_cut(&rest, ':'), STR("day")) && rest.at)
        return parse_day(cx, rest, ret_watch);
    if (!is_reference(text, &ret_watch->type, &id))
        return refuse(cx);
    ret_watch->kind = WATCH_RESOURCE;
    ret_watch->id_len = (uint8_t)id.len;
    memcpy(ret_watch->id, id.at, id.len);
    return STATUS_OK;
}

/* ---- told ----------------------------------------------------------------------------------- */

static bool contains(Str text, Str word)
{
    return word.len && text.len >= word.len && memmem(text.at, text.len, word.at, word.len);
}

static bool is_about(const Watch *watch, const RecordChange *change)
{
    if (change->type == watch->type && change->id.len == watch->id_len &&
        memcmp(change->id.at, watch->id, watch->id_len) == 0)
        return true;
    for (size_t i = 0; watch->hash && change->known && i < change->facts.subject_count; i++)
        if (change->facts.subjects[i] == watch->hash)
            return true;
    return false;
}

/* The value of the next member "name":"..." in the text of a body, for times alone: they have no
 * escapes. */
static bool next_value(Str *body, const char *name, Str *ret_value)
{
    char *at = body->len ? memmem(body->at, body->len, name, strlen(name)) : NULL;
    if (!at)
        return false;
    *body = str_from(*body, (size_t)(at - body->at) + strlen(name));
    size_t end = str_index(*body, '"');
    *ret_value = str_head(*body, end == SIZE_MAX ? 0 : end);
    return true;
}

/* As it is written, with the zone of its place; one in UTC, in whatever zone the place is. */
static bool is_on(const Watch *watch, Str text)
{
    Time lo, hi;
    if (!text.len || !fhir_date_range(text, &lo, &hi))
        return false;
    if (!str_has_suffix(text, STR("Z")))
        return str_eq(str_head(text, 10), str_n(watch->day, 10));
    return lo >= watch->lo && lo < watch->hi;
}

static bool is_then(const Watch *watch, Str body)
{
    static const char *const names[] = {"\"start\":\"", "\"end\":\""};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        for (Str rest = body, value; next_value(&rest, names[i], &value);)
            if (is_on(watch, value))
                return true;
    return false;
}

static bool is_there(const Watch *watch, Str body)
{
    return is_then(watch, body) &&
           (!watch->name_len || contains(body, str_n(watch->name, watch->name_len)));
}

static bool is_of_the_day(const Watch *watch, const RecordChange *change)
{
    return is_there(watch, change->body) || is_there(watch, change->before);
}

/* Tasks and messages are addressed to teams too; results and orders to himself. */
static bool is_for(const LiveStream *stream, Str body, bool teams)
{
    for (size_t i = 0; body.len && i < stream->inbox.count; i++)
        if ((teams || !stream->inbox.names[i].team) &&
            contains(body, str_n(stream->inbox.names[i].text, stream->inbox.names[i].len)))
            return true;
    return false;
}

static bool fits(const LiveStream *stream, const Watch *watch, const RecordChange *change)
{
    const uint16_t *types = stream->live->types;
    bool to_teams = change->type == types[LIVE_TASK] || change->type == types[LIVE_COMMUNICATION];
    switch (watch->kind) {
    case WATCH_RESOURCE: return is_about(watch, change);
    case WATCH_DAY:
        return (change->type == types[LIVE_APPOINTMENT] || change->type == types[LIVE_ENCOUNTER]) &&
               is_of_the_day(watch, change);
    case WATCH_INBOX:
        return (to_teams || change->type == types[LIVE_REPORT] ||
                change->type == types[LIVE_ORDER]) &&
               (is_for(stream, change->body, to_teams) || is_for(stream, change->before, to_teams));
    }
    return false;
}

bool watch_fits(const LiveStream *stream, const RecordChange *change)
{
    for (size_t i = 0; i < stream->watch_count; i++)
        if (fits(stream, &stream->watches[i], change))
            return true;
    return false;
}
