/* fuzz_card.c - any bytes as a certificate of a card, as what a proxy says one is, as files of a
 * site's roots, and as a responder's answer. Nothing that was not signed by the pinned root is
 * good. The first byte chooses. SPEC RFC 5280, RFC 6960, RFC 9440 */
#include "crypto/card.h"
#include "crypto/crypto.h"
#include "support/card_ca.h"

#include "fuzz.h"

static const Str policy = STR_INIT(CARD_POLICY);
static Arena *forever;
static CryptoPins *pins;
static CryptoCard *good;
static Card card;
static Str request;

static void prepare(void)
{
    const CardWanted usual = {.number = NULL};
    forever = arena_new(64 << 20, false);
    Ctx cx = {.arena = forever};
    assert(crypto_init(&cx) == STATUS_OK);
    CardCa *ca = card_ca_make(forever);
    Str root = card_ca_root(ca);
    assert(crypto_pins_make(&cx, &root, 1, &policy, 1, &pins) == STATUS_OK);
    card = card_ca_issue(ca, &usual);
    assert(crypto_card_check(&cx, pins, card.chain, 2, time_now(), &good) == CRYPTO_CARD_GOOD);
    assert(crypto_ocsp_ask(&cx, good, &request) == STATUS_OK);
    card_ca_free(ca);
}

static void as_chain(Ctx *cx, Str bytes)
{
    Str chain[] = {bytes, card.chain[1]};
    CryptoCard *read;
    assert(crypto_card_check(cx, pins, chain, 2, time_now(), &read) != CRYPTO_CARD_GOOD);
    Str between[] = {card.chain[0], bytes};
    (void)crypto_card_check(cx, pins, between, 2, time_now(), &read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str bytes = fuzz_str(data, size), der;
    Time until;
    CryptoPins *made;
    if (!forever)
        prepare();
    if (!bytes.len)
        return 0;
    Ctx cx = fuzz_ctx();
    Str rest = str_from(bytes, 1);
    switch (bytes.at[0] & 3) {
    case 0: as_chain(&cx, rest); break;
    case 1:
        assert(crypto_ocsp_read(&cx, pins, good, request, rest, time_now(), 600, &until) !=
               CRYPTO_OCSP_GOOD);
        break;
    case 2:
        if (crypto_card_header(cx.arena, rest, &der))
            as_chain(&cx, der);
        break;
    case 3: (void)!crypto_pins_make(&cx, &rest, 1, &policy, 1, &made); break;
    }
    return 0;
}
