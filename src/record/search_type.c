/* record/search_type.c - search within a type, a compartment or all, answered as a searchset.
 *
 * SPEC R4 http.html#search, http.html#vsearch, search.html */
#include "record/answer.h"
#include "record/conditioned.h"
#include "record/trail.h"

#include "access/rights.h"

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
        {"previous", page->previous, page->previous.len > 0},
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

/* A row, or the resource `inner` that it contains. */
static Status add_entry(Scene *scene, Buf *buf, const FhirView *view, Str mode, const StoreRow *row,
                        const SearchContained *inner)
{
    Str body = inner ? inner->json : STR_EMPTY;
    if (!inner)
        TRY(scene_show_for(scene, scene->cx, view, row, &body));
    buf_add_str(buf, scene->entries++ ? STR(",{") : STR(",\"entry\":[{"));
    const Str address[] = {STR("\"fullUrl\":\""),
                           scene->call->base,
                           STR("/"),
                           fhir_type_name(row->type),
                           STR("/"),
                           row->id,
                           inner ? STR("#") : STR_EMPTY,
                           inner ? inner->id : STR_EMPTY,
                           STR("\",\"resource\":")};
    for (size_t i = 0; i < COUNT_OF(address); i++) /* buf_format takes ten times as long */
        buf_add_str(buf, address[i]);
    if (view->kind == FHIR_VIEW_FULL)
        buf_add_str(buf, body);
    else
        TRY(fhir_view(scene->cx, view, body, buf));
    buf_add_lit(buf, ",\"search\":{\"mode\":\"");
    buf_add_str(buf, mode);
    buf_add_lit(buf, "\"}}");
    return STATUS_OK;
}

/* What search has to say about the question, without refusing it.
 * SPEC R4 search.html#errors */
static Status add_warnings(Scene *scene, Buf *buf)
{
    Str outcome;
    TRY(ctx_outcome(scene->cx, STATUS_OK, &outcome));
    buf_add_str(buf, scene->entries++ ? STR(",") : STR(",\"entry\":["));
    buf_add_lit(buf, "{\"resource\":");
    buf_add_str(buf, outcome);
    buf_add_lit(buf, ",\"search\":{\"mode\":\"outcome\"}}");
    return STATUS_OK;
}

/* All rows of a list, in one question. */
static Status read_rows(Scene *scene, StoreReader *reader, const uint64_t *rids, size_t count,
                        StoreRow **ret_rows)
{
    *ret_rows = arena_array_of(scene->cx->arena, StoreRow, count + 1);
    if (!*ret_rows)
        return STATUS_MEMORY;
    return store_get_rids(reader, rids, count, true, *ret_rows);
}

/* The name of a row goes into the audit entry. */
static Status take_row(Scene *scene, const StoreRow *row)
{
    if (!row->version)
        return STATUS_NOT_FOUND; /* a key of the index without its row */
    Str name = arena_format(scene->cx->arena, STR_FMT "/" STR_FMT,
                            STR_ARG(fhir_type_name(row->type)), STR_ARG(row->id));
    scene->facts_of[scene->audit.resource_count] = row->facts;
    scene->names[scene->audit.resource_count++] = name;
    return name.at ? STATUS_OK : STATUS_MEMORY;
}

/* What a row contains and answers stands in its place. */
static Status add_matches(Scene *scene, Buf *buf, StoreReader *reader, const FhirView *view,
                          const SearchPage *page)
{
    const SearchContained *inner = page->contained, *end = inner + page->contained_count;
    StoreRow *rows;
    TRY(read_rows(scene, reader, page->rids, page->count, &rows));
    for (size_t i = 0; i < page->count; i++) {
        TRY(take_row(scene, &rows[i]));
        if (inner == end || inner->row != i)
            TRY(add_entry(scene, buf, view, STR("match"), &rows[i], NULL));
        for (; inner < end && inner->row == i; inner++)
            TRY(add_entry(scene, buf, view, STR("match"), &rows[i], inner));
    }
    return STATUS_OK;
}

static Status add_included(Scene *scene, Buf *buf, StoreReader *reader, const FhirView *view,
                           const SearchPage *page)
{
    StoreRow *rows;
    TRY(read_rows(scene, reader, page->included, page->included_count, &rows));
    for (size_t i = 0; i < page->included_count; i++) {
        TRY(take_row(scene, &rows[i]));
        TRY(add_entry(scene, buf, view, STR("include"), &rows[i], NULL));
    }
    return STATUS_OK;
}

/* What people who run the server ask: was an index used, and what did it cost? */
static void explain(Scene *scene, const SearchQuery *query, const SearchPage *page)
{
    if (!page->included_all)
        ctx_warn(scene->cx, "incomplete", STR_EMPTY,
                 "More resources belong to this page than the %d that were included.",
                 SEARCH_INCLUDED_MAX);
    if (search_explains(query))
        ctx_warn(scene->cx, "informational", STR_EMPTY, STR_FMT, STR_ARG(page->plan));
}

static Status answer(Scene *scene, const RecordScope *scope, StoreReader *reader,
                     const SearchQuery *query, const SearchPage *page)
{
    Ctx *cx = scene->cx;
    Buf buf;
    scene->names = arena_array_of(cx->arena, Str, page->count + page->included_count + 1);
    buf_init(&buf, cx->arena, 1024 + page->count * 2048, ANSWER_BYTES_MAX);
    scene->facts_of = arena_array_of(cx->arena, Str, page->count + page->included_count + 1);
    if (!scene->names || !scene->facts_of)
        return STATUS_MEMORY;
    scene->audit.resources = scene->names;
    scene->audit.facts_of = scene->facts_of;
    answer_begin(&buf, "searchset");
    if (search_wants_total(query)) {
        buf_add_lit(&buf, ",\"total\":");
        buf_add_u64(&buf, page->total);
    }
    add_links(scene, scope, &buf, query, page);
    TRY(add_matches(scene, &buf, reader, search_view(query), page));
    TRY(add_included(scene, &buf, reader, search_view(query), page));
    explain(scene, query, page);
    if (cx->issues)
        TRY(add_warnings(scene, &buf));
    buf_add_str(&buf, scene->entries ? STR("]}") : STR("}"));
    scene->reply->body = buf_str(&buf);
    return buf_done(&buf);
}

/* ---- the question -------------------------------------------------------------------- */

/* The audit entry names whose compartment it was, rather than which types of it. */
static Status check_scope(Scene *scene, const RecordScope *scope)
{
    if (scope->type.len)
        TRY(scene_target(scene, scope->type, STR_EMPTY));
    uint16_t type = scene->type;
    if (scope->compartment.len)
        TRY(scene_target(scene, scope->compartment, scope->id));
    scene->type = type;
    return STATUS_OK;
}

/* In a patient's compartment: what is about him. */
static Status trail_of_scope(Scene *scene, const RecordScope *scope)
{
    if (!scope->compartment.len)
        return trail_search(scene, STR_EMPTY);
    if (!str_eq(scope->compartment, STR("Patient")))
        return ctx_fail(scene->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "AuditEvents can be asked for in the compartment of a Patient alone.");
    return trail_search(scene, scope->id);
}

static Status search_in(Scene *scene, const RecordScope *scope, StoreReader *reader)
{
    Ctx *cx = scene->cx;
    const SearchQuery *query;
    SearchPage page;
    SearchScope where = {.access = scene->access,
                         .type = scene->type,
                         .compartment = scope->compartment,
                         .compartment_id = scope->id,
                         .lenient = prefers_lenient(scene->call->prefer)};
    TRY(search_parse(scene->record->search, cx, &where, scene->call->query, &query));
    scene->audit.query = search_names(query);
    TRY(search_run(scene->record->search, cx, reader, query, &page));
    return answer(scene, scope, reader, query, &page);
}

/* What may be asked for depends on who asks, which the snapshot says. */
static Status search_once(Scene *scene, const RecordScope *scope, bool unasked)
{
    StoreReader *reader;
    TRY(unasked ? scene_read_unasked(scene, &reader) : scene_read(scene, &reader));
    Status status = scene->type ? scene_need(scene, scene->type, RIGHTS_SEARCH) : STATUS_OK;
    bool trail = scene->type == scene->record->audit_type && scope->type.len;
    if (status == STATUS_OK && !trail)
        status = search_in(scene, scope, reader);
    scene_saw(scene, reader);
    store_read_end(reader);
    return trail && status == STATUS_OK ? trail_of_scope(scene, scope) : status;
}

/* Again, when what can be searched by has changed under it, or what was there. */
static Status search(Scene *scene, const RecordScope *scope)
{
    Ctx *cx = scene->cx;
    TRY(access_need_read(cx, scene->call->access));
    TRY(check_scope(scene, scope));
    for (int tries = 0; tries < RETRIES_MAX; tries++) {
        Status status = search_once(scene, scope, scene->call->unasked && tries == 0);
        if (status != STATUS_CONFLICT)
            return status;
        scene->entries = scene->audit.resource_count = 0;
        ctx_forget(cx);
        TRY(ctx_check_deadline(cx));
        TRY(search_refresh(scene->record->search, cx));
    }
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "What can be searched by keeps changing; try again in a moment.");
}

Status record_search(Record *record, Ctx *cx, const Call *call, const RecordScope *scope,
                     Reply *reply)
{
    Str interaction = scope->compartment.len ? STR("search-compartment")
                      : scope->type.len      ? STR("search-type")
                                             : STR("search-system");
    Conditioned as;
    Status status = conditioned_call(cx, call, scope->type, RIGHTS_SEARCH, &as);
    Scene scene = scene_begin(record, cx, &as.call, reply, interaction);
    return scene_end(&scene, status == STATUS_OK ? search(&scene, scope) : status);
}
