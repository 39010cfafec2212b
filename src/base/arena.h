/* base/arena.h - memory that is freed all at once.
 *
 * One arena per request, with a limit in bytes. There is no free of a single piece, but of a large
 * one (arena_drop).
 * Foreign resources (a statement, a file) hang on it through arena_defer() and are
 * released, newest first, when the arena is. An arena belongs to one thread at a time.
 *
 * Lifetimes in names: `request` arenas end with the request, `scratch` ones with the
 * function, `forever` ones with the process. */
#ifndef ACESO_ARENA_H
#define ACESO_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef struct Arena Arena;

/* A new arena that holds at most bytes_max bytes. NULL only when the system is out of
 * memory. `wipe` overwrites all of it before it is given back: charts and secrets. */
Arena *arena_new(size_t bytes_max, bool wipe);
void arena_free(Arena *arena);

/* Releases everything, keeps the first block: for the next request of the same thread. */
void arena_clear(Arena *arena);

/* Zeroed memory, 16-byte aligned; NULL at the limit (turn it into STATUS_MEMORY). */
void *arena_alloc(Arena *arena, size_t bytes);
/* The same, not zeroed. */
void *arena_alloc_raw(Arena *arena, size_t bytes);
/* Grows a piece; in place when it was the last one. Old content is kept. */
void *arena_realloc(Arena *arena, void *old, size_t old_bytes, size_t bytes);
/* Room for one more in an array of `count` elements of `each` bytes: the array, or a larger one
 * when *room is used up: of `first` elements at the beginning, then twice as many. NULL at the
 * limit. */
void *arena_grow(Arena *arena, void *array, size_t each, size_t count, size_t *room, size_t first);

/* Frees a large piece before the arena ends: one that has a block of its own (more than 1 MB).
 * Smaller ones stay; the caller cannot tell, and must not look at it again either way. */
void arena_drop(Arena *arena, const void *piece);

#define arena_new_of(arena, Type)          ((Type *)arena_alloc((arena), sizeof(Type)))
#define arena_array_of(arena, Type, count) ((Type *)arena_array((arena), sizeof(Type), (count)))
void *arena_array(Arena *arena, size_t size, size_t count);

/* A copy of s that lives as long as the arena, with a NUL behind it (not counted).
 * at = NULL at the limit. */
Str arena_str(Arena *arena, Str s);
/* printf into the arena; NUL behind it. at = NULL at the limit. */
Str arena_format(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Calls release(thing) when the arena is cleared or freed, newest first. The hook is
 * reserved before the thing exists: call with thing = NULL, then set *slot.
 * NULL at the limit. release is not called while *slot is NULL. */
void **arena_defer(Arena *arena, void (*release)(void *thing), void *thing);

/* Bytes handed out since the last clear, and the most the arena may hold. */
size_t arena_bytes(const Arena *arena);
size_t arena_bytes_max(const Arena *arena);

/* Gives back to the system what all arenas and libraries have freed. The C library keeps it
 * otherwise, whole or in holes. Takes some 10 ms after a crowd; any thread. */
void arena_trim_heap(void);

#endif
