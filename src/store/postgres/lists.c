/* store/postgres/lists.c - see lists.h. */
#include "store/postgres/lists.h"

#include <stdlib.h>

#include "store/store.h"

enum { RESULTS_MAX = 16, TRAILS = 4 };
enum { COLUMN_LIST, COLUMN_KEY }; /* of SQL_LISTS: which list, counted from 1 */

typedef enum { LIST_WANTED, LIST_ASKED, LIST_THERE } ListState;

typedef struct {
    ListState state;
    unsigned char len;
    char prefix[LISTS_PREFIX_MAX];
    ListChunk chunk;
} List;

typedef struct {
    char places[TRAIL_MAX][TRAIL_BYTES];
    size_t count;
} Trail;

struct Lists {
    List lists[LISTS_MAX];
    size_t count;
    PGresult *results[RESULTS_MAX];
    size_t result_count;
    Trail trails[TRAILS];
    unsigned newest;
};

void lists_forget(Lists *lists)
{
    if (!lists)
        return;
    for (size_t i = 0; i < lists->result_count; i++)
        PQclear(lists->results[i]);
    for (size_t i = 0; i < TRAILS; i++)
        lists->trails[i].count = 0;
    lists->count = lists->result_count = 0;
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
    if (!lists || prefix.len > LISTS_PREFIX_MAX || lists->count == LISTS_MAX ||
        lists->result_count == RESULTS_MAX || find(lists, prefix))
        return;
    List *list = &lists->lists[lists->count++];
    list->state = LIST_WANTED;
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

bool lists_ask(Lists *lists, Params *params)
{
    Array from, behind;
    char end[STORE_KEY_BYTES_MAX + 1];
    array_init(&from, params->arena, TYPE_BYTEA, 256);
    array_init(&behind, params->arena, TYPE_BYTEA, 256);
    for (size_t i = 0; lists && i < lists->count; i++) {
        List *list = &lists->lists[i];
        Str prefix = str_n(list->prefix, list->len);
        if (list->state != LIST_WANTED)
            continue;
        list->state = LIST_ASKED;
        list->chunk = (ListChunk){.whole = true};
        array_bytes(&from, prefix);
        array_bytes(&behind, str_n(end, list_end(prefix, end)));
    }
    if (!from.count)
        return false;
    params_array(params, &from);
    params_array(params, &behind);
    params_int8(params, LISTS_CHUNK);
    return true;
}

/* Lists were asked for in their order, and their keys come in it. */
void lists_take(Lists *lists, PGresult *result)
{
    List *asked[LISTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->lists[i].state == LIST_ASKED)
            asked[count++] = &lists->lists[i];
    }
    lists->results[lists->result_count++] = result;
    for (int row = 0; row < PQntuples(result); row++) {
        size_t number = (size_t)answer_int(result, row, COLUMN_LIST);
        assert(number && number <= count);
        ListChunk *chunk = &asked[number - 1]->chunk;
        if (!chunk->count++)
            chunk->first = row;
        chunk->whole = chunk->count < LISTS_CHUNK;
    }
    for (size_t i = 0; i < count; i++) {
        asked[i]->state = LIST_THERE;
        asked[i]->chunk.result = result;
    }
}

bool lists_find(const Lists *lists, Str prefix, ListChunk *ret_chunk)
{
    const List *list = find(lists, prefix);
    if (!list || list->state != LIST_THERE)
        return false;
    *ret_chunk = list->chunk;
    return true;
}

/* ---- trails ------------------------------------------------------------------------------ */

void lists_leave_trail(Lists **made_at, const ListChunk *keys, int column, size_t prefix_len)
{
    Lists *lists = keys->count > 1 ? made(made_at) : NULL;
    if (!lists)
        return;
    lists->newest = (lists->newest + 1) % TRAILS;
    Trail *trail = &lists->trails[lists->newest];
    trail->count = 0;
    for (int i = 0; i < keys->count && trail->count < TRAIL_MAX; i++) {
        Str key = answer_bytes(keys->result, keys->first + i, column);
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
        for (; at < trail->count && count < max; at++)
            memcpy(ret_places[count++], trail->places[at], TRAIL_BYTES);
        if (count > 1)
            return count;
    }
    return 0;
}
