/* search/include.c - _include and _revinclude: what the matches refer to, what refers to them.
 *
 * Each resource comes once, however many lead to it. With :iterate what was included leads
 * on. SPEC R4 search.html#include */
#include "search/sight.h"

enum { SOURCES_AT_ONCE = 32 };

typedef struct {
    Run *run;
    SearchPage *page;
    const Include *include;
    uint64_t *seen; /* open hash table of rids: matches and included */
    size_t seen_room;
    Texts texts; /* references of the resource in hand */
} Inclusion;

static bool see(Inclusion *in, uint64_t rid)
{
    size_t mask = in->seen_room - 1, at = (rid * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (in->seen[at] && in->seen[at] != rid)
        at = (at + 1) & mask;
    bool is_new = !in->seen[at];
    in->seen[at] = rid;
    return is_new;
}

static Status add(Inclusion *in, uint64_t rid)
{
    SearchPage *page = in->page;
    bool sees;
    TRY(run_sees(in->run, rid, &sees));
    if (!sees)
        return STATUS_OK;
    if (page->included_count == SEARCH_INCLUDED_MAX)
        page->included_all = false;
    else if (see(in, rid))
        page->included[page->included_count++] = rid;
    return STATUS_OK;
}

static Status keep_text(void *to, const Value *value)
{
    Inclusion *in = to;
    Str rest = value->text;
    uint16_t target = in->include->target, type = fhir_type_find(str_cut(&rest, '/'));
    if (!type || (target && type != target))
        return STATUS_OK;
    return texts_add(in->run->cx, &in->texts, value->text);
}

static Status include_texts(Inclusion *in)
{
    for (size_t i = 0; i < in->texts.count; i++) {
        StoreRow row;
        bool found;
        Str id = in->texts.at[i];
        uint16_t type = fhir_type_find(str_cut(&id, '/'));
        if (!id.at || !fhir_id_is(id))
            continue;
        TRY(run_find(in->run, type, id, &row, &found));
        if (found)
            TRY(add(in, row.rid));
    }
    return STATUS_OK;
}

/* Other tables of parameters may have come since the query was read: what it names is asked as it
 * is, and not looked for among them. */
static Status read_references(Inclusion *in, const Subject *subject, const SearchParam *param)
{
    return param->kind == FHIR_PARAM_REFERENCE &&
                   sight_shows(in->run->search, in->run->access, param)
               ? search_values(subject, param, keep_text, in)
               : STATUS_OK;
}

static Status include_targets(Inclusion *in, uint64_t rid)
{
    const Subject *subject;
    const SearchParam *named = in->include->param;
    in->texts.count = 0;
    TRY(run_subject(in->run, rid, &subject));
    if (!in->include->any_source && subject->type != in->include->source)
        return STATUS_OK;
    const TypeIndex *index = search_type(in->run->search, subject->type);
    for (size_t i = 0; i < index->count && !named; i++)
        TRY(read_references(in, subject, &index->params[i]));
    if (named)
        TRY(read_references(in, subject, named));
    return include_texts(in);
}

static Status include_list(Inclusion *in, const SearchParam *param, Str reference)
{
    StoreCursor *cursor;
    Key key;
    key_begin(&key, KEY_REFERENCE, param->id);
    key_add_hash(&key, search_hash(in->run->search, reference));
    TRY(store_cursor(in->run->reader, key_str(&key), &cursor));
    for (size_t count = SOURCES_AT_ONCE; in->page->included_all && count == SOURCES_AT_ONCE;) {
        Place places[SOURCES_AT_ONCE];
        uint64_t rids[SOURCES_AT_ONCE];
        TRY(store_cursor_tails(cursor, KEY_PLACE, SOURCES_AT_ONCE, places, &count));
        for (size_t i = 0; i < count; i++)
            rids[i] = key_rid(place_str(&places[i]));
        TRY(run_look(in->run, rids, count));
        for (size_t i = 0; i < count && in->page->included_all; i++)
            TRY(add(in, rids[i]));
    }
    return STATUS_OK;
}

static Status include_sources(Inclusion *in, uint64_t rid)
{
    const Include *include = in->include;
    const Search *search = in->run->search;
    StoreRow row;
    TRY(store_get_rid(in->run->reader, rid, false, &row));
    if (include->target && row.type != include->target)
        return STATUS_OK;
    Str reference = arena_format(in->run->cx->arena, STR_FMT "/" STR_FMT,
                                 STR_ARG(fhir_type_name(row.type)), STR_ARG(row.id));
    if (!reference.at)
        return STATUS_MEMORY;
    if (include->param)
        return include_list(in, include->param, reference);
    uint16_t last = include->any_source ? fhir_type_count() : include->source;
    for (uint16_t type = include->any_source ? 1 : include->source; type <= last; type++) {
        const TypeIndex *index = search_type(search, type);
        for (size_t i = 0; i < index->count; i++) {
            if (index->params[i].kind == FHIR_PARAM_REFERENCE &&
                sight_shows(search, in->run->access, &index->params[i]))
                TRY(include_list(in, &index->params[i], reference));
        }
    }
    return STATUS_OK;
}

/* One include for rows [from, to) of matches, then of what was included. */
static Status include_rows(Inclusion *in, const uint64_t *rids, size_t from, size_t to)
{
    for (size_t i = from; i < to && in->page->included_all; i++)
        TRY(in->include->reverse ? include_sources(in, rids[i]) : include_targets(in, rids[i]));
    return run_tick(in->run);
}

/* Round after round: the matches first, then with :iterate what the last round brought. */
static Status include_all(Inclusion *in)
{
    const SearchQuery *query = in->run->query;
    SearchPage *page = in->page;
    for (size_t i = 0; i < query->include_count; i++) {
        in->include = &query->includes[i];
        TRY(include_rows(in, page->rids, 0, page->count));
    }
    for (size_t from = 0, to = page->included_count; from < to && page->included_all;
         from = to, to = page->included_count) {
        for (size_t i = 0; i < query->include_count; i++) {
            in->include = &query->includes[i];
            if (in->include->iterate)
                TRY(include_rows(in, page->included, from, to));
        }
    }
    return STATUS_OK;
}

Status run_includes(Run *run, SearchPage *page)
{
    page->included_all = true;
    if (!run->query->include_count)
        return STATUS_OK;
    Inclusion in = {.run = run, .page = page, .seen_room = 256};
    while (in.seen_room < 2 * (SEARCH_INCLUDED_MAX + page->count))
        in.seen_room *= 2;
    in.seen = arena_array_of(run->cx->arena, uint64_t, in.seen_room);
    page->included = arena_array_of(run->cx->arena, uint64_t, SEARCH_INCLUDED_MAX);
    if (!in.seen || !page->included)
        return STATUS_MEMORY;
    for (size_t i = 0; i < page->count; i++)
        (void)see(&in, page->rids[i]);
    return include_all(&in);
}
