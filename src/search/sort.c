/* search/sort.c - a page in the order of _sort.
 *
 * A row's *rank* is its sort values as bytes that memcmp orders, then its place: the page is the
 * rows with the smallest ranks behind the cursor's. Few matches are ranked by reading them;
 * many by one walk over the index of the parameter, where it stands in order; else all are read.
 *
 *   rank = for each key: 00 value end | 01 (missing: last in both directions) ; place
 *
 * Of several values an ascending sort takes the smallest, a descending one the largest.
 * SPEC R4 search.html#sort */
#include "search/fold.h"
#include "search/sight.h"
#include "search/since.h"
#include "search/test.h"

#include <math.h>

enum { OFFERED_MANY = 64, GATHERED_MAX = 10000 };
enum { RANKS_BY_READING = 300, RANK_VALUE_MAX = 64 };

typedef struct {
    unsigned char at[CURSOR_MAX];
    size_t len;
} Rank;

typedef struct {
    Rank rank;
    uint64_t rid;
} Ranked;

/* The smallest ranks so far, largest on top: a heap of at most limit + 1. For the page before a
 * start: the largest ranks below it, smallest on top. */
typedef struct {
    Run *run;
    bool back;
    Str start; /* ranks below it were on earlier pages; back: from it on, on later ones */
    Ranked *rows;
    size_t count, room;
    size_t offered;
    Relation *gathered; /* the matches once more, when many keys are looked up among them */
} Best;

static int rank_cmp(const Rank *a, const Rank *b)
{
    return str_cmp(str_n((const char *)a->at, a->len), str_n((const char *)b->at, b->len));
}

/* ---- values as bytes ----------------------------------------------------------------- */

typedef struct {
    const SortKey *key;
    size_t max;
    unsigned char best[RANK_VALUE_MAX];
    size_t len;
    bool found;
} Pick;

static size_t text_bytes(Str text, size_t max, unsigned char *to)
{
    size_t len = text.len < max ? text.len : max;
    if (len)
        memcpy(to, text.at, len);
    return len;
}

static size_t number_bytes(double number, unsigned char *to)
{
    Key key = {.len = 0};
    key_add_number(&key, number);
    memcpy(to, key.at, key.len);
    return key.len;
}

/* An interval sorts by its lower end; without one, by its upper. */
static double lower_of(double lo, double hi)
{
    return isinf(lo) ? hi : lo;
}

static size_t time_bytes(uint64_t ms, unsigned char *to)
{
    for (size_t i = KEY_TIME; i-- > 0; ms >>= 8)
        to[i] = (unsigned char)ms;
    return KEY_TIME;
}

static size_t quantity_bytes(const Value *value, unsigned char *to)
{
    UcumUnit unit;
    double canonical, amount = lower_of(value->lo, value->hi);
    bool known = str_eq(value->system, STR(UCUM_SYSTEM)) && ucum_parse(value->code, &unit, NULL) &&
                 search_canonical(&unit, amount, &canonical);
    return number_bytes(known ? canonical : amount, to);
}

static size_t value_bytes(const Value *value, size_t max, unsigned char *to)
{
    char folded[FOLD_MAX];
    switch (value->kind) {
    case FHIR_PARAM_STRING:
        return text_bytes(str_n(folded, search_fold(value->text, folded)), max, to);
    case FHIR_PARAM_TOKEN: return text_bytes(value->code, max, to);
    case FHIR_PARAM_REFERENCE:
    case FHIR_PARAM_URI: return text_bytes(value->text, max, to);
    case FHIR_PARAM_DATE: return time_bytes(width_anchor(value->time), to);
    case FHIR_PARAM_NUMBER: return number_bytes(lower_of(value->lo, value->hi), to);
    case FHIR_PARAM_QUANTITY: return quantity_bytes(value, to);
    default: return 0;
    }
}

static Status pick_value(void *to, const Value *value)
{
    Pick *pick = to;
    unsigned char bytes[RANK_VALUE_MAX];
    size_t len = value_bytes(value, pick->max, bytes);
    if (!len)
        return STATUS_OK;
    int order = str_cmp(str_n((char *)bytes, len), str_n((char *)pick->best, pick->len));
    if (pick->found && (pick->key->falling ? order <= 0 : order >= 0))
        return STATUS_OK;
    memcpy(pick->best, bytes, len);
    pick->len = len;
    pick->found = true;
    return STATUS_OK;
}

/* Falling values are turned round, their end too. */
static void rank_add(Rank *rank, const unsigned char *bytes, size_t len, bool falling)
{
    unsigned char turn = falling ? 0xff : 0;
    rank->at[rank->len++] = 0;
    for (size_t i = 0; i < len; i++)
        rank->at[rank->len++] = bytes[i] ^ turn;
    rank->at[rank->len++] = turn;
}

static void rank_end(Rank *rank, const Place *place)
{
    memcpy(rank->at + rank->len, place->at, KEY_PLACE);
    rank->len += KEY_PLACE;
}

static size_t value_room(const SearchQuery *query)
{
    size_t room = (CURSOR_MAX - 1 - KEY_PLACE) / query->sort_count - 2;
    return room < RANK_VALUE_MAX ? room : RANK_VALUE_MAX;
}

/* When it was changed stands beside the resource. */
static Status rank_by_row(Run *run, uint64_t rid, uint32_t version, Rank *rank)
{
    unsigned char bytes[RANK_VALUE_MAX];
    StoreRow row;
    TRY(version ? store_get_rid_version(run->reader, rid, version, &row)
                : store_get_rid(run->reader, rid, false, &row));
    rank_add(rank, bytes, time_bytes(key_ms(row.updated), bytes), run->query->sorts[0].falling);
    return STATUS_OK;
}

static Status rank_by_content(Run *run, uint64_t rid, uint32_t version, Rank *rank)
{
    const SearchQuery *query = run->query;
    const Subject *subject;
    TRY(version ? run_subject_unjudged(run, rid, version, &subject)
                : run_subject(run, rid, &subject));
    for (size_t i = 0; i < query->sort_count; i++) {
        const SortKey *key = &query->sorts[i];
        Pick pick = {.key = key, .max = value_room(query)};
        TRY(search_values(subject, key->param, pick_value, &pick));
        if (pick.found)
            rank_add(rank, pick.best, pick.len, key->falling);
        else
            rank->at[rank->len++] = 1;
    }
    return STATUS_OK;
}

/* The rank of a version, which stands or stood at the place; 0 = of the current one. */
static Status rank_of(Run *run, const Place *place, uint32_t version, Rank *rank)
{
    const SearchQuery *query = run->query;
    uint64_t rid = key_rid(place_str(place));
    bool by_row = query->sort_count == 1 && query->sorts[0].param->special == SPECIAL_LAST_UPDATED;
    rank->len = 0;
    TRY(by_row ? rank_by_row(run, rid, version, rank) : rank_by_content(run, rid, version, rank));
    rank_end(rank, place);
    return STATUS_OK;
}

/* ---- the best so far -------------------------------------------------------------------- */

static bool is_worse(const Best *best, const Rank *a, const Rank *b)
{
    return best->back ? rank_cmp(a, b) < 0 : rank_cmp(a, b) > 0;
}

static void sift_down(Best *best, size_t at)
{
    for (;;) {
        size_t largest = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < best->count; child++) {
            if (is_worse(best, &best->rows[child].rank, &best->rows[largest].rank))
                largest = child;
        }
        if (largest == at)
            return;
        Ranked row = best->rows[at];
        best->rows[at] = best->rows[largest];
        best->rows[largest] = row;
        at = largest;
    }
}

static void sift_up(Best *best, size_t at)
{
    while (at && is_worse(best, &best->rows[at].rank, &best->rows[(at - 1) / 2].rank)) {
        Ranked row = best->rows[at];
        best->rows[at] = best->rows[(at - 1) / 2];
        best->rows[(at - 1) / 2] = row;
        at = (at - 1) / 2;
    }
}

static bool is_wanted(const Best *best, const Rank *rank)
{
    bool below = str_cmp(str_n((const char *)rank->at, rank->len), best->start) < 0;
    if (below != best->back)
        return false;
    return best->count < best->room || is_worse(best, &best->rows[0].rank, rank);
}

/* Whether neither this rank nor any larger one is wanted. */
static bool is_beyond(const Best *best, const Rank *rank)
{
    if (best->back)
        return str_cmp(str_n((const char *)rank->at, rank->len), best->start) >= 0;
    return best->count == best->room && rank_cmp(rank, &best->rows[0].rank) >= 0;
}

/* A resource that stands there already keeps the smaller of both ranks. */
static void best_add(Best *best, const Rank *rank, uint64_t rid)
{
    for (size_t i = 0; i < best->count; i++) {
        if (best->rows[i].rid != rid)
            continue;
        if (rank_cmp(rank, &best->rows[i].rank) < 0) {
            best->rows[i].rank = *rank;
            sift_down(best, i);
        }
        return;
    }
    if (best->count == best->room) {
        best->rows[0] = (Ranked){*rank, rid};
        sift_down(best, 0);
        return;
    }
    best->rows[best->count] = (Ranked){*rank, rid};
    sift_up(best, best->count++);
}

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
    if (is_wanted(best, &rank))
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
        if ((!only_missing || rank.at[0] == 1) && is_wanted(best, &rank))
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

/* The sort value in an index key of this kind. */
static size_t key_value(KeyKind kind, Str at, size_t max, unsigned char *to)
{
    switch (kind) {
    case KEY_STRING:
        return text_bytes(str_n(at.at + KEY_HEAD, at.len - KEY_HEAD - 1 - KEY_PLACE), max, to);
    case KEY_DATE: return time_bytes(key_place_ms(at), to);
    case KEY_DATE_APART: return time_bytes(key_time_falling(at, KEY_HEAD + KEY_WIDTH), to);
    case KEY_NUMBER: {
        double lo, hi;
        key_interval(at, KEY_HEAD, &lo, &hi);
        return number_bytes(lower_of(lo, hi), to);
    }
    default: return 0;
    }
}

static void rank_of_key(const Run *run, KeyKind kind, Str at, Rank *rank, Place *place)
{
    unsigned char bytes[RANK_VALUE_MAX];
    size_t len = key_value(kind, at, value_room(run->query), bytes);
    rank->len = 0;
    memcpy(place->at, key_place(at).at, KEY_PLACE);
    rank_add(rank, bytes, len, run->query->sorts[0].falling);
    rank_end(rank, place);
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
        bool beyond = is_beyond(best, &rank);
        if (!beyond && is_wanted(best, &rank))
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
        *ret_beyond = is_beyond(best, &rank);
        if (*ret_beyond)
            return STATUS_OK;
        TRY(run_tick(best->run));
        if (is_wanted(best, &rank))
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
