/* auth/card.c - from the question to the session: the door, the ticket of a card, links. */
#include "auth/inner.h"
#include "auth/attempt.h"
#include "auth/session.h"

#include "auth/card.h"

#include "base/national.h"
#include "crypto/card.h"
#include "store/item.h"

enum {
    PINS_BYTES_MAX = 64 << 20,
    NUMBER_HASH_BYTES = CRYPTO_SHA256_BYTES,
    BROWSER_BYTES = 32,
    FETCH_S = 8,
    URL_BYTES_MAX = 2048,
};

static const Str card_space = STR_INIT("card");
static const char unknown_card[] = "This card opens no account here.";

typedef enum { FOR_SIGN_IN = 1, FOR_PROOF, FOR_LINK } Purpose;
static const struct {
    Str word;
    Purpose purpose;
} purposes[] = {{STR_INIT("sign-in"), FOR_SIGN_IN},
                {STR_INIT("prove"), FOR_PROOF},
                {STR_INIT("link"), FOR_LINK}};

/* ---- what the site believes ----------------------------------------------------------------- */

Status cards_start(Auth *auth, Ctx *cx)
{
    const AuthCards *options = auth->options.cards;
    Cards *cards = &auth->cards;
    if (!options)
        return STATUS_OK;
    cards->arena = arena_new(PINS_BYTES_MAX, false);
    if (!cards->arena)
        return STATUS_MEMORY;
    Ctx own = {.arena = cards->arena};
    Status status = crypto_pins_make(&own, options->pems, options->pem_count, options->policies,
                                     options->policy_count, &cards->pins);
    return ctx_copy_issues(cx, &own, status);
}

void cards_release(Cards *cards)
{
    if (cards->arena)
        arena_free(cards->arena);
    pthread_mutex_destroy(&cards->lock);
}

bool auth_cards_offered(const Auth *auth)
{
    return auth->options.cards != NULL;
}

Str auth_cards_pem(const Auth *auth)
{
    return crypto_pins_pem(auth->cards.pins);
}

/* ---- asking -------------------------------------------------------------------------------------
 */

static Str secret_of(Arena *arena, Purpose purpose, const uint8_t *browser, const uint8_t *number)
{
    size_t len = 1 + BROWSER_BYTES + (number ? NUMBER_HASH_BYTES : 0);
    char *bytes = arena_alloc_raw(arena, len);
    if (!bytes)
        return (Str){NULL, 0};
    bytes[0] = (char)purpose;
    memcpy(bytes + 1, browser, BROWSER_BYTES);
    if (number)
        memcpy(bytes + 1 + BROWSER_BYTES, number, NUMBER_HASH_BYTES);
    return str_n(bytes, len);
}

static Status not_offered(Ctx *cx)
{
    return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "Cards are not read here.");
}

Status auth_card_ask(Auth *auth, Ctx *cx, Str purpose, Str *ret_json, Str *ret_browser)
{
    uint8_t random[BROWSER_BYTES], hash[CRYPTO_SHA256_BYTES];
    Purpose asked = 0;
    Str text;
    Buf buf;
    if (!auth->options.cards)
        return not_offered(cx);
    for (size_t i = 0; i < COUNT_OF(purposes); i++)
        asked = str_eq(purposes[i].word, purpose) ? purposes[i].purpose : asked;
    if (!asked)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A card is asked for: sign-in, prove or link.");
    crypto_random(random, sizeof random);
    Str browser = crypto_base64url(cx->arena, str_n((const char *)random, sizeof random));
    if (!browser.at)
        return STATUS_MEMORY;
    crypto_sha256(browser, hash);
    Ticket ticket = {.kind = TICKET_CARD_ASK,
                     .user = STR_EMPTY,
                     .secret = secret_of(cx->arena, asked, hash, NULL)};
    if (!ticket.secret.at)
        return STATUS_MEMORY;
    TRY(ticket_make(auth, cx, &ticket, &text));
    buf_init(&buf, cx->arena, 512, URL_BYTES_MAX);
    buf_add_lit(&buf, "{\"url\":");
    json_write_string(&buf, arena_format(cx->arena, STR_FMT "/auth/card/door?ticket=" STR_FMT,
                                         STR_ARG(auth->options.cards->door), STR_ARG(text)));
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    *ret_browser = browser;
    return STATUS_OK;
}

/* ---- whether it still holds
 * ------------------------------------------------------------------------ */

static bool cache_has(Auth *auth, const uint8_t *id)
{
    Cards *cards = &auth->cards;
    bool found = false;
    pthread_mutex_lock(&cards->lock);
    for (size_t i = 0; !found && i < CARDS_KEPT; i++)
        found = cards->kept[i].until > auth_now(auth) &&
                memcmp(cards->kept[i].id, id, CRYPTO_SHA256_BYTES) == 0;
    pthread_mutex_unlock(&cards->lock);
    return found;
}

static void cache_keep(Auth *auth, const uint8_t *id, Time until)
{
    Cards *cards = &auth->cards;
    Time latest = auth_now(auth) + AUTH_CARD_KEPT_S * TIME_SECOND;
    pthread_mutex_lock(&cards->lock);
    KeptCard *oldest = &cards->kept[0];
    for (size_t i = 1; i < CARDS_KEPT; i++)
        oldest = cards->kept[i].until < oldest->until ? &cards->kept[i] : oldest;
    memcpy(oldest->id, id, CRYPTO_SHA256_BYTES);
    oldest->until = until < latest ? until : latest;
    pthread_mutex_unlock(&cards->lock);
}

static bool is_http(Str url)
{
    return str_has_prefix(url, STR("http://")) || str_has_prefix(url, STR("https://"));
}

static const char *ocsp_word(CryptoOcspVerdict verdict)
{
    switch (verdict) {
    case CRYPTO_OCSP_GOOD: return "good";
    case CRYPTO_OCSP_REVOKED: return "revoked";
    case CRYPTO_OCSP_UNKNOWN: return "unknown";
    case CRYPTO_OCSP_STALE: return "ocsp-stale";
    case CRYPTO_OCSP_SIGNER: return "ocsp-signer";
    case CRYPTO_OCSP_NONCE: return "ocsp-nonce";
    case CRYPTO_OCSP_BROKEN: break;
    }
    return "ocsp-broken";
}

/* Fail closed: whatever cannot be asked, or is not answered, is a no. */
static const char *ask_responder(Auth *auth, Ctx *cx, const CryptoCard *card)
{
    const AuthCards *options = auth->options.cards;
    Ctx quiet = {.arena = cx->arena, .deadline = time_monotonic() + FETCH_S * TIME_SECOND};
    Str url = options->responder.len ? options->responder : crypto_card_responder(card);
    Str request, answer;
    Time until;
    if (cache_has(auth, crypto_card_id(card)))
        return "good";
    if (!options->fetch || !is_http(url) || url.len > URL_BYTES_MAX ||
        crypto_ocsp_ask(&quiet, card, &request) != STATUS_OK)
        return "ocsp-none";
    if (options->fetch(options->fetch_of, &quiet, url, STR("application/ocsp-request"), request,
                       CRYPTO_OCSP_ANSWER_MAX, &answer) != STATUS_OK)
        return "ocsp-silent";
    CryptoOcspVerdict verdict = crypto_ocsp_read(&quiet, auth->cards.pins, card, request, answer,
                                                 auth_now(auth), options->age_s, &until);
    if (verdict == CRYPTO_OCSP_GOOD)
        cache_keep(auth, crypto_card_id(card), until);
    return ocsp_word(verdict);
}

/* ---- the door
 * ---------------------------------------------------------------------------------------- */

/* Whose it is, and no more: the number is not kept. */
static Status hash_number(Auth *auth, Ctx *cx, Str number, uint8_t ret_hash[NUMBER_HASH_BYTES])
{
    TRY(keys_need(auth, cx));
    crypto_hmac_sha256(str_n((const char *)auth->keys.cards, CRYPTO_KEY_BYTES), number, ret_hash);
    return STATUS_OK;
}

static const char *check(Auth *auth, Ctx *cx, const AuthCardShown *shown,
                         uint8_t ret_hash[NUMBER_HASH_BYTES])
{
    static const char *const words[CRYPTO_CARD_VERDICTS] = {
        [CRYPTO_CARD_GOOD] = "good",           [CRYPTO_CARD_NONE] = "none",
        [CRYPTO_CARD_UNTRUSTED] = "untrusted", [CRYPTO_CARD_NOT_NOW] = "expired",
        [CRYPTO_CARD_WRONG_USE] = "use",       [CRYPTO_CARD_POLICY] = "policy",
        [CRYPTO_CARD_NO_NUMBER] = "number"};
    CryptoCard *card;
    char digits[11];
    CryptoCardVerdict verdict =
        crypto_card_check(cx, auth->cards.pins, shown->chain, shown->count, auth_now(auth), &card);
    if (verdict != CRYPTO_CARD_GOOD)
        return words[verdict];
    if (!national_number(crypto_card_number(card), digits))
        return words[CRYPTO_CARD_NO_NUMBER];
    const char *word = ask_responder(auth, cx, card);
    if (strcmp(word, "good") == 0 &&
        hash_number(auth, cx, str_n(digits, sizeof digits), ret_hash) != STATUS_OK)
        word = "failed";
    crypto_wipe(digits, sizeof digits);
    return word;
}

/* What people are told is less than what the log knows. */
static const char *public_word(const char *word)
{
    static const char *const told[] = {"none", "expired", "revoked", "use", "late", "wait"};
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        if (strcmp(told[i], word) == 0)
            return told[i];
    }
    return str_has_prefix(str_of(word), STR("ocsp")) || strcmp(word, "failed") == 0 ? "unchecked"
                                                                                    : "unknown";
}

static Status go_back(Auth *auth, Ctx *cx, const char *name, Str value, Str *ret_location)
{
    *ret_location = arena_format(cx->arena, STR_FMT "/card#%s=" STR_FMT,
                                 STR_ARG(auth->options.origin), name, STR_ARG(value));
    return ret_location->at ? STATUS_OK : STATUS_MEMORY;
}

static Status refuse(Auth *auth, Ctx *cx, const char *word, Str *ret_location)
{
    ctx_forget(cx);
    return go_back(auth, cx, "refused", str_of(public_word(word)), ret_location);
}

/* What was shown and is no good is counted by its address, and is on the audit log. */
static const char *count_refusal(Auth *auth, Ctx *cx, Attempt *attempt, const char *word)
{
    attempt->detail = word;
    pthread_mutex_lock(&auth->change);
    Status status = attempt_refuse(auth, cx, attempt, unknown_card);
    pthread_mutex_unlock(&auth->change);
    return status == STATUS_UNAUTHORIZED ? word : "failed";
}

static const char *show(Auth *auth, Ctx *cx, const AuthCardShown *shown, uint8_t *number)
{
    Str own = shown->count ? shown->chain[0] : STR("none");
    Attempt attempt = {.interaction = STR("card"),
                       .user = STR_EMPTY,
                       .way = AUTH_BY_CARD,
                       .address = shown->address,
                       .keys = lockout_keys_of("card-door", own, shown->address)};
    unsigned wait_s;
    Status status = attempt_count(auth, cx, &attempt, &wait_s);
    if (status != STATUS_OK)
        return status == STATUS_LOCKED_OUT ? "wait" : "failed";
    const char *word = check(auth, cx, shown, number);
    if (strcmp(word, "good") != 0)
        return count_refusal(auth, cx, &attempt, word);
    lockout_undo(auth, &attempt.keys, true);
    return word;
}

Status auth_card_show(Auth *auth, Ctx *cx, const AuthCardShown *shown, Str *ret_location,
                      const char **ret_word)
{
    uint8_t number[NUMBER_HASH_BYTES];
    Ticket asked;
    Str text;
    *ret_word = "late";
    if (!auth->options.cards)
        return not_offered(cx);
    if (ticket_open(auth, cx, TICKET_CARD_ASK, shown->ticket, &asked) != STATUS_OK ||
        asked.secret.len != 1 + BROWSER_BYTES)
        return refuse(auth, cx, *ret_word, ret_location);
    *ret_word = show(auth, cx, shown, number);
    if (strcmp(*ret_word, "good") != 0)
        return refuse(auth, cx, *ret_word, ret_location);
    Ticket ticket = {.kind = TICKET_CARD,
                     .user = STR_EMPTY,
                     .secret = secret_of(cx->arena, (Purpose)asked.secret.at[0],
                                         (const uint8_t *)asked.secret.at + 1, number)};
    if (!ticket.secret.at)
        return STATUS_MEMORY;
    TRY(ticket_make(auth, cx, &ticket, &text));
    return go_back(auth, cx, "ticket", text, ret_location);
}

/* ---- the ticket comes back
 * ------------------------------------------------------------------------------ */

/* In the browser that asked, for what it asked. STATUS_UNAUTHORIZED with an issue. */
static Status open_card(Auth *auth, Ctx *cx, const AuthProof *proof, Purpose purpose,
                        Ticket *ret_ticket, Str *ret_hex)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    TRY(ticket_open(auth, cx, TICKET_CARD, proof->card, ret_ticket));
    crypto_sha256(proof->browser, hash);
    Str secret = ret_ticket->secret;
    if (secret.len != 1 + BROWSER_BYTES + NUMBER_HASH_BYTES || secret.at[0] != (char)purpose ||
        !proof->browser.len ||
        !crypto_equal(str_n(secret.at + 1, BROWSER_BYTES), str_n((const char *)hash, sizeof hash)))
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY,
                        "This card was shown somewhere else. Begin again.");
    *ret_hex = crypto_hex(cx->arena, str_from(secret, 1 + BROWSER_BYTES));
    return ret_hex->at ? STATUS_OK : STATUS_MEMORY;
}

bool card_right(Auth *auth, Ctx *cx, Account *account, const AuthProof *proof, bool signs_in)
{
    Ctx quiet = {.arena = cx->arena};
    Ticket ticket;
    Str hex;
    return account->factors.card.len &&
           open_card(auth, &quiet, proof, signs_in ? FOR_SIGN_IN : FOR_PROOF, &ticket, &hex) ==
               STATUS_OK &&
           crypto_equal(account->factors.card, hex) &&
           factors_spend(auth, cx, account, proof->card, &ticket);
}

/* STATUS_NOT_FOUND without an issue. */
static Status find_owner(Auth *auth, Ctx *cx, Str hex, Str *ret_user)
{
    return store_item_now(auth->store, cx, auth->self, card_space, hex, ret_user);
}

Status auth_sign_in_card(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    Attempt attempt = {.interaction = STR("sign-in"),
                       .address = proof->address,
                       .device = proof->device,
                       .old_cookie = proof->cookie,
                       .way = AUTH_BY_CARD};
    Ticket ticket;
    Str hex, user = STR_EMPTY;
    *ret_welcome = (AuthWelcome){0};
    if (!auth->options.cards)
        return not_offered(cx);
    TRY(open_card(auth, cx, proof, FOR_SIGN_IN, &ticket, &hex));
    Status status = find_owner(auth, cx, hex, &user);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return ctx_fail(cx, status, STR_EMPTY, "The store cannot be read now.");
    TRY(attempt_begin(auth, cx, user, &attempt));
    if (!attempt.known)
        attempt.keys = lockout_keys_of("card", hex, proof->address);
    return attempt_finish(auth, cx, &attempt, proof, &ticket, ret_welcome);
}

/* ---- whose card it is
 * ----------------------------------------------------------------------------------- */

/* A card is of one account. Nothing is to be done when it is of this one already. */
static Status claim(Auth *auth, Ctx *cx, Str hex, Str user, StoreItem *ret_item)
{
    Str owner;
    *ret_item = (StoreItem){.space = card_space, .key = hex, .value = user};
    Status status = find_owner(auth, cx, hex, &owner);
    if (status == STATUS_OK && !str_eq(owner, user))
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY, "This card belongs to another account.");
    return status == STATUS_NOT_FOUND || status == STATUS_OK ? STATUS_OK : status;
}

/* Behind a commit that took it from its account: what is left over finds an account without it. */
void card_forget(Auth *auth, Ctx *cx, Str hex)
{
    StoreItem item = {.space = card_space, .key = hex};
    Change change = {.items = &item, .item_count = 1};
    if (hex.len)
        UNUSED(change_commit(auth, cx, &change) == STATUS_OK);
}

static Status link_in(Auth *auth, Ctx *cx, Enrolment *e, const AuthProof *proof,
                      AuthWelcome *ret_welcome)
{
    Ticket ticket;
    Str hex;
    TRY(session_account(auth, cx, e->session, true, e->account));
    TRY(open_card(auth, cx, proof, FOR_LINK, &ticket, &hex));
    if (!factors_spend(auth, cx, e->account, proof->card, &ticket))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY, "That was used already. Begin again.");
    TRY(claim(auth, cx, hex, e->session->user, &e->more));
    Str before = e->account->factors.card;
    e->account->factors.card = hex;
    TRY(enrolment_add(auth, cx, e, ret_welcome));
    if (!str_eq(before, hex))
        card_forget(auth, cx, before);
    return STATUS_OK;
}

Status auth_card_link(Auth *auth, Ctx *cx, const AuthSession *session, const AuthProof *proof,
                      AuthWelcome *ret_welcome, Str *ret_json)
{
    Account account;
    Enrolment e = {.session = session,
                   .account = &account,
                   .interaction = STR("card-link"),
                   .address = proof->address,
                   .cookie = proof->cookie};
    *ret_welcome = (AuthWelcome){0};
    if (!auth->options.cards)
        return not_offered(cx);
    pthread_mutex_lock(&auth->change);
    Status status = link_in(auth, cx, &e, proof, ret_welcome);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    return enrolment_codes(cx, &e, ret_json);
}

static Status unlink_in(Auth *auth, Ctx *cx, Enrolment *e)
{
    TRY(session_account(auth, cx, e->session, true, e->account));
    if (!e->account->factors.card.len)
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no card of yours.");
    e->more = (StoreItem){.space = card_space, .key = e->account->factors.card};
    e->account->factors.card = STR_EMPTY;
    return enrolment_remove(auth, cx, e);
}

Status auth_card_unlink(Auth *auth, Ctx *cx, const AuthSession *session, Str address)
{
    Account account;
    Enrolment e = {.session = session,
                   .account = &account,
                   .interaction = STR("card-unlink"),
                   .address = address};
    pthread_mutex_lock(&auth->change);
    Status status = unlink_in(auth, cx, &e);
    pthread_mutex_unlock(&auth->change);
    return status;
}

static Status set_in(Auth *auth, Ctx *cx, const Access *by, Str user, Str hex)
{
    Account account;
    StoreItem item;
    TRY(account_find(auth, cx, by, user, &account));
    TRY(claim(auth, cx, hex, account.public.user, &item));
    Str before = account.factors.card;
    account.factors.card = hex;
    TRY(account_change(auth, cx, by, STR("card-link"), &account, false));
    Change change = {.items = &item, .item_count = 1};
    TRY(change_commit(auth, cx, &change)); /* not there yet, the card opens nothing */
    if (!str_eq(before, hex))
        card_forget(auth, cx, before);
    return STATUS_OK;
}

Status auth_card_set(Auth *auth, Ctx *cx, const Access *by, Str user, Str number)
{
    char digits[11];
    uint8_t hash[NUMBER_HASH_BYTES];
    if (!national_number(number, digits))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "That is no national number: eleven digits, of which the last two follow "
                        "from the others.");
    TRY(hash_number(auth, cx, str_n(digits, sizeof digits), hash));
    crypto_wipe(digits, sizeof digits);
    Str hex = crypto_hex(cx->arena, str_n((const char *)hash, sizeof hash));
    if (!hex.at)
        return STATUS_MEMORY;
    pthread_mutex_lock(&auth->change);
    Status status = set_in(auth, cx, by, user, hex);
    pthread_mutex_unlock(&auth->change);
    return status;
}
