/* booking/rules.c - from resources to rules. */
#include "booking/rules.h"

#include "fhir/fhir.h"

static const char weekday_words[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

bool refs_have(Refs refs, Str name)
{
    for (size_t i = 0; i < refs.count; i++)
        if (str_eq(refs.at[i], name))
            return true;
    return false;
}

Time edge_instant(Edge edge, const Zone *zone)
{
    return edge.is_day ? zone_instant(zone, edge.at, 0) : edge.at;
}

/* ---- extensions ------------------------------------------------------------------------------ */

JsonValue *rules_extension(const JsonValue *element, Str url, size_t i)
{
    JsonValue *item, *value;
    Str name;
    for (JsonIter it = json_iter(json_get(element, STR("extension")));
         json_next(&it, NULL, &item);) {
        if (!str_eq(json_get_str(item, STR("url")), url) || i-- > 0)
            continue;
        for (JsonIter of = json_iter(item); json_next(&of, &name, &value);)
            if (str_has_prefix(name, STR("value")))
                return value;
    }
    return NULL;
}

static unsigned read_number(const JsonValue *element, Str url, unsigned usual, unsigned most)
{
    uint64_t number;
    Str text = json_str(rules_extension(element, url, 0));
    return str_to_u64(text, &number) && number <= most ? (unsigned)number : usual;
}

static Str read_reference(const JsonValue *value)
{
    return json_is(value, JSON_STRING) ? json_str(value) : json_get_str(value, STR("reference"));
}

/* Room for one more, in an array that doubles as it must; empty is NULL. */
static void *grown(Ctx *cx, const void *old, size_t count, size_t each)
{
    if (count & (count - 1))
        return (void *)old; /* made here */
    uint8_t *room = arena_alloc(cx->arena, (count ? 2 * count : 1) * each);
    if (room && count)
        memcpy(room, old, count * each);
    return room;
}

static Status add_ref(Ctx *cx, Refs *refs, Str name)
{
    if (!name.len || refs->count == RULES_ITEMS_MAX)
        return STATUS_OK;
    Str *at = grown(cx, refs->at, refs->count, sizeof(*at));
    if (!at)
        return STATUS_MEMORY;
    at[refs->count++] = name;
    refs->at = at;
    return STATUS_OK;
}

static Status read_extension_refs(Ctx *cx, const JsonValue *element, Str url, Refs *ret_refs)
{
    const JsonValue *value;
    *ret_refs = (Refs){0};
    for (size_t i = 0; (value = rules_extension(element, url, i)) != NULL; i++)
        TRY(add_ref(cx, ret_refs, read_reference(value)));
    return STATUS_OK;
}

static Status read_refs(Ctx *cx, const JsonValue *list, Refs *ret_refs)
{
    JsonValue *item;
    *ret_refs = (Refs){0};
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);)
        TRY(add_ref(cx, ret_refs, read_reference(item)));
    return STATUS_OK;
}

/* ---- times ----------------------------------------------------------------------------------- */

static const Edge always_from = {false, INT64_MIN}, always_until = {false, INT64_MAX};

/* What is broken counts as said to be without an end: it takes time away. */
static Edge read_edge(Str text, bool end)
{
    Time lo, hi;
    if (!text.len || !fhir_date_range(text, &lo, &hi))
        return end ? always_until : always_from;
    if (str_index(text, 'T') != SIZE_MAX)
        return (Edge){false, lo};
    Time at = end ? hi : lo;
    return (Edge){true, at / TIME_DAY - (at % TIME_DAY < 0)};
}

static Closure read_closure(const JsonValue *period)
{
    return (Closure){read_edge(json_get_str(period, STR("start")), false),
                     read_edge(json_get_str(period, STR("end")), true)};
}

static Status add_closure(Ctx *cx, Closures *closures, const JsonValue *period)
{
    if (!period || closures->count == RULES_ITEMS_MAX)
        return STATUS_OK;
    Closure *at = grown(cx, closures->at, closures->count, sizeof(*at));
    if (!at)
        return STATUS_MEMORY;
    at[closures->count++] = read_closure(period);
    closures->at = at;
    return STATUS_OK;
}

static Status read_closures(Ctx *cx, const JsonValue *resource, Closures *ret_closures)
{
    JsonValue *item;
    const JsonValue *value;
    *ret_closures = (Closures){0};
    for (JsonIter it = json_iter(json_get(resource, STR("notAvailable")));
         json_next(&it, NULL, &item);)
        TRY(add_closure(cx, ret_closures, json_get(item, STR("during"))));
    for (size_t i = 0; (value = rules_extension(resource, STR("urn:aceso:closed"), i)); i++)
        TRY(add_closure(cx, ret_closures, value));
    return STATUS_OK;
}

/* Of a rule that gives time: when it holds, in whole days. false: not understood. */
static bool read_days(const JsonValue *period, int64_t *ret_first, int64_t *ret_end)
{
    Str start = json_get_str(period, STR("start")), end = json_get_str(period, STR("end"));
    *ret_first = INT64_MIN;
    *ret_end = INT64_MAX;
    return (!start.len || wall_read_day(str_head(start, ZONE_DATE_LEN), ret_first)) &&
           (!end.len || (wall_read_day(str_head(end, ZONE_DATE_LEN), ret_end) && ++*ret_end));
}

bool rules_read_weekdays(Str text, uint8_t *ret_days)
{
    uint8_t days = 0;
    while (text.len) {
        Str word = str_cut(&text, ',');
        unsigned i = 0;
        while (i < 7 && !str_eq(word, str_n(weekday_words[i], 3)))
            i++;
        if (i == 7)
            return false;
        days |= (uint8_t)(1u << i);
    }
    *ret_days = days ? days : 0x7f;
    return true;
}

static bool read_window_days(const JsonValue *list, uint8_t *ret_days)
{
    JsonValue *item;
    uint8_t day;
    *ret_days = list ? 0 : 0x7f;
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);) {
        if (!json_str(item).len || !rules_read_weekdays(json_str(item), &day))
            return false;
        *ret_days |= day;
    }
    return true;
}

static bool read_window(const JsonValue *json, Window *window)
{
    uint64_t weeks = 1;
    const JsonValue *valid = rules_extension(json, STR("urn:aceso:valid"), 0);
    const JsonValue *every = rules_extension(json, STR("urn:aceso:every-weeks"), 0);
    *window = (Window){.until = 86400};
    if (!read_window_days(json_get(json, STR("daysOfWeek")), &window->weekdays) ||
        !read_days(valid, &window->first_day, &window->end_day))
        return false;
    if (every && (!str_to_u64(json_str(every), &weeks) || weeks < 1 || weeks > 53))
        return false;
    if (weeks > 1 && window->first_day == INT64_MIN)
        return false; /* from which week on? */
    window->every_weeks = (unsigned)weeks;
    window->place = read_reference(rules_extension(json, STR("urn:aceso:location"), 0));
    if (json_bool(json_get(json, STR("allDay"))))
        return true;
    return wall_read_clock(json_get_str(json, STR("availableStartTime")), &window->from) &&
           wall_read_clock(json_get_str(json, STR("availableEndTime")), &window->until) &&
           window->from < window->until;
}

bool window_holds(const Window *window, int64_t day)
{
    if (day < window->first_day || day >= window->end_day ||
        !(window->weekdays >> wall_weekday(day) & 1))
        return false;
    if (window->every_weeks <= 1)
        return true;
    int64_t monday = window->first_day - (int64_t)wall_weekday(window->first_day);
    return (day - monday) / 7 % window->every_weeks == 0;
}

/* ---- resources ------------------------------------------------------------------------------- */

static Str name_of(Ctx *cx, const JsonValue *resource)
{
    return arena_format(cx->arena, STR_FMT "/" STR_FMT,
                        STR_ARG(json_get_str(resource, STR("resourceType"))),
                        STR_ARG(json_get_str(resource, STR("id"))));
}

static bool is_active(const JsonValue *resource)
{
    const JsonValue *active = json_get(resource, STR("active"));
    return !active || json_bool(active);
}

static Door read_door(const JsonValue *resource)
{
    Str door = json_str(rules_extension(resource, STR("urn:aceso:door"), 0));
    return str_eq(door, STR("direct"))    ? DOOR_DIRECT
           : str_eq(door, STR("request")) ? DOOR_REQUEST
                                          : DOOR_CLOSED;
}

Status rules_read_service(Ctx *cx, const JsonValue *resource, Service *ret_service)
{
    Service *s = ret_service;
    enum { MINUTES = RULES_MINUTES_MAX, YEAR = 366 };
    *s = (Service){.name = name_of(cx, resource),
                   .display = json_get_str(resource, STR("name")),
                   .type = json_item(json_get(resource, STR("type")), 0),
                   .active = is_active(resource),
                   .door = read_door(resource)};
    if (!s->name.at)
        return STATUS_MEMORY;
    s->display = s->display.len ? s->display : s->name;
    s->minutes = read_number(resource, STR("urn:aceso:minutes"), RULES_MINUTES_USUAL, MINUTES);
    s->before = read_number(resource, STR("urn:aceso:buffer-before"), 0, MINUTES);
    s->after = read_number(resource, STR("urn:aceso:buffer-after"), 0, MINUTES);
    s->step = read_number(resource, STR("urn:aceso:step"), RULES_STEP_USUAL, MINUTES);
    s->overbooking = read_number(resource, STR("urn:aceso:overbooking"), 0, RULES_OVERBOOKING_MAX);
    s->notice_minutes =
        read_number(resource, STR("urn:aceso:notice"), RULES_NOTICE_USUAL, YEAR * MINUTES);
    s->ahead_days = read_number(resource, STR("urn:aceso:ahead"), RULES_AHEAD_USUAL, 2 * YEAR);
    s->limit_hours = read_number(resource, STR("urn:aceso:limit"), RULES_LIMIT_USUAL, YEAR * 24);
    s->series = read_number(resource, STR("urn:aceso:series"), 1, RULES_SERIES_MAX);
    s->series = s->series ? s->series : 1;
    s->minutes = s->minutes ? s->minutes : RULES_MINUTES_USUAL;
    s->step = s->step ? s->step : RULES_STEP_USUAL;
    TRY(read_refs(cx, json_get(resource, STR("location")), &s->places));
    TRY(read_extension_refs(cx, resource, STR("urn:aceso:room"), &s->rooms));
    TRY(read_extension_refs(cx, resource, STR("urn:aceso:device"), &s->devices));
    return read_closures(cx, resource, &s->closures);
}

static Status read_windows(Ctx *cx, const JsonValue *list, Member *member)
{
    JsonValue *item;
    size_t room = json_count(list) < RULES_ITEMS_MAX ? json_count(list) : RULES_ITEMS_MAX;
    Window *windows = arena_array_of(cx->arena, Window, room + 1);
    if (!windows)
        return STATUS_MEMORY;
    member->windows = windows;
    for (JsonIter it = json_iter(list);
         member->window_count < room && json_next(&it, NULL, &item);) {
        Window *window = &windows[member->window_count];
        if (!read_window(item, window))
            continue;
        TRY(read_extension_refs(cx, item, STR("urn:aceso:service"), &window->services));
        member->window_count++;
    }
    return STATUS_OK;
}

static Status read_codes(Ctx *cx, const JsonValue *concepts, Refs *ret_codes)
{
    JsonValue *concept, *coding;
    *ret_codes = (Refs){0};
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);)
        for (JsonIter of = json_iter(json_get(concept, STR("coding")));
             json_next(&of, NULL, &coding);)
            TRY(add_ref(cx, ret_codes, json_get_str(coding, STR("code"))));
    return STATUS_OK;
}

Status rules_read_member(Ctx *cx, const JsonValue *resource, Member *ret_member)
{
    const JsonValue *practitioner = json_get(resource, STR("practitioner"));
    *ret_member = (Member){.name = name_of(cx, resource),
                           .practitioner = read_reference(practitioner),
                           .display = json_get_str(practitioner, STR("display")),
                           .active = is_active(resource)};
    if (!ret_member->name.at)
        return STATUS_MEMORY;
    if (!ret_member->display.len)
        ret_member->display = ret_member->practitioner;
    if (!ret_member->practitioner.len ||
        !read_days(json_get(resource, STR("period")), &ret_member->first_day, &ret_member->end_day))
        ret_member->active = false;
    TRY(read_codes(cx, json_get(resource, STR("code")), &ret_member->professions));
    TRY(read_refs(cx, json_get(resource, STR("location")), &ret_member->places));
    TRY(read_refs(cx, json_get(resource, STR("healthcareService")), &ret_member->services));
    TRY(read_windows(cx, json_get(resource, STR("availableTime")), ret_member));
    return read_closures(cx, resource, &ret_member->closures);
}

static bool is_room(const JsonValue *resource)
{
    JsonValue *coding;
    for (JsonIter it = json_iter(json_get(json_get(resource, STR("physicalType")), STR("coding")));
         json_next(&it, NULL, &coding);)
        if (str_eq(json_get_str(coding, STR("code")), STR("ro")))
            return true;
    return false;
}

Status rules_read_place(Ctx *cx, const JsonValue *resource, Place *ret_place)
{
    Str status = json_get_str(resource, STR("status"));
    *ret_place =
        (Place){.name = name_of(cx, resource),
                .display = json_get_str(resource, STR("name")),
                .part_of = read_reference(json_get(resource, STR("partOf"))),
                .organization = read_reference(json_get(resource, STR("managingOrganization"))),
                .zone = json_str(rules_extension(resource, STR("urn:aceso:zone"), 0)),
                .is_room = is_room(resource),
                .active = !status.len || str_eq(status, STR("active"))};
    if (!ret_place->name.at)
        return STATUS_MEMORY;
    return read_closures(cx, resource, &ret_place->closures);
}
