/* store/sqlite/memtable.c - a skip list in one reserved stretch of addresses.
 *
 * Links are 32-bit offsets in units of 4 bytes, not pointers. A node of height 2 with a key
 * of 5 bytes, 24 bytes in all; on average a node costs its key and 15 bytes:
 *
 *     0           4             6            8             12            16         21   24
 *     | stamp u32 | key_len u16 | height u16 | next[0] u32 | next[1] u32 | key .... | pad |
 *
 * stamp = (seq - base) << 1 | added: within one change, adding has the last word.
 *
 * The writer fills a node, then links it from the bottom up with a release store; a reader
 * follows links with acquire loads, so it sees whole nodes or none. Nothing is ever unlinked. */
#include "store/sqlite/memtable.h"

#include <endian.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LEVELS = 12, UNIT = 4, HEAD = 1 };

/* Addresses are reserved, memory is taken a huge page at a time: each step down a list is another
 * page. A commit of 25,000 resources has some 12 MB of entries; the writer's budget ends far below
 * this. */
static const size_t reserve_bytes = (size_t)1 << 30;
static const size_t grow_bytes = (size_t)2 << 20;

typedef _Atomic uint32_t Link;

typedef struct {
    uint32_t stamp;
    uint16_t key_len;
    uint16_t height;
    Link next[];
} Node;

struct Memtable {
    _Atomic unsigned holders;
    char *reserved;
    char *memory; /* of it, from where a huge page can begin */
    size_t writable;
    _Atomic size_t used;
    _Atomic size_t count;
    uint64_t base;
    uint64_t last_seq;
    uint64_t dice;
    uint32_t finger[LEVELS]; /* the writer's: where the last search went down, per level */
};

static inline Node *node_at(const Memtable *table, uint32_t offset)
{
    return (Node *)(void *)(table->memory + (size_t)offset * UNIT);
}

static inline Str node_key(const Node *node)
{
    return str_n((const char *)&node->next[node->height], node->key_len);
}

static inline uint32_t node_next(const Memtable *table, uint32_t offset, unsigned level)
{
    return atomic_load_explicit(&node_at(table, offset)->next[level], memory_order_acquire);
}

/* Offset of a node with room for its links and key; 0 when memory is out. */
static uint32_t node_new(Memtable *table, unsigned height, Str key)
{
    size_t size = sizeof(Node) + height * sizeof(Link) + key.len;
    size = (size + UNIT - 1) & ~(size_t)(UNIT - 1);
    size_t at = atomic_load_explicit(&table->used, memory_order_relaxed);
    while (at + size > table->writable) {
        if (table->writable == reserve_bytes ||
            mprotect(table->memory + table->writable, grow_bytes, PROT_READ | PROT_WRITE) != 0)
            return 0;
        table->writable += grow_bytes;
    }
    atomic_store_explicit(&table->used, at + size, memory_order_relaxed);
    uint32_t offset = (uint32_t)(at / UNIT);
    Node *node = node_at(table, offset);
    node->key_len = (uint16_t)key.len;
    node->height = (uint16_t)height;
    if (key.len)
        memcpy(&node->next[height], key.at, key.len);
    return offset;
}

Memtable *memtable_new(uint64_t base)
{
    Memtable *table = calloc(1, sizeof(Memtable));
    if (!table)
        return NULL;
    table->reserved = mmap(NULL, reserve_bytes + grow_bytes, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table->reserved == MAP_FAILED) {
        free(table);
        return NULL;
    }
    table->memory = table->reserved + (-(uintptr_t)table->reserved & (grow_bytes - 1));
    (void)madvise(table->memory, reserve_bytes, MADV_HUGEPAGE); /* where there are none: slower */
    atomic_init(&table->holders, 1);
    atomic_init(&table->used, HEAD * UNIT); /* offset 0 means "none" */
    table->base = table->last_seq = base;
    table->dice = 0x9e3779b97f4a7c15u;
    if (node_new(table, LEVELS, STR_EMPTY) != HEAD) {
        memtable_release(table);
        return NULL;
    }
    for (unsigned level = 0; level < LEVELS; level++)
        table->finger[level] = HEAD;
    return table;
}

void memtable_hold(Memtable *table)
{
    atomic_fetch_add_explicit(&table->holders, 1, memory_order_relaxed);
}

void memtable_release(Memtable *table)
{
    if (!table || atomic_fetch_sub_explicit(&table->holders, 1, memory_order_acq_rel) != 1)
        return;
    munmap(table->reserved, reserve_bytes + grow_bytes);
    free(table);
}

/* memcmp order; the first eight bytes, which nearly always decide, as one number. */
static inline int compare_keys(Str a, Str b)
{
    if (a.len >= sizeof(uint64_t) && b.len >= sizeof(uint64_t)) {
        uint64_t x, y;
        memcpy(&x, a.at, sizeof(x));
        memcpy(&y, b.at, sizeof(y));
        if (x != y)
            return be64toh(x) < be64toh(y) ? -1 : 1;
    }
    return str_cmp(a, b);
}

/* Whether the node stands before an entry (key, stamp): a smaller key, or the same and newer. */
static inline bool node_before(const Memtable *table, uint32_t offset, Str key, uint32_t stamp)
{
    const Node *node = node_at(table, offset);
    int order = compare_keys(node_key(node), key);
    return order < 0 || (order == 0 && node->stamp > stamp);
}

/* One node in four is on the next level too. */
static unsigned roll_height(Memtable *table)
{
    table->dice ^= table->dice << 13;
    table->dice ^= table->dice >> 7;
    table->dice ^= table->dice << 17;
    unsigned height = 1;
    for (uint64_t bits = table->dice; (bits & 3) == 0 && height < LEVELS; bits >>= 2)
        height++;
    return height;
}

/* Sets finger[] to the last node before (key, stamp) on each level. Begins where the last
 * search ended when that is before the key: sorted input costs a few comparisons each. */
static void find_place(Memtable *table, Str key, uint32_t stamp)
{
    unsigned level = LEVELS - 1;
    uint32_t at = HEAD;
    if (table->finger[0] != HEAD && node_before(table, table->finger[0], key, stamp)) {
        for (level = 0; level < LEVELS - 1; level++) {
            uint32_t next = node_next(table, table->finger[level + 1], level + 1);
            if (!next || !node_before(table, next, key, stamp))
                break;
        }
        at = table->finger[level];
    }
    for (;; level--) {
        uint32_t next;
        for (;;) {
            if (level) /* where to go when this step goes too far */
                __builtin_prefetch(node_at(table, node_next(table, at, level - 1)));
            next = node_next(table, at, level);
            if (!next || !node_before(table, next, key, stamp))
                break;
            at = next;
        }
        table->finger[level] = at;
        if (level == 0)
            return;
    }
}

bool memtable_add(Memtable *table, Str key, uint64_t seq, bool removed)
{
    assert(seq > table->base && seq - table->base < (uint64_t)1 << 31);
    uint32_t stamp = (uint32_t)(seq - table->base) << 1 | !removed;
    find_place(table, key, stamp);
    unsigned height = roll_height(table);
    uint32_t offset = node_new(table, height, key);
    if (!offset)
        return false;
    Node *node = node_at(table, offset);
    node->stamp = stamp;
    for (unsigned level = 0; level < height; level++) {
        uint32_t next = node_next(table, table->finger[level], level);
        atomic_store_explicit(&node->next[level], next, memory_order_relaxed);
    }
    for (unsigned level = 0; level < height; level++) {
        Node *before = node_at(table, table->finger[level]);
        atomic_store_explicit(&before->next[level], offset, memory_order_release);
        table->finger[level] = offset;
    }
    if (seq > table->last_seq)
        table->last_seq = seq;
    atomic_fetch_add_explicit(&table->count, 1, memory_order_relaxed);
    return true;
}

uint64_t memtable_last_seq(const Memtable *table)
{
    return table->last_seq;
}

size_t memtable_bytes(const Memtable *table)
{
    return atomic_load_explicit(&table->used, memory_order_relaxed);
}

size_t memtable_count(const Memtable *table)
{
    return atomic_load_explicit(&table->count, memory_order_relaxed);
}

MemtableAt memtable_seek(const Memtable *table, Str key)
{
    uint32_t at = HEAD, next = 0;
    for (unsigned level = LEVELS; level-- > 0;) {
        while ((next = node_next(table, at, level)) &&
               compare_keys(node_key(node_at(table, next)), key) < 0)
            at = next;
    }
    return (MemtableAt){table, next};
}

MemtableAt memtable_before(const Memtable *table, Str key)
{
    uint32_t at = HEAD, next;
    for (unsigned level = LEVELS; level-- > 0;) {
        while ((next = node_next(table, at, level)) &&
               compare_keys(node_key(node_at(table, next)), key) < 0)
            at = next;
    }
    return (MemtableAt){table, at == HEAD ? 0 : at};
}

void memtable_next(MemtableAt *at)
{
    at->node = node_next(at->table, at->node, 0);
}

Str memtable_key(const MemtableAt *at)
{
    return node_key(node_at(at->table, at->node));
}

uint64_t memtable_seq(const MemtableAt *at)
{
    return at->table->base + (node_at(at->table, at->node)->stamp >> 1);
}

bool memtable_removed(const MemtableAt *at)
{
    return !(node_at(at->table, at->node)->stamp & 1);
}
