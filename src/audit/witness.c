/* audit/witness.c - the way of a root to its witness. The only place that opens a connection for
 * the audit, and only to the address that the operator has configured: no redirect is followed,
 * no other scheme is spoken. */
#include "audit/witness.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LINES_BYTES_MAX = 16 << 20, ROOTS_AT_ONCE = 10000, CONNECT_S = 5 };
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

static size_t forget(char *bytes, size_t size, size_t count, void *to)
{
    UNUSED(bytes);
    UNUSED(to);
    return size * count;
}

static CURLcode post(CURL *curl, Str address, Str lines, unsigned seconds, long *ret_http)
{
    struct curl_slist *head = curl_slist_append(NULL, "Content-Type: application/x-ndjson");
    CURLcode code = head ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    curl_easy_setopt(curl, CURLOPT_URL, address.at);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)seconds);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, head);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, lines.at);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)lines.len);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, forget);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_http);
    curl_slist_free_all(head);
    return code;
}

static Status to_server(Ctx *cx, Str address, Str lines, unsigned seconds)
{
    long http = 0;
    CURL *curl = curl_easy_init();
    CURLcode code = curl ? post(curl, address, lines, seconds, &http) : CURLE_FAILED_INIT;
    if (curl)
        curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The audit witness cannot be reached: %s.", curl_easy_strerror(code));
    return http >= 200 && http < 300
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                          "The audit witness answered with status %ld.", http);
}

/* ---- what is to be sent ----------------------------------------------------------------- */

static Status send_items(Ctx *cx, Str where, StoreItem *items, size_t count, unsigned seconds)
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
    Str path = arena_str(cx->arena, where);
    if (!path.at)
        return STATUS_MEMORY;
    return str_has_prefix(where, https) ? to_server(cx, path, buf_str(&lines), seconds)
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

Status witness_tell(Ctx *cx, Store *store, const Access *access, Str where, unsigned seconds)
{
    AuditRoot root;
    bool made;
    StoreItem *items;
    size_t count = 0;
    TRY(root_make(cx, store, access, where.len ? outbox : STR_EMPTY, &root, &made));
    if (!where.len)
        return STATUS_OK;
    TRY(list_items(cx, store, access, &items, &count));
    if (!count)
        return STATUS_OK;
    TRY(send_items(cx, where, items, count, seconds));
    StoreCommit commit = {.items = items, .item_count = count};
    return store_commit(store, cx, access, &commit);
}
