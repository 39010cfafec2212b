/* jose/token.c - JWS in its compact form: three parts of base64url with a dot between them.
 *
 * SPEC RFC 7515 5.2, RFC 8725 3 */
#include "jose/jose.h"

#include "crypto/crypto.h"

enum { HEADER_BYTES_MAX = 2048 };

static Status refuse(Ctx *cx, const char *sentence)
{
    return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "%s", sentence);
}

typedef struct {
    Str signed_text; /* header, dot, payload, as they came */
    Str header, payload, signature;
} Parts;

static Status split(Ctx *cx, Str token, Parts *ret_parts)
{
    Str rest = token;
    if (token.len > JOSE_TOKEN_BYTES_MAX)
        return refuse(cx, "The token is too long.");
    Str header = str_cut(&rest, '.'), payload = str_cut(&rest, '.');
    if (!rest.at || str_index(rest, '.') != SIZE_MAX || !header.len || !payload.len || !rest.len ||
        header.len > HEADER_BYTES_MAX)
        return refuse(cx, "A token has three parts, with a dot between them.");
    *ret_parts = (Parts){.signed_text = str_n(token.at, header.len + 1 + payload.len)};
    if (!crypto_base64url_decode(cx->arena, header, &ret_parts->header) ||
        !crypto_base64url_decode(cx->arena, payload, &ret_parts->payload) ||
        !crypto_base64url_decode(cx->arena, rest, &ret_parts->signature))
        return refuse(cx, "A part of the token is not base64url, or not in its one form.");
    return STATUS_OK;
}

/* A header may say which key of ours signed it, and nothing else about keys or how to read it.
 * SPEC RFC 8725 3.10 */
static Status check_header(Ctx *cx, const JsonValue *header, const JoseRules *rules)
{
    static const Str forbidden[] = {
        STR_INIT("crit"), STR_INIT("jwk"), STR_INIT("x5u"), STR_INIT("x5c"), STR_INIT("b64"),
        STR_INIT("zip"),  STR_INIT("enc"), STR_INIT("epk"), STR_INIT("cty"),
    };
    for (size_t i = 0; i < COUNT_OF(forbidden); i++) {
        if (json_get(header, forbidden[i]))
            return refuse(cx, "The header of the token has a member that is not taken.");
    }
    const JsonValue *type = json_get(header, STR("typ")), *where = json_get(header, STR("jku"));
    const JsonValue *id = json_get(header, STR("kid"));
    if (id && (!json_is(id, JSON_STRING) || !json_str(id).len))
        return refuse(cx, "The \"kid\" of the token is not a string.");
    if (where && (!rules->keys_at.len || !json_is(where, JSON_STRING) ||
                  !str_eq(json_str(where), rules->keys_at)))
        return refuse(cx, "The token names another place for its keys than was registered.");
    if (!type)
        return rules->type.len ? refuse(cx, "The token does not say its type.") : STATUS_OK;
    Str wanted = rules->type.len ? rules->type : STR("JWT");
    if (!json_is(type, JSON_STRING) || !str_eq_nocase(json_str(type), wanted))
        return refuse(cx, "The token is of another type.");
    return STATUS_OK;
}

static Status find_key(Ctx *cx, const JsonValue *header, const JoseKey *keys, size_t count,
                       const JoseKey **ret_key)
{
    Str id = json_get_str(header, STR("kid"));
    *ret_key = NULL;
    if (!id.len && count == 1)
        *ret_key = &keys[0];
    for (size_t i = 0; id.len && i < count; i++) {
        if (str_eq(keys[i].id, id))
            *ret_key = &keys[i];
    }
    return *ret_key ? STATUS_OK : refuse(cx, "No key is known by the \"kid\" of the token.");
}

bool jose_has_key(Ctx *cx, Str token, const JoseKey *keys, size_t count)
{
    Parts parts;
    JsonValue *header;
    const JoseKey *key;
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    return split(&quiet, token, &parts) != STATUS_OK ||
           json_parse(&quiet, parts.header, &header) != STATUS_OK ||
           !json_get_str(header, STR("kid")).len ||
           find_key(&quiet, header, keys, count, &key) == STATUS_OK;
}

Status jose_verify(Ctx *cx, Str token, const JoseKey *keys, size_t count, const JoseRules *rules,
                   JoseToken *ret_token)
{
    Parts parts;
    JsonValue *header;
    const JoseKey *key;
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    TRY(split(cx, token, &parts));
    if (json_parse(&quiet, parts.header, &header) != STATUS_OK || !json_is(header, JSON_OBJECT) ||
        !jose_is_unambiguous(header))
        return refuse(cx, "The header of the token is no object, or has a member twice.");
    TRY(check_header(cx, header, rules));
    TRY(find_key(cx, header, keys, count, &key));
    CryptoSignature kind = crypto_pair_kind(key->pair);
    const JsonValue *algorithm = json_get(header, STR("alg"));
    if (!json_is(algorithm, JSON_STRING) || !str_eq(json_str(algorithm), jose_algorithm(kind)) ||
        !(rules->algorithms & JOSE_ALLOW(kind)))
        return refuse(cx, "The token names another algorithm than its key is for.");
    if (!crypto_pair_verify(key->pair, parts.signed_text, parts.signature))
        return refuse(cx, "The signature of the token is not right.");
    *ret_token = (JoseToken){.payload = parts.payload, .key = key};
    return STATUS_OK;
}

Status jose_sign(Ctx *cx, const JoseKey *key, Str type, Str payload, Str *ret_token)
{
    Buf out;
    Str signature, header;
    buf_init(&out, cx->arena, 256, HEADER_BYTES_MAX);
    buf_add_lit(&out, "{\"alg\":");
    json_write_string(&out, jose_algorithm(crypto_pair_kind(key->pair)));
    if (key->id.len) {
        buf_add_lit(&out, ",\"kid\":");
        json_write_string(&out, key->id);
    }
    if (type.len) {
        buf_add_lit(&out, ",\"typ\":");
        json_write_string(&out, type);
    }
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    header = crypto_base64url(cx->arena, buf_str(&out));
    payload = crypto_base64url(cx->arena, payload);
    if (!header.at || !payload.at)
        return STATUS_MEMORY;
    buf_init(&out, cx->arena, header.len + payload.len + 800, JOSE_TOKEN_BYTES_MAX);
    buf_add_str(&out, header);
    buf_add_char(&out, '.');
    buf_add_str(&out, payload);
    TRY(buf_done(&out));
    TRY(crypto_pair_sign(cx, key->pair, buf_str(&out), &signature));
    signature = crypto_base64url(cx->arena, signature);
    if (!signature.at)
        return STATUS_MEMORY;
    buf_add_char(&out, '.');
    buf_add_str(&out, signature);
    TRY(buf_done(&out));
    *ret_token = buf_str(&out);
    return STATUS_OK;
}
