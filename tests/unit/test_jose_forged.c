/* Forged tokens: several hundred, made from tables, each signed as well as a forger can. None is
 * accepted; and the honest token that each is made from is, or the test proves nothing.
 *
 * SPEC RFC 8725 2, RFC 7515 10; the faults are those of Project Wycheproof's classes and of the
 * published holes of JWT libraries. */
#include "testing.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "crypto/crypto.h"
#include "jose/jose.h"

#define NOW    ((Time)1790000000 * TIME_SECOND)
#define ISSUER "\"iss\":\"app\",\"sub\":\"app\""
#define FOR_US "\"aud\":\"https://chart.example/oauth/token\""
#define TIMES  "\"iat\":1790000000,\"exp\":1790000240"
#define CLAIMS "{" ISSUER "," FOR_US "," TIMES ",\"jti\":\"7\"}"
#define US_TWO "https://chart.example"

static Ctx cx;
static unsigned forged;

/* What the server knows of its client: one key for each, the third and fourth of RSA. */
enum { OWN_ES256, OWN_RS384, OWN_PS256, OWN_ED25519, OWN_COUNT };
static const struct {
    CryptoSignature kind;
    Str id;
} own[OWN_COUNT] = {
    {CRYPTO_ES256, STR_INIT("e")},
    {CRYPTO_RS384, STR_INIT("r")},
    {CRYPTO_PS256, STR_INIT("p")},
    {CRYPTO_ED25519, STR_INIT("d")},
};
static JoseKey private_keys[OWN_COUNT], known[OWN_COUNT], stranger[OWN_COUNT];

static Status accepted(Str token)
{
    static const Str audiences[] = {STR_INIT("https://chart.example/oauth/token"),
                                    STR_INIT(US_TWO)};
    JoseRules rules = {.algorithms = JOSE_ALLOW(CRYPTO_ES256) | JOSE_ALLOW(CRYPTO_RS384) |
                                     JOSE_ALLOW(CRYPTO_PS256) | JOSE_ALLOW(CRYPTO_ED25519)};
    JoseExpect expect = {.issuer = STR("app"),
                         .subject = STR("app"),
                         .audiences = audiences,
                         .audience_count = COUNT_OF(audiences),
                         .now = NOW,
                         .skew_s = 30,
                         .lifetime_max_s = 300,
                         .needs_id = true};
    JoseToken read;
    JoseClaims claims;
    TRY(jose_verify(&cx, token, known, OWN_COUNT, &rules, &read));
    return jose_claims(&cx, read.payload, &expect, &claims);
}

static void is_refused(Str token)
{
    size_t before = cx.issue_count;
    Status status = accepted(token);
    forged++;
    if (status != STATUS_UNAUTHORIZED)
        fail_msg("%s: status %d for " STR_FMT, testing_case, (int)status, STR_ARG(token));
    check(cx.issue_count > before || before == CTX_ISSUES_MAX);
    ctx_forget(&cx);
}

static Str text(const char *format, Str with)
{
    return arena_format(cx.arena, format, STR_ARG(with));
}

static Str b64(Str bytes)
{
    return crypto_base64url(cx.arena, bytes);
}

static Str join(Str head, Str payload, Str signature)
{
    return arena_format(cx.arena, STR_FMT "." STR_FMT "." STR_FMT, STR_ARG(head), STR_ARG(payload),
                        STR_ARG(signature));
}

/* Signs whatever the header says, as the holder of the key could. */
static Str signed_by(const JoseKey *key, Str header, Str payload)
{
    Str signature = STR_EMPTY, head = b64(header), body = b64(payload);
    Str input = arena_format(cx.arena, STR_FMT "." STR_FMT, STR_ARG(head), STR_ARG(body));
    check(crypto_pair_sign(&cx, key->pair, input, &signature) == STATUS_OK);
    return join(head, body, b64(signature));
}

static Str honest_header(int i)
{
    return arena_format(cx.arena, "{\"alg\":\"" STR_FMT "\",\"kid\":\"" STR_FMT "\"}",
                        STR_ARG(jose_algorithm(own[i].kind)), STR_ARG(own[i].id));
}

static Str honest(int i)
{
    return signed_by(&private_keys[i], honest_header(i), STR(CLAIMS));
}

static Str public_text(const JoseKey *key)
{
    Buf out;
    buf_init(&out, cx.arena, 1024, 8192);
    check(jose_key_write(&cx, key, &out) == STATUS_OK);
    return buf_str(&out);
}

/* ---- headers, signed rightly ---------------------------------------------------------------- */

static void headers_that_lie(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        const char *header; /* %.*s: the "kid" of the key; the algorithm is asked for as @ */
    } cases[] = {
        {"none", "{\"alg\":\"none\",\"kid\":\"%.*s\"}"},
        {"None", "{\"alg\":\"None\",\"kid\":\"%.*s\"}"},
        {"NONE", "{\"alg\":\"NONE\",\"kid\":\"%.*s\"}"},
        {"nOnE", "{\"alg\":\"nOnE\",\"kid\":\"%.*s\"}"},
        {"none with a blank", "{\"alg\":\"none \",\"kid\":\"%.*s\"}"},
        {"no algorithm", "{\"kid\":\"%.*s\"}"},
        {"an empty one", "{\"alg\":\"\",\"kid\":\"%.*s\"}"},
        {"null", "{\"alg\":null,\"kid\":\"%.*s\"}"},
        {"a number", "{\"alg\":256,\"kid\":\"%.*s\"}"},
        {"a list with the right one", "{\"alg\":[\"@\"],\"kid\":\"%.*s\"}"},
        {"an object", "{\"alg\":{\"@\":1},\"kid\":\"%.*s\"}"},
        {"small letters", "{\"alg\":\"es256\",\"kid\":\"%.*s\"}"},
        {"a shared secret", "{\"alg\":\"HS256\",\"kid\":\"%.*s\"}"},
        {"a longer one", "{\"alg\":\"HS384\",\"kid\":\"%.*s\"}"},
        {"another curve", "{\"alg\":\"ES384\",\"kid\":\"%.*s\"}"},
        {"ES256K", "{\"alg\":\"ES256K\",\"kid\":\"%.*s\"}"},
        {"a weaker hash", "{\"alg\":\"RS256\",\"kid\":\"%.*s\"}"},
        {"SHA-1", "{\"alg\":\"RS1\",\"kid\":\"%.*s\"}"},
        {"another padding", "{\"alg\":\"PS384\",\"kid\":\"%.*s\"}"},
        {"encryption", "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"kid\":\"%.*s\"}"},
        {"a password's", "{\"alg\":\"PBES2-HS256+A128KW\",\"p2c\":2147483647,\"kid\":\"%.*s\"}"},
        {"the algorithm twice, none first", "{\"alg\":\"none\",\"alg\":\"@\",\"kid\":\"%.*s\"}"},
        {"the algorithm twice, none last", "{\"alg\":\"@\",\"alg\":\"none\",\"kid\":\"%.*s\"}"},
        {"the same twice", "{\"alg\":\"@\",\"alg\":\"@\",\"kid\":\"%.*s\"}"},
        {"twice, once escaped", "{\"alg\":\"@\",\"\\u0061lg\":\"none\",\"kid\":\"%.*s\"}"},
        {"the kid twice", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"kid\":\"e\"}"},
        {"twice in an inner object", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"z\":{\"a\":1,\"a\":2}}"},
        {"a critical extension", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"crit\":[\"exp\"],\"exp\":1}"},
        {"an empty list of them", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"crit\":[]}"},
        {"critical b64", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"b64\":false,\"crit\":[\"b64\"]}"},
        {"b64 alone", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"b64\":false}"},
        {"the address of a key",
         "{\"alg\":\"@\",\"kid\":\"%.*s\",\"jku\":\"https://a.example/k\"}"},
        {"a file's", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"jku\":\"file:///etc/passwd\"}"},
        {"no address", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"jku\":null}"},
        {"of a certificate", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"x5u\":\"https://a.example/c\"}"},
        {"a certificate", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"x5c\":[\"MIIC\"]}"},
        {"a key", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}"},
        {"no key", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"jwk\":null}"},
        {"compression", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"zip\":\"DEF\"}"},
        {"a nested token", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"cty\":\"JWT\"}"},
        {"another type", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"typ\":\"at+jwt\"}"},
        {"a type that is no string", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"typ\":[\"JWT\"]}"},
        {"no kid, where there are several keys", "{\"alg\":\"@\"}"},
        {"an empty kid", "{\"alg\":\"@\",\"kid\":\"\"}"},
        {"an unknown kid", "{\"alg\":\"@\",\"kid\":\"x%.*s\"}"},
        {"a kid that is longer", "{\"alg\":\"@\",\"kid\":\"%.*s\\u0000\"}"},
        {"a path", "{\"alg\":\"@\",\"kid\":\"../../../../dev/null\"}"},
        {"SQL", "{\"alg\":\"@\",\"kid\":\"x' UNION SELECT 'e\"}"},
        {"a kid that is a number", "{\"alg\":\"@\",\"kid\":0}"},
        {"a kid that is a list", "{\"alg\":\"@\",\"kid\":[\"%.*s\"]}"},
        {"no object", "[\"@\",\"%.*s\"]"},
        {"a string", "\"@ %.*s\""},
        {"something behind", "{\"alg\":\"@\",\"kid\":\"%.*s\"}{}"},
        {"a comma behind", "{\"alg\":\"@\",\"kid\":\"%.*s\",}"},
        {"a comment", "{\"alg\":\"@\",\"kid\":\"%.*s\"/* */}"},
        {"half of it", "{\"alg\":\"@\",\"kid\":\"%.*s"},
        {"a byte order mark", "\xef\xbb\xbf{\"alg\":\"@\",\"kid\":\"%.*s\"}"},
        {"no UTF-8", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"z\":\"\xff\"}"},
        {"half a surrogate pair", "{\"alg\":\"@\",\"kid\":\"%.*s\",\"z\":\"\\ud800\"}"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        for (int i = 0; i < OWN_COUNT; i++) {
            Str header = text(c->header, own[i].id), filled = STR_EMPTY;
            for (Str rest = header; rest.at;) {
                Str part = str_cut(&rest, '@');
                filled =
                    arena_format(cx.arena, STR_FMT STR_FMT STR_FMT, STR_ARG(filled), STR_ARG(part),
                                 STR_ARG(rest.at ? jose_algorithm(own[i].kind) : STR_EMPTY));
            }
            is_refused(signed_by(&private_keys[i], filled, STR(CLAIMS)));
        }
    }
}

/* Everything that a server has told the world, taken for a shared secret. CVE-2015-9235 */
static void the_public_key_as_a_secret(void **state)
{
    UNUSED(state);
    for (int i = 0; i < OWN_COUNT; i++) {
        CryptoPublic numbers = {0};
        check(crypto_pair_numbers(&cx, known[i].pair, &numbers) == STATUS_OK);
        Str secrets[] = {public_text(&known[i]), numbers.first, b64(numbers.first),
                         numbers.second,         known[i].id,   STR_EMPTY};
        for (size_t k = 0; k < COUNT_OF(secrets); k++) {
            uint8_t mac[CRYPTO_SHA256_BYTES];
            CASE("HS256 with what is public");
            Str head = b64(text("{\"alg\":\"HS256\",\"kid\":\"%.*s\"}", own[i].id));
            Str input = arena_format(cx.arena, STR_FMT "." STR_FMT, STR_ARG(head),
                                     STR_ARG(b64(STR(CLAIMS))));
            crypto_hmac_sha256(secrets[k], input, mac);
            is_refused(join(head, b64(STR(CLAIMS)), b64(str_n((char *)mac, sizeof mac))));
        }
    }
}

static void other_peoples_keys(void **state)
{
    UNUSED(state);
    for (int i = 0; i < OWN_COUNT; i++) {
        CASE("a stranger's key under our kid");
        is_refused(signed_by(&stranger[i], honest_header(i), STR(CLAIMS)));
        CASE("a stranger's key, brought along");
        is_refused(signed_by(&stranger[i],
                             arena_format(cx.arena,
                                          "{\"alg\":\"" STR_FMT "\",\"kid\":\"" STR_FMT
                                          "\",\"jwk\":" STR_FMT "}",
                                          STR_ARG(jose_algorithm(own[i].kind)), STR_ARG(own[i].id),
                                          STR_ARG(public_text(&stranger[i]))),
                             STR(CLAIMS)));
        CASE("a key of ours under the kid of another");
        for (int k = 0; k < OWN_COUNT; k++) {
            if (k == i)
                continue;
            is_refused(signed_by(&private_keys[i], honest_header(k), STR(CLAIMS)));
            is_refused(signed_by(
                &private_keys[i],
                arena_format(cx.arena, "{\"alg\":\"" STR_FMT "\",\"kid\":\"" STR_FMT "\"}",
                             STR_ARG(jose_algorithm(own[i].kind)), STR_ARG(own[k].id)),
                STR(CLAIMS)));
        }
    }
}

/* ---- forms ---------------------------------------------------------------------------------- */

static void forms_of_a_token(void **state)
{
    UNUSED(state);
    for (int i = 0; i < OWN_COUNT; i++) {
        Str good = honest(i), rest = good;
        Str head = str_cut(&rest, '.'), body = str_cut(&rest, '.'), end = rest;
        const struct {
            const char *why;
            Str token;
        } cases[] = {
            {"nothing", STR_EMPTY},
            {"dots alone", STR("..")},
            {"no signature", join(head, body, STR_EMPTY)},
            {"none's form", str_head(good, head.len + 1 + body.len)},
            {"no payload", join(head, STR_EMPTY, end)},
            {"no header", join(STR_EMPTY, body, end)},
            {"a dot behind", text("%.*s.", good)},
            {"a dot before", text(".%.*s", good)},
            {"four parts", text("%.*s.AA", good)},
            {"five parts: encrypted", text("%.*s.AA.AA", good)},
            {"padding", text("%.*s=", good)},
            {"more padding", text("%.*s==", good)},
            {"padding of the header", join(text("%.*s=", head), body, end)},
            {"padding of the payload", join(head, text("%.*s=", body), end)},
            {"a blank before", text(" %.*s", good)},
            {"a blank behind", text("%.*s ", good)},
            {"a line's end", text("%.*s\n", good)},
            {"a blank in the header", join(text("%.*s ", head), body, end)},
            {"a line's end in the payload", join(head, text("\n%.*s", body), end)},
            {"a tab in the signature", join(head, body, text("\t%.*s", end))},
            {"a NUL behind", str_n(text("%.*s", good).at, good.len + 1)},
            {"Bearer", text("Bearer %.*s", good)},
            {"in quotes", text("\"%.*s\"", good)},
            {"the JSON form", arena_format(cx.arena,
                                           "{\"protected\":\"" STR_FMT "\",\"payload\":\"" STR_FMT
                                           "\",\"signature\":\"" STR_FMT "\"}",
                                           STR_ARG(head), STR_ARG(body), STR_ARG(end))},
            {"the signature twice", join(head, body, text("%.*sAAAA", end))},
            {"cut by a letter", str_head(good, good.len - 1)},
            {"cut by two", str_head(good, good.len - 2)},
            {"cut by four", str_head(good, good.len - 4)},
            {"half a signature", str_head(good, good.len - end.len / 2)},
            {"header and payload swapped", join(body, head, end)},
            {"another payload",
             join(head, b64(STR("{" ISSUER "," FOR_US "," TIMES ",\"jti\":\"8\"}")), end)},
            {"another header that says the same",
             join(b64(arena_format(cx.arena, "{\"kid\":\"" STR_FMT "\",\"alg\":\"" STR_FMT "\"}",
                                   STR_ARG(own[i].id), STR_ARG(jose_algorithm(own[i].kind)))),
                  body, end)},
            {"too long", text("%.*s", str_n(arena_alloc(cx.arena, 20000), 20000))},
        };
        FOR_CASES(cases, c)
        {
            CASE(c->why);
            is_refused(c->token);
        }
        CASE("stray bits behind the last byte");
        Str stray = arena_str(cx.arena, good);
        /* 64, 384 bytes: the last letter has four bits, or none, that say nothing. */
        if (end.len % 4) {
            static const char letters[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            char *last = (char *)(uintptr_t)stray.at + stray.len - 1;
            *last = letters[(strchr(letters, *last) - letters) ^ 1];
            is_refused(stray);
        }
        CASE("the other alphabet");
        Str plus = arena_str(cx.arena, good);
        bool changed = false;
        for (size_t k = 0; k < plus.len; k++) {
            char *c = (char *)(uintptr_t)plus.at + k;
            changed |= *c == '-' || *c == '_';
            *c = (char)(*c == '-' ? '+' : *c == '_' ? '/' : *c);
        }
        if (changed)
            is_refused(plus);
    }
}

static void one_bit_of_a_token(void **state)
{
    UNUSED(state);
    for (int i = 0; i < OWN_COUNT; i++) {
        Str good = honest(i);
        CASE("a letter is another");
        for (size_t k = 0; k < good.len; k += 3) {
            Str changed = arena_str(cx.arena, good);
            char *at = (char *)(uintptr_t)changed.at + k;
            *at = *at == 'A' ? 'B' : 'A';
            is_refused(changed);
        }
    }
}

/* ---- signatures ----------------------------------------------------------------------------- */

static Str with_signature(int i, const uint8_t *bytes, size_t len)
{
    return join(b64(honest_header(i)), b64(STR(CLAIMS)), b64(str_n((const char *)bytes, len)));
}

/* r and s of zero, of the order, of one: a verifier that forgets the range says yes to some.
 * CVE-2022-21449 */
static void numbers_out_of_range(void **state)
{
    UNUSED(state);
    static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    static const char order_1[] =
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552";
    static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const char one[] = "0000000000000000000000000000000000000000000000000000000000000001";
    static const char most[] = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    const char *numbers[] = {zero, one, order, order_1, most};
    for (size_t r = 0; r < COUNT_OF(numbers); r++) {
        for (size_t s = 0; s < COUNT_OF(numbers); s++) {
            Str bytes = STR_EMPTY;
            CASE("r and s at the edges");
            check(crypto_hex_decode(
                cx.arena, arena_format(cx.arena, "%s%s", numbers[r], numbers[s]), &bytes));
            is_refused(with_signature(OWN_ES256, (const uint8_t *)bytes.at, bytes.len));
            is_refused(with_signature(OWN_ED25519, (const uint8_t *)bytes.at, bytes.len));
        }
    }
}

/* A right signature in another coding. */
static void other_forms_of_a_signature(void **state)
{
    UNUSED(state);
    Str good = honest(OWN_ES256), rest = good, raw = STR_EMPTY;
    str_cut(&rest, '.'), str_cut(&rest, '.');
    check(crypto_base64url_decode(cx.arena, rest, &raw) && raw.len == 64);
    const uint8_t *at = (const uint8_t *)raw.at;
    ECDSA_SIG *parts = ECDSA_SIG_new();
    uint8_t *der = NULL;
    ECDSA_SIG_set0(parts, BN_bin2bn(at, 32, NULL), BN_bin2bn(at + 32, 32, NULL));
    int len = i2d_ECDSA_SIG(parts, &der);
    CASE("DER");
    check(len > 0);
    is_refused(with_signature(OWN_ES256, der, (size_t)len));
    OPENSSL_free(der);
    ECDSA_SIG_free(parts);
    uint8_t wide[66] = {0}, swapped[64];
    CASE("each number with a zero before it");
    memcpy(wide + 1, at, 32), memcpy(wide + 34, at + 32, 32);
    is_refused(with_signature(OWN_ES256, wide, sizeof wide));
    CASE("s before r");
    memcpy(swapped, at + 32, 32), memcpy(swapped + 32, at, 32);
    is_refused(with_signature(OWN_ES256, swapped, sizeof swapped));
    CASE("r alone");
    is_refused(with_signature(OWN_ES256, at, 32));

    for (int i = OWN_RS384; i <= OWN_PS256; i++) {
        rest = honest(i);
        str_cut(&rest, '.'), str_cut(&rest, '.');
        check(crypto_base64url_decode(cx.arena, rest, &raw));
        uint8_t longer[1024] = {0};
        CASE("a zero before the number of RSA");
        memcpy(longer + 1, raw.at, raw.len);
        is_refused(with_signature(i, longer, raw.len + 1));
        CASE("a byte behind it");
        is_refused(with_signature(i, longer + 1, raw.len + 1));
        CASE("zero, one, the greatest");
        memset(longer, 0, sizeof longer);
        is_refused(with_signature(i, longer, raw.len));
        longer[raw.len - 1] = 1;
        is_refused(with_signature(i, longer, raw.len));
        memset(longer, 0xff, sizeof longer);
        is_refused(with_signature(i, longer, raw.len));
        CASE("nothing");
        is_refused(with_signature(i, longer, 0));
    }
    /* The same numbers of RSA, used with the other padding. */
    CASE("PKCS #1 v1.5 where PSS is agreed, and the other way");
    Str der_text = STR_EMPTY;
    for (int i = OWN_RS384; i <= OWN_PS256; i++) {
        JoseKey other = {0};
        check(crypto_pair_save(&cx, private_keys[i].pair, &der_text) == STATUS_OK);
        for (CryptoSignature kind = CRYPTO_RS256; kind <= CRYPTO_PS384; kind++) {
            if (kind == own[i].kind)
                continue;
            check(crypto_pair_load(&cx, kind, der_text, &other.pair) == STATUS_OK);
            is_refused(signed_by(&other, honest_header(i), STR(CLAIMS)));
            is_refused(signed_by(&other,
                                 arena_format(cx.arena,
                                              "{\"alg\":\"" STR_FMT "\",\"kid\":\"" STR_FMT "\"}",
                                              STR_ARG(jose_algorithm(kind)), STR_ARG(own[i].id)),
                                 STR(CLAIMS)));
        }
    }
}

/* ---- claims, signed rightly ----------------------------------------------------------------- */

static void claims_that_do_not_hold(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str claims;
    } cases[] = {
        {"nothing", STR_INIT("{}")},
        {"no object", STR_INIT("[]")},
        {"no JSON", STR_INIT("app")},
        {"something behind", STR_INIT(CLAIMS " {}")},
        {"no issuer", STR_INIT("{\"sub\":\"app\"," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"another issuer",
         STR_INIT("{\"iss\":\"app2\",\"sub\":\"app\"," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"an issuer in capitals",
         STR_INIT("{\"iss\":\"APP\",\"sub\":\"app\"," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"an issuer with a blank",
         STR_INIT("{\"iss\":\"app \",\"sub\":\"app\"," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"a list of issuers",
         STR_INIT("{\"iss\":[\"app\"],\"sub\":\"app\"," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"the issuer twice",
         STR_INIT("{\"iss\":\"x\"," ISSUER "," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"the issuer twice, the other way",
         STR_INIT("{" ISSUER ",\"iss\":\"x\"," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"no subject", STR_INIT("{\"iss\":\"app\"," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"another subject",
         STR_INIT("{\"iss\":\"app\",\"sub\":\"root\"," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"a subject that is null",
         STR_INIT("{\"iss\":\"app\",\"sub\":null," FOR_US "," TIMES ",\"jti\":\"7\"}")},
        {"no audience", STR_INIT("{" ISSUER "," TIMES ",\"jti\":\"7\"}")},
        {"another audience",
         STR_INIT("{" ISSUER ",\"aud\":\"https://other.example\"," TIMES ",\"jti\":\"7\"}")},
        {"a longer audience",
         STR_INIT("{" ISSUER ",\"aud\":\"https://chart.example/oauth/token/\"," TIMES
                  ",\"jti\":\"7\"}")},
        {"a shorter one",
         STR_INIT("{" ISSUER ",\"aud\":\"https://chart.example/oauth\"," TIMES ",\"jti\":\"7\"}")},
        {"another scheme",
         STR_INIT("{" ISSUER ",\"aud\":\"http://chart.example/oauth/token\"," TIMES
                  ",\"jti\":\"7\"}")},
        {"for us and for somebody else",
         STR_INIT("{" ISSUER ",\"aud\":[\"" US_TWO "\",\"https://other.example\"]," TIMES
                  ",\"jti\":\"7\"}")},
        {"for nobody", STR_INIT("{" ISSUER ",\"aud\":[]," TIMES ",\"jti\":\"7\"}")},
        {"for a number", STR_INIT("{" ISSUER ",\"aud\":[1]," TIMES ",\"jti\":\"7\"}")},
        {"for an object",
         STR_INIT("{" ISSUER ",\"aud\":{\"" US_TWO "\":1}," TIMES ",\"jti\":\"7\"}")},
        {"the audience twice",
         STR_INIT("{" ISSUER "," FOR_US ",\"aud\":\"x\"," TIMES ",\"jti\":\"7\"}")},
        {"no end", STR_INIT("{" ISSUER "," FOR_US ",\"iat\":1790000000,\"jti\":\"7\"}")},
        {"an end that is past",
         STR_INIT("{" ISSUER "," FOR_US ",\"exp\":1789999969,\"jti\":\"7\"}")},
        {"past for long", STR_INIT("{" ISSUER "," FOR_US ",\"exp\":1300819380,\"jti\":\"7\"}")},
        {"an end at zero", STR_INIT("{" ISSUER "," FOR_US ",\"exp\":0,\"jti\":\"7\"}")},
        {"before 1970", STR_INIT("{" ISSUER "," FOR_US ",\"exp\":-1790000240,\"jti\":\"7\"}")},
        {"an end that is text",
         STR_INIT("{" ISSUER "," FOR_US ",\"exp\":\"1790000240\",\"jti\":\"7\"}")},
        {"an end that is a date",
         STR_INIT("{" ISSUER "," FOR_US ",\"exp\":\"2027-01-01T00:00:00Z\",\"jti\":\"7\"}")},
        {"an end that is true", STR_INIT("{" ISSUER "," FOR_US ",\"exp\":true,\"jti\":\"7\"}")},
        {"an end that is null", STR_INIT("{" ISSUER "," FOR_US ",\"exp\":null,\"jti\":\"7\"}")},
        {"an end in milliseconds",
         STR_INIT("{" ISSUER "," FOR_US ",\"exp\":1790000240000,\"jti\":\"7\"}")},
        {"an end at infinity", STR_INIT("{" ISSUER "," FOR_US ",\"exp\":1e400,\"jti\":\"7\"}")},
        {"an end that overflows",
         STR_INIT("{" ISSUER "," FOR_US ",\"exp\":18446744075499551856,\"jti\":\"7\"}")},
        {"an end too far away",
         STR_INIT("{" ISSUER "," FOR_US ",\"exp\":1790000331,\"jti\":\"7\"}")},
        {"a year away", STR_INIT("{" ISSUER "," FOR_US ",\"exp\":1821536000,\"jti\":\"7\"}")},
        {"the end twice",
         STR_INIT("{" ISSUER "," FOR_US "," TIMES ",\"exp\":1790000240,\"jti\":\"7\"}")},
        {"issued in the future",
         STR_INIT("{" ISSUER "," FOR_US ",\"iat\":1790000031,\"exp\":1790000240,\"jti\":\"7\"}")},
        {"issued at text",
         STR_INIT("{" ISSUER "," FOR_US ",\"iat\":\"now\",\"exp\":1790000240,\"jti\":\"7\"}")},
        {"not before tomorrow",
         STR_INIT("{" ISSUER "," FOR_US "," TIMES ",\"nbf\":1790086400,\"jti\":\"7\"}")},
        {"not before a moment",
         STR_INIT("{" ISSUER "," FOR_US "," TIMES ",\"nbf\":1790000031,\"jti\":\"7\"}")},
        {"not before text",
         STR_INIT("{" ISSUER "," FOR_US "," TIMES ",\"nbf\":\"0\",\"jti\":\"7\"}")},
        {"no jti", STR_INIT("{" ISSUER "," FOR_US "," TIMES "}")},
        {"an empty jti", STR_INIT("{" ISSUER "," FOR_US "," TIMES ",\"jti\":\"\"}")},
        {"a jti that is a number", STR_INIT("{" ISSUER "," FOR_US "," TIMES ",\"jti\":7}")},
        {"the jti twice",
         STR_INIT("{" ISSUER "," FOR_US "," TIMES ",\"jti\":\"7\",\"jti\":\"8\"}")},
        {"a member twice, deep inside",
         STR_INIT("{" ISSUER "," FOR_US "," TIMES ",\"jti\":\"7\",\"x\":[{\"a\":1,\"a\":1}]}")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        for (int i = 0; i < OWN_COUNT; i += OWN_ED25519)
            is_refused(signed_by(&private_keys[i], honest_header(i), c->claims));
    }
    CASE("a jti without end");
    Str blanks = arena_format(cx.arena, "%300s", "");
    is_refused(signed_by(&private_keys[0], honest_header(0),
                         text("{" ISSUER "," FOR_US "," TIMES ",\"jti\":\"%.*s\"}", blanks)));
}

/* ---- and the honest ones -------------------------------------------------------------------- */

static void honest_tokens_are_taken(void **state)
{
    UNUSED(state);
    static const Str claims[] = {
        STR_INIT(CLAIMS),
        STR_INIT("{" ISSUER ",\"aud\":[\"" US_TWO "\"],\"exp\":1790000240.5,\"jti\":\"7\"}"),
        STR_INIT("{" ISSUER ",\"aud\":[\"" US_TWO "\",\"https://chart.example/oauth/token\"],"
                 "\"nbf\":1789999000,\"exp\":1790000300,\"jti\":\"7\",\"x\":{\"a\":[1]}}"),
        STR_INIT("{" ISSUER "," FOR_US
                 ",\"exp\":1789999990,\"jti\":\"our clocks differ a little\"}"),
    };
    for (int i = 0; i < OWN_COUNT; i++) {
        CASE(own[i].id.at);
        check(accepted(honest(i)) == STATUS_OK);
        for (size_t c = 0; c < COUNT_OF(claims); c++)
            check(accepted(signed_by(&private_keys[i], honest_header(i), claims[c])) == STATUS_OK);
        Str typed = arena_format(cx.arena,
                                 "{\"typ\":\"JWT\",\"alg\":\"" STR_FMT "\",\"kid\":\"" STR_FMT
                                 "\",\"x5t\":\"a hint that nobody needs\"}",
                                 STR_ARG(jose_algorithm(own[i].kind)), STR_ARG(own[i].id));
        check(accepted(signed_by(&private_keys[i], typed, STR(CLAIMS))) == STATUS_OK);
    }
}

/* "jku" is taken where it says what was registered. SPEC SMART 2.2 */
static void the_registered_place_of_keys(void **state)
{
    UNUSED(state);
    Str header = STR("{\"alg\":\"ES256\",\"kid\":\"e\",\"jku\":\"https://app.example/keys\"}");
    Str token = signed_by(&private_keys[OWN_ES256], header, STR(CLAIMS));
    JoseRules rules = {.algorithms = JOSE_ALLOW(CRYPTO_ES256)};
    JoseToken read;
    static const struct {
        Str at;
        Status status;
    } cases[] = {
        {STR_INIT("https://app.example/keys"), STATUS_OK},
        {STR_INIT("https://app.example/keys/"), STATUS_UNAUTHORIZED},
        {STR_INIT("https://app.example/key"), STATUS_UNAUTHORIZED},
        {STR_INIT(""), STATUS_UNAUTHORIZED},
    };
    FOR_CASES(cases, c)
    {
        rules.keys_at = c->at;
        check_int(jose_verify(&cx, token, known, OWN_COUNT, &rules, &read), c->status);
    }
}

static void there_were_enough(void **state)
{
    UNUSED(state);
    print_message("# %u forged tokens, none accepted\n", forged);
    check(forged >= 250);
}

static void make_keys(void)
{
    for (int i = 0; i < OWN_COUNT; i++) {
        JsonValue *jwk = NULL;
        private_keys[i].id = stranger[i].id = own[i].id;
        check(crypto_pair_make(&cx, own[i].kind, &private_keys[i].pair) == STATUS_OK);
        check(crypto_pair_make(&cx, own[i].kind, &stranger[i].pair) == STATUS_OK);
        check(json_parse(&cx, public_text(&private_keys[i]), &jwk) == STATUS_OK);
        check(jose_key_read(&cx, jwk, 0, &known[i]) == STATUS_OK);
    }
}

static int before_all(void **state)
{
    UNUSED(state);
    make_keys();
    return 0;
}

int main(void)
{
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_tokens_are_taken),
        cmocka_unit_test(the_registered_place_of_keys),
        cmocka_unit_test(headers_that_lie),
        cmocka_unit_test(the_public_key_as_a_secret),
        cmocka_unit_test(other_peoples_keys),
        cmocka_unit_test(forms_of_a_token),
        cmocka_unit_test(one_bit_of_a_token),
        cmocka_unit_test(numbers_out_of_range),
        cmocka_unit_test(other_forms_of_a_signature),
        cmocka_unit_test(claims_that_do_not_hold),
        cmocka_unit_test(there_were_enough),
    };
    int failed = cmocka_run_group_tests(tests, before_all, NULL);
    arena_free(cx.arena);
    return failed;
}
