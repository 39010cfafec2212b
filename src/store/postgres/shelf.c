/* store/postgres/shelf.c - see shelf.h: sets of some chunks behind striped locks. */
#include "store/postgres/shelf.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    WAYS = 4,
    STRIPES = 64,
    CHUNK_BYTES = 1024,          /* what one is expected to take */
    CHUNK_BYTES_MAX = 256 << 10, /* the longest that a cursor asks for are 4,096 keys of 40 bytes */
    SHELF_PART = 16,             /* nor may one take more than this part of the shelf */
    SETS_LOOKED_AT = 256,        /* for room: at most so many */
    LIST_BYTES = 11,             /* kind, number and hash: search.h */
    KIND_LOOSE = 0x40,           /* from here on keys grow with every request: never kept */
};

typedef struct {
    uint64_t turn, version;
    Chunk *chunk; /* NULL: free */
} Way;

typedef struct {
    Way ways[WAYS];
    unsigned next; /* to be replaced */
} Set;

struct Shelf {
    pthread_mutex_t lock; /* of what follows, as far as it is written */
    uint64_t epoch;
    unsigned writing; /* commits that are under way */
    _Atomic uint64_t known, floor, turn;
    _Atomic uint64_t touched[SHELF_SLOTS];
    pthread_mutex_t stripes[STRIPES];
    Set *sets;
    size_t set_count, bytes_max;
    _Atomic size_t bytes, hand; /* hand: the set that gives room next */
};

/* ---- life ---------------------------------------------------------------------------------- */

Shelf *shelf_new(size_t bytes_max)
{
    Shelf *shelf = calloc(1, sizeof(Shelf));
    if (!shelf)
        return NULL;
    shelf->bytes_max = bytes_max;
    shelf->set_count = bytes_max / CHUNK_BYTES / WAYS + STRIPES;
    shelf->sets = calloc(shelf->set_count, sizeof(Set));
    shelf->turn = 1;
    pthread_mutex_init(&shelf->lock, NULL);
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_init(&shelf->stripes[i], NULL);
    if (shelf->sets)
        return shelf;
    shelf_free(shelf);
    return NULL;
}

void shelf_free(Shelf *shelf)
{
    if (!shelf)
        return;
    for (size_t i = 0; shelf->sets && i < shelf->set_count; i++) {
        for (size_t k = 0; k < WAYS; k++)
            chunk_drop(shelf->sets[i].ways[k].chunk);
    }
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_destroy(&shelf->stripes[i]);
    pthread_mutex_destroy(&shelf->lock);
    free(shelf->sets);
    free(shelf);
}

/* ---- slots --------------------------------------------------------------------------------- */

static uint64_t hash_more(uint64_t hash, Str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (unsigned char)bytes.at[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static size_t slot_of(Str head)
{
    return hash_more(0xcbf29ce484222325u, head) * 0x9e3779b97f4a7c15u >> 48;
}

/* By as much of it as makes a list; a shorter one stands for all lists that begin so. */
static size_t slot_of_list(Str list)
{
    return slot_of(str_head(list, list.len >= LIST_BYTES ? LIST_BYTES : SHELF_LIST_MIN));
}

/* Whether keys of this kind are kept at all: a rekey of others alone needs no version. */
static bool shelf_keeps(Str key)
{
    return key.len >= SHELF_LIST_MIN && (unsigned char)key.at[0] < KIND_LOOSE;
}

static void mark(ShelfTouched *touched, size_t slot)
{
    touched->bits[slot / 64] |= (uint64_t)1 << slot % 64;
}

void shelf_note(ShelfTouched *touched, Str key)
{
    if (!shelf_keeps(key))
        return;
    touched->any = true;
    mark(touched, slot_of(str_head(key, SHELF_LIST_MIN)));
    if (key.len >= LIST_BYTES)
        mark(touched, slot_of(str_head(key, LIST_BYTES)));
}

/* ---- versions ------------------------------------------------------------------------------ */

/* Under the lock. Who sees the new turn sees the new floor. */
static void forget(Shelf *shelf, uint64_t version)
{
    atomic_store(&shelf->floor, version);
    atomic_store(&shelf->known, version);
    atomic_fetch_add(&shelf->turn, 1);
}

void shelf_forget(Shelf *shelf)
{
    pthread_mutex_lock(&shelf->lock);
    forget(shelf, UINT64_MAX); /* until a snapshot says where it is */
    shelf->epoch = 0;
    pthread_mutex_unlock(&shelf->lock);
}

/* While a commit of this node is under way, a version that is not known may be its own: then this
 * snapshot does without. */
ShelfView shelf_begin(Shelf *shelf, uint64_t version, uint64_t epoch)
{
    ShelfView view = {.version = version};
    pthread_mutex_lock(&shelf->lock);
    bool later = epoch > shelf->epoch;
    if (later || (epoch == shelf->epoch && version > atomic_load(&shelf->known) && !shelf->writing))
        forget(shelf, later && shelf->epoch && version < atomic_load(&shelf->known)
                          ? atomic_load(&shelf->known)
                          : version);
    if (later)
        shelf->epoch = epoch;
    if (epoch == shelf->epoch && version >= atomic_load(&shelf->floor) &&
        version <= atomic_load(&shelf->known))
        view.turn = atomic_load(&shelf->turn);
    pthread_mutex_unlock(&shelf->lock);
    return view;
}

void shelf_writing(Shelf *shelf)
{
    pthread_mutex_lock(&shelf->lock);
    shelf->writing++;
    pthread_mutex_unlock(&shelf->lock);
}

static void touch(Shelf *shelf, const ShelfTouched *touched, uint64_t version)
{
    for (size_t i = 0; touched->any && i < COUNT_OF(touched->bits); i++) {
        for (uint64_t bits = touched->bits[i]; bits; bits &= bits - 1)
            atomic_store(&shelf->touched[i * 64 + (size_t)__builtin_ctzll(bits)], version);
    }
}

/* Slots first: who sees the version as known sees what it touched. */
void shelf_wrote(Shelf *shelf, const ShelfTouched *touched, uint64_t from, uint64_t to)
{
    pthread_mutex_lock(&shelf->lock);
    shelf->writing--;
    uint64_t known = atomic_load(&shelf->known);
    if (from < to && known == from) {
        touch(shelf, touched, to);
        atomic_store(&shelf->known, to);
    } else if (from < to && known < from && !shelf->writing) {
        forget(shelf, to); /* somebody else has written as well */
    }
    pthread_mutex_unlock(&shelf->lock);
}

/* ---- chunks -------------------------------------------------------------------------------- */

static Set *set_of(Shelf *shelf, ChunkKind kind, Str list, Str from, pthread_mutex_t **ret_lock)
{
    uint64_t hash = hash_more(hash_more(0xcbf29ce484222325u ^ kind, list), from);
    size_t at = (hash * 0x9e3779b97f4a7c15u >> 24) % shelf->set_count;
    *ret_lock = &shelf->stripes[at % STRIPES];
    return &shelf->sets[at];
}

static Way *find(Set *set, ChunkKind kind, Str list, Str from)
{
    for (size_t i = 0; i < WAYS; i++) {
        const Chunk *chunk = set->ways[i].chunk;
        if (chunk && chunk->kind == kind && str_eq(chunk_list(chunk), list) &&
            str_eq(chunk_from(chunk), from))
            return &set->ways[i];
    }
    return NULL;
}

/* Whether what was put by a snapshot of `version` is still so in the other's. */
static bool is_right(Shelf *shelf, ShelfView view, uint64_t version, Str list)
{
    uint64_t touched = atomic_load(&shelf->touched[slot_of_list(list)]);
    return touched <= view.version && touched <= version;
}

Chunk *shelf_take(Shelf *shelf, ShelfView view, ChunkKind kind, Str list, Str from)
{
    pthread_mutex_t *lock;
    Chunk *chunk = NULL;
    if (!view.turn || !shelf_keeps(list))
        return NULL;
    Set *set = set_of(shelf, kind, list, from, &lock);
    pthread_mutex_lock(lock);
    const Way *way = find(set, kind, list, from);
    if (way && way->turn == view.turn && is_right(shelf, view, way->version, list))
        chunk = chunk_hold(way->chunk);
    pthread_mutex_unlock(lock);
    return chunk;
}

bool shelf_has(Shelf *shelf, ChunkKind kind, Str list, Str from)
{
    pthread_mutex_t *lock;
    if (!shelf_keeps(list))
        return false;
    Set *set = set_of(shelf, kind, list, from, &lock);
    pthread_mutex_lock(lock);
    const Way *way = find(set, kind, list, from);
    bool has = way && way->turn == atomic_load(&shelf->turn) &&
               is_right(shelf, (ShelfView){way->turn, UINT64_MAX}, way->version, list);
    pthread_mutex_unlock(lock);
    return has;
}

static void empty(Shelf *shelf, Way *way)
{
    if (!way->chunk)
        return;
    atomic_fetch_sub_explicit(&shelf->bytes, way->chunk->bytes, memory_order_relaxed);
    chunk_drop(way->chunk);
    way->chunk = NULL;
}

/* Round all sets, the oldest of each goes: what is never put again must not keep its room. */
static bool make_room(Shelf *shelf, size_t bytes)
{
    for (unsigned tries = 0; tries < SETS_LOOKED_AT; tries++) {
        if (atomic_load_explicit(&shelf->bytes, memory_order_relaxed) + bytes <= shelf->bytes_max)
            return true;
        size_t at = atomic_fetch_add(&shelf->hand, 1) % shelf->set_count;
        pthread_mutex_t *lock = &shelf->stripes[at % STRIPES];
        Set *set = &shelf->sets[at];
        pthread_mutex_lock(lock);
        for (size_t i = 0; i < WAYS; i++) {
            Way *way = &set->ways[set->next++ % WAYS];
            if (way->chunk) {
                empty(shelf, way);
                break;
            }
        }
        pthread_mutex_unlock(lock);
    }
    return false;
}

/* Of the same, of nothing, of what was put longest ago. */
static Way *place_in(Set *set, Way *same)
{
    for (size_t i = 0; i < WAYS && !same; i++) {
        if (!set->ways[i].chunk)
            same = &set->ways[i];
    }
    return same ? same : &set->ways[set->next++ % WAYS];
}

void shelf_put(Shelf *shelf, ShelfView view, Chunk *chunk)
{
    pthread_mutex_t *lock;
    Str list = chunk_list(chunk), from = chunk_from(chunk);
    if (!view.turn || !shelf_keeps(list) || chunk->bytes > CHUNK_BYTES_MAX ||
        chunk->bytes > shelf->bytes_max / SHELF_PART || !make_room(shelf, chunk->bytes))
        return;
    Set *set = set_of(shelf, chunk->kind, list, from, &lock);
    pthread_mutex_lock(lock);
    Way *same = find(set, chunk->kind, list, from);
    bool newer = !same || same->turn < view.turn || same->version < view.version;
    if (newer && is_right(shelf, view, view.version, list)) {
        Way *way = place_in(set, same);
        empty(shelf, way);
        *way = (Way){view.turn, view.version, chunk_hold(chunk)};
        atomic_fetch_add_explicit(&shelf->bytes, chunk->bytes, memory_order_relaxed);
    }
    pthread_mutex_unlock(lock);
}
