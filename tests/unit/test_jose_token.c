/* The published examples of JWS and JWK: each verifies, or is refused because it is of a kind that
 * is not offered. */
#include "testing.h"

#include "crypto/crypto.h"
#include "jose/jose.h"

static Ctx cx;

#define RFC7515_N                                                                                  \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm"  \
    "4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5r" \
    "exMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyx" \
    "XFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RFC7520_N                                                                                  \
    "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJm"  \
    "SCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-O" \
    "fVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAK" \
    "wuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"
#define RFC7517_N                                                                                  \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJEC"  \
    "PebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"         \
    "FDW2QvzqY"                                                                                    \
    "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"                     \
    "bFTWhAI4vMQFh6WeZu0fM"                                                                        \
    "4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"

#define RFC7515_PAYLOAD                                                                            \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"
#define RFC7520_PAYLOAD                                                                            \
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250" \
    "byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hl" \
    "cmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"

/* A.2's signature is given by its RFC as octets. */
static const uint8_t a2_signature[] = {
    112, 46,  33,  137, 67,  232, 143, 209, 30,  181, 216, 45,  191, 120, 69,  243, 65,  6,   174,
    27,  129, 255, 247, 115, 17,  22,  173, 209, 113, 125, 131, 101, 109, 66,  10,  253, 60,  150,
    238, 221, 115, 162, 102, 62,  81,  102, 104, 123, 0,   11,  135, 34,  110, 1,   135, 237, 16,
    115, 249, 69,  229, 130, 173, 252, 239, 22,  216, 90,  121, 142, 232, 198, 109, 219, 61,  184,
    151, 91,  23,  208, 148, 2,   190, 237, 213, 217, 217, 112, 7,   16,  141, 178, 129, 96,  213,
    248, 4,   12,  167, 68,  87,  98,  184, 31,  190, 127, 249, 217, 46,  10,  231, 111, 36,  242,
    91,  51,  187, 230, 244, 74,  230, 30,  177, 4,   10,  203, 32,  4,   77,  62,  249, 18,  142,
    212, 1,   48,  121, 91,  212, 189, 59,  65,  238, 202, 208, 102, 171, 101, 25,  129, 253, 228,
    141, 247, 127, 55,  45,  195, 139, 159, 175, 221, 59,  239, 177, 139, 93,  163, 204, 60,  46,
    176, 47,  158, 58,  65,  214, 18,  202, 173, 21,  145, 18,  115, 160, 95,  35,  185, 232, 56,
    250, 175, 132, 157, 105, 132, 41,  239, 90,  30,  136, 121, 130, 54,  195, 212, 14,  96,  69,
    34,  165, 68,  200, 242, 122, 122, 45,  184, 6,   99,  209, 108, 247, 202, 234, 86,  222, 64,
    92,  178, 33,  90,  69,  178, 194, 85,  102, 181, 90,  193, 167, 72,  160, 112, 223, 200, 163,
    42,  70,  149, 67,  208, 25,  238, 251, 71,
};
static const uint8_t a3_signature[] = {
    14,  209, 33,  83,  121, 99,  108, 72,  60,  47,  127, 21,  88,  7,   212, 2,
    163, 178, 40,  3,   58,  249, 124, 126, 23,  129, 154, 195, 22,  158, 166, 101,
    197, 10,  7,   211, 140, 60,  112, 229, 216, 241, 45,  175, 8,   74,  84,  128,
    166, 101, 144, 197, 242, 147, 80,  154, 143, 63,  127, 138, 131, 163, 84,  213,
};

static const struct Example {
    const char *why;
    CryptoSignature rsa; /* what an RSA key without "alg" is for */
    Str key, head;       /* of the token, up to the signature */
    const uint8_t *octets;
    size_t octet_count;
    Str signature; /* or as it stands in the RFC */
} examples[] = {
    {"RFC 7515 A.2, RS256", CRYPTO_RS256,
     STR_INIT("{\"kty\":\"RSA\",\"n\":\"" RFC7515_N "\",\"e\":\"AQAB\"}"),
     STR_INIT("eyJhbGciOiJSUzI1NiJ9." RFC7515_PAYLOAD), a2_signature, sizeof a2_signature,
     STR_INIT("")},
    {"RFC 7515 A.3, ES256", 0,
     STR_INIT("{\"kty\":\"EC\",\"crv\":\"P-256\","
              "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
              "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"),
     STR_INIT("eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD), a3_signature, sizeof a3_signature,
     STR_INIT("")},
    {"RFC 7520 4.1, RS256", CRYPTO_RS256,
     STR_INIT("{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\",\"use\":\"sig\","
              "\"n\":\"" RFC7520_N "\",\"e\":\"AQAB\"}"),
     STR_INIT("eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9"
              "." RFC7520_PAYLOAD),
     NULL, 0,
     STR_INIT(
         "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp"
         "83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCr"
         "UCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aX"
         "ic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg")},
    {"RFC 7520 4.2, PS384", CRYPTO_PS384,
     STR_INIT("{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\",\"use\":\"sig\","
              "\"n\":\"" RFC7520_N "\",\"e\":\"AQAB\"}"),
     STR_INIT("eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9"
              "." RFC7520_PAYLOAD),
     NULL, 0,
     STR_INIT(
         "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCd"
         "P6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442Z"
         "dNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1"
         "aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw")},
    {"RFC 8037 A.5, EdDSA", 0,
     STR_INIT("{\"kty\":\"OKP\",\"use\":\"sig\",\"crv\":\"Ed25519\","
              "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"),
     STR_INIT("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"), NULL, 0,
     STR_INIT("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0K"
              "Ag")},
};

static Str signature_of(const struct Example *e)
{
    return e->octets ? crypto_base64url(cx.arena, str_n((const char *)e->octets, e->octet_count))
                     : e->signature;
}

static JsonValue *parsed(Str text)
{
    JsonValue *root = NULL;
    check(json_parse(&cx, text, &root) == STATUS_OK);
    return root;
}

static void the_examples_of_the_standards_verify(void **state)
{
    UNUSED(state);
    FOR_CASES(examples, e)
    {
        CASE(e->why);
        JoseKey key = {0};
        JoseToken token = {0};
        check(jose_key_read(&cx, parsed(e->key), e->rsa, &key) == STATUS_OK);
        unsigned kind = crypto_pair_kind(key.pair);
        JoseRules rules = {.algorithms = JOSE_ALLOW(kind)},
                  none = {.algorithms = ~rules.algorithms};
        Str text =
            arena_format(cx.arena, STR_FMT "." STR_FMT, STR_ARG(e->head), STR_ARG(signature_of(e)));
        check(jose_verify(&cx, text, &key, 1, &rules, &token) == STATUS_OK);
        check(token.payload.len > 20 && token.key == &key);
        /* The caller's list is asked too. */
        check(jose_verify(&cx, text, &key, 1, &none, &token) == STATUS_UNAUTHORIZED);
        /* And no bit of it may be another. */
        for (size_t i = 0; i < text.len; i += 5) {
            Str changed = arena_str(cx.arena, text);
            ((char *)(uintptr_t)changed.at)[i] ^= 1;
            check(jose_verify(&cx, changed, &key, 1, &rules, &token) == STATUS_UNAUTHORIZED);
        }
    }
}

static void keys_that_are_refused(void **state)
{
    UNUSED(state);
#define EC(rest)  "{\"kty\":\"EC\",\"crv\":\"P-256\"," rest "}"
#define EC_X      "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\""
#define EC_Y      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define RSA(rest) "{\"kty\":\"RSA\"," rest "}"
#define RSA_N     "\"n\":\"" RFC7515_N "\""
#define ED(x)     "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" x "\"}"
    static const struct {
        const char *why;
        Str key;
    } cases[] = {
        {"no object", STR_INIT("[]")},
        {"nothing in it", STR_INIT("{}")},
        {"no such kind", STR_INIT("{\"kty\":\"DSA\"}")},
        {"kinds are written in one way",
         STR_INIT("{\"kty\":\"ec\",\"crv\":\"P-256\"," EC_X "," EC_Y "}")},
        {"a shared key", STR_INIT("{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}")},
        {"RFC 7517 A.2: a private key",
         STR_INIT(EC(EC_X "," EC_Y ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""))},
        {"RFC 7517 A.1: for encryption", STR_INIT(EC(EC_X "," EC_Y ",\"use\":\"enc\""))},
        {"for signing, not for verifying", STR_INIT(EC(EC_X "," EC_Y ",\"key_ops\":[\"sign\"]"))},
        {"another algorithm than its curve's", STR_INIT(EC(EC_X "," EC_Y ",\"alg\":\"ES384\""))},
        {"an algorithm that is none", STR_INIT(EC(EC_X "," EC_Y ",\"alg\":\"none\""))},
        {"an algorithm of another kind", STR_INIT(EC(EC_X "," EC_Y ",\"alg\":\"HS256\""))},
        {"an algorithm that is no string", STR_INIT(EC(EC_X "," EC_Y ",\"alg\":7"))},
        {"a kid that is no string", STR_INIT(EC(EC_X "," EC_Y ",\"kid\":7"))},
        {"an empty kid", STR_INIT(EC(EC_X "," EC_Y ",\"kid\":\"\""))},
        {"x twice", STR_INIT(EC(EC_X "," EC_X "," EC_Y))},
        {"no y", STR_INIT(EC(EC_X))},
        {"x and y swapped: no point of the curve",
         STR_INIT(EC("\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                     "\"x\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""))},
        {"the point at infinity",
         STR_INIT(EC("\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
                     "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""))},
        {"a short x", STR_INIT(EC("\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA\"," EC_Y))},
        {"x with a zero before it",
         STR_INIT(EC("\"x\":\"AH_NzidwNsRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF\"," EC_Y))},
        {"padding", STR_INIT(EC("\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=\"," EC_Y))},
        {"a curve that is not offered",
         STR_INIT(
             "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v1"
             "3nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt\",\"y\":\"AdymlHvOiLxXkEhayXQn"
             "NCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1\"}")},
        {"RSA without its algorithm, where none is agreed", STR_INIT(RSA(RSA_N ",\"e\":\"AQAB\""))},
        {"RSA for ECDSA", STR_INIT(RSA(RSA_N ",\"e\":\"AQAB\",\"alg\":\"ES256\""))},
        {"an exponent of 1", STR_INIT(RSA(RSA_N ",\"e\":\"AQ\",\"alg\":\"RS256\""))},
        {"an exponent of 3", STR_INIT(RSA(RSA_N ",\"e\":\"Aw\",\"alg\":\"RS256\""))},
        {"an even exponent", STR_INIT(RSA(RSA_N ",\"e\":\"AQAC\",\"alg\":\"RS256\""))},
        {"an exponent with a zero before it",
         STR_INIT(RSA(RSA_N ",\"e\":\"AAEAAQ\",\"alg\":\"RS256\""))},
        {"no exponent", STR_INIT(RSA(RSA_N ",\"alg\":\"RS256\""))},
        {"a modulus of 512 bits",
         STR_INIT(
             RSA("\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4q"
                 "PCJrcS2mJPMEzPw\",\"e\":\"AQAB\",\"alg\":\"RS256\""))},
        {"an even modulus",
         STR_INIT(RSA("\"n\":\"" RFC7515_N "AA\",\"e\":\"AQAB\",\"alg\":\"RS256\""))},
        {"Ed25519: the point of order 1",
         STR_INIT(ED("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))},
        {"Ed25519: a point of order 4",
         STR_INIT(ED("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))},
        {"Ed25519: a point of order 8",
         STR_INIT(ED("JuiVj8Kyl7BFw_SJ8u-Y8NXfrAXT2SJY8yxtzINKBvo"))},
        {"a curve for agreement", STR_INIT("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":"
                                           "\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\"}")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        JoseKey key;
        Ctx own = {.arena = cx.arena};
        check_int(jose_key_read(&own, parsed(c->key), 0, &key), STATUS_INVALID);
        check(own.issue_count > 0);
    }
}

static void sets_of_keys(void **state)
{
    UNUSED(state);
#define KEY_1 EC(EC_X "," EC_Y ",\"kid\":\"1\"")
#define KEY_ENC                                                                                    \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","     \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"enc\",\"kid\":\"1\"}"
    static const struct {
        const char *why;
        Str set;
        int count; /* -1: refused */
    } cases[] = {
        {"RFC 7517 A.1: the one for encryption is passed over",
         STR_INIT("{\"keys\":[" KEY_ENC ",{\"kty\":\"RSA\",\"n\":\"" RFC7517_N
                  "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}]}"),
         1},
        {"kinds that nobody knows are passed over",
         STR_INIT("{\"keys\":[{\"kty\":\"AKP\",\"kid\":\"9\"}," KEY_1 "]}"), 1},
        {"none", STR_INIT("{\"keys\":[]}"), 0},
        {"the same kid twice", STR_INIT("{\"keys\":[" KEY_1 "," KEY_1 "]}"), -1},
        {"two without a kid", STR_INIT("{\"keys\":[" EC(EC_X "," EC_Y) "," EC(EC_X "," EC_Y) "]}"),
         -1},
        {"a private one among them",
         STR_INIT("{\"keys\":[" KEY_1 "," EC(EC_X "," EC_Y ",\"d\":\"AA\"") "]}"), -1},
        {"a shared one among them",
         STR_INIT("{\"keys\":[" KEY_1 ",{\"kty\":\"oct\",\"k\":\"AA\"}]}"), -1},
        {"keys twice", STR_INIT("{\"keys\":[],\"keys\":[" KEY_1 "]}"), -1},
        {"a key alone", STR_INIT(KEY_1), -1},
        {"an array", STR_INIT("[" KEY_1 "]"), -1},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        JoseKey *keys;
        size_t count = 0;
        Status status = jose_keys_read(&cx, parsed(c->set), 0, &keys, &count);
        check_int(status == STATUS_OK ? (int)count : -1, c->count);
    }
}

/* SPEC RFC 7638 3.1, RFC 8037 A.3 */
static void thumbprints(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str key, thumbprint;
    } cases[] = {
        {"RFC 7638 3.1",
         STR_INIT(RSA("\"n\":\"" RFC7517_N "\",\"e\":\"AQAB\",\"alg\":\"RS256\","
                      "\"kid\":\"2011-04-29\"")),
         STR_INIT("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")},
        {"RFC 8037 A.3", STR_INIT(ED("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")),
         STR_INIT("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        JoseKey key = {0};
        Str thumbprint = STR_EMPTY;
        check(jose_key_read(&cx, parsed(c->key), 0, &key) == STATUS_OK);
        check(jose_thumbprint(&cx, key.pair, &thumbprint) == STATUS_OK);
        check_str(thumbprint, c->thumbprint);
    }
}

/* Every kind: made, kept, read again, shown; what it signs verifies by what it shows. */
static void pairs_sign_what_their_public_half_verifies(void **state)
{
    UNUSED(state);
    for (CryptoSignature kind = 1; kind < CRYPTO_SIGNATURES; kind++) {
        CryptoPair *made = NULL;
        JoseKey key = {.id = STR("k1")}, public = {0};
        Str der = STR_EMPTY, token = STR_EMPTY;
        JoseToken read = {0};
        Buf out;
        buf_init(&out, cx.arena, 512, 8192);
        CASE(jose_algorithm(kind).at);
        check(crypto_pair_make(&cx, kind, &made) == STATUS_OK);
        check(crypto_pair_save(&cx, made, &der) == STATUS_OK);
        check(crypto_pair_load(&cx, kind, der, &key.pair) == STATUS_OK);
        check(jose_key_write(&cx, &key, &out) == STATUS_OK);
        check(jose_key_read(&cx, parsed(buf_str(&out)), 0, &public) == STATUS_OK);
        check_str(public.id, key.id);
        check_int(crypto_pair_kind(public.pair), kind);
        check(!crypto_pair_is_private(public.pair));
        check(jose_sign(&cx, &key, STR("JWT"), STR("{\"a\":1}"), &token) == STATUS_OK);
        JoseRules rules = {.algorithms = JOSE_ALLOW((unsigned)kind)};
        check(jose_verify(&cx, token, &public, 1, &rules, &read) == STATUS_OK);
        check_str(read.payload, STR("{\"a\":1}"));
        CryptoSignature other = kind == CRYPTO_ES256 ? CRYPTO_ES384 : CRYPTO_ES256;
        check(crypto_pair_load(&cx, other, der, &key.pair) == STATUS_INVALID);
    }
}

int main(void)
{
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standards_verify),
        cmocka_unit_test(keys_that_are_refused),
        cmocka_unit_test(sets_of_keys),
        cmocka_unit_test(thumbprints),
        cmocka_unit_test(pairs_sign_what_their_public_half_verifies),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
