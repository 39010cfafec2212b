/* audit/witness.c - the way of a root to its witness, and only to the address that the operator
 * has configured: no redirect is followed, no other scheme is spoken. */
#include "audit/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LINES_BYTES_MAX = 16 << 20, ROOTS_AT_ONCE = 10000, ANSWER_BYTES_MAX = 64 * 1024 };
static const Str outbox = STR_INIT("audit-witness"), https = STR_INIT("https://");

Status witness_check(Ctx *cx, Str where)
{
    bool path = str_has_prefix(where, STR("/"));
    if (!where.len || path || (str_has_prefix(where, https) && where.len > https.len))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                    "audit_witness must be an absolute path or an https address.");
}

/* ---- a file ----------------------------------------------------------------------------- */

static Status to_file(Ctx *cx, Str path, Str lines)
{
    int file = open(path.at, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    size_t done = 0;
    while (file >= 0 && done < lines.len) {
        ssize_t bytes = write(file, lines.at + done, lines.len - done);
        if (bytes < 0 && errno != EINTR)
            break;
        done += bytes > 0 ? (size_t)bytes : 0;
    }
    bool good = file >= 0 && done == lines.len && fsync(file) == 0;
    int why = errno;
    if (file >= 0)
        close(file);
    return good ? STATUS_OK
                : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                           "The file of the audit witness cannot be written: %s.", strerror(why));
}

/* ---- a server --------------------------------------------------------------------------- */

static Status to_server(Ctx *cx, const Witness *to, Str lines)
{
    static const NetHeader type = {STR_INIT("Content-Type"), STR_INIT("application/x-ndjson")};
    NetResponse answer;
    NetRequest request = {.method = NET_POST,
                          .url = to->where,
                          .named = to->where,
                          .headers = &type,
                          .header_count = 1,
                          .body = lines,
                          .body_bytes_max = ANSWER_BYTES_MAX,
                          .timeout_ms = to->seconds * 1000,
                          .site = to->site};
    if (net_fetch(cx, &request, &answer) != STATUS_OK)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The audit witness cannot be reached.");
    return answer.http >= 200 && answer.http < 300
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                          "The audit witness answered with status %u.", answer.http);
}

/* ---- what is to be sent ----------------------------------------------------------------- */

static Status send_items(Ctx *cx, const Witness *to, StoreItem *items, size_t count)
{
    Buf lines;
    buf_init(&lines, cx->arena, count * 400, LINES_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        AuditRoot root;
        if (!root_read(items[i].value, &root))
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A root for the witness is damaged.");
        Str line = root_line(cx->arena, &root);
        if (!line.at)
            return STATUS_MEMORY;
        buf_add_str(&lines, line);
        buf_add_lit(&lines, "\n");
        items[i].value = STR_EMPTY; /* and then it goes */
    }
    TRY(buf_done(&lines));
    Str path = arena_str(cx->arena, to->where);
    if (!path.at)
        return STATUS_MEMORY;
    return str_has_prefix(path, https) ? to_server(cx, to, buf_str(&lines))
                                       : to_file(cx, path, buf_str(&lines));
}

static Status list_items(Ctx *cx, Store *store, const Access *access, StoreItem **ret_items,
                         size_t *ret_count)
{
    StoreReader *reader;
    TRY(store_read_begin(store, cx, access, &reader));
    Status status = store_item_list(reader, outbox, ret_items, ret_count);
    store_read_end(reader);
    if (*ret_count > ROOTS_AT_ONCE)
        *ret_count = ROOTS_AT_ONCE;
    return status;
}

Status witness_tell(Ctx *cx, Store *store, const Access *access, const Witness *to)
{
    AuditRoot root;
    bool made;
    StoreItem *items;
    size_t count = 0;
    TRY(root_make(cx, store, access, to->where.len ? outbox : STR_EMPTY, &root, &made));
    if (!to->where.len)
        return STATUS_OK;
    TRY(list_items(cx, store, access, &items, &count));
    if (!count)
        return STATUS_OK;
    TRY(send_items(cx, to, items, count));
    StoreCommit commit = {.items = items, .item_count = count};
    return store_commit(store, cx, access, &commit);
}
