/* live/stream.c - one stream: what it has still to say, and how it is written.
 *
 * The id of a block is the change up to which everything was judged, sealed for its owner: numbers
 * of changes tell how much is written that he does not see. It stands behind the last of what was
 * pending, so that whoever comes back with it misses nothing, and hears the rest twice at worst.
 *
 * SPEC WHATWG HTML server-sent-events.html#parsing-an-event-stream */
#include "live/inner.h"

#include <stdio.h>

#include "crypto/crypto.h"
#include "fhir/fhir.h"
#include "search/search.h"

void stream_wake(LiveStream *stream)
{
    if (!stream->asleep)
        return;
    stream->asleep = false;
    stream->wire.wake(stream->wire.of);
}

void stream_reset(LiveStream *stream)
{
    stream->reset = true;
    stream->pending_count = 0;
    stream_wake(stream);
}

void stream_end(LiveStream *stream)
{
    stream->ended = true;
    stream_wake(stream);
}

static bool is_pending(const LiveStream *stream, const Pending *wanted)
{
    for (size_t i = 0; i < stream->pending_count; i++) {
        const Pending *have = &stream->pending[i];
        if (have->type == wanted->type && have->id_len == wanted->id_len &&
            memcmp(have->id, wanted->id, wanted->id_len) == 0)
            return true;
    }
    return false;
}

void stream_add(LiveStream *stream, const RecordChange *change)
{
    Pending pending = {.type = change->type, .id_len = (uint8_t)change->id.len};
    if (stream->reset || stream->ended)
        return;
    memcpy(pending.id, change->id.at, change->id.len);
    if (is_pending(stream, &pending))
        return;
    if (stream->pending_count == LIVE_PENDING_MAX) {
        stream_reset(stream);
        return;
    }
    stream->pending[stream->pending_count++] = pending;
    stream_wake(stream);
}

static bool has_words(const LiveStream *stream)
{
    return stream->ended || stream->reset || stream->beat || !stream->greeted ||
           stream->pending_count;
}

/* ---- the id ------------------------------------------------------------------------------------
 */

static Str about_id(Ctx *cx, Str account)
{
    return arena_format(cx->arena, "live " STR_FMT, STR_ARG(account));
}

bool stream_open_id(Live *live, Ctx *cx, Str account, Str id, uint64_t *ret_change)
{
    Str about = about_id(cx, account), bytes;
    if (!about.at || id.len > 256 ||
        !search_unseal(record_index(live->options.record), cx, about, id, &bytes) ||
        bytes.len != sizeof(*ret_change))
        return false;
    memcpy(ret_change, bytes.at, sizeof(*ret_change));
    return true;
}

/* Empty when there is no memory: then the client keeps the id that it has. */
static Str id_of(LiveStream *stream)
{
    Live *live = stream->live;
    Str about, id, bytes = str_n((const char *)&stream->position, sizeof(stream->position));
    arena_clear(live->sealing.arena);
    live->sealing = (Ctx){.arena = live->sealing.arena};
    about = about_id(&live->sealing, str_n(stream->account, stream->account_len));
    if (!about.at || search_seal(record_index(live->options.record), &live->sealing, about, bytes,
                                 &id) != STATUS_OK)
        return STR_EMPTY;
    return id;
}

/* ---- writing --------------------------------------------------------------------------------- */

enum { BLOCK_BYTES_MAX = 192, ID_BYTES_MAX = 128, RETRY_MS = 1000, RETRY_SPREAD_MS = 4000 };

typedef struct {
    char *at;
    size_t len, max;
} Out;

static void add(Out *out, Str text)
{
    assert(out->len + text.len <= out->max);
    memcpy(out->at + out->len, text.at, text.len);
    out->len += text.len;
}

static void add_id(LiveStream *stream, Out *out)
{
    Str id = id_of(stream);
    if (id.len && id.len + 8 < ID_BYTES_MAX) {
        add(out, STR("id: "));
        add(out, id);
        add(out, STR("\n"));
        stream->said = stream->position;
    }
    add(out, STR("\n"));
}

/* When all of them have to come again, they do not come at once. */
static void greet(LiveStream *stream, Out *out)
{
    uint32_t chance;
    char text[64];
    crypto_random(&chance, sizeof(chance));
    int len = snprintf(text, sizeof(text), "retry: %u\n",
                       (unsigned)(RETRY_MS + chance % RETRY_SPREAD_MS));
    add(out, str_n(text, (size_t)len));
    add(out, stream->reset ? STR("event: reset\ndata: {}\n") : STR("event: ready\ndata: {}\n"));
    stream->greeted = true;
    stream->reset = false;
    add_id(stream, out);
}

static void say_changes(LiveStream *stream, Out *out)
{
    size_t said = 0;
    char text[BLOCK_BYTES_MAX];
    while (said < stream->pending_count && out->len + BLOCK_BYTES_MAX + ID_BYTES_MAX <= out->max) {
        const Pending *one = &stream->pending[said++];
        int len = snprintf(text, sizeof(text),
                           "event: changed\ndata: {\"type\":\"" STR_FMT "\",\"id\":\"%.*s\"}\n",
                           STR_ARG(fhir_type_name(one->type)), one->id_len, one->id);
        add(out, str_n(text, (size_t)len));
        if (said < stream->pending_count)
            add(out, STR("\n"));
    }
    bool last = said == stream->pending_count;
    stream->pending_count -= said;
    memmove(stream->pending, stream->pending + said, stream->pending_count * sizeof(Pending));
    if (last)
        add_id(stream, out);
}

/* A block without data is no event: it only tells the id. */
static void say_beat(LiveStream *stream, Out *out)
{
    add(out, STR(": \n"));
    if (stream->said != stream->position)
        add_id(stream, out);
    else
        add(out, STR("\n"));
}

static void say(LiveStream *stream, Out *out)
{
    if (!stream->greeted) {
        greet(stream, out);
    } else if (stream->reset) {
        add(out, STR("event: reset\ndata: {}\n"));
        stream->reset = false;
        add_id(stream, out);
    } else if (stream->pending_count) {
        say_changes(stream, out);
    } else {
        say_beat(stream, out);
    }
    stream->beat = false;
}

long live_read(LiveStream *stream, char *at, size_t max)
{
    Live *live = stream->live;
    Out out = {.at = at, .max = max};
    assert(max >= LIVE_BYTES_MIN);
    pthread_mutex_lock(&live->lock);
    long len = -1;
    stream->heard = time_monotonic();
    if (!stream->ended && !live->stopping) {
        if (has_words(stream)) {
            say(stream, &out);
            stream->beaten = stream->heard;
        } else {
            stream->asleep = true;
            stream->wire.sleep(stream->wire.of);
        }
        len = (long)out.len;
    }
    pthread_mutex_unlock(&live->lock);
    return len;
}
