/* crypto/card.h - certificates that people show from an identity card: whose they are, whether they
 * are believed, whether they still hold.
 *
 * A certificate is believed when its chain ends in a root that the site has pinned, it is valid
 * now, it is for signing in (and not for signatures that stand for their owner's will), and it
 * names a policy of the site's list. Whether it was revoked is asked of its responder; everything
 * but a fresh "good" of the right signer is a no.
 *
 * The policies of CAs above it are not walked as RFC 5280 6.1 would: the Belgian CAs name the
 * parent of the policy that their certificates have (2.16.56.12.1.1.2 over 2.16.56.12.1.1.2.2), and
 * no tree would grow. The root is pinned and the list is the site's.
 *
 * SPEC RFC 5280 4.2.1.3, 4.2.1.4, 4.2.1.12, 6.1; RFC 6960 */
#ifndef ACESO_CRYPTO_CARD_H
#define ACESO_CRYPTO_CARD_H

#include "base/base.h"

enum {
    CRYPTO_CARD_CHAIN_MAX = 8,          /* certificates that one may bring */
    CRYPTO_CARD_BYTES_MAX = 16 * 1024,  /* of one, DER */
    CRYPTO_CARD_POLICIES_MAX = 32,      /* of the site's list */
    CRYPTO_OCSP_ANSWER_MAX = 64 * 1024, /* more is no answer */
    CRYPTO_OCSP_SKEW_S = 5 * 60,        /* between the responder's clock and ours */
};

/* What a site believes. Hangs on the arena that made it, and is read-only: any thread. */
typedef struct CryptoPins CryptoPins;

/* `pems`: texts with certificates, and CRLs of them; what is signed by itself is a root, the others
 * help to build chains. Where there is a CRL of an issuer it is looked at, and refuses all when it
 * is out of date. `policies`: "2.16.56.12.1.1.2.2". STATUS_INVALID with an issue: nothing in them,
 * no root, something broken. */
Status crypto_pins_make(Ctx *cx, const Str *pems, size_t pem_count, const Str *policies,
                        size_t policy_count, CryptoPins **ret_pins) MUST_USE;
/* All certificates of it as one PEM text: what a TLS server names when it asks for one. */
Str crypto_pins_pem(const CryptoPins *pins);

typedef enum {
    CRYPTO_CARD_GOOD,
    CRYPTO_CARD_NONE,      /* there is none, or nothing that can be read */
    CRYPTO_CARD_UNTRUSTED, /* no chain to a root; a CA of it revoked */
    CRYPTO_CARD_NOT_NOW,   /* expired, or not valid yet */
    CRYPTO_CARD_WRONG_USE, /* of a signature, a server, a CA */
    CRYPTO_CARD_POLICY,    /* none of the list */
    CRYPTO_CARD_NO_NUMBER, /* no serialNumber of a person */
    CRYPTO_CARD_VERDICTS
} CryptoCardVerdict;

typedef struct CryptoCard CryptoCard;

/* `chain`: DER, the person's own first. On the arena of cx. */
CryptoCardVerdict crypto_card_check(Ctx *cx, const CryptoPins *pins, const Str *chain, size_t count,
                                    Time now, CryptoCard **ret_card);
/* The subject's serialNumber: in Belgium the national number. Personal: to be hashed at once. */
Str crypto_card_number(const CryptoCard *card);
/* Where to ask about it, as it says itself; or empty. */
Str crypto_card_responder(const CryptoCard *card);
/* SHA-256 of the certificate: for a cache of answers. */
const uint8_t *crypto_card_id(const CryptoCard *card);

typedef enum {
    CRYPTO_OCSP_GOOD,
    CRYPTO_OCSP_REVOKED,
    CRYPTO_OCSP_UNKNOWN, /* the responder does not know it */
    CRYPTO_OCSP_STALE,   /* an answer of another time */
    CRYPTO_OCSP_SIGNER,  /* not signed by whom it has to be */
    CRYPTO_OCSP_NONCE,   /* an answer to another question */
    CRYPTO_OCSP_BROKEN,  /* no answer */
} CryptoOcspVerdict;

/* The request, DER, with a nonce of 32 bytes. */
Status crypto_ocsp_ask(Ctx *cx, const CryptoCard *card, Str *ret_request) MUST_USE;
/* `age_s`: how old an answer may be that does not repeat our nonce; 0: it must. *ret_until: when it
 * is over. */
CryptoOcspVerdict crypto_ocsp_read(Ctx *cx, const CryptoPins *pins, const CryptoCard *card,
                                   Str request, Str answer, Time now, unsigned age_s,
                                   Time *ret_until);

/* A certificate as a proxy in front passes it on, in DER: ":base64:" (SPEC RFC 9440 2.1) or PEM
 * with percent-encoding (nginx). False: neither. */
bool crypto_card_header(Arena *arena, Str text, Str *ret_der);

#endif
