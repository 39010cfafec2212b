/* search/verdicts.c - sheets of verdicts, two bits a row.
 *
 *     a block    stamp (8 bytes) | for each of 32 rows: decided, seen (2 bits)
 *
 * `touched`, of all sheets together, is the largest change to any row of a block, as far as changes
 * have been looked at. What stands in a block was decided while `touched` was its stamp; once they
 * differ the block is as good as empty, and whoever writes into it next begins it anew. So a change
 * costs nothing here, however many sheets there are.
 *
 * A search of snapshot S has seen to it that all changes up to S are in `touched` before it asks
 * (sight.c), and neither reads nor writes a block with touched > S. Then a verdict of snapshot T
 * that is read on snapshot S is right: a change to the row between both, whichever is older, would
 * have raised `touched` for the later one of them before it came here, and the stamp would differ,
 * or the earlier one would have been refused.
 *
 * Who reads takes no lock: the stamp first, then the bits, then `touched`. When the bits are those
 * of a later stamp than the one that was read, the writer knew a later `touched`, which is read
 * after them and differs. Who writes has the lock of the sheet, clears the bits before it sets the
 * stamp, and sets bits last. */
#include "search/verdicts.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    ROWS_A_BLOCK = 32,
    BLOCKS_A_CHUNK = 128, /* 2 KB for 4,096 rows, made when the first of them is decided */
    ROWS_A_CHUNK = ROWS_A_BLOCK * BLOCKS_A_CHUNK,
    CHUNKS_MAX = 1024,         /* rows from 4,194,304 on are decided anew each time */
    CHUNKS_TOGETHER = 1 << 15, /* of all sheets: 64 MB */
    SHEETS = 256,
    TOUCHED = 1 << 16, /* of 2,097,152 rows; those above share them with the first */
    NAME_BYTES = 512,
    DECIDED = 2,
    SEEN = 1,
};

typedef struct {
    _Atomic uint64_t stamp, bits;
} Block;

/* All that access_sees asks of rights; links by their name. */
typedef struct {
    size_t len;
    unsigned char at[NAME_BYTES];
} Name;

struct Sheet {
    Verdicts *of;
    Name name;
    uint64_t used; /* by the clock of all; behind their lock, like users */
    unsigned users;
    pthread_mutex_t lock; /* of whoever writes */
    Arena *home;
    size_t chunk_count;
    Block *_Atomic chunks[CHUNKS_MAX];
};

struct Verdicts {
    pthread_mutex_t lock;
    uint64_t clock;
    Sheet *sheets[SHEETS];
    _Atomic size_t chunk_count;
    _Atomic uint64_t touched[TOUCHED];
};

Status verdicts_new(Arena *forever, Verdicts **ret_verdicts)
{
    Verdicts *verdicts = arena_new_of(forever, Verdicts);
    if (!verdicts || pthread_mutex_init(&verdicts->lock, NULL) != 0)
        return STATUS_MEMORY;
    *ret_verdicts = verdicts;
    return STATUS_OK;
}

static void give_back(Sheet *sheet)
{
    if (--sheet->users)
        return;
    atomic_fetch_sub(&sheet->of->chunk_count, sheet->chunk_count);
    pthread_mutex_destroy(&sheet->lock);
    arena_free(sheet->home);
}

void verdicts_free(Verdicts *verdicts)
{
    if (!verdicts)
        return;
    for (size_t i = 0; i < SHEETS; i++) {
        if (verdicts->sheets[i])
            give_back(verdicts->sheets[i]);
    }
    pthread_mutex_destroy(&verdicts->lock);
}

/* ---- whose it is ------------------------------------------------------------------------- */

/* Byte by byte, so that no gap between fields is part of a name. */
static void add(Name *name, const void *bytes, size_t len)
{
    if (name->len + len <= NAME_BYTES)
        memcpy(name->at + name->len, bytes, len);
    name->len += len;
}

static void add_number(Name *name, uint64_t number)
{
    add(name, &number, sizeof(number));
}

static void add_mask(Name *name, const RightsMask *mask)
{
    const uint32_t classes[] = {mask->read,     mask->reduced, mask->own,
                                mask->authored, mask->write,   mask->write_own};
    add(name, classes, sizeof(classes));
    add_number(name, (uint64_t)mask->sensitivity << 8 | mask->clearance);
}

/* False: two with the same name could differ. */
static bool name_of(const Rights *rights, uint32_t turn, Name *ret_name)
{
    Name *name = ret_name;
    name->len = 0;
    if (rights->link_count && !rights->links_name[0])
        return false;
    add_number(name, turn);
    add_number(name, rights->role);
    add_number(name, rights->self);
    add_number(name, rights->only_patient);
    add_mask(name, &rights->nobody);
    add_mask(name, &rights->stranger);
    add_number(name, rights->link_count);
    if (rights->link_count)
        add(name, rights->links_name, sizeof(rights->links_name));
    if (rights->scopes)
        add(name, rights->scopes, rights->scope_count);
    return name->len <= NAME_BYTES;
}

static bool is_of(const Sheet *sheet, const Name *name)
{
    return sheet->name.len == name->len && memcmp(sheet->name.at, name->at, name->len) == 0;
}

/* ---- the sheets -------------------------------------------------------------------------- */

static Sheet *sheet_new(Verdicts *verdicts, const Name *name)
{
    size_t most = sizeof(Sheet) + CHUNKS_MAX * (sizeof(Block) * BLOCKS_A_CHUNK + 64);
    Arena *home = arena_new(2 * most, false);
    Sheet *sheet = home ? arena_new_of(home, Sheet) : NULL;
    if (!sheet || pthread_mutex_init(&sheet->lock, NULL) != 0) {
        arena_free(home);
        return NULL;
    }
    sheet->of = verdicts;
    sheet->name = *name;
    sheet->home = home;
    sheet->users = 1; /* the place in the list is one of them */
    return sheet;
}

static Sheet **oldest_of(Verdicts *verdicts)
{
    Sheet **oldest = NULL;
    for (size_t i = 0; i < SHEETS; i++) {
        Sheet **at = &verdicts->sheets[i];
        if (*at && (!oldest || (*at)->used < (*oldest)->used))
            oldest = at;
    }
    return oldest;
}

static Sheet **find(Verdicts *verdicts, const Name *name)
{
    Sheet **empty = NULL;
    for (size_t i = 0; i < SHEETS; i++) {
        Sheet **at = &verdicts->sheets[i];
        if (*at && is_of(*at, name))
            return at;
        if (!*at && !empty)
            empty = at;
    }
    return empty;
}

static void take_out(Sheet **at)
{
    give_back(*at);
    *at = NULL;
}

/* With the lock held. Those that nobody has used for longest go; who holds one keeps it. */
static Sheet *find_or_make(Verdicts *verdicts, const Name *name)
{
    Sheet **at = find(verdicts, name);
    if (!at || !*at) {
        size_t full = CHUNKS_TOGETHER / 8 * 7;
        for (Sheet **oldest; !at || atomic_load(&verdicts->chunk_count) > full; at = oldest) {
            if (!(oldest = oldest_of(verdicts)))
                break;
            take_out(oldest);
        }
        *at = sheet_new(verdicts, name);
    }
    if (*at)
        (*at)->used = ++verdicts->clock;
    return *at;
}

static void let_go(void *thing)
{
    Sheet *sheet = thing;
    Verdicts *verdicts = sheet->of;
    pthread_mutex_lock(&verdicts->lock);
    give_back(sheet);
    pthread_mutex_unlock(&verdicts->lock);
}

Sheet *verdicts_sheet(Verdicts *verdicts, Arena *arena, const Rights *rights, uint32_t turn)
{
    Name name;
    if (!name_of(rights, turn, &name))
        return NULL;
    void **hook = arena_defer(arena, let_go, NULL);
    if (!hook)
        return NULL;
    pthread_mutex_lock(&verdicts->lock);
    Sheet *sheet = find_or_make(verdicts, &name);
    if (sheet)
        sheet->users++;
    pthread_mutex_unlock(&verdicts->lock);
    *hook = sheet;
    return sheet;
}

/* ---- the rows ---------------------------------------------------------------------------- */

static _Atomic uint64_t *touched_of(const Verdicts *verdicts, uint64_t rid)
{
    return (_Atomic uint64_t *)&verdicts->touched[rid / ROWS_A_BLOCK % TOUCHED];
}

void verdicts_touch(Verdicts *verdicts, uint64_t rid, uint64_t change)
{
    _Atomic uint64_t *touched = touched_of(verdicts, rid);
    if (atomic_load(touched) < change)
        atomic_store(touched, change);
}

static Block *block_of(const Sheet *sheet, uint64_t rid)
{
    if (rid / ROWS_A_CHUNK >= CHUNKS_MAX)
        return NULL;
    Block *chunk = atomic_load_explicit(&sheet->chunks[rid / ROWS_A_CHUNK], memory_order_acquire);
    return chunk ? &chunk[rid / ROWS_A_BLOCK % BLOCKS_A_CHUNK] : NULL;
}

bool sheet_knows(const Sheet *sheet, uint64_t rid, uint64_t change, bool *ret_sees)
{
    Block *block = block_of(sheet, rid);
    if (!block)
        return false;
    uint64_t stamp = atomic_load_explicit(&block->stamp, memory_order_acquire);
    uint64_t bits = atomic_load_explicit(&block->bits, memory_order_acquire);
    uint64_t touched = atomic_load_explicit(touched_of(sheet->of, rid), memory_order_acquire);
    unsigned verdict = bits >> (rid % ROWS_A_BLOCK * 2) & (DECIDED | SEEN);
    *ret_sees = verdict & SEEN;
    return verdict & DECIDED && stamp == touched && touched <= change;
}

static Block *make_block(Sheet *sheet, uint64_t rid)
{
    size_t at = rid / ROWS_A_CHUNK;
    if (at >= CHUNKS_MAX || atomic_load(&sheet->of->chunk_count) >= CHUNKS_TOGETHER)
        return NULL;
    Block *chunk = arena_array_of(sheet->home, Block, BLOCKS_A_CHUNK);
    if (!chunk)
        return NULL;
    sheet->chunk_count++;
    atomic_fetch_add(&sheet->of->chunk_count, 1);
    atomic_store_explicit(&sheet->chunks[at], chunk, memory_order_release);
    return block_of(sheet, rid);
}

void sheet_note(Sheet *sheet, uint64_t rid, uint64_t change, bool sees)
{
    pthread_mutex_lock(&sheet->lock);
    Block *block = block_of(sheet, rid);
    if (!block)
        block = make_block(sheet, rid);
    uint64_t touched = atomic_load_explicit(touched_of(sheet->of, rid), memory_order_acquire);
    if (block && touched <= change) {
        unsigned shift = rid % ROWS_A_BLOCK * 2;
        uint64_t verdict = DECIDED | (sees ? SEEN : 0), both = DECIDED | SEEN, bits = 0;
        if (atomic_load(&block->stamp) == touched)
            bits = atomic_load(&block->bits);
        else
            atomic_store_explicit(&block->bits, 0, memory_order_release);
        atomic_store_explicit(&block->stamp, touched, memory_order_release);
        atomic_store_explicit(&block->bits, (bits & ~(both << shift)) | verdict << shift,
                              memory_order_release);
    }
    pthread_mutex_unlock(&sheet->lock);
}
