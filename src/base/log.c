/* base/log.c - two buffers: events fill one while a thread writes the other. */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum { LOG_BUFFER_BYTES = 1024 * 1024, LOG_LINE_MAX = 1024, LOG_BATCH_MS = 100 };

static const char event_names[LOG_EVENT_COUNT][12] = {
    [LOG_START] = "start",
    [LOG_LISTEN] = "listen",
    [LOG_STOPPING] = "stopping",
    [LOG_STOPPED] = "stopped",
    [LOG_REQUEST] = "request",
    [LOG_DROPPED] = "dropped",
    [LOG_LIBRARY] = "library",
    [LOG_INDEXING] = "indexing",
    [LOG_INDEXED] = "indexed",
    [LOG_INDEX_FAILS] = "index-fails",
    [LOG_RESTARTING] = "restarting",
    [LOG_NO_RESTART] = "no-restart",
    [LOG_JOB] = "job",
    [LOG_HARDENED] = "hardened",
    [LOG_CARD] = "card",
    [LOG_UNWRITTEN] = "unwritten",
};

static const char field_names[LOG_NAME_COUNT][12] = {
    [LOG_METHOD] = "method",   [LOG_ROUTE] = "route",     [LOG_STATUS] = "status",
    [LOG_MICROSECONDS] = "us", [LOG_BYTES_IN] = "in",     [LOG_BYTES_OUT] = "out",
    [LOG_REQUEST_ID] = "id",   [LOG_PORT] = "port",       [LOG_TLS] = "tls",
    [LOG_THREADS] = "threads", [LOG_COUNT] = "count",     [LOG_VERSION] = "version",
    [LOG_KIND] = "kind",       [LOG_OUTCOME] = "outcome", [LOG_TRIES] = "tries",
    [LOG_MEMORY] = "memory",   [LOG_FILES] = "files",     [LOG_CALLS] = "calls",
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool running, stopping;
    int fd;
    char buffers[2][LOG_BUFFER_BYTES];
    unsigned filling;
    size_t used;
    uint64_t dropped;
} journal = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

typedef struct {
    char at[LOG_LINE_MAX];
    size_t len;
} Line;

static void put(Line *line, Str text)
{
    size_t room = sizeof(line->at) - line->len;
    size_t len = text.len < room ? text.len : room;
    memcpy(line->at + line->len, text.at, len);
    line->len += len;
}

static void put_number(Line *line, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    put(line, str_n(digits + at, sizeof(digits) - at));
}

static bool is_plain(Str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.' || c == '_'))
            return false;
    }
    return id.len <= 64;
}

static void put_field(Line *line, const LogField *field)
{
    put(line, STR(",\""));
    put(line, str_of(field_names[field->name]));
    put(line, STR("\":"));
    if (field->kind == LOG_A_NUMBER) {
        put_number(line, field->number);
        return;
    }
    bool plain = field->kind == LOG_A_WORD || is_plain(field->text);
    put(line, STR("\""));
    put(line, plain ? field->text : STR("?"));
    put(line, STR("\""));
}

static void format_line(Line *line, LogEvent event, const LogField *fields, size_t count)
{
    char instant[TIME_INSTANT_LEN];
    line->len = 0;
    put(line, STR("{\"at\":\""));
    put(line, time_format_instant(time_now(), instant));
    put(line, STR("\",\"event\":\""));
    put(line, str_of(event_names[event]));
    put(line, STR("\""));
    for (size_t i = 0; i < count; i++)
        put_field(line, &fields[i]);
    put(line, STR("}\n"));
}

/* Under the lock. */
static void append(const Line *line)
{
    if (line->len == LOG_LINE_MAX || line->len > LOG_BUFFER_BYTES - journal.used) {
        journal.dropped++;
        return;
    }
    memcpy(journal.buffers[journal.filling] + journal.used, line->at, line->len);
    journal.used += line->len;
}

void log_event(LogEvent event, const LogField *fields, size_t count)
{
    Line line;
    if (!__atomic_load_n(&journal.running, __ATOMIC_RELAXED))
        return;
    format_line(&line, event, fields, count);
    pthread_mutex_lock(&journal.lock);
    bool before = journal.used > LOG_BUFFER_BYTES / 2;
    append(&line);
    if (!before && journal.used > LOG_BUFFER_BYTES / 2)
        pthread_cond_signal(&journal.wake); /* sooner than the batch's time */
    pthread_mutex_unlock(&journal.lock);
}

static void write_all(const char *at, size_t len)
{
    while (len) {
        ssize_t wrote = write(journal.fd, at, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return; /* a log that cannot be written must not stop the server */
        at += wrote;
        len -= (size_t)wrote;
    }
}

/* Takes the full buffer, gives the empty one; true when there is an end. */
static bool flush_batch(void)
{
    pthread_mutex_lock(&journal.lock);
    if (!journal.stopping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOG_BATCH_MS * 1000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_nsec -= 1000000000L;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&journal.wake, &journal.lock, &until);
    }
    if (journal.dropped) {
        Line line;
        LogField field = log_number(LOG_COUNT, journal.dropped);
        format_line(&line, LOG_DROPPED, &field, 1);
        journal.dropped = 0;
        append(&line);
    }
    unsigned full = journal.filling;
    size_t len = journal.used;
    bool stopping = journal.stopping;
    journal.filling = !full;
    journal.used = 0;
    pthread_mutex_unlock(&journal.lock);
    write_all(journal.buffers[full], len);
    return stopping;
}

static void *flush_loop(void *unused)
{
    UNUSED(unused);
    while (!flush_batch())
        ;
    return NULL;
}

Status log_start(int fd)
{
    assert(!journal.running);
    journal.fd = fd;
    journal.stopping = false;
    if (pthread_create(&journal.thread, NULL, flush_loop, NULL))
        return STATUS_UNAVAILABLE;
    __atomic_store_n(&journal.running, true, __ATOMIC_RELAXED);
    return STATUS_OK;
}

void log_stop(void)
{
    if (!journal.running)
        return;
    __atomic_store_n(&journal.running, false, __ATOMIC_RELAXED);
    pthread_mutex_lock(&journal.lock);
    journal.stopping = true;
    pthread_cond_signal(&journal.wake);
    pthread_mutex_unlock(&journal.lock);
    pthread_join(journal.thread, NULL);
}
