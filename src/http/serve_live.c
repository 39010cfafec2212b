/* http/serve_live.c - a stream of events as an answer that does not end.
 *
 * While there is nothing to say its connection is suspended, so it costs no thread and no turn of
 * the event loop. It always says `Connection: close`: a stream that ends ends its connection, and
 * the server can stop. A slow client is felt early, because little is kept for it in the kernel. */
#include "http/request.h"

#include <poll.h>
#include <sys/socket.h>

#include "http/identify.h"
#include "http/serve.h"
#include "http/server.h"

enum { STREAM_BLOCK_BYTES = 1024, STREAM_KERNEL_BYTES = 16 * 1024 };

static int socket_of(const Request *rq)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* ---- the wire: live.h ------------------------------------------------------------------------ */

static void sleep_now(void *of)
{
    MHD_suspend_connection(((Request *)of)->connection);
}

static void wake(void *of)
{
    MHD_resume_connection(((Request *)of)->connection);
}

static bool is_gone(void *of)
{
    struct pollfd client = {.fd = socket_of(of), .events = POLLRDHUP};
    return poll(&client, 1, 0) == 1 && (client.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* The event thread sees the end of it, and closes. */
static void cut(void *of)
{
    (void)!shutdown(socket_of(of), SHUT_RDWR);
}

/* ---- the answer --------------------------------------------------------------------------------
 */

Status serve_live(Request *rq)
{
    LiveAsked asked = {.call = &rq->call,
                       .last_id = rq->given[HEADER_LAST_EVENT_ID],
                       .wire = {rq, sleep_now, wake, is_gone, cut}};
    Str bearer = rq->given[HEADER_AUTHORIZATION];
    asked.watch = auth_watch(bearer.len ? STR_EMPTY : rq->cookie, str_trim(str_from(bearer, 7)));
    if (rq->stream) /* of a try before this one */
        live_close(rq->stream);
    rq->stream = NULL;
    rq->content_type = "text/event-stream";
    request_header(rq, "Connection", "close");
    request_header(rq, "X-Accel-Buffering", "no");
    return live_open(rq->http->live, &rq->cx, &asked, &rq->reply, &rq->stream);
}

static ssize_t read_stream(void *of, uint64_t position, char *at, size_t max)
{
    Request *rq = of;
    UNUSED(position);
    if (max < LIVE_BYTES_MIN)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    long len = live_read(rq->stream, at, max);
    return len < 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)len;
}

/* From here on the request is neither worked on nor waited for. */
struct MHD_Response *live_response(Request *rq)
{
    int bytes = STREAM_KERNEL_BYTES;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, rq, NULL);
    if (!response)
        return NULL;
    (void)!setsockopt(socket_of(rq), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    if (rq->working)
        atomic_fetch_sub(&rq->http->working, 1);
    rq->working = false;
    arenas_give(&rq->http->scratches, rq->scratch);
    rq->scratch = NULL;
    rq->cx.arena = rq->home;
    rq->reply.location = STR_EMPTY;
    return response;
}
