/* crypto/certificate.c - a certificate that a first start signs for itself.
 *
 * For one machine and for trying out: browsers warn about it. A site brings its own. */
#include "crypto/crypto.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { SERIAL_BYTES = 16, BACKDATED_SECONDS = 3600, PEM_BYTES_MAX = 1 << 16 };

static void release_key(void *key)
{
    EVP_PKEY_free(key);
}
static void release_certificate(void *certificate)
{
    X509_free(certificate);
}
static void release_bio(void *bio)
{
    BIO_free(bio);
}

static Status failed(Ctx *cx, const char *what)
{
    return ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "OpenSSL cannot make %s.", what);
}

/* "DNS:localhost,IP:127.0.0.1": the notation of X509V3_EXT_conf_nid, in which a comma would
 * begin another field; so names are held to what a host name or an address may contain. */
static Status subject_names(Ctx *cx, const Str *names, size_t count, const char **ret_text)
{
    Buf text;
    buf_init(&text, cx->arena, 256, 8192);
    for (size_t i = 0; i < count; i++) {
        unsigned char address[16];
        Str name = arena_str(cx->arena, names[i]);
        if (!name.at)
            return STATUS_MEMORY;
        for (size_t k = 0; k < name.len; k++) {
            if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:*",
                        name.at[k]) ||
                name.at[k] == 0)
                return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                                "A name in a certificate is a host name or an IP address.");
        }
        bool ip =
            inet_pton(AF_INET, name.at, address) == 1 || inet_pton(AF_INET6, name.at, address) == 1;
        if (name.len == 0 || (!ip && memchr(name.at, ':', name.len)))
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "A name in a certificate is a host name or an IP address.");
        buf_format(&text, "%s%s:%s", i ? "," : "", ip ? "IP" : "DNS", name.at);
    }
    buf_add_char(&text, 0);
    TRY(buf_done(&text));
    *ret_text = text.at;
    return STATUS_OK;
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool ok = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

/* A random serial number. SPEC RFC 5280 4.1.2.2: positive, at most 20 octets. */
static bool set_serial(X509 *certificate)
{
    uint8_t bytes[SERIAL_BYTES];
    crypto_random(bytes, sizeof bytes);
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return ok;
}

static bool fill_in(X509 *certificate, EVP_PKEY *key, Str name, const char *names, unsigned days)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int name_len = (int)(name.len < 64 ? name.len : 64); /* ub-common-name of RFC 5280 */
    return X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -BACKDATED_SECONDS) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), (long)days * 86400) &&
           X509_set_pubkey(certificate, key) &&
           X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const uint8_t *)"Aceso", -1, -1,
                                      0) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)name.at,
                                      name_len, -1, 0) &&
           X509_set_issuer_name(certificate, subject) &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, NID_subject_alt_name, names) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static Status to_pem(Ctx *cx, EVP_PKEY *key, X509 *certificate, Str *ret_pem)
{
    void **slot = arena_defer(cx->arena, release_bio, NULL);
    if (!slot)
        return STATUS_MEMORY;
    BIO *bio = *slot = BIO_new(BIO_s_secmem());
    bool ok = bio && (certificate ? PEM_write_bio_X509(bio, certificate)
                                  : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    char *at = NULL;
    long len = ok ? BIO_get_mem_data(bio, &at) : 0;
    if (len <= 0 || len > PEM_BYTES_MAX)
        return failed(cx, "PEM text");
    Str pem = arena_str(cx->arena, str_n(at, (size_t)len));
    if (!pem.at)
        return STATUS_MEMORY;
    *ret_pem = pem;
    return STATUS_OK;
}

Status crypto_self_signed_certificate(Ctx *cx, const Str *names, size_t name_count, unsigned days,
                                      Str *ret_key_pem, Str *ret_certificate_pem)
{
    const char *alternatives = NULL;
    Str key_pem, certificate_pem;
    assert(name_count > 0);
    TRY(subject_names(cx, names, name_count, &alternatives));
    void **key_slot = arena_defer(cx->arena, release_key, NULL);
    void **certificate_slot = arena_defer(cx->arena, release_certificate, NULL);
    if (!key_slot || !certificate_slot)
        return STATUS_MEMORY;
    EVP_PKEY *key = *key_slot = EVP_EC_gen("P-256");
    X509 *certificate = *certificate_slot = X509_new();
    if (!key || !certificate)
        return failed(cx, "a key");
    if (!fill_in(certificate, key, names[0], alternatives, days))
        return failed(cx, "a certificate");
    TRY(to_pem(cx, key, NULL, &key_pem));
    TRY(to_pem(cx, NULL, certificate, &certificate_pem));
    *ret_key_pem = key_pem;
    *ret_certificate_pem = certificate_pem;
    return STATUS_OK;
}
