/* crypto/pair.c - pairs of keys and their signatures.
 *
 * OpenSSL does the work, except that libsodium verifies Ed25519: it refuses points of small order,
 * under which one signature fits many messages. What OpenSSL takes in several forms (ECDSA in DER,
 * numbers with zeros before them) is held to one form here. */
#include "crypto/pair.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

enum {
    PART_BYTES_MAX = 48, /* of r and s: P-384 */
    DER_BYTES_MAX = 16384,
    RSA_EXPONENT_MIN = 65537, /* SPEC NIST SP 800-56B 6.2 */
};

typedef enum { FAMILY_RSA, FAMILY_EC, FAMILY_ED } Family;

/* In the order of CryptoSignature. */
static const struct Shape {
    Family family;
    const char *hash;
    bool pss;
    const char *curve;
    size_t part; /* bytes of x, y, r and s */
} shapes[CRYPTO_SIGNATURES] = {
    [CRYPTO_RS256] = {FAMILY_RSA, "SHA256", false, NULL, 0},
    [CRYPTO_RS384] = {FAMILY_RSA, "SHA384", false, NULL, 0},
    [CRYPTO_PS256] = {FAMILY_RSA, "SHA256", true, NULL, 0},
    [CRYPTO_PS384] = {FAMILY_RSA, "SHA384", true, NULL, 0},
    [CRYPTO_ES256] = {FAMILY_EC, "SHA256", false, "P-256", 32},
    [CRYPTO_ES384] = {FAMILY_EC, "SHA384", false, "P-384", 48},
    [CRYPTO_ED25519] = {FAMILY_ED, NULL, false, NULL, 32},
};

struct CryptoPair {
    EVP_PKEY *key;
    CryptoSignature kind;
    bool private;
};

static const struct Shape *shape_of(const CryptoPair *pair)
{
    return &shapes[pair->kind];
}

static void release_key(void *key)
{
    EVP_PKEY_free(key);
}

static Status failed(Ctx *cx, Status status, const char *sentence)
{
    ERR_clear_error();
    return ctx_fail(cx, status, STR_EMPTY, "%s", sentence);
}

/* The key hangs on the arena before it exists. */
static Status pair_new(Ctx *cx, CryptoSignature kind, CryptoPair **ret_pair, EVP_PKEY ***ret_slot)
{
    assert(kind > 0 && kind < CRYPTO_SIGNATURES);
    CryptoPair *pair = arena_new_of(cx->arena, CryptoPair);
    void **slot = arena_defer(cx->arena, release_key, NULL);
    if (!pair || !slot)
        return STATUS_MEMORY;
    pair->kind = kind;
    *ret_pair = pair;
    *ret_slot = (EVP_PKEY **)(void *)slot;
    return STATUS_OK;
}

Status crypto_pair_make(Ctx *cx, CryptoSignature kind, CryptoPair **ret_pair)
{
    CryptoPair *pair;
    EVP_PKEY **slot;
    const struct Shape *shape = &shapes[kind];
    TRY(pair_new(cx, kind, &pair, &slot));
    switch (shape->family) {
    case FAMILY_RSA: *slot = EVP_RSA_gen(CRYPTO_RSA_BITS_MADE); break;
    case FAMILY_EC: *slot = EVP_EC_gen(shape->curve); break;
    case FAMILY_ED: *slot = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); break;
    }
    if (!*slot)
        return failed(cx, STATUS_INTERNAL, "OpenSSL cannot make a pair of keys.");
    pair->key = *slot;
    pair->private = true;
    *ret_pair = pair;
    return STATUS_OK;
}

/* ---- public keys from their numbers --------------------------------------------------------- */

/* No zero before the number: there would be two forms of one key. SPEC RFC 7518 2, 6.3.1 */
static bool is_plain_number(Str number)
{
    return number.len > 0 && number.at[0] != 0;
}

static bool rsa_is_sound(const CryptoPublic *numbers)
{
    uint64_t exponent = 0;
    Str n = numbers->first, e = numbers->second;
    if (!is_plain_number(n) || !is_plain_number(e) || e.len > 4 || n.len > CRYPTO_RSA_BITS_MAX / 8)
        return false;
    for (size_t i = 0; i < e.len; i++)
        exponent = exponent << 8 | (uint8_t)e.at[i];
    size_t bits = n.len * 8 - (size_t)(__builtin_clz((uint8_t)n.at[0]) - 24);
    return bits >= CRYPTO_RSA_BITS_MIN && (n.at[n.len - 1] & 1) && exponent >= RSA_EXPONENT_MIN &&
           (exponent & 1);
}

static bool push_number(OSSL_PARAM_BLD *build, const char *name, Str number, BIGNUM **ret_number)
{
    *ret_number = BN_bin2bn((const uint8_t *)number.at, (int)number.len, NULL);
    return *ret_number && OSSL_PARAM_BLD_push_BN(build, name, *ret_number);
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *maker = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    if (maker && EVP_PKEY_fromdata_init(maker) > 0 &&
        EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(maker);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_key(const CryptoPublic *numbers)
{
    BIGNUM *n = NULL, *e = NULL;
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build && push_number(build, OSSL_PKEY_PARAM_RSA_N, numbers->first, &n) &&
        push_number(build, OSSL_PKEY_PARAM_RSA_E, numbers->second, &e))
        key = key_from("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

static bool is_on_curve(EVP_PKEY *key)
{
    EVP_PKEY_CTX *checker = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = checker && EVP_PKEY_public_check(checker) > 0;
    EVP_PKEY_CTX_free(checker);
    return good;
}

static EVP_PKEY *ec_key(const struct Shape *shape, const CryptoPublic *numbers)
{
    uint8_t point[1 + 2 * PART_BYTES_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    memcpy(point + 1, numbers->first.at, shape->part);
    memcpy(point + 1 + shape->part, numbers->second.at, shape->part);
    if (build &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, shape->curve, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         1 + 2 * shape->part))
        key = key_from("EC", build);
    OSSL_PARAM_BLD_free(build);
    if (key && is_on_curve(key))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

/* A point that has an inverse under the cofactor: of small order it has not, and then one
 * signature fits many messages. */
static EVP_PKEY *ed_key(const CryptoPublic *numbers)
{
    const uint8_t *point = (const uint8_t *)numbers->first.at;
    if (!crypto_core_ed25519_is_valid_point(point))
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, 32);
}

Status crypto_pair_public(Ctx *cx, CryptoSignature kind, const CryptoPublic *numbers,
                          CryptoPair **ret_pair)
{
    CryptoPair *pair;
    EVP_PKEY **slot;
    const struct Shape *shape = &shapes[kind];
    TRY(pair_new(cx, kind, &pair, &slot));
    if (shape->family == FAMILY_RSA) {
        if (!rsa_is_sound(numbers))
            return failed(cx, STATUS_INVALID,
                          "An RSA key has an odd modulus of 2048 to 8192 bits and an odd exponent "
                          "of 65537 or more, in 32 bits, both without zeros before them.");
        *slot = rsa_key(numbers);
    } else if (numbers->first.len == shape->part &&
               numbers->second.len == (shape->family == FAMILY_EC ? shape->part : 0)) {
        *slot = shape->family == FAMILY_EC ? ec_key(shape, numbers) : ed_key(numbers);
    }
    if (!*slot)
        return failed(cx, STATUS_INVALID, "The numbers of the key are no point of its curve.");
    pair->key = *slot;
    *ret_pair = pair;
    return STATUS_OK;
}

/* ---- kept ----------------------------------------------------------------------------------- */

Status crypto_pair_save(Ctx *cx, const CryptoPair *pair, Str *ret_der)
{
    assert(pair->private);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair->key);
    uint8_t *der = NULL;
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    Str kept = len > 0 ? arena_str(cx->arena, str_n((const char *)der, (size_t)len)) : (Str){0};
    if (der)
        OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
    PKCS8_PRIV_KEY_INFO_free(info);
    if (len <= 0)
        return failed(cx, STATUS_INTERNAL, "OpenSSL cannot write a key.");
    if (!kept.at)
        return STATUS_MEMORY;
    *ret_der = kept;
    return STATUS_OK;
}

static bool is_of_shape(EVP_PKEY *key, const struct Shape *shape)
{
    char group[32] = "";
    switch (shape->family) {
    case FAMILY_RSA:
        return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= CRYPTO_RSA_BITS_MIN;
    case FAMILY_EC:
        return EVP_PKEY_is_a(key, "EC") &&
               EVP_PKEY_get_group_name(key, group, sizeof group, NULL) &&
               EC_curve_nist2nid(shape->curve) == OBJ_txt2nid(group);
    case FAMILY_ED: return EVP_PKEY_is_a(key, "ED25519");
    }
    return false;
}

Status crypto_pair_load(Ctx *cx, CryptoSignature kind, Str der, CryptoPair **ret_pair)
{
    CryptoPair *pair;
    EVP_PKEY **slot;
    const uint8_t *at = (const uint8_t *)der.at;
    TRY(pair_new(cx, kind, &pair, &slot));
    if (der.len && der.len <= DER_BYTES_MAX)
        *slot = d2i_AutoPrivateKey(NULL, &at, (long)der.len);
    if (!*slot || !is_of_shape(*slot, &shapes[kind]))
        return failed(cx, STATUS_INVALID, "This is no private key of that kind.");
    pair->key = *slot;
    pair->private = true;
    *ret_pair = pair;
    return STATUS_OK;
}

CryptoSignature crypto_pair_kind(const CryptoPair *pair)
{
    return pair->kind;
}

bool crypto_pair_is_private(const CryptoPair *pair)
{
    return pair->private;
}

/* As an unsigned number of `bytes`, or of as many as it has (0). */
static Status number_of(Ctx *cx, const CryptoPair *pair, const char *name, size_t bytes,
                        Str *ret_number)
{
    BIGNUM *number = NULL;
    if (!EVP_PKEY_get_bn_param(pair->key, name, &number))
        return failed(cx, STATUS_INTERNAL, "OpenSSL cannot tell the numbers of a key.");
    size_t len = bytes ? bytes : (size_t)BN_num_bytes(number);
    uint8_t *at = arena_alloc(cx->arena, len);
    if (at)
        BN_bn2binpad(number, at, (int)len);
    BN_free(number);
    if (!at)
        return STATUS_MEMORY;
    *ret_number = str_n((const char *)at, len);
    return STATUS_OK;
}

static bool ed_point(const CryptoPair *pair, uint8_t point[32])
{
    size_t len = 32;
    return EVP_PKEY_get_raw_public_key(pair->key, point, &len) > 0 && len == 32;
}

Status crypto_pair_numbers(Ctx *cx, const CryptoPair *pair, CryptoPublic *ret_numbers)
{
    uint8_t point[32];
    const struct Shape *shape = shape_of(pair);
    *ret_numbers = (CryptoPublic){STR_EMPTY, STR_EMPTY};
    switch (shape->family) {
    case FAMILY_RSA:
        TRY(number_of(cx, pair, OSSL_PKEY_PARAM_RSA_N, 0, &ret_numbers->first));
        return number_of(cx, pair, OSSL_PKEY_PARAM_RSA_E, 0, &ret_numbers->second);
    case FAMILY_EC:
        TRY(number_of(cx, pair, OSSL_PKEY_PARAM_EC_PUB_X, shape->part, &ret_numbers->first));
        return number_of(cx, pair, OSSL_PKEY_PARAM_EC_PUB_Y, shape->part, &ret_numbers->second);
    case FAMILY_ED:
        if (!ed_point(pair, point))
            return failed(cx, STATUS_INTERNAL, "OpenSSL cannot tell the numbers of a key.");
        ret_numbers->first = arena_str(cx->arena, str_n((const char *)point, sizeof point));
        return ret_numbers->first.at ? STATUS_OK : STATUS_MEMORY;
    }
    return STATUS_INTERNAL;
}

/* ---- signatures ----------------------------------------------------------------------------- */

static bool set_padding(const struct Shape *shape, EVP_PKEY_CTX *how)
{
    if (shape->family != FAMILY_RSA)
        return true;
    if (!shape->pss)
        return EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PADDING) > 0;
    return EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) > 0;
}

/* r and s out of DER, each `part` bytes long. */
static bool parts_of_der(const uint8_t *der, size_t len, size_t part, uint8_t *parts)
{
    const uint8_t *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    bool good = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), parts, (int)part) > 0 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(signature), parts + part, (int)part) > 0;
    ECDSA_SIG_free(signature);
    return good;
}

static bool der_of_parts(Str parts, uint8_t **ret_der, size_t *ret_len)
{
    size_t part = parts.len / 2;
    const uint8_t *at = (const uint8_t *)parts.at;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(at, (int)part, NULL), *s = BN_bin2bn(at + part, (int)part, NULL);
    int len = -1;
    /* From 1 on; OpenSSL refuses what is not below the order of the curve. */
    if (signature && r && s && !BN_is_zero(r) && !BN_is_zero(s) &&
        ECDSA_SIG_set0(signature, r, s)) {
        r = s = NULL;
        len = i2d_ECDSA_SIG(signature, ret_der);
    }
    ECDSA_SIG_free(signature);
    BN_free(r);
    BN_free(s);
    *ret_len = len > 0 ? (size_t)len : 0;
    return len > 0;
}

static bool sign_with(EVP_MD_CTX *md, const CryptoPair *pair, Str message, uint8_t *at,
                      size_t *ret_len)
{
    EVP_PKEY_CTX *how;
    const struct Shape *shape = shape_of(pair);
    return EVP_DigestSignInit_ex(md, &how, shape->hash, NULL, NULL, pair->key, NULL) > 0 &&
           set_padding(shape, how) &&
           EVP_DigestSign(md, at, ret_len, (const uint8_t *)message.at, message.len) > 0;
}

Status crypto_pair_sign(Ctx *cx, const CryptoPair *pair, Str message, Str *ret_signature)
{
    const struct Shape *shape = shape_of(pair);
    assert(pair->private);
    size_t room = (size_t)EVP_PKEY_get_size(pair->key), len = room;
    uint8_t *at = arena_alloc(cx->arena, room), *parts = at;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = at && md && sign_with(md, pair, message, at, &len);
    EVP_MD_CTX_free(md);
    if (good && shape->family == FAMILY_EC) {
        parts = arena_alloc(cx->arena, 2 * shape->part);
        good = parts && parts_of_der(at, len, shape->part, parts);
        len = 2 * shape->part;
    }
    if (!good)
        return failed(cx, STATUS_INTERNAL, "OpenSSL cannot sign.");
    *ret_signature = str_n((const char *)parts, len);
    return STATUS_OK;
}

static bool verify_with(const CryptoPair *pair, Str message, const uint8_t *signature, size_t len)
{
    EVP_PKEY_CTX *how;
    const struct Shape *shape = shape_of(pair);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = md &&
                EVP_DigestVerifyInit_ex(md, &how, shape->hash, NULL, NULL, pair->key, NULL) > 0 &&
                set_padding(shape, how) &&
                EVP_DigestVerify(md, signature, len, (const uint8_t *)message.at, message.len) == 1;
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    return good;
}

bool crypto_pair_verify(const CryptoPair *pair, Str message, Str signature)
{
    uint8_t point[32], *der = NULL;
    size_t len;
    const struct Shape *shape = shape_of(pair);
    const uint8_t *at = (const uint8_t *)signature.at;
    switch (shape->family) {
    case FAMILY_RSA:
        return signature.len == (size_t)EVP_PKEY_get_size(pair->key) &&
               verify_with(pair, message, at, signature.len);
    case FAMILY_EC: {
        bool good = signature.len == 2 * shape->part && der_of_parts(signature, &der, &len) &&
                    verify_with(pair, message, der, len);
        OPENSSL_free(der);
        return good;
    }
    case FAMILY_ED:
        return signature.len == 64 && ed_point(pair, point) &&
               crypto_sign_verify_detached(at, (const uint8_t *)message.at, message.len, point) ==
                   0;
    }
    return false;
}
