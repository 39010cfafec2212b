/* auth/provider.h - signing in through somebody else: identity providers of OpenID Connect
 * (Keycloak, eHealth, another Aceso). Beside auth.h, with the same contracts.
 *
 * The browser is sent to the provider with a challenge (PKCE), a state and a nonce that come out of
 * a sealed ticket, which stays in the browser; it comes back with a code, which is worth something
 * only together with that ticket. The provider's id_token is believed when it is signed by a key of
 * its own, for us, for this ticket. It says (issuer, subject); whose account that is has been said
 * before, by its owner or an administrator: a name or a mail address that a provider tells opens
 * nothing. Whether it replaces the second factor is decided by the site, by the values of `acr`
 * and `amr`. docs/adr/0129
 *
 * SPEC OpenID Connect Core 1.0 3.1, Discovery 1.0 4, RFC 7636, RFC 9207, RFC 9700 */
#ifndef ACESO_AUTH_PROVIDER_H
#define ACESO_AUTH_PROVIDER_H

#include "auth/auth.h"
#include "net/net.h"

enum {
    AUTH_PROVIDERS_MAX = 8,
    AUTH_PROVIDER_ID_MAX = 24,
    AUTH_PROVIDER_WORDS_MAX = 8, /* values of acr, of amr */
    AUTH_IDENTITIES_MAX = 8,     /* of one account */
    AUTH_SUBJECT_BYTES_MAX = 255,
};

typedef struct {
    Str id;     /* letters, digits, '-': part of the address that it sends people back to */
    Str name;   /* on the button */
    Str issuer; /* https://..., letter by letter as its tokens say it */
    Str client_id;
    Str secret;     /* or empty: */
    bool signs;     /* private_key_jwt, by AuthProviders.sign */
    Str scopes;     /* beside "openid" */
    Str acr_values; /* asked for; or empty */
    Str acr[AUTH_PROVIDER_WORDS_MAX], amr[AUTH_PROVIDER_WORDS_MAX]; /* each is a second factor */
    size_t acr_count, amr_count;
} AuthProvider;

typedef struct AuthProviders {
    AuthProvider at[AUTH_PROVIDERS_MAX];
    size_t count;
    const NetSite *site; /* or NULL */
    /* Signs claims with a key that the provider finds at our /oauth/jwks; NULL = no way. */
    Status (*sign)(void *of, Ctx *cx, Str claims, Str *ret_token);
    void *sign_of;
} AuthProviders;

/* {"providers":[{"id","name"}]} */
Status auth_providers_json(Auth *auth, Ctx *cx, Str *ret_json) MUST_USE;

typedef enum { AUTH_FOR_SIGN_IN, AUTH_FOR_LINK } AuthPurpose;

/* {"redirect","ticket"}. To link: `session`, which is stepped up. SLOW, asks the provider. */
Status auth_provider_begin(Auth *auth, Ctx *cx, Str provider, Str origin, AuthPurpose purpose,
                           const AuthSession *session, Str *ret_json) MUST_USE;

/* What the browser came back with. */
typedef struct {
    Str provider; /* of the address that it came back to */
    Str ticket;
    Str code, state;
    Str issuer; /* RFC 9207; or empty */
    Str origin, address, device, cookie;
} AuthReturn;

/* As auth_sign_in: a session, or a ticket for the second factor. Whoever has no account here, and
 * whose account is blocked, are answered alike. SLOW, asks the provider. */
Status auth_sign_in_provider(Auth *auth, Ctx *cx, const AuthReturn *back,
                             AuthWelcome *ret_welcome) MUST_USE;
/* The account of the session is from now on also that one's. STATUS_CONFLICT: another's. SLOW */
Status auth_provider_link(Auth *auth, Ctx *cx, const AuthSession *session,
                          const AuthReturn *back) MUST_USE;

/* {"identities":[{"id","provider","name","created"}]} of one's own. */
Status auth_identities_json(Auth *auth, Ctx *cx, const AuthSession *session,
                            Str *ret_json) MUST_USE;
/* One of them by its id; of a session that is stepped up. SLOW */
Status auth_identity_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str id,
                            Str address) MUST_USE;
/* By an administrator: the subject as the provider says it. SLOW */
Status auth_identity_put(Auth *auth, Ctx *cx, const Access *by, Str user, Str provider,
                         Str subject) MUST_USE;

#endif
