/* cache/wire.c - one connection to Redis that never waits, and what of its answers is believed:
 * only their form, and only up to a size. */
#include "cache/inner.h"

#include <poll.h>

#if HIREDIS_MAJOR >= 1
typedef size_t ElementCount;
#else
typedef int ElementCount;
#endif

/* hiredis makes room for as many elements as a reply announces; two billion are no reply. */
static void *(*create_any_array)(const redisReadTask *, ElementCount);
static redisReplyObjectFunctions bounded;
static pthread_once_t bounded_once = PTHREAD_ONCE_INIT;

static void *create_bounded_array(const redisReadTask *task, ElementCount elements)
{
    return elements <= ARRAY_MAX ? create_any_array(task, elements) : NULL;
}

static void bounded_init(void)
{
    redisReader *reader = redisReaderCreate();
    if (!reader)
        return;
    bounded = *reader->fn;
    create_any_array = bounded.createArray;
    bounded.createArray = create_bounded_array;
    redisReaderFree(reader);
}

static void wire_become(Wire *wire, LinkState state, Time now)
{
    wire->state = state;
    wire->since = now;
    if (state == WIRE_UP)
        wire->failures = 0;
}

void wire_close(Wire *wire)
{
    if (wire->context)
        redisFree(wire->context);
    wire->context = NULL;
    wire->unsent = false;
    wire->greetings = 0;
}

void wire_drop(Wire *wire, Time now)
{
    uint16_t dice;
    unsigned doublings = wire->failures < 8 ? wire->failures : 8;
    Time wait = (Time)AGAIN_FIRST_MS << doublings;
    wire_close(wire);
    wire->failures++;
    if (wait > AGAIN_LONGEST_MS)
        wait = AGAIN_LONGEST_MS;
    crypto_random(&dice, sizeof dice); /* nodes do not all come back at once */
    wire->again = now + wait * TIME_MS * (32768 + dice) / 65536;
    wire_become(wire, WIRE_DOWN, now);
}

void wire_connect(Wire *wire, const Place *place, Time now)
{
    pthread_once(&bounded_once, bounded_init);
    wire->context = place->path.len ? redisConnectUnixNonBlock(place->path.at)
                                    : redisConnectNonBlock(place->host.at, place->port);
    if (!wire->context || wire->context->err || !bounded.createArray) {
        wire_drop(wire, now);
        return;
    }
    wire->context->reader->fn = &bounded;
    wire->unsent = true; /* writable means connected */
    wire_become(wire, WIRE_CONNECTING, now);
}

bool wire_say(Wire *wire, Time now, const char *command, size_t bytes)
{
    wire->unsent = true;
    if (redisAppendFormattedCommand(wire->context, command, bytes) == REDIS_OK)
        return true;
    wire_drop(wire, now);
    return false;
}

static bool say_words(Wire *wire, const char *first, Str second, Str third)
{
    const char *words[] = {first, second.at, third.at};
    const size_t bytes[] = {strlen(first), second.len, third.len};
    wire->greetings++;
    return redisAppendCommandArgv(wire->context, 1 + (second.len > 0) + (third.len > 0), words,
                                  bytes) == REDIS_OK;
}

/* Signs in, chooses the database and asks for a sign of life, in one go. */
static bool greet(Wire *wire, const Place *place, Time now)
{
    char number[24];
    bool good = true;
    wire->greetings = 0;
    snprintf(number, sizeof number, "%llu", (unsigned long long)place->database);
    if (place->password.len)
        good = place->user.len ? say_words(wire, "AUTH", place->user, place->password)
                               : say_words(wire, "AUTH", place->password, STR_EMPTY);
    if (good && place->database)
        good = say_words(wire, "SELECT", str_of(number), STR_EMPTY);
    good = good && say_words(wire, "PING", STR_EMPTY, STR_EMPTY);
    if (good)
        wire_become(wire, WIRE_GREETING, now);
    else
        wire_drop(wire, now);
    return good;
}

bool wire_greeted(Wire *wire, const redisReply *reply, Time now)
{
    if (reply->type != REDIS_REPLY_STATUS) {
        wire_drop(wire, now);
        return false;
    }
    if (--wire->greetings == 0)
        wire_become(wire, WIRE_UP, now);
    return true;
}

bool wire_write(Wire *wire, const Place *place, Time now)
{
    int done = 0;
    if (wire->state == WIRE_CONNECTING && !greet(wire, place, now))
        return false;
    if (redisBufferWrite(wire->context, &done) != REDIS_OK) {
        wire_drop(wire, now);
        return false;
    }
    wire->unsent = !done;
    return true;
}

bool wire_read(Wire *wire, Time now)
{
    if (redisBufferRead(wire->context) == REDIS_OK &&
        wire->context->reader->len - wire->context->reader->pos <= REPLY_BYTES_MAX)
        return true;
    wire_drop(wire, now);
    return false;
}

bool wire_reply(Wire *wire, Time now, redisReply **ret_reply)
{
    void *reply = NULL;
    if (redisReaderGetReply(wire->context->reader, &reply) == REDIS_OK) {
        *ret_reply = reply;
        return true;
    }
    wire_drop(wire, now);
    return false;
}

short wire_events(const Wire *wire)
{
    return (short)(wire->unsent ? POLLIN | POLLOUT : POLLIN);
}
