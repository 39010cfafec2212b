/* jose/key.c - JWK: keys as JSON, and their thumbprints.
 *
 * SPEC RFC 7517, RFC 7518 6, RFC 7638, RFC 8037 2 */
#include "jose/jose.h"

#include "crypto/crypto.h"

enum { KEY_JSON_BYTES_MAX = 8192 };

/* In the order of CryptoSignature: what a key of that kind calls itself. */
static const struct Words {
    Str algorithm, type, curve, first, second;
} words[CRYPTO_SIGNATURES] = {
    [CRYPTO_RS256] = {STR_INIT("RS256"), STR_INIT("RSA"), STR_INIT(""), STR_INIT("n"),
                      STR_INIT("e")},
    [CRYPTO_RS384] = {STR_INIT("RS384"), STR_INIT("RSA"), STR_INIT(""), STR_INIT("n"),
                      STR_INIT("e")},
    [CRYPTO_PS256] = {STR_INIT("PS256"), STR_INIT("RSA"), STR_INIT(""), STR_INIT("n"),
                      STR_INIT("e")},
    [CRYPTO_PS384] = {STR_INIT("PS384"), STR_INIT("RSA"), STR_INIT(""), STR_INIT("n"),
                      STR_INIT("e")},
    [CRYPTO_ES256] = {STR_INIT("ES256"), STR_INIT("EC"), STR_INIT("P-256"), STR_INIT("x"),
                      STR_INIT("y")},
    [CRYPTO_ES384] = {STR_INIT("ES384"), STR_INIT("EC"), STR_INIT("P-384"), STR_INIT("x"),
                      STR_INIT("y")},
    [CRYPTO_ED25519] = {STR_INIT("EdDSA"), STR_INIT("OKP"), STR_INIT("Ed25519"), STR_INIT("x"),
                        STR_INIT("")},
};

Str jose_algorithm(CryptoSignature kind)
{
    assert(kind > 0 && kind < CRYPTO_SIGNATURES);
    return words[kind].algorithm;
}

CryptoSignature jose_algorithm_of(Str name)
{
    for (CryptoSignature kind = 1; kind < CRYPTO_SIGNATURES; kind++) {
        if (str_eq(words[kind].algorithm, name))
            return kind;
    }
    return 0;
}

bool jose_is_unambiguous(const JsonValue *value)
{
    Str names[JOSE_MEMBERS_MAX], name = STR_EMPTY;
    JsonValue *member;
    size_t count = 0;
    bool object = json_is(value, JSON_OBJECT);
    if (object && json_count(value) > JOSE_MEMBERS_MAX)
        return false;
    for (JsonIter it = json_iter(value); json_next(&it, &name, &member);) {
        for (size_t i = 0; object && i < count; i++) {
            if (str_eq(names[i], name))
                return false;
        }
        if (object)
            names[count++] = name;
        if (!jose_is_unambiguous(member))
            return false;
    }
    return true;
}

static Status refuse(Ctx *cx, const char *sentence)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "%s", sentence);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* What makes a key one that must never be sent. SPEC RFC 7518 6.2.2, 6.3.2, 6.4 */
static bool is_secret(const JsonValue *jwk)
{
    static const Str secrets[] = {
        STR_INIT("d"),  STR_INIT("p"),  STR_INIT("q"),   STR_INIT("dp"),
        STR_INIT("dq"), STR_INIT("qi"), STR_INIT("oth"), STR_INIT("k"),
    };
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        if (json_get(jwk, secrets[i]))
            return true;
    }
    return str_eq(json_get_str(jwk, STR("kty")), STR("oct"));
}

/* Absent, or a string. */
static bool text_is_sound(const JsonValue *jwk, Str name)
{
    const JsonValue *value = json_get(jwk, name);
    return !value || (json_is(value, JSON_STRING) && json_str(value).len > 0);
}

static bool is_for_verifying(const JsonValue *jwk)
{
    const JsonValue *use = json_get(jwk, STR("use")), *operations = json_get(jwk, STR("key_ops"));
    if (use && !str_eq(json_str(use), STR("sig")))
        return false;
    if (!operations)
        return true;
    Str name;
    JsonValue *one;
    for (JsonIter it = json_iter(operations); json_next(&it, &name, &one);) {
        if (json_is(one, JSON_STRING) && str_eq(json_str(one), STR("verify")))
            return true;
    }
    return false;
}

/* The one thing the key is for; 0: nothing that is offered. */
static CryptoSignature kind_of(const JsonValue *jwk, CryptoSignature rsa)
{
    Str type = json_get_str(jwk, STR("kty")), curve = json_get_str(jwk, STR("crv"));
    const JsonValue *algorithm = json_get(jwk, STR("alg"));
    CryptoSignature named = algorithm ? jose_algorithm_of(json_str(algorithm)) : 0;
    if (str_eq(type, words[CRYPTO_RS256].type)) {
        CryptoSignature kind = algorithm ? named : rsa;
        return kind && str_eq(words[kind].type, type) ? kind : 0;
    }
    for (CryptoSignature kind = CRYPTO_ES256; kind < CRYPTO_SIGNATURES; kind++) {
        if (str_eq(words[kind].type, type) && str_eq(words[kind].curve, curve))
            return !algorithm || named == kind ? kind : 0;
    }
    return 0;
}

static Status number_of(Ctx *cx, const JsonValue *jwk, Str name, Str *ret_number)
{
    const JsonValue *value = json_get(jwk, name);
    *ret_number = STR_EMPTY;
    if (name.len == 0)
        return STATUS_OK;
    if (!json_is(value, JSON_STRING) ||
        !crypto_base64url_decode(cx->arena, json_str(value), ret_number))
        return refuse(cx, "A number of the key is missing, or is not base64url.");
    return STATUS_OK;
}

static Status key_of(Ctx *cx, const JsonValue *jwk, CryptoSignature kind, JoseKey *ret_key)
{
    CryptoPublic numbers;
    JoseKey key = {.id = json_get_str(jwk, STR("kid"))};
    TRY(number_of(cx, jwk, words[kind].first, &numbers.first));
    TRY(number_of(cx, jwk, words[kind].second, &numbers.second));
    TRY(crypto_pair_public(cx, kind, &numbers, &key.pair));
    *ret_key = key;
    return STATUS_OK;
}

/* What holds for any key, also one that is then passed over. */
static Status check_key(Ctx *cx, const JsonValue *jwk)
{
    if (!json_is(jwk, JSON_OBJECT) || !jose_is_unambiguous(jwk))
        return refuse(cx, "A key is an object in which every member is there once.");
    if (is_secret(jwk))
        return refuse(cx, "This is a private or a shared key. Send the public one alone, and "
                          "consider this one lost.");
    if (!json_is(json_get(jwk, STR("kty")), JSON_STRING) || !text_is_sound(jwk, STR("kid")) ||
        !text_is_sound(jwk, STR("alg")) || !text_is_sound(jwk, STR("use")) ||
        json_get_str(jwk, STR("kid")).len > JOSE_ID_BYTES_MAX)
        return refuse(cx, "A key has a \"kty\"; \"kid\" (at most 256 bytes), \"alg\" and \"use\" "
                          "are strings.");
    return STATUS_OK;
}

Status jose_key_read(Ctx *cx, const JsonValue *jwk, CryptoSignature rsa, JoseKey *ret_key)
{
    TRY(check_key(cx, jwk));
    CryptoSignature kind = kind_of(jwk, rsa);
    if (!kind)
        return refuse(cx, "The kind of key, its curve or its \"alg\" is not offered.");
    if (!is_for_verifying(jwk))
        return refuse(cx, "The key is not one for signatures.");
    return key_of(cx, jwk, kind, ret_key);
}

static bool has_id(const JoseKey *keys, size_t count, Str id)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(keys[i].id, id))
            return true;
    }
    return false;
}

Status jose_keys_read(Ctx *cx, const JsonValue *set, CryptoSignature rsa, JoseKey **ret_keys,
                      size_t *ret_count)
{
    const JsonValue *all = json_get(set, STR("keys"));
    Str name;
    JsonValue *jwk;
    size_t count = 0;
    if (!json_is(set, JSON_OBJECT) || !jose_is_unambiguous(set) || !json_is(all, JSON_ARRAY) ||
        json_count(all) > JOSE_KEYS_MAX)
        return refuse(cx, "A set of keys is an object with an array \"keys\" of at most 32.");
    JoseKey *keys = arena_array_of(cx->arena, JoseKey, json_count(all) + 1);
    if (!keys)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(all); json_next(&it, &name, &jwk);) {
        TRY(check_key(cx, jwk));
        CryptoSignature kind = kind_of(jwk, rsa);
        if (!kind || !is_for_verifying(jwk))
            continue;
        TRY(key_of(cx, jwk, kind, &keys[count]));
        if (has_id(keys, count, keys[count].id))
            return refuse(cx, "Two keys of a set have the same \"kid\", or none.");
        count++;
    }
    *ret_keys = keys;
    *ret_count = count;
    return STATUS_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void add_member(Buf *out, Str name, Str value)
{
    if (name.len == 0)
        return;
    if (out->at[out->len - 1] != '{')
        buf_add_char(out, ',');
    json_write_string(out, name);
    buf_add_char(out, ':');
    json_write_string(out, value);
}

/* "crv", "kty" and the numbers in the order of their names, which RFC 7638 asks for: "crv" < "e" <
 * "kty" < "n" < "x" < "y". */
static Status add_required(Ctx *cx, const CryptoPair *pair, Buf *out)
{
    CryptoPublic numbers;
    const struct Words *w = &words[crypto_pair_kind(pair)];
    TRY(crypto_pair_numbers(cx, pair, &numbers));
    Str first = crypto_base64url(cx->arena, numbers.first);
    Str second = crypto_base64url(cx->arena, numbers.second);
    if (!first.at || !second.at)
        return STATUS_MEMORY;
    bool rsa = !w->curve.len;
    add_member(out, w->curve.len ? STR("crv") : STR_EMPTY, w->curve);
    add_member(out, rsa ? w->second : STR_EMPTY, second);
    add_member(out, STR("kty"), w->type);
    add_member(out, w->first, first);
    add_member(out, rsa ? STR_EMPTY : w->second, second);
    return STATUS_OK;
}

Status jose_key_write(Ctx *cx, const JoseKey *key, Buf *out)
{
    buf_add_char(out, '{');
    TRY(add_required(cx, key->pair, out));
    if (out->full)
        return buf_done(out);
    add_member(out, key->id.len ? STR("kid") : STR_EMPTY, key->id);
    add_member(out, STR("use"), STR("sig"));
    add_member(out, STR("alg"), jose_algorithm(crypto_pair_kind(key->pair)));
    buf_add_char(out, '}');
    return buf_done(out);
}

Status jose_thumbprint(Ctx *cx, const CryptoPair *pair, Str *ret_thumbprint)
{
    Buf out;
    uint8_t hash[CRYPTO_SHA256_BYTES];
    buf_init(&out, cx->arena, 1024, KEY_JSON_BYTES_MAX);
    buf_add_char(&out, '{');
    TRY(add_required(cx, pair, &out));
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    crypto_sha256(buf_str(&out), hash);
    *ret_thumbprint = crypto_base64url(cx->arena, str_n((const char *)hash, sizeof hash));
    return ret_thumbprint->at ? STATUS_OK : STATUS_MEMORY;
}
