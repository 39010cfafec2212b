/* Signing in with an identity card: what opens, what is refused, what nobody can find out. The
 * state that issues the cards is tests/support/card_ca.h; its responder answers inside the process.
 */
#include "auth_scene.h"

#include "auth/card.h"
#include "base/national.h"
#include "json/json.h"
#include "support/card_ca.h"

#define NUMBER "85073003328"

static const Str address = STR_INIT("192.0.2.7");
static const Str policies[] = {STR_INIT(CARD_POLICY)};
static CardCa *ca;
static CardAnswer answer;
static bool silent;
static unsigned asked;
static Str asked_at;

static Status fetch(void *of, Ctx *cx, Str url, Str type, Str body, size_t bytes_max,
                    Str *ret_answer)
{
    UNUSED(of);
    assert_true(str_eq(type, STR("application/ocsp-request")));
    asked++;
    asked_at = url;
    if (silent)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Nobody answers.");
    *ret_answer = card_ca_answer(ca, cx->arena, body, &answer);
    assert_true(ret_answer->len <= bytes_max);
    return STATUS_OK;
}

static Scene begin_with(AuthFactorRule rule, unsigned age_s)
{
    Scene s = {
        .cx = testing_ctx(),
        .store = fake_store_new(),
        .options = {.clock = test_clock, .factors = rule, .origin = STR("https://a.example")}};
    Str *pems = arena_array_of(s.cx.arena, Str, 1);
    AuthCards *cards = arena_new_of(s.cx.arena, AuthCards);
    ca = card_ca_make(s.cx.arena);
    pems[0] = card_ca_root(ca);
    *cards = (AuthCards){.pems = pems,
                         .pem_count = 1,
                         .policies = policies,
                         .policy_count = 1,
                         .door = STR("https://a.example:8444"),
                         .responder = STR_EMPTY,
                         .age_s = age_s,
                         .fetch = fetch};
    s.options.cards = cards;
    today = time_now();
    answer = (CardAnswer){.status = CARD_GOOD};
    silent = false;
    asked = 0;
    open_auth(&s);
    s.operator= auth_operator(s.cx.arena);
    return s;
}

static void end(Scene *s)
{
    card_ca_free(ca);
    scene_end(s);
}

static void add_account(Scene *s, const char *user, const char *role)
{
    AuthAccount account = {.user = str_of(user), .role = str_of(role)};
    assert_int_equal(auth_account_create(s->auth, &s->cx, s->operator, & account, password),
                     STATUS_OK);
}

static AuthWelcome by_password(Scene *s, const char *user)
{
    AuthAttempt attempt = {.user = str_of(user), .password = password, .address = address};
    AuthWelcome welcome;
    assert_int_equal(auth_sign_in(s->auth, &s->cx, &attempt, &welcome), STATUS_OK);
    return welcome;
}

static AuthSession session_at(Scene *s, Str cookie)
{
    const Access *access;
    AuthSession session;
    check(auth_session(s->auth, &s->cx, cookie, &access, &session) == STATUS_OK);
    return session;
}

/* What the browser has after it was sent away: the question's ticket, and its cookie. */
typedef struct {
    Str ticket, browser;
} Question;

static Question ask(Scene *s, const char *purpose)
{
    static const Str door = STR_INIT("https://a.example:8444/auth/card/door?ticket=");
    Question q;
    Str json;
    JsonValue *root;
    check(auth_card_ask(s->auth, &s->cx, str_of(purpose), &json, &q.browser) == STATUS_OK);
    check(json_parse(&s->cx, json, &root) == STATUS_OK);
    Str url = json_get_str(root, STR("url"));
    check(str_has_prefix(url, door));
    q.ticket = str_from(url, door.len);
    return q;
}

/* The address it is sent back to, behind the #. */
static Str at_door(Scene *s, Str ticket, const Card *card)
{
    static const Str back = STR_INIT("https://a.example/card#");
    AuthCardShown shown = {.ticket = ticket,
                           .chain = card ? card->chain : NULL,
                           .count = card ? 2 : 0,
                           .address = address};
    Str location;
    const char *word;
    check(auth_card_show(s->auth, &s->cx, &shown, &location, &word) == STATUS_OK);
    check(str_has_prefix(location, back));
    return str_from(location, back.len);
}

static Card card_of(const char *number)
{
    CardWanted wanted = {.number = number, .responder = "http://ocsp.example"};
    return card_ca_issue(ca, &wanted);
}

static AuthProof proof_for(Scene *s, const char *purpose, const Card *card)
{
    Question q = ask(s, purpose);
    Str back = at_door(s, q.ticket, card);
    check(str_has_prefix(back, STR("ticket=")));
    return (AuthProof){.card = str_from(back, 7),
                       .browser = q.browser,
                       .address = address,
                       .device = STR("Firefox")};
}

static void link_card(Scene *s, const char *user, const Card *card)
{
    AuthWelcome welcome = by_password(s, user), lifted;
    AuthSession session = session_at(s, welcome.cookie);
    AuthProof proof = proof_for(s, "link", card);
    Str json;
    proof.cookie = welcome.cookie;
    check(auth_card_link(s->auth, &s->cx, &session, &proof, &lifted, &json) == STATUS_OK);
}

static Status sign_in(Scene *s, const Card *card, AuthWelcome *ret_welcome)
{
    AuthProof proof = proof_for(s, "sign-in", card);
    ctx_forget(&s->cx);
    return auth_sign_in_card(s->auth, &s->cx, &proof, ret_welcome);
}

static Str said(const Scene *s)
{
    return s->cx.issues_last ? s->cx.issues_last->diagnostics : STR_EMPTY;
}

/* ---- opens ------------------------------------------------------------------------------------
 */

static void a_card_is_possession_and_pin(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    AuthWelcome welcome;
    add_account(&s, "marie", "gp");
    Card card = card_of(NUMBER);
    AuthWelcome before = by_password(&s, "marie");
    AuthSession session = session_at(&s, before.cookie);
    check(session.must_enrol);
    AuthProof proof = proof_for(&s, "link", &card);
    Str json;
    proof.cookie = before.cookie;
    CASE("the first factor lifts the session, and brings recovery codes");
    check(auth_card_link(s.auth, &s.cx, &session, &proof, &welcome, &json) == STATUS_OK);
    check(welcome.cookie.len && !session_at(&s, welcome.cookie).must_enrol);
    check(str_has_prefix(json, STR("{\"codes\":[\"")));
    CASE("it signs in alone, and is fresh");
    check(sign_in(&s, &card, &welcome) == STATUS_OK);
    session = session_at(&s, welcome.cookie);
    check_str(session.user, STR("marie"));
    check(!session.must_enrol && auth_is_stepped_up(s.auth, &session));
    check_str(asked_at, STR("http://ocsp.example"));
    CASE("a password alone does not any more");
    AuthWelcome half = by_password(&s, "marie");
    check(!half.cookie.len && (half.ways & AUTH_BY_CARD));
    CASE("with the password, as a second factor");
    AuthProof second = proof_for(&s, "prove", &card);
    second.ticket = half.ticket;
    check(auth_sign_in_factor(s.auth, &s.cx, &second, &welcome) == STATUS_OK);
    CASE("another card of the same person, after the first was lost");
    Card renewed = card_of(NUMBER);
    check(sign_in(&s, &renewed, &welcome) == STATUS_OK);
    end(&s);
}

static void a_session_goes_on_with_a_card(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    AuthWelcome welcome, stepped, unlocked;
    add_account(&s, "marie", "gp");
    Card card = card_of(NUMBER), other = card_of("17073003384");
    link_card(&s, "marie", &card);
    check(sign_in(&s, &card, &welcome) == STATUS_OK);
    today += (AUTH_STEP_UP_S + 1) * TIME_SECOND;
    AuthProof proof = proof_for(&s, "prove", &other);
    proof.cookie = welcome.cookie;
    check(auth_step_up(s.auth, &s.cx, &proof, &stepped) == STATUS_UNAUTHORIZED);
    proof = proof_for(&s, "prove", &card);
    proof.cookie = welcome.cookie;
    check(auth_step_up(s.auth, &s.cx, &proof, &stepped) == STATUS_OK);
    AuthSession session = session_at(&s, stepped.cookie);
    check(auth_is_stepped_up(s.auth, &session));
    check(auth_lock(s.auth, &s.cx, stepped.cookie, address) == STATUS_OK);
    proof = proof_for(&s, "prove", &card);
    proof.cookie = stepped.cookie;
    check(auth_unlock(s.auth, &s.cx, &proof, &unlocked) == STATUS_OK);
    check_str(session_at(&s, unlocked.cookie).user, STR("marie"));
    end(&s);
}

/* ---- is refused --------------------------------------------------------------------------------
 */

static void the_door_refuses(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        CardWanted card;
        CardAnswer answer;
        bool silent;
        Str told;
    } cases[] = {
        {"the certificate for signatures",
         {.usage = "critical,nonRepudiation", .policy = "2.16.56.12.1.1.2.1"},
         {.status = CARD_GOOD},
         false,
         STR_INIT("refused=use")},
        {"an imitation",
         {.imitated = true},
         {.status = CARD_GOOD},
         false,
         STR_INIT("refused=unknown")},
        {"another policy",
         {.policy = "1.2.3"},
         {.status = CARD_GOOD},
         false,
         STR_INIT("refused=unknown")},
        {"over",
         {.from_days = -9, .to_days = -1},
         {.status = CARD_GOOD},
         false,
         STR_INIT("refused=expired")},
        {"no national number",
         {.number = "85073003329"},
         {.status = CARD_GOOD},
         false,
         STR_INIT("refused=unknown")},
        {"revoked",
         {.number = NUMBER},
         {.status = CARD_REVOKED},
         false,
         STR_INIT("refused=revoked")},
        {"unknown to the responder",
         {.number = NUMBER},
         {.status = CARD_UNKNOWN},
         false,
         STR_INIT("refused=unknown")},
        {"an old answer",
         {.number = NUMBER},
         {.from_s = -7200, .until_s = -60},
         false,
         STR_INIT("refused=unchecked")},
        {"an answer of somebody else",
         {.number = NUMBER},
         {.signer = CARD_BY_IMITATOR},
         false,
         STR_INIT("refused=unchecked")},
        {"an answer to another question",
         {.number = NUMBER},
         {.nonce = CARD_NONCE_OTHER},
         false,
         STR_INIT("refused=unchecked")},
        {"no answer",
         {.number = NUMBER},
         {.status = CARD_GOOD},
         true,
         STR_INIT("refused=unchecked")},
    };
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    add_account(&s, "marie", "gp");
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        CardWanted wanted = c->card;
        wanted.responder = "http://ocsp.example";
        Card card = card_ca_issue(ca, &wanted);
        answer = c->answer;
        silent = c->silent;
        check_str(at_door(&s, ask(&s, "sign-in").ticket, &card), c->told);
    }
    silent = false;
    answer = (CardAnswer){.status = CARD_GOOD};
    CASE("no responder named");
    CardWanted mute = {.number = NUMBER};
    Card card = card_ca_issue(ca, &mute);
    check_str(at_door(&s, ask(&s, "sign-in").ticket, &card), STR("refused=unchecked"));
    CASE("no certificate");
    check_str(at_door(&s, ask(&s, "sign-in").ticket, NULL), STR("refused=none"));
    CASE("a ticket of ours for something else");
    Card good = card_of(NUMBER);
    check_str(at_door(&s, proof_for(&s, "link", &good).card, &good), STR("refused=late"));
    check_str(at_door(&s, STR("AAAA"), &good), STR("refused=late"));
    check_str(at_door(&s, STR_EMPTY, &good), STR("refused=late"));
    CASE("too late");
    Str ticket = ask(&s, "sign-in").ticket;
    today += AUTH_TICKET_S * TIME_SECOND;
    check_str(at_door(&s, ticket, &good), STR("refused=late"));
    end(&s);
}

static void an_address_that_tries_cards_waits(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    unsigned tries = 0;
    Str told = STR_EMPTY;
    for (; tries < 40 && !str_eq(told, STR("refused=wait")); tries++) {
        CardWanted wanted = {.imitated = true};
        Card card = card_ca_issue(ca, &wanted);
        told = at_door(&s, ask(&s, "sign-in").ticket, &card);
    }
    check(tries > 10 && tries < 30);
    Card good = card_of(NUMBER);
    check_str(at_door(&s, ask(&s, "sign-in").ticket, &good), STR("refused=wait"));
    check(asked == 0);
    end(&s);
}

static void a_ticket_is_of_one_browser_one_purpose_one_use(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    AuthWelcome welcome;
    Str json;
    add_account(&s, "marie", "gp");
    add_account(&s, "jan", "gp");
    Card card = card_of(NUMBER);
    link_card(&s, "marie", &card);
    CASE("another browser");
    AuthProof proof = proof_for(&s, "sign-in", &card);
    Str own = proof.browser;
    proof.browser = ask(&s, "sign-in").browser;
    check(auth_sign_in_card(s.auth, &s.cx, &proof, &welcome) == STATUS_UNAUTHORIZED);
    proof.browser = STR_EMPTY;
    check(auth_sign_in_card(s.auth, &s.cx, &proof, &welcome) == STATUS_UNAUTHORIZED);
    CASE("its own");
    proof.browser = own;
    check(auth_sign_in_card(s.auth, &s.cx, &proof, &welcome) == STATUS_OK);
    CASE("again");
    check(auth_sign_in_card(s.auth, &s.cx, &proof, &welcome) == STATUS_UNAUTHORIZED);
    CASE("the question is no proof");
    Question q = ask(&s, "sign-in");
    AuthProof bare = {.card = q.ticket, .browser = q.browser, .address = address};
    check(auth_sign_in_card(s.auth, &s.cx, &bare, &welcome) == STATUS_UNAUTHORIZED);
    CASE("for a link, to sign in");
    proof = proof_for(&s, "link", &card);
    check(auth_sign_in_card(s.auth, &s.cx, &proof, &welcome) == STATUS_UNAUTHORIZED);
    CASE("to sign in, for a link to another's account");
    Card fresh = card_of("17073003384");
    AuthSession session = session_at(&s, by_password(&s, "jan").cookie);
    proof = proof_for(&s, "sign-in", &fresh);
    check(auth_card_link(s.auth, &s.cx, &session, &proof, &welcome, &json) == STATUS_UNAUTHORIZED);
    CASE("too late");
    proof = proof_for(&s, "sign-in", &card);
    today += AUTH_TICKET_S * TIME_SECOND;
    check(auth_sign_in_card(s.auth, &s.cx, &proof, &welcome) == STATUS_UNAUTHORIZED);
    end(&s);
}

static void all_who_get_nothing_hear_the_same(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    AuthWelcome welcome;
    add_account(&s, "marie", "gp");
    add_account(&s, "jan", "gp");
    Card marie = card_of(NUMBER), jan = card_of("17073003384"), nobody = card_of("64110219106");
    link_card(&s, "marie", &marie);
    link_card(&s, "jan", &jan);
    check(auth_account_block(s.auth, &s.cx, s.operator, STR("marie"), true) == STATUS_OK);
    check(auth_factors_reset(s.auth, &s.cx, s.operator, STR("jan")) == STATUS_OK);
    const Card *cards[] = {&marie, &jan, &nobody};
    for (size_t i = 0; i < COUNT_OF(cards); i++) {
        check(sign_in(&s, cards[i], &welcome) == STATUS_UNAUTHORIZED);
        check_str(said(&s), STR("This card opens no account here."));
        check(!welcome.cookie.len && !welcome.ticket.len);
    }
    CASE("the door said nothing either: its tickets are alike");
    size_t len = proof_for(&s, "sign-in", &marie).card.len;
    check_int(proof_for(&s, "sign-in", &nobody).card.len, len);
    end(&s);
}

static void a_card_has_one_account(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    AuthWelcome welcome;
    Str json;
    add_account(&s, "marie", "gp");
    add_account(&s, "jan", "patient");
    Card card = card_of(NUMBER), other = card_of("17073003384");
    link_card(&s, "marie", &card);
    AuthSession session = session_at(&s, by_password(&s, "jan").cookie);
    AuthProof proof = proof_for(&s, "link", &card);
    check(auth_card_link(s.auth, &s.cx, &session, &proof, &welcome, &json) == STATUS_CONFLICT);
    CASE("nor may an administrator");
    check(auth_card_set(s.auth, &s.cx, s.operator, STR("jan"), STR(NUMBER)) == STATUS_CONFLICT);
    CASE("nor anybody with a number that is none");
    check(auth_card_set(s.auth, &s.cx, s.operator, STR("jan"), STR("85073003329")) ==
          STATUS_INVALID);
    CASE("who is no administrator links nobody");
    const Access *access;
    check(auth_session(s.auth, &s.cx, by_password(&s, "jan").cookie, &access, NULL) == STATUS_OK);
    check(auth_card_set(s.auth, &s.cx, access, STR("jan"), STR("17.07.30-033.84")) ==
          STATUS_FORBIDDEN);
    CASE("an administrator, with the number as it is printed on the card");
    check(auth_card_set(s.auth, &s.cx, s.operator, STR("jan"), STR("17.07.30-033.84")) ==
          STATUS_OK);
    check(sign_in(&s, &other, &welcome) == STATUS_OK);
    check_str(welcome.session.user, STR("jan"));
    CASE("a patient gives it up, and it opens no more");
    session = session_at(&s, welcome.cookie);
    check(auth_card_unlink(s.auth, &s.cx, &session, address) == STATUS_OK);
    check(sign_in(&s, &other, &welcome) == STATUS_UNAUTHORIZED);
    CASE("staff does not give up its last factor");
    check(sign_in(&s, &card, &welcome) == STATUS_OK);
    session = session_at(&s, welcome.cookie);
    check(auth_card_unlink(s.auth, &s.cx, &session, address) == STATUS_CONFLICT);
    CASE("and links another card only with a fresh proof");
    today += (AUTH_STEP_UP_S + 1) * TIME_SECOND;
    proof = proof_for(&s, "link", &other);
    check(auth_card_link(s.auth, &s.cx, &session, &proof, &welcome, &json) == STATUS_FORBIDDEN);
    end(&s);
}

/* ---- what is kept -------------------------------------------------------------------------------
 */

static void good_is_believed_for_minutes(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    Card card = card_of(NUMBER);
    UNUSED(proof_for(&s, "sign-in", &card).card.len);
    check_int(asked, 1);
    silent = true;
    UNUSED(proof_for(&s, "sign-in", &card).card.len);
    check_int(asked, 1);
    CASE("another certificate of the same person is another question");
    Card renewed = card_of(NUMBER);
    check_str(at_door(&s, ask(&s, "sign-in").ticket, &renewed), STR("refused=unchecked"));
    CASE("and then it is asked again");
    today += AUTH_CARD_KEPT_S * TIME_SECOND;
    check_str(at_door(&s, ask(&s, "sign-in").ticket, &card), STR("refused=unchecked"));
    check_int(asked, 3);
    end(&s);
}

static bool holds(Str text, Str part)
{
    return text.len && memmem(text.at, text.len, part.at, part.len);
}

static void the_number_is_nowhere(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    AuthWelcome welcome;
    add_account(&s, "marie", "gp");
    Card card = card_of(NUMBER), nobody = card_of("17073003384");
    link_card(&s, "marie", &card);
    check(sign_in(&s, &card, &welcome) == STATUS_OK);
    check(sign_in(&s, &nobody, &welcome) == STATUS_UNAUTHORIZED);
    check(auth_card_set(s.auth, &s.cx, s.operator, STR("marie"), STR(NUMBER)) == STATUS_OK);
    static const Str numbers[] = {STR_INIT(NUMBER), STR_INIT("17073003384"), STR_INIT("Alice"),
                                  STR_INIT("85.07.30")};
    for (size_t n = 0; n < COUNT_OF(numbers); n++) {
        for (size_t i = 0; i < s.store->item_count; i++)
            check(!holds(s.store->items[i].key, numbers[n]) &&
                  !holds(s.store->items[i].value, numbers[n]));
        for (size_t i = 0; i < s.store->audit_count; i++)
            check(!holds(s.store->audits[i], numbers[n]));
    }
    CASE("its hash is of this store: another's is another");
    Str found = STR_EMPTY;
    for (size_t i = 0; i < s.store->item_count; i++)
        if (str_eq(s.store->items[i].space, STR("card")))
            found = s.store->items[i].key;
    check_int(found.len, 64);
    card_ca_free(ca); /* of the first: nothing asks it any more */
    Scene other = begin_with(AUTH_FACTORS_STAFF, 600);
    add_account(&other, "marie", "gp");
    check(auth_card_set(other.auth, &other.cx, other.operator, STR("marie"), STR(NUMBER)) ==
          STATUS_OK);
    for (size_t i = 0; i < other.store->item_count; i++)
        check(!str_eq(other.store->items[i].key, found));
    end(&other);
    scene_end(&s);
}

static void refusals_are_on_the_audit_log(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF, 600);
    Card card = card_of(NUMBER);
    size_t before = s.store->audit_count;
    answer.status = CARD_REVOKED;
    check_str(at_door(&s, ask(&s, "sign-in").ticket, &card), STR("refused=revoked"));
    check_int(s.store->audit_count, before + 1);
    check(holds(s.store->audits[before], STR("revoked")));
    end(&s);
}

static void where_cards_are_not_offered_nothing_answers(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    AuthCardShown shown = {.ticket = STR("x"), .address = address};
    AuthProof proof = {.card = STR("x"), .browser = STR("y"), .address = address};
    AuthWelcome welcome;
    Str a, b;
    const char *word;
    check(!auth_cards_offered(s.auth));
    check(auth_card_ask(s.auth, &s.cx, STR("sign-in"), &a, &b) == STATUS_NOT_FOUND);
    check(auth_card_show(s.auth, &s.cx, &shown, &a, &word) == STATUS_NOT_FOUND);
    check(auth_sign_in_card(s.auth, &s.cx, &proof, &welcome) == STATUS_NOT_FOUND);
    scene_end(&s);
}

/* ---- numbers
 * ------------------------------------------------------------------------------------- */

static void national_numbers(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("check digits of national numbers");
    Ctx cx = testing_ctx();
    char digits[11], line[512];
    unsigned count = 0;
    FILE *file =
        fopen(arena_format(cx.arena, "%s/clinical/be_id_vectors.csv", testing_shared()).at, "r");
    check(file != NULL);
    while (fgets(line, sizeof line, file)) {
        Str rest = str_of(line);
        if (!str_eq(str_cut(&rest, ','), STR("SSIN")))
            continue;
        Str number = str_cut(&rest, ','), result = str_cut(&rest, ',');
        CASE(arena_format(cx.arena, STR_FMT, STR_ARG(number)).at);
        check_int(national_number(number, digits), str_eq(result, STR("valid")));
        count++;
    }
    fclose(file);
    check_int(count, 27);
    CASE("other forms");
    check(national_number(STR("85.07.30-033 28"), digits) && !memcmp(digits, NUMBER, 11));
    check(!national_number(STR_EMPTY, digits) && !national_number(STR("850730033281"), digits) &&
          !national_number(STR("8507300332"), digits) &&
          !national_number(STR("8507300332x"), digits));
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_is_possession_and_pin),
        cmocka_unit_test(a_session_goes_on_with_a_card),
        cmocka_unit_test(the_door_refuses),
        cmocka_unit_test(an_address_that_tries_cards_waits),
        cmocka_unit_test(a_ticket_is_of_one_browser_one_purpose_one_use),
        cmocka_unit_test(all_who_get_nothing_hear_the_same),
        cmocka_unit_test(a_card_has_one_account),
        cmocka_unit_test(good_is_believed_for_minutes),
        cmocka_unit_test(the_number_is_nowhere),
        cmocka_unit_test(refusals_are_on_the_audit_log),
        cmocka_unit_test(where_cards_are_not_offered_nothing_answers),
        cmocka_unit_test(national_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
