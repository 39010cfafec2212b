/* http/server.c - the life of the server and the three callbacks of libmicrohttpd. */
#include "http/server.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/crypto.h"
#include "http/listen.h"
#include "http/request.h"
#include "http/routes.h"

enum {
    STOP_PAUSE_MS = 1000,
    STOP_LATE_MS = 1000, /* from being accepted to the end of the answer */
};

/* ---- callbacks -------------------------------------------------------------------- */

/* NULL when nothing is remembered for this connection. */
static Slot *slot_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void end_carried(Slot *slot)
{
    if (slot->request)
        request_end(slot->request);
    slot->request = NULL;
}

/* libmicrohttpd would make a record of each parameter, and has no room for many: it then
 * neither answers nor closes. We read our own copy; in its buffer they become one. */
static void make_one_parameter(const char *target)
{
    char *buffer = (char *)(uintptr_t)target; /* its read buffer, which it is about to cut up */
    for (char *at = buffer; (at = strchr(at, '&')) != NULL; at++)
        *at = '_';
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    Slot *slot = slot_of(connection);
    if (slot)
        end_carried(slot);
    Request *rq = request_new(cls, connection, target);
    make_one_parameter(target);
    if (slot)
        slot->request = rq;
    return rq;
}

static void trim_heap(Work *work)
{
    Trim *trim = (Trim *)work;
    atomic_store(&trim->queued, false); /* before, so that who leaves from here on counts */
    arena_trim_heap();
}

/* Some 30 KB each with TLS, which the C library would keep. */
static void give_memory_back(Http *http)
{
    if (atomic_exchange(&http->trim.queued, true))
        return;
    http->trim.work.run = trim_heap;
    workers_add_again(&http->workers, &http->trim.work);
}

static void on_connection_notice(void *cls, struct MHD_Connection *connection, void **context,
                                 enum MHD_ConnectionNotificationCode code)
{
    Http *http = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = door_enter(&http->door, connection);
    } else if (*context) {
        end_carried(*context);
        if (door_leave(&http->door, *context))
            give_memory_back(http);
        *context = NULL;
    }
}

static void on_end(void *cls, struct MHD_Connection *connection, void **request,
                   enum MHD_RequestTerminationCode why)
{
    Slot *slot = slot_of(connection);
    UNUSED(cls);
    UNUSED(why);
    if (slot)
        slot->request = NULL;
    if (*request)
        request_end(*request);
    *request = NULL;
}

/* Refused before its body came: a small body is read and dropped, so that the client sees
 * the answer and may keep the connection; for more the connection closes. */
static bool answer_at_once(const Request *rq)
{
    uint64_t bytes = 0;
    Str length = rq->given[HEADER_CONTENT_LENGTH];
    if (rq->given[HEADER_EXPECT].len || rq->closes)
        return true;
    return length.len && (!str_to_u64(length, &bytes) || bytes > REQUEST_DROPPED_MAX);
}

static enum MHD_Result answer_refusal(Request *rq)
{
    if (rq->unaudited && request_audit_refusal(rq))
        return MHD_YES;
    return request_respond(rq);
}

static enum MHD_Result on_headers(Request *rq, const char *method)
{
    Status status = request_begin(rq, method);
    if (status == STATUS_OK)
        return MHD_YES;
    request_refuse(rq, status);
    rq->state = REQUEST_READY;
    rq->unaudited = refusal_is_audited(&rq->http->refusals, rq, status, time_monotonic());
    return answer_at_once(rq) ? answer_refusal(rq) : MHD_YES;
}

/* What a client may still send that has been refused: a document is heard to its end, so that the
 * answer is. */
static size_t dropped_max(const Request *rq)
{
    size_t usual = 16 * (size_t)REQUEST_DROPPED_MAX, file = rq->http->options.file_bytes_max;
    return rq->upload && file > usual ? file : usual;
}

/* *len: what is to come again. */
static enum MHD_Result on_bytes(Request *rq, const char *bytes, size_t *len)
{
    bool late = rq->cx.deadline && time_monotonic() > rq->cx.deadline;
    if (atomic_load_explicit(&rq->http->stopping, memory_order_relaxed))
        atomic_store(&rq->http->last_byte, time_monotonic());
    if (late) /* a trickle: the client keeps the connection busy, not us */
        return MHD_NO;
    if (rq->state == REQUEST_RECEIVING && rq->route->body != BODY_NONE) {
        Status status = request_body_add(rq, bytes, len);
        if (status == STATUS_OK) /* it may be another thread's by now */
            return MHD_YES;
        request_refuse(rq, status);
        rq->state = REQUEST_READY;
    }
    rq->body_dropped += *len;
    *len = 0;
    return rq->body_dropped > dropped_max(rq) ? MHD_NO : MHD_YES;
}

/* False: another thread has the request now. */
static bool on_complete(Request *rq)
{
    rq->working = true;
    atomic_fetch_add(&rq->http->working, 1);
    Status status = rq->route->body == BODY_NONE ? STATUS_OK : request_body_end(rq);
    if (status == STATUS_OK)
        return request_run(rq);
    request_refuse(rq, status);
    rq->state = REQUEST_READY;
    return true;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_bytes, void **request)
{
    Request *rq = *request;
    UNUSED(cls);
    UNUSED(connection);
    UNUSED(url);
    UNUSED(version);
    if (!rq)
        return MHD_NO; /* out of memory when it was born */
    if (rq->state == REQUEST_NEW)
        return on_headers(rq, method);
    if (*upload_bytes)
        return on_bytes(rq, upload, upload_bytes);
    if (rq->state == REQUEST_RECEIVING && !on_complete(rq))
        return MHD_YES;
    return rq->state == REQUEST_READY ? answer_refusal(rq) : MHD_YES;
}

/* Escapes stay as they came: http/target.c decodes, and refuses what is broken. */
static size_t leave_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
    UNUSED(cls);
    UNUSED(connection);
    return strlen(text);
}

/* Its sentences may quote what a client sent: only the fact is kept. */
static void on_complaint(void *cls, const char *format, va_list args)
{
    UNUSED(cls);
    UNUSED(format);
    UNUSED(args);
    log_event(LOG_LIBRARY, NULL, 0);
}

/* ---- start ------------------------------------------------------------------------ */

#define DEFAULT(field, value)                                                                      \
    do {                                                                                           \
        if (!(field))                                                                              \
            (field) = (value);                                                                     \
    } while (0)

static void set_defaults(HttpOptions *options)
{
    unsigned cores = (unsigned)get_nprocs();
    if (!options->address.len)
        options->address = STR("localhost");
    if (!options->tls_priority.len)
        options->tls_priority =
            STR("NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-128-GCM:"
                "+AES-256-GCM:+CHACHA20-POLY1305:%SERVER_PRECEDENCE");
    DEFAULT(options->threads, cores);
    DEFAULT(options->workers, cores + 2);
    DEFAULT(options->worker_queue_max, 512);
    DEFAULT(options->connections_max, 15000);
    DEFAULT(options->idle_seconds, 60);
    DEFAULT(options->request_seconds, 60);
    DEFAULT(options->bundle_seconds, 600);
    DEFAULT(options->header_bytes_max, 16 * 1024); /* zeroed for each request */
    DEFAULT(options->body_bytes_max, 16 << 20);
    DEFAULT(options->bundle_bytes_max, 100 << 20);
    DEFAULT(options->file_bytes_max, (size_t)100 << 20);
    DEFAULT(options->bodies_bytes_max, (size_t)512 << 20);
    DEFAULT(options->memory_bytes_max, 64 << 20);
}

static Status copy_options(Arena *forever, const HttpOptions *given, HttpOptions *ret_options)
{
    *ret_options = *given;
    set_defaults(ret_options);
    Str *texts[] = {&ret_options->address,  &ret_options->certificate_pem,
                    &ret_options->key_pem,  &ret_options->tls_priority,
                    &ret_options->base_url, &ret_options->card_roots_pem};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = arena_str(forever, texts[i]->at ? *texts[i] : STR_EMPTY);
        if (!texts[i]->at)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

/* One event thread each. The door keeps the limits: of all connections, of one address. */
static struct MHD_Daemon *start_lane(Http *http)
{
    const HttpOptions *o = &http->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG | (o->tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem more[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->certificate_pem.at},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->key_pem.at},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)o->tls_priority.at},
        {o->card_door ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
         (void *)(uintptr_t)o->card_roots_pem.at},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_complaint, http,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, http, MHD_OPTION_NOTIFY_COMPLETED, on_end, http,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection_notice, http, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escaped, http, MHD_OPTION_CONNECTION_LIMIT, o->connections_max + 1,
        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        o->header_bytes_max + 4096, MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)8192,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, o->tls ? MHD_OPTION_ARRAY : MHD_OPTION_END, more,
        MHD_OPTION_END);
}

static void stop_lanes(Http *http)
{
    for (unsigned i = 0; i < http->lane_count; i++)
        MHD_stop_daemon(http->lanes[i]);
}

static Status start_lanes(Ctx *cx, Http *http)
{
    for (unsigned i = 0; i < http->options.threads; i++) {
        http->lanes[i] = start_lane(http);
        if (!http->lanes[i]) {
            stop_lanes(http);
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            http->options.tls ? "The server does not start; the certificate, its "
                                                "key or the TLS priority is wrong."
                                              : "The server does not start.");
        }
        http->lane_count++;
    }
    return STATUS_OK;
}

/* The files that the process has beside its connections: the store, the log. */
enum { OTHER_FILES_MAX = 4096 };

static Status make_door(Ctx *cx, Http *http)
{
    const HttpOptions *o = &http->options;
    Door *door = &http->door;
    http->lanes = arena_array_of(http->forever, struct MHD_Daemon *, o->threads);
    *door = (Door){.slots = &http->slots, .lanes = http->lanes, .lane_count = o->threads};
    door->tls = o->tls;
    door->proxied = o->proxied;
    door->shared_port = o->reuse_port && !o->listener_count;
    door->fd_max = (size_t)o->connections_max + OTHER_FILES_MAX;
    door->by_fd = arena_array_of(http->forever, Slot *, door->fd_max);
    door->loads = arena_array_of(http->forever, atomic_uint, o->threads);
    if (!http->lanes || !door->by_fd || !door->loads)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    door->listener_count = o->listener_count;
    memcpy(door->listeners, o->listeners, sizeof(door->listeners));
    if (!door->listener_count) {
        TRY(listen_open(cx, o->address, o->port, o->reuse_port, &door->listeners[0]));
        door->listener_count = 1;
    }
    http->port = listen_port(door->listeners[0]);
    return STATUS_OK;
}

/* As many as auth hashes at once, and what they can do in some three seconds. Hashing a password
 * takes 40 ms of a core: whoever is in already comes first. */
enum { SIGN_IN_THREADS = 2, SIGN_INS_WAITING_MAX = 64, SIGN_IN_NICENESS = 10 };

static unsigned spare_workers(const HttpOptions *options)
{
    unsigned cores = (unsigned)get_nprocs();
    return options->work_waits || options->workers <= cores ? 0 : options->workers - cores;
}

static Status start_parts(Ctx *cx, Http *http)
{
    const HttpOptions *o = &http->options;
    arenas_init(&http->homes, o->bundle_bytes_max * 2 + (size_t)REQUEST_RETRY_COPY_MAX + (4 << 20));
    arenas_init(&http->scratches, o->memory_bytes_max);
    TRY(slots_init(&http->slots, http->forever, o->connections_max,
                   o->connections_per_address_max));
    TRY(make_door(cx, http));
    TRY(workers_start(&http->workers, http->forever, o->workers, spare_workers(o),
                      o->worker_queue_max, 0));
    Status status = workers_start(&http->sign_ins, http->forever, SIGN_IN_THREADS, 0,
                                  SIGN_INS_WAITING_MAX, SIGN_IN_NICENESS);
    if (status == STATUS_OK) {
        status = start_lanes(cx, http);
        if (status == STATUS_OK && (status = door_open(&http->door)) != STATUS_OK)
            stop_lanes(http);
        if (status != STATUS_OK)
            workers_stop(&http->sign_ins);
    }
    if (status != STATUS_OK)
        workers_stop(&http->workers);
    return status;
}

Status http_start(Ctx *cx, const HttpOptions *options, Record *record, Auth *auth, Http **ret_http)
{
    HttpOptions o = *options;
    set_defaults(&o);
    size_t for_each = sizeof(Slot) + sizeof(Slot *);
    Arena *forever =
        arena_new((4 << 20) + o.card_roots_pem.len + o.connections_max * for_each, true);
    Http *http = forever ? arena_new_of(forever, Http) : NULL;
    assert(route_count < METRICS_ROWS_MAX);
    if (!http)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    http->forever = forever;
    http->record = record;
    http->store = record_store(record);
    http->auth = auth;
    http->metrics.started = time_now();
    crypto_random(&http->request_prefix, sizeof(http->request_prefix));
    Status status = copy_options(forever, options, &http->options);
    LiveOptions live = {
        .record = record, .auth = auth, .events = o.events, .rings = o.cache != NULL};
    if (status == STATUS_OK)
        status = live_new(cx, &live, &http->live);
    if (status == STATUS_OK)
        status = start_parts(cx, http);
    if (status != STATUS_OK) {
        live_free(http->live);
        for (size_t i = 0; i < http->door.listener_count; i++)
            close(http->door.listeners[i]);
        arena_free(forever);
        return status;
    }
    log_event(LOG_LISTEN,
              (LogField[]){log_number(LOG_PORT, http->port), log_number(LOG_TLS, http->options.tls),
                           log_number(LOG_THREADS, http->options.threads)},
              3);
    *ret_http = http;
    return STATUS_OK;
}

uint16_t http_port(const Http *http)
{
    return http->port;
}

size_t http_listeners(const Http *http, int ret_sockets[HTTP_LISTENERS_MAX])
{
    memcpy(ret_sockets, http->door.listeners, sizeof(http->door.listeners));
    return http->door.listener_count;
}

/* ---- stop ------------------------------------------------------------------------- */

/* A body may go on coming, but not pause: a client that hung up in the middle of one is seen
 * by libmicrohttpd only when the connection's idle time is over. */
static bool uploads_have_ended(Http *http)
{
    return atomic_load(&http->in_flight) == 0 ||
           time_monotonic() - atomic_load(&http->last_byte) > STOP_PAUSE_MS * TIME_MS;
}

/* False: a request is still worked on, so that libmicrohttpd must not be stopped. */
static bool wait_for_requests(Http *http, unsigned seconds)
{
    Time end = time_monotonic() + seconds * TIME_SECOND;
    struct timespec nap = {.tv_nsec = 5000000};
    atomic_store(&http->last_byte, time_monotonic());
    for (;;) {
        bool idle = atomic_load(&http->working) == 0 && atomic_load(&http->suspended) == 0;
        if (idle && uploads_have_ended(http))
            return true;
        if (time_monotonic() > end)
            return idle;
        nanosleep(&nap, NULL);
    }
}

/* Until nobody is left of those from before, or of the late ones. */
static void wait_for_connections(Http *http, bool late, Time long_at_most)
{
    Time end = time_monotonic() + long_at_most;
    struct timespec nap = {.tv_nsec = 5000000};
    size_t counts[2];
    for (;;) {
        slots_count(&http->slots, &counts[0], &counts[1]);
        if (counts[late] == 0 || time_monotonic() > end)
            return;
        nanosleep(&nap, NULL);
    }
}

bool http_stop(Http *http, unsigned drain_seconds, unsigned seconds)
{
    slots_close(&http->slots);
    atomic_store(&http->stopping, true);
    live_stop(http->live); /* their pages come back to whoever serves then */
    if (drain_seconds) {
        wait_for_connections(http, false, drain_seconds * TIME_SECOND);
        door_shut(&http->door);
        wait_for_connections(http, true, STOP_LATE_MS * TIME_MS);
    }
    door_shut(&http->door);
    if (!wait_for_requests(http, seconds))
        return false;
    door_remove(&http->door);
    stop_lanes(http);
    close(http->door.wake);
    workers_stop(&http->workers);
    workers_stop(&http->sign_ins);
    live_free(http->live);
    arenas_clear(&http->homes);
    arenas_clear(&http->scratches);
    slots_clear(&http->slots);
    arena_free(http->forever);
    return true;
}
