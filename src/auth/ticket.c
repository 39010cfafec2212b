/* auth/ticket.c - what a browser brings back between two calls, sealed.
 *
 *   kind (1) | expires (8) | the account's changes (8) | length of user (1) | user | secret
 *
 * numbers little-endian. A stranger who asks for a thousand challenges costs no memory and no
 * disk. That a ticket is used once is kept where it counts: in the account, with the change that
 * it allowed (factors.c). */
#include "auth/inner.h"

enum { HEAD_BYTES = 1 + 8 + 8 + 1 };

static const Str about = STR_INIT("aceso ticket");

static void put_u64(char *at, uint64_t number)
{
    for (int i = 0; i < 8; i++)
        at[i] = (char)(number >> 8 * i);
}

static uint64_t get_u64(const char *at)
{
    uint64_t number = 0;
    for (int i = 7; i >= 0; i--)
        number = number << 8 | (uint8_t)at[i];
    return number;
}

Status ticket_make(Auth *auth, Ctx *cx, const Ticket *ticket, Str *ret_text)
{
    char bytes[HEAD_BYTES + 64 + TICKET_SECRET_BYTES_MAX];
    assert(ticket->user.len <= 64 && ticket->secret.len <= TICKET_SECRET_BYTES_MAX);
    TRY(keys_need(auth, cx));
    bytes[0] = (char)ticket->kind;
    put_u64(bytes + 1, (uint64_t)(auth_now(auth) + AUTH_TICKET_S * TIME_SECOND));
    put_u64(bytes + 9, ticket->changes);
    bytes[17] = (char)ticket->user.len;
    size_t len = HEAD_BYTES;
    if (ticket->user.len)
        memcpy(bytes + len, ticket->user.at, ticket->user.len);
    len += ticket->user.len;
    if (ticket->secret.len)
        memcpy(bytes + len, ticket->secret.at, ticket->secret.len);
    len += ticket->secret.len;
    Status status = seal_text(cx, auth->keys.tickets, about, str_n(bytes, len), ret_text);
    crypto_wipe(bytes, sizeof bytes);
    return status;
}

Status ticket_open(Auth *auth, Ctx *cx, TicketKind kind, Str text, Ticket *ret_ticket)
{
    Str bytes;
    TRY(keys_need(auth, cx));
    bool good = text.len <= AUTH_TICKET_BYTES_MAX &&
                open_text(cx, auth->keys.tickets, about, text, &bytes) && bytes.len >= HEAD_BYTES &&
                bytes.at[0] == (char)kind && (uint8_t)bytes.at[17] <= bytes.len - HEAD_BYTES &&
                (Time)get_u64(bytes.at + 1) > auth_now(auth);
    if (!good)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "That took too long. Begin again.");
    size_t user_len = (uint8_t)bytes.at[17];
    *ret_ticket = (Ticket){.kind = kind,
                           .expires = (Time)get_u64(bytes.at + 1),
                           .changes = get_u64(bytes.at + 9),
                           .user = str_n(bytes.at + HEAD_BYTES, user_len),
                           .secret = str_from(bytes, HEAD_BYTES + user_len)};
    return STATUS_OK;
}

void ticket_challenge(Str text, uint8_t ret_challenge[CRYPTO_SHA256_BYTES])
{
    crypto_sha256(text, ret_challenge);
}
