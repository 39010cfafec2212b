/* search/sort.c - a page in the order of _sort.
 *
 * The page is the rows with the smallest ranks (rank.h) behind the cursor's. Few matches are ranked
 * by reading them; many by one walk over the index of the parameter, where it stands in order; else
 * all are read.
 * SPEC R4 search.html#sort */
#include "search/rank.h"
#include "search/sight.h"
#include "search/since.h"

enum { OFFERED_MANY = 64, GATHERED_MAX = 10000, RANKS_BY_READING = 300 };

/* ---- ranking ------------------------------------------------------------------------------ */

/* What has changed since the search began has the rank that it had then. */
static Status add_moved(Best *best, Relation *relation, const Moved *moved)
{
    Rank rank;
    bool has;
    TRY(run_tick(best->run));
    TRY(since_has(best->run, relation, moved, &has));
    if (!has)
        return STATUS_OK;
    TRY(rank_of(best->run, &moved->then, moved->version, &rank));
    if (best_wants(best, &rank))
        best_add(best, &rank, moved->rid);
    return STATUS_OK;
}

static Status add_all_moved(Best *best, Relation *relation)
{
    const Moved *moved;
    for (size_t i = 0; (moved = since_each(best->run, i)); i++)
        TRY(add_moved(best, relation, moved));
    return STATUS_OK;
}

/* Whether the resource has not changed since; one that turns out to have is taken as it was. */
static Status is_unmoved(Best *best, Relation *relation, const Place *place, bool *ret_unmoved)
{
    const Moved *moved;
    bool is_new;
    TRY(since_find(best->run, key_rid(place_str(place)), &moved, &is_new));
    *ret_unmoved = !moved;
    return is_new ? add_moved(best, relation, moved) : STATUS_OK;
}

/* All matches; or not, when there are more than `max`, or many have to be read to find out. */
static Status take_matches(Run *run, Relation *relation, size_t max, Places *places, bool *ret_all)
{
    return relation_is_plain(relation) ? relation_take(run, relation, max, places, ret_all)
                                       : relation_walk(run, relation, max, max, places, ret_all);
}

/* Ranks all matches; or, when they are not to be taken, none. */
static Status rank_matches(Best *best, Relation *relation, size_t max, bool only_missing,
                           bool *ret_all)
{
    Run *run = best->run;
    Places places = {0};
    TRY(take_matches(run, relation, max, &places, ret_all));
    if (!*ret_all)
        return STATUS_OK;
    for (size_t i = 0; i < places.count; i++) {
        Rank rank;
        bool unmoved;
        TRY(is_unmoved(best, relation, &places.at[i], &unmoved));
        if (!unmoved)
            continue;
        TRY(rank_of(run, &places.at[i], 0, &rank));
        if ((!only_missing || rank.at[0] == 1) && best_wants(best, &rank))
            best_add(best, &rank, key_rid(place_str(&places.at[i])));
    }
    return STATUS_OK;
}

/* A key is one value of a resource that may have several: reading it tells whether it is the one
 * that counts. What is hidden is passed over first: it is no reason to gather the matches. */
static Status offer(Best *best, Relation *relation, const Rank *rank, const Place *place)
{
    Rank real;
    bool has, all;
    TRY(run_sees(best->run, key_rid(place_str(place)), &has));
    if (!has)
        return STATUS_OK;
    if (++best->offered == OFFERED_MANY && relation_is_plain(relation)) {
        Places places = {0};
        TRY(relation_take(best->run, relation, GATHERED_MAX, &places, &all));
        if (all)
            TRY(relation_of_places(best->run, &places, &best->gathered));
    }
    TRY(relation_has(best->run, best->gathered ? best->gathered : relation, place, &has));
    if (has)
        TRY(is_unmoved(best, relation, place, &has));
    if (!has)
        return STATUS_OK;
    TRY(rank_of(best->run, place, 0, &real));
    if (rank_cmp(rank, &real) == 0)
        best_add(best, &real, key_rid(place_str(place)));
    return STATUS_OK;
}

/* Behind all keys that agree with this one in `bytes` bytes; false when there can be none. */
static bool pass_branch(Str at, size_t bytes, Key *key)
{
    key->len = 0;
    key_add(key, at.at, bytes);
    while (key->len && ++key->at[key->len - 1] == 0)
        key->len--;
    return key->len > 0;
}

/* The index stands as the sort wants it, within each branch (a width class, a spread): once a key
 * is too large, the rest of its branch is. */
static Status rank_keys(Best *best, Relation *relation, KeyKind kind)
{
    Run *run = best->run;
    StoreCursor *cursor;
    Key prefix;
    key_begin(&prefix, kind, run->query->sorts[0].param->id);
    TRY(store_cursor(run->reader, key_str(&prefix), &cursor));
    for (;;) {
        Str at;
        Rank rank;
        Place place;
        TRY(run_tick(run));
        TRY(store_cursor_next(cursor, &at));
        run->keys_seen++;
        if (!at.at)
            return STATUS_OK;
        rank_of_key(run, kind, at, &rank, &place);
        bool beyond = best_is_full(best, &rank);
        if (!beyond && best_wants(best, &rank))
            TRY(offer(best, relation, &rank, &place));
        if (!beyond || (kind == KEY_NUMBER && at.at[KEY_HEAD]))
            continue; /* intervals do not stand in this order */
        if (kind == KEY_STRING || !pass_branch(at, KEY_HEAD + KEY_WIDTH, &prefix))
            return STATUS_OK;
        TRY(store_cursor_seek(cursor, key_str(&prefix)));
    }
}

/* The keys of one value, found in falling order of their places. */
typedef struct {
    Rank value; /* with some place */
    Places places;
} Group;

static bool is_of_group(const Group *group, const Rank *rank)
{
    return rank->len == group->value.len &&
           memcmp(rank->at, group->value.at, rank->len - KEY_PLACE) == 0;
}

static Status offer_group(Best *best, Relation *relation, Group *group, bool *ret_beyond)
{
    Rank rank = group->value;
    size_t count = group->places.count;
    group->places.count = 0;
    for (size_t i = count; i-- > 0;) {
        Place place = group->places.at[i];
        memcpy(rank.at + rank.len - KEY_PLACE, place.at, KEY_PLACE);
        *ret_beyond = best_is_full(best, &rank);
        if (*ret_beyond)
            return STATUS_OK;
        TRY(run_tick(best->run));
        if (best_wants(best, &rank))
            TRY(offer(best, relation, &rank, &place));
    }
    return STATUS_OK;
}

/* One branch from its last key on, value by value, to the first value that is too large. */
static Status rank_branch_turned(Best *best, Relation *relation, KeyKind kind, StoreCursor *cursor)
{
    Run *run = best->run;
    Group group = {.places = {0}};
    bool beyond = false;
    for (;;) {
        Str at;
        Rank rank;
        Place place;
        TRY(run_tick(run));
        TRY(store_cursor_prev(cursor, &at));
        run->keys_seen++;
        if (at.at)
            rank_of_key(run, kind, at, &rank, &place);
        if (group.places.count && !(at.at && is_of_group(&group, &rank)))
            TRY(offer_group(best, relation, &group, &beyond));
        bool spread = at.at && kind == KEY_NUMBER && at.at[KEY_HEAD]; /* in no order */
        if (!at.at || (beyond && !spread))
            return STATUS_OK;
        group.value = rank;
        TRY(places_add(run, &group.places, place_str(&place)));
    }
}

/* The index stands the other way round: it is walked backwards, branch by branch. */
static Status rank_keys_turned(Best *best, Relation *relation, KeyKind kind)
{
    Run *run = best->run;
    StoreCursor *branches, *cursor = NULL;
    Key key;
    key_begin(&key, kind, run->query->sorts[0].param->id);
    TRY(store_cursor(run->reader, key_str(&key), &branches));
    for (;;) {
        Str at;
        TRY(store_cursor_prev(branches, &at));
        run->keys_seen++;
        if (!at.at)
            return STATUS_OK;
        key.len = 0;
        key_add(&key, at.at, KEY_HEAD + KEY_WIDTH); /* a spread is as long */
        if (!cursor)
            TRY(store_cursor(run->reader, key_str(&key), &cursor));
        TRY(store_cursor_again(cursor, key_str(&key)));
        TRY(rank_branch_turned(best, relation, kind, cursor));
        TRY(store_cursor_seek(branches, key_str(&key)));
    }
}

typedef enum { INDEX_NO_HELP, INDEX_IN_ORDER, INDEX_TURNED } IndexOrder;

static IndexOrder index_order(const SearchQuery *query)
{
    const SearchParam *param = query->sorts[0].param;
    bool falling = query->sorts[0].falling;
    if (query->sort_count != 1 || query->branch_count != 1 || param->special == SPECIAL_PHONETIC ||
        param->special == SPECIAL_PHONE || param->special == SPECIAL_TEXT ||
        param->special == SPECIAL_CONTENT)
        return INDEX_NO_HELP;
    switch (param->kind) {
    case FHIR_PARAM_STRING: return falling ? INDEX_NO_HELP : INDEX_IN_ORDER;
    case FHIR_PARAM_DATE: return falling ? INDEX_IN_ORDER : INDEX_TURNED;
    case FHIR_PARAM_NUMBER: return falling ? INDEX_TURNED : INDEX_IN_ORDER;
    default: return INDEX_NO_HELP;
    }
}

static Status rank_by_index(Best *best, Relation *relation, IndexOrder order)
{
    static const KeyKind kinds[][2] = {
        [FHIR_PARAM_STRING] = {KEY_STRING},
        [FHIR_PARAM_NUMBER] = {KEY_NUMBER},
        [FHIR_PARAM_DATE] = {KEY_DATE, KEY_DATE_APART},
    };
    const KeyKind *kind = kinds[best->run->query->sorts[0].param->kind];
    bool all;
    for (size_t i = 0; i < 2 && kind[i]; i++)
        TRY(order == INDEX_IN_ORDER ? rank_keys(best, relation, kind[i])
                                    : rank_keys_turned(best, relation, kind[i]));
    bool done = best->back ? best->start.at[0] != 1
                           : best->count == best->room && best->rows[0].rank.at[0] != 1;
    return done ? STATUS_OK : rank_matches(best, relation, SIZE_MAX, true, &all);
}

static int compare_ranked(const void *a, const void *b)
{
    return rank_cmp(&((const Ranked *)a)->rank, &((const Ranked *)b)->rank);
}

/* Right behind a row, or at it. */
static Status start_at(Run *run, const Ranked *row, bool behind, Str *ret_start)
{
    Rank rank = row->rank;
    Place place;
    memcpy(place.at, rank.at + rank.len - KEY_PLACE, KEY_PLACE);
    if (behind && place_after(&place))
        memcpy(rank.at + rank.len - KEY_PLACE, place.at, KEY_PLACE);
    *ret_start = arena_str(run->cx->arena, str_n((const char *)rank.at, rank.len));
    return ret_start->at ? STATUS_OK : STATUS_MEMORY;
}

/* What is ranked best is the page, and of one row more it is known that there is one. */
static Status take_page(Best *best, PageCursor *cursor, SearchPage *page, Str *ret_next)
{
    Run *run = best->run;
    size_t limit = run->query->limit, first = best->back && best->count > limit;
    qsort(best->rows, best->count, sizeof(Ranked), compare_ranked);
    for (size_t i = first; i < best->count && page->count < limit; i++)
        page->rids[page->count++] = best->rows[i].rid;
    if (!best->back)
        return best->count > limit && limit ? start_at(run, &best->rows[limit - 1], true, ret_next)
                                            : STATUS_OK;
    *ret_next = cursor->here.start;
    cursor->here.start = STR_EMPTY;
    if (best->count)
        TRY(start_at(run, &best->rows[best->count - 1], true, ret_next));
    return first ? start_at(run, &best->rows[first], false, &cursor->here.start) : STATUS_OK;
}

Status run_sorted(Run *run, Relation *relation, PageCursor *cursor, SearchPage *page, Str *ret_next)
{
    Best best = {.run = run,
                 .room = run->query->limit + 1,
                 .back = cursor->back,
                 .start = cursor->here.start};
    IndexOrder order = index_order(run->query);
    bool all;
    best.rows = arena_array_of(run->cx->arena, Ranked, best.room);
    if (!best.rows)
        return STATUS_MEMORY;
    TRY(rank_matches(&best, relation, order == INDEX_NO_HELP ? SIZE_MAX : RANKS_BY_READING, false,
                     &all));
    if (!all) {
        best.count = 0;
        TRY(rank_by_index(&best, relation, order));
    }
    TRY(add_all_moved(&best, relation));
    return take_page(&best, cursor, page, ret_next);
}
