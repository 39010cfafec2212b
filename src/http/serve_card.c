/* http/serve_card.c - identity cards: the door that asks for their certificates, and the addresses
 * of the page that sends people there.
 *
 * The door is a server of its own, on another port, so that browsers ask for a card nowhere else;
 * each of its connections carries one request, so that a card that was taken out does not go on
 * speaking. SPEC RFC 8446 4.3.2, RFC 9440 */
#include "http/serve_auth.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <sys/socket.h>

#include "auth/card.h"
#include "base/log.h"
#include "crypto/card.h"
#include "http/identify.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"
#include "http/target.h"

/* ---- what is offered ----------------------------------------------------------------- */

Status serve_ways(Request *rq)
{
    return answer_json(rq, 200,
                       auth_cards_offered(rq->http->auth) ? STR("{\"card\":true}")
                                                          : STR("{\"card\":false}"));
}

/* ---- the door ------------------------------------------------------------------------- */

/* The handshake has proved that the client has the key of the first. */
static size_t chain_of_tls(Request *rq, Str *chain)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    unsigned there = 0;
    size_t count = 0;
    if (!rq->http->options.tls || !info || !info->tls_session)
        return 0;
    const gnutls_datum_t *certificates = gnutls_certificate_get_peers(info->tls_session, &there);
    for (; certificates && count < there && count < AUTH_CARD_CHAIN_MAX; count++) {
        chain[count] = arena_str(
            rq->home, str_n((const char *)certificates[count].data, certificates[count].size));
        if (!chain[count].at)
            return 0;
    }
    return count;
}

/* Who is at the other end of the socket, whatever a PROXY header said. */
static Str peer_of(Request *rq)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sockaddr_in6 address = {0};
    socklen_t len = sizeof(address);
    char text[INET6_ADDRSTRLEN] = "";
    if (!info || getpeername(info->connect_fd, (struct sockaddr *)&address, &len))
        return STR_EMPTY;
    if (address.sin6_family == AF_INET6)
        inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
    else if (address.sin6_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)&address)->sin_addr, text,
                  sizeof(text));
    Str shown = arena_str(rq->home, str_of(text));
    if (!shown.at)
        return STR_EMPTY;
    return str_has_prefix(shown, STR("::ffff:")) && str_index(shown, '.') != SIZE_MAX
               ? str_from(shown, 7)
               : shown;
}

/* A proxy that ended the client's TLS passes the certificate on, where the site says which. */
static size_t chain_of_proxy(Request *rq, Str *chain)
{
    const HttpOptions *o = &rq->http->options;
    Str peer = o->card_header_count ? peer_of(rq) : STR_EMPTY;
    bool believed = false;
    for (size_t i = 0; i < o->card_header_count; i++)
        believed |= peer.len && str_eq(o->card_header_from[i], peer);
    return believed && crypto_card_header(rq->home, rq->given[HEADER_CLIENT_CERT], &chain[0]);
}

Status serve_card_door(Request *rq)
{
    Str chain[AUTH_CARD_CHAIN_MAX], location;
    AuthCardShown shown = {.chain = chain, .address = rq->call.address, .ticket = STR_EMPTY};
    const char *word;
    rq->closes = true;
    UNUSED(target_param(rq->home, rq->query, STR("ticket"), &shown.ticket));
    shown.count = chain_of_tls(rq, chain);
    if (!shown.count)
        shown.count = chain_of_proxy(rq, chain);
    TRY(auth_card_show(rq->http->auth, &rq->cx, &shown, &location, &word));
    log_event(LOG_CARD,
              (LogField[]){log_word(LOG_OUTCOME, word), log_id(LOG_REQUEST_ID, rq->cx.request_id)},
              2);
    Str kept = arena_str(rq->home, location);
    if (!kept.at)
        return STATUS_MEMORY;
    request_header(rq, "Location", kept.at);
    rq->reply.http = 303;
    return STATUS_OK;
}

/* ---- the page ----------------------------------------------------------------------------- */

Status serve_card_ask(Request *rq)
{
    JsonValue *root;
    Str purpose, json, browser;
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "for", &purpose));
    TRY(auth_card_ask(rq->http->auth, &rq->cx, purpose, &json, &browser));
    Str text = arena_format(rq->home,
                            STR_FMT "=" STR_FMT "; Path=/; Secure; HttpOnly; SameSite=Strict; "
                                    "Max-Age=%d",
                            STR_ARG(CARD_COOKIE), STR_ARG(browser), AUTH_TICKET_S * 2);
    if (!text.at)
        return STATUS_MEMORY;
    request_header(rq, "Set-Cookie", text.at);
    return answer_json(rq, 200, json);
}

Status serve_sign_in_card(Request *rq)
{
    AuthProof proof;
    AuthWelcome welcome = {0};
    TRY(read_proof(rq, &proof));
    return answer_welcome(rq, auth_sign_in_card(rq->http->auth, &rq->cx, &proof, &welcome),
                          &welcome);
}

Status serve_card_link(Request *rq)
{
    AuthProof proof;
    AuthWelcome welcome = {0};
    Str json;
    TRY(read_proof(rq, &proof));
    TRY(with_hint(rq,
                  auth_card_link(rq->http->auth, &rq->cx, &rq->session, &proof, &welcome, &json)));
    TRY(set_new_cookie(rq, &welcome));
    return answer_json(rq, 200, json);
}

Status serve_card_unlink(Request *rq)
{
    TRY(with_hint(rq, auth_card_unlink(rq->http->auth, &rq->cx, &rq->session, rq->call.address)));
    rq->reply.http = 204;
    return STATUS_OK;
}
