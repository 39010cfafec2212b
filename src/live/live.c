/* live/live.c - streams are opened and closed; the life of all of them. */
#include "live/inner.h"

#include "fhir/fhir.h"
#include "search/search.h"

/* ---- opening -------------------------------------------------------------------------------- */

/* What is on its way from live_open to the operation that reads for it. */
typedef struct {
    OperationKind kind;
    LiveStream *stream;
} Opening;

static Status watch_patient(Operation *op, const Watch *watch)
{
    OperationRows rows;
    Str query =
        arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(str_n(watch->id, watch->id_len)));
    if (!query.at)
        return STATUS_MEMORY;
    return operation_find(op, STR("Patient"), query, 1, &rows);
}

static Status know_inbox(Operation *op, InboxNames *names)
{
    Team team;
    TRY(team_of(op, &team));
    for (size_t i = 0; i < team.count; i++) {
        if (team.names[i].len + 2 > LIVE_NAME_BYTES_MAX)
            continue;
        names->own += i < team.own;
        names->names[names->count].team = i >= team.own;
        names->names[names->count].len =
            (uint8_t)snprintf(names->names[names->count].text, LIVE_NAME_BYTES_MAX,
                              "\"" STR_FMT "\"", STR_ARG(team.names[i]));
        names->count++;
    }
    return STATUS_OK;
}

/* The interaction behind the audit entry: it names the patients who are watched and seen, and what
 * else is watched. */
static Status run_live(Operation *op)
{
    LiveStream *stream = ((const Opening *)(const void *)op->asked.kind)->stream;
    bool inbox = false, day = false;
    for (size_t i = 0; i < stream->watch_count; i++) {
        const Watch *watch = &stream->watches[i];
        if (watch->hash)
            TRY(watch_patient(op, watch));
        inbox |= watch->kind == WATCH_INBOX;
        day |= watch->kind == WATCH_DAY;
    }
    if (inbox)
        TRY(know_inbox(op, &stream->inbox));
    operation_audit_query(op, day && inbox ? STR("watch:day,watch:inbox")
                              : day        ? STR("watch:day")
                              : inbox      ? STR("watch:inbox")
                                           : STR("watch"));
    operation_answer(op, 200, STR_EMPTY);
    return STATUS_OK;
}

static Status read_watches(Live *live, Ctx *cx, Str query, LiveStream *stream)
{
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        TRY(search_decode(cx, name, &name));
        TRY(search_decode(cx, value, &value));
        if (!str_eq(name, STR("watch")))
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "The only parameter of a stream is watch.");
        if (stream->watch_count == LIVE_WATCHES_MAX)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A stream has at most %d watches.",
                            LIVE_WATCHES_MAX);
        Watch *watch = &stream->watches[stream->watch_count++];
        TRY(watch_parse(cx, value, watch));
        if (watch->type && str_eq(fhir_type_name(watch->type), STR("Patient")))
            watch->hash = search_hash_text(record_index(live->options.record), value);
    }
    if (!stream->watch_count)
        return ctx_fail_code(cx, STATUS_INVALID, "required", STR_EMPTY,
                             "The parameter \"watch\" is missing.");
    return STATUS_OK;
}

static bool is_his(const LiveStream *stream, Str account)
{
    return str_eq(str_n(stream->account, stream->account_len), account);
}

/* Streams whose clients have hung up sleep until the next sign of life: they do not count. */
static unsigned count_his(Live *live, Str account)
{
    unsigned count = 0;
    for (LiveStream *s = live->streams; s; s = s->next) {
        if (!is_his(s, account) || s->ended)
            continue;
        if (s->asleep && s->wire.is_gone(s->wire.of))
            stream_end(s);
        else
            count++;
    }
    return count;
}

static Status take_place(Live *live, Ctx *cx, Str account, LiveStream **ret_stream)
{
    const LiveOptions *o = &live->options;
    if (atomic_load(&live->stopping))
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The server is stopping.");
    if (live->count >= o->streams_max)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "As many streams are open as this server has room for.");
    if (count_his(live, account) >= o->account_streams_max)
        return ctx_fail(cx, STATUS_LOCKED_OUT, STR_EMPTY,
                        "One account has at most %u streams open; close some.",
                        o->account_streams_max);
    LiveStream *stream = live->free;
    if (stream)
        live->free = stream->next;
    else
        stream = arena_new_of(live->forever, LiveStream);
    if (!stream)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    *stream = (LiveStream){.live = live, .next = live->streams};
    if (live->streams)
        live->streams->previous = stream;
    live->streams = stream;
    live->count++;
    memcpy(stream->account, account.at, account.len);
    stream->account_len = account.len;
    *ret_stream = stream;
    return STATUS_OK;
}

/* Where the client was, or now. An id that is not his, or of another store: he looks at everything
 * again. */
static Status find_position(Live *live, Ctx *cx, const LiveAsked *asked, LiveStream *stream)
{
    uint64_t last, position;
    TRY(record_last_change(live->options.record, cx, &last));
    stream->position = stream->said = last;
    if (!asked->last_id.len)
        return STATUS_OK;
    Str account = access_account(asked->call->access);
    if (stream_open_id(live, cx, account, asked->last_id, &position) && position <= last)
        stream->position = position;
    else
        stream->reset = true;
    return STATUS_OK;
}

static Status open_stream(Live *live, Ctx *cx, const LiveAsked *asked, LiveStream *stream,
                          Reply *reply)
{
    Opening *opening = arena_new_of(cx->arena, Opening);
    if (!opening)
        return STATUS_MEMORY;
    *opening =
        (Opening){.kind = {.name = STR("$live"), .reads = true, .run = run_live}, .stream = stream};
    OperationAsked what = {.kind = &opening->kind};
    LiveStream made = {.live = live};
    TRY(read_watches(live, cx, asked->call->query, &made));
    memcpy(stream->watches, made.watches, sizeof(made.watches));
    stream->watch_count = made.watch_count;
    TRY(find_position(live, cx, asked, stream));
    Call call = *asked->call;
    call.query = STR_EMPTY;
    return record_operation(live->options.record, cx, &call, &what, reply);
}

/* It is on the list from the beginning, so that places are counted, and heard of nothing before it
 * is `joined`: what it lacks until then lies behind its position. */
Status live_open(Live *live, Ctx *cx, const LiveAsked *asked, Reply *reply, LiveStream **ret_stream)
{
    LiveStream *stream = NULL;
    Str account = access_account(asked->call->access);
    if (account.len > LIVE_ACCOUNT_BYTES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The name of the account is too long.");
    pthread_mutex_lock(&live->lock);
    Status status = take_place(live, cx, account, &stream);
    pthread_mutex_unlock(&live->lock);
    TRY(status);
    status = open_stream(live, cx, asked, stream, reply);
    if (status != STATUS_OK) {
        live_close(stream);
        return status;
    }
    pthread_mutex_lock(&live->lock);
    stream->access = asked->call->access;
    stream->session = asked->watch;
    stream->wire = asked->wire;
    stream->heard = stream->beaten = time_monotonic();
    stream->joined = true;
    pthread_mutex_unlock(&live->lock);
    live_ring(live);
    *ret_stream = stream;
    return STATUS_OK;
}

void live_detach(LiveStream *stream)
{
    pthread_mutex_lock(&stream->live->lock);
    stream->detached = stream->ended = true;
    stream->asleep = false;
    pthread_mutex_unlock(&stream->live->lock);
}

void live_close(LiveStream *stream)
{
    Live *live = stream->live;
    pthread_mutex_lock(&live->lock);
    while (live->judging == stream) /* for one look at one stream */
        pthread_cond_wait(&live->judged, &live->lock);
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        live->streams = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    live->count--;
    stream->next = live->free;
    live->free = stream;
    pthread_mutex_unlock(&live->lock);
}

/* ---- all of them ------------------------------------------------------------------------------
 */

/* A bell that rings already is not touched. */
void live_ring(Live *live)
{
    if (atomic_exchange(&live->rung, true))
        return;
    pthread_mutex_lock(&live->bell);
    pthread_cond_signal(&live->ring);
    pthread_mutex_unlock(&live->bell);
}

/* By whoever wrote, on any thread. */
static void wrote(void *owner)
{
    Live *live = owner;
    atomic_store(&live->wrote, true);
    live_ring(live);
}

static void heard(void *owner, const Event *event)
{
    if (!event->own)
        live_ring(owner);
}

static void set_defaults(LiveOptions *o)
{
    o->streams_max = o->streams_max ? o->streams_max : LIVE_STREAMS_MAX;
    o->account_streams_max =
        o->account_streams_max ? o->account_streams_max : LIVE_ACCOUNT_STREAMS_MAX;
    o->beat_ms = o->beat_ms ? o->beat_ms : LIVE_BEAT_S * 1000;
    o->slow_ms = o->slow_ms ? o->slow_ms : LIVE_SLOW_S * 1000;
}

Status live_new(Ctx *cx, const LiveOptions *options, Live **ret_live)
{
    static const Str types[] = {
        STR_INIT("Appointment"),   STR_INIT("Encounter"),        STR_INIT("Task"),
        STR_INIT("Communication"), STR_INIT("DiagnosticReport"), STR_INIT("MedicationRequest")};
    LiveOptions o = *options;
    set_defaults(&o);
    Arena *forever = arena_new(o.streams_max * (sizeof(LiveStream) + 64) + (1 << 20), true);
    Live *live = forever ? arena_new_of(forever, Live) : NULL;
    if (!live)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    live->forever = forever;
    live->options = o;
    live->sealing.arena = arena_new(64 << 10, true);
    for (size_t i = 0; i < COUNT_OF(types); i++)
        live->types[i] = fhir_type_find(types[i]);
    pthread_mutex_init(&live->bell, NULL);
    pthread_cond_init(&live->ring, NULL);
    pthread_mutex_init(&live->lock, NULL);
    pthread_cond_init(&live->judged, NULL);
    if (!live->sealing.arena || pthread_create(&live->thread, NULL, live_follow, live) != 0) {
        live_free(live);
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "No thread for streams.");
    }
    live->runs = true;
    record_listen(o.record, wrote, live);
    events_subscribe(o.events, EVENT_BIT(EVENT_CHANGED), heard, live);
    *ret_live = live;
    return STATUS_OK;
}

void live_stop(Live *live)
{
    pthread_mutex_lock(&live->lock);
    atomic_store(&live->stopping, true);
    for (LiveStream *s = live->streams; s; s = s->next)
        stream_end(s);
    pthread_mutex_unlock(&live->lock);
    atomic_store(&live->rung, false);
    live_ring(live);
}

void live_free(Live *live)
{
    if (!live)
        return;
    if (live->runs) {
        record_listen(live->options.record, NULL, NULL);
        events_unsubscribe(live->options.events, live);
        live_stop(live);
        pthread_join(live->thread, NULL);
    }
    assert(!live->count);
    pthread_cond_destroy(&live->judged);
    pthread_mutex_destroy(&live->lock);
    pthread_cond_destroy(&live->ring);
    pthread_mutex_destroy(&live->bell);
    if (live->sealing.arena)
        arena_free(live->sealing.arena);
    arena_free(live->forever);
}

size_t live_count(Live *live)
{
    pthread_mutex_lock(&live->lock);
    size_t count = live->count;
    pthread_mutex_unlock(&live->lock);
    return count;
}
