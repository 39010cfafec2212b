/* move/pieces.c - contents in pieces: names are compared in both, and bytes are copied where the
 * target lacks them. A piece never changes, so what is there is right; what was copied is read
 * again at once. */
#include "move/inner.h"

enum { NAMES_AT_ONCE = 500, NAMES_ARENA_BYTES = 1 << 20, TELL_EVERY = 50 };

/* The names of one store, in order. */
typedef struct {
    StoreReader *reader;
    Ctx cx;
    StorePiece *pieces;
    size_t count, at;
    int64_t number; /* of the last one; -1: none was read */
    char content[STORE_CONTENT_BYTES_MAX];
    size_t content_len;
    bool end;
} Names;

static Status names_begin(Names *names, StoreReader *reader)
{
    *names = (Names){.reader = reader, .number = -1};
    names->cx.arena = arena_new(NAMES_ARENA_BYTES, false);
    return names->cx.arena ? STATUS_OK : STATUS_MEMORY;
}

/* The first one that was not taken; NULL: there is none left. */
static Status names_look(Names *names, const StorePiece **ret_piece)
{
    *ret_piece = NULL;
    if (names->at == names->count && !names->end) {
        StorePiecesAfter after = {.content = str_n(names->content, names->content_len),
                                  .number = names->number,
                                  .some = {NAMES_AT_ONCE, SIZE_MAX}};
        arena_clear(names->cx.arena);
        names->pieces = arena_array_of(names->cx.arena, StorePiece, NAMES_AT_ONCE);
        if (!names->pieces)
            return STATUS_MEMORY;
        Ctx *before = store_read_into(names->reader, &names->cx);
        Status status = store_scan_pieces(names->reader, &after, names->pieces, &names->count);
        store_read_into(names->reader, before);
        TRY(status);
        names->at = 0;
        names->end = names->count < NAMES_AT_ONCE;
    }
    if (names->at < names->count)
        *ret_piece = &names->pieces[names->at];
    return STATUS_OK;
}

static void names_take(Names *names)
{
    const StorePiece *piece = &names->pieces[names->at++];
    assert(piece->content.len <= sizeof(names->content));
    memcpy(names->content, piece->content.at, piece->content.len);
    names->content_len = piece->content.len;
    names->number = piece->number;
}

static int compare(const StorePiece *a, const StorePiece *b)
{
    int order = a && b ? str_cmp(a->content, b->content) : a ? -1 : 1;
    return order || !a || !b ? order : a->number < b->number ? -1 : a->number > b->number;
}

/* ---- copying --------------------------------------------------------------------------------- */

typedef struct {
    Names from, to;
    Ctx batch;
    StorePiece *pieces; /* of the unit */
    size_t count, bytes;
} Level;

static Status read_back(Mover *m, Level *level)
{
    StoreReader *target;
    TRY(store_read_begin(m->options->to, &level->batch, m->options->access, &target));
    Status status = STATUS_OK;
    for (size_t i = 0; i < level->count && status == STATUS_OK; i++) {
        const StorePiece *piece = &level->pieces[i];
        Str bytes = STR_EMPTY;
        if (!piece->bytes.len)
            continue;
        status = store_piece_get(target, piece->content, piece->number, &bytes);
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !str_eq(bytes, piece->bytes)))
            status = ctx_fail(&level->batch, STATUS_CONFLICT, STR_EMPTY,
                              "A piece of a document is not in the target as it was written.");
    }
    store_read_end(target);
    return status;
}

static Status begin_unit(Mover *m, Level *level)
{
    level->batch = batch_begin(m);
    level->pieces = arena_array_of(level->batch.arena, StorePiece, NAMES_AT_ONCE);
    level->count = level->bytes = 0;
    return level->pieces ? STATUS_OK : STATUS_MEMORY;
}

static Status end_unit(Mover *m, Level *level)
{
    StoreLoad unit = {.pieces = level->pieces, .piece_count = level->count};
    if (!level->count)
        return STATUS_OK;
    TRY(mark_pack(level->batch.arena, &m->mark, &unit.mark));
    TRY(store_load(m->options->to, &level->batch, &unit));
    TRY(read_back(m, level));
    TRY(tell(m, MOVE_FOLLOW, m->changes));
    return begin_unit(m, level);
}

/* Into the unit: with its bytes, or as one that goes. */
static Status add(Mover *m, Level *level, const StorePiece *name, bool comes)
{
    StorePiece *piece = &level->pieces[level->count];
    *piece = (StorePiece){.content = arena_str(level->batch.arena, name->content),
                          .number = name->number};
    if (!piece->content.at)
        return STATUS_MEMORY;
    if (comes) {
        Ctx *before = store_read_into(level->from.reader, &level->batch);
        Status status =
            store_piece_get(level->from.reader, piece->content, piece->number, &piece->bytes);
        store_read_into(level->from.reader, before);
        TRY(status);
    }
    level->bytes += piece->bytes.len;
    level->count++;
    m->pieces++;
    return level->count == NAMES_AT_ONCE || level->bytes >= BATCH_BYTES ? end_unit(m, level)
                                                                        : STATUS_OK;
}

static Status walk(Mover *m, Level *level, Time until, bool *ret_end)
{
    const StorePiece *from, *to;
    TRY(begin_unit(m, level));
    while (time_monotonic() < until) {
        TRY(names_look(&level->from, &from));
        TRY(names_look(&level->to, &to));
        *ret_end = !from && !to;
        if (*ret_end)
            break;
        int order = compare(from, to);
        if (order)
            TRY(add(m, level, order < 0 ? from : to, order < 0));
        if (order <= 0)
            names_take(&level->from);
        if (order >= 0)
            names_take(&level->to);
    }
    return end_unit(m, level);
}

static Status hand_on(Mover *m, const Level *level, Status status)
{
    const Ctx *all[] = {&level->batch, &level->from.cx, &level->to.cx};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        status = batch_end(m, all[i], status);
    return status;
}

Status copy_pieces(Mover *m, StoreReader *reader, Time until, bool *ret_end)
{
    Level level = {.count = 0};
    Ctx cx = {.arena = arena_new(NAMES_ARENA_BYTES, false)};
    StoreReader *target;
    *ret_end = false;
    Status status = cx.arena ? names_begin(&level.from, reader) : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = store_read_begin(m->options->to, &cx, m->options->access, &target);
    if (status == STATUS_OK) {
        status = names_begin(&level.to, target);
        if (status == STATUS_OK)
            status = walk(m, &level, until, ret_end);
        store_read_end(target);
    }
    status = batch_end(m, &cx, hand_on(m, &level, status));
    arena_free(level.from.cx.arena);
    arena_free(level.to.cx.arena);
    arena_free(cx.arena);
    return status;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static Status same_bytes(Mover *m, StoreReader *from, StoreReader *to, const StorePiece *name,
                         bool *ret_same)
{
    Ctx batch = batch_begin(m);
    Str content = arena_str(batch.arena, name->content), ours, theirs;
    Ctx *from_cx = store_read_into(from, &batch), *to_cx = store_read_into(to, &batch);
    Status status =
        content.at ? store_piece_get(from, content, name->number, &ours) : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = store_piece_get(to, content, name->number, &theirs);
    store_read_into(from, from_cx);
    store_read_into(to, to_cx);
    *ret_same = status == STATUS_OK && str_eq(ours, theirs);
    return batch_end(m, &batch, status == STATUS_NOT_FOUND ? STATUS_OK : status);
}

Status compare_pieces(Mover *m, StoreReader *from, StoreReader *to, bool bytes)
{
    Level level = {.count = 0};
    uint64_t wrong = 0;
    m->report->pieces = 0;
    Status status = names_begin(&level.from, from);
    if (status == STATUS_OK)
        status = names_begin(&level.to, to);
    while (status == STATUS_OK) {
        const StorePiece *ours = NULL, *theirs = NULL;
        bool same;
        status = names_look(&level.from, &ours);
        if (status == STATUS_OK)
            status = names_look(&level.to, &theirs);
        if (status != STATUS_OK || (!ours && !theirs))
            break;
        int order = compare(ours, theirs);
        same = order == 0;
        if (same && bytes)
            status = same_bytes(m, from, to, ours, &same);
        wrong += !same;
        m->report->pieces += order <= 0;
        if (order <= 0)
            names_take(&level.from);
        if (order >= 0)
            names_take(&level.to);
        if (status == STATUS_OK && bytes && m->report->pieces % TELL_EVERY == 0)
            status = tell(m, MOVE_VERIFY, m->report->pieces);
    }
    status = hand_on(m, &level, status);
    arena_free(level.from.cx.arena);
    arena_free(level.to.cx.arena);
    TRY(status);
    return wrong ? ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                            "Documents: %llu of their pieces are not the same in both.",
                            (unsigned long long)wrong)
                 : STATUS_OK;
}
