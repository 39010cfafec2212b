/* record/search_type.c - search within one resource type, answered as a searchset.
 *
 * SPEC R4 http.html#search, search.html */
#include "record/answer.h"

static void add_links(Scene *scene, Buf *buf, const SearchQuery *query, const SearchPage *page)
{
    Arena *arena = scene->cx->arena;
    Str kept = search_self(query);
    Str self = arena_format(arena, STR_FMT "/" STR_FMT "%s" STR_FMT, STR_ARG(scene->call->base),
                            STR_ARG(scene->audit.type), kept.len ? "?" : "", STR_ARG(kept));
    buf_add_lit(buf, ",\"link\":[");
    answer_link(buf, "self", self, true);
    if (page->next.len)
        answer_link(buf, "next",
                    arena_format(arena, STR_FMT "%s_cursor=" STR_FMT, STR_ARG(self),
                                 kept.len ? "&" : "?", STR_ARG(page->next)),
                    false);
    buf_add_lit(buf, "]");
}

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

static Status answer(Scene *scene, StoreReader *reader, const SearchQuery *query,
                     const SearchPage *page)
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
    add_links(scene, &buf, query, page);
    for (size_t i = 0; i < page->count; i++) {
        StoreRow row;
        TRY(store_get_rid(reader, page->rids[i], true, &row));
        buf_add_str(&buf, i ? STR(",") : STR(",\"entry\":["));
        TRY(add_entry(scene, &buf, search_view(query), &row));
        names[i] = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(scene->audit.type),
                                STR_ARG(row.id));
    }
    buf_add_str(&buf, page->count ? STR("]}") : STR("}"));
    scene->audit.resources = names;
    scene->audit.resource_count = page->count;
    scene->reply->body = buf_str(&buf);
    return buf_done(&buf);
}

static Status search(Scene *scene, Str type)
{
    Ctx *cx = scene->cx;
    TRY(access_need_read(cx, scene->call->access));
    TRY(scene_target(scene, type, STR_EMPTY));
    if (!scene->type)
        return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "A search over all types is not supported yet.");
    const SearchQuery *query;
    TRY(search_parse(scene->record->search, cx, scene->type, scene->call->query, &query));
    scene->audit.query = search_names(query);
    StoreReader *reader;
    SearchPage page;
    TRY(store_read_begin(scene->record->store, cx, scene->call->access, &reader));
    Status status = search_run(scene->record->search, cx, reader, query, &page);
    if (status == STATUS_OK)
        status = answer(scene, reader, query, &page);
    store_read_end(reader);
    return status;
}

Status record_search(Record *record, Ctx *cx, const Call *call, Str type, Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("search-type"));
    return scene_end(&scene, search(&scene, type));
}
