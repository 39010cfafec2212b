/* store/postgres/chunk.h - index keys in a row as the database answered them: made once, never
 * changed, shared by whoever walks along them and by memory (shelf.h). */
#ifndef ACESO_STORE_POSTGRES_CHUNK_H
#define ACESO_STORE_POSTGRES_CHUNK_H

#include <stdatomic.h>

#include "store/postgres/params.h"

typedef enum {
    CHUNK_AFTER,  /* the first keys that are not before a place */
    CHUNK_BEFORE, /* the last ones before a place, largest first */
    CHUNK_LEAPS,  /* for each of some places the first key that is not before it */
    CHUNK_NUMBER, /* no keys: how many there are from one to another */
} ChunkKind;

typedef struct {
    _Atomic unsigned users;
    ChunkKind kind;
    bool whole;          /* there are no others behind them */
    uint64_t number;     /* of CHUNK_NUMBER */
    size_t count, bytes; /* keys; memory in all */
    uint32_t ends[];     /* of list, from, each key; then their bytes */
} Chunk;

/* What an answer says of a list, from a place on. */
typedef struct {
    ChunkKind kind;
    Str list, from;
    const PGresult *result; /* NULL: a number */
    int first, count, column;
    bool whole;
    uint64_t number;
} ChunkOf;

/* With one user; NULL: out of memory. */
Chunk *chunk_new(const ChunkOf *of);
Chunk *chunk_hold(Chunk *chunk);
/* NULL is allowed. */
void chunk_drop(Chunk *chunk);

static inline const char *chunk_bytes(const Chunk *chunk)
{
    return (const char *)(chunk->ends + chunk->count + 2);
}
static inline Str chunk_list(const Chunk *chunk)
{
    return str_n(chunk_bytes(chunk), chunk->ends[0]);
}
static inline Str chunk_from(const Chunk *chunk)
{
    return str_n(chunk_bytes(chunk) + chunk->ends[0], chunk->ends[1] - chunk->ends[0]);
}
/* Empty: none, of a leap. */
static inline Str chunk_key(const Chunk *chunk, size_t i)
{
    const uint32_t *ends = chunk->ends + i + 1;
    return str_n(chunk_bytes(chunk) + ends[0], ends[1] - ends[0]);
}

#endif
