/* base/arena.c - blocks of growing size in a list; a bump pointer in the newest. */
#include "base/arena.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(at, bytes)   ASAN_POISON_MEMORY_REGION((at), (bytes))
#define UNPOISON(at, bytes) ASAN_UNPOISON_MEMORY_REGION((at), (bytes))
#define GAP                 16 /* an unreachable strip between two pieces, so that ASan sees an overrun */
#else
#define POISON(at, bytes)   ((void)0)
#define UNPOISON(at, bytes) ((void)0)
#define GAP                 0
#endif

enum { ALIGN = 16, BLOCK_FIRST = 16 * 1024, BLOCK_LARGEST = 1024 * 1024 };

typedef struct Block {
    struct Block *older;
    size_t size; /* bytes of data[] */
    size_t used;
    _Alignas(ALIGN) char data[];
} Block;

typedef struct Hook {
    struct Hook *older;
    void (*release)(void *thing);
    void *thing;
} Hook;

struct Arena {
    Block *newest;
    Hook *hooks;
    size_t bytes;
    size_t bytes_max;
    bool wipe;
};

static Block *block_new(size_t size)
{
    Block *block = malloc(sizeof(Block) + size);
    if (!block)
        return NULL;
    block->older = NULL;
    block->size = size;
    block->used = 0;
    POISON(block->data, size);
    return block;
}

static void block_free(Block *block, bool wipe)
{
    UNPOISON(block->data, block->size);
    if (wipe)
        explicit_bzero(block->data, block->used);
    free(block);
}

Arena *arena_new(size_t bytes_max, bool wipe)
{
    Arena *arena = calloc(1, sizeof(Arena));
    if (!arena)
        return NULL;
    arena->bytes_max = bytes_max;
    arena->wipe = wipe;
    arena->newest = block_new(BLOCK_FIRST);
    if (!arena->newest) {
        free(arena);
        return NULL;
    }
    return arena;
}

void arena_clear(Arena *arena)
{
    while (arena->hooks) {
        Hook *hook = arena->hooks;
        arena->hooks = hook->older;
        if (hook->thing)
            hook->release(hook->thing);
    }
    while (arena->newest->older) {
        Block *block = arena->newest;
        arena->newest = block->older;
        block_free(block, arena->wipe);
    }
    if (arena->wipe) {
        UNPOISON(arena->newest->data, arena->newest->size);
        explicit_bzero(arena->newest->data, arena->newest->used);
    }
    arena->newest->used = 0;
    POISON(arena->newest->data, arena->newest->size);
    arena->bytes = 0;
}

void arena_free(Arena *arena)
{
    if (!arena)
        return;
    arena_clear(arena);
    block_free(arena->newest, arena->wipe);
    free(arena);
}

/* A block with room for `bytes`; a large piece gets a block of its own size. */
static bool add_block(Arena *arena, size_t bytes)
{
    size_t size = arena->newest->size * 2;
    if (size > BLOCK_LARGEST)
        size = BLOCK_LARGEST;
    if (size < bytes)
        size = bytes;
    Block *block = block_new(size);
    if (!block)
        return false;
    block->older = arena->newest;
    arena->newest = block;
    return true;
}

void *arena_alloc_raw(Arena *arena, size_t bytes)
{
    if (bytes > arena->bytes_max || arena->bytes > arena->bytes_max - bytes)
        return NULL;
    size_t step = ((bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1)) + GAP;
    Block *block = arena->newest;
    if (block->size - block->used < step) {
        if (!add_block(arena, step))
            return NULL;
        block = arena->newest;
    }
    void *piece = block->data + block->used;
    block->used += step;
    arena->bytes += bytes;
    UNPOISON(piece, bytes);
    return piece;
}

void *arena_alloc(Arena *arena, size_t bytes)
{
    void *piece = arena_alloc_raw(arena, bytes);
    if (piece)
        memset(piece, 0, bytes);
    return piece;
}

void *arena_realloc(Arena *arena, void *old, size_t old_bytes, size_t bytes)
{
    if (!old)
        return arena_alloc_raw(arena, bytes);
    Block *block = arena->newest;
    size_t old_step = ((old_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1)) + GAP;
    size_t step = ((bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1)) + GAP;
    bool last = (char *)old + old_step == block->data + block->used;
    if (bytes <= old_bytes) {
        if (last)
            block->used -= old_step - step;
        arena->bytes -= old_bytes - bytes;
        POISON((char *)old + bytes, old_bytes - bytes);
        return old;
    }
    if (last && block->size - block->used >= step - old_step) {
        if (arena->bytes - old_bytes + bytes > arena->bytes_max)
            return NULL;
        block->used += step - old_step;
        arena->bytes += bytes - old_bytes;
        UNPOISON(old, bytes);
        return old;
    }
    void *piece = arena_alloc_raw(arena, bytes);
    if (piece)
        memcpy(piece, old, old_bytes < bytes ? old_bytes : bytes);
    return piece;
}

void *arena_grow(Arena *arena, void *array, size_t each, size_t count, size_t *room, size_t first)
{
    if (count < *room)
        return array;
    size_t more = *room ? 2 * *room : first;
    void *grown = arena_realloc(arena, array, *room * each, more * each);
    if (grown)
        *room = more;
    return grown;
}

void arena_drop(Arena *arena, const void *piece)
{
    for (Block **at = &arena->newest; *at && (*at)->older; at = &(*at)->older) {
        Block *block = *at;
        if (block->data != piece || block->size <= BLOCK_LARGEST)
            continue;
        *at = block->older;
        arena->bytes -= block->used < arena->bytes ? block->used : arena->bytes;
        block_free(block, arena->wipe);
        return;
    }
}

void *arena_array(Arena *arena, size_t size, size_t count)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes))
        return NULL;
    return arena_alloc(arena, bytes);
}

Str arena_str(Arena *arena, Str s)
{
    char *copy = arena_alloc_raw(arena, s.len + 1);
    if (!copy)
        return (Str){NULL, 0};
    if (s.len)
        memcpy(copy, s.at, s.len);
    copy[s.len] = '\0';
    return (Str){copy, s.len};
}

Str arena_format(Arena *arena, const char *format, ...)
{
    char small[256]; /* most are: they are formatted once */
    va_list args;
    va_start(args, format);
    int len = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len < sizeof(small))
        return arena_str(arena, str_n(small, (size_t)len));
    char *text = arena_alloc_raw(arena, (size_t)len + 1);
    if (!text)
        return (Str){NULL, 0};
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (Str){text, (size_t)len};
}

void **arena_defer(Arena *arena, void (*release)(void *thing), void *thing)
{
    Hook *hook = arena_alloc(arena, sizeof(Hook));
    if (!hook)
        return NULL;
    *hook = (Hook){arena->hooks, release, thing};
    arena->hooks = hook;
    return &hook->thing;
}

size_t arena_bytes(const Arena *arena)
{
    return arena->bytes;
}

size_t arena_bytes_max(const Arena *arena)
{
    return arena->bytes_max;
}

void arena_trim_heap(void)
{
    (void)malloc_trim(0); /* whether there was anything to give back */
}
