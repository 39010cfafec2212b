/* search/stream.c - streams of places: united lists of the index, or a sorted array. */
#include "search/stream.h"

enum {
    GATHER_MAX = 2000000, /* places of one condition, 24 MB */
    SYSTEMS_MAX = 64,     /* lists united for codes without a system; more are read whole */
};

/* One list of equal values: keys prefix|place. */
typedef struct {
    StoreCursor *cursor;
    Str prefix;
    Place now; /* where the cursor stands, when `stands` */
    bool stands, ended;
} List;

struct Stream {
    List *lists;
    size_t list_count;
    const Place *places; /* else: a sorted array */
    size_t place_count, at;
};

int place_cmp(const void *a, const void *b)
{
    return memcmp(a, b, KEY_PLACE);
}

bool place_after(Place *place)
{
    for (size_t i = KEY_PLACE; i-- > 0;) {
        if (++place->at[i])
            return true;
    }
    return false;
}

/* ---- lists ---------------------------------------------------------------------- */

static Status list_step(List *list)
{
    Str key;
    TRY(store_cursor_next(list->cursor, &key));
    list->ended = !key.at;
    list->stands = true;
    if (key.at)
        memcpy(list->now.at, key_place(key).at, KEY_PLACE);
    return STATUS_OK;
}

static Status list_jump(List *list, const Place *to)
{
    Key target = {.len = 0};
    key_add(&target, list->prefix.at, list->prefix.len);
    key_add(&target, to->at, KEY_PLACE);
    TRY(store_cursor_seek(list->cursor, key_str(&target)));
    list->ended = false;
    return list_step(list);
}

/* To the first place >= from. The next key is often the one: a step is cheaper than a
 * jump. */
static Status list_reach(List *list, const Place *from)
{
    if (list->stands && (list->ended || place_cmp(&list->now, from) >= 0))
        return STATUS_OK;
    if (!list->stands)
        return list_jump(list, from);
    TRY(list_step(list));
    return list->ended || place_cmp(&list->now, from) >= 0 ? STATUS_OK : list_jump(list, from);
}

static Status lists_seek(Stream *stream, const Place *from, Place *ret_place, bool *ret_found)
{
    *ret_found = false;
    for (size_t i = 0; i < stream->list_count; i++) {
        List *list = &stream->lists[i];
        TRY(list_reach(list, from));
        if (list->ended || (*ret_found && place_cmp(&list->now, ret_place) >= 0))
            continue;
        *ret_place = list->now;
        *ret_found = true;
    }
    return STATUS_OK;
}

Status stream_seek(Stream *stream, const Place *from, Place *ret_place, bool *ret_found)
{
    if (stream->lists)
        return lists_seek(stream, from, ret_place, ret_found);
    while (stream->at < stream->place_count && place_cmp(&stream->places[stream->at], from) < 0)
        stream->at++;
    *ret_found = stream->at < stream->place_count;
    if (*ret_found)
        *ret_place = stream->places[stream->at];
    return STATUS_OK;
}

Status stream_has(Stream *stream, const Place *place, bool *ret_has)
{
    *ret_has = false;
    if (!stream->lists) {
        *ret_has = stream->place_count && bsearch(place, stream->places, stream->place_count,
                                                  sizeof(Place), place_cmp) != NULL;
        return STATUS_OK;
    }
    for (size_t i = 0; i < stream->list_count && !*ret_has; i++) {
        List *list = &stream->lists[i];
        TRY(list_jump(list, place));
        *ret_has = !list->ended && place_cmp(&list->now, place) == 0;
    }
    return STATUS_OK;
}

static Status list_add(const StreamSource *source, Stream *stream, Str prefix)
{
    List *list = &stream->lists[stream->list_count];
    *list = (List){.prefix = arena_str(source->cx->arena, prefix)};
    if (!list->prefix.at)
        return STATUS_MEMORY;
    stream->list_count++;
    return store_cursor(source->reader, list->prefix, &list->cursor);
}

static Status stream_new(const StreamSource *source, size_t lists, Stream **ret_stream)
{
    Stream *stream = arena_new_of(source->cx->arena, Stream);
    if (stream && lists)
        stream->lists = arena_array_of(source->cx->arena, List, lists);
    if (!stream || (lists && !stream->lists))
        return STATUS_MEMORY;
    *ret_stream = stream;
    return STATUS_OK;
}

Status stream_of_type(const StreamSource *source, uint16_t type, Stream **ret_stream)
{
    Key key;
    key_begin(&key, KEY_LISTING, type);
    TRY(stream_new(source, 1, ret_stream));
    return list_add(source, *ret_stream, key_str(&key));
}

/* ---- sorted arrays ----------------------------------------------------------------- */

typedef struct {
    const StreamSource *source;
    Place *at;
    size_t count, room;
} Gather;

static Status gather_add(Gather *g, Str place)
{
    Ctx *cx = g->source->cx;
    if (g->count == g->room) {
        size_t room = g->room ? g->room * 2 : 64;
        Place *at = room > GATHER_MAX ? NULL
                                      : arena_realloc(cx->arena, g->at, g->room * sizeof(Place),
                                                      room * sizeof(Place));
        if (!at)
            return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY,
                            "The search matches too much: add a condition.");
        g->at = at;
        g->room = room;
    }
    memcpy(g->at[g->count++].at, place.at, KEY_PLACE);
    return g->count % 4096 ? STATUS_OK : ctx_check_deadline(cx);
}

static Status gather_end(Gather *g, Stream **ret_stream)
{
    if (g->count)
        qsort(g->at, g->count, sizeof(Place), place_cmp);
    size_t kept = 0;
    for (size_t i = 0; i < g->count; i++) {
        if (kept == 0 || place_cmp(&g->at[kept - 1], &g->at[i]) != 0)
            g->at[kept++] = g->at[i];
    }
    TRY(stream_new(g->source, 0, ret_stream));
    (*ret_stream)->places = g->at;
    (*ret_stream)->place_count = kept;
    return STATUS_OK;
}

/* Whether the range [lo, hi) of a key answers the value. SPEC R4 search.html#prefix */
static bool range_holds(const Value *value, Time lo, Time hi)
{
    bool within = value->lo <= lo && hi <= value->hi;
    switch (value->compare) {
    case PREFIX_EQ: return within;
    case PREFIX_NE: return !within;
    case PREFIX_GT: return hi > value->hi;
    case PREFIX_LT: return lo < value->lo;
    case PREFIX_GE: return hi > value->hi || within;
    case PREFIX_LE: return lo < value->lo || within;
    case PREFIX_SA: return lo >= value->hi;
    case PREFIX_EB: return hi <= value->lo;
    case PREFIX_AP: return lo < value->hi && hi > value->lo;
    }
    return false;
}

/* Keys of a date parameter run by lo: where a scan may start, and whether it may stop. */
static bool starts_at_lo(Prefix compare)
{
    return compare == PREFIX_EQ || compare == PREFIX_SA;
}

static bool past_the_range(const Value *value, Time lo)
{
    switch (value->compare) {
    case PREFIX_EQ:
    case PREFIX_AP:
    case PREFIX_LE: return lo >= value->hi;
    case PREFIX_LT:
    case PREFIX_EB: return lo >= value->lo;
    default: return false;
    }
}

static Status gather_dates(Gather *g, const Value *value)
{
    StoreCursor *cursor;
    TRY(store_cursor(g->source->reader, value->prefix, &cursor));
    if (starts_at_lo(value->compare)) {
        Key from = {.len = 0};
        key_add(&from, value->prefix.at, value->prefix.len);
        key_add_time(&from, value->lo);
        TRY(store_cursor_seek(cursor, key_str(&from)));
    }
    for (;;) {
        Str key;
        TRY(store_cursor_next(cursor, &key));
        if (!key.at)
            return STATUS_OK;
        Time lo = key_time(key, KEY_HEAD), hi = key_time(key, KEY_HEAD + KEY_TIME);
        if (past_the_range(value, lo))
            return STATUS_OK;
        if (range_holds(value, lo, hi))
            TRY(gather_add(g, key_place(key)));
    }
}

static Status gather_prefix(Gather *g, const Value *value)
{
    StoreCursor *cursor;
    TRY(store_cursor(g->source->reader, value->prefix, &cursor));
    for (;;) {
        Str key;
        TRY(store_cursor_next(cursor, &key));
        if (!key.at)
            return STATUS_OK;
        TRY(gather_add(g, key_place(key)));
    }
}

static Status gather_condition(const StreamSource *source, const Condition *condition,
                               Stream **ret_stream)
{
    Gather g = {.source = source};
    for (size_t i = 0; i < condition->count; i++) {
        const Value *value = &condition->values[i];
        TRY(condition->param->kind == FHIR_PARAM_DATE ? gather_dates(&g, value)
                                                      : gather_prefix(&g, value));
    }
    return gather_end(&g, ret_stream);
}

Status stream_of_ids(const StreamSource *source, uint16_t type, const Str *ids, size_t count,
                     Stream **ret_stream)
{
    Gather g = {.source = source};
    for (size_t i = 0; i < count; i++) {
        StoreRow row;
        Status status = store_get(source->reader, type, ids[i], true, &row);
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
            continue;
        TRY(status);
        JsonValue *resource;
        TRY(json_parse(source->cx, row.body, &resource));
        Key key = {.len = 0};
        key_add_place(&key, search_clinical_date(source->search, type, resource), row.rid);
        TRY(gather_add(&g, key_str(&key)));
    }
    return gather_end(&g, ret_stream);
}

/* ---- conditions ----------------------------------------------------------------------- */

/* A code in any system: one list for each system that it occurs in, found by leaping from
 * system to system. */
static Status add_systems(const StreamSource *source, Stream *stream, Str code, size_t room,
                          bool *ret_fits)
{
    StoreCursor *cursor;
    TRY(store_cursor(source->reader, code, &cursor));
    for (;;) {
        Str key;
        TRY(store_cursor_next(cursor, &key));
        if (!key.at)
            return STATUS_OK;
        Key list = {.len = 0};
        key_add(&list, key.at, code.len + KEY_SYSTEM);
        *ret_fits = stream->list_count < room;
        if (!*ret_fits)
            return STATUS_OK;
        TRY(list_add(source, stream, key_str(&list)));
        for (size_t i = list.len; i-- > code.len && ++list.at[i] == 0;)
            ;
        if (memcmp(list.at + code.len, (char[KEY_SYSTEM]){0}, KEY_SYSTEM) == 0)
            return STATUS_OK; /* that was the last system there can be */
        TRY(store_cursor_seek(cursor, key_str(&list)));
    }
}

Status stream_of_condition(const StreamSource *source, const Condition *condition,
                           Stream **ret_stream)
{
    FhirParamKind kind = condition->param->kind;
    if (kind == FHIR_PARAM_DATE || kind == FHIR_PARAM_STRING)
        return gather_condition(source, condition, ret_stream);
    Stream *stream;
    bool fits = true;
    size_t room = condition->count + SYSTEMS_MAX;
    TRY(stream_new(source, room, &stream));
    for (size_t i = 0; i < condition->count && fits; i++) {
        const Value *value = &condition->values[i];
        if (value->any_system)
            TRY(add_systems(source, stream, value->prefix, room - (condition->count - i - 1),
                            &fits));
        else
            TRY(list_add(source, stream, value->prefix));
    }
    if (!fits)
        return gather_condition(source, condition, ret_stream);
    *ret_stream = stream;
    return STATUS_OK;
}
