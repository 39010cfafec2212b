/* Invitations and forgotten passwords: links of one use; and passwords that are on lists. */
#include "auth_scene.h"

#include <unistd.h>

#include "auth/inner.h"

static const Str address = STR_INIT("192.0.2.7");

/* The letters that were sent. */
typedef struct {
    size_t count;
    AuthLetter last;
    Status fails;
    Arena *arena;
} Postbox;

static Status take_letter(void *of, Ctx *cx, const AuthLetter *letter)
{
    Postbox *box = of;
    if (box->fails != STATUS_OK)
        return ctx_fail(cx, box->fails, STR_EMPTY, "No mail today.");
    box->count++;
    box->last =
        (AuthLetter){arena_str(box->arena, letter->to), arena_str(box->arena, letter->subject),
                     arena_str(box->arena, letter->text)};
    return STATUS_OK;
}

static Scene begin(Postbox *box)
{
    Scene s = {.cx = testing_ctx(),
               .store = fake_store_new(),
               .options = {.clock = test_clock,
                           .origin = STR("https://chart.example.org"),
                           .post = take_letter,
                           .post_of = box}};
    *box = (Postbox){.arena = s.cx.arena};
    today = (Time)1790000000 * TIME_SECOND;
    open_auth(&s);
    s.operator= auth_operator(s.cx.arena);
    return s;
}

static AuthAccount somebody(void)
{
    return (AuthAccount){.user = STR("nadia.k"),
                         .role = STR("nurse"),
                         .display = STR("Nadia K"),
                         .language = STR("de"),
                         .mail = STR("nadia@example.org")};
}

static Str secret_of(Str link)
{
    size_t at = str_index(link, '#');
    assert_true(at != SIZE_MAX);
    return str_head(str_from(link, at + 1), 43);
}

static Str invited(Scene *s)
{
    Str link;
    AuthAccount account = somebody();
    assert_int_equal(auth_invite(s->auth, &s->cx, s->operator, & account, &link), STATUS_OK);
    return secret_of(link);
}

static Status use_link(Scene *s, Str secret, Str with, AuthWelcome *ret)
{
    AuthProof proof = {.address = address, .origin = s->options.origin};
    return auth_link_use(s->auth, &s->cx, secret, with, &proof, ret);
}

static Status sign_in(Scene *s, const char *user, Str with, AuthWelcome *ret)
{
    AuthAttempt attempt = {.user = str_of(user), .password = with, .address = address};
    return auth_sign_in(s->auth, &s->cx, &attempt, ret);
}

static Status forget(Scene *s, const char *user)
{
    unsigned wait_s;
    Status status = auth_reset_ask(s->auth, &s->cx, str_of(user), address, &wait_s);
    if (status == STATUS_OK)
        assert_int_equal(auth_post_work(s->auth, &s->cx), STATUS_OK);
    return status;
}

static void an_invitation_works_once(void **state)
{
    UNUSED(state);
    Postbox box;
    Scene s = begin(&box);
    AuthWelcome welcome;
    Str secret = invited(&s), json;
    assert_int_equal(box.count, 1);
    check_str(box.last.to, STR("nadia@example.org"));
    assert_non_null(memmem(box.last.text.at, box.last.text.len, secret.at, secret.len));
    assert_non_null(memmem(box.last.text.at, box.last.text.len, "72 Stunden", 10)); /* German */
    for (size_t i = 0; i < s.store->item_count; i++) { /* what was sent is in no store */
        Str value = s.store->items[i].value, key = s.store->items[i].key;
        assert_null(memmem(value.at, value.len, secret.at, secret.len));
        assert_null(memmem(key.at, key.len, secret.at, secret.len));
    }
    assert_int_equal(sign_in(&s, "nadia.k", STR(""), &welcome), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_link_json(s.auth, &s.cx, secret, &json), STATUS_OK);
    check_str(json, STR("{\"user\":\"nadia.k\",\"display\":\"Nadia K\",\"language\":\"de\","
                        "\"kind\":\"invitation\"}"));
    assert_int_equal(use_link(&s, secret, STR("too short"), &welcome), STATUS_INVALID);
    assert_int_equal(use_link(&s, secret, password, &welcome), STATUS_OK);
    assert_int_equal(welcome.cookie.len, AUTH_COOKIE_LEN); /* and is signed in */
    assert_int_equal(use_link(&s, secret, password, &welcome), STATUS_NOT_FOUND);
    assert_int_equal(auth_link_json(s.auth, &s.cx, secret, &json), STATUS_NOT_FOUND);
    assert_int_equal(sign_in(&s, "nadia.k", password, &welcome), STATUS_OK);
    scene_end(&s);
}

/* The link is for whoever hands it over, and nobody does when a mail has left. */
static void it_is_said_whether_a_mail_left(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *mail;
        Status post;
        bool mailed;
    } cases[] = {
        {"it has left", "nadia@example.org", STATUS_OK, true},
        {"there is no address", "", STATUS_OK, false},
        {"the post does not take it", "nadia@example.org", STATUS_UNAVAILABLE, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Postbox box;
        Scene s = begin(&box);
        AuthAccount account = somebody();
        Str link;
        bool mailed = !c->mailed;
        account.mail = str_of(c->mail);
        box.fails = c->post;
        check(auth_invite_by_mail(s.auth, &s.cx, s.operator, & account, &link, &mailed) == c->post);
        check(mailed == c->mailed);
        check(secret_of(link).len == 43);
        scene_end(&s);
    }
}

static void new_password(Scene *s)
{
    assert_int_equal(auth_password_set(s->auth, &s->cx, s->operator, STR("nadia.k"),
                                       STR("quatre chats sur un mur")),
                     STATUS_OK);
}
static void block(Scene *s)
{
    assert_int_equal(auth_account_block(s->auth, &s->cx, s->operator, STR("nadia.k"), true),
                     STATUS_OK);
}
static void reset_factors(Scene *s)
{
    assert_int_equal(auth_factors_reset(s->auth, &s->cx, s->operator, STR("nadia.k")), STATUS_OK);
}
static void wait_three_days(Scene *s)
{
    UNUSED(s);
    today += 72 * 3600 * TIME_SECOND;
}
static void wait_a_little_less(Scene *s)
{
    UNUSED(s);
    today += 72 * 3600 * TIME_SECOND - 1;
}
static void change_who_it_is(Scene *s)
{
    AuthAccount wanted = {.user = STR("nadia.k"), .reference = STR("Practitioner/other")};
    assert_int_equal(auth_account_change(s->auth, &s->cx, s->operator, & wanted), STATUS_OK);
}

static void a_link_is_over(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        void (*event)(Scene *s);
        bool over;
    } cases[] = {
        {"within 72 hours", wait_a_little_less, false},
        {"after 72 hours", wait_three_days, true},
        {"another password", new_password, true},
        {"blocked", block, true},
        {"its factors were reset", reset_factors, true},
        {"it is somebody else now", change_who_it_is, true},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Postbox box;
        Scene s = begin(&box);
        AuthWelcome welcome;
        Str secret = invited(&s);
        c->event(&s);
        Status expected = c->over ? STATUS_NOT_FOUND : STATUS_OK;
        check(use_link(&s, secret, password, &welcome) == expected);
        StoreItem *old;
        size_t count;
        today += 80 * 3600 * TIME_SECOND;
        check(auth_sweep(s.auth, &s.cx, &old, &count) == STATUS_OK);
        check(!c->over || count >= 1); /* and it does not lie about for ever */
        scene_end(&s);
    }
}

static void what_is_no_link(void **state)
{
    UNUSED(state);
    Postbox box;
    Scene s = begin(&box);
    Str json, secret = invited(&s);
    static const Str wrong[] = {STR_INIT(""), STR_INIT("x"),
                                STR_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                                STR_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(auth_link_json(s.auth, &s.cx, wrong[i], &json), STATUS_NOT_FOUND);
    char *changed = (char *)(uintptr_t)arena_str(s.cx.arena, secret).at;
    changed[7] ^= 1;
    assert_int_equal(auth_link_json(s.auth, &s.cx, str_n(changed, 43), &json), STATUS_NOT_FOUND);
    scene_end(&s);
}

static void who_has_a_password_is_not_invited(void **state)
{
    UNUSED(state);
    Postbox box;
    Scene s = begin(&box);
    AuthWelcome welcome;
    AuthAccount account = somebody();
    Str link;
    assert_int_equal(use_link(&s, invited(&s), password, &welcome), STATUS_OK);
    assert_int_equal(auth_invite(s.auth, &s.cx, s.operator, & account, &link), STATUS_CONFLICT);
    const Access *access;
    assert_int_equal(auth_session(s.auth, &s.cx, welcome.cookie, &access, NULL), STATUS_OK);
    account.user = STR("another.one");
    assert_int_equal(auth_invite(s.auth, &s.cx, access, &account, &link), STATUS_FORBIDDEN);
    box.fails = STATUS_UNAVAILABLE; /* the link is there all the same, to be told */
    assert_int_equal(auth_invite(s.auth, &s.cx, s.operator, & account, &link), STATUS_UNAVAILABLE);
    assert_int_equal(use_link(&s, secret_of(link), password, &welcome), STATUS_OK);
    scene_end(&s);
}

static void a_forgotten_password_is_set_anew(void **state)
{
    UNUSED(state);
    Postbox box;
    Scene s = begin(&box);
    AuthWelcome before, after;
    const Access *access;
    assert_int_equal(use_link(&s, invited(&s), password, &before), STATUS_OK);
    assert_int_equal(forget(&s, "nadia.k"), STATUS_OK);
    assert_int_equal(box.count, 2);
    Str secret = secret_of(box.last.text);
    today += AUTH_RESET_S * TIME_SECOND - 1;
    assert_int_equal(use_link(&s, secret, STR("quatre chats sur un mur"), &after), STATUS_OK);
    assert_int_equal(auth_session(s.auth, &s.cx, before.cookie, &access, NULL),
                     STATUS_UNAUTHORIZED); /* all others end */
    assert_int_equal(sign_in(&s, "nadia.k", password, &after), STATUS_UNAUTHORIZED);
    assert_int_equal(sign_in(&s, "nadia.k", STR("quatre chats sur un mur"), &after), STATUS_OK);
    assert_int_equal(forget(&s, "Nadia.K"), STATUS_OK);
    secret = secret_of(box.last.text);
    today += AUTH_RESET_S * TIME_SECOND;
    assert_int_equal(use_link(&s, secret, password, &after), STATUS_NOT_FOUND); /* an hour */
    scene_end(&s);
}

/* A new password is no second factor. */
static void a_reset_asks_for_the_factor_all_the_same(void **state)
{
    UNUSED(state);
    Postbox box;
    Scene s = begin(&box);
    AuthWelcome welcome;
    Str shown, uri;
    assert_int_equal(use_link(&s, invited(&s), password, &welcome), STATUS_OK);
    assert_int_equal(auth_totp_put(s.auth, &s.cx, s.operator, STR("nadia.k"), &shown, &uri),
                     STATUS_OK);
    assert_int_equal(forget(&s, "nadia.k"), STATUS_OK);
    assert_int_equal(
        use_link(&s, secret_of(box.last.text), STR("quatre chats sur un mur"), &welcome),
        STATUS_OK);
    assert_int_equal(welcome.cookie.len, 0);
    assert_int_equal(welcome.ways, AUTH_BY_TOTP);
    scene_end(&s);
}

/* What is answered, what is written and whom it locks is the same for a name that nobody has. */
static void who_is_unknown_is_not_told_apart(void **state)
{
    UNUSED(state);
    Postbox box;
    Scene s = begin(&box);
    AuthWelcome welcome;
    assert_int_equal(use_link(&s, invited(&s), password, &welcome), STATUS_OK);
    AuthAccount mute = {.user = STR("no.mail"), .role = STR("nurse")};
    assert_int_equal(auth_account_create(s.auth, &s.cx, s.operator, & mute, password), STATUS_OK);
    static const char *const users[] = {"nadia.k", "no.mail", "nobody.here", "not a name"};
    for (size_t i = 0; i < COUNT_OF(users); i++) {
        CASE(users[i]);
        unsigned wait_s;
        size_t commits = s.store->commits, audits = s.store->audit_count;
        for (int times = 0; times < 5; times++)
            check(auth_reset_ask(s.auth, &s.cx, str_of(users[i]), address, &wait_s) == STATUS_OK);
        check_int(s.store->commits - commits, 5);
        check_int(s.store->audit_count - audits, 5);
        check(auth_reset_ask(s.auth, &s.cx, str_of(users[i]), address, &wait_s) ==
              STATUS_LOCKED_OUT);
        check_int(wait_s, 30);
    }
    assert_int_equal(sign_in(&s, "nadia.k", password, &welcome), STATUS_OK); /* another door */
    assert_int_equal(auth_post_work(s.auth, &s.cx), STATUS_OK);
    assert_int_equal(box.count, 1 + 5);
    scene_end(&s);
}

static void an_account_is_linked_to_what_its_role_can_be(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *role, *reference;
        bool good;
    } cases[] = {
        {"a doctor", "gp", "Practitioner/1", true},
        {"by a role", "gp", "PractitionerRole/1", true},
        {"a doctor as a patient", "gp", "Patient/1", false},
        {"a patient", "patient", "Patient/1", true},
        {"a patient as a doctor", "patient", "Practitioner/1", false},
        {"a proxy", "proxy", "RelatedPerson/1", true},
        {"a proxy as the patient", "proxy", "Patient/1", false},
        {"an auditor", "auditor", "Practitioner/1", true},
        {"not linked", "patient", "", true},
        {"an empty id", "patient", "Patient/", false},
        {"no type", "gp", "1", false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Postbox box;
        Scene s = begin(&box);
        AuthAccount account = {
            .user = STR("some.body"), .role = str_of(c->role), .reference = str_of(c->reference)};
        Status status = auth_account_create(s.auth, &s.cx, s.operator, & account, password);
        check((status == STATUS_OK) == c->good);
        scene_end(&s);
    }
}

static void mail_addresses_are_one_line(void **state)
{
    UNUSED(state);
    static const struct {
        const char *mail;
        bool good;
    } cases[] = {{"a@b", true},      {"anne.b+x@example.org", true},
                 {"", true},         {"anne", false},
                 {"@b", false},      {"a@", false},
                 {"a@b@c", false},   {"a@b\r\nBcc: c@d", false},
                 {"a b@c", false},   {"<a@b>", false},
                 {"a@b,c@d", false}, {"\"a\"@b", false}};
    FOR_CASES(cases, c)
    {
        CASE(c->mail);
        Postbox box;
        Scene s = begin(&box);
        AuthAccount account = {
            .user = STR("some.body"), .role = STR("gp"), .mail = str_of(c->mail)};
        Status status = auth_account_create(s.auth, &s.cx, s.operator, & account, password);
        check((status == STATUS_OK) == c->good);
        scene_end(&s);
    }
}

/* ---- lists of breached passwords --------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* SHA-1 of "password" and "password1234", by sha1sum(1), among others. */
#define LIST_OF_FIVE                                                                               \
    "000000005AD76BD555C1D6D771DE417A4B87E4B4:4\r\n"                                               \
    "00000000A8DAE4228F821FB418F59826079BF368:3\r\n"                                               \
    "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\r\n"                                         \
    "E6B6AFBD6D76BB5D2041542D7D2E3FAC5BB05593:21\r\n"                                              \
    "FFFFFFFEE791CBAC0F6305CAF0CEE06BBE131160:2\r\n"

static void breached_passwords_are_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str password;
        bool found;
    } cases[] = {
        {"in the middle", STR_INIT("password"), true},
        {"behind", STR_INIT("password1234"), true},
        {"not there", STR_INIT("trois chats sur un mur"), false},
        {"nothing", STR_INIT(""), false},
    };
    Ctx cx = testing_ctx();
    char folder[] = "/tmp/aceso-breached-XXXXXX";
    assert_non_null(mkdtemp(folder));
    Str list = arena_format(cx.arena, "%s/list", folder);
    write_file(list.at, LIST_OF_FIVE);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check(breached_has(&cx, list, c->password) == c->found);
    }
    Str part = arena_format(cx.arena, "%s/5BAA6.txt", folder); /* a folder by five letters */
    write_file(part.at, "1E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\n");
    check(breached_has(&cx, str_of(folder), STR("password")));
    check(!breached_has(&cx, str_of(folder), STR("password1234")));
    check(!breached_has(&cx, STR("/nowhere/at/all"), STR("password")));
    unlink(part.at);
    unlink(list.at);
    rmdir(folder);
    arena_free(cx.arena);
}

/* Every line of a list is found, and nothing between two of them. */
static void every_line_of_a_list_is_found(void **state)
{
    UNUSED(state);
    enum { LINES = 400 };
    Ctx cx = testing_ctx();
    Str words[LINES], lines[LINES];
    for (size_t i = 0; i < LINES; i++) {
        uint8_t hash[CRYPTO_SHA1_BYTES];
        words[i] = arena_format(cx.arena, "password number %zu", i);
        assert_true(crypto_sha1(words[i], hash));
        lines[i] = crypto_hex(cx.arena, str_n((const char *)hash, sizeof hash));
        for (size_t k = i; k > 0 && str_cmp(lines[k], lines[k - 1]) < 0; k--) {
            Str swap = lines[k];
            lines[k] = lines[k - 1];
            lines[k - 1] = swap;
        }
    }
    char path[] = "/tmp/aceso-breached-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    for (size_t i = 0; i < LINES; i++) /* small letters are read too; counts of any length */
        fprintf(file, "%.*s:%zu\n", STR_ARG(lines[i]), i * i * i);
    fclose(file);
    for (size_t i = 0; i < LINES; i++) {
        assert_true(breached_has(&cx, str_of(path), words[i]));
        assert_false(
            breached_has(&cx, str_of(path), arena_format(cx.arena, "not on the list, %zu", i)));
    }
    unlink(path);
    arena_free(cx.arena);
}

int main(void)
{
    Ctx cx = testing_ctx();
    assert(crypto_init(&cx) == STATUS_OK);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_said_whether_a_mail_left),
        cmocka_unit_test(an_invitation_works_once),
        cmocka_unit_test(a_link_is_over),
        cmocka_unit_test(what_is_no_link),
        cmocka_unit_test(who_has_a_password_is_not_invited),
        cmocka_unit_test(a_forgotten_password_is_set_anew),
        cmocka_unit_test(a_reset_asks_for_the_factor_all_the_same),
        cmocka_unit_test(who_is_unknown_is_not_told_apart),
        cmocka_unit_test(an_account_is_linked_to_what_its_role_can_be),
        cmocka_unit_test(mail_addresses_are_one_line),
        cmocka_unit_test(breached_passwords_are_refused),
        cmocka_unit_test(every_line_of_a_list_is_found),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
