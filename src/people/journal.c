/* people/journal.c - what a merge changed, for taking it back. */
#include "people/merge.h"

enum { JOURNAL_BYTES_MAX = 8 << 20 };

static const Str space = STR_INIT("merge");

Status journal_begin(Operation *op, Journal *journal)
{
    buf_init(&journal->lines, op->cx->arena, 4096, JOURNAL_BYTES_MAX);
    return STATUS_OK;
}

Status journal_add(Operation *op, Journal *journal, const OperationRow *row)
{
    UNUSED(op);
    buf_format(&journal->lines, STR_FMT " %u\n", STR_ARG(row->name), row->row.version);
    return buf_done(&journal->lines);
}

/* "TARGET\n" and the lines. */
static Status read_item(Operation *op, Str source, Str *ret_value)
{
    Status status = operation_item(op, space, source, ret_value);
    if (status == STATUS_NOT_FOUND)
        *ret_value = STR_EMPTY;
    return status;
}

Status journal_keep(Operation *op, const Journal *journal, Str source, Str target)
{
    Str before, lines = buf_str(&journal->lines);
    Buf all;
    Status status = read_item(op, source, &before);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    buf_init(&all, op->cx->arena, before.len + lines.len + 128, JOURNAL_BYTES_MAX);
    buf_add_str(&all, before);
    if (!before.len)
        buf_format(&all, STR_FMT "\n", STR_ARG(target));
    buf_add_str(&all, lines);
    TRY(buf_done(&all));
    StoreItem item = {
        .space = space, .key = arena_str(op->cx->arena, source), .value = buf_str(&all)};
    return item.key.at ? operation_add_item(op, &item) : STATUS_MEMORY;
}

Status journal_read(Operation *op, Str source, Str *ret_target, Str *ret_lines)
{
    TRY(read_item(op, source, ret_lines));
    *ret_target = str_cut(ret_lines, '\n');
    return STATUS_OK;
}

Status journal_drop(Operation *op, Str source)
{
    StoreItem item = {.space = space, .key = arena_str(op->cx->arena, source), .value = STR_EMPTY};
    return item.key.at ? operation_add_item(op, &item) : STATUS_MEMORY;
}
