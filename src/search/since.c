/* search/since.c - the order of a search as it was when it began.
 *
 * A page link carries the number of the last change at that time. What has changed since stands
 * where it stood then: its version of then says so. So every resource has one place for as long as
 * anybody pages through, pages are stretches of places, and each resource that is there all the
 * time and answers comes once. What is shown answers now; what was made since is not shown.
 *
 * Usually little has changed. When it is more than changes_max, nothing is looked up beforehand: a
 * resource that comes along is asked for its change, so that nothing comes twice (where the store
 * keeps that number with the row); what has moved to a place that was passed already is missed. The
 * answer says that this can be. docs/adr/0089 */
#include "search/since.h"

#include "search/sight.h"

struct Since {
    uint64_t change;         /* the last one when the search began */
    const SinceTable *table; /* NULL: more has changed than is looked at */
    Moved *met;              /* then: what came along; an open table by rid */
    size_t met_room, met_count;
};

static void let_table_go(void *table)
{
    since_table_release(table);
}

static Status use_table(Run *run, Since *since, uint16_t type)
{
    SinceTable *table;
    void **hook = arena_defer(run->cx->arena, let_table_go, NULL);
    if (!hook)
        return STATUS_MEMORY;
    TRY(since_table_get(run, since->change, type, &table));
    since->table = *hook = table;
    return STATUS_OK;
}

static Status grow_met(Run *run, Since *since);

Status since_open(Run *run, PageCursor *cursor)
{
    const SearchQuery *query = run->query;
    bool one_type = query->branch_count == 1 && query->contained == CONTAINED_NO;
    TRY(run_mark(run));
    if (run->last_change <= cursor->since)
        return STATUS_OK;
    Since *since = arena_new_of(run->cx->arena, Since);
    if (!since)
        return STATUS_MEMORY;
    since->change = cursor->since;
    if (!cursor->late)
        TRY(use_table(run, since, one_type ? query->branches[0].type : 0));
    cursor->late = !since->table;
    if (!cursor->late && !since->table->count)
        return STATUS_OK;
    run->since = since;
    if (!cursor->late)
        return STATUS_OK;
    ctx_warn(run->cx, "incomplete", STR_EMPTY,
             "More than %zu changes were made since this search began: what was changed in the"
             " meantime may be missing, or come twice. Begin the search again to see all.",
             run->search->changes_max);
    return grow_met(run, since);
}

/* ---- what comes along ---------------------------------------------------------------------- */

static size_t met_slot(const Since *since, uint64_t rid)
{
    size_t at = (rid * 0x9e3779b97f4a7c15u >> 20) & (since->met_room - 1);
    while (since->met[at].rid && since->met[at].rid != rid)
        at = (at + 1) & (since->met_room - 1);
    return at;
}

static Status grow_met(Run *run, Since *since)
{
    Since grown = *since;
    grown.met_room = since->met_room ? since->met_room * 2 : 256;
    grown.met = arena_array_of(run->cx->arena, Moved, grown.met_room);
    if (!grown.met)
        return STATUS_MEMORY;
    for (size_t i = 0; i < since->met_room; i++) {
        if (since->met[i].rid)
            grown.met[met_slot(&grown, since->met[i].rid)] = since->met[i];
    }
    *since = grown;
    return STATUS_OK;
}

/* The last version that is not younger than the change; 0 = there was none. */
static Status version_at(Run *run, const StoreRow *now, uint64_t change, uint32_t *ret_version)
{
    uint32_t low = 0, high = now->version - 1;
    while (low < high) {
        StoreRow row;
        uint32_t middle = high - (high - low) / 2;
        TRY(store_get_rid_version(run->reader, now->rid, middle, &row));
        if (row.change <= change)
            low = middle;
        else
            high = middle - 1;
    }
    *ret_version = low;
    return STATUS_OK;
}

static Status meet(Run *run, Since *since, uint64_t rid, const Moved **ret_moved, bool *ret_new)
{
    StoreRow row;
    Moved *moved = &since->met[met_slot(since, rid)];
    *ret_new = false;
    *ret_moved = moved;
    if (moved->rid)
        return STATUS_OK;
    *ret_moved = NULL;
    TRY(store_get_rid(run->reader, rid, false, &row));
    if (!row.change)
        TRY(store_get_rid_version(run->reader, rid, row.version, &row));
    if (row.change <= since->change)
        return STATUS_OK;
    if (since->met_count * 2 >= since->met_room)
        TRY(grow_met(run, since));
    moved = &since->met[met_slot(since, rid)];
    moved->rid = rid;
    TRY(version_at(run, &row, since->change, &moved->version));
    TRY(since_locate(run, run->cx->arena, moved));
    since->met_count++;
    *ret_new = true;
    *ret_moved = moved;
    return STATUS_OK;
}

Status since_find(Run *run, uint64_t rid, const Moved **ret_moved, bool *ret_new)
{
    *ret_moved = NULL;
    *ret_new = false;
    if (!run->since)
        return STATUS_OK;
    if (!run->since->table)
        return meet(run, run->since, rid, ret_moved, ret_new);
    *ret_moved = since_table_find(run->since->table, rid);
    return STATUS_OK;
}

const Moved *since_each(const Run *run, size_t i)
{
    const SinceTable *table = run->since ? run->since->table : NULL;
    return table && i < table->count ? &table->moved[i] : NULL;
}

/* Where it stood tells of what it was then: both versions are judged. */
Status since_has(Run *run, Relation *relation, const Moved *moved, bool *ret_has)
{
    *ret_has = moved->was_there && moved->is_there &&
               (!run->judge || run_sees_facts(run, moved->type, moved->facts));
    return *ret_has ? relation_has(run, relation, &moved->now, ret_has) : STATUS_OK;
}

/* ---- walking in the order of then ---------------------------------------------------------- */

static int compare_then(const void *a, const void *b)
{
    return place_cmp(&(*(const Moved *const *)a)->then, &(*(const Moved *const *)b)->then);
}

void walk_open(Run *run, Relation *relation, const Place *from, Walk *ret_walk)
{
    *ret_walk = (Walk){.run = run, .relation = relation, .origin = *from, .at = *from};
    if (!run->since || !run->since->table)
        return;
    const SinceTable *table = run->since->table;
    size_t low = 0, high = table->place_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (place_cmp(&table->by_place[middle]->then, from) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    ret_walk->moved = table->by_place;
    ret_walk->count = table->place_count;
    ret_walk->next = low;
}

/* What turns out to have moved belongs where it stood; when that was passed, it comes next. */
static Status add_met(Walk *walk, const Moved *met)
{
    size_t left = walk->count - walk->next;
    if (!met->was_there || place_cmp(&met->then, &walk->origin) < 0)
        return STATUS_OK;
    Moved *kept = arena_new_of(walk->run->cx->arena, Moved);
    const Moved **list = arena_array_of(walk->run->cx->arena, const Moved *, left + 1);
    if (!kept || !list)
        return STATUS_MEMORY;
    *kept = *met;
    if (left)
        memcpy(list, walk->moved + walk->next, left * sizeof(*list));
    list[left] = kept;
    qsort(list, left + 1, sizeof(*list), compare_then);
    walk->moved = list;
    walk->count = left + 1;
    walk->next = 0;
    return STATUS_OK;
}

static Status take_unmoved(Walk *walk)
{
    const Moved *moved;
    while (!walk->found && !walk->ended) {
        Place from = walk->at;
        bool is_new;
        TRY(relation_seek(walk->run, walk->relation, &from, &walk->at, &walk->found));
        walk->ended = !walk->found;
        if (walk->ended)
            break;
        TRY(since_find(walk->run, key_rid(place_str(&walk->at)), &moved, &is_new));
        if (!moved)
            break;
        if (is_new)
            TRY(add_met(walk, moved));
        walk->found = false;
        walk->ended = !place_after(&walk->at);
    }
    return STATUS_OK;
}

Status walk_next(Walk *walk, Place *ret_place, bool *ret_found)
{
    for (;;) {
        TRY(run_tick(walk->run));
        TRY(take_unmoved(walk));
        if (walk->next == walk->count ||
            (walk->found && place_cmp(&walk->at, &walk->moved[walk->next]->then) < 0))
            break;
        const Moved *moved = walk->moved[walk->next++];
        TRY(since_has(walk->run, walk->relation, moved, ret_found));
        *ret_place = moved->then;
        if (*ret_found)
            return STATUS_OK;
    }
    *ret_found = walk->found;
    *ret_place = walk->at;
    if (walk->found) {
        walk->found = false;
        walk->ended = !place_after(&walk->at);
    }
    return STATUS_OK;
}
