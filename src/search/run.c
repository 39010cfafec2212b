/* search/run.c - a plan becomes a page.
 *
 * A page stops behind its last row. Where it starts, and when the search began, is in the link that
 * leads to it (cursor.c), so that pages need no memory on the server; since.c has the order of that
 * time. SPEC R4 http.html#paging */
#include "search/run.h"

#include "search/fold.h"
#include "search/indexer.h"
#include "search/sight.h"

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
    *run = (Run){.search = search,
                 .cx = cx,
                 .reader = reader,
                 .access = query->access,
                 .ahead = 16,
                 .far = store_is_shared(search->store),
                 .query = query};
    buf_init(&run->notes, cx->arena, 0, 4096);
    *ret_run = run;
    return sight_open(run);
}

Status run_mark(Run *run)
{
    StoreMark mark;
    if (run->marked)
        return STATUS_OK;
    TRY(store_mark(run->reader, &mark));
    run->last_change = mark.change;
    run->marked = true;
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

static Status scratch_read(Run *run, Scratch *scratch, uint64_t rid, uint32_t version)
{
    StoreRow *row = &scratch->row;
    TRY(version ? store_get_rid_version(run->reader, rid, version, row)
                : store_get_rid(run->reader, rid, true, row));
    scratch->subject = (Subject){.search = run->search,
                                 .cx = &scratch->cx,
                                 .type = row->type,
                                 .updated = row->updated,
                                 .run = run};
    return row->deleted ? STATUS_OK /* a version of then; nobody asks for what it contains */
                        : json_parse(&scratch->cx, row->body, &scratch->subject.resource);
}

static Status read_subject(Run *run, uint64_t rid, uint32_t version, const Subject **ret_subject)
{
    Scratch *scratch = &run->scratch[run->depth];
    *ret_subject = &scratch->subject;
    if (scratch->rid == rid && scratch->version == version)
        return STATUS_OK;
    TRY(run_tick(run));
    if (!scratch->cx.arena)
        TRY(scratch_open(run, scratch));
    scratch->rid = 0;
    run->bodies_read++;
    arena_clear(scratch->cx.arena);
    scratch->cx = (Ctx){.arena = scratch->cx.arena, .deadline = run->cx->deadline};
    Ctx *before = store_read_into(run->reader, &scratch->cx);
    Status status = scratch_read(run, scratch, rid, version);
    (void)store_read_into(run->reader, before);
    if (status == STATUS_OK) {
        scratch->rid = rid;
        scratch->version = version;
    }
    return status;
}

/* Whoever comes here with a row that the caller does not see has forgotten to ask. */
Status run_subject(Run *run, uint64_t rid, const Subject **ret_subject)
{
    bool sees;
    TRY(run_sees(run, rid, &sees));
    return sees ? read_subject(run, rid, 0, ret_subject) : STATUS_NOT_FOUND;
}

Status run_subject_unjudged(Run *run, uint64_t rid, uint32_t version, const Subject **ret_subject)
{
    const Access *before = store_read_as(run->reader, run->search->access);
    Status status = read_subject(run, rid, version, ret_subject);
    (void)store_read_as(run->reader, before);
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

/* Where a resource without a date stands. */
static Place run_dateless(uint64_t rid)
{
    Place place;
    set_place(SEARCH_NO_DATE, rid, &place);
    return place;
}

Status run_find(Run *run, uint16_t type, Str id, StoreRow *ret_row, bool *ret_found)
{
    Status status = store_get(run->reader, type, id, false, ret_row);
    *ret_found = false;
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && ret_row->deleted))
        return STATUS_OK;
    TRY(status);
    return run_sees(run, ret_row->rid, ret_found);
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
    TRY(run_find(run, type, id, &row, ret_found));
    if (!*ret_found)
        return STATUS_OK;
    *ret_place = run_dateless(row.rid);
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

static Status open_branch(Run *run, size_t i, Relation **relations, size_t *count)
{
    const SearchQuery *query = run->query;
    const Branch *branch = &query->branches[i];
    bool any;
    TRY(plan_make(run, branch->root, &run->plans[i])); /* errors come whether it has any or not */
    TRY(branch_has_any(run, branch->type, &any));
    if (!any)
        return STATUS_OK;
    if (query->contained != CONTAINED_NO)
        TRY(contained_relation(run, run->plans[i], branch->type, &relations[(*count)++]));
    return query->contained == CONTAINED_YES
               ? STATUS_OK
               : plan_relation(run, run->plans[i], &relations[(*count)++]);
}

static Status open_query(Run *run, Relation **ret_relation)
{
    const SearchQuery *query = run->query;
    Relation **relations = arena_array_of(run->cx->arena, Relation *, 2 * query->branch_count + 1);
    size_t count = 0;
    run->plans = arena_array_of(run->cx->arena, Plan *, query->branch_count + 1);
    if (!relations || !run->plans)
        return STATUS_MEMORY;
    if (query->member.len && query->branch_count > 1)
        TRY(find_members(run));
    for (size_t i = 0; i < query->branch_count; i++)
        TRY(open_branch(run, i, relations, &count));
    return relation_union(run, relations, count, query->contained == CONTAINED_NO, ret_relation);
}

/* ---- newest first ------------------------------------------------------------------------- */

static Place place_of(Str start)
{
    Place place = {{0}};
    if (start.len == KEY_PLACE)
        memcpy(place.at, start.at, KEY_PLACE);
    return place;
}

/* The page before a start: its rows are the last ones that a walk towards there meets. */
static Status page_before(Run *run, Relation *relation, PageCursor *cursor, SearchPage *page,
                          Str *ret_next)
{
    size_t limit = run->query->limit, count = 0;
    Place *ring = arena_array_of(run->cx->arena, Place, limit);
    Place end = place_of(cursor->here.start), from = place_of(cursor_nearest(cursor)), place;
    bool found;
    Walk walk;
    if (!ring)
        return STATUS_MEMORY;
    walk_open(run, relation, &from, &walk);
    for (;; count++) {
        TRY(run_tick(run));
        TRY(walk_next(&walk, &place, &found));
        if (!found || place_cmp(&place, &end) >= 0)
            break;
        ring[count % limit] = place;
    }
    page->count = count < limit ? count : limit;
    for (size_t i = 0; i < page->count; i++)
        page->rids[i] = key_rid(place_str(&ring[(count - page->count + i) % limit]));
    place = count ? ring[(count - 1) % limit] : end;
    *ret_next =
        count && !place_after(&place) ? STR_EMPTY : arena_str(run->cx->arena, place_str(&place));
    cursor->here.start = count > limit ? place_str(&ring[count % limit]) : cursor_nearest(cursor);
    return ret_next->at ? STATUS_OK : STATUS_MEMORY;
}

static Status run_by_place(Run *run, Relation *relation, PageCursor *cursor, SearchPage *page,
                           Str *ret_next)
{
    Place from = place_of(cursor->here.start), place;
    bool found;
    Walk walk;
    if (cursor->back)
        return page_before(run, relation, cursor, page, ret_next);
    walk_open(run, relation, &from, &walk);
    for (;;) {
        TRY(run_tick(run));
        TRY(walk_next(&walk, &place, &found));
        if (!found || page->count == run->query->limit)
            break;
        page->rids[page->count++] = key_rid(place_str(&place));
        if (place_cmp(&place, &from) > 0) /* it may have turned out late where it belongs */
            from = place;
    }
    if (!found || !page->count || !place_after(&from))
        return STATUS_OK;
    *ret_next = arena_str(run->cx->arena, place_str(&from));
    return ret_next->at ? STATUS_OK : STATUS_MEMORY;
}

static Status run_rows(Run *run, PageCursor *cursor, SearchPage *page)
{
    Relation *relation;
    Str next = STR_EMPTY;
    if (cursor->is_given)
        TRY(since_open(run, cursor));
    TRY(open_query(run, &relation));
    TRY(run->query->sort_count ? run_sorted(run, relation, cursor, page, &next)
                               : run_by_place(run, relation, cursor, page, &next));
    TRY(run_contained(run, page));
    TRY(run_includes(run, page));
    return cursor_links(run, cursor, next, page);
}

/* The total is that of the time when the search began, on every page of it. */
static Status run_total(Run *run, PageCursor *cursor, SearchPage *page)
{
    Relation *relation;
    if (!cursor->has_total) {
        run->counting = true;
        TRY(open_query(run, &relation));
        TRY(relation_count(run, relation, &cursor->total));
        run->counting = false;
        cursor->has_total = true;
    }
    page->total = cursor->total;
    return STATUS_OK;
}

static Status run_page(Run *run, SearchPage *page)
{
    const SearchQuery *query = run->query;
    PageCursor cursor;
    TRY(cursor_read(run, &cursor));
    if (search_wants_total(query))
        TRY(run_total(run, &cursor, page));
    if (query->view.kind != FHIR_VIEW_COUNT)
        TRY(run_rows(run, &cursor, page));
    if (!query->explain)
        return STATUS_OK;
    page->plan =
        arena_format(run->cx->arena, STR_FMT "%llu index keys and %llu resources were looked at.",
                     STR_ARG(buf_str(&run->notes)), (unsigned long long)run->keys_seen,
                     (unsigned long long)run->bodies_read);
    return page->plan.at ? STATUS_OK : STATUS_MEMORY;
}

/* Whether parameters and keys are of one epoch. It is asked behind the search, whose answer is
 * thrown away if they are not: before it, it would be a question of its own. */
Status run_check_epoch(const Search *search, uint64_t epoch, StoreReader *reader)
{
    StoreMark mark;
    TRY(store_mark(reader, &mark));
    if (mark.epochs[STORE_EPOCH_INDEX] != epoch)
        atomic_store(&search->indexer->outdated, true);
    return mark.epochs[STORE_EPOCH_INDEX] == epoch && search_epoch(search) == epoch
               ? STATUS_OK
               : STATUS_CONFLICT;
}

Status search_run(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                  SearchPage *ret_page)
{
    SearchPage page = {.rids = arena_array_of(cx->arena, uint64_t, query->limit),
                       .included_all = true};
    Run *run;
    if (!page.rids)
        return STATUS_MEMORY;
    if (search_epoch(search) != query->epoch)
        return STATUS_CONFLICT; /* the table has changed already */
    TRY(run_begin(search, cx, reader, query, &run));
    Status status = run_page(run, &page);
    Status epoch = run_check_epoch(search, query->epoch, reader);
    if (status == STATUS_OK || epoch == STATUS_CONFLICT)
        TRY(epoch);
    if (status != STATUS_OK)
        return !cx->issue_count && run->scratch[0].cx.issue_count
                   ? ctx_fail(cx, status, STR_EMPTY, "A resource could not be searched.")
                   : status;
    *ret_page = page;
    return STATUS_OK;
}

/* ---- what is not stored --------------------------------------------------------------------- */

static Status ask(Run *run, Plan *plan, const SearchSource *source, bool *ret_answers)
{
    Subject subject = {.search = run->search,
                       .cx = run->cx,
                       .type = source->type,
                       .resource = (JsonValue *)source->resource,
                       .updated = source->updated,
                       .run = run};
    TRY(run_tick(run));
    return plan_content_holds(run, plan, &subject, ret_answers);
}

Status search_answers(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                      const SearchSource *sources, size_t count, bool *ret_answers)
{
    Run *run;
    Plan *plan;
    if (query->branch_count != 1)
        return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY, "Only one type can be asked here.");
    TRY(run_begin(search, cx, reader, query, &run));
    TRY(plan_make(run, query->branches[0].root, &plan));
    for (size_t i = 0; i < count; i++) {
        assert(sources[i].type == query->branches[0].type);
        TRY(ask(run, plan, &sources[i], &ret_answers[i]));
    }
    return STATUS_OK;
}
