/* Certificates of identity cards: which are believed, which answers about them are.
 * SPEC RFC 5280 4.2.1, 6.1; RFC 6960 3.2, 4.2.2.2 */
#include "testing.h"

#include "crypto/card.h"
#include "crypto/crypto.h"
#include "support/card_ca.h"

static Ctx cx;
static CardCa *ca;
static CryptoPins *pins;
static const Str policies[] = {STR_INIT("2.16.56.12.1.1.2.2"), STR_INIT("2.16.56.12.1.1.7.2")};

static CryptoPins *pins_of(const Str *pems, size_t count)
{
    CryptoPins *made = NULL;
    check(crypto_pins_make(&cx, pems, count, policies, COUNT_OF(policies), &made) == STATUS_OK);
    return made;
}

static CryptoCardVerdict verdict_on(const CryptoPins *with, const Card *card, size_t count,
                                    CryptoCard **ret_card)
{
    CryptoCard *unused;
    return crypto_card_check(&cx, with, card->chain, count, time_now(),
                             ret_card ? ret_card : &unused);
}

static void certificates_are_for_signing_in(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        CardWanted wanted;
        CryptoCardVerdict verdict;
    } cases[] = {
        {"as a card has it", {.number = NULL}, CRYPTO_CARD_GOOD},
        {"of a foreigner", {.policy = "2.16.56.12.1.1.7.2"}, CRYPTO_CARD_GOOD},
        {"one policy of several", {.policy = "1.2.3.4,2.16.56.12.1.1.2.2"}, CRYPTO_CARD_GOOD},
        {"more uses", {.extended = "emailProtection,clientAuth"}, CRYPTO_CARD_GOOD},
        {"said in the old way", {.extended = "", .netscape = "client,email"}, CRYPTO_CARD_GOOD},
        {"the one for signatures",
         {.usage = "critical,nonRepudiation", .policy = "2.16.56.12.1.1.2.1"},
         CRYPTO_CARD_WRONG_USE},
        {"the one for signatures under the other policy",
         {.usage = "critical,nonRepudiation"},
         CRYPTO_CARD_WRONG_USE},
        {"for both", {.usage = "critical,digitalSignature,nonRepudiation"}, CRYPTO_CARD_WRONG_USE},
        {"for nothing in particular", {.usage = ""}, CRYPTO_CARD_WRONG_USE},
        {"for keys alone", {.usage = "critical,keyAgreement"}, CRYPTO_CARD_WRONG_USE},
        {"not said for what", {.extended = ""}, CRYPTO_CARD_WRONG_USE},
        {"old, of a server", {.extended = "", .netscape = "server"}, CRYPTO_CARD_WRONG_USE},
        {"of a server", {.extended = "serverAuth"}, CRYPTO_CARD_WRONG_USE},
        {"of a CA", {.is_ca = true}, CRYPTO_CARD_WRONG_USE},
        {"no policy", {.policy = ""}, CRYPTO_CARD_POLICY},
        {"the CA's policy", {.policy = "2.16.56.12.1.1.2"}, CRYPTO_CARD_POLICY},
        {"a longer one", {.policy = "2.16.56.12.1.1.2.2.1"}, CRYPTO_CARD_POLICY},
        {"any policy", {.policy = "2.5.29.32.0"}, CRYPTO_CARD_POLICY},
        {"over", {.from_days = -100, .to_days = -1}, CRYPTO_CARD_NOT_NOW},
        {"not yet", {.from_days = 1, .to_days = 100}, CRYPTO_CARD_NOT_NOW},
        {"of somebody who has the same name as the CA", {.imitated = true}, CRYPTO_CARD_UNTRUSTED},
        {"signed with SHA-1", {.weak_hash = true}, CRYPTO_CARD_UNTRUSTED},
        {"critical and unknown", {.critical = "1.2.3.4.5"}, CRYPTO_CARD_UNTRUSTED},
        {"nobody's", {.no_number = true}, CRYPTO_CARD_NO_NUMBER},
        {"of two", {.two_numbers = true}, CRYPTO_CARD_NO_NUMBER},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Card card = card_ca_issue(ca, &c->wanted);
        CryptoCard *read;
        check_int(verdict_on(pins, &card, 2, &read), c->verdict);
        if (c->verdict == CRYPTO_CARD_GOOD)
            check_str(crypto_card_number(read), STR("85073003328"));
    }
}

static void chains_are_built_from_what_there_is(void **state)
{
    UNUSED(state);
    const CardWanted usual = {.number = NULL};
    Card card = card_ca_issue(ca, &usual);
    Str both[] = {card_ca_root(ca), card_ca_citizens(ca)};
    Str junk = STR("\x30\x03\x02\x01"), out_of_place = card.chain[1];
    CryptoCard *read;
    CASE("the CA between is missing");
    check_int(verdict_on(pins, &card, 1, NULL), CRYPTO_CARD_UNTRUSTED);
    CASE("the site has it");
    check_int(verdict_on(pins_of(both, 2), &card, 1, NULL), CRYPTO_CARD_GOOD);
    CASE("a CA alone is nobody's card");
    check(crypto_card_check(&cx, pins, &out_of_place, 1, time_now(), &read) != CRYPTO_CARD_GOOD);
    CASE("no certificate");
    check_int(crypto_card_check(&cx, pins, &junk, 1, time_now(), &read), CRYPTO_CARD_NONE);
    check_int(crypto_card_check(&cx, pins, NULL, 0, time_now(), &read), CRYPTO_CARD_NONE);
    CASE("bytes behind it");
    Str longer = arena_format(cx.arena, STR_FMT "%*s", 0, "", (int)card.chain[0].len + 1, "");
    memcpy((char *)(uintptr_t)longer.at, card.chain[0].at, card.chain[0].len);
    check_int(crypto_card_check(&cx, pins, &longer, 1, time_now(), &read), CRYPTO_CARD_NONE);
    CASE("every bit of it counts");
    for (size_t i = 40; i < card.chain[0].len; i += 23) {
        Card bent = card;
        char *bytes = (char *)(uintptr_t)arena_str(cx.arena, card.chain[0]).at;
        bytes[i] = (char)(bytes[i] ^ 0x10);
        bent.chain[0] = str_n(bytes, card.chain[0].len);
        check(verdict_on(pins, &bent, 2, NULL) != CRYPTO_CARD_GOOD);
    }
}

static void lists_of_revoked_cas_are_looked_at(void **state)
{
    UNUSED(state);
    const CardWanted usual = {.number = NULL};
    Card card = card_ca_issue(ca, &usual);
    static const struct {
        const char *why;
        bool revoked, old;
        CryptoCardVerdict verdict;
    } cases[] = {
        {"the CA is not on it", false, false, CRYPTO_CARD_GOOD},
        {"it is", true, false, CRYPTO_CARD_UNTRUSTED},
        {"the list is out of date", false, true, CRYPTO_CARD_UNTRUSTED},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str pems[] = {card_ca_root(ca), card_ca_crl(ca, c->revoked, c->old)};
        check_int(verdict_on(pins_of(pems, 2), &card, 2, NULL), c->verdict);
    }
}

static void pins_are_cas(void **state)
{
    UNUSED(state);
    const CardWanted usual = {.number = NULL};
    Card card = card_ca_issue(ca, &usual);
    const struct {
        const char *why;
        Str pem, policy;
    } cases[] = {
        {"nothing", STR_EMPTY, policies[0]},
        {"no PEM", STR("root certificate"), policies[0]},
        {"somebody's own certificate", card.pem, policies[0]},
        {"no root", card_ca_citizens(ca), policies[0]},
        {"a policy that is none", card_ca_root(ca), STR("2.16.x")},
        {"a name in place of a number", card_ca_root(ca), STR("anyPolicy")},
    };
    FOR_CASES(cases, c)
    {
        CryptoPins *made;
        CASE(c->why);
        check(crypto_pins_make(&cx, &c->pem, 1, &c->policy, 1, &made) == STATUS_INVALID);
    }
}

static void only_a_fresh_good_is_good(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        CardAnswer answer;
        unsigned age_s;
        CryptoOcspVerdict verdict;
    } cases[] = {
        {"good", {.status = CARD_GOOD}, 600, CRYPTO_OCSP_GOOD},
        {"revoked", {.status = CARD_REVOKED}, 600, CRYPTO_OCSP_REVOKED},
        {"unknown", {.status = CARD_UNKNOWN}, 600, CRYPTO_OCSP_UNKNOWN},
        {"good, and revoked", {.also_revoked = true}, 600, CRYPTO_OCSP_REVOKED},
        {"about another", {.of_another = true}, 600, CRYPTO_OCSP_UNKNOWN},
        {"signed by the CA itself", {.signer = CARD_BY_ISSUER}, 600, CRYPTO_OCSP_GOOD},
        {"signed by the root", {.signer = CARD_BY_ROOT}, 600, CRYPTO_OCSP_SIGNER},
        {"signed by the imitator", {.signer = CARD_BY_IMITATOR}, 600, CRYPTO_OCSP_SIGNER},
        {"signed by a card of the same CA", {.signer = CARD_BY_A_CARD}, 600, CRYPTO_OCSP_SIGNER},
        {"signed with what has expired", {.delegate_expired = true}, 600, CRYPTO_OCSP_SIGNER},
        {"to another question", {.nonce = CARD_NONCE_OTHER}, 600, CRYPTO_OCSP_NONCE},
        {"to any question, just made", {.nonce = CARD_NONCE_NONE}, 600, CRYPTO_OCSP_GOOD},
        {"to any question, and the site wants ours",
         {.nonce = CARD_NONCE_NONE},
         0,
         CRYPTO_OCSP_NONCE},
        {"to any question, of half an hour ago",
         {.nonce = CARD_NONCE_NONE, .from_s = -1800, .until_s = 3600},
         600,
         CRYPTO_OCSP_STALE},
        {"out of date", {.from_s = -7200, .until_s = -3600}, 600, CRYPTO_OCSP_STALE},
        {"of tomorrow", {.from_s = 86400, .until_s = 90000}, 600, CRYPTO_OCSP_STALE},
        {"over before it began", {.from_s = 60, .until_s = 30}, 600, CRYPTO_OCSP_STALE},
        {"made a day ago, valid until tomorrow, to our question",
         {.from_s = -86400, .until_s = 86400},
         600,
         CRYPTO_OCSP_GOOD},
        {"no end, made now", {.without_until = true}, 600, CRYPTO_OCSP_GOOD},
        {"no end, made an hour ago",
         {.without_until = true, .from_s = -3600, .until_s = 1},
         600,
         CRYPTO_OCSP_STALE},
        {"try later", {.says_try_later = true}, 600, CRYPTO_OCSP_BROKEN},
    };
    const CardWanted usual = {.responder = "http://ocsp.example.org/x"};
    Card shown = card_ca_issue(ca, &usual);
    CryptoCard *card;
    check_int(verdict_on(pins, &shown, 2, &card), CRYPTO_CARD_GOOD);
    check_str(crypto_card_responder(card), STR("http://ocsp.example.org/x"));
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str request;
        Time until = 0, now = time_now();
        check(crypto_ocsp_ask(&cx, card, &request) == STATUS_OK);
        Str answer = card_ca_answer(ca, cx.arena, request, &c->answer);
        check_int(crypto_ocsp_read(&cx, pins, card, request, answer, now, c->age_s, &until),
                  c->verdict);
        check(c->verdict != CRYPTO_OCSP_GOOD || until > now);
    }
}

static void broken_answers_are_none(void **state)
{
    UNUSED(state);
    const CardWanted usual = {.number = NULL};
    const CardAnswer good = {.status = CARD_GOOD};
    Card shown = card_ca_issue(ca, &usual);
    CryptoCard *card;
    Str request;
    Time until;
    check_int(verdict_on(pins, &shown, 2, &card), CRYPTO_CARD_GOOD);
    check(crypto_ocsp_ask(&cx, card, &request) == STATUS_OK);
    Str answer = card_ca_answer(ca, cx.arena, request, &good);
    CASE("a flipped bit");
    for (size_t i = 0; i < answer.len; i += 7) {
        char *bytes = (char *)(uintptr_t)arena_str(cx.arena, answer).at;
        bytes[i] = (char)(bytes[i] ^ 4);
        if (crypto_ocsp_read(&cx, pins, card, request, str_n(bytes, answer.len), time_now(), 600,
                             &until) == CRYPTO_OCSP_GOOD)
            /* only what the signature does not cover: the certificates that came with it */
            check(i > answer.len / 3);
    }
    CASE("a part of it");
    for (size_t len = 0; len < answer.len; len += 11)
        check(crypto_ocsp_read(&cx, pins, card, request, str_head(answer, len), time_now(), 600,
                               &until) == CRYPTO_OCSP_BROKEN);
}

static void a_proxy_may_pass_it_on(void **state)
{
    UNUSED(state);
    const CardWanted usual = {.number = NULL};
    Card card = card_ca_issue(ca, &usual);
    Str der;
    Buf escaped, plain;
    buf_init(&escaped, cx.arena, 4096, 1 << 16);
    for (size_t i = 0; i < card.pem.len; i++) {
        if (strchr("\n +/=", card.pem.at[i]))
            buf_format(&escaped, "%%%02X", card.pem.at[i]);
        else
            buf_add_char(&escaped, card.pem.at[i]);
    }
    check(crypto_card_header(cx.arena, buf_str(&escaped), &der));
    check_str(der, card.chain[0]);
    buf_init(&plain, cx.arena, 4096, 1 << 16);
    buf_add_char(&plain, ':');
    Str lines = card.pem;
    for (Str line; lines.len;) {
        line = str_cut(&lines, '\n');
        if (line.len && line.at[0] != '-')
            buf_add_str(&plain, line);
    }
    buf_add_char(&plain, ':');
    check(crypto_card_header(cx.arena, buf_str(&plain), &der));
    check_str(der, card.chain[0]);
    static const Str wrong[] = {STR_INIT(""),    STR_INIT(":"),   STR_INIT("::"),
                                STR_INIT("%"),   STR_INIT("%2"),  STR_INIT("(null)"),
                                STR_INIT(":a:"), STR_INIT("%zz"), STR_INIT(":ab!?:")};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        check(!crypto_card_header(cx.arena, wrong[i], &der));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_for_signing_in),
        cmocka_unit_test(chains_are_built_from_what_there_is),
        cmocka_unit_test(lists_of_revoked_cas_are_looked_at),
        cmocka_unit_test(pins_are_cas),
        cmocka_unit_test(only_a_fresh_good_is_good),
        cmocka_unit_test(broken_answers_are_none),
        cmocka_unit_test(a_proxy_may_pass_it_on),
    };
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    ca = card_ca_make(cx.arena);
    Str root = card_ca_root(ca);
    pins = NULL;
    if (crypto_pins_make(&cx, &root, 1, policies, COUNT_OF(policies), &pins) != STATUS_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    card_ca_free(ca);
    arena_free(cx.arena);
    return failed;
}
