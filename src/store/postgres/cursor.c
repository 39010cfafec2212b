/* store/postgres/cursor.c - index keys in order, read ahead.
 *
 * A chunk of keys comes in one round trip: few at first, more the longer a cursor walks on; a seek
 * that lands in the chunk asks nothing. */
#include "store/postgres/engine.h"

enum { CHUNK_FIRST = 32, CHUNK_MAX = 4096, CHUNK_GROWS = 4 };

typedef struct {
    StoreCursor base;
    PostgresReader *reader;
    PGresult **result; /* the chunk, in a slot of the arena's hook; NULL before the first */
    int at, count;     /* the next key in the chunk */
    int chunk, least;  /* how many keys to ask for next; not fewer than */
    bool back;         /* the chunk runs from the largest key down */
    bool whole;        /* nothing stands behind the chunk */
    bool seek;         /* go to `from` before the next key */
    bool sought;       /* from is a key, not the prefix: where going back begins */
    size_t prefix_len, end_len, from_len;
    char prefix[STORE_KEY_BYTES_MAX], end[STORE_KEY_BYTES_MAX + 1], from[STORE_KEY_BYTES_MAX + 1];
} PostgresCursor;

/* The first key behind all that begin with the prefix; for one of all ff, behind any key. */
static void find_end(PostgresCursor *cursor)
{
    size_t len = cursor->prefix_len;
    while (len && (unsigned char)cursor->prefix[len - 1] == 0xff)
        len--;
    if (len) {
        memcpy(cursor->end, cursor->prefix, len);
        cursor->end[len - 1]++;
    } else {
        len = sizeof(cursor->end);
        memset(cursor->end, 0xff, len);
    }
    cursor->end_len = len;
}

static void forget_chunk(void *result)
{
    PQclear(result);
}

Status postgres_cursor(StoreReader *base, Str prefix, StoreCursor **ret_cursor)
{
    PostgresReader *reader = postgres_reader(base);
    PostgresCursor *cursor = arena_alloc_raw(base->cx->arena, sizeof(PostgresCursor));
    void **slot = arena_defer(base->cx->arena, forget_chunk, NULL);
    if (!cursor || !slot)
        return STATUS_MEMORY;
    cursor->base.engine = &postgres_engine;
    cursor->reader = reader;
    cursor->result = (PGresult **)slot;
    *ret_cursor = &cursor->base;
    return postgres_cursor_again(&cursor->base, prefix);
}

Status postgres_cursor_again(StoreCursor *base, Str prefix)
{
    PostgresCursor *cursor = (PostgresCursor *)base;
    assert(prefix.len <= STORE_KEY_BYTES_MAX);
    memmove(cursor->prefix, prefix.at, prefix.len);
    memcpy(cursor->from, cursor->prefix, prefix.len);
    cursor->prefix_len = cursor->from_len = prefix.len;
    find_end(cursor);
    cursor->at = cursor->count = 0;
    cursor->chunk = CHUNK_FIRST;
    cursor->least = 0;
    cursor->back = cursor->whole = cursor->sought = false;
    cursor->seek = true;
    return STATUS_OK;
}

Status postgres_cursor_seek(StoreCursor *base, Str key)
{
    PostgresCursor *cursor = (PostgresCursor *)base;
    assert(key.len <= STORE_KEY_BYTES_MAX);
    if (str_cmp(key, str_n(cursor->prefix, cursor->prefix_len)) < 0)
        key = str_n(cursor->prefix, cursor->prefix_len);
    memmove(cursor->from, key.at, key.len);
    cursor->from_len = key.len;
    cursor->seek = cursor->sought = true;
    return STATUS_OK;
}

static Str key_at(const PostgresCursor *cursor, int at)
{
    return answer_bytes(*cursor->result, at, 0);
}

/* The first key of the chunk that is not before `from`: not less; going back, less. */
static int find_in_chunk(const PostgresCursor *cursor)
{
    Str from = str_n(cursor->from, cursor->from_len);
    int low = 0, high = cursor->count;
    while (low < high) {
        int middle = low + (high - low) / 2, order = str_cmp(key_at(cursor, middle), from);
        if (cursor->back ? order >= 0 : order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether `from` lies within the chunk, which then stands there. */
static bool seek_in_chunk(PostgresCursor *cursor)
{
    if (!cursor->count || !cursor->sought)
        return false;
    int order = str_cmp(key_at(cursor, 0), str_n(cursor->from, cursor->from_len));
    if (cursor->back ? order < 0 : order > 0)
        return false; /* before it: what stands between is not known */
    int at = find_in_chunk(cursor);
    if (at == cursor->count && !cursor->whole)
        return false;
    cursor->at = at;
    return true;
}

/* The next chunk, from `from` on. */
static Status fetch(PostgresCursor *cursor)
{
    PostgresReader *reader = cursor->reader;
    PGresult *result;
    Str from = str_n(cursor->from, cursor->from_len), end = str_n(cursor->end, cursor->end_len);
    int wanted = cursor->chunk > cursor->least ? cursor->chunk : cursor->least;
    bool back = cursor->back, below = back && cursor->sought && str_cmp(from, end) < 0;
    Params params = params_in(reader->base.cx->arena);
    params_bytes(&params, back ? str_n(cursor->prefix, cursor->prefix_len) : from);
    params_bytes(&params, below ? from : end);
    params_int8(&params, wanted);
    TRY(reader_ask(reader, back ? SQL_KEYS_BACK : SQL_KEYS, &params, "reading the index", &result));
    PQclear(*cursor->result);
    *cursor->result = result;
    cursor->at = 0;
    cursor->count = PQntuples(result);
    cursor->whole = cursor->count < wanted;
    cursor->chunk =
        cursor->chunk * CHUNK_GROWS < CHUNK_MAX ? cursor->chunk * CHUNK_GROWS : CHUNK_MAX;
    return STATUS_OK;
}

/* From behind the last key of the chunk: that key and a zero byte; or, going back, that key. */
static Status go_on(PostgresCursor *cursor)
{
    Str last = key_at(cursor, cursor->count - 1);
    memcpy(cursor->from, last.at, last.len);
    cursor->from_len = last.len;
    if (!cursor->back)
        cursor->from[cursor->from_len++] = '\0';
    cursor->sought = true;
    return fetch(cursor);
}

/* Goes to where the next key of this direction is. */
static Status place(PostgresCursor *cursor, bool back)
{
    bool turned = cursor->back != back;
    cursor->seek = false;
    if (!turned && seek_in_chunk(cursor))
        return STATUS_OK;
    if (cursor->sought)
        cursor->chunk = CHUNK_FIRST; /* it leaps: what stands between is not wanted */
    cursor->back = back;
    return fetch(cursor);
}

static Status step(PostgresCursor *cursor, bool back, Str *ret_key)
{
    if (cursor->seek)
        TRY(place(cursor, back));
    else if (cursor->at == cursor->count && !cursor->whole)
        TRY(go_on(cursor));
    assert(cursor->back == back); /* between two seeks a cursor goes one way */
    *ret_key = (Str){NULL, 0};
    if (cursor->at < cursor->count)
        *ret_key = key_at(cursor, cursor->at++);
    return STATUS_OK;
}

Status postgres_cursor_next(StoreCursor *base, Str *ret_key)
{
    return step((PostgresCursor *)base, false, ret_key);
}

Status postgres_cursor_prev(StoreCursor *base, Str *ret_key)
{
    return step((PostgresCursor *)base, true, ret_key);
}

Status postgres_cursor_tails(StoreCursor *base, size_t bytes, size_t max, void *ret_tails,
                             size_t *ret_count)
{
    PostgresCursor *cursor = (PostgresCursor *)base;
    char *to = ret_tails;
    Status status = STATUS_OK;
    cursor->least = max < CHUNK_MAX ? (int)max : CHUNK_MAX;
    for (*ret_count = 0; *ret_count < max; ++*ret_count, to += bytes) {
        Str key;
        status = postgres_cursor_next(base, &key);
        if (status != STATUS_OK || !key.at)
            break;
        assert(key.len >= bytes);
        memcpy(to, key.at + key.len - bytes, bytes);
    }
    cursor->least = 0;
    return status;
}

Status postgres_count_keys(StoreReader *base, Str first, Str last, uint64_t *ret_count)
{
    PGresult *result;
    Params params = params_in(base->cx->arena);
    params_bytes(&params, first);
    params_bytes(&params, last);
    TRY(reader_ask(postgres_reader(base), SQL_COUNT_KEYS, &params, "counting", &result));
    *ret_count = (uint64_t)answer_int(result, 0, 0);
    PQclear(result);
    return STATUS_OK;
}
