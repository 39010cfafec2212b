/* search/since.c - the order of a search as it was when it began.
 *
 * A page link carries the number of the last change at that time. What has changed since stands
 * where it stood then: its version of then says so. So every resource has one place for as long as
 * anybody pages through, pages are stretches of places, and each resource that is there all the
 * time and answers comes once. What is shown answers now; what was made since is not shown.
 *
 * Usually little has changed. When it is more than changes_max, a resource that comes along is
 * asked for its change, so that nothing comes twice; what has moved to earlier pages and was
 * changed before the newest changes_max may be missed, and the answer says so. docs/adr/0089 */
#include "search/run.h"

#include <pthread.h>

enum { PLACES_KEPT = 1 << 14 };

struct Since {
    uint64_t change;
    bool all; /* that has changed is in the table */
    Moved *table;
    size_t room, count;
};

/* ---- places that were computed before --------------------------------------------------- */

/* A version never changes, so its place does not: whoever comes for the next page need not read it
 * again. */
typedef struct {
    uint64_t rid;
    uint32_t version;
    Place place;
} KeptPlace;

struct KeptPlaces {
    pthread_mutex_t lock;
    KeptPlace at[PLACES_KEPT];
};

Status places_new(Arena *forever, KeptPlaces **ret_places)
{
    KeptPlaces *places = arena_new_of(forever, KeptPlaces);
    if (!places || pthread_mutex_init(&places->lock, NULL) != 0)
        return STATUS_MEMORY;
    *ret_places = places;
    return STATUS_OK;
}

void places_free(KeptPlaces *places)
{
    if (places)
        pthread_mutex_destroy(&places->lock);
}

static KeptPlace *kept_slot(KeptPlaces *places, uint64_t rid, uint32_t version)
{
    return &places->at[((rid * 31 + version) * 0x9e3779b97f4a7c15u >> 32) & (PLACES_KEPT - 1)];
}

static bool recall_place(KeptPlaces *places, uint64_t rid, uint32_t version, Place *ret_place)
{
    pthread_mutex_lock(&places->lock);
    const KeptPlace *slot = kept_slot(places, rid, version);
    bool known = slot->rid == rid && slot->version == version;
    if (known)
        *ret_place = slot->place;
    pthread_mutex_unlock(&places->lock);
    return known;
}

static void keep_place(KeptPlaces *places, uint64_t rid, uint32_t version, const Place *place)
{
    pthread_mutex_lock(&places->lock);
    *kept_slot(places, rid, version) = (KeptPlace){rid, version, *place};
    pthread_mutex_unlock(&places->lock);
}

/* Newest first of a type without dates is the order in which they were made. */
static bool is_dateless(const Run *run, const StoreRow *row)
{
    return !search_type(run->search, row->type)->clinical_date;
}

Status since_place(Run *run, uint64_t rid, uint32_t version, Place *ret_place, bool *ret_there)
{
    const Subject *subject;
    StoreRow row;
    TRY(store_get_rid(run->reader, rid, false, &row));
    bool is_now = !version || version == row.version;
    *ret_there = version ? !is_now || !row.deleted : !row.deleted;
    if (!*ret_there)
        return STATUS_OK;
    version = version ? version : row.version;
    if (recall_place(run->search->places, rid, version, ret_place))
        return STATUS_OK;
    if (!is_now) { /* it may be a deletion in between */
        TRY(store_get_rid_version(run->reader, rid, version, &row));
        *ret_there = !row.deleted;
        if (!*ret_there)
            return STATUS_OK;
    }
    if (is_dateless(run, &row)) {
        *ret_place = run_dateless(rid);
    } else {
        TRY(run_subject_version(run, rid, is_now ? 0 : version, &subject));
        TRY(run_place(subject, rid, ret_place));
    }
    keep_place(run->search->places, rid, version, ret_place);
    return STATUS_OK;
}

/* ---- what has changed ---------------------------------------------------------------------- */

static size_t slot_of(const Since *since, uint64_t rid)
{
    size_t at = (rid * 0x9e3779b97f4a7c15u >> 20) & (since->room - 1);
    while (since->table[at].rid && since->table[at].rid != rid)
        at = (at + 1) & (since->room - 1);
    return at;
}

static Status grow(Run *run, Since *since)
{
    Since grown = *since;
    grown.room = since->room ? since->room * 2 : 256;
    grown.table = arena_array_of(run->cx->arena, Moved, grown.room);
    if (!grown.table)
        return STATUS_MEMORY;
    for (size_t i = 0; i < since->room; i++) {
        if (since->table[i].rid)
            grown.table[slot_of(&grown, since->table[i].rid)] = since->table[i];
    }
    *since = grown;
    return STATUS_OK;
}

static Status put(Run *run, Since *since, uint64_t rid, uint32_t version, const Moved **ret_moved)
{
    if (since->count * 2 >= since->room)
        TRY(grow(run, since));
    Moved *moved = &since->table[slot_of(since, rid)];
    since->count += !moved->rid;
    *moved = (Moved){rid, version};
    *ret_moved = moved;
    return STATUS_OK;
}

/* Newest first: the oldest of a resource's changes has the last word. */
static Status add_changes(Run *run, Since *since, uint16_t type)
{
    StoreTouch *touches;
    const Moved *moved;
    size_t count, max = run->search->changes_max;
    TRY(store_changes(run->reader, type, since->change, max + 1, &touches, &count));
    since->all = count <= max;
    for (size_t i = 0; i < count && since->all; i++)
        TRY(put(run, since, touches[i].rid, touches[i].version - 1, &moved));
    return STATUS_OK;
}

static Status add_all_changes(Run *run, Since *since)
{
    const SearchQuery *query = run->query;
    if (query->branch_count > 4 ||
        query->contained != CONTAINED_NO) /* containers are of any type */
        return add_changes(run, since, 0);
    for (size_t i = 0; i < query->branch_count && since->all; i++)
        TRY(add_changes(run, since, query->branches[i].type));
    return STATUS_OK;
}

static Status forget_changes(Run *run, Since *since)
{
    *since = (Since){.change = since->change};
    ctx_warn(run->cx, "incomplete", STR_EMPTY,
             "More than %zu changes were made since this search began: what was changed in the"
             " meantime may be missing. Begin the search again to see all.",
             run->search->changes_max);
    return grow(run, since);
}

Status since_open(Run *run, PageCursor *cursor)
{
    StoreMark mark;
    TRY(store_mark(run->reader, &mark));
    if (mark.change <= cursor->since)
        return STATUS_OK;
    Since *since = arena_new_of(run->cx->arena, Since);
    if (!since)
        return STATUS_MEMORY;
    *since = (Since){.change = cursor->since, .all = !cursor->late};
    if (since->all)
        TRY(add_all_changes(run, since));
    if (!since->all)
        TRY(forget_changes(run, since));
    cursor->late = !since->all;
    if (since->count || cursor->late)
        run->since = since;
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

Status since_find(Run *run, uint64_t rid, const Moved **ret_moved, bool *ret_new)
{
    Since *since = run->since;
    StoreRow row;
    uint32_t version;
    *ret_moved = NULL;
    *ret_new = false;
    if (!since)
        return STATUS_OK;
    const Moved *moved = &since->table[slot_of(since, rid)];
    if (moved->rid) {
        *ret_moved = moved;
        return STATUS_OK;
    }
    if (since->all)
        return STATUS_OK;
    TRY(store_get_rid(run->reader, rid, false, &row));
    if (row.change <= since->change)
        return STATUS_OK;
    TRY(version_at(run, &row, since->change, &version));
    *ret_new = true;
    return put(run, since, rid, version, ret_moved);
}

const Moved *since_each(const Run *run, size_t i)
{
    return run->since && i < run->since->room ? &run->since->table[i] : NULL;
}

Status since_has(Run *run, Stream *stream, uint64_t rid, bool *ret_has)
{
    Place now;
    TRY(since_place(run, rid, 0, &now, ret_has));
    return *ret_has ? stream_has(run, stream, &now, ret_has) : STATUS_OK;
}

/* ---- walking in the order of then ---------------------------------------------------------- */

static Status add_moved(Walk *walk, const Moved *moved)
{
    Place then;
    bool there;
    if (!moved->rid || !moved->version)
        return STATUS_OK;
    TRY(run_tick(walk->run));
    TRY(since_place(walk->run, moved->rid, moved->version, &then, &there));
    return there && place_cmp(&then, &walk->origin) >= 0
               ? places_add(walk->run, &walk->moved, place_str(&then))
               : STATUS_OK;
}

Status walk_open(Run *run, Stream *stream, const Place *from, Walk *ret_walk)
{
    Walk walk = {.run = run, .stream = stream, .origin = *from, .at = *from};
    const Moved *moved;
    for (size_t i = 0; (moved = since_each(run, i)); i++)
        TRY(add_moved(&walk, moved));
    if (walk.moved.count)
        qsort(walk.moved.at, walk.moved.count, sizeof(Place), place_cmp);
    *ret_walk = walk;
    return STATUS_OK;
}

/* The next of the stream that has not moved; what turns out to have moved is put where it stood. */
static Status take_unmoved(Walk *walk)
{
    const Moved *moved;
    while (!walk->found && !walk->ended) {
        Place from = walk->at;
        bool is_new;
        TRY(stream_seek(walk->run, walk->stream, &from, &walk->at, &walk->found));
        walk->ended = !walk->found;
        if (walk->ended)
            break;
        TRY(since_find(walk->run, key_rid(place_str(&walk->at)), &moved, &is_new));
        if (!moved)
            break;
        if (is_new) {
            TRY(add_moved(walk, moved));
            qsort(walk->moved.at + walk->next, walk->moved.count - walk->next, sizeof(Place),
                  place_cmp);
        }
        walk->found = false;
        walk->ended = !place_after(&walk->at);
    }
    return STATUS_OK;
}

Status walk_next(Walk *walk, Place *ret_place, bool *ret_found)
{
    for (;;) {
        bool has;
        TRY(run_tick(walk->run));
        TRY(take_unmoved(walk));
        if (walk->next == walk->moved.count ||
            (walk->found && place_cmp(&walk->at, &walk->moved.at[walk->next]) < 0))
            break;
        *ret_place = walk->moved.at[walk->next++];
        TRY(since_has(walk->run, walk->stream, key_rid(place_str(ret_place)), &has));
        *ret_found = has;
        if (has)
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
