/* http/download.c - a document goes out: its pieces are read when the client has taken the one
 * before. While a worker reads, the connection is suspended. */
#include "http/upload.h"

#include "base/base64.h"
#include "http/server.h"

enum {
    BLOCK_BYTES = 64 * 1024,    /* handed to libmicrohttpd at once */
    PIECE_ARENA_BYTES = 2 << 20 /* a piece sealed, open, and as text */
};

struct Download {
    DownloadPlan plan;
    Arena *arena;
    uint64_t loaded; /* number of the piece in `text` */
    Str text;        /* at = NULL: none */
    uint64_t wanted;
    bool failed;
};

static uint64_t text_bytes(const DownloadPlan *plan)
{
    return plan->base64 ? (plan->bytes + 2) / 3 * 4 : plan->bytes;
}

static uint64_t unit_of(const DownloadPlan *plan)
{
    return plan->base64 ? CONTENT_PIECE_BYTES / 3 * 4 : CONTENT_PIECE_BYTES;
}

uint64_t download_bytes(const Request *rq)
{
    const DownloadPlan *plan = &rq->download->plan;
    return plan->before.len + text_bytes(plan) + plan->after.len;
}

Status download_begin(Request *rq, const DownloadPlan *plan)
{
    struct Download *download = arena_new_of(rq->home, struct Download);
    assert(!plan->base64 || plan->from == 0);
    if (!download)
        return STATUS_MEMORY;
    download->plan = *plan;
    rq->download = download;
    return STATUS_OK;
}

static Status load(Request *rq, struct Download *download)
{
    Http *http = rq->http;
    Ctx cx = {.arena = download->arena};
    Buf text;
    Str bytes;
    arena_clear(download->arena);
    TRY(record_content(http->record, &cx, &download->plan.content, download->wanted, &bytes));
    if (!download->plan.base64) {
        download->text = bytes;
        return STATUS_OK;
    }
    size_t room = (bytes.len + 2) / 3 * 4;
    buf_init(&text, download->arena, room, room);
    base64_write(&text, bytes);
    download->text = buf_str(&text);
    return buf_done(&text);
}

/* On a worker. */
static void load_on_worker(Work *work)
{
    Request *rq = (Request *)work;
    struct Download *download = rq->download;
    if (!download->arena)
        download->arena = arena_new(PIECE_ARENA_BYTES, true);
    download->failed = !download->arena || load(rq, download) != STATUS_OK;
    download->loaded = download->wanted;
    request_resume(rq, REQUEST_READY);
}

static ssize_t copy(char *to, size_t max, Str from)
{
    size_t some = from.len < max ? from.len : max;
    memcpy(to, from.at, some);
    return (ssize_t)some;
}

static ssize_t read_piece(Request *rq, uint64_t at, char *to, size_t max)
{
    struct Download *download = rq->download;
    const DownloadPlan *plan = &download->plan;
    uint64_t unit = unit_of(plan), number = (plan->from + at) / unit,
             within = (plan->from + at) % unit, left = text_bytes(plan) - at;
    if (download->failed)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!download->text.at || download->loaded != number) {
        download->wanted = number;
        rq->work.run = load_on_worker;
        request_suspend(rq);
        workers_add_again(&rq->http->workers, &rq->work);
        return 0;
    }
    if (within >= download->text.len)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return copy(to, left < max ? (size_t)left : max, str_from(download->text, (size_t)within));
}

static ssize_t read_some(void *of, uint64_t at, char *to, size_t max)
{
    Request *rq = of;
    const DownloadPlan *plan = &rq->download->plan;
    if (at < plan->before.len)
        return copy(to, max, str_from(plan->before, (size_t)at));
    at -= plan->before.len;
    if (at < text_bytes(plan))
        return read_piece(rq, at, to, max);
    at -= text_bytes(plan);
    return at < plan->after.len ? copy(to, max, str_from(plan->after, (size_t)at))
                                : MHD_CONTENT_READER_END_OF_STREAM;
}

struct MHD_Response *download_response(Request *rq)
{
    return MHD_create_response_from_callback(download_bytes(rq), BLOCK_BYTES, read_some, rq, NULL);
}

void download_end(Request *rq)
{
    if (rq->download)
        arena_free(rq->download->arena);
}
