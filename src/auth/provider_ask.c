/* auth/provider_ask.c - what a provider says of itself and of somebody, and whether it is believed.
 *
 * Each provider is asked at its own addresses alone, which come from its own discovery; so an
 * answer of one cannot be taken to another (mix-up). What is wrong is not told to who signs in.
 *
 * SPEC OIDC Core 1.0 3.1.3, Discovery 1.0 4.3, RFC 6749 4.1.3, RFC 7523 2.2, RFC 9207 2.4 */
#include "auth/inner.h"
#include "auth/identity.h"
#include "auth/session.h"

#include "jose/jose.h"

enum {
    ANSWER_BYTES_MAX = 64 * 1024,
    ASK_MS = 8000,
    FORM_BYTES_MAX = 16 * 1024,
    ID_TOKEN_S = 24 * 3600, /* the longest that an id_token may be for */
    SKEW_S = 60,
    ASSERTION_S = 120,
};

static Status unreachable(Ctx *cx)
{
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "The other sign-in does not answer now. Try again, or take another way.");
}

static Status not_believed(Ctx *cx)
{
    return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY,
                    "The other sign-in could not be taken. Begin again.");
}

/* ---- of itself ----------------------------------------------------------------------------------
 */

static bool has_word(const JsonValue *list, Str word)
{
    Str name;
    JsonValue *one;
    for (JsonIter it = json_iter(list); json_next(&it, &name, &one);) {
        if (json_is(one, JSON_STRING) && str_eq(json_str(one), word))
            return true;
    }
    return false;
}

static bool is_good_address(Auth *auth, Ctx *cx, const AuthProvider *provider, Str url)
{
    NetUrl judged;
    Ctx quiet = {.arena = cx->arena};
    return net_url_judge(&quiet, url, auth->options.providers->site, provider->issuer, &judged) ==
               STATUS_OK &&
           judged.tls;
}

static Status get(Auth *auth, Ctx *cx, const AuthProvider *provider, Str url, bool renew,
                  JsonValue **ret_root)
{
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    NetRequest request = {.url = url,
                          .timeout_ms = ASK_MS,
                          .site = auth->options.providers->site,
                          .named = provider->issuer};
    Str body;
    if (net_cache_get(auth->provided, &quiet, &request, renew, &body) != STATUS_OK ||
        json_parse(&quiet, body, ret_root) != STATUS_OK || !json_is(*ret_root, JSON_OBJECT))
        return unreachable(cx);
    return STATUS_OK;
}

Status provided_read(Auth *auth, Ctx *cx, const AuthProvider *provider, Provided *ret_provided)
{
    JsonValue *root;
    Str issuer = provider->issuer;
    if (issuer.len && issuer.at[issuer.len - 1] == '/')
        issuer.len--;
    Str url = arena_format(cx->arena, STR_FMT "/.well-known/openid-configuration", STR_ARG(issuer));
    if (!url.at)
        return STATUS_MEMORY;
    TRY(get(auth, cx, provider, url, false, &root));
    const JsonValue *ways = json_get(root, STR("token_endpoint_auth_methods_supported"));
    Provided said = {.authorize_at = json_get_str(root, STR("authorization_endpoint")),
                     .token_at = json_get_str(root, STR("token_endpoint")),
                     .keys_at = json_get_str(root, STR("jwks_uri")),
                     .posts_secret = ways && !has_word(ways, STR("client_secret_basic")),
                     .says_issuer = json_bool(
                         json_get(root, STR("authorization_response_iss_parameter_supported")))};
    if (!str_eq(json_get_str(root, STR("issuer")), provider->issuer) ||
        !is_good_address(auth, cx, provider, said.authorize_at) ||
        !is_good_address(auth, cx, provider, said.token_at) ||
        !is_good_address(auth, cx, provider, said.keys_at))
        return unreachable(cx);
    *ret_provided = said;
    return STATUS_OK;
}

/* ---- a code for an id_token
 * ----------------------------------------------------------------------- */

static void add(Buf *form, const char *name, Str value)
{
    buf_format(form, "%s%s=", form->len ? "&" : "", name);
    uri_encode(form, value);
}

/* Who we are, signed. The audience is the issuer, which no other server is. */
static Status add_assertion(Auth *auth, Ctx *cx, const AuthProvider *provider, Buf *form)
{
    const AuthProviders *all = auth->options.providers;
    char random[16];
    Buf claims;
    Str token;
    long long now = (long long)(auth_now(auth) / TIME_SECOND);
    if (!all->sign)
        return unreachable(cx);
    crypto_random(random, sizeof random);
    buf_init(&claims, cx->arena, 512, 8192);
    buf_add_char(&claims, '{');
    member_text(&claims, "iss", provider->client_id);
    member_text(&claims, "sub", provider->client_id);
    member_text(&claims, "aud", provider->issuer);
    member_text(&claims, "jti", crypto_base64url(cx->arena, str_n(random, sizeof random)));
    buf_format(&claims, ",\"iat\":%lld,\"exp\":%lld}", now, now + ASSERTION_S);
    TRY(buf_done(&claims));
    TRY(all->sign(all->sign_of, cx, buf_str(&claims), &token));
    add(form, "client_assertion_type",
        STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
    add(form, "client_assertion", token);
    return STATUS_OK;
}

/* SPEC RFC 6749 2.3.1: both are form-encoded, then joined, then base64 */
static Status basic_header(Ctx *cx, const AuthProvider *provider, Str *ret_value)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    Buf pair, out;
    buf_init(&pair, cx->arena, 256, 4096);
    uri_encode(&pair, provider->client_id);
    buf_add_char(&pair, ':');
    uri_encode(&pair, provider->secret);
    TRY(buf_done(&pair));
    buf_init(&out, cx->arena, pair.len * 2, 8192);
    buf_add_lit(&out, "Basic ");
    for (size_t i = 0; i < pair.len; i += 3) {
        uint32_t bits = (uint32_t)(uint8_t)pair.at[i] << 16;
        bits |= i + 1 < pair.len ? (uint32_t)(uint8_t)pair.at[i + 1] << 8 : 0;
        bits |= i + 2 < pair.len ? (uint8_t)pair.at[i + 2] : 0;
        buf_add_char(&out, letters[bits >> 18 & 63]);
        buf_add_char(&out, letters[bits >> 12 & 63]);
        buf_add_char(&out, i + 1 < pair.len ? letters[bits >> 6 & 63] : '=');
        buf_add_char(&out, i + 2 < pair.len ? letters[bits & 63] : '=');
    }
    TRY(buf_done(&out));
    *ret_value = buf_str(&out);
    return STATUS_OK;
}

static Status make_form(Auth *auth, Ctx *cx, const AuthProvider *provider, const Provided *provided,
                        const AuthReturn *back, const ProviderWords *words, Str redirect,
                        Str *ret_form)
{
    Buf form;
    buf_init(&form, cx->arena, 1024, FORM_BYTES_MAX);
    add(&form, "grant_type", STR("authorization_code"));
    add(&form, "code", back->code);
    add(&form, "redirect_uri", redirect);
    add(&form, "code_verifier", words->verifier);
    if (!provider->secret.len || provided->posts_secret)
        add(&form, "client_id", provider->client_id);
    if (provider->secret.len && provided->posts_secret)
        add(&form, "client_secret", provider->secret);
    if (provider->signs)
        TRY(add_assertion(auth, cx, provider, &form));
    TRY(buf_done(&form));
    *ret_form = buf_str(&form);
    return STATUS_OK;
}

static Status redeem(Auth *auth, Ctx *cx, const AuthProvider *provider, const Provided *provided,
                     Str form, JsonValue **ret_root)
{
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    NetHeader headers[3] = {{STR("Content-Type"), STR("application/x-www-form-urlencoded")},
                            {STR("Accept"), STR("application/json")},
                            {STR("Authorization"), STR_EMPTY}};
    NetResponse answer;
    bool basic = provider->secret.len && !provided->posts_secret;
    if (basic)
        TRY(basic_header(cx, provider, &headers[2].value));
    NetRequest request = {.method = NET_POST,
                          .url = provided->token_at,
                          .headers = headers,
                          .header_count = basic ? 3 : 2,
                          .body = form,
                          .body_bytes_max = ANSWER_BYTES_MAX,
                          .timeout_ms = ASK_MS,
                          .site = auth->options.providers->site,
                          .named = provider->issuer};
    if (net_fetch(&quiet, &request, &answer) != STATUS_OK || answer.http >= 500)
        return unreachable(cx);
    if (answer.http != 200 || json_parse(&quiet, answer.body, ret_root) != STATUS_OK ||
        !json_is(*ret_root, JSON_OBJECT) || !jose_is_unambiguous(*ret_root))
        return not_believed(cx);
    return STATUS_OK;
}

/* ---- of somebody
 * ------------------------------------------------------------------------------------ */

typedef struct {
    JoseKey *at;
    size_t count;
} ProviderKeys;

static Status read_keys(Auth *auth, Ctx *cx, const AuthProvider *provider, const Provided *provided,
                        bool renew, ProviderKeys *ret_keys)
{
    JsonValue *root;
    Ctx quiet = {.arena = cx->arena};
    TRY(get(auth, cx, provider, provided->keys_at, renew, &root));
    return jose_keys_read(&quiet, root, CRYPTO_RS256, &ret_keys->at, &ret_keys->count) == STATUS_OK
               ? STATUS_OK
               : unreachable(cx);
}

/* The left half of the hash, which is that of the algorithm: SHA-256 of all that are taken here.
 * SPEC OIDC Core 3.1.3.6, 3.1.3.8 */
static bool at_hash_is_right(Ctx *cx, const JsonValue *claims, const JsonValue *answer)
{
    const JsonValue *said = json_get(claims, STR("at_hash"));
    uint8_t hash[CRYPTO_SHA256_BYTES];
    if (!said)
        return true;
    crypto_sha256(json_get_str(answer, STR("access_token")), hash);
    Str half = crypto_base64url(cx->arena, str_n((const char *)hash, sizeof hash / 2));
    return half.at && json_is(said, JSON_STRING) && str_eq(json_str(said), half);
}

/* SPEC OIDC Core 3.1.3.7: 4 and 5 (azp), 11 (nonce); and an iat, which Core 2 requires. */
static bool claims_are_right(Ctx *cx, const AuthProvider *provider, const JoseClaims *claims,
                             const ProviderWords *words, const JsonValue *answer)
{
    const JsonValue *party = json_get(claims->all, STR("azp"));
    const JsonValue *nonce = json_get(claims->all, STR("nonce"));
    return (!party ||
            (json_is(party, JSON_STRING) && str_eq(json_str(party), provider->client_id))) &&
           json_is(nonce, JSON_STRING) && crypto_equal(json_str(nonce), words->nonce) &&
           claims->issued && claims->subject.len && claims->subject.len <= AUTH_SUBJECT_BYTES_MAX &&
           at_hash_is_right(cx, claims->all, answer);
}

static bool is_strong(const AuthProvider *provider, const JsonValue *claims)
{
    Str acr = json_get_str(claims, STR("acr"));
    for (size_t i = 0; acr.len && i < provider->acr_count; i++) {
        if (str_eq(provider->acr[i], acr))
            return true;
    }
    for (size_t i = 0; i < provider->amr_count; i++) {
        if (has_word(json_get(claims, STR("amr")), provider->amr[i]))
            return true;
    }
    return false;
}

static Status believe(Auth *auth, Ctx *cx, const AuthProvider *provider, const ProviderKeys *keys,
                      const ProviderWords *words, const JsonValue *answer, Told *ret_told)
{
    JoseToken token;
    JoseClaims claims;
    Ctx quiet = {.arena = cx->arena};
    JoseRules rules = {.algorithms = JOSE_ALLOW(CRYPTO_RS256) | JOSE_ALLOW(CRYPTO_PS256) |
                                     JOSE_ALLOW(CRYPTO_ES256)};
    JoseExpect expect = {.issuer = provider->issuer,
                         .audiences = &provider->client_id,
                         .audience_count = 1,
                         .now = auth_now(auth),
                         .skew_s = SKEW_S,
                         .lifetime_max_s = ID_TOKEN_S};
    rules.type = rules.keys_at = expect.subject = STR_EMPTY;
    if (jose_verify(&quiet, json_get_str(answer, STR("id_token")), keys->at, keys->count, &rules,
                    &token) != STATUS_OK ||
        jose_claims(&quiet, token.payload, &expect, &claims) != STATUS_OK ||
        !claims_are_right(cx, provider, &claims, words, answer))
        return not_believed(cx);
    *ret_told = (Told){.subject = claims.subject, .strong = is_strong(provider, claims.all)};
    return STATUS_OK;
}

Status provider_tell(Auth *auth, Ctx *cx, const AuthProvider *provider, const AuthReturn *back,
                     const ProviderWords *words, Str redirect, Told *ret_told)
{
    Provided provided;
    ProviderKeys keys;
    JsonValue *answer;
    Str form;
    TRY(provided_read(auth, cx, provider, &provided));
    if ((provided.says_issuer || back->issuer.len) && !str_eq(back->issuer, provider->issuer))
        return not_believed(cx);
    TRY(make_form(auth, cx, provider, &provided, back, words, redirect, &form));
    TRY(redeem(auth, cx, provider, &provided, form, &answer));
    TRY(read_keys(auth, cx, provider, &provided, false, &keys));
    if (!jose_has_key(cx, json_get_str(answer, STR("id_token")), keys.at, keys.count))
        TRY(read_keys(auth, cx, provider, &provided, true, &keys));
    return believe(auth, cx, provider, &keys, words, answer, ret_told);
}
