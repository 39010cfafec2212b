/* oauth/oauth.h - programs that people let in: OAuth 2.1, OpenID Connect, SMART App Launch 2.2.
 *
 * An authorisation server behind auth (who somebody is) and record (whether he sees the patient).
 * It decides which program may have a token for what, and asks auth to make it; what the token
 * can then see is decided by the rights of its person and by its scopes, like everything else.
 *
 * The rules are those of RFC 9700: redirect addresses match exactly, PKCE S256 for every program,
 * no implicit flow, codes once and for 60 s, refresh tokens rotate and a second use ends the whole
 * grant, `iss` in every answer (RFC 9207). Access tokens are opaque (docs/adr/0040, 0114).
 *
 * Any thread may call anything here. All of it may wait for the disk: run it on a worker.
 *
 * SPEC RFC 6749, RFC 7009, RFC 7523, RFC 7591, RFC 7636, RFC 7662, RFC 8414, RFC 9207, RFC 9700,
 * OpenID Connect Core 1.0, SMART 2.2 */
#ifndef ACESO_OAUTH_H
#define ACESO_OAUTH_H

#include "auth/auth.h"
#include "base/base.h"
#include "net/net.h"
#include "record/record.h"
#include "store/store.h"

typedef struct Oauth Oauth;

typedef struct {
    bool self_registration; /* programs may register themselves (RFC 7591) */
    Time (*clock)(void);    /* NULL = time_now */
    /* Keys of programs are fetched from where they registered them, as this allows; NULL = only
     * keys by value. Not copied. */
    const NetSite *site;
} OauthOptions;

/* access: of the program itself (auth_operator). */
Status oauth_new(Ctx *cx, Store *store, Auth *auth, Record *record, const Access *access,
                 const OauthOptions *options, Oauth **ret_oauth) MUST_USE;
void oauth_free(Oauth *oauth);

/* Codes, launches, assertions and grants that are over: to be deleted by the caller's commit. */
Status oauth_sweep(Oauth *oauth, Ctx *cx, StoreItem **ret_items, size_t *ret_count) MUST_USE;

/* ---- calls ---------------------------------------------------------------------------------- */

typedef struct {
    Str origin;        /* our own, "https://chart.example.org": the issuer */
    Str address;       /* of the client */
    Str authorization; /* that header, or empty */
    Str form;          /* body or query: name=value&..., percent-encoded */
    /* of a browser that has signed in: */
    const Access *access; /* else NULL */
    const AuthSession *session;
    Str cookie;
} OauthCall;

typedef struct {
    unsigned http;
    Str body;     /* JSON; empty = none */
    Str location; /* of 302 and 303 */
    bool page;    /* 200: show the app's page in place of a body */
    bool basic;   /* 401: the program should have said a password */
} OauthAnswer;

/* Each answers also what is wrong, in OAuth's own words; another status than STATUS_OK is a failure
 * of ours. */
Status oauth_smart_configuration(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
Status oauth_openid_configuration(Oauth *oauth, Ctx *cx, const OauthCall *call,
                                  OauthAnswer *answer);
Status oauth_keys(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
/* GET: the page where somebody is asked, a redirect with an error, or an error for his eyes. */
Status oauth_authorize(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
Status oauth_token(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
Status oauth_introspect(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
Status oauth_revoke(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
Status oauth_userinfo(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
/* The body is JSON. */
Status oauth_register(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);

/* ---- of the browser app: JSON in, JSON out ----------------------------------------------------
 */

/* {"query"}: what a program asks for, of a page that oauth_authorize showed; or {"redirect"}: the
 * program is told something at once, with prompt=none also a code for what was allowed before. */
Status oauth_request(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
/* {"query","allow","scopes":[],"patient"}: and what the person answers. {"redirect"} */
Status oauth_decide(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
/* Programs that the person let in: {"apps":[...]}; and {"client"}: no more. */
Status oauth_apps(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
Status oauth_apps_end(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
/* Programs that can be started from a chart; and {"client","patient","encounter"}: {"url"}. */
Status oauth_launchers(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);
Status oauth_launch(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);

/* Claims as a JWT by the key that signs id_tokens: for an identity provider that knows us by our
 * keys (private_key_jwt). Never claims that a stranger chose. */
Status oauth_sign(Oauth *oauth, Ctx *cx, Str claims, Str *ret_token) MUST_USE;

/* Whether a page of this origin belongs to a program: then it may call us from a browser (CORS). */
bool oauth_knows_origin(Oauth *oauth, Str origin);

/* ---- programs ----------------------------------------------------------------------------------
 */

typedef enum {
    OAUTH_PUBLIC, /* it can keep no secret */
    OAUTH_SECRET, /* a password of its own */
    OAUTH_SIGNED, /* it signs with its key: private_key_jwt */
} OauthProof;

enum {
    OAUTH_REDIRECTS_MAX = 10,
    OAUTH_NAME_BYTES_MAX = 100,
    OAUTH_URL_BYTES_MAX = 1000,
    OAUTH_CLIENTS_MAX = 2000,
};

typedef struct {
    Str id;   /* made when it is empty */
    Str name; /* for people */
    OauthProof proof;
    Str redirects[OAUTH_REDIRECTS_MAX];
    size_t redirect_count;
    Str scopes;    /* the most it may ask for; empty: all that is offered */
    Str launch_at; /* where it is started from a chart; or empty */
    Str home;      /* its own page; or empty */
    Str keys;      /* of OAUTH_SIGNED: a set of public keys, JSON; or */
    Str keys_at;   /* where they are */
    bool service;  /* client_credentials, with system/ scopes: nobody is asked */
    bool inspects; /* it may ask what any token is worth, not its own alone */
    bool self_registered;
    Str secret_hash; /* set by oauth */
    Time created;    /* set by oauth */
} OauthClient;

/* *ret_secret: of OAUTH_SECRET, said this one time. STATUS_INVALID names what is wrong.
 * STATUS_FORBIDDEN unless `by` is the operator or an administrator. */
Status oauth_client_add(Oauth *oauth, Ctx *cx, const Access *by, const OauthClient *wanted,
                        OauthClient *ret_made, Str *ret_secret) MUST_USE;
/* In order of ids. */
Status oauth_client_list(Oauth *oauth, Ctx *cx, OauthClient **ret_clients,
                         size_t *ret_count) MUST_USE;
/* And all that people gave it. STATUS_NOT_FOUND with an issue. */
Status oauth_client_remove(Oauth *oauth, Ctx *cx, const Access *by, Str id) MUST_USE;

#endif
