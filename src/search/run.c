/* search/run.c - conditions as ordered streams of places, intersected by leaps.
 *
 * Each stream in turn seeks to the largest place that another one has reached; when all
 * agree, that is a hit. A page stops behind its last row. */
#include "search/stream.h"

typedef struct {
    StreamSource source;
    const SearchQuery *query;
    Stream *streams[SEARCH_CONDITIONS_MAX + 1];
    size_t stream_count;
} Run;

/* The conditions as streams; the one that the result is sorted by drives and is left out. */
static Status open_streams(Run *run, const Condition *driver)
{
    const SearchQuery *query = run->query;
    for (size_t i = 0; i < query->condition_count; i++) {
        if (&query->conditions[i] != driver)
            TRY(stream_of_condition(&run->source, &query->conditions[i],
                                    &run->streams[run->stream_count++]));
    }
    if (query->ids_given)
        TRY(stream_of_ids(&run->source, query->type, query->ids, query->id_count,
                          &run->streams[run->stream_count++]));
    if (run->stream_count || driver)
        return STATUS_OK;
    return stream_of_type(&run->source, query->type, &run->streams[run->stream_count++]);
}

/* ---- newest first ----------------------------------------------------------------- */

/* The first place >= from that all streams have. */
static Status next_common(Run *run, Place from, Place *ret_place, bool *ret_found)
{
    size_t agreed = 0;
    Place at = from;
    for (size_t i = 0; agreed < run->stream_count; i = (i + 1) % run->stream_count) {
        Place found;
        TRY(stream_seek(run->streams[i], &at, &found, ret_found));
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
        return ctx_fail(run->source.cx, STATUS_INVALID, STR_EMPTY,
                        "The page link belongs to another search.");
    if (cursor.at)
        memcpy(from.at, cursor.at, KEY_PLACE);
    for (;;) {
        Place place;
        bool found;
        TRY(ctx_check_deadline(run->source.cx));
        TRY(next_common(run, from, &place, &found));
        if (!found)
            return STATUS_OK;
        if (page->count == run->query->limit) {
            page->next = hex(run->source.cx, place_str(&place));
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
            TRY(ctx_check_deadline(run->source.cx));
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
    Place place;
    memcpy(place.at, key_place(key).at, KEY_PLACE);
    *ret_holds = true;
    for (size_t i = 0; i < run->stream_count && *ret_holds; i++)
        TRY(stream_has(run->streams[i], &place, ret_holds));
    return STATUS_OK;
}

/* A resource with several matching texts stands at its first one only. */
static Status is_first_text(Run *run, Str key, Str prefix, bool *ret_first)
{
    StoreRow row;
    TRY(store_get_rid(run->source.reader, key_rid(key), true, &row));
    JsonValue *resource;
    TRY(json_parse(run->source.cx, row.body, &resource));
    SearchKeys keys;
    TRY(search_keys(run->source.search, run->source.cx, row.type, resource, row.rid, &keys));
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
    TRY(store_cursor(run->source.reader, prefix, &cursor));
    if (query->cursor.at) {
        if (!str_has_prefix(query->cursor, prefix))
            return ctx_fail(run->source.cx, STATUS_INVALID, STR_EMPTY,
                            "The page link belongs to another search.");
        TRY(store_cursor_seek(cursor, query->cursor));
    }
    for (;;) {
        Str key;
        bool holds, first;
        TRY(store_cursor_next(cursor, &key));
        if (!key.at)
            return STATUS_OK;
        TRY(ctx_check_deadline(run->source.cx));
        TRY(holds_elsewhere(run, key, &holds));
        if (!holds)
            continue;
        Str kept = arena_str(run->source.cx->arena, key);
        if (!kept.at)
            return STATUS_MEMORY;
        TRY(is_first_text(run, kept, prefix, &first));
        if (!first)
            continue;
        if (page->count == query->limit) {
            page->next = hex(run->source.cx, kept);
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

static Status open_run(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                       const Condition *driver, Run **ret_run)
{
    Run *run = arena_new_of(cx->arena, Run);
    if (!run)
        return STATUS_MEMORY;
    *run = (Run){.source = {search, cx, reader}, .query = query};
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
