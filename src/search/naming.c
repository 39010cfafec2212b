/* search/naming.c - which rows name some resources in one of their references, read off the lists
 * themselves: for src/rights, which asks about thousands at once and reads what it finds in any
 * case. A search of so many values in one condition walks as many lists side by side. */
#include "search/run.h"

enum { NAMES_AT_ONCE = 64, PLACES_AT_ONCE = 64 };

typedef struct {
    const Search *search;
    Ctx *cx;
    StoreReader *reader;
    const SearchParam *param;
    StoreCursor *cursor;
    uint64_t *rids;
    size_t count, room, max;
} Naming;

static Status keep(Naming *n, const Place *places, size_t count)
{
    if (n->room - n->count < count) {
        size_t room = 2 * (n->room + count);
        n->rids = arena_realloc(n->cx->arena, n->rids, n->room * sizeof(uint64_t),
                                room * sizeof(uint64_t));
        if (!n->rids)
            return STATUS_MEMORY;
        n->room = room;
    }
    for (size_t i = 0; i < count; i++)
        n->rids[n->count++] = place_rid(&places[i]);
    return STATUS_OK;
}

static Status read_list(Naming *n, const Key *list)
{
    Place places[PLACES_AT_ONCE];
    size_t count = PLACES_AT_ONCE;
    if (n->cursor)
        TRY(store_cursor_again(n->cursor, key_str(list)));
    else
        TRY(store_cursor(n->reader, key_str(list), &n->cursor));
    while (count == PLACES_AT_ONCE && n->count <= n->max) {
        TRY(store_cursor_tails(n->cursor, KEY_PLACE, PLACES_AT_ONCE, places, &count));
        TRY(keep(n, places, count));
    }
    return STATUS_OK;
}

/* A store that is asked over a network gets the beginnings of all of them together. */
static Status read_lists(Naming *n, const Str *names, size_t count)
{
    Key lists[NAMES_AT_ONCE];
    Str prefixes[NAMES_AT_ONCE];
    for (size_t i = 0; i < count; i++) {
        key_begin(&lists[i], KEY_REFERENCE, n->param->id);
        key_add_hash(&lists[i], search_hash(n->search, names[i]));
        prefixes[i] = key_str(&lists[i]);
    }
    if (count > 1)
        TRY(store_expect(n->reader, prefixes, count));
    for (size_t i = 0; i < count && n->count <= n->max; i++)
        TRY(read_list(n, &lists[i]));
    return ctx_check_deadline(n->cx);
}

/* That the parameter is there, and its keys are: as a search would be told. */
static Status check(Naming *n, const SearchScope *scope, Str code, Str name, uint64_t *ret_epoch)
{
    const SearchQuery *query;
    Str text = arena_format(n->cx->arena, STR_FMT "=" STR_FMT, STR_ARG(code), STR_ARG(name));
    if (!text.at)
        return STATUS_MEMORY;
    TRY(search_parse(n->search, n->cx, scope, text, &query));
    n->param = search_param_find(n->search, scope->type, code);
    assert(n->param && n->param->kind == FHIR_PARAM_REFERENCE);
    *ret_epoch = query->epoch;
    return STATUS_OK;
}

Status search_naming(const Search *search, Ctx *cx, StoreReader *reader, const SearchScope *scope,
                     Str code, const Str *names, size_t count, size_t max, uint64_t **ret_rids,
                     size_t *ret_count)
{
    Naming n = {.search = search, .cx = cx, .reader = reader, .max = max};
    uint64_t epoch;
    assert(access_is_system(scope->access)); /* nobody is asked who may see them */
    *ret_rids = NULL;
    *ret_count = 0;
    if (!count)
        return STATUS_OK;
    TRY(check(&n, scope, code, names[0], &epoch));
    for (size_t from = 0; from < count; from += NAMES_AT_ONCE)
        TRY(read_lists(&n, names + from,
                       count - from < NAMES_AT_ONCE ? count - from : NAMES_AT_ONCE));
    TRY(run_check_epoch(search, epoch, reader));
    *ret_rids = n.rids;
    *ret_count = n.count;
    return STATUS_OK;
}
