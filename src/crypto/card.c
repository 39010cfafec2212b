/* crypto/card.c - pins, and the check of a chain against them. */
#include "crypto/card_inner.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum {
    PINS_MAX = 2048,
    DEPTH_MAX = 4,
    SECURITY_LEVEL = 2, /* of OpenSSL: 112 bits, no SHA-1 */
    NETSCAPE_SSL_CLIENT = 0x80,
    NUMBER_BYTES_MAX = 64,
    HEADER_BYTES_MAX = CRYPTO_CARD_BYTES_MAX * 4,
};

static void release_certificate(void *certificate)
{
    X509_free(certificate);
}
static void release_certificates(void *stack)
{
    sk_X509_pop_free(stack, X509_free);
}
static void release_crls(void *stack)
{
    sk_X509_CRL_pop_free(stack, X509_CRL_free);
}
static void release_object(void *object)
{
    ASN1_OBJECT_free(object);
}
static void release_bio(void *bio)
{
    BIO_free(bio);
}
static void release_store(void *store)
{
    X509_STORE_free(store);
}
static void release_context(void *context)
{
    X509_STORE_CTX_free(context);
}

/* ---- pins ----------------------------------------------------------------------------- */

static bool is_signed_by_itself(X509 *certificate)
{
    return (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0;
}

/* True: the stack has it now. */
static bool keep(STACK_OF(X509) * stack, X509 *certificate)
{
    return X509_up_ref(certificate) &&
           (sk_X509_push(stack, certificate) > 0 || (X509_free(certificate), false));
}

static bool sort_entry(CryptoPins *pins, const X509_INFO *info)
{
    bool good = true;
    if (info->x509 && X509_check_ca(info->x509) == 1)
        good = keep(is_signed_by_itself(info->x509) ? pins->roots : pins->helpers, info->x509);
    else if (info->x509)
        good = false; /* nobody's own certificate is a pin */
    if (info->crl)
        good = good && X509_CRL_up_ref(info->crl) && sk_X509_CRL_push(pins->crls, info->crl) > 0;
    return good;
}

static Status read_pem(Ctx *cx, CryptoPins *pins, Str pem)
{
    void **slot = arena_defer(cx->arena, release_bio, NULL);
    if (!slot || pem.len > INT32_MAX)
        return STATUS_MEMORY;
    BIO *bio = *slot = BIO_new_mem_buf(pem.at, (int)pem.len);
    STACK_OF(X509_INFO) *infos = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL) : NULL;
    int count = infos ? sk_X509_INFO_num(infos) : 0;
    bool good = count > 0;
    for (int i = 0; good && i < count; i++)
        good = sort_entry(pins, sk_X509_INFO_value(infos, i));
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    ERR_clear_error();
    if (!good || sk_X509_num(pins->roots) + sk_X509_num(pins->helpers) > PINS_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A file of certificates that are believed has something else in it than "
                        "certificates of CAs and their CRLs, as PEM.");
    return STATUS_OK;
}

static Status read_policy(Ctx *cx, CryptoPins *pins, Str text)
{
    Str name = arena_str(cx->arena, text);
    void **slot = arena_defer(cx->arena, release_object, NULL);
    if (!slot || !name.at)
        return STATUS_MEMORY;
    ASN1_OBJECT *policy = *slot = OBJ_txt2obj(name.at, 1);
    if (!policy || pins->policy_count == CRYPTO_CARD_POLICIES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A policy is an object identifier like 2.16.56.12.1.1.2.2, and there are "
                        "at most %d of them.",
                        CRYPTO_CARD_POLICIES_MAX);
    pins->policies[pins->policy_count++] = policy;
    return STATUS_OK;
}

/* Only what was read, in one form: a file may say more around it. */
static Status write_pem(Ctx *cx, CryptoPins *pins)
{
    STACK_OF(X509) * stacks[] = {pins->roots, pins->helpers};
    void **slot = arena_defer(cx->arena, release_bio, NULL);
    BIO *bio = slot ? (*slot = BIO_new(BIO_s_mem())) : NULL;
    bool good = bio != NULL;
    char *at = NULL;
    for (size_t k = 0; k < COUNT_OF(stacks); k++) {
        for (int i = 0; good && i < sk_X509_num(stacks[k]); i++)
            good = PEM_write_bio_X509(bio, sk_X509_value(stacks[k], i));
    }
    long len = good ? BIO_get_mem_data(bio, &at) : 0;
    pins->pem = arena_str(cx->arena, str_n(at, len > 0 ? (size_t)len : 0));
    return good && pins->pem.at ? STATUS_OK : STATUS_MEMORY;
}

static Status make_stacks(Ctx *cx, CryptoPins *pins)
{
    void **roots = arena_defer(cx->arena, release_certificates, NULL);
    void **helpers = arena_defer(cx->arena, release_certificates, NULL);
    void **crls = arena_defer(cx->arena, release_crls, NULL);
    if (!roots || !helpers || !crls)
        return STATUS_MEMORY;
    *roots = pins->roots = sk_X509_new_null();
    *helpers = pins->helpers = sk_X509_new_null();
    *crls = pins->crls = sk_X509_CRL_new_null();
    return pins->roots && pins->helpers && pins->crls ? STATUS_OK : STATUS_MEMORY;
}

Status crypto_pins_make(Ctx *cx, const Str *pems, size_t pem_count, const Str *policies,
                        size_t policy_count, CryptoPins **ret_pins)
{
    CryptoPins *pins = arena_new_of(cx->arena, CryptoPins);
    if (!pins)
        return STATUS_MEMORY;
    TRY(make_stacks(cx, pins));
    for (size_t i = 0; i < pem_count; i++)
        TRY(read_pem(cx, pins, pems[i]));
    for (size_t i = 0; i < policy_count; i++)
        TRY(read_policy(cx, pins, policies[i]));
    if (!sk_X509_num(pins->roots) || !pins->policy_count)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "Signing in with a card needs a root certificate and a policy at least.");
    TRY(write_pem(cx, pins));
    *ret_pins = pins;
    return STATUS_OK;
}

Str crypto_pins_pem(const CryptoPins *pins)
{
    return pins->pem;
}

/* ---- a store for one check -------------------------------------------------------------- */

/* Where the site has no CRL of an issuer there is none to look at. */
static int without_crl(int good, X509_STORE_CTX *context)
{
    return good || X509_STORE_CTX_get_error(context) == X509_V_ERR_UNABLE_TO_GET_CRL;
}

X509_STORE *card_store(Arena *arena, const CryptoPins *pins, Time now)
{
    void **slot = arena_defer(arena, release_store, NULL);
    X509_STORE *store = slot ? (*slot = X509_STORE_new()) : NULL;
    bool good = store != NULL;
    for (int i = 0; good && i < sk_X509_num(pins->roots); i++)
        good = X509_STORE_add_cert(store, sk_X509_value(pins->roots, i));
    for (int i = 0; good && i < sk_X509_CRL_num(pins->crls); i++)
        good = X509_STORE_add_crl(store, sk_X509_CRL_value(pins->crls, i));
    if (!good)
        return NULL;
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(param, (time_t)(now / TIME_SECOND));
    X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    if (sk_X509_CRL_num(pins->crls)) {
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        X509_STORE_set_verify_cb(store, without_crl);
    }
    return store;
}

/* ---- a certificate ------------------------------------------------------------------------ */

static X509 *read_one(Arena *arena, Str der)
{
    const uint8_t *at = (const uint8_t *)der.at;
    void **slot = arena_defer(arena, release_certificate, NULL);
    if (!slot || !der.len || der.len > CRYPTO_CARD_BYTES_MAX)
        return NULL;
    X509 *certificate = *slot = d2i_X509(NULL, &at, (long)der.len);
    return certificate && at == (const uint8_t *)der.at + der.len ? certificate : NULL;
}

static bool read_chain(Arena *arena, const CryptoPins *pins, const Str *chain, size_t count,
                       CryptoCard *card)
{
    void **slot = arena_defer(arena, release_certificates, NULL);
    if (!slot || !count || count > CRYPTO_CARD_CHAIN_MAX)
        return false;
    card->brought = *slot = sk_X509_new_null();
    bool good = card->brought && (card->own = read_one(arena, chain[0])) != NULL;
    for (size_t i = 1; good && i < count; i++) {
        X509 *other = read_one(arena, chain[i]);
        good = other && keep(card->brought, other);
    }
    for (int i = 0; good && i < sk_X509_num(pins->helpers); i++)
        good = keep(card->brought, sk_X509_value(pins->helpers, i));
    return good;
}

static CryptoCardVerdict verdict_of(int error)
{
    switch (error) {
    case X509_V_OK: return CRYPTO_CARD_GOOD;
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED: return CRYPTO_CARD_NOT_NOW;
    case X509_V_ERR_INVALID_PURPOSE: return CRYPTO_CARD_WRONG_USE;
    }
    return CRYPTO_CARD_UNTRUSTED;
}

static CryptoCardVerdict check_chain(Arena *arena, const CryptoPins *pins, CryptoCard *card,
                                     Time now)
{
    X509_STORE *store = card_store(arena, pins, now);
    void **slot = arena_defer(arena, release_context, NULL);
    void **issuer = arena_defer(arena, release_certificate, NULL);
    X509_STORE_CTX *context = slot ? (*slot = X509_STORE_CTX_new()) : NULL;
    if (!store || !context || !issuer ||
        !X509_STORE_CTX_init(context, store, card->own, card->brought))
        return CRYPTO_CARD_UNTRUSTED;
    X509_VERIFY_PARAM_set_purpose(X509_STORE_CTX_get0_param(context), X509_PURPOSE_SSL_CLIENT);
    int good = X509_verify_cert(context);
    if (good != 1)
        return verdict_of(good < 0 ? X509_V_ERR_UNSPECIFIED : X509_STORE_CTX_get_error(context));
    STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(context);
    if (sk_X509_num(built) < 2) /* a root is nobody's card */
        return CRYPTO_CARD_WRONG_USE;
    card->issuer = sk_X509_value(built, 1);
    if (!X509_up_ref(card->issuer))
        return CRYPTO_CARD_UNTRUSTED;
    *issuer = card->issuer;
    return CRYPTO_CARD_GOOD;
}

/* Older cards say it in Netscape's extension. */
static bool is_netscape_client(X509 *certificate)
{
    ASN1_BIT_STRING *kinds = X509_get_ext_d2i(certificate, NID_netscape_cert_type, NULL, NULL);
    bool client = kinds && kinds->length > 0 && (kinds->data[0] & NETSCAPE_SSL_CLIENT);
    ASN1_BIT_STRING_free(kinds);
    return client;
}

/* It has to say that it is for this; what says nothing is for everything, and not enough. */
static bool use_is_right(X509 *certificate)
{
    uint32_t flags = X509_get_extension_flags(certificate);
    uint32_t usage = X509_get_key_usage(certificate);
    if ((flags & (EXFLAG_CA | EXFLAG_INVALID)) || !(flags & EXFLAG_KUSAGE) ||
        !(usage & KU_DIGITAL_SIGNATURE) || (usage & (KU_NON_REPUDIATION | KU_KEY_CERT_SIGN)))
        return false;
    if (flags & EXFLAG_XKUSAGE)
        return (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) != 0;
    return is_netscape_client(certificate);
}

static bool policy_is_right(const CryptoPins *pins, X509 *certificate)
{
    STACK_OF(POLICYINFO) *named =
        X509_get_ext_d2i(certificate, NID_certificate_policies, NULL, NULL);
    bool found = false;
    for (int i = 0; !found && named && i < sk_POLICYINFO_num(named); i++) {
        for (size_t k = 0; !found && k < pins->policy_count; k++)
            found = OBJ_cmp(sk_POLICYINFO_value(named, i)->policyid, pins->policies[k]) == 0;
    }
    sk_POLICYINFO_pop_free(named, POLICYINFO_free);
    return found;
}

/* One serialNumber, of plain letters. */
static bool read_number(Arena *arena, CryptoCard *card)
{
    const X509_NAME *name = X509_get_subject_name(card->own);
    int at = X509_NAME_get_index_by_NID(name, NID_serialNumber, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(name, NID_serialNumber, at) >= 0)
        return false;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    int len = ASN1_STRING_length(value);
    if ((ASN1_STRING_type(value) != V_ASN1_PRINTABLESTRING &&
         ASN1_STRING_type(value) != V_ASN1_UTF8STRING) ||
        len <= 0 || len > NUMBER_BYTES_MAX)
        return false;
    card->number = arena_str(arena, str_n((const char *)ASN1_STRING_get0_data(value), (size_t)len));
    return card->number.at && str_is_utf8(card->number);
}

static void read_responder(Arena *arena, CryptoCard *card)
{
    STACK_OF(OPENSSL_STRING) *addresses = X509_get1_ocsp(card->own);
    card->responder = STR_EMPTY;
    if (addresses && sk_OPENSSL_STRING_num(addresses) > 0) {
        Str address = arena_str(arena, str_of(sk_OPENSSL_STRING_value(addresses, 0)));
        card->responder = address.at ? address : STR_EMPTY;
    }
    X509_email_free(addresses);
}

static CryptoCardVerdict check(Ctx *cx, const CryptoPins *pins, const Str *chain, size_t count,
                               Time now, CryptoCard *card)
{
    if (!read_chain(cx->arena, pins, chain, count, card))
        return CRYPTO_CARD_NONE;
    CryptoCardVerdict verdict = check_chain(cx->arena, pins, card, now);
    if (verdict != CRYPTO_CARD_GOOD)
        return verdict;
    if (!use_is_right(card->own))
        return CRYPTO_CARD_WRONG_USE;
    if (!policy_is_right(pins, card->own))
        return CRYPTO_CARD_POLICY;
    if (!read_number(cx->arena, card))
        return CRYPTO_CARD_NO_NUMBER;
    read_responder(cx->arena, card);
    crypto_sha256(chain[0], card->id);
    return CRYPTO_CARD_GOOD;
}

CryptoCardVerdict crypto_card_check(Ctx *cx, const CryptoPins *pins, const Str *chain, size_t count,
                                    Time now, CryptoCard **ret_card)
{
    CryptoCard *card = arena_new_of(cx->arena, CryptoCard);
    CryptoCardVerdict verdict =
        card ? check(cx, pins, chain, count, now, card) : CRYPTO_CARD_UNTRUSTED;
    ERR_clear_error();
    if (verdict == CRYPTO_CARD_GOOD)
        *ret_card = card;
    return verdict;
}

Str crypto_card_number(const CryptoCard *card)
{
    return card->number;
}

Str crypto_card_responder(const CryptoCard *card)
{
    return card->responder;
}

const uint8_t *crypto_card_id(const CryptoCard *card)
{
    return card->id;
}

/* ---- passed on by a proxy ------------------------------------------------------------------ */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool percent_decode(Str text, char *to, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        to[len++] = c;
    }
    *ret_len = len;
    return true;
}

/* Standard base64 with padding, in one piece. SPEC RFC 8941 3.3.5 */
static bool base64_decode(Arena *arena, Str text, Str *ret_bytes)
{
    if (!text.len || text.len % 4)
        return false;
    uint8_t *to = arena_alloc_raw(arena, text.len / 4 * 3);
    int len = to ? EVP_DecodeBlock(to, (const uint8_t *)text.at, (int)text.len) : -1;
    if (len < 3)
        return false;
    size_t pad = (size_t)(text.at[text.len - 1] == '=') + (text.at[text.len - 2] == '=');
    *ret_bytes = str_n((const char *)to, (size_t)len - pad);
    return true;
}

static bool pem_decode(Arena *arena, Str text, Str *ret_der)
{
    void **slot = arena_defer(arena, release_bio, NULL);
    void **own = arena_defer(arena, release_certificate, NULL);
    BIO *bio = slot && own ? (*slot = BIO_new_mem_buf(text.at, (int)text.len)) : NULL;
    X509 *certificate = bio ? (*own = PEM_read_bio_X509(bio, NULL, NULL, NULL)) : NULL;
    int len = certificate ? i2d_X509(certificate, NULL) : 0;
    uint8_t *to =
        len > 0 && len <= CRYPTO_CARD_BYTES_MAX ? arena_alloc_raw(arena, (size_t)len) : NULL;
    ERR_clear_error();
    if (!to)
        return false;
    *ret_der = str_n((const char *)to, (size_t)len);
    return i2d_X509(certificate, &to) == len;
}

bool crypto_card_header(Arena *arena, Str text, Str *ret_der)
{
    text = str_trim(text);
    if (!text.len || text.len > HEADER_BYTES_MAX)
        return false;
    if (text.at[0] == ':')
        return text.len > 2 && text.at[text.len - 1] == ':' &&
               base64_decode(arena, str_n(text.at + 1, text.len - 2), ret_der);
    char *plain = arena_alloc_raw(arena, text.len);
    size_t len;
    return plain && percent_decode(text, plain, &len) &&
           pem_decode(arena, str_n(plain, len), ret_der);
}
