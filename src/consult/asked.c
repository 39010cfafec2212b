/* consult/asked.c - Tasks that ask for something, and their end: see asked.h. */
#include "consult/asked.h"

enum { NOTE_BYTES_MAX = 20000, TASK_BYTES_MAX = 64 << 10 };

static void add_text(Buf *buf, const char *before, Str text)
{
    buf_add_str(buf, str_of(before));
    json_write_string(buf, text);
}

static Status write_task(Operation *op, const Asked *asked, JsonValue **ret_task)
{
    Buf buf;
    buf_init(&buf, op->cx->arena, 1024 + asked->note.len, TASK_BYTES_MAX);
    buf_format(&buf,
               "{\"resourceType\":\"Task\",\"status\":\"requested\",\"intent\":\"proposal\","
               "\"code\":{\"coding\":[{\"system\":\"" ASKED_SYSTEM "\",\"code\":\"%s\"}]}",
               asked->code);
    add_text(&buf, ",\"focus\":{\"reference\":", asked->focus);
    add_text(&buf, "},\"for\":{\"reference\":", asked->patient);
    add_text(&buf, "},\"authoredOn\":", now_text(op));
    add_text(&buf, ",\"requester\":{\"reference\":", operation_who(op));
    add_text(&buf, "},\"owner\":{\"reference\":", asked->owner);
    buf_add_char(&buf, '}');
    if (asked->until.len) {
        add_text(&buf, ",\"restriction\":{\"period\":{\"end\":", asked->until);
        buf_add_lit(&buf, "}}");
    }
    if (asked->note.len) {
        add_text(&buf, ",\"note\":[{\"authorReference\":{\"reference\":", operation_who(op));
        add_text(&buf, "},\"text\":", asked->note);
        buf_add_lit(&buf, "}]");
    }
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    return json_parse(op->cx, buf_str(&buf), ret_task);
}

Status asked_write(Operation *op, const Asked *asked)
{
    JsonValue *task;
    Str body;
    if (asked->note.len > NOTE_BYTES_MAX)
        return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY, "A note has at most %d bytes of text.",
                        NOTE_BYTES_MAX);
    TRY(write_task(op, asked, &task));
    size_t at = operation_write_count(op);
    bool before = operation_own(op, true);
    Status status = operation_create(op, STR("Task"), task, NULL);
    operation_own(op, before);
    TRY(status);
    TRY(operation_made(op, at, &body));
    operation_answer(op, 201, body);
    return STATUS_OK;
}

Status asked_open(Operation *op, const char *code, Str focus, Str patient, OperationRows *ret_rows)
{
    Str query =
        arena_format(op->cx->arena,
                     "focus=" STR_FMT "&code=" ASKED_SYSTEM "%%7C%s&status=draft,requested,"
                     "received,accepted,ready,in-progress,on-hold%s" STR_FMT,
                     STR_ARG(focus), code, patient.len ? "&subject=" : "", STR_ARG(patient));
    if (!query.at)
        return STATUS_MEMORY;
    bool before = operation_own(op, true);
    Status status = operation_find(op, STR("Task"), query, ASKED_MAX, ret_rows);
    operation_own(op, before);
    return status;
}

static Status close_one(Operation *op, const OperationRow *row, Str made)
{
    Buf patch;
    buf_init(&patch, op->cx->arena, 1024, TASK_BYTES_MAX);
    buf_add_lit(&patch, "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"completed\"},"
                        "{\"op\":\"add\",\"path\":\"/lastModified\",\"value\":");
    json_write_string(&patch, now_text(op));
    add_text(&patch,
             "},{\"op\":\"add\",\"path\":\"/owner\",\"value\":{\"reference\":", operation_who(op));
    add_text(&patch,
             "}},{\"op\":\"add\",\"path\":\"/output\",\"value\":[{\"type\":{\"text\":\"made\"},"
             "\"valueReference\":{\"reference\":",
             made);
    buf_add_lit(&patch, "}}]}]");
    TRY(buf_done(&patch));
    return operation_patch(op, row, buf_str(&patch));
}

Status asked_close(Operation *op, const OperationRows *rows, Str made)
{
    bool before = operation_own(op, true);
    Status status = STATUS_OK;
    for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
        status = close_one(op, &rows->rows[i], made);
    operation_own(op, before);
    return status;
}
