/* tests/support/card_ca.h - a small state: a root, a CA for citizens below it, its cards and its
 * responder, built as the Belgian chain is (policies, key usage, serialNumber, OCSP by a delegate);
 * and somebody who imitates it under another root. */
#ifndef ACESO_TESTS_CARD_CA_H
#define ACESO_TESTS_CARD_CA_H

#include "base/base.h"

typedef struct CardCa CardCa;

CardCa *card_ca_make(Arena *arena);
void card_ca_free(CardCa *ca);
Str card_ca_root(const CardCa *ca);     /* PEM */
Str card_ca_citizens(const CardCa *ca); /* PEM: the CA below it */
/* A CRL of the root, PEM: current, with the citizens' CA on it or not. */
Str card_ca_crl(CardCa *ca, bool citizens_revoked, bool out_of_date);

#define CARD_POLICY "2.16.56.12.1.1.2.2"

typedef struct {
    const char *number;     /* NULL: 85073003328 */
    const char *policy;     /* NULL: CARD_POLICY; "": none */
    const char *usage;      /* NULL: critical,digitalSignature; "": none */
    const char *extended;   /* NULL: clientAuth; "": none */
    const char *netscape;   /* NULL: none */
    const char *critical;   /* NULL: none; an extension that nobody knows */
    const char *responder;  /* NULL: none */
    int from_days, to_days; /* both 0: from yesterday for five years */
    bool imitated;          /* by the other root */
    bool is_ca, no_number, two_numbers, weak_hash;
} CardWanted;

typedef struct {
    Str chain[2]; /* DER: its own, the CA's */
    Str pem, key_pem;
} Card;

Card card_ca_issue(CardCa *ca, const CardWanted *wanted);

typedef struct {
    enum { CARD_GOOD, CARD_REVOKED, CARD_UNKNOWN } status;
    enum {
        CARD_BY_DELEGATE,
        CARD_BY_ISSUER,
        CARD_BY_ROOT,
        CARD_BY_IMITATOR,
        CARD_BY_A_CARD
    } signer;
    enum { CARD_NONCE_OURS, CARD_NONCE_NONE, CARD_NONCE_OTHER } nonce;
    int from_s, until_s; /* thisUpdate and nextUpdate from now; both 0: now, in an hour */
    bool without_until;  /* no nextUpdate */
    bool of_another;     /* about another certificate */
    bool says_try_later; /* no answer but tryLater */
    bool also_revoked;   /* good, and revoked */
    bool delegate_expired;
} CardAnswer;

/* The answer, DER, to a request. Empty when that is none. */
Str card_ca_answer(CardCa *ca, Arena *arena, Str request, const CardAnswer *wanted);

#endif
