/* store/postgres/piece.c - pieces of large contents: sealed, each bound to its content's name and
 * its number, which stand in the clear and are of chance. */
#include "store/postgres/engine.h"

Status piece_seal(PostgresStore *store, Arena *arena, const StorePiece *piece, Str *ret_sealed)
{
    *ret_sealed = STR_EMPTY;
    if (!piece->bytes.len)
        return STATUS_OK;
    return vault_seal(&store->vault, arena, about_piece(piece->content, piece->number),
                      piece->bytes, ret_sealed);
}

void pieces_init(PieceArrays *arrays, Arena *arena)
{
    static const ArrayType types[] = {TYPE_TEXT, TYPE_INT4, TYPE_BYTEA};
    for (size_t i = 0; i < PIECES_SET; i++)
        array_init(&arrays->set[i], arena, types[i], 64);
    for (size_t i = 0; i < PIECES_GONE; i++)
        array_init(&arrays->gone[i], arena, types[i], 64);
}

void pieces_take(PieceArrays *arrays, const StorePiece *piece, Str sealed)
{
    Array *to = sealed.len ? arrays->set : arrays->gone;
    array_bytes(&to[0], piece->content);
    array_int(&to[1], 4, piece->number);
    if (sealed.len)
        array_bytes(&to[2], sealed);
}

static Status open_piece(PostgresReader *reader, Str sealed, Str content, uint32_t number,
                         Str *ret_bytes)
{
    Ctx *cx = reader->base.cx;
    Status status = sealed_open(reader->store, cx, about_piece(content, number), sealed, ret_bytes);
    return status == STATUS_INVALID ? damaged(cx, "A piece of a document") : status;
}

Status postgres_piece_get(StoreReader *base, Str content, uint32_t number, Str *ret_bytes)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    Params params = params_in(base->cx->arena);
    params_bytes(&params, content);
    params_int(&params, 4, number);
    TRY(reader_ask(reader, SQL_PIECE, &params, "reading a piece", &result));
    Status status = STATUS_NOT_FOUND;
    if (PQntuples(result))
        status = open_piece(reader, answer_bytes(result, 0, 0), content, number, ret_bytes);
    PQclear(result);
    return status;
}

Status postgres_scan_pieces(StoreReader *base, const StorePiecesAfter *after, StorePiece *pieces,
                            size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    Arena *arena = base->cx->arena;
    PGresult *result;
    Params params = params_in(arena);
    size_t by_bytes = after->some.bytes_max / STORE_PIECE_BYTES_MAX + 1,
           rows = after->some.rows_max;
    params_bytes(&params, after->content);
    params_int8(&params, after->number);
    params_int8(&params, (int64_t)(after->with_bytes && by_bytes < rows ? by_bytes : rows));
    TRY(reader_ask(reader, after->with_bytes ? SQL_SCAN_PIECES : SQL_SCAN_PIECE_NAMES, &params,
                   "reading pieces", &result));
    Status status = STATUS_OK;
    *ret_count = (size_t)PQntuples(result);
    for (int i = 0; i < PQntuples(result) && status == STATUS_OK; i++) {
        StorePiece *piece = &pieces[i];
        *piece = (StorePiece){.content = arena_str(arena, answer_bytes(result, i, 0)),
                              .number = (uint32_t)answer_int(result, i, 1)};
        if (!piece->content.at)
            status = STATUS_MEMORY;
        else if (after->with_bytes)
            status = open_piece(reader, answer_bytes(result, i, 2), piece->content, piece->number,
                                &piece->bytes);
    }
    PQclear(result);
    return status;
}
