/* crypto/card_inner.h - what card.c and ocsp.c share. Nobody else includes it. */
#ifndef ACESO_CRYPTO_CARD_INNER_H
#define ACESO_CRYPTO_CARD_INNER_H

#include "crypto/card.h"
#include "crypto/crypto.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

struct CryptoPins {
    STACK_OF(X509) * roots;   /* pinned */
    STACK_OF(X509) * helpers; /* CAs below them */
    STACK_OF(X509_CRL) * crls;
    ASN1_OBJECT *policies[CRYPTO_CARD_POLICIES_MAX];
    size_t policy_count;
    Str pem;
};

struct CryptoCard {
    X509 *own, *issuer;
    STACK_OF(X509) * brought; /* what came with it, to build chains */
    Str number, responder;
    uint8_t id[CRYPTO_SHA256_BYTES];
};

/* What the pins believe at that time, for one check. NULL: no memory. On the arena. */
X509_STORE *card_store(Arena *arena, const CryptoPins *pins, Time now);

#endif
