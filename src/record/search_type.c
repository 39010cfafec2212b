/* record/search_type.c - search within a type, a compartment or all, answered as a searchset.
 *
 * SPEC R4 http.html#search, http.html#vsearch, search.html */
#include "record/answer.h"

/* ---- links --------------------------------------------------------------------------- */

/* "base/Patient/1/Observation": where the search was asked. */
static Str address_of(Scene *scene, const RecordScope *scope)
{
    Buf buf;
    buf_init(&buf, scene->cx->arena, 128, 16 * 1024);
    buf_add_str(&buf, scene->call->base);
    const Str parts[] = {scope->compartment, scope->id, scope->type};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (parts[i].len)
            buf_format(&buf, "/" STR_FMT, STR_ARG(parts[i]));
    }
    if (scope->compartment.len && !scope->type.len)
        buf_add_lit(&buf, "/*");
    return buf_str(&buf);
}

/* The value of _cursor in the query, as it came; empty when this is the first page. */
static Str given_cursor(Str query)
{
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        if (str_eq(name, STR("_cursor")))
            return value;
    }
    return STR_EMPTY;
}

/* A client that reads "self" sees what was understood; the others lead to pages of the same. */
static void add_links(Scene *scene, const RecordScope *scope, Buf *buf, const SearchQuery *query,
                      const SearchPage *page)
{
    Str address = address_of(scene, scope), kept = search_self(query);
    Str here = given_cursor(scene->call->query);
    const struct {
        const char *relation;
        Str cursor;
        bool there;
    } links[] = {
        {"self", here, true},
        {"first", STR_EMPTY, here.len || page->next.len},
        {"next", page->next, page->next.len > 0},
    };
    buf_add_lit(buf, ",\"link\":[");
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        if (!links[i].there)
            continue;
        Str cursor = links[i].cursor;
        Str url = arena_format(scene->cx->arena, STR_FMT "%s" STR_FMT "%s%s" STR_FMT,
                               STR_ARG(address), kept.len || cursor.len ? "?" : "", STR_ARG(kept),
                               kept.len && cursor.len ? "&" : "", cursor.len ? "_cursor=" : "",
                               STR_ARG(cursor));
        answer_link(buf, links[i].relation, url, i == 0);
    }
    buf_add_lit(buf, "]");
}

/* ---- entries ------------------------------------------------------------------------- */

static Status add_entry(Scene *scene, Buf *buf, const FhirView *view, const StoreRow *row)
{
    buf_add_lit(buf, "{");
    answer_full_url(buf, scene->call->base, row->type, row->id);
    buf_add_lit(buf, ",\"resource\":");
    if (view->kind == FHIR_VIEW_FULL)
        buf_add_str(buf, row->body);
    else
        TRY(fhir_view(scene->cx, view, row->body, buf));
    buf_add_lit(buf, ",\"search\":{\"mode\":\"match\"}}");
    return STATUS_OK;
}

/* What search has to say about the question, without refusing it.
 * SPEC R4 search.html#errors */
static Status add_warnings(Scene *scene, Buf *buf)
{
    Str outcome;
    TRY(ctx_outcome(scene->cx, STATUS_OK, &outcome));
    buf_add_lit(buf, "{\"resource\":");
    buf_add_str(buf, outcome);
    buf_add_lit(buf, ",\"search\":{\"mode\":\"outcome\"}}");
    return STATUS_OK;
}

static Status answer(Scene *scene, const RecordScope *scope, StoreReader *reader,
                     const SearchQuery *query, const SearchPage *page)
{
    Ctx *cx = scene->cx;
    Str *names = arena_array_of(cx->arena, Str, page->count + 1);
    Buf buf;
    buf_init(&buf, cx->arena, 1024 + page->count * 2048, ANSWER_BYTES_MAX);
    if (!names)
        return STATUS_MEMORY;
    answer_begin(&buf, "searchset");
    if (search_wants_total(query)) {
        buf_add_lit(&buf, ",\"total\":");
        buf_add_u64(&buf, page->total);
    }
    add_links(scene, scope, &buf, query, page);
    for (size_t i = 0; i < page->count; i++) {
        StoreRow row;
        TRY(store_get_rid(reader, page->rids[i], true, &row));
        buf_add_str(&buf, i ? STR(",") : STR(",\"entry\":["));
        TRY(add_entry(scene, &buf, search_view(query), &row));
        names[i] = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(row.type)),
                                STR_ARG(row.id));
    }
    if (cx->issues) {
        buf_add_str(&buf, page->count ? STR(",") : STR(",\"entry\":["));
        TRY(add_warnings(scene, &buf));
    }
    buf_add_str(&buf, page->count || cx->issues ? STR("]}") : STR("}"));
    scene->audit.resources = names;
    scene->audit.resource_count = page->count;
    scene->reply->body = buf_str(&buf);
    return buf_done(&buf);
}

/* ---- the question -------------------------------------------------------------------- */

static Status check_scope(Scene *scene, const RecordScope *scope)
{
    if (scope->compartment.len)
        TRY(scene_target(scene, scope->compartment, scope->id));
    if (scope->type.len)
        TRY(scene_target(scene, scope->type, STR_EMPTY));
    if (scope->compartment.len)
        return ctx_fail(scene->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "A search within a compartment is not supported.");
    if (!scope->type.len)
        return ctx_fail(scene->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "A search over all types is not supported; search one type at a time.");
    return STATUS_OK;
}

static Status search(Scene *scene, const RecordScope *scope)
{
    Ctx *cx = scene->cx;
    const SearchQuery *query;
    TRY(access_need_read(cx, scene->call->access));
    TRY(check_scope(scene, scope));
    TRY(search_parse(scene->record->search, cx, scene->type, scene->call->query, &query));
    scene->audit.query = search_names(query);
    StoreReader *reader;
    SearchPage page;
    TRY(store_read_begin(scene->record->store, cx, scene->call->access, &reader));
    Status status = search_run(scene->record->search, cx, reader, query, &page);
    if (status == STATUS_OK)
        status = answer(scene, scope, reader, query, &page);
    store_read_end(reader);
    return status;
}

Status record_search(Record *record, Ctx *cx, const Call *call, const RecordScope *scope,
                     Reply *reply)
{
    Str interaction = scope->compartment.len ? STR("search-compartment")
                      : scope->type.len      ? STR("search-type")
                                             : STR("search-system");
    Scene scene = scene_begin(record, cx, call, reply, interaction);
    return scene_end(&scene, search(&scene, scope));
}
