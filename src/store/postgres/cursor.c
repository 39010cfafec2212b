/* store/postgres/cursor.c - index keys in order, read ahead.
 *
 * A chunk of keys comes in one round trip: few at first, more the longer a cursor walks on; a seek
 * that lands in the chunk asks nothing. The first chunk may have come with those of other lists,
 * and a seek may bring along what others will seek: lists.h. What somebody else has asked before is
 * taken from memory: shelf.h. */
#include "store/postgres/engine.h"

enum { CHUNK_FIRST = 32, CHUNK_MAX = 4096, CHUNK_GROWS = 4, LEAPS_MAX = 32, SERVED_WELL = 4 };
enum { COLUMN_LEAP_KEY = 1 }; /* of SQL_LEAPS */

typedef struct {
    StoreCursor base;
    PostgresReader *reader;
    Chunk **keys, **leaps; /* held, in slots of the arena's hooks; NULL: none */
    size_t at;             /* the next key in the chunk */
    unsigned served;       /* seeks that the chunk has answered */
    int chunk, least;      /* how many keys to ask for next; not fewer than */
    bool back;             /* the chunk runs from the largest key down */
    bool from_start;       /* nothing of the prefix stands before the chunk */
    bool seek;             /* go to `from` before the next key */
    bool sought;           /* from is a key, not the prefix: where going back begins */
    size_t prefix_len, end_len, from_len;
    size_t leap_count;
    char leap[LEAPS_MAX][TRAIL_BYTES]; /* behind the prefix: what the answer in `leaps` is about */
    char prefix[STORE_KEY_BYTES_MAX], end[STORE_KEY_BYTES_MAX + 1], from[STORE_KEY_BYTES_MAX + 1];
} PostgresCursor;

static void forget_chunk(void *chunk)
{
    chunk_drop(chunk);
}

/* In place of what the slot held. */
static void hold_in(Chunk **slot, Chunk *chunk)
{
    chunk_drop(*slot);
    *slot = chunk;
}

static Str prefix_of(const PostgresCursor *cursor)
{
    return str_n(cursor->prefix, cursor->prefix_len);
}

Status postgres_cursor(StoreReader *base, Str prefix, StoreCursor **ret_cursor)
{
    PostgresReader *reader = postgres_reader(base);
    PostgresCursor *cursor = arena_alloc_raw(base->cx->arena, sizeof(PostgresCursor));
    void **keys = arena_defer(base->cx->arena, forget_chunk, NULL);
    void **leaps = keys ? arena_defer(base->cx->arena, forget_chunk, NULL) : NULL;
    if (!cursor || !leaps)
        return STATUS_MEMORY;
    cursor->base.engine = &postgres_engine;
    cursor->reader = reader;
    cursor->keys = (Chunk **)keys;
    cursor->leaps = (Chunk **)leaps;
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
    cursor->end_len = list_end(prefix_of(cursor), cursor->end);
    hold_in(cursor->keys, NULL);
    cursor->at = 0;
    cursor->leap_count = 0;
    cursor->chunk = CHUNK_FIRST;
    cursor->least = 0;
    cursor->back = cursor->from_start = cursor->sought = false;
    cursor->seek = true;
    return STATUS_OK;
}

Status postgres_expect(StoreReader *base, const Str *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lists_want(&postgres_reader(base)->pooled->lists, prefixes[i]);
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

static Str key_at(const PostgresCursor *cursor, size_t at)
{
    return chunk_key(*cursor->keys, at);
}

/* The first key of the chunk that is not before `from`: not less; going back, less. */
static size_t find_in_chunk(const PostgresCursor *cursor)
{
    Str from = str_n(cursor->from, cursor->from_len);
    size_t low = 0, high = (*cursor->keys)->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(key_at(cursor, middle), from);
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
    const Chunk *keys = *cursor->keys;
    if (!keys)
        return false;
    bool within = cursor->from_start && !cursor->back;
    if (!within && (!keys->count || !cursor->sought))
        return false;
    int order = within ? 0 : str_cmp(key_at(cursor, 0), str_n(cursor->from, cursor->from_len));
    if (cursor->back ? order < 0 : order > 0)
        return false; /* before it: what stands between is not known */
    size_t at = find_in_chunk(cursor);
    if (at == keys->count && !keys->whole)
        return false;
    cursor->at = at;
    cursor->served++;
    return true;
}

/* The chunk is the cursor's from now on. */
static void take_chunk(PostgresCursor *cursor, Chunk *keys)
{
    hold_in(cursor->keys, keys);
    cursor->at = 0;
    cursor->served = 0;
    cursor->chunk =
        cursor->chunk * CHUNK_GROWS < CHUNK_MAX ? cursor->chunk * CHUNK_GROWS : CHUNK_MAX;
    if (!cursor->back) /* a leap finds its place on a trail that rises */
        lists_leave_trail(&cursor->reader->pooled->lists, keys, cursor->prefix_len);
}

/* Its first keys, when they have come with those of others; they may have been asked for and not
 * be enough. */
static bool take_expected(PostgresCursor *cursor)
{
    Chunk *keys = NULL;
    if (!cursor->back && !*cursor->keys)
        keys = lists_find(cursor->reader->pooled->lists, prefix_of(cursor));
    if (!keys)
        return false;
    take_chunk(cursor, keys);
    cursor->from_start = true;
    return true;
}

/* Those that memory has need not be asked for. */
static Status recall_expected(PostgresReader *reader)
{
    Lists *lists = reader->pooled->lists;
    Chunk *chunk;
    size_t at = 0;
    for (Str list; (list = lists_wanted(lists, &at)).at; at++) {
        TRY(reader_recall(reader, CHUNK_AFTER, list, list, &chunk));
        if (chunk)
            lists_put(lists, at, chunk);
    }
    return STATUS_OK;
}

static Status ask_expected(PostgresReader *reader)
{
    PGresult *result;
    Lists *lists = reader->pooled->lists;
    ListAnswer answer = {0};
    Params params = params_in(reader->base.cx->arena);
    TRY(recall_expected(reader));
    if (!lists_ask(lists, &params))
        return STATUS_OK;
    TRY(reader_ask(reader, SQL_LISTS, &params, "reading the index", &result));
    for (Chunk *chunk; (chunk = lists_take(lists, result, &answer));)
        shelf_put(reader->store->shelf, reader->shelf, chunk);
    lists_answered(lists);
    PQclear(result);
    return STATUS_OK;
}

/* An answer becomes a chunk, which memory keeps as well. */
static Status keep_answer(PostgresReader *reader, const ChunkOf *of, Chunk **ret_chunk)
{
    *ret_chunk = chunk_new(of);
    if (!*ret_chunk)
        return STATUS_MEMORY;
    shelf_put(reader->store->shelf, reader->shelf, *ret_chunk);
    return STATUS_OK;
}

/* Where the next chunk begins. */
static Str place_of(const PostgresCursor *cursor)
{
    Str from = str_n(cursor->from, cursor->from_len), end = str_n(cursor->end, cursor->end_len);
    return !cursor->back || (cursor->sought && str_cmp(from, end) < 0) ? from : end;
}

static Status ask_keys(PostgresCursor *cursor, Chunk **ret_chunk)
{
    PostgresReader *reader = cursor->reader;
    PGresult *result;
    Str from = place_of(cursor);
    int wanted = cursor->chunk > cursor->least ? cursor->chunk : cursor->least;
    bool back = cursor->back;
    Params params = params_in(reader->base.cx->arena);
    params_bytes(&params, back ? prefix_of(cursor) : from);
    params_bytes(&params, back ? from : str_n(cursor->end, cursor->end_len));
    params_int8(&params, wanted);
    TRY(reader_ask(reader, back ? SQL_KEYS_BACK : SQL_KEYS, &params, "reading the index", &result));
    ahead_follow(&reader->pooled->ahead, result);
    int count = PQntuples(result);
    ChunkOf of = {.kind = back ? CHUNK_BEFORE : CHUNK_AFTER,
                  .list = prefix_of(cursor),
                  .from = from,
                  .result = result,
                  .count = count,
                  .whole = count < wanted};
    Status status = keep_answer(reader, &of, ret_chunk);
    PQclear(result);
    return status;
}

/* The next chunk, from `from` on. */
static Status fetch(PostgresCursor *cursor)
{
    Chunk *chunk;
    TRY(reader_recall(cursor->reader, cursor->back ? CHUNK_BEFORE : CHUNK_AFTER, prefix_of(cursor),
                      place_of(cursor), &chunk));
    if (!chunk)
        TRY(ask_keys(cursor, &chunk));
    take_chunk(cursor, chunk);
    cursor->from_start = !cursor->back && !cursor->sought;
    return STATUS_OK;
}

/* From behind the last key of the chunk: that key and a zero byte; or, going back, that key. */
static Status go_on(PostgresCursor *cursor)
{
    Str last = key_at(cursor, (*cursor->keys)->count - 1);
    memcpy(cursor->from, last.at, last.len);
    cursor->from_len = last.len;
    if (!cursor->back)
        cursor->from[cursor->from_len++] = '\0';
    cursor->sought = true;
    return fetch(cursor);
}

/* ---- leaps ------------------------------------------------------------------------------- */

/* The place that is sought; false: something else is. */
static bool place_sought(const PostgresCursor *cursor, Str *ret_place)
{
    *ret_place = str_n(cursor->from + cursor->prefix_len, TRAIL_BYTES);
    return cursor->seek && cursor->sought && cursor->from_len == cursor->prefix_len + TRAIL_BYTES &&
           memcmp(cursor->from, cursor->prefix, cursor->prefix_len) == 0;
}

/* What was found for the last leap that is not behind the place is the answer, unless it stands
 * before it. */
static bool find_leap(PostgresCursor *cursor, Str *ret_key)
{
    Str place;
    if (!cursor->leap_count || !place_sought(cursor, &place))
        return false;
    size_t low = 0, high = cursor->leap_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(cursor->leap[middle], place.at, TRAIL_BYTES) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return false;
    Str key = chunk_key(*cursor->leaps, low - 1);
    if (key.len && str_cmp(key, str_n(cursor->from, cursor->from_len)) < 0)
        return false;
    *ret_key = key.len ? key : (Str){NULL, 0};
    return true;
}

/* What is asked about `count` places of a list: they stand in a row, the first one first. */
static Status ask_places(PostgresCursor *cursor, size_t count, Chunk **ret_chunk)
{
    PostgresReader *reader = cursor->reader;
    PGresult *result;
    Array from;
    char key[LISTS_PREFIX_MAX + TRAIL_BYTES];
    size_t len = cursor->prefix_len;
    array_init(&from, reader->base.cx->arena, TYPE_BYTEA, count * (len + 16));
    memcpy(key, cursor->prefix, len);
    for (size_t i = 0; i < count; i++) {
        memcpy(key + len, cursor->leap[i], TRAIL_BYTES);
        array_bytes(&from, str_n(key, len + TRAIL_BYTES));
    }
    Params params = params_in(reader->base.cx->arena);
    params_array(&params, &from);
    params_bytes(&params, str_n(cursor->end, cursor->end_len));
    TRY(reader_ask(reader, SQL_LEAPS, &params, "reading the index", &result));
    ChunkOf of = {.kind = CHUNK_LEAPS,
                  .list = prefix_of(cursor),
                  .from = str_n(cursor->leap[0], count * TRAIL_BYTES),
                  .result = result,
                  .count = PQntuples(result),
                  .column = COLUMN_LEAP_KEY};
    Status status = keep_answer(reader, &of, ret_chunk);
    PQclear(result);
    return status;
}

/* Asks for the place together with those behind it on a trail, each of which costs the database as
 * much as ten keys in a row: for lists in which what is sought stands far apart. */
static Status ask_leaps(PostgresCursor *cursor, bool *ret_asked)
{
    Str place;
    Chunk *chunk;
    size_t count = 0, len = cursor->prefix_len;
    bool apart = *cursor->keys && cursor->served < SERVED_WELL;
    if (apart && len <= LISTS_PREFIX_MAX && place_sought(cursor, &place))
        count = lists_follow(cursor->reader->pooled->lists, place, LEAPS_MAX, cursor->leap);
    *ret_asked = count > 0;
    if (!count)
        return STATUS_OK;
    TRY(reader_recall(cursor->reader, CHUNK_LEAPS, prefix_of(cursor),
                      str_n(cursor->leap[0], count * TRAIL_BYTES), &chunk));
    if (!chunk)
        TRY(ask_places(cursor, count, &chunk));
    hold_in(cursor->leaps, chunk);
    cursor->leap_count = chunk->count;
    return STATUS_OK;
}

/* The answer to a leap; what stands behind it is not known. */
static void stand_behind(PostgresCursor *cursor, Str key)
{
    if (!key.at)
        return; /* the same leap again */
    memcpy(cursor->from, key.at, key.len);
    cursor->from[key.len] = '\0';
    cursor->from_len = key.len + 1;
    cursor->sought = true;
}

static Status leap(PostgresCursor *cursor, Str *ret_key, bool *ret_found)
{
    *ret_found = find_leap(cursor, ret_key);
    if (!*ret_found) {
        TRY(ask_leaps(cursor, ret_found));
        if (*ret_found && !find_leap(cursor, ret_key))
            return damaged(cursor->reader->base.cx, "The index");
    }
    if (*ret_found)
        stand_behind(cursor, *ret_key);
    return STATUS_OK;
}

/* ---- steps ------------------------------------------------------------------------------- */

/* Goes to where the next key of this direction is; *ret_found: it is *ret_key. */
static Status place(PostgresCursor *cursor, bool back, Str *ret_key, bool *ret_found)
{
    bool turned = cursor->back != back;
    *ret_found = false;
    if (turned)
        hold_in(cursor->keys, NULL); /* it runs the other way */
    else if (seek_in_chunk(cursor))
        return STATUS_OK;
    cursor->back = back;
    if (!back) {
        TRY(ask_expected(cursor->reader));
        if (take_expected(cursor) && seek_in_chunk(cursor))
            return STATUS_OK;
        TRY(leap(cursor, ret_key, ret_found));
    }
    if (*ret_found)
        return STATUS_OK;
    if (cursor->sought)
        cursor->chunk = CHUNK_FIRST; /* it leaps: what stands between is not wanted */
    return fetch(cursor);
}

static Status step(PostgresCursor *cursor, bool back, Str *ret_key)
{
    bool found = false;
    if (cursor->seek)
        TRY(place(cursor, back, ret_key, &found));
    else if (cursor->at == (*cursor->keys)->count && !(*cursor->keys)->whole)
        TRY(go_on(cursor));
    cursor->seek = found;
    if (found)
        return STATUS_OK;
    assert(cursor->back == back); /* between two seeks a cursor goes one way */
    *ret_key = (Str){NULL, 0};
    if (cursor->at < (*cursor->keys)->count)
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

static Status ask_number(PostgresReader *reader, Str first, Str last, uint64_t *ret_count)
{
    PGresult *result;
    Params params = params_in(reader->base.cx->arena);
    params_bytes(&params, first);
    params_bytes(&params, last);
    TRY(reader_ask(reader, SQL_COUNT_KEYS, &params, "counting", &result));
    *ret_count = (uint64_t)answer_int(result, 0, 0);
    PQclear(result);
    return STATUS_OK;
}

/* What both begin with is the list that is counted. */
Status postgres_count_keys(StoreReader *base, Str first, Str last, uint64_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    Chunk *chunk;
    size_t same = 0;
    while (same < first.len && same < last.len && first.at[same] == last.at[same])
        same++;
    char place[2 * STORE_KEY_BYTES_MAX];
    assert(first.len <= STORE_KEY_BYTES_MAX && last.len <= STORE_KEY_BYTES_MAX);
    memcpy(place, first.at, first.len);
    memcpy(place + first.len, last.at, last.len);
    ChunkOf of = {.kind = CHUNK_NUMBER,
                  .list = str_head(first, same),
                  .from = str_n(place, first.len + last.len)};
    TRY(reader_recall(reader, of.kind, of.list, of.from, &chunk));
    if (!chunk) {
        TRY(ask_number(reader, first, last, &of.number));
        TRY(keep_answer(reader, &of, &chunk));
    }
    *ret_count = chunk->number;
    chunk_drop(chunk);
    return STATUS_OK;
}
