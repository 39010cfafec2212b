/* store/sqlite/piece.c - pieces of large contents: one row each, in the order of their names. */
#include "store/sqlite/engine.h"

enum { FORGET_BYTES = 8 << 20 };

int piece_apply(Writer *writer, const StorePiece *piece)
{
    sqlite3_stmt *statement =
        writer->connection.statements[piece->bytes.len ? SQL_ADD_PIECE : SQL_DROP_PIECE];
    sql_bind_str(statement, 1, piece->content);
    sqlite3_bind_int64(statement, 2, piece->number);
    if (piece->bytes.len)
        sql_bind_bytes(statement, 3, piece->bytes);
    writer->piece_bytes += piece->bytes.len;
    return sql_run(statement);
}

/* A document would drive out all others anyway; so the cache ends smaller, not larger. */
static void forget_pages(Connection *connection, size_t *bytes)
{
    if (*bytes < FORGET_BYTES)
        return;
    *bytes = 0;
    (void)sqlite3_db_release_memory(connection->db);
}

void piece_forget_pages(Writer *writer)
{
    forget_pages(&writer->connection, &writer->piece_bytes);
}

Status sqlite_piece_get(StoreReader *base, Str content, uint32_t number, Str *ret_bytes)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_PIECE];
    sql_bind_str(statement, 1, content);
    sqlite3_bind_int64(statement, 2, number);
    int code = sqlite3_step(statement);
    Str bytes = {NULL, 0};
    if (code == SQLITE_ROW)
        bytes = arena_str(base->cx->arena, sql_bytes(statement, 0));
    sqlite3_reset(statement);
    reader->pooled->piece_bytes += bytes.len;
    forget_pages(&reader->pooled->connection, &reader->pooled->piece_bytes);
    if (code == SQLITE_DONE)
        return STATUS_NOT_FOUND;
    if (code != SQLITE_ROW)
        return sql_fail(base->cx, code, "reading a piece");
    *ret_bytes = bytes;
    return bytes.at ? STATUS_OK : STATUS_MEMORY;
}

static Status take(Arena *arena, sqlite3_stmt *statement, bool with_bytes, StorePiece *ret_piece)
{
    *ret_piece = (StorePiece){.content = arena_str(arena, sql_bytes(statement, 0)),
                              .number = (uint32_t)sqlite3_column_int64(statement, 1)};
    if (with_bytes)
        ret_piece->bytes = arena_str(arena, sql_bytes(statement, 2));
    return ret_piece->content.at && (!with_bytes || ret_piece->bytes.at) ? STATUS_OK
                                                                         : STATUS_MEMORY;
}

Status sqlite_scan_pieces(StoreReader *base, const StorePiecesAfter *after, StorePiece *pieces,
                          size_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement = connection_statement(
        &reader->pooled->connection, after->with_bytes ? SQL_SCAN_PIECES : SQL_SCAN_PIECE_NAMES);
    size_t count = 0, bytes = 0;
    Status status = STATUS_OK;
    int code = statement ? SQLITE_ROW : SQLITE_NOMEM;
    if (statement) {
        sql_bind_str(statement, 1, after->content);
        sqlite3_bind_int64(statement, 2, after->number);
    }
    while (statement && status == STATUS_OK && count < after->some.rows_max &&
           bytes < after->some.bytes_max && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        status = take(base->cx->arena, statement, after->with_bytes, &pieces[count]);
        bytes += pieces[count++].bytes.len;
    }
    sqlite3_finalize(statement);
    TRY(status);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return sql_fail(base->cx, code, "reading pieces");
    *ret_count = count;
    return STATUS_OK;
}
