/* fuzz_jose.c - any bytes as a token, as a key and as claims: refused with a sentence, or right.
 *
 * No input can be a token that a key of this run has signed, so none verifies; a key that is read
 * is written and read again as the same.
 *
 * SPEC RFC 7515, RFC 7517 */
#include "crypto/crypto.h"
#include "jose/jose.h"

#include "fuzz.h"

static const char point[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";

static void as_token(Ctx *cx, Str text)
{
    JsonValue *jwk;
    JoseKey key;
    JoseToken token;
    JoseRules rules = {.algorithms = ~0u};
    assert(json_parse(cx, str_of(point), &jwk) == STATUS_OK);
    assert(jose_key_read(cx, jwk, 0, &key) == STATUS_OK);
    Status status = jose_verify(cx, text, &key, 1, &rules, &token);
    assert(status == STATUS_OK || (status == STATUS_UNAUTHORIZED && cx->issue_count > 0));
}

static void as_keys(Ctx *cx, Str text)
{
    JsonValue *json, *again;
    JoseKey *keys, read;
    size_t count;
    Str one, two;
    if (json_parse(cx, text, &json) != STATUS_OK ||
        jose_keys_read(cx, json, CRYPTO_RS384, &keys, &count) != STATUS_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        Buf out;
        buf_init(&out, cx->arena, 512, 16384);
        assert(jose_key_write(cx, &keys[i], &out) == STATUS_OK);
        assert(json_parse(cx, buf_str(&out), &again) == STATUS_OK);
        assert(jose_key_read(cx, again, 0, &read) == STATUS_OK);
        assert(jose_thumbprint(cx, keys[i].pair, &one) == STATUS_OK);
        assert(jose_thumbprint(cx, read.pair, &two) == STATUS_OK);
        assert(str_eq(one, two) && str_eq(keys[i].id, read.id));
    }
}

static void as_claims(Ctx *cx, Str text)
{
    static const Str us = STR_INIT("https://chart.example");
    JoseClaims claims;
    JoseExpect expect = {.issuer = STR("app"),
                         .audiences = &us,
                         .audience_count = 1,
                         .now = (Time)1790000000 * TIME_SECOND,
                         .skew_s = 30,
                         .lifetime_max_s = 300};
    if (jose_claims(cx, text, &expect, &claims) != STATUS_OK)
        return;
    assert(str_eq(claims.issuer, expect.issuer) && claims.expires > expect.now - TIME_DAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    assert(crypto_init(&cx) == STATUS_OK);
    as_token(&cx, fuzz_str(data, size));
    as_keys(&cx, fuzz_str(data, size));
    as_claims(&cx, fuzz_str(data, size));
    return 0;
}
