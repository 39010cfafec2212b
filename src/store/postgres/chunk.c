/* store/postgres/chunk.c - see chunk.h. */
#include "store/postgres/chunk.h"

#include <stdlib.h>

static Str key_of(const ChunkOf *of, int i)
{
    return PQgetisnull(of->result, of->first + i, of->column)
               ? STR_EMPTY
               : answer_bytes(of->result, of->first + i, of->column);
}

static void add(Chunk *chunk, size_t at, Str bytes)
{
    uint32_t begin = at ? chunk->ends[at - 1] : 0;
    char *to = (char *)(chunk->ends + chunk->count + 2);
    if (bytes.len)
        memcpy(to + begin, bytes.at, bytes.len);
    chunk->ends[at] = begin + (uint32_t)bytes.len;
}

Chunk *chunk_new(const ChunkOf *of)
{
    size_t count = (size_t)of->count;
    size_t bytes = sizeof(Chunk) + (count + 2) * sizeof(uint32_t) + of->list.len + of->from.len;
    for (int i = 0; i < of->count; i++)
        bytes += key_of(of, i).len;
    Chunk *chunk = malloc(bytes);
    if (!chunk)
        return NULL;
    *chunk = (Chunk){.users = 1,
                     .kind = of->kind,
                     .whole = of->whole,
                     .number = of->number,
                     .count = count,
                     .bytes = bytes};
    add(chunk, 0, of->list);
    add(chunk, 1, of->from);
    for (int i = 0; i < of->count; i++)
        add(chunk, (size_t)i + 2, key_of(of, i));
    return chunk;
}

Chunk *chunk_hold(Chunk *chunk)
{
    atomic_fetch_add_explicit(&chunk->users, 1, memory_order_relaxed);
    return chunk;
}

void chunk_drop(Chunk *chunk)
{
    if (chunk && atomic_fetch_sub_explicit(&chunk->users, 1, memory_order_acq_rel) == 1)
        free(chunk);
}
