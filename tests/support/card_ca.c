/* tests/support/card_ca.c - keys, certificates, answers; a fault of OpenSSL ends the test. */
#include "support/card_ca.h"

#include <openssl/conf.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

typedef struct {
    EVP_PKEY *key;
    X509 *certificate;
} Pair;

struct CardCa {
    Arena *arena;
    long serial;
    Pair root, citizens, delegate, late_delegate, card;
    Pair other_root, other_citizens, other_delegate;
};

static void need(bool good)
{
    if (!good)
        abort();
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    if (!value || !*value)
        return;
    CONF *none = NCONF_new(NULL); /* policies want a configuration, though they need none */
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_nconf(&context, none);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    need(extension && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
    NCONF_free(none);
}

static void name_it(X509_NAME *name, const char *attribute, const char *value)
{
    need(X509_NAME_add_entry_by_txt(name, attribute, MBSTRING_ASC, (const uint8_t *)value, -1, -1,
                                    0));
}

static X509 *begin(CardCa *ca, EVP_PKEY *key, const char *name, const X509 *issuer, int from_days,
                   int to_days)
{
    X509 *made = X509_new();
    need(made && X509_set_version(made, X509_VERSION_3) &&
         ASN1_INTEGER_set(X509_get_serialNumber(made), ++ca->serial) &&
         X509_gmtime_adj(X509_getm_notBefore(made), (long)from_days * 86400) &&
         X509_gmtime_adj(X509_getm_notAfter(made), (long)to_days * 86400) &&
         X509_set_pubkey(made, key));
    name_it(X509_get_subject_name(made), "C", "BE");
    name_it(X509_get_subject_name(made), "CN", name);
    need(X509_set_issuer_name(made, X509_get_subject_name(issuer ? issuer : made)));
    return made;
}

static Pair make_root(CardCa *ca, const char *name)
{
    Pair pair = {.key = EVP_EC_gen("P-384")};
    pair.certificate = begin(ca, pair.key, name, NULL, -1000, 3650);
    extend(pair.certificate, pair.certificate, NID_basic_constraints, "critical,CA:TRUE");
    extend(pair.certificate, pair.certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(pair.certificate, pair.certificate, NID_subject_key_identifier, "hash");
    extend(pair.certificate, pair.certificate, NID_certificate_policies, "2.16.56.12.1");
    need(X509_sign(pair.certificate, pair.key, EVP_sha384()) > 0);
    return pair;
}

static Pair make_citizens(CardCa *ca, const Pair *root)
{
    Pair pair = {.key = EVP_EC_gen("P-384")};
    pair.certificate = begin(ca, pair.key, "Citizen CA", root->certificate, -900, 3000);
    extend(pair.certificate, root->certificate, NID_basic_constraints,
           "critical,CA:TRUE,pathlen:0");
    extend(pair.certificate, root->certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(pair.certificate, root->certificate, NID_subject_key_identifier, "hash");
    extend(pair.certificate, root->certificate, NID_authority_key_identifier, "keyid");
    extend(pair.certificate, root->certificate, NID_certificate_policies, "2.16.56.12.1.1.2");
    need(X509_sign(pair.certificate, root->key, EVP_sha384()) > 0);
    return pair;
}

static Pair make_delegate(CardCa *ca, const Pair *issuer, int to_days)
{
    Pair pair = {.key = EVP_EC_gen("P-256")};
    pair.certificate = begin(ca, pair.key, "OCSP Responder", issuer->certificate, -30, to_days);
    extend(pair.certificate, issuer->certificate, NID_key_usage, "critical,digitalSignature");
    extend(pair.certificate, issuer->certificate, NID_ext_key_usage, "OCSPSigning");
    extend(pair.certificate, issuer->certificate, NID_id_pkix_OCSP_noCheck, "ignored");
    extend(pair.certificate, issuer->certificate, NID_authority_key_identifier, "keyid");
    need(X509_sign(pair.certificate, issuer->key, EVP_sha256()) > 0);
    return pair;
}

static const char *or_else(const char *given, const char *usual)
{
    return given ? given : usual;
}

static Pair make_card(CardCa *ca, const CardWanted *w)
{
    const Pair *issuer = w->imitated ? &ca->other_citizens : &ca->citizens;
    Pair pair = {.key = EVP_EC_gen("P-384")};
    bool usual = !w->from_days && !w->to_days;
    X509 *made = pair.certificate =
        begin(ca, pair.key, "Alice Specimen (Authentication)", issuer->certificate,
              usual ? -1 : w->from_days, usual ? 1825 : w->to_days);
    X509_NAME *name = X509_get_subject_name(made);
    name_it(name, "SN", "Specimen");
    if (!w->no_number)
        name_it(name, "serialNumber", or_else(w->number, "85073003328"));
    if (w->two_numbers)
        name_it(name, "serialNumber", "17073003384");
    extend(made, issuer->certificate, NID_basic_constraints, w->is_ca ? "critical,CA:TRUE" : "");
    extend(made, issuer->certificate, NID_key_usage,
           or_else(w->usage, "critical,digitalSignature"));
    extend(made, issuer->certificate, NID_ext_key_usage, or_else(w->extended, "clientAuth"));
    extend(made, issuer->certificate, NID_netscape_cert_type, w->netscape);
    extend(made, issuer->certificate, NID_certificate_policies, or_else(w->policy, CARD_POLICY));
    extend(made, issuer->certificate, NID_authority_key_identifier, "keyid");
    if (w->critical) {
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        ASN1_OBJECT *object = OBJ_txt2obj(w->critical, 1);
        need(ASN1_OCTET_STRING_set(value, (const uint8_t *)"\5\0", 2));
        X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
        need(X509_add_ext(made, extension, -1));
        X509_EXTENSION_free(extension);
        ASN1_OBJECT_free(object);
        ASN1_OCTET_STRING_free(value);
    }
    if (w->responder) {
        Str text = arena_format(ca->arena, "OCSP;URI:%s", w->responder);
        extend(made, issuer->certificate, NID_info_access, text.at);
    }
    need(X509_sign(made, issuer->key, w->weak_hash ? EVP_sha1() : EVP_sha256()) > 0);
    return pair;
}

CardCa *card_ca_make(Arena *arena)
{
    CardCa *ca = arena_new_of(arena, CardCa);
    const CardWanted usual = {.number = NULL};
    ca->arena = arena;
    ca->root = make_root(ca, "Test Root CA4");
    ca->citizens = make_citizens(ca, &ca->root);
    ca->delegate = make_delegate(ca, &ca->citizens, 30);
    ca->late_delegate = make_delegate(ca, &ca->citizens, -1);
    ca->other_root = make_root(ca, "Test Root CA4");
    ca->other_citizens = make_citizens(ca, &ca->other_root);
    ca->other_delegate = make_delegate(ca, &ca->other_citizens, 30);
    ca->card = make_card(ca, &usual);
    return ca;
}

static void release(Pair *pair)
{
    EVP_PKEY_free(pair->key);
    X509_free(pair->certificate);
}

void card_ca_free(CardCa *ca)
{
    Pair *pairs[] = {&ca->root,       &ca->citizens,       &ca->delegate,       &ca->late_delegate,
                     &ca->other_root, &ca->other_citizens, &ca->other_delegate, &ca->card};
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        release(pairs[i]);
}

static Str text_of(Arena *arena, BIO *bio)
{
    char *at = NULL;
    long len = BIO_get_mem_data(bio, &at);
    Str text = arena_str(arena, str_n(at, (size_t)len));
    BIO_free(bio);
    return text;
}

static Str pem_of(Arena *arena, X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    need(PEM_write_bio_X509(bio, certificate));
    return text_of(arena, bio);
}

static Str der_of(Arena *arena, X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    need(i2d_X509_bio(bio, certificate));
    return text_of(arena, bio);
}

Str card_ca_root(const CardCa *ca)
{
    return pem_of(ca->arena, ca->root.certificate);
}

Str card_ca_citizens(const CardCa *ca)
{
    return pem_of(ca->arena, ca->citizens.certificate);
}

Str card_ca_crl(CardCa *ca, bool citizens_revoked, bool out_of_date)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = ASN1_TIME_new(), *until = ASN1_TIME_new();
    X509_gmtime_adj(from, -86400L * 10);
    X509_gmtime_adj(until, out_of_date ? -86400L : 86400L * 30);
    need(X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
         X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->root.certificate)) &&
         X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, until));
    if (citizens_revoked) {
        X509_REVOKED *one = X509_REVOKED_new();
        need(X509_REVOKED_set_serialNumber(one, X509_get_serialNumber(ca->citizens.certificate)) &&
             X509_REVOKED_set_revocationDate(one, from) && X509_CRL_add0_revoked(crl, one));
    }
    need(X509_CRL_sign(crl, ca->root.key, EVP_sha384()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    need(PEM_write_bio_X509_CRL(bio, crl));
    X509_CRL_free(crl);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return text_of(ca->arena, bio);
}

Card card_ca_issue(CardCa *ca, const CardWanted *wanted)
{
    Pair pair = make_card(ca, wanted);
    BIO *bio = BIO_new(BIO_s_mem());
    need(PEM_write_bio_PrivateKey(bio, pair.key, NULL, NULL, 0, NULL, NULL));
    X509 *issuer = (wanted->imitated ? &ca->other_citizens : &ca->citizens)->certificate;
    Card card = {.chain = {der_of(ca->arena, pair.certificate), der_of(ca->arena, issuer)},
                 .pem = pem_of(ca->arena, pair.certificate),
                 .key_pem = text_of(ca->arena, bio)};
    release(&pair);
    return card;
}

/* ---- answers ---------------------------------------------------------------------------- */

static const Pair *signer_of(const CardCa *ca, const CardAnswer *w)
{
    switch (w->signer) {
    case CARD_BY_DELEGATE: return w->delegate_expired ? &ca->late_delegate : &ca->delegate;
    case CARD_BY_ISSUER: return &ca->citizens;
    case CARD_BY_ROOT: return &ca->root;
    case CARD_BY_IMITATOR: return &ca->other_delegate;
    case CARD_BY_A_CARD: return &ca->card;
    }
    return NULL;
}

static void add_status(OCSP_BASICRESP *basic, OCSP_CERTID *id, int status, const CardAnswer *w)
{
    bool usual = !w->from_s && !w->until_s;
    ASN1_TIME *from = X509_gmtime_adj(NULL, usual ? 0 : w->from_s);
    ASN1_TIME *until = X509_gmtime_adj(NULL, usual ? 3600 : w->until_s);
    ASN1_TIME *revoked = X509_gmtime_adj(NULL, -86400L);
    bool is_revoked = status == V_OCSP_CERTSTATUS_REVOKED;
    need(OCSP_basic_add1_status(basic, id, status, 0, is_revoked ? revoked : NULL, from,
                                w->without_until ? NULL : until) != NULL);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    ASN1_TIME_free(revoked);
}

static void add_nonce(OCSP_BASICRESP *basic, OCSP_REQUEST *asked, const CardAnswer *w)
{
    if (w->nonce == CARD_NONCE_OURS)
        need(OCSP_copy_nonce(basic, asked) == 1);
    else if (w->nonce == CARD_NONCE_OTHER)
        need(OCSP_basic_add1_nonce(basic, NULL, 32));
}

static OCSP_RESPONSE *answer_to(CardCa *ca, OCSP_REQUEST *asked, const CardAnswer *w)
{
    static const int statuses[] = {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED,
                                   V_OCSP_CERTSTATUS_UNKNOWN};
    if (w->says_try_later)
        return OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, NULL);
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(asked, 0));
    OCSP_CERTID *other =
        OCSP_cert_to_id(EVP_sha1(), ca->card.certificate, ca->citizens.certificate);
    const Pair *signer = signer_of(ca, w);
    add_status(basic, w->of_another ? other : id, statuses[w->status], w);
    if (w->also_revoked)
        add_status(basic, id, V_OCSP_CERTSTATUS_REVOKED, w);
    add_nonce(basic, asked, w);
    need(OCSP_basic_sign(basic, signer->certificate, signer->key, EVP_sha256(), NULL, 0));
    OCSP_RESPONSE *made = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    OCSP_CERTID_free(other);
    OCSP_BASICRESP_free(basic);
    return made;
}

Str card_ca_answer(CardCa *ca, Arena *arena, Str request, const CardAnswer *wanted)
{
    const uint8_t *at = (const uint8_t *)request.at;
    OCSP_REQUEST *asked = d2i_OCSP_REQUEST(NULL, &at, (long)request.len);
    uint8_t *bytes = NULL;
    if (!asked || OCSP_request_onereq_count(asked) != 1) {
        OCSP_REQUEST_free(asked);
        return STR_EMPTY;
    }
    OCSP_RESPONSE *made = answer_to(ca, asked, wanted);
    int len = i2d_OCSP_RESPONSE(made, &bytes);
    Str answer = arena_str(arena, str_n((const char *)bytes, len > 0 ? (size_t)len : 0));
    OPENSSL_free(bytes);
    OCSP_RESPONSE_free(made);
    OCSP_REQUEST_free(asked);
    return answer;
}
