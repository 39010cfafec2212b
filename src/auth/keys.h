/* auth/keys.h - keys of auth itself (keys.c), and the tickets that they seal (ticket.c). Private to
 * auth. */
#ifndef ACESO_AUTH_KEYS_H
#define ACESO_AUTH_KEYS_H

#include <pthread.h>
#include "auth/auth.h"
#include "crypto/crypto.h"

typedef struct {
    pthread_mutex_t lock; /* held alone */
    bool there;
    uint8_t tickets[CRYPTO_KEY_BYTES]; /* read without the lock once they are there */
    uint8_t secrets[CRYPTO_KEY_BYTES];
    uint8_t codes[CRYPTO_KEY_BYTES];
    uint8_t cards[CRYPTO_KEY_BYTES];
} Keys;

/* Reads them, and makes them for a new store. */
Status keys_need(Auth *auth, Ctx *cx) MUST_USE;
/* Sealed under `key`, as base64url, and back. */
Status seal_text(Ctx *cx, const uint8_t *key, Str about, Str bytes, Str *ret_text) MUST_USE;
bool open_text(Ctx *cx, const uint8_t *key, Str about, Str text, Str *ret_bytes) MUST_USE;

/* ---- tickets (ticket.c) -------------------------------------------------------- */

typedef enum {
    TICKET_FACTOR = 1, /* the password was right */
    TICKET_PASSKEY,    /* for whoever has one */
    TICKET_STEP_UP,
    TICKET_TOTP,          /* secret: the new one */
    TICKET_REGISTER,      /* a passkey */
    TICKET_PROVIDER = 16, /* secret: chance, what for, and the provider (provider.c) */
    TICKET_CARD_ASK = 24, /* secret: what for, which browser */
    TICKET_CARD,          /* and whose card it was */
} TicketKind;

enum { TICKET_SECRET_BYTES_MAX = 72 };

typedef struct {
    TicketKind kind;
    Time expires;     /* set by ticket_make */
    uint64_t changes; /* of the account */
    Str user;
    Str secret;
} Ticket;

Status ticket_make(Auth *auth, Ctx *cx, const Ticket *ticket, Str *ret_text) MUST_USE;
/* STATUS_UNAUTHORIZED with an issue: another kind, not ours, or too old. */
Status ticket_open(Auth *auth, Ctx *cx, TicketKind kind, Str text, Ticket *ret_ticket) MUST_USE;
/* What a passkey signs for this ticket. */
void ticket_challenge(Str text, uint8_t ret_challenge[CRYPTO_SHA256_BYTES]);

#endif
