/* store/pieces.c - whether contents have all their pieces: what both engines check alike. */
#include "store/engine.h"

enum { NAMES_AT_ONCE = 500, ARENA_BYTES = 4 << 20 };

typedef struct {
    StoreReader *reader;
    char content[STORE_CONTENT_BYTES_MAX];
    size_t len;
    int64_t number; /* the last one */
    bool gap;       /* in this content: counted */
    uint64_t gaps, bad;
} Walk;

static void look(Walk *walk, const StorePiece *piece)
{
    if (!str_eq(piece->content, str_n(walk->content, walk->len))) {
        walk->len =
            piece->content.len < sizeof(walk->content) ? piece->content.len : sizeof(walk->content);
        memcpy(walk->content, piece->content.at, walk->len);
        walk->number = -1;
        walk->gap = false;
    }
    if (piece->number != walk->number + 1 && !walk->gap) {
        walk->gap = true;
        walk->gaps++;
    }
    walk->number = piece->number;
}

static void try_to_open(Walk *walk, Arena *arena, const StorePiece *piece)
{
    Ctx cx = {.arena = arena};
    Str bytes;
    Ctx *before = store_read_into(walk->reader, &cx);
    arena_clear(arena);
    walk->bad += walk->reader->engine->piece_get(walk->reader, piece->content, piece->number,
                                                 &bytes) != STATUS_OK;
    store_read_into(walk->reader, before);
}

static Status some(Walk *walk, Ctx *cx, Arena *opened, bool *ret_more)
{
    StorePiece *pieces = arena_array_of(cx->arena, StorePiece, NAMES_AT_ONCE);
    StorePiecesAfter after = {.content = str_n(walk->content, walk->len),
                              .number = walk->number,
                              .some = {NAMES_AT_ONCE, SIZE_MAX}};
    size_t count = 0;
    if (!pieces)
        return STATUS_MEMORY;
    TRY(walk->reader->engine->scan_pieces(walk->reader, &after, pieces, &count));
    for (size_t i = 0; i < count; i++) {
        look(walk, &pieces[i]);
        if (opened)
            try_to_open(walk, opened, &pieces[i]);
    }
    *ret_more = count == NAMES_AT_ONCE;
    return STATUS_OK;
}

Status pieces_check(StoreReader *reader, bool open, uint64_t *ret_gaps, uint64_t *ret_bad)
{
    Walk walk = {.reader = reader, .number = -1};
    Ctx cx = {.arena = arena_new(ARENA_BYTES, false)};
    Arena *opened = open ? arena_new(ARENA_BYTES, true) : NULL;
    Status status = cx.arena && (opened || !open) ? STATUS_OK : STATUS_MEMORY;
    Ctx *before = store_read_into(reader, &cx);
    for (bool more = true; more && status == STATUS_OK;) {
        arena_clear(cx.arena);
        status = some(&walk, &cx, opened, &more);
    }
    store_read_into(reader, before);
    arena_free(cx.arena);
    arena_free(opened);
    *ret_gaps = walk.gaps;
    *ret_bad = walk.bad;
    return status;
}
