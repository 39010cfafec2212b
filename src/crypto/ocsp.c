/* crypto/ocsp.c - one question about one certificate, and its answer. SPEC RFC 6960, RFC 8954 */
#include "crypto/card_inner.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <time.h>

enum { NONCE_BYTES = 32, KEPT_S = 60 };

static void release_request(void *request)
{
    OCSP_REQUEST_free(request);
}
static void release_response(void *response)
{
    OCSP_RESPONSE_free(response);
}
static void release_basic(void *basic)
{
    OCSP_BASICRESP_free(basic);
}
static void release_id(void *id)
{
    OCSP_CERTID_free(id);
}

/* SHA-1 names the issuer here, as every responder understands; nothing is believed for it.
 * SPEC RFC 5019 2.1.1 */
static OCSP_CERTID *id_of(const CryptoCard *card)
{
    return OCSP_cert_to_id(EVP_sha1(), card->own, card->issuer);
}

Status crypto_ocsp_ask(Ctx *cx, const CryptoCard *card, Str *ret_request)
{
    uint8_t nonce[NONCE_BYTES], *bytes = NULL;
    void **slot = arena_defer(cx->arena, release_request, NULL);
    OCSP_REQUEST *request = slot ? (*slot = OCSP_REQUEST_new()) : NULL;
    OCSP_CERTID *id = request ? id_of(card) : NULL;
    if (id && !OCSP_request_add0_id(request, id)) {
        OCSP_CERTID_free(id);
        id = NULL;
    }
    crypto_random(nonce, sizeof nonce);
    int len = id && OCSP_request_add1_nonce(request, nonce, NONCE_BYTES)
                  ? i2d_OCSP_REQUEST(request, &bytes)
                  : 0;
    Str made = len > 0 ? arena_str(cx->arena, str_n((const char *)bytes, (size_t)len)) : STR_EMPTY;
    OPENSSL_free(bytes);
    ERR_clear_error();
    if (!made.len)
        return ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "OpenSSL cannot ask about a certificate.");
    *ret_request = made;
    return STATUS_OK;
}

static OCSP_REQUEST *read_request(Arena *arena, Str der)
{
    const uint8_t *at = (const uint8_t *)der.at;
    void **slot = arena_defer(arena, release_request, NULL);
    return slot ? (*slot = d2i_OCSP_REQUEST(NULL, &at, (long)der.len)) : NULL;
}

static OCSP_BASICRESP *read_answer(Arena *arena, Str der)
{
    const uint8_t *at = (const uint8_t *)der.at;
    void **whole = arena_defer(arena, release_response, NULL);
    void **slot = arena_defer(arena, release_basic, NULL);
    if (!whole || !slot || !der.len || der.len > CRYPTO_OCSP_ANSWER_MAX)
        return NULL;
    OCSP_RESPONSE *response = *whole = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
    if (!response || OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return NULL;
    return *slot = OCSP_response_get1_basic(response);
}

/* The issuer itself, or whom it has named for this. */
static bool signer_is_right(Arena *arena, const CryptoPins *pins, const CryptoCard *card,
                            OCSP_BASICRESP *basic, Time now)
{
    X509_STORE *store = card_store(arena, pins, now);
    STACK_OF(X509) *others = store ? sk_X509_dup(card->brought) : NULL;
    bool good = others && sk_X509_push(others, card->issuer) > 0 &&
                OCSP_basic_verify(basic, others, store, OCSP_NOEXPLICIT) == 1;
    sk_X509_free(others);
    return good;
}

static bool time_of(const ASN1_GENERALIZEDTIME *text, Time *ret_time)
{
    struct tm parts;
    if (!text || !ASN1_TIME_to_tm(text, &parts))
        return false;
    *ret_time = (Time)timegm(&parts) * TIME_SECOND;
    return true;
}

/* Of its own time, and of now. `echoed`: it is the answer to our very question. */
static bool is_fresh(OCSP_SINGLERESP *single, Time now, bool echoed, unsigned age_s,
                     Time *ret_until)
{
    ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
    const Time skew = CRYPTO_OCSP_SKEW_S * TIME_SECOND;
    Time from, until;
    UNUSED(OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update));
    if (!time_of(this_update, &from) || from > now + skew)
        return false;
    if (!echoed && from < now - (Time)age_s * TIME_SECOND)
        return false;
    if (!next_update) { /* newer answers are always there: this one is of now or of no use */
        *ret_until = now + KEPT_S * TIME_SECOND;
        return from >= now - skew;
    }
    if (!time_of(next_update, &until) || until < from)
        return false;
    *ret_until = until;
    return until > now;
}

/* All that is said about it, should it be more than one thing. */
static CryptoOcspVerdict judge(Ctx *cx, const CryptoCard *card, OCSP_BASICRESP *basic, Time now,
                               bool echoed, unsigned age_s, Time *ret_until)
{
    void **slot = arena_defer(cx->arena, release_id, NULL);
    OCSP_CERTID *id = slot ? (*slot = id_of(card)) : NULL;
    Time until = INT64_MAX, each;
    int found = -1;
    if (!id)
        return CRYPTO_OCSP_BROKEN;
    for (int i = OCSP_resp_find(basic, id, -1); i >= 0; i = OCSP_resp_find(basic, id, i)) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        int status = OCSP_single_get0_status(single, NULL, NULL, NULL, NULL);
        if (status == V_OCSP_CERTSTATUS_REVOKED)
            return CRYPTO_OCSP_REVOKED;
        if (status != V_OCSP_CERTSTATUS_GOOD)
            return CRYPTO_OCSP_UNKNOWN;
        if (!is_fresh(single, now, echoed, age_s, &each))
            return CRYPTO_OCSP_STALE;
        until = each < until ? each : until;
        found = i;
    }
    *ret_until = until;
    return found >= 0 ? CRYPTO_OCSP_GOOD : CRYPTO_OCSP_UNKNOWN;
}

static CryptoOcspVerdict read_it(Ctx *cx, const CryptoPins *pins, const CryptoCard *card,
                                 Str request, Str answer, Time now, unsigned age_s, Time *ret_until)
{
    OCSP_REQUEST *asked = read_request(cx->arena, request);
    OCSP_BASICRESP *basic = asked ? read_answer(cx->arena, answer) : NULL;
    if (!basic)
        return CRYPTO_OCSP_BROKEN;
    if (!signer_is_right(cx->arena, pins, card, basic, now))
        return CRYPTO_OCSP_SIGNER;
    int nonce = OCSP_check_nonce(asked, basic); /* 1: ours; -1: none in the answer */
    if (nonce != 1 && (nonce != -1 || !age_s))
        return CRYPTO_OCSP_NONCE;
    return judge(cx, card, basic, now, nonce == 1, age_s, ret_until);
}

CryptoOcspVerdict crypto_ocsp_read(Ctx *cx, const CryptoPins *pins, const CryptoCard *card,
                                   Str request, Str answer, Time now, unsigned age_s,
                                   Time *ret_until)
{
    CryptoOcspVerdict verdict = read_it(cx, pins, card, request, answer, now, age_s, ret_until);
    ERR_clear_error();
    return verdict;
}
