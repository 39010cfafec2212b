/* cache/link.c - one connection to Redis that never waits, and what of its answers is believed:
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

static void redis_become(Link *link, LinkState state, Time now)
{
    link->state = state;
    link->since = now;
    if (state == LINK_UP)
        link->failures = 0;
}

void rlink_close(Link *link)
{
    if (link->context)
        redisFree(link->context);
    link->context = NULL;
    link->unsent = false;
    link->greetings = 0;
}

void rlink_drop(Link *link, Time now)
{
    uint16_t dice;
    unsigned doublings = link->failures < 8 ? link->failures : 8;
    Time wait = (Time)AGAIN_FIRST_MS << doublings;
    rlink_close(link);
    link->failures++;
    if (wait > AGAIN_LONGEST_MS)
        wait = AGAIN_LONGEST_MS;
    crypto_random(&dice, sizeof dice); /* nodes do not all come back at once */
    link->again = now + wait * TIME_MS * (32768 + dice) / 65536;
    redis_become(link, LINK_DOWN, now);
}

void rlink_connect(Link *link, const Place *place, Time now)
{
    pthread_once(&bounded_once, bounded_init);
    link->context = place->path.len ? redisConnectUnixNonBlock(place->path.at)
                                    : redisConnectNonBlock(place->host.at, place->port);
    if (!link->context || link->context->err || !bounded.createArray) {
        rlink_drop(link, now);
        return;
    }
    link->context->reader->fn = &bounded;
    link->unsent = true; /* writable means connected */
    redis_become(link, LINK_CONNECTING, now);
}

bool rlink_say(Link *link, Time now, const char *command, size_t bytes)
{
    link->unsent = true;
    if (redisAppendFormattedCommand(link->context, command, bytes) == REDIS_OK)
        return true;
    rlink_drop(link, now);
    return false;
}

static bool say_words(Link *link, const char *first, Str second, Str third)
{
    const char *words[] = {first, second.at, third.at};
    const size_t bytes[] = {strlen(first), second.len, third.len};
    link->greetings++;
    return redisAppendCommandArgv(link->context, 1 + (second.len > 0) + (third.len > 0), words,
                                  bytes) == REDIS_OK;
}

/* Signs in, chooses the database and asks for a sign of life, in one go. */
static bool greet(Link *link, const Place *place, Time now)
{
    char number[24];
    bool good = true;
    link->greetings = 0;
    snprintf(number, sizeof number, "%llu", (unsigned long long)place->database);
    if (place->password.len)
        good = place->user.len ? say_words(link, "AUTH", place->user, place->password)
                               : say_words(link, "AUTH", place->password, STR_EMPTY);
    if (good && place->database)
        good = say_words(link, "SELECT", str_of(number), STR_EMPTY);
    good = good && say_words(link, "PING", STR_EMPTY, STR_EMPTY);
    if (good)
        redis_become(link, LINK_GREETING, now);
    else
        rlink_drop(link, now);
    return good;
}

bool rlink_greeted(Link *link, const redisReply *reply, Time now)
{
    if (reply->type != REDIS_REPLY_STATUS) {
        rlink_drop(link, now);
        return false;
    }
    if (--link->greetings == 0)
        redis_become(link, LINK_UP, now);
    return true;
}

bool rlink_write(Link *link, const Place *place, Time now)
{
    int done = 0;
    if (link->state == LINK_CONNECTING && !greet(link, place, now))
        return false;
    if (redisBufferWrite(link->context, &done) != REDIS_OK) {
        rlink_drop(link, now);
        return false;
    }
    link->unsent = !done;
    return true;
}

bool rlink_read(Link *link, Time now)
{
    if (redisBufferRead(link->context) == REDIS_OK &&
        link->context->reader->len - link->context->reader->pos <= REPLY_BYTES_MAX)
        return true;
    rlink_drop(link, now);
    return false;
}

bool rlink_reply(Link *link, Time now, redisReply **ret_reply)
{
    void *reply = NULL;
    if (redisReaderGetReply(link->context->reader, &reply) == REDIS_OK) {
        *ret_reply = reply;
        return true;
    }
    rlink_drop(link, now);
    return false;
}

short rlink_events(const Link *link)
{
    return (short)(link->unsent ? POLLIN | POLLOUT : POLLIN);
}
