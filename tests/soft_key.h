/* tests/soft_key.h - an authenticator in software, for tests: it makes passkeys and signs with
 * them, and does wrong what a test tells it to. */
#ifndef ACESO_SOFT_KEY_H
#define ACESO_SOFT_KEY_H

#include "auth/factors.h"
#include "auth/passkey.h"
#include "crypto/pair.h"

typedef struct {
    CryptoPair *pair;
    CryptoSignature kind;
    Str id;     /* raw */
    Str handle; /* as the server gave it, base64url */
    uint32_t count;
    /* What it says: */
    unsigned flags;
    Str origin;       /* where the browser believes to be */
    Str host;         /* for whom it signs */
    Str type;         /* or empty: what is right */
    Str challenge;    /* in place of the ticket's */
    const char *more; /* in the client data */
    bool other_key;
} SoftKey;

#define SOFT_ORIGIN STR("https://chart.example.org")

static inline SoftKey soft_key(Ctx *cx, CryptoSignature kind, const char *id)
{
    SoftKey key = {.kind = kind,
                   .id = str_of(id),
                   .flags = AUTHENTICATOR_PRESENT | AUTHENTICATOR_VERIFIED,
                   .origin = SOFT_ORIGIN,
                   .host = STR("chart.example.org"),
                   .type = STR_EMPTY,
                   .challenge = STR_EMPTY,
                   .handle = STR_EMPTY,
                   .more = ""};
    assert_int_equal(crypto_pair_make(cx, kind, &key.pair), STATUS_OK);
    return key;
}

static inline Str soft_text(Ctx *cx, Str bytes)
{
    return crypto_base64url(cx->arena, bytes);
}

static inline Str soft_client_data(Ctx *cx, const SoftKey *key, Str ticket, const char *type)
{
    uint8_t challenge[32];
    ticket_challenge(ticket, challenge);
    Str wanted = soft_text(cx, str_n((const char *)challenge, 32));
    return arena_format(cx->arena,
                        "{\"type\":\"" STR_FMT "\",\"challenge\":\"" STR_FMT
                        "\",\"origin\":\"" STR_FMT "\",\"crossOrigin\":false%s}",
                        STR_ARG(key->type.len ? key->type : str_of(type)),
                        STR_ARG(key->challenge.len ? key->challenge : wanted), STR_ARG(key->origin),
                        key->more);
}

static inline void soft_bytes(Buf *buf, Str bytes) /* a byte string of CBOR */
{
    if (bytes.len < 24) {
        buf_add_char(buf, (char)(0x40 | bytes.len));
    } else if (bytes.len < 256) {
        buf_add(buf, (const uint8_t[]){0x58, (uint8_t)bytes.len}, 2);
    } else {
        buf_add(buf, (const uint8_t[]){0x59, (uint8_t)(bytes.len >> 8), (uint8_t)bytes.len}, 3);
    }
    buf_add_str(buf, bytes);
}

static inline void soft_cose(Ctx *cx, Buf *buf, const SoftKey *key)
{
    CryptoPublic numbers;
    assert_int_equal(crypto_pair_numbers(cx, key->pair, &numbers), STATUS_OK);
    switch (key->kind) {
    case CRYPTO_ES256:
        buf_add(buf, (const uint8_t[]){0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21}, 8);
        soft_bytes(buf, numbers.first);
        buf_add_char(buf, 0x22);
        soft_bytes(buf, numbers.second);
        break;
    case CRYPTO_ED25519:
        buf_add(buf, (const uint8_t[]){0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21}, 8);
        soft_bytes(buf, numbers.first);
        break;
    default:
        buf_add(buf, (const uint8_t[]){0xa4, 1, 3, 3, 0x39, 1, 0, 0x20}, 8);
        soft_bytes(buf, numbers.first);
        buf_add_char(buf, 0x21);
        soft_bytes(buf, numbers.second);
        break;
    }
}

static inline Str soft_authenticator_data(Ctx *cx, const SoftKey *key, bool with_credential)
{
    Buf buf;
    uint8_t hash[32];
    crypto_sha256(key->host, hash);
    buf_init(&buf, cx->arena, 1024, 8192);
    buf_add(&buf, hash, 32);
    buf_add_char(&buf, (char)(key->flags | (with_credential ? AUTHENTICATOR_CREDENTIAL : 0)));
    for (int i = 3; i >= 0; i--)
        buf_add_char(&buf, (char)(key->count >> 8 * i));
    if (with_credential) {
        for (int i = 0; i < 16; i++)
            buf_add_char(&buf, 0);
        buf_add(&buf, (const uint8_t[]){(uint8_t)(key->id.len >> 8), (uint8_t)key->id.len}, 2);
        buf_add_str(&buf, key->id);
        soft_cose(cx, &buf, key);
    }
    return buf_str(&buf);
}

static inline Str soft_attestation(Ctx *cx, const SoftKey *key)
{
    Buf buf;
    buf_init(&buf, cx->arena, 1024, 8192);
    buf_add_lit(&buf, "\xa3\x63"
                      "fmt\x64"
                      "none\x67"
                      "attStmt\xa0\x68"
                      "authData");
    soft_bytes(&buf, soft_authenticator_data(cx, key, true));
    return buf_str(&buf);
}

static inline AuthRegistration soft_register(Ctx *cx, const SoftKey *key, Str ticket)
{
    return (AuthRegistration){
        .ticket = ticket,
        .name = STR("blue key"),
        .client_data = soft_text(cx, soft_client_data(cx, key, ticket, "webauthn.create")),
        .attestation = soft_text(cx, soft_attestation(cx, key)),
        .origin = SOFT_ORIGIN};
}

static inline void soft_integer(Buf *buf, Str number)
{
    while (number.len > 1 && number.at[0] == 0)
        number = str_from(number, 1);
    bool high = number.at[0] & 0x80;
    buf_add(buf, (const uint8_t[]){2, (uint8_t)(number.len + high)}, 2);
    if (high)
        buf_add_char(buf, 0);
    buf_add_str(buf, number);
}

/* r and s side by side as authenticators send them. */
static inline Str soft_der(Ctx *cx, Str plain)
{
    Buf inside, whole;
    buf_init(&inside, cx->arena, 80, 80);
    buf_init(&whole, cx->arena, 80, 80);
    soft_integer(&inside, str_head(plain, 32));
    soft_integer(&inside, str_from(plain, 32));
    buf_add(&whole, (const uint8_t[]){0x30, (uint8_t)inside.len}, 2);
    buf_add_str(&whole, buf_str(&inside));
    return buf_str(&whole);
}

static inline AuthProof soft_assert(Ctx *cx, SoftKey *key, Str ticket)
{
    uint8_t hash[32];
    Buf message;
    Str signature, data = soft_authenticator_data(cx, key, false);
    Str client = soft_client_data(cx, key, ticket, "webauthn.get");
    CryptoPair *pair = key->pair;
    crypto_sha256(client, hash);
    buf_init(&message, cx->arena, 256, 1024);
    buf_add_str(&message, data);
    buf_add(&message, hash, 32);
    if (key->other_key)
        assert_int_equal(crypto_pair_make(cx, key->kind, &pair), STATUS_OK);
    assert_int_equal(crypto_pair_sign(cx, pair, buf_str(&message), &signature), STATUS_OK);
    if (key->kind == CRYPTO_ES256)
        signature = soft_der(cx, signature);
    return (AuthProof){.ticket = ticket,
                       .passkey = {.id = soft_text(cx, key->id),
                                   .client_data = soft_text(cx, client),
                                   .authenticator_data = soft_text(cx, data),
                                   .signature = soft_text(cx, signature),
                                   .user_handle = key->handle},
                       .origin = SOFT_ORIGIN,
                       .address = STR("192.0.2.7")};
}

#endif
