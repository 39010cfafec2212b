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
    bool whole;        /* nothing stands behind the chunk */
    bool seek;         /* the chunk is not of this prefix, or does not reach `from` */
    int chunk;         /* how many keys to ask for next */
    size_t prefix_len, end_len, from_len;
    char prefix[STORE_KEY_BYTES_MAX], end[STORE_KEY_BYTES_MAX + 1], from[STORE_KEY_BYTES_MAX];
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
    cursor->whole = false;
    cursor->seek = true;
    return STATUS_OK;
}

static Str key_at(const PostgresCursor *cursor, int at)
{
    return answer_bytes(*cursor->result, at, 0);
}

/* The first key of the chunk from `low` on that is not less. */
static int find_in_chunk(const PostgresCursor *cursor, Str key, int low)
{
    int high = cursor->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (str_cmp(key_at(cursor, middle), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Status postgres_cursor_seek(StoreCursor *base, Str key)
{
    PostgresCursor *cursor = (PostgresCursor *)base;
    assert(key.len <= STORE_KEY_BYTES_MAX);
    if (str_cmp(key, str_n(cursor->prefix, cursor->prefix_len)) < 0)
        key = str_n(cursor->prefix, cursor->prefix_len);
    if (!cursor->seek && cursor->count && str_cmp(key_at(cursor, 0), key) <= 0) {
        bool ahead = cursor->at == 0 || str_cmp(key_at(cursor, cursor->at - 1), key) < 0;
        int at = find_in_chunk(cursor, key, ahead ? cursor->at : 0);
        if (at < cursor->count || cursor->whole) {
            cursor->at = at;
            return STATUS_OK;
        }
    }
    memmove(cursor->from, key.at, key.len);
    cursor->from_len = key.len;
    cursor->seek = true;
    cursor->chunk = CHUNK_FIRST; /* it leaps: what stands between is not wanted */
    return STATUS_OK;
}

/* The next chunk, from `from` on. */
static Status fetch(PostgresCursor *cursor)
{
    PostgresReader *reader = cursor->reader;
    PGresult *result;
    Params params = params_in(reader->base.cx->arena);
    params_bytes(&params, str_n(cursor->from, cursor->from_len));
    params_bytes(&params, str_n(cursor->end, cursor->end_len));
    params_int8(&params, cursor->chunk);
    TRY(reader_ask(reader, SQL_KEYS, &params, "reading the index", &result));
    PQclear(*cursor->result);
    *cursor->result = result;
    cursor->at = 0;
    cursor->count = PQntuples(result);
    cursor->whole = cursor->count < cursor->chunk;
    cursor->chunk =
        cursor->chunk * CHUNK_GROWS < CHUNK_MAX ? cursor->chunk * CHUNK_GROWS : CHUNK_MAX;
    cursor->seek = false;
    return STATUS_OK;
}

/* From right behind the last key: that key and a zero byte; the longest has no follower so near,
 * and stands in the next chunk once more. */
static void go_on(PostgresCursor *cursor)
{
    Str last = key_at(cursor, cursor->count - 1);
    memcpy(cursor->from, last.at, last.len);
    cursor->from_len = last.len;
    if (last.len < STORE_KEY_BYTES_MAX)
        cursor->from[cursor->from_len++] = '\0';
}

Status postgres_cursor_next(StoreCursor *base, Str *ret_key)
{
    PostgresCursor *cursor = (PostgresCursor *)base;
    if (!cursor->seek && cursor->at == cursor->count && !cursor->whole) {
        bool longest = key_at(cursor, cursor->count - 1).len == STORE_KEY_BYTES_MAX;
        go_on(cursor);
        TRY(fetch(cursor));
        cursor->at += longest && cursor->count;
    }
    if (cursor->seek)
        TRY(fetch(cursor));
    *ret_key = (Str){NULL, 0};
    if (cursor->at < cursor->count)
        *ret_key = key_at(cursor, cursor->at++);
    return STATUS_OK;
}
