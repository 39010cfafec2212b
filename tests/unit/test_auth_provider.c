/* test_auth_provider.c - signing in through an identity provider, which is a server of the test:
 * what it says wrongly, late, for others, or in the name of another, opens nothing.
 *
 * SPEC OIDC Core 1.0 3.1.3.7, Discovery 1.0 4.3, RFC 7636 4.6, RFC 9207 2.4, RFC 9700 4.4 */
#include "auth_scene.h"

#include "auth/factors.h"
#include "auth/provider.h"
#include "crypto/crypto.h"
#include "jose/jose.h"
#include "json/json.h"
#include "support/peer.h"

#define ORIGIN  "https://chart.example"
#define ADDRESS STR("192.0.2.7")
enum { PROVIDERS = 2 };

/* What the provider says, with one thing changed. */
typedef struct {
    const char *issuer, *audience, *party, *nonce, *subject, *acr, *amr, *at_hash, *more;
    long long expires_s, issued_s;
    bool no_expiry;
    int key; /* 0: its own; 1: one that is not in its set; 2: none, and "alg":"none" */
    unsigned http;
    const char *body; /* in place of all */
} Lie;

typedef struct {
    Peer *peer;
    JoseKey keys[2];
    Str set, issuer;
    const Lie *lie;
    Str nonce, challenge;    /* of the address that the browser was sent to */
    char authorization[300]; /* header of the last question about a code */
    char form[4096];
    const char *discovery_issuer;
    const char *keys_at, *more; /* of its discovery */
} Provider;

typedef struct {
    Scene s;
    Provider providers[PROVIDERS];
    NetSite site;
    AuthProviders all;
} Oidc;

/* ---- the provider
 * -------------------------------------------------------------------------------- */

static Str form_value_of(Arena *arena, Str form, const char *name)
{
    Str value;
    while (form.at && form.len) {
        Str one = str_cut(&form, '&');
        Str label = str_cut(&one, '=');
        if (str_eq(label, str_of(name)) && !uri_decode(arena, one, true, &value))
            return value;
    }
    return STR_EMPTY;
}

static Str hash_of(Arena *arena, Str text, size_t bytes)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(text, hash);
    return crypto_base64url(arena, str_n((const char *)hash, bytes));
}

static Str id_token(Provider *p, Arena *arena)
{
    static const Lie truth = {0};
    const Lie *lie = p->lie ? p->lie : &truth;
    Ctx cx = {.arena = arena};
    Buf out;
    Str token;
    long long now = (long long)(today / TIME_SECOND);
    const char *issuer = lie->issuer ? lie->issuer : arena_str(arena, p->issuer).at;
    const char *nonce = lie->nonce ? lie->nonce : arena_str(arena, p->nonce).at;
    buf_init(&out, arena, 1024, 8192);
    buf_format(&out, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":%s", issuer,
               lie->subject ? lie->subject : "marie", lie->audience ? lie->audience : "\"aceso\"");
    if (!lie->nonce || nonce[0] != '-') /* chance may begin with one too */
        buf_format(&out, ",\"nonce\":\"%s\"", nonce);
    if (!lie->no_expiry)
        buf_format(&out, ",\"exp\":%lld", now + (lie->expires_s ? lie->expires_s : 300));
    buf_format(&out, ",\"iat\":%lld", now + lie->issued_s);
    if (lie->party)
        buf_format(&out, ",\"azp\":\"%s\"", lie->party);
    if (lie->acr)
        buf_format(&out, ",\"acr\":\"%s\"", lie->acr);
    if (lie->amr)
        buf_format(&out, ",\"amr\":%s", lie->amr);
    if (lie->at_hash)
        buf_format(&out, ",\"at_hash\":\"%s\"",
                   lie->at_hash[0] == '=' ? hash_of(arena, STR("opaque"), 16).at : lie->at_hash);
    buf_format(&out, "%s}", lie->more ? lie->more : "");
    Str claims = buf_str(&out);
    if (lie->key == 2)
        return arena_format(arena, "eyJhbGciOiJub25lIn0." STR_FMT ".",
                            STR_ARG(crypto_base64url(arena, claims)));
    if (jose_sign(&cx, &p->keys[lie->key], STR("JWT"), claims, &token) != STATUS_OK)
        return STR_EMPTY;
    return token;
}

static Str tell_token(Provider *p, Arena *arena, const PeerQuestion *q)
{
    const Lie *lie = p->lie;
    NetResponse as_answer = {.head = q->head};
    snprintf(p->form, sizeof(p->form), STR_FMT, STR_ARG(q->body));
    snprintf(p->authorization, sizeof(p->authorization), STR_FMT,
             STR_ARG(net_header(&as_answer, STR("authorization"))));
    if (lie && lie->body)
        return peer_answer(arena, 200, STR("application/json"), STR_EMPTY, str_of(lie->body));
    Str verifier = form_value_of(arena, q->body, "code_verifier");
    bool right = str_eq(hash_of(arena, verifier, 32), p->challenge) &&
                 str_eq(form_value_of(arena, q->body, "code"), STR("the-code"));
    if (!right || (lie && lie->http))
        return peer_answer(arena, lie && lie->http ? lie->http : 400, STR("application/json"),
                           STR_EMPTY, STR("{\"error\":\"invalid_grant\"}"));
    return peer_answer(arena, 200, STR("application/json"), STR_EMPTY,
                       arena_format(arena,
                                    "{\"access_token\":\"opaque\",\"token_type\":\"Bearer\","
                                    "\"id_token\":\"" STR_FMT "\"}",
                                    STR_ARG(id_token(p, arena))));
}

static Str told(void *of, Arena *arena, const PeerQuestion *q)
{
    Provider *p = of;
    if (str_eq(q->target, STR("/realms/x/.well-known/openid-configuration")))
        return peer_answer(
            arena, 200, STR("application/json"), STR_EMPTY,
            arena_format(arena,
                         "{\"issuer\":\"%s\",\"authorization_endpoint\":\"" STR_FMT "/auth\","
                         "\"token_endpoint\":\"" STR_FMT "/token\",\"jwks_uri\":\"%s\"%s}",
                         p->discovery_issuer ? p->discovery_issuer : p->issuer.at,
                         STR_ARG(p->issuer), STR_ARG(p->issuer),
                         p->keys_at ? p->keys_at
                                    : arena_format(arena, STR_FMT "/keys", STR_ARG(p->issuer)).at,
                         p->more ? p->more : ""));
    if (str_has_suffix(q->target, STR("/keys")))
        return peer_answer(arena, 200, STR("application/json"), STR_EMPTY, p->set);
    if (str_has_suffix(q->target, STR("/token")))
        return tell_token(p, arena, q);
    return peer_answer(arena, 404, STR("text/plain"), STR_EMPTY, STR("?"));
}

static void start_provider(Oidc *o, size_t i)
{
    Provider *p = &o->providers[i];
    Ctx *cx = &o->s.cx;
    Buf out;
    for (size_t k = 0; k < 2; k++) {
        p->keys[k].id = k ? STR("other") : STR("own");
        check(crypto_pair_make(cx, CRYPTO_ES256, &p->keys[k].pair) == STATUS_OK);
    }
    buf_init(&out, cx->arena, 1024, 8192);
    buf_add_lit(&out, "{\"keys\":[");
    check(jose_key_write(cx, &p->keys[0], &out) == STATUS_OK);
    buf_add_lit(&out, "]}");
    p->set = buf_str(&out);
    p->peer = peer_start(PEER_TLS, told, p);
    p->issuer = arena_format(cx->arena, STR_FMT "/realms/x", STR_ARG(peer_origin(p->peer)));
    o->all.at[i] = (AuthProvider){.id = i ? STR("other") : STR("hospital"),
                                  .name = STR("Hospital"),
                                  .issuer = p->issuer,
                                  .client_id = STR("aceso"),
                                  .secret = STR("s&cret"),
                                  .scopes = STR("profile"),
                                  .acr_values = STR_EMPTY,
                                  .acr = {STR("loa3")},
                                  .amr = {STR("mfa"), STR("otp")},
                                  .acr_count = 1,
                                  .amr_count = 2};
}

/* Each has a CA of its own, so the site trusts that of the first, and names none: the settings
 * do. */
static void oidc_begin(Oidc *o, AuthFactorRule rule, size_t trusted)
{
    *o = (Oidc){.s = {.cx = testing_ctx(), .store = fake_store_new()}};
    today = (Time)1790000000 * TIME_SECOND;
    for (size_t i = 0; i < PROVIDERS; i++)
        start_provider(o, i);
    o->all.count = PROVIDERS;
    o->site.ca_file = peer_ca_file(o->providers[trusted].peer);
    o->all.site = &o->site;
    o->s.options = (AuthOptions){.clock = test_clock, .factors = rule, .providers = &o->all};
    open_auth(&o->s);
    o->s.operator= auth_operator(o->s.cx.arena);
    AuthAccount account = {.user = STR("marie.dupont"), .role = STR("gp")};
    check(auth_account_create(o->s.auth, &o->s.cx, o->s.operator, & account, password) ==
          STATUS_OK);
}

static void oidc_end(Oidc *o)
{
    for (size_t i = 0; i < PROVIDERS; i++)
        peer_stop(o->providers[i].peer);
    scene_end(&o->s);
}

/* ---- the browser
 * ----------------------------------------------------------------------------------- */

typedef struct {
    Str ticket, state, redirect;
} Trip;

static Status leave_for(Oidc *o, size_t i, AuthPurpose purpose, const AuthSession *session,
                        Trip *ret_trip)
{
    Provider *p = &o->providers[i];
    Str json;
    JsonValue *root;
    Arena *arena = o->s.cx.arena;
    TRY(auth_provider_begin(o->s.auth, &o->s.cx, o->all.at[i].id, STR(ORIGIN), purpose, session,
                            &json));
    check(json_parse(&o->s.cx, json, &root) == STATUS_OK);
    Str url = json_get_str(root, STR("redirect"));
    ret_trip->redirect = url;
    Str query = str_from(url, str_index(url, '?') + 1);
    *ret_trip = (Trip){.ticket = json_get_str(root, STR("ticket")),
                       .redirect = url,
                       .state = form_value_of(arena, query, "state")};
    p->nonce = form_value_of(arena, query, "nonce");
    p->challenge = form_value_of(arena, query, "code_challenge");
    return STATUS_OK;
}

static AuthReturn return_of(Oidc *o, size_t i, const Trip *trip)
{
    return (AuthReturn){.provider = o->all.at[i].id,
                        .ticket = trip->ticket,
                        .code = STR("the-code"),
                        .state = trip->state,
                        .issuer = STR_EMPTY,
                        .origin = STR(ORIGIN),
                        .address = ADDRESS,
                        .device = STR("Firefox"),
                        .cookie = STR_EMPTY};
}

static Status come_back(Oidc *o, const AuthReturn *back, AuthWelcome *ret_welcome)
{
    ctx_forget(&o->s.cx);
    return auth_sign_in_provider(o->s.auth, &o->s.cx, back, ret_welcome);
}

static void vouch(Oidc *o, const char *provider, const char *subject)
{
    check_int(auth_identity_put(o->s.auth, &o->s.cx, o->s.operator, STR("marie.dupont"),
                                str_of(provider), str_of(subject)),
              STATUS_OK);
}

static Status sign_in(Oidc *o, const Lie *lie, AuthWelcome *ret_welcome)
{
    Trip trip;
    o->providers[0].lie = lie;
    check_int(leave_for(o, 0, AUTH_FOR_SIGN_IN, NULL, &trip), STATUS_OK);
    AuthReturn back = return_of(o, 0, &trip);
    Status status = come_back(o, &back, ret_welcome);
    today += TIME_SECOND * 3600; /* the back-off of wrong ones is over */
    return status;
}

/* ---- what opens
 * ---------------------------------------------------------------------------------------- */

static void who_is_known_comes_in(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        AuthFactorRule rule;
        Lie lie;
        bool must_enrol;
    } cases[] = {
        {"a password of theirs is worth one of ours", AUTH_FACTORS_STAFF, {0}, true},
        {"where no factor is needed", AUTH_FACTORS_FREE, {0}, false},
        {"a second factor by acr", AUTH_FACTORS_STAFF, {.acr = "loa3"}, false},
        {"by amr", AUTH_FACTORS_STAFF, {.amr = "[\"pwd\",\"otp\"]"}, false},
        {"another acr", AUTH_FACTORS_STAFF, {.acr = "loa2"}, true},
        {"an acr that only begins like it", AUTH_FACTORS_STAFF, {.acr = "loa30"}, true},
        {"amr that is no list", AUTH_FACTORS_STAFF, {.amr = "\"otp\""}, true},
        {"with at_hash", AUTH_FACTORS_STAFF, {.acr = "loa3", .at_hash = "="}, false},
        {"with azp, and us among one",
         AUTH_FACTORS_STAFF,
         {.acr = "loa3", .party = "aceso", .audience = "[\"aceso\"]"},
         false},
    };
    FOR_CASES(cases, c)
    {
        Oidc o;
        AuthWelcome welcome;
        CASE(c->why);
        oidc_begin(&o, c->rule, 0);
        vouch(&o, "hospital", "marie");
        check_int(sign_in(&o, &c->lie, &welcome), STATUS_OK);
        check_int(welcome.cookie.len, AUTH_COOKIE_LEN);
        check_str(welcome.session.user, STR("marie.dupont"));
        check_int(welcome.session.must_enrol, c->must_enrol);
        oidc_end(&o);
    }
}

static void a_factor_of_ours_is_still_wanted(void **state)
{
    UNUSED(state);
    static const Lie strong = {.acr = "loa3"};
    Oidc o;
    AuthWelcome welcome;
    Str secret, uri;
    oidc_begin(&o, AUTH_FACTORS_STAFF, 0);
    vouch(&o, "hospital", "marie");
    check_int(auth_totp_put(o.s.auth, &o.s.cx, o.s.operator, STR("marie.dupont"), &secret, &uri),
              STATUS_OK);
    check_int(sign_in(&o, NULL, &welcome), STATUS_OK);
    check(!welcome.cookie.len && welcome.ticket.len);
    check_int(welcome.ways & AUTH_BY_TOTP, AUTH_BY_TOTP);
    CASE("unless theirs counts as one");
    check_int(sign_in(&o, &strong, &welcome), STATUS_OK);
    check(welcome.cookie.len && !welcome.session.must_enrol);
    oidc_end(&o);
}

/* ---- what does not
 * ---------------------------------------------------------------------------------------- */

static void what_is_said_wrongly_opens_nothing(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Lie lie;
    } cases[] = {
        {"another nonce", {.nonce = "AAAA"}},
        {"no nonce", {.nonce = "-"}},
        {"for another program", {.audience = "\"other\""}},
        {"for us and another", {.audience = "[\"aceso\",\"other\"]"}},
        {"for nobody", {.audience = "[]"}},
        {"issued to another", {.party = "other"}},
        {"by another issuer", {.issuer = "https://evil.example"}},
        {"by an issuer that only begins like it", {.issuer = "https://127.0.0.1"}},
        {"over", {.expires_s = -120}},
        {"over, by more than clocks differ", {.expires_s = -61}},
        {"that never ends", {.no_expiry = true}},
        {"that ends in a month", {.expires_s = 30 * 86400}},
        {"of the future", {.issued_s = 600}},
        {"signed by somebody else", {.key = 1}},
        {"not signed", {.key = 2}},
        {"about another access token", {.at_hash = "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"at_hash that is too short", {.at_hash = "A"}},
        {"about nobody", {.subject = ""}},
        {"a claim twice", {.more = ",\"sub\":\"marie\""}},
        {"not an answer", {.body = "<html>"}},
        {"without an id_token", {.body = "{\"access_token\":\"x\"}"}},
        {"an id_token that is none", {.body = "{\"id_token\":7}"}},
        {"an id_token twice", {.body = "{\"id_token\":\"a\",\"id_token\":\"b\"}"}},
        {"the code is refused", {.http = 400}},
        {"the client is refused", {.http = 401}},
        {"a redirect", {.http = 302}},
    };
    Oidc o;
    oidc_begin(&o, AUTH_FACTORS_FREE, 0);
    vouch(&o, "hospital", "marie");
    FOR_CASES(cases, c)
    {
        AuthWelcome welcome;
        CASE(c->why);
        check_int(sign_in(&o, &c->lie, &welcome), STATUS_UNAUTHORIZED);
        check(!welcome.cookie.len && !welcome.ticket.len);
        check_str(o.s.cx.issues->diagnostics,
                  STR("The other sign-in could not be taken. Begin again."));
    }
    AuthWelcome welcome;
    CASE("and then the truth");
    check_int(sign_in(&o, NULL, &welcome), STATUS_OK);
    oidc_end(&o);
}

static void who_is_not_known_is_answered_alike(void **state)
{
    UNUSED(state);
    static const Lie stranger = {.subject = "somebody"}, mail = {.subject = "marie.dupont"};
    Oidc o;
    AuthWelcome welcome;
    oidc_begin(&o, AUTH_FACTORS_FREE, 0);
    CASE("nobody has said whose it is");
    check_int(sign_in(&o, NULL, &welcome), STATUS_UNAUTHORIZED);
    Str sentence = o.s.cx.issues->diagnostics;
    vouch(&o, "hospital", "marie");
    CASE("somebody else");
    check_int(sign_in(&o, &stranger, &welcome), STATUS_UNAUTHORIZED);
    check_str(o.s.cx.issues->diagnostics, sentence);
    CASE("one who is called like an account");
    check_int(sign_in(&o, &mail, &welcome), STATUS_UNAUTHORIZED);
    check_str(o.s.cx.issues->diagnostics, sentence);
    CASE("a blocked account");
    check_int(auth_account_block(o.s.auth, &o.s.cx, o.s.operator, STR("marie.dupont"), true),
              STATUS_OK);
    check_int(sign_in(&o, NULL, &welcome), STATUS_UNAUTHORIZED);
    check_str(o.s.cx.issues->diagnostics, sentence);
    oidc_end(&o);
}

static void a_trip_is_one_browsers_and_one_way(void **state)
{
    UNUSED(state);
    Oidc o;
    Trip mine, theirs;
    AuthWelcome welcome;
    oidc_begin(&o, AUTH_FACTORS_FREE, 0);
    vouch(&o, "hospital", "marie");
    check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &theirs), STATUS_OK);
    check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &mine), STATUS_OK);
    AuthReturn good = return_of(&o, 0, &mine), back;
    unsigned before = peer_requests(o.providers[0].peer);
    struct {
        const char *why;
        Str ticket, state, provider, code;
    } cases[] = {
        {"the state of another browser", mine.ticket, theirs.state, good.provider, good.code},
        {"the ticket of another browser", theirs.ticket, mine.state, good.provider, good.code},
        {"no ticket", STR_EMPTY, mine.state, good.provider, good.code},
        {"no state", mine.ticket, STR_EMPTY, good.provider, good.code},
        {"no code", mine.ticket, mine.state, good.provider, STR_EMPTY},
        {"back to the address of another provider", mine.ticket, mine.state, STR("other"),
         good.code},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        back = good;
        back.ticket = c->ticket;
        back.state = c->state;
        back.provider = c->provider;
        back.code = c->code;
        check_int(come_back(&o, &back, &welcome), STATUS_UNAUTHORIZED);
    }
    CASE("nothing of this was asked of the provider");
    check_int(peer_requests(o.providers[0].peer), before);
    CASE("what it should be");
    check_int(come_back(&o, &good, &welcome), STATUS_OK);
    CASE("a second time");
    check_int(come_back(&o, &good, &welcome), STATUS_UNAUTHORIZED);
    CASE("too late");
    check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &mine), STATUS_OK);
    back = return_of(&o, 0, &mine);
    today += (AUTH_TICKET_S + 1) * TIME_SECOND;
    check_int(come_back(&o, &back, &welcome), STATUS_UNAUTHORIZED);
    oidc_end(&o);
}

/* One provider's answer is not taken to another, and one cannot speak for another. */
static void providers_are_not_mixed_up(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *more, *issuer; /* "=": its own */
        bool good;
    } cases[] = {
        {"no iss, and none is promised", NULL, "", true},
        {"its own iss", NULL, "=", true},
        {"the iss of another", NULL, "https://evil.example", false},
        {"no iss, though it is promised",
         ",\"authorization_response_iss_parameter_supported\":true", "", false},
        {"its own, as promised", ",\"authorization_response_iss_parameter_supported\":true", "=",
         true},
    };
    FOR_CASES(cases, c)
    {
        Oidc o;
        Trip trip;
        AuthWelcome welcome;
        CASE(c->why);
        oidc_begin(&o, AUTH_FACTORS_FREE, 0);
        vouch(&o, "hospital", "marie");
        o.providers[0].more = c->more;
        check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &trip), STATUS_OK);
        AuthReturn back = return_of(&o, 0, &trip);
        back.issuer = c->issuer[0] == '=' ? o.providers[0].issuer : str_of(c->issuer);
        unsigned before = peer_requests(o.providers[0].peer);
        check_int(come_back(&o, &back, &welcome), c->good ? STATUS_OK : STATUS_UNAUTHORIZED);
        if (!c->good) /* the code went nowhere */
            check_int(peer_requests(o.providers[0].peer), before);
        check_int(peer_requests(o.providers[1].peer), 0);
        oidc_end(&o);
    }
    Oidc o;
    AuthWelcome welcome;
    Trip trip;
    oidc_begin(&o, AUTH_FACTORS_FREE, 1);
    CASE("the same subject at another provider is somebody else");
    vouch(&o, "hospital", "marie");
    check_int(leave_for(&o, 1, AUTH_FOR_SIGN_IN, NULL, &trip), STATUS_OK);
    AuthReturn back = return_of(&o, 1, &trip);
    check_int(come_back(&o, &back, &welcome), STATUS_UNAUTHORIZED);
    oidc_end(&o);
}

static void a_provider_that_is_not_itself_is_not_asked(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *issuer, *keys_at;
    } cases[] = {
        {"it says that it is another", "https://evil.example", NULL},
        {"with a slash behind", "https://127.0.0.1/realms/x/", NULL},
        {"its keys are inside the network", NULL, "https://10.0.0.1/keys"},
        {"its keys are at another port of itself", NULL, "https://127.0.0.1:9/keys"},
        {"its keys are sent in the clear", NULL, "http://keys.example.org/keys"},
    };
    FOR_CASES(cases, c)
    {
        Oidc o;
        Trip trip;
        CASE(c->why);
        oidc_begin(&o, AUTH_FACTORS_FREE, 0);
        o.providers[0].discovery_issuer = c->issuer;
        o.providers[0].keys_at = c->keys_at;
        check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &trip), STATUS_UNAVAILABLE);
        oidc_end(&o);
    }
    Oidc o;
    Trip trip;
    CASE("a certificate by another CA");
    oidc_begin(&o, AUTH_FACTORS_FREE, 1);
    check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &trip), STATUS_UNAVAILABLE);
    CASE("a provider that the settings do not have");
    Str json;
    check_int(auth_provider_begin(o.s.auth, &o.s.cx, STR("none"), STR(ORIGIN), AUTH_FOR_SIGN_IN,
                                  NULL, &json),
              STATUS_NOT_FOUND);
    oidc_end(&o);
}

/* It changes its keys: the new one is looked for, a stranger's is not found. */
static void keys_change(void **state)
{
    UNUSED(state);
    static const Lie by_other = {.key = 1};
    Oidc o;
    AuthWelcome welcome;
    Buf out;
    oidc_begin(&o, AUTH_FACTORS_FREE, 0);
    vouch(&o, "hospital", "marie");
    check_int(sign_in(&o, NULL, &welcome), STATUS_OK);
    buf_init(&out, o.s.cx.arena, 1024, 8192);
    buf_add_lit(&out, "{\"keys\":[");
    check(jose_key_write(&o.s.cx, &o.providers[0].keys[1], &out) == STATUS_OK);
    buf_add_lit(&out, "]}");
    o.providers[0].set = buf_str(&out);
    check_int(sign_in(&o, &by_other, &welcome), STATUS_OK);
    check_int(sign_in(&o, NULL, &welcome), STATUS_UNAUTHORIZED);
    oidc_end(&o);
}

static Status sign_claims(void *of, Ctx *cx, Str claims, Str *ret_token)
{
    Oidc *o = of;
    return jose_sign(cx, &o->providers[0].keys[1], STR("JWT"), claims, ret_token);
}

static void we_show_who_we_are(void **state)
{
    UNUSED(state);
    Oidc o;
    AuthWelcome welcome;
    Provider *p = &o.providers[0];
    oidc_begin(&o, AUTH_FACTORS_FREE, 0);
    vouch(&o, "hospital", "marie");
    CASE("a secret, as Basic");
    check_int(sign_in(&o, NULL, &welcome), STATUS_OK);
    check_str(str_of(p->authorization), STR("Basic YWNlc286cyUyNmNyZXQ=")); /* aceso:s%26cret */
    check(!strstr(p->form, "s%26cret"));
    CASE("in the form, where that is all it takes");
    p->more = ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]";
    today += 86400 * TIME_SECOND;
    check_int(sign_in(&o, NULL, &welcome), STATUS_OK);
    check_str(str_of(p->authorization), STR_EMPTY);
    check(strstr(p->form, "client_secret=s%26cret") != NULL);
    CASE("signed");
    o.all.at[0].secret = STR_EMPTY;
    o.all.at[0].signs = true;
    o.all.sign = sign_claims;
    o.all.sign_of = &o;
    check_int(sign_in(&o, NULL, &welcome), STATUS_OK);
    JoseToken token;
    JoseClaims claims;
    JoseRules rules = {
        .algorithms = JOSE_ALLOW(CRYPTO_ES256), .type = STR("JWT"), .keys_at = STR_EMPTY};
    JoseExpect expect = {.issuer = STR("aceso"),
                         .subject = STR("aceso"),
                         .audiences = &p->issuer,
                         .audience_count = 1,
                         .now = today - 3600 * TIME_SECOND,
                         .lifetime_max_s = 300,
                         .needs_id = true};
    Str assertion = form_value_of(o.s.cx.arena, str_of(p->form), "client_assertion");
    check_int(jose_verify(&o.s.cx, assertion, &p->keys[1], 1, &rules, &token), STATUS_OK);
    check_int(jose_claims(&o.s.cx, token.payload, &expect, &claims), STATUS_OK);
    oidc_end(&o);
}

static void guessing_is_counted_by_address(void **state)
{
    UNUSED(state);
    static const Lie wrong = {.nonce = "AAAA"};
    Oidc o;
    AuthWelcome welcome;
    Status status = STATUS_OK;
    unsigned tries = 0;
    oidc_begin(&o, AUTH_FACTORS_FREE, 0);
    vouch(&o, "hospital", "marie");
    o.providers[0].lie = &wrong;
    for (; tries < 40 && status != STATUS_LOCKED_OUT; tries++) {
        Trip trip;
        check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &trip), STATUS_OK);
        AuthReturn back = return_of(&o, 0, &trip);
        status = come_back(&o, &back, &welcome);
    }
    check_int(status, STATUS_LOCKED_OUT);
    check(tries > 15 && tries < 25);
    CASE("nobody else is");
    Trip trip;
    o.providers[0].lie = NULL;
    check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &trip), STATUS_OK);
    AuthReturn back = return_of(&o, 0, &trip);
    back.address = STR("198.51.100.9");
    check_int(come_back(&o, &back, &welcome), STATUS_OK);
    oidc_end(&o);
}

/* ---- whose it is
 * --------------------------------------------------------------------------------------------- */

static AuthSession own_session(Oidc *o, const char *user)
{
    AuthWelcome welcome;
    AuthAttempt attempt = {.user = str_of(user),
                           .password = password,
                           .code = STR_EMPTY,
                           .device = STR("Firefox"),
                           .origin = STR(ORIGIN),
                           .address = ADDRESS,
                           .old_cookie = STR_EMPTY};
    check_int(auth_sign_in(o->s.auth, &o->s.cx, &attempt, &welcome), STATUS_OK);
    return welcome.session;
}

static void the_owner_says_whose_it_is(void **state)
{
    UNUSED(state);
    Oidc o;
    Trip trip;
    Str json;
    AuthWelcome welcome;
    oidc_begin(&o, AUTH_FACTORS_FREE, 0);
    AuthAccount other = {.user = STR("jan.peeters"), .role = STR("nurse")};
    check(auth_account_create(o.s.auth, &o.s.cx, o.s.operator, & other, password) == STATUS_OK);
    AuthSession marie = own_session(&o, "marie.dupont"), jan = own_session(&o, "jan.peeters");
    CASE("not with a proof that is old");
    AuthSession old = marie;
    old.stepped -= 600 * TIME_SECOND;
    check_int(leave_for(&o, 0, AUTH_FOR_LINK, &old, &trip), STATUS_FORBIDDEN);
    CASE("what another began");
    check_int(leave_for(&o, 0, AUTH_FOR_LINK, &jan, &trip), STATUS_OK);
    AuthReturn back = return_of(&o, 0, &trip);
    check_int(auth_provider_link(o.s.auth, &o.s.cx, &marie, &back), STATUS_UNAUTHORIZED);
    CASE("a trip for signing in does not link, nor the reverse");
    check_int(come_back(&o, &back, &welcome), STATUS_UNAUTHORIZED);
    check_int(leave_for(&o, 0, AUTH_FOR_SIGN_IN, NULL, &trip), STATUS_OK);
    back = return_of(&o, 0, &trip);
    check_int(auth_provider_link(o.s.auth, &o.s.cx, &marie, &back), STATUS_UNAUTHORIZED);
    CASE("one's own");
    check_int(leave_for(&o, 0, AUTH_FOR_LINK, &marie, &trip), STATUS_OK);
    back = return_of(&o, 0, &trip);
    check_int(auth_provider_link(o.s.auth, &o.s.cx, &marie, &back), STATUS_OK);
    check_int(auth_provider_link(o.s.auth, &o.s.cx, &marie, &back), STATUS_FORBIDDEN); /* once */
    check_int(sign_in(&o, NULL, &welcome), STATUS_OK);
    check_str(welcome.session.user, STR("marie.dupont"));
    CASE("another account cannot have it too");
    jan = own_session(&o, "jan.peeters");
    check_int(leave_for(&o, 0, AUTH_FOR_LINK, &jan, &trip), STATUS_OK);
    back = return_of(&o, 0, &trip);
    check_int(auth_provider_link(o.s.auth, &o.s.cx, &jan, &back), STATUS_CONFLICT);
    CASE("it is shown, and taken away");
    marie = own_session(&o, "marie.dupont");
    JsonValue *root, *one = NULL;
    Str name;
    check_int(auth_identities_json(o.s.auth, &o.s.cx, &marie, &json), STATUS_OK);
    check(json_parse(&o.s.cx, json, &root) == STATUS_OK);
    JsonIter it = json_iter(json_get(root, STR("identities")));
    check(json_next(&it, &name, &one));
    check_str(json_get_str(one, STR("name")), STR("Hospital"));
    Str id = json_get_str(one, STR("id"));
    check_int(auth_identity_remove(o.s.auth, &o.s.cx, &jan, id, ADDRESS), STATUS_NOT_FOUND);
    check_int(auth_identity_remove(o.s.auth, &o.s.cx, &marie, id, ADDRESS), STATUS_OK);
    check_int(sign_in(&o, NULL, &welcome), STATUS_UNAUTHORIZED);
    CASE("and may then be somebody else's");
    jan = own_session(&o, "jan.peeters");
    check_int(leave_for(&o, 0, AUTH_FOR_LINK, &jan, &trip), STATUS_OK);
    back = return_of(&o, 0, &trip);
    check_int(auth_provider_link(o.s.auth, &o.s.cx, &jan, &back), STATUS_OK);
    check_int(sign_in(&o, NULL, &welcome), STATUS_OK);
    check_str(welcome.session.user, STR("jan.peeters"));
    oidc_end(&o);
}

static void who_must_set_up_a_factor_links_nothing(void **state)
{
    UNUSED(state);
    Oidc o;
    Trip trip;
    oidc_begin(&o, AUTH_FACTORS_STAFF, 0);
    AuthSession marie = own_session(&o, "marie.dupont");
    check(marie.must_enrol);
    check_int(leave_for(&o, 0, AUTH_FOR_LINK, &marie, &trip), STATUS_FORBIDDEN);
    CASE("only an administrator vouches for others");
    check_int(auth_identity_put(o.s.auth, &o.s.cx, NULL, STR("marie.dupont"), STR("hospital"),
                                STR("marie")),
              STATUS_UNAUTHORIZED);
    check_int(auth_identity_put(o.s.auth, &o.s.cx, o.s.operator, STR("marie.dupont"), STR("none"),
                                STR("marie")),
              STATUS_NOT_FOUND);
    oidc_end(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_known_comes_in),
        cmocka_unit_test(a_factor_of_ours_is_still_wanted),
        cmocka_unit_test(what_is_said_wrongly_opens_nothing),
        cmocka_unit_test(who_is_not_known_is_answered_alike),
        cmocka_unit_test(a_trip_is_one_browsers_and_one_way),
        cmocka_unit_test(providers_are_not_mixed_up),
        cmocka_unit_test(a_provider_that_is_not_itself_is_not_asked),
        cmocka_unit_test(keys_change),
        cmocka_unit_test(we_show_who_we_are),
        cmocka_unit_test(guessing_is_counted_by_address),
        cmocka_unit_test(the_owner_says_whose_it_is),
        cmocka_unit_test(who_must_set_up_a_factor_links_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
