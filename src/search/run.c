/* search/run.c - the conditions as ordered streams of places, intersected by leaps.
 *
 * A place is the last 12 bytes of a key: clinical date and rid, inverted. Every list of
 * equal values is in place order, so the intersection of conditions is a leapfrog: each
 * stream in turn seeks to the largest place seen; when all agree, that is a hit. Streams
 * whose keys are not in place order (text, date ranges, several values, _id) are read whole
 * and sorted first. */

#include "search/internal.h"

enum { GATHER_MAX = 2000000 }; /* places of one condition, 24 MB */

typedef struct {
    unsigned char at[KEY_PLACE];
} Place;

static Str place_str(const Place *place)
{
    return str_n((const char *)place->at, KEY_PLACE);
}

static int place_cmp(const void *a, const void *b)
{
    return memcmp(a, b, KEY_PLACE);
}

/* Either a cursor over keys prefix|place, or a sorted array. */
typedef struct {
    StoreCursor *cursor;
    Str prefix;
    const Place *places;
    size_t count, at;
} Stream;

typedef struct {
    const Search *search;
    Ctx *cx;
    StoreReader *reader;
    const SearchQuery *query;
    Stream streams[SEARCH_CONDITIONS_MAX + 2];
    size_t stream_count;
} Run;

/* ---- streams -------------------------------------------------------------------- */

/* The first place >= from; false at the end. */
static Status stream_seek(Stream *s, const Place *from, Place *ret_place, bool *ret_found)
{
    if (!s->cursor) {
        while (s->at < s->count && place_cmp(&s->places[s->at], from) < 0)
            s->at++;
        *ret_found = s->at < s->count;
        if (*ret_found)
            *ret_place = s->places[s->at];
        return STATUS_OK;
    }
    Key target = {.len = 0};
    key_add(&target, s->prefix.at, s->prefix.len);
    key_add(&target, from->at, KEY_PLACE);
    Str key;
    TRY(store_cursor_seek(s->cursor, key_str(&target)));
    TRY(store_cursor_next(s->cursor, &key));
    *ret_found = key.at != NULL;
    if (*ret_found)
        memcpy(ret_place->at, key_place(key).at, KEY_PLACE);
    return STATUS_OK;
}

typedef struct {
    Ctx *cx;
    Place *at;
    size_t count, room;
} Gather;

static Status gather_add(Gather *g, Str place)
{
    if (g->count == g->room) {
        size_t room = g->room ? g->room * 2 : 64;
        Place *at = arena_realloc(g->cx->arena, g->at, g->room * sizeof(Place),
                                  room * sizeof(Place));
        if (!at || room > GATHER_MAX)
            return ctx_fail(g->cx, STATUS_MEMORY, STR_EMPTY,
                            "The search matches too much: add a condition.");
        g->at = at;
        g->room = room;
    }
    memcpy(g->at[g->count++].at, place.at, KEY_PLACE);
    return STATUS_OK;
}

/* Whether the range [lo, hi) of a key answers the condition. SPEC R4 search.html#prefix */
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

/* Keys of a date parameter run by lo: where the scan may start, and whether it may stop. */
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

static Status gather_value(Run *run, const Condition *condition, const Value *value, Gather *g)
{
    StoreCursor *cursor;
    TRY(store_cursor(run->reader, value->prefix, &cursor));
    bool date = condition->param->kind == FHIR_PARAM_DATE;
    if (date && starts_at_lo(value->compare)) {
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
        if (date) {
            Time lo = key_time(key, KEY_HEAD), hi = key_time(key, KEY_HEAD + KEY_TIME);
            if (past_the_range(value, lo))
                return STATUS_OK;
            if (!range_holds(value, lo, hi))
                continue;
        }
        TRY(gather_add(g, key_place(key)));
        if (g->count % 4096 == 0)
            TRY(ctx_check_deadline(run->cx));
    }
}

static void add_gathered(Run *run, Gather *g)
{
    if (g->count)
        qsort(g->at, g->count, sizeof(Place), place_cmp);
    size_t kept = 0;
    for (size_t i = 0; i < g->count; i++) {
        if (kept == 0 || place_cmp(&g->at[kept - 1], &g->at[i]) != 0)
            g->at[kept++] = g->at[i];
    }
    run->streams[run->stream_count++] = (Stream){.places = g->at, .count = kept};
}

static Status add_cursor(Run *run, Str prefix)
{
    Stream *s = &run->streams[run->stream_count++];
    *s = (Stream){.prefix = prefix};
    return store_cursor(run->reader, prefix, &s->cursor);
}

static bool in_place_order(const Condition *condition)
{
    FhirParamKind kind = condition->param->kind;
    return condition->count == 1 && kind != FHIR_PARAM_STRING && kind != FHIR_PARAM_DATE;
}

static Status add_condition(Run *run, const Condition *condition)
{
    if (in_place_order(condition))
        return add_cursor(run, condition->values[0].prefix);
    Gather g = {.cx = run->cx};
    for (size_t i = 0; i < condition->count; i++)
        TRY(gather_value(run, condition, &condition->values[i], &g));
    add_gathered(run, &g);
    return STATUS_OK;
}

static Status add_ids(Run *run)
{
    Gather g = {.cx = run->cx};
    for (size_t i = 0; i < run->query->id_count; i++) {
        StoreRow row;
        Status status = store_get(run->reader, run->query->type, run->query->ids[i], true, &row);
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
            continue;
        TRY(status);
        JsonValue *resource;
        TRY(json_parse(run->cx, row.body, &resource));
        Key key = {.len = 0};
        key_add_place(&key, search_clinical_date(run->search, row.type, resource), row.rid);
        TRY(gather_add(&g, key_str(&key)));
    }
    add_gathered(run, &g);
    return STATUS_OK;
}

/* The conditions as streams; the one that the result is sorted by drives and is left out. */
static Status open_streams(Run *run, const Condition *driver)
{
    const SearchQuery *query = run->query;
    for (size_t i = 0; i < query->condition_count; i++) {
        if (&query->conditions[i] != driver)
            TRY(add_condition(run, &query->conditions[i]));
    }
    if (query->ids_given)
        TRY(add_ids(run));
    if (run->stream_count || driver)
        return STATUS_OK;
    Key listing;
    key_begin(&listing, KEY_LISTING, query->type);
    Str prefix = arena_str(run->cx->arena, key_str(&listing));
    return prefix.at ? add_cursor(run, prefix) : STATUS_MEMORY;
}

/* ---- newest first ----------------------------------------------------------------- */

/* The first place >= from that all streams have. */
static Status next_common(Run *run, Place from, Place *ret_place, bool *ret_found)
{
    size_t agreed = 0;
    Place at = from;
    for (size_t i = 0; agreed < run->stream_count; i = (i + 1) % run->stream_count) {
        Place found;
        TRY(stream_seek(&run->streams[i], &at, &found, ret_found));
        if (!*ret_found)
            return STATUS_OK;
        if (agreed && place_cmp(&found, &at) != 0)
            agreed = 0;
        at = found;
        agreed++;
    }
    *ret_found = true;
    *ret_place = at;
    return STATUS_OK;
}

/* The place right behind; false when there is none. */
static bool place_after(Place *place)
{
    for (size_t i = KEY_PLACE; i-- > 0;) {
        if (++place->at[i])
            return true;
    }
    return false;
}

static Str hex(Ctx *cx, Str bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *to = arena_alloc_raw(cx->arena, bytes.len * 2);
    for (size_t i = 0; to && i < bytes.len; i++) {
        to[2 * i] = digits[(unsigned char)bytes.at[i] >> 4];
        to[2 * i + 1] = digits[(unsigned char)bytes.at[i] & 15];
    }
    return str_n(to, to ? bytes.len * 2 : 0);
}

static Status run_by_place(Run *run, SearchPage *page)
{
    Place from = {{0}};
    Str cursor = run->query->cursor;
    if (cursor.at && cursor.len != KEY_PLACE)
        return ctx_fail(run->cx, STATUS_INVALID, STR_EMPTY,
                        "The page link belongs to another search.");
    if (cursor.at)
        memcpy(from.at, cursor.at, KEY_PLACE);
    for (;;) {
        Place place;
        bool found;
        TRY(ctx_check_deadline(run->cx));
        TRY(next_common(run, from, &place, &found));
        if (!found)
            return STATUS_OK;
        if (page->count == run->query->limit) {
            page->next = hex(run->cx, place_str(&place));
            return STATUS_OK;
        }
        page->rids[page->count++] = key_rid(place_str(&place));
        from = place;
        if (!place_after(&from))
            return STATUS_OK;
    }
}

static Status count_all(Run *run, uint64_t *ret_total)
{
    Place from = {{0}}, place;
    bool found;
    for (uint64_t total = 0;; total++) {
        if (total % 1024 == 0)
            TRY(ctx_check_deadline(run->cx));
        TRY(next_common(run, from, &place, &found));
        from = place;
        if (!found || !place_after(&from)) {
            *ret_total = total + found;
            return STATUS_OK;
        }
    }
}

/* ---- by text ------------------------------------------------------------------------ */

/* Whether the resource at this key answers all other conditions. */
static Status holds_elsewhere(Run *run, Str key, bool *ret_holds)
{
    Place place, found;
    memcpy(place.at, key_place(key).at, KEY_PLACE);
    *ret_holds = true;
    for (size_t i = 0; i < run->stream_count && *ret_holds; i++) {
        Stream *s = &run->streams[i];
        if (!s->cursor) {
            *ret_holds = s->count &&
                         bsearch(&place, s->places, s->count, sizeof(Place), place_cmp) != NULL;
            continue;
        }
        TRY(stream_seek(s, &place, &found, ret_holds));
        *ret_holds = *ret_holds && place_cmp(&place, &found) == 0;
    }
    return STATUS_OK;
}

/* A resource with several matching texts stands at its first one only. */
static Status is_first_text(Run *run, Str key, Str prefix, bool *ret_first)
{
    StoreRow row;
    TRY(store_get_rid(run->reader, key_rid(key), true, &row));
    JsonValue *resource;
    TRY(json_parse(run->cx, row.body, &resource));
    SearchKeys keys;
    TRY(search_keys(run->search, run->cx, row.type, resource, row.rid, &keys));
    for (size_t i = 0; i < keys.count; i++) {
        if (str_has_prefix(keys.keys[i], prefix)) {
            *ret_first = str_eq(keys.keys[i], key);
            return STATUS_OK;
        }
    }
    *ret_first = false;
    return STATUS_OK;
}

static Status run_by_text(Run *run, const Condition *driver, SearchPage *page)
{
    const SearchQuery *query = run->query;
    StoreCursor *cursor;
    Str prefix = driver->values[0].prefix;
    TRY(store_cursor(run->reader, prefix, &cursor));
    if (query->cursor.at) {
        if (!str_has_prefix(query->cursor, prefix))
            return ctx_fail(run->cx, STATUS_INVALID, STR_EMPTY,
                            "The page link belongs to another search.");
        TRY(store_cursor_seek(cursor, query->cursor));
    }
    for (;;) {
        Str key;
        bool holds, first;
        TRY(store_cursor_next(cursor, &key));
        if (!key.at)
            return STATUS_OK;
        TRY(ctx_check_deadline(run->cx));
        TRY(holds_elsewhere(run, key, &holds));
        if (!holds)
            continue;
        Str kept = arena_str(run->cx->arena, key);
        if (!kept.at)
            return STATUS_MEMORY;
        TRY(is_first_text(run, kept, prefix, &first));
        if (!first)
            continue;
        if (page->count == query->limit) {
            page->next = hex(run->cx, kept);
            return STATUS_OK;
        }
        page->rids[page->count++] = key_rid(kept);
    }
}

static const Condition *driving_condition(const SearchQuery *query)
{
    for (size_t i = 0; query->sort_by && i < query->condition_count; i++) {
        if (query->conditions[i].param == query->sort_by)
            return &query->conditions[i];
    }
    return NULL;
}

static Status open_run(const Search *search, Ctx *cx, StoreReader *reader,
                       const SearchQuery *query, const Condition *driver, Run **ret_run)
{
    Run *run = arena_new_of(cx->arena, Run);
    if (!run)
        return STATUS_MEMORY;
    *run = (Run){.search = search, .cx = cx, .reader = reader, .query = query};
    *ret_run = run;
    return open_streams(run, driver);
}

Status search_run(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                  SearchPage *ret_page)
{
    SearchPage page = {.rids = arena_array_of(cx->arena, uint64_t, query->limit)};
    if (!page.rids)
        return STATUS_MEMORY;
    Run *run;
    if (query->view.kind != FHIR_VIEW_COUNT) {
        const Condition *driver = driving_condition(query);
        TRY(open_run(search, cx, reader, query, driver, &run));
        TRY(driver ? run_by_text(run, driver, &page) : run_by_place(run, &page));
    }
    if (search_wants_total(query)) {
        TRY(open_run(search, cx, reader, query, NULL, &run));
        TRY(count_all(run, &page.total));
    }
    *ret_page = page;
    return STATUS_OK;
}
