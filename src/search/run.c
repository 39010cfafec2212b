/* search/run.c - a plan becomes a page.
 *
 * A page stops behind its last row. Where it starts is in the link that leads to it, so that pages
 * need no memory on the server. SPEC R4 http.html#paging */
#include "search/run.h"

#include "search/fold.h"

enum { SCRATCH_BYTES = 64 << 20 };

static void free_scratch(void *arena)
{
    arena_free(arena);
}

Status run_begin(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                 Run **ret_run)
{
    Run *run = arena_new_of(cx->arena, Run);
    if (!run)
        return STATUS_MEMORY;
    *run = (Run){.search = search, .cx = cx, .reader = reader, .query = query};
    buf_init(&run->notes, cx->arena, 0, 4096);
    *ret_run = run;
    return STATUS_OK;
}

Status run_tick(Run *run)
{
    return ++run->ticks % 256 ? STATUS_OK : ctx_check_deadline(run->cx);
}

/* ---- resources ------------------------------------------------------------------------ */

static Status scratch_open(Run *run, Scratch *scratch)
{
    void **hook = arena_defer(run->cx->arena, free_scratch, NULL);
    Arena *arena = hook ? arena_new(SCRATCH_BYTES, true) : NULL;
    if (!arena)
        return STATUS_MEMORY;
    *hook = arena;
    scratch->cx = (Ctx){.arena = arena, .deadline = run->cx->deadline};
    return STATUS_OK;
}

static Status scratch_read(Run *run, Scratch *scratch, uint64_t rid)
{
    StoreRow *row = &scratch->row;
    TRY(store_get_rid(run->reader, rid, true, row));
    scratch->subject = (Subject){.search = run->search,
                                 .cx = &scratch->cx,
                                 .type = row->type,
                                 .updated = row->updated,
                                 .run = run};
    return json_parse(&scratch->cx, row->body, &scratch->subject.resource);
}

Status run_subject(Run *run, uint64_t rid, const Subject **ret_subject)
{
    Scratch *scratch = &run->scratch[run->depth];
    *ret_subject = &scratch->subject;
    if (scratch->rid == rid)
        return STATUS_OK;
    TRY(run_tick(run));
    if (!scratch->cx.arena)
        TRY(scratch_open(run, scratch));
    scratch->rid = 0;
    run->bodies_read++;
    arena_clear(scratch->cx.arena);
    scratch->cx = (Ctx){.arena = scratch->cx.arena, .deadline = run->cx->deadline};
    Ctx *before = store_read_into(run->reader, &scratch->cx);
    Status status = scratch_read(run, scratch, rid);
    (void)store_read_into(run->reader, before);
    if (status == STATUS_OK)
        scratch->rid = rid;
    return status;
}

static void set_place(Time date, uint64_t rid, Place *place)
{
    Key key = {.len = 0};
    key_add_place(&key, date, rid);
    memcpy(place->at, key.at, KEY_PLACE);
}

Status run_place(const Subject *subject, uint64_t rid, Place *ret_place)
{
    Time date;
    TRY(search_clinical_date(subject, &date));
    set_place(date, rid, ret_place);
    return STATUS_OK;
}

Status run_place_of(Run *run, Str reference, Place *ret_place, bool *ret_found)
{
    StoreRow row;
    const Subject *subject;
    Str id = reference;
    uint16_t type = fhir_type_find(str_cut(&id, '/'));
    *ret_found = false;
    if (!type || !id.at || !fhir_id_is(id))
        return STATUS_OK;
    Status status = store_get(run->reader, type, id, false, &row);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
        return STATUS_OK;
    TRY(status);
    *ret_found = true;
    set_place(SEARCH_NO_DATE, row.rid, ret_place);
    if (!search_type(run->search, type)->clinical_date) /* no need to look into it */
        return STATUS_OK;
    TRY(run_subject(run, row.rid, &subject));
    return run_place(subject, row.rid, ret_place);
}

/* ---- all types of the query as one stream -------------------------------------------------- */

/* Most searches over all types ask types that have nothing. */
static Status type_has_any(Run *run, uint16_t type, bool *ret_any)
{
    Key key;
    Str at;
    key_begin(&key, KEY_LISTING, run->search->types[type].listing);
    if (!run->peek)
        TRY(store_cursor(run->reader, key_str(&key), &run->peek));
    TRY(store_cursor_again(run->peek, key_str(&key)));
    TRY(store_cursor_next(run->peek, &at));
    *ret_any = at.at != NULL;
    return STATUS_OK;
}

/* Of the types of a compartment few have anything there: found by leaping from one to the next. */
static Status find_members(Run *run)
{
    size_t room = LISTINGS_MAX * ((size_t)fhir_type_count() + 1);
    StoreCursor *cursor;
    Key key;
    Str at;
    key_begin_member(&key, search_hash(run->search, run->query->member), 0);
    run->members = arena_array_of(run->cx->arena, uint16_t, room);
    if (!run->members)
        return STATUS_MEMORY;
    TRY(store_cursor(run->reader, key_str(&key), &cursor));
    for (run->member_count = 0; run->member_count < room;) {
        TRY(store_cursor_next(cursor, &at));
        run->keys_seen++;
        if (!at.at)
            return STATUS_OK;
        uint16_t listing = run->members[run->member_count] = key_listing(at);
        run->member_count++;
        key_begin_member(&key, search_hash(run->search, run->query->member),
                         (uint16_t)(listing + 1));
        TRY(store_cursor_seek(cursor, key_str(&key)));
    }
    return STATUS_OK;
}

static Status branch_has_any(Run *run, uint16_t type, bool *ret_any)
{
    Str member = run->query->member;
    *ret_any = true;
    if (run->query->branch_count == 1 || run->query->contained != CONTAINED_NO)
        return STATUS_OK;
    if (!member.len)
        return type_has_any(run, type, ret_any);
    if (str_has_prefix(member, fhir_type_name(type)))
        return STATUS_OK; /* itself at least */
    *ret_any = false;
    for (size_t i = 0; i < run->member_count; i++)
        *ret_any |= run->members[i] == search_type(run->search, type)->listing;
    return STATUS_OK;
}

static Status open_branch(Run *run, size_t i, Stream **streams, size_t *count)
{
    const SearchQuery *query = run->query;
    const Branch *branch = &query->branches[i];
    bool any;
    TRY(branch_has_any(run, branch->type, &any));
    if (!any)
        return STATUS_OK;
    TRY(plan_make(run, branch->root, &run->plans[i]));
    if (query->contained != CONTAINED_NO)
        TRY(contained_stream(run, run->plans[i], branch->type, &streams[(*count)++]));
    return query->contained == CONTAINED_YES
               ? STATUS_OK
               : plan_stream(run, run->plans[i], &streams[(*count)++]);
}

static Status open_query(Run *run, Stream **ret_stream)
{
    const SearchQuery *query = run->query;
    Stream **streams = arena_array_of(run->cx->arena, Stream *, 2 * query->branch_count + 1);
    size_t count = 0;
    run->plans = arena_array_of(run->cx->arena, Plan *, query->branch_count + 1);
    if (!streams || !run->plans)
        return STATUS_MEMORY;
    if (query->member.len && query->branch_count > 1)
        TRY(find_members(run));
    for (size_t i = 0; i < query->branch_count; i++)
        TRY(open_branch(run, i, streams, &count));
    if (!count)
        return stream_of_places(run, NULL, 0, ret_stream);
    return query->contained == CONTAINED_NO ? stream_disjoint(run, streams, count, ret_stream)
                                            : stream_union(run, streams, count, ret_stream);
}

/* ---- newest first ------------------------------------------------------------------------- */

static Status run_by_place(Run *run, Stream *stream, SearchPage *page)
{
    PageCursor cursor;
    Place from = {{0}}, place;
    bool found;
    Str next = STR_EMPTY;
    TRY(cursor_read(run, &cursor));
    if (cursor.start.len == KEY_PLACE)
        memcpy(from.at, cursor.start.at, KEY_PLACE);
    for (;;) {
        TRY(run_tick(run));
        TRY(stream_seek(run, stream, &from, &place, &found));
        if (!found || page->count == run->query->limit)
            break;
        page->rids[page->count++] = key_rid(place_str(&place));
        from = place;
        if (!place_after(&from))
            break;
    }
    if (found && page->count == run->query->limit)
        next = place_str(&place);
    return cursor_links(run, &cursor, next, page);
}

static Status run_page(Run *run, SearchPage *page)
{
    const SearchQuery *query = run->query;
    Stream *stream;
    if (query->view.kind != FHIR_VIEW_COUNT) {
        TRY(open_query(run, &stream));
        TRY(query->sort_count ? run_sorted(run, stream, page) : run_by_place(run, stream, page));
        TRY(run_contained(run, page));
        TRY(run_includes(run, page));
    }
    if (search_wants_total(query)) {
        run->counting = true;
        TRY(open_query(run, &stream));
        TRY(stream_count(run, stream, &page->total));
    }
    if (!query->explain)
        return STATUS_OK;
    page->plan =
        arena_format(run->cx->arena, STR_FMT "%llu index keys and %llu resources were looked at.",
                     STR_ARG(buf_str(&run->notes)), (unsigned long long)run->keys_seen,
                     (unsigned long long)run->bodies_read);
    return page->plan.at ? STATUS_OK : STATUS_MEMORY;
}

Status search_run(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                  SearchPage *ret_page)
{
    SearchPage page = {.rids = arena_array_of(cx->arena, uint64_t, query->limit),
                       .included_all = true};
    Run *run;
    if (!page.rids)
        return STATUS_MEMORY;
    TRY(run_begin(search, cx, reader, query, &run));
    Status status = run_page(run, &page);
    if (status != STATUS_OK)
        return !cx->issue_count && run->scratch[0].cx.issue_count
                   ? ctx_fail(cx, status, STR_EMPTY, "A resource could not be searched.")
                   : status;
    *ret_page = page;
    return STATUS_OK;
}
