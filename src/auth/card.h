/* auth/card.h - signing in with the certificate of an identity card (the Belgian eID).
 *
 *   page --ask--> ticket of the question, a cookie; the browser goes to the door for cards
 *   door (another port, the only one that asks for certificates): chain, use, policy, OCSP
 *        --show--> ticket of the card, back to the page's own origin
 *   page --sign in, prove, link--> a session, as with any other factor
 *
 * The ticket of the card is sealed, good for minutes, bound to the cookie of the browser that asked
 * and to what it was asked for, and used once. It holds a keyed hash of the national number: the
 * number itself is forgotten at the door, and is in no store, log or answer. Whose number it is is
 * looked up only where the ticket comes back, so the door says the same to everybody who has a
 * card.
 *
 * A card is possession and PIN: it signs in alone. docs/adr/0124, 0125 */
#ifndef ACESO_AUTH_CARD_H
#define ACESO_AUTH_CARD_H

#include "auth/factors.h"

enum {
    AUTH_CARD_CHAIN_MAX = 8,
    AUTH_CARD_KEPT_S = 5 * 60, /* an answer "good" is believed so long at most */
};

/* Asks a responder: POST of `body` with that Content-Type; the bytes of a 200. */
typedef Status (*AuthFetch)(void *of, Ctx *cx, Str url, Str type, Str body, size_t bytes_max,
                            Str *ret_answer);

/* What it refers to must outlive the Auth. */
typedef struct AuthCards {
    const Str *pems; /* files of roots, CAs, CRLs: crypto/card.h */
    size_t pem_count;
    const Str *policies;
    size_t policy_count;
    Str door;        /* "https://chart.example.org:8444": where certificates are asked for */
    Str responder;   /* in place of the one that a certificate names; or empty */
    unsigned age_s;  /* how old an answer without our nonce may be; 0: it must have it */
    AuthFetch fetch; /* NULL: no card is ever good */
    void *fetch_of;
} AuthCards;

bool auth_cards_offered(const Auth *auth);
/* What the door's TLS names when it asks for a certificate: PEM. */
Str auth_cards_pem(const Auth *auth);

/* `purpose`: "sign-in", "prove" (step-up, unlock) or "link". {"url":"https://..."}; ret_browser is
 * for a cookie that scripts cannot read. STATUS_NOT_FOUND: not offered. */
Status auth_card_ask(Auth *auth, Ctx *cx, Str purpose, Str *ret_json, Str *ret_browser) MUST_USE;

typedef struct {
    Str ticket;       /* of the question */
    const Str *chain; /* DER, its own first; none: the browser showed no certificate */
    size_t count;
    Str address;
} AuthCardShown;

/* Where the browser goes on: "https://chart.example.org/card#ticket=..." or "#refused=word"; and
 * the word for the log ("good", "revoked", "unchecked", ...). STATUS_OK for refusals too. SLOW */
Status auth_card_show(Auth *auth, Ctx *cx, const AuthCardShown *shown, Str *ret_location,
                      const char **ret_word) MUST_USE;

/* proof: card, browser, device, address, cookie. The same answer for a number that nobody has, and
 * for accounts that are blocked. SLOW */
Status auth_sign_in_card(Auth *auth, Ctx *cx, const AuthProof *proof,
                         AuthWelcome *ret_welcome) MUST_USE;

/* Of a session that is stepped up (or has nothing yet to step up with): this card is its owner's.
 * As auth_passkey_add. STATUS_CONFLICT: another account has it. SLOW */
Status auth_card_link(Auth *auth, Ctx *cx, const AuthSession *session, const AuthProof *proof,
                      AuthWelcome *ret_welcome, Str *ret_json) MUST_USE;
Status auth_card_unlink(Auth *auth, Ctx *cx, const AuthSession *session, Str address) MUST_USE;
/* An administrator does it, with the national number as it is written. STATUS_INVALID: it is none.
 * SLOW */
Status auth_card_set(Auth *auth, Ctx *cx, const Access *by, Str user, Str number) MUST_USE;

#endif
