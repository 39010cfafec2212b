/* store/postgres/lists.c - see lists.h. */
#include "store/postgres/lists.h"

#include <stdlib.h>

#include "store/store.h"

enum { TRAILS = 4 };
enum { COLUMN_LIST, COLUMN_KEY }; /* of SQL_LISTS: which list, counted from 1 */

typedef enum { LIST_WANTED, LIST_ASKED, LIST_THERE } ListState;

typedef struct {
    ListState state;
    unsigned char len;
    char prefix[LISTS_PREFIX_MAX];
    Chunk *chunk; /* NULL: not there */
} List;

typedef struct {
    char places[TRAIL_MAX][TRAIL_BYTES];
    size_t count;
} Trail;

struct Lists {
    List lists[LISTS_MAX];
    size_t count;
    Trail trails[TRAILS];
    unsigned newest;
};

void lists_forget(Lists *lists)
{
    if (!lists)
        return;
    for (size_t i = 0; i < lists->count; i++)
        chunk_drop(lists->lists[i].chunk);
    for (size_t i = 0; i < TRAILS; i++)
        lists->trails[i].count = 0;
    lists->count = 0;
}

void lists_free(Lists *lists)
{
    lists_forget(lists);
    free(lists);
}

static Lists *made(Lists **lists)
{
    if (!*lists)
        *lists = calloc(1, sizeof(Lists));
    return *lists;
}

/* ---- lists ------------------------------------------------------------------------------- */

static List *find(const Lists *lists, Str prefix)
{
    for (size_t i = 0; lists && i < lists->count; i++) {
        const List *list = &lists->lists[i];
        if (list->len == prefix.len && memcmp(list->prefix, prefix.at, prefix.len) == 0)
            return (List *)(uintptr_t)list;
    }
    return NULL;
}

void lists_want(Lists **made_at, Str prefix)
{
    Lists *lists = made(made_at);
    if (!lists || prefix.len > LISTS_PREFIX_MAX || lists->count == LISTS_MAX || find(lists, prefix))
        return;
    List *list = &lists->lists[lists->count++];
    list->state = LIST_WANTED;
    list->chunk = NULL;
    list->len = (unsigned char)prefix.len;
    memcpy(list->prefix, prefix.at, prefix.len);
}

size_t list_end(Str prefix, char *ret_end)
{
    size_t len = prefix.len;
    while (len && (unsigned char)prefix.at[len - 1] == 0xff)
        len--;
    if (!len) {
        memset(ret_end, 0xff, STORE_KEY_BYTES_MAX + 1);
        return STORE_KEY_BYTES_MAX + 1;
    }
    memcpy(ret_end, prefix.at, len);
    ret_end[len - 1]++;
    return len;
}

Str lists_wanted(Lists *lists, size_t *at)
{
    for (; lists && *at < lists->count; ++*at) {
        const List *list = &lists->lists[*at];
        if (list->state == LIST_WANTED)
            return str_n(list->prefix, list->len);
    }
    return (Str){NULL, 0};
}

void lists_put(Lists *lists, size_t at, Chunk *chunk)
{
    lists->lists[at].state = LIST_THERE;
    lists->lists[at].chunk = chunk;
}

bool lists_ask(Lists *lists, Params *params)
{
    Array from, behind;
    char end[STORE_KEY_BYTES_MAX + 1];
    size_t at = 0;
    Str prefix = lists_wanted(lists, &at);
    if (!prefix.at)
        return false;
    array_init(&from, params->arena, TYPE_BYTEA, 256);
    array_init(&behind, params->arena, TYPE_BYTEA, 256);
    for (; prefix.at; prefix = lists_wanted(lists, &at)) {
        lists->lists[at].state = LIST_ASKED;
        array_bytes(&from, prefix);
        array_bytes(&behind, str_n(end, list_end(prefix, end)));
    }
    params_array(params, &from);
    params_array(params, &behind);
    params_int8(params, LISTS_CHUNK);
    return true;
}

Chunk *lists_take(Lists *lists, const PGresult *result, ListAnswer *answer)
{
    int rows = PQntuples(result), end = answer->row;
    while (answer->at < lists->count && lists->lists[answer->at].state != LIST_ASKED)
        answer->at++;
    if (answer->at == lists->count)
        return NULL;
    List *list = &lists->lists[answer->at];
    answer->number++;
    while (end < rows && answer_int(result, end, COLUMN_LIST) == answer->number)
        end++;
    ChunkOf of = {.kind = CHUNK_AFTER,
                  .list = str_n(list->prefix, list->len),
                  .from = str_n(list->prefix, list->len),
                  .result = result,
                  .first = answer->row,
                  .count = end - answer->row,
                  .column = COLUMN_KEY,
                  .whole = end - answer->row < LISTS_CHUNK};
    answer->row = end;
    list->chunk = chunk_new(&of);
    if (list->chunk)
        list->state = LIST_THERE;
    return list->chunk;
}

void lists_answered(Lists *lists)
{
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->lists[i].state == LIST_ASKED)
            lists->lists[i].state = LIST_THERE;
    }
}

Chunk *lists_find(const Lists *lists, Str prefix)
{
    const List *list = find(lists, prefix);
    return list && list->chunk ? chunk_hold(list->chunk) : NULL;
}

/* ---- trails ------------------------------------------------------------------------------ */

void lists_leave_trail(Lists **made_at, const Chunk *keys, size_t prefix_len)
{
    Lists *lists = keys->count > 1 ? made(made_at) : NULL;
    if (!lists)
        return;
    lists->newest = (lists->newest + 1) % TRAILS;
    Trail *trail = &lists->trails[lists->newest];
    trail->count = 0;
    for (size_t i = 0; i < keys->count && trail->count < TRAIL_MAX; i++) {
        Str key = chunk_key(keys, i);
        if (key.len < prefix_len + TRAIL_BYTES)
            return;
        memcpy(trail->places[trail->count++], key.at + prefix_len, TRAIL_BYTES);
    }
}

size_t lists_follow(const Lists *lists, Str place, size_t max, char (*ret_places)[TRAIL_BYTES])
{
    for (unsigned i = 0; lists && i < TRAILS; i++) {
        const Trail *trail = &lists->trails[(lists->newest + TRAILS - i) % TRAILS];
        size_t at = 0, count = 0;
        while (at < trail->count && memcmp(trail->places[at], place.at, TRAIL_BYTES) != 0)
            at++;
        if (at + 1 >= trail->count)
            continue; /* nothing is behind it: what was followed before stays */
        for (; at < trail->count && count < max; at++)
            memcpy(ret_places[count++], trail->places[at], TRAIL_BYTES);
        return count;
    }
    return 0;
}
