/* auth/password.h - comparing passwords, few at a time (password.c, breached.c). Private to auth.
 */
#ifndef ACESO_AUTH_PASSWORD_H
#define ACESO_AUTH_PASSWORD_H

#include <pthread.h>
#include "auth/auth.h"

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    unsigned running, waiting, running_max, waiting_max;
    bool ready;
} Hashing;

Status hashing_init(Hashing *hashing);
void hashing_release(Hashing *hashing);
/* Waits for its turn, then compares; STATUS_UNAVAILABLE when the queue is full or the turn
 * does not come in time. `encoded` may be empty: the same work, and never right. */
Status password_verify(Auth *auth, Ctx *cx, Str password, Str encoded, bool *ret_right) MUST_USE;
Status password_hash(Auth *auth, Ctx *cx, Str password, Str *ret_encoded) MUST_USE;

/* Whether `list` (AuthOptions) has it (breached.c). */
bool breached_has(Ctx *cx, Str list, Str password);

#endif
