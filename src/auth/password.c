/* auth/password.c - hashing a password costs 19 MiB and 50 ms on purpose, so only a few run
 * at once and only a few more wait; the rest is turned away. */
#include "auth/inner.h"

#include <errno.h>
#include <time.h>

enum { TURN_S_MAX = 5 };

Status hashing_init(Hashing *hashing)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&hashing->lock, NULL) != 0 || pthread_condattr_init(&attributes) != 0)
        return STATUS_MEMORY;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int error = pthread_cond_init(&hashing->freed, &attributes);
    pthread_condattr_destroy(&attributes);
    hashing->ready = error == 0;
    return error ? STATUS_MEMORY : STATUS_OK;
}

void hashing_release(Hashing *hashing)
{
    if (!hashing->ready)
        return;
    assert(hashing->running == 0 && hashing->waiting == 0);
    pthread_cond_destroy(&hashing->freed);
    pthread_mutex_destroy(&hashing->lock);
}

/* TURN_S_MAX from now, or the request's own deadline when that is earlier. */
static struct timespec turn_ends(const Ctx *cx)
{
    Time left = TURN_S_MAX * TIME_SECOND;
    struct timespec end;
    if (cx->deadline && cx->deadline - time_monotonic() < left)
        left = cx->deadline - time_monotonic();
    if (left < 0)
        left = 0;
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t nanoseconds = end.tv_nsec + left % TIME_SECOND * 1000;
    end.tv_sec += left / TIME_SECOND + nanoseconds / 1000000000;
    end.tv_nsec = nanoseconds % 1000000000;
    return end;
}

static Status turn_begin(Hashing *hashing, Ctx *cx)
{
    bool mine = true;
    struct timespec end = turn_ends(cx);
    pthread_mutex_lock(&hashing->lock);
    if (hashing->running >= hashing->running_max) {
        mine = hashing->waiting < hashing->waiting_max;
        hashing->waiting += mine;
        while (mine && hashing->running >= hashing->running_max) {
            if (pthread_cond_timedwait(&hashing->freed, &hashing->lock, &end) == ETIMEDOUT &&
                hashing->running >= hashing->running_max) {
                mine = false;
                hashing->waiting--;
            }
        }
        hashing->waiting -= mine;
    }
    hashing->running += mine;
    pthread_mutex_unlock(&hashing->lock);
    if (!mine)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "Too many people are signing in at once. Try again in a moment.");
    return STATUS_OK;
}

static void turn_end(Hashing *hashing)
{
    pthread_mutex_lock(&hashing->lock);
    hashing->running--;
    pthread_cond_signal(&hashing->freed);
    pthread_mutex_unlock(&hashing->lock);
}

Status password_verify(Auth *auth, Ctx *cx, Str password, Str encoded, bool *ret_right)
{
    TRY(turn_begin(&auth->hashing, cx));
    bool right = crypto_password_verify(password, encoded.len ? encoded : auth->nobody);
    turn_end(&auth->hashing);
    *ret_right = right && encoded.len > 0;
    return STATUS_OK;
}

Status password_hash(Auth *auth, Ctx *cx, Str password, Str *ret_encoded)
{
    TRY(turn_begin(&auth->hashing, cx));
    Status status = crypto_password_hash(cx, password, ret_encoded);
    turn_end(&auth->hashing);
    return status;
}

/* NIST SP 800-63B 5.1.1.2: length counts, composition rules do not help. */
Status auth_password_check(Auth *auth, Ctx *cx, Str password)
{
    size_t characters = 0;
    if (!str_is_utf8(password) || password.len > CRYPTO_PASSWORD_BYTES_MAX ||
        memchr(password.at, 0, password.len))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A password is text in UTF-8 of at most %d bytes.",
                        CRYPTO_PASSWORD_BYTES_MAX);
    for (size_t i = 0; i < password.len; i++)
        characters += (password.at[i] & 0xc0) != 0x80;
    if (characters < AUTH_PASSWORD_CHARACTERS_MIN)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A password has at least %d characters; a few words are easy to remember.",
                        AUTH_PASSWORD_CHARACTERS_MIN);
    if (breached_has(cx, auth->options.breached, password))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "This password is on lists of stolen ones; take another.");
    return STATUS_OK;
}
