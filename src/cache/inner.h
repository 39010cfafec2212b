/* cache/inner.h - what the files of cache share. Nobody else includes it.
 *
 * Callers put a Call on the queue, and it is the thread's from then on: the thread of the cache
 * (thread.c) sends all that waits, in one write, and hands each reply to the oldest call that was
 * sent. */
#ifndef ACESO_CACHE_INNER_H
#define ACESO_CACHE_INNER_H

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "cache/cache.h"

enum {
    TIMEOUT_MS = 50,
    GREETING_TIMEOUT_MS = 1000, /* to connect, to sign in, to be asked for a sign of life */
    REPLY_BYTES_MAX = 64 << 20, /* of what was read and not yet understood */
    ARRAY_MAX = 4096,           /* elements of one reply */
    MESSAGE_BYTES_MAX = 1 << 20,
    CALLS_WAITING_MAX = 10000,
    BYTES_WAITING_MAX = 64 << 20,
    AGAIN_FIRST_MS = 100, /* until the next attempt to connect, doubled each time */
    AGAIN_LONGEST_MS = 5000,
    SIGN_OF_LIFE_S = 5, /* on the connection for messages, where nothing else is asked */
};

/* ---- where Redis is (url.c) ---------------------------------------------------- */

typedef struct {
    Str path; /* of a unix socket; else host and port */
    Str host;
    uint16_t port;
    Str user, password;
    uint64_t database;
} Place;

/* Strings live in `arena`, with a NUL behind each. */
Status place_parse(Ctx *cx, Arena *arena, Str url, Place *ret_place) MUST_USE;

/* ---- names and seals (seal.c) -------------------------------------------------- */

/* Everything that leaves is under a name that says nothing: "aceso:" and 22 letters, the first
 * 132 bits of HMAC-SHA256(key, space, 0, id). */
enum { NAME_LEN = 6 + 22 };
typedef struct {
    char text[NAME_LEN + 1];
} Name;

typedef struct {
    uint8_t naming[CRYPTO_KEY_BYTES], sealing[CRYPTO_KEY_BYTES];
} Keys;

void keys_derive(const uint8_t key[CRYPTO_KEY_BYTES], Keys *ret_keys);
Name name_of(const Keys *keys, Str space, Str id);
/* NULL when there is no memory; freed by the caller. */
char *seal_bytes(const Keys *keys, const Name *name, Str clear, size_t *ret_len);
/* at = NULL when it is not what seal_bytes made for this name, or the arena is full. */
Str unseal_bytes(const Keys *keys, const Name *name, Arena *arena, Str sealed);

/* ---- one connection (wire.c) --------------------------------------------------- */

typedef enum { WIRE_DOWN, WIRE_CONNECTING, WIRE_GREETING, WIRE_UP } LinkState;

typedef struct {
    redisContext *context; /* NULL when down */
    LinkState state;
    Time since;         /* when it came into that state */
    Time again;         /* when to connect again */
    unsigned failures;  /* in a row */
    unsigned greetings; /* replies of the greeting that are still to come */
    bool unsent;        /* the socket took not all */
} Wire;

/* Begins to connect. */
void wire_connect(Wire *wire, const Place *place, Time now);
/* Gives the connection up; the next attempt is later each time. */
void wire_drop(Wire *wire, Time now);
void wire_close(Wire *wire);
/* false: it was dropped. Both do nothing that would wait. */
bool wire_write(Wire *wire, const Place *place, Time now) MUST_USE;
bool wire_read(Wire *wire, Time now) MUST_USE;
/* The next reply that is complete, or NULL; false: what came is no reply, it is dropped. */
bool wire_reply(Wire *wire, Time now, redisReply **ret_reply) MUST_USE;
/* Appends a command; false: no memory, it is dropped. */
bool wire_say(Wire *wire, Time now, const char *command, size_t bytes) MUST_USE;
/* A reply while greeting: up when it was the last one, down when Redis refused. */
bool wire_greeted(Wire *wire, const redisReply *reply, Time now) MUST_USE;
short wire_events(const Wire *wire); /* for poll() */

/* ---- calls (call.c) ------------------------------------------------------------ */

typedef struct Call Call;
typedef void (*CallDone)(void *owner, const redisReply *reply); /* NULL: nobody knows */

struct Call {
    Call *next;
    char *command; /* as hiredis formatted it */
    size_t bytes;
    Time sent;
    CallDone done;
    void *owner;
};

typedef struct {
    Call *first, *last;
    size_t count, bytes;
} CallQueue;

void calls_add(CallQueue *queue, Call *call);
Call *calls_take(CallQueue *queue);
void call_answer(Call *call, redisReply *reply); /* frees both */

typedef struct {
    const char *at[8];
    size_t len[8];
    int count;
} Words;
static inline void words_add(Words *words, Str word)
{
    assert((size_t)words->count < COUNT_OF(words->at));
    words->at[words->count] = word.at;
    words->len[words->count++] = word.len;
}

/* Sends and does not wait; `done` is NULL or called once, on the thread of the cache or, when
 * the circuit is open, at once. */
void call_tell(Cache *cache, const Words *words, CallDone done, void *owner);

/* ---- the whole (thread.c) ------------------------------------------------------ */

struct Cache {
    Arena *arena;
    Place place;
    Keys keys;
    Time timeout;
    Name channel;
    pthread_t thread;
    int wake; /* an eventfd: something was queued, or the end has come */
    atomic_bool woken;
    atomic_bool up; /* the circuit is closed */
    atomic_bool listening;
    atomic_bool stopping;
    pthread_mutex_t lock; /* the queue and the listener */
    CallQueue queue;
    CacheHeard heard;
    void *heard_owner;
    bool hears; /* somebody listens: the connection for messages is wanted */
    /* The thread's own: */
    Wire speaking, hearing;
    CallQueue sent; /* their answers are to come, in this order */
    Time alive;     /* when the connection for messages was last heard of */
    bool asked_alive;
    Arena *scratch;
    struct {
        atomic_uint_fast64_t damaged, counts, published, heard, dropped, slow, opened;
    } numbers;
};

void *cache_thread(void *cache);
void cache_wake(Cache *cache);

#endif
