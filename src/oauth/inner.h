/* oauth/inner.h - what the files of oauth share. Nobody else includes it.
 *
 * Everything that lasts is an item of the store; its value is JSON, its instants are microseconds:
 *
 *   "oauth-client"  id                    a program (client.c)
 *   "oauth-code"    hex hash of the code  what was allowed, 60 s; kept an hour to see a second use
 *   "oauth-grant"   id                    what was allowed, until it ends (grant.c)
 *   "oauth-consent" user LF client        what was allowed last time (consent.c)
 *   "oauth-launch"  hex hash              a chart from which a program was started, 5 min
 * (launch.c) "oauth-jti"     hex hash              an assertion that was used (client_auth.c)
 *   "oauth-key"     kid                   a key that signs id_tokens (keys.c) */
#ifndef ACESO_OAUTH_INNER_H
#define ACESO_OAUTH_INNER_H

#include <pthread.h>

#include "access/scope.h"
#include "audit/audit.h"
#include "crypto/crypto.h"
#include "jose/jose.h"
#include "json/json.h"
#include "net/cache.h"
#include "oauth/oauth.h"

enum {
    CODE_S = 60,
    CODE_KEPT_S = 3600,
    TOKEN_S = 3600,
    SERVICE_TOKEN_S = 300, /* SPEC SMART 2.2 backend-services.html: at most 300 is recommended */
    ID_TOKEN_S = 600,
    LAUNCH_S = 300,
    ASSERTION_S = 300, /* SPEC SMART 2.2: no more than five minutes in the future */
    ASSERTION_SKEW_S = 30,
    REFRESH_IDLE_S = 30 * 86400, /* a grant that is not used so long is over */
    REFRESH_MOST_S = 365 * 86400,
    RECENT_S = 120, /* a sign-in that counts as one for prompt=login */
    ITEM_BYTES_MAX = 32768,
    HASH_TEXT_LEN = 43, /* 256 bits as base64url */
    GRANT_ID_BYTES = 16,
    GRANT_ID_LEN = 22,
    TRIES_MAX = 8,
};

struct Oauth {
    Arena *arena;
    Store *store;
    Auth *auth;
    Record *record;
    const Access *self;
    OauthOptions options;
    pthread_mutex_t lock; /* guards what follows */
    Arena *known;         /* the programs, as they were read; NULL: not yet */
    OauthClient *clients;
    size_t client_count;
    Time read;            /* when, monotonic */
    pthread_mutex_t keys; /* one makes a key at a time */
    NetCache *fetched;    /* sets of keys of programs */
};

static inline Time oauth_now(const Oauth *oauth)
{
    return oauth->options.clock();
}

/* ---- words.c: forms, JSON, answers ------------------------------------------------------------
 */

/* The one value of a name in a form, decoded; empty: it is not there. False: it is there twice, or
 * cannot be decoded. SPEC RFC 6749 3.1: parameters must not be included more than once */
bool form_value(Ctx *cx, Str form, Str name, Str *ret_value);
/* {"error":...,"error_description":...} with this HTTP status. */
Status answer_error(Ctx *cx, OauthAnswer *answer, unsigned http, const char *error,
                    const char *sentence);
/* The sentence of the first issue; they are forgotten. */
Str take_issue(Ctx *cx, Str otherwise);
void json_text(Buf *out, const char *name, Str value); /* "name":"value", with a comma before */
void json_text_or_none(Buf *out, const char *name, Str value); /* not when it is empty */
void json_time(Buf *out, const char *name, Time value);
void json_flag(Buf *out, const char *name, bool value);
Time read_time(const JsonValue *object, Str name);
/* name=value, percent-encoded, with & before when something stands there. */
void add_parameter(Buf *out, const char *name, Str value);
Str hash_key(Arena *arena, Str text);        /* hex of SHA-256 */
Str random_text(Arena *arena, size_t bytes); /* base64url */

Status item_read(Oauth *oauth, Ctx *cx, Str space, Str key, Str *ret_value) MUST_USE;
Status items_read(Oauth *oauth, Ctx *cx, Str space, StoreItem **ret_items,
                  size_t *ret_count) MUST_USE;
/* Items and an audit entry, durable. STATUS_CONFLICT without an issue: the guard did not hold. */
Status items_commit(Oauth *oauth, Ctx *cx, const StoreItem *items, size_t count,
                    const StoreItem *guard, const AuditEntry *entry) MUST_USE;

/* ---- url.c ----------------------------------------------------------------------------------- */

/* "https://host:port" of an address, small letters; false: it has none that is for browsers. */
bool url_origin(Arena *arena, Str url, Str *ret_origin);
/* https, or http on this machine: no fragment, no user, no blanks. */
bool url_is_web(Str url);
/* That, or a scheme of the program's own with a point in it (com.example.app:/done). SPEC RFC 8252
 * 7.1 */
bool url_is_redirect(Str url);

/* ---- client.c -------------------------------------------------------------------------------- */

/* STATUS_NOT_FOUND without an issue. */
Status client_find(Oauth *oauth, Ctx *cx, Str id, OauthClient *ret_client) MUST_USE;
bool client_has_redirect(const OauthClient *client, Str url);
/* Which of `scopes` the program may ask for: narrowed to what it registered; those with a query
 * only where that is enforced. */
Status client_scopes(Ctx *cx, const OauthClient *client, Scope *scopes, size_t *count) MUST_USE;
/* Checks and stores; no question of who may. */
Status client_make(Oauth *oauth, Ctx *cx, const AuditEntry *entry, OauthClient *client,
                   Str *ret_secret) MUST_USE;

/* client_auth.c: who calls the token endpoint and its kin. */
typedef struct {
    OauthClient client;
    bool proven; /* it showed a secret or signed; a public one only named itself */
} Caller;
/* False: `answer` says what is wrong, and status too when it is a failure of ours. */
bool caller_find(Oauth *oauth, Ctx *cx, const OauthCall *call, Caller *ret_caller,
                 OauthAnswer *answer, Status *ret_status);

/* ---- grant.c --------------------------------------------------------------------------------- */

/* What somebody allowed a program: until it ends, its tokens are made from it. */
typedef struct {
    Str id;
    Str client, user, scopes;
    Str patient;   /* "Patient/1": launch context, or empty */
    Str encounter; /* "Encounter/1", or empty */
    Str session;   /* key of the session it began in */
    Str refresh;   /* hex hash of the living refresh token, or empty */
    Str nonce;
    uint64_t changes; /* of the account */
    Time signed_in;   /* auth_time */
    Time created, seen, expires;
    Str value; /* as it was read, for a guard */
} Grant;

Status grant_read(Oauth *oauth, Ctx *cx, Str id, Grant *ret_grant) MUST_USE;
Status grant_parse(Ctx *cx, const StoreItem *item, Grant *ret_grant) MUST_USE;
/* The program of a form's refresh token; empty: there is none. A public program need not name
 * itself beside it (SPEC RFC 6749 3.2.1), and fhirclient does not. */
Str grant_client_of(Oauth *oauth, Ctx *cx, Str form);
/* The id in a refresh token; false: it is none. */
bool grant_id_of(Str refresh_token, Str *ret_id);
/* Ends it and its tokens. `by` may be NULL: the program itself, or a rule. */
Status grant_end(Oauth *oauth, Ctx *cx, const Grant *grant, Str interaction, Str address) MUST_USE;
/* Makes an access token under the grant, a refresh token when the scopes have one, and an id_token
 * when they ask for it; writes `items` (with room for two more) in the same commit. */
Status grant_issue(Oauth *oauth, Ctx *cx, const OauthCall *call, const OauthClient *client,
                   Grant *grant, Str scopes, StoreItem *items, size_t item_count,
                   const StoreItem *guard, OauthAnswer *answer) MUST_USE;

/* ---- authorize.c ----------------------------------------------------------------------------- */

typedef struct {
    OauthClient client;
    Str redirect, state, nonce, challenge, launch, prompt;
    Scope *scopes; /* what it may have of what it asks for */
    size_t scope_count;
    bool has_max_age;
    uint64_t max_age_s;
} Request;

typedef enum {
    REQUEST_GOOD,
    REQUEST_SHOWN,      /* the person must see what is wrong: nobody knows where to send him */
    REQUEST_REDIRECTED, /* the program is told */
} RequestFault;

/* On a fault: `ret_error` in OAuth's words; the sentence is an issue. */
Status request_read(Oauth *oauth, Ctx *cx, const OauthCall *call, Str query, Request *ret_request,
                    RequestFault *ret_fault, const char **ret_error) MUST_USE;
/* Where the program is told: its redirect address with what is said, state and iss. */
Status request_redirect(Ctx *cx, const OauthCall *call, const Request *request, const char *error,
                        Str code, Str *ret_url) MUST_USE;

/* ---- launch.c -------------------------------------------------------------------------------- */

/* What a launch handle stands for; STATUS_NOT_FOUND: nothing, or not for this program and person.
 */
Status launch_read(Oauth *oauth, Ctx *cx, const Request *request, Str user, StoreItem *ret_item,
                   Str *ret_patient, Str *ret_encounter) MUST_USE;
/* Whether the caller sees the patient: read through record, with its audit entry. */
Status patient_is_seen(Oauth *oauth, Ctx *cx, const OauthCall *call, Str reference,
                       bool *ret_seen) MUST_USE;

/* ---- keys.c ---------------------------------------------------------------------------------- */

Status keys_public(Oauth *oauth, Ctx *cx, Str *ret_json) MUST_USE;
Status id_token_make(Oauth *oauth, Ctx *cx, const OauthCall *call, const Grant *grant,
                     const Scope *scopes, size_t count, Str access_token, Str *ret_token) MUST_USE;
/* Who somebody is to programs: stable, and not his name here. */
Str subject_of(Arena *arena, Str user);
/* "https://host/fhir/Practitioner/1" */
Str fhir_user_of(Arena *arena, const OauthCall *call, Str reference);

#endif
