/* search/rank.c - the sort values of a row as bytes, and the best rows so far. See rank.h. */
#include "search/rank.h"

#include "search/fold.h"
#include "search/test.h"

#include <math.h>

enum { RANK_VALUE_MAX = 64 };

int rank_cmp(const Rank *a, const Rank *b)
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

Status rank_of(Run *run, const Place *place, uint32_t version, Rank *rank)
{
    const SearchQuery *query = run->query;
    uint64_t rid = key_rid(place_str(place));
    bool by_row = query->sort_count == 1 && query->sorts[0].param->special == SPECIAL_LAST_UPDATED;
    rank->len = 0;
    TRY(by_row ? rank_by_row(run, rid, version, rank) : rank_by_content(run, rid, version, rank));
    rank_end(rank, place);
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

void rank_of_key(const Run *run, KeyKind kind, Str at, Rank *rank, Place *place)
{
    unsigned char bytes[RANK_VALUE_MAX];
    size_t len = key_value(kind, at, value_room(run->query), bytes);
    rank->len = 0;
    memcpy(place->at, key_place(at).at, KEY_PLACE);
    rank_add(rank, bytes, len, run->query->sorts[0].falling);
    rank_end(rank, place);
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

bool best_wants(const Best *best, const Rank *rank)
{
    bool below = str_cmp(str_n((const char *)rank->at, rank->len), best->start) < 0;
    if (below != best->back)
        return false;
    return best->count < best->room || is_worse(best, &best->rows[0].rank, rank);
}

bool best_is_full(const Best *best, const Rank *rank)
{
    if (best->back)
        return str_cmp(str_n((const char *)rank->at, rank->len), best->start) >= 0;
    return best->count == best->room && rank_cmp(rank, &best->rows[0].rank) >= 0;
}

void best_add(Best *best, const Rank *rank, uint64_t rid)
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
