/* people/refusal.c - who asked for a prescription again is told why he does not get it: a message
 * that answers his Task. docs/guide/inbox.md */
#include "people/inner.h"

enum { REASON_BYTES_MAX = 20000 };

bool task_is_renewal(const JsonValue *task)
{
    JsonValue *coding;
    for (JsonIter it = json_iter(json_get(json_get(task, STR("code")), STR("coding")));
         json_next(&it, NULL, &coding);)
        if (str_eq(json_get_str(coding, STR("system")), STR("urn:aceso:task")) &&
            str_eq(json_get_str(coding, STR("code")), STR("renewal")))
            return true;
    return false;
}

static Str reference_of(const JsonValue *task, const char *member)
{
    return json_get_str(json_get(task, str_of(member)), STR("reference"));
}

static void add(Buf *buf, const char *before, Str text)
{
    buf_add_str(buf, str_of(before));
    json_write_string(buf, text);
}

Status refusal_tell(Operation *op, const OperationRow *task, Str reason)
{
    JsonValue *message;
    char now[TIME_INSTANT_LEN];
    Buf buf;
    if (!reason.len)
        return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                             "Who asked for the renewal is told why not: say it in \"note\".");
    if (reason.len > REASON_BYTES_MAX)
        return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY, "A note has at most %d bytes of text.",
                        REASON_BYTES_MAX);
    buf_init(&buf, op->cx->arena, 1024 + reason.len, 64 << 10);
    buf_add_lit(&buf, "{\"resourceType\":\"Communication\",\"status\":\"completed\",\"category\":[{"
                      "\"coding\":[{\"system\":\"urn:aceso:message\",\"code\":\"patient\"}]}]");
    add(&buf, ",\"basedOn\":[{\"reference\":", task->name);
    add(&buf, "}],\"about\":[{\"reference\":", reference_of(task->resource, "focus"));
    add(&buf, "}],\"subject\":{\"reference\":", reference_of(task->resource, "for"));
    add(&buf, "},\"sent\":", time_format_instant(op->now, now));
    add(&buf, ",\"sender\":{\"reference\":", operation_who(op));
    add(&buf, "},\"recipient\":[{\"reference\":", reference_of(task->resource, "requester"));
    add(&buf, "}],\"payload\":[{\"contentString\":", reason);
    buf_add_lit(&buf, "}]}");
    TRY(buf_done(&buf));
    TRY(json_parse(op->cx, buf_str(&buf), &message));
    bool before = operation_own(op, true);
    Status status = operation_create(op, STR("Communication"), message, NULL);
    operation_own(op, before);
    return status;
}
