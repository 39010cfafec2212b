/* Second factors: codes, passkeys, recovery codes; what opens, what is refused, what is used up. */
#include "auth_scene.h"

#include "json/json.h"
#include "soft_key.h"

static const Str address = STR_INIT("192.0.2.7");

static Scene begin_with(AuthFactorRule rule)
{
    Scene s = {.cx = testing_ctx(),
               .store = fake_store_new(),
               .options = {.clock = test_clock, .factors = rule}};
    today = (Time)1790000000 * TIME_SECOND;
    open_auth(&s);
    s.operator= auth_operator(s.cx.arena);
    return s;
}

static void add_account(Scene *s, const char *user, const char *role)
{
    AuthAccount account = {.user = str_of(user), .role = str_of(role)};
    assert_int_equal(auth_account_create(s->auth, &s->cx, s->operator, & account, password),
                     STATUS_OK);
}

static Status sign_in(Scene *s, const char *user, Str code, AuthWelcome *ret)
{
    AuthAttempt attempt = {.user = str_of(user),
                           .password = password,
                           .code = code,
                           .address = address,
                           .device = STR("Firefox"),
                           .origin = SOFT_ORIGIN};
    return auth_sign_in(s->auth, &s->cx, &attempt, ret);
}

static AuthSession session_at(Scene *s, Str cookie)
{
    const Access *access;
    AuthSession session;
    assert_int_equal(auth_session(s->auth, &s->cx, cookie, &access, &session), STATUS_OK);
    return session;
}

static bool opens(Scene *s, Str cookie)
{
    const Access *access;
    return auth_session(s->auth, &s->cx, cookie, &access, NULL) == STATUS_OK;
}

static Str json_text(Scene *s, Str json, const char *name)
{
    JsonValue *root;
    assert_int_equal(json_parse(&s->cx, json, &root), STATUS_OK);
    return json_get_str(root, str_of(name));
}

static Str json_code(Scene *s, Str json, size_t i)
{
    JsonValue *root;
    assert_int_equal(json_parse(&s->cx, json, &root), STATUS_OK);
    return json_str(json_item(json_get(root, STR("codes")), i));
}

static Str secret_of(Scene *s, Str base32)
{
    char *bytes = arena_alloc(s->cx.arena, base32.len);
    size_t bits = 0, len = 0;
    unsigned value = 0;
    for (size_t i = 0; i < base32.len; i++) {
        char c = base32.at[i];
        value = value << 5 | (unsigned)(c >= 'A' ? c - 'A' : c - '2' + 26);
        bits += 5;
        if (bits >= 8)
            bytes[len++] = (char)(value >> (bits -= 8));
    }
    return str_n(bytes, len);
}

static Str code_at(Scene *s, Str secret, Time at)
{
    unsigned code;
    assert_true(totp_code(secret, totp_step(at), &code));
    return arena_format(s->cx.arena, "%06u", code);
}

/* Signed in, and a secret set: the cookie, the secret, the recovery codes. */
typedef struct {
    Str cookie, secret, codes;
} Enrolled;

static Enrolled enrol(Scene *s, const char *user)
{
    AuthWelcome welcome, lifted;
    Enrolled e;
    Str json;
    assert_int_equal(sign_in(s, user, STR_EMPTY, &welcome), STATUS_OK);
    AuthSession session = session_at(s, welcome.cookie);
    assert_int_equal(auth_totp_begin(s->auth, &s->cx, &session, &json), STATUS_OK);
    e.secret = secret_of(s, json_text(s, json, "secret"));
    AuthProof proof = {.ticket = json_text(s, json, "ticket"),
                       .code = code_at(s, e.secret, today),
                       .cookie = welcome.cookie,
                       .address = address};
    assert_int_equal(auth_totp_set(s->auth, &s->cx, &session, &proof, &lifted, &e.codes),
                     STATUS_OK);
    e.cookie = lifted.cookie.len ? lifted.cookie : welcome.cookie;
    today += 60 * TIME_SECOND;
    return e;
}

/* ---- codes ------------------------------------------------------------------------- */

/* SPEC RFC 6238 appendix B: the last six of its eight digits. */
static void codes_of_rfc_6238(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Time seconds;
        unsigned code;
    } cases[] = {
        {"1970", 59, 287082},
        {"2005", 1111111109, 81804},
        {"a step later", 1111111111, 50471},
        {"2009", 1234567890, 5924},
        {"2033", 2000000000, 279037},
        {"2603", 20000000000, 353130},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        unsigned code;
        check(totp_code(STR("12345678901234567890"), totp_step(c->seconds * TIME_SECOND), &code));
        check_int(code, c->code);
    }
}

static void a_code_counts_once_and_about_now(void **state)
{
    UNUSED(state);
    Str secret = STR("12345678901234567890");
    const Time now = (Time)1790000000 * TIME_SECOND, step = 30 * TIME_SECOND;
    Scene s = begin_with(AUTH_FACTORS_FREE);
    const struct {
        const char *why;
        Time of;
        uint64_t used;
        bool right;
    } cases[] = {
        {"now", now, 0, true},
        {"a clock that is late", now - step, 0, true},
        {"a clock that is early", now + step, 0, true},
        {"two steps late", now - 2 * step, 0, false},
        {"two steps early", now + 2 * step, 0, false},
        {"used", now, totp_step(now), false},
        {"before the one that was used", now - step, totp_step(now), false},
        {"behind the one that was used", now + step, totp_step(now), true},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        uint64_t used;
        check(totp_right(secret, code_at(&s, secret, c->of), now, c->used, &used) == c->right);
    }
    static const Str wrong[] = {STR_INIT(""),       STR_INIT("12345"),  STR_INIT("1234567"),
                                STR_INIT("12345a"), STR_INIT("-12345"), STR_INIT("       ")};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        uint64_t used;
        CASE("no code");
        check(!totp_right(secret, wrong[i], now, 0, &used));
    }
    uint64_t used;
    CASE("a blank in the middle");
    Str code = code_at(&s, secret, now);
    check(totp_right(secret, arena_format(s.cx.arena, "%.3s %.3s", code.at, code.at + 3), now, 0,
                     &used));
    scene_end(&s);
}

static void staff_without_a_factor_can_only_set_one_up(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        AuthFactorRule rule;
        const char *role;
        bool shut;
    } cases[] = {
        {"a doctor", AUTH_FACTORS_STAFF, "gp", true},
        {"an administrator", AUTH_FACTORS_STAFF, "admin", true},
        {"an auditor", AUTH_FACTORS_STAFF, "auditor", true},
        {"a patient", AUTH_FACTORS_STAFF, "patient", false},
        {"a proxy", AUTH_FACTORS_STAFF, "proxy", false},
        {"a patient, where all must", AUTH_FACTORS_ALL, "patient", true},
        {"a doctor, where nobody must", AUTH_FACTORS_FREE, "gp", false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scene s = begin_with(c->rule);
        const Access *access;
        AuthWelcome welcome;
        add_account(&s, "somebody", c->role);
        check(sign_in(&s, "somebody", STR_EMPTY, &welcome) == STATUS_OK);
        check(session_at(&s, welcome.cookie).must_enrol == c->shut);
        check(auth_session(s.auth, &s.cx, welcome.cookie, &access, NULL) == STATUS_OK);
        check((access_role_of(access_role(access)) == ROLE_NOBODY) == c->shut);
        check((access_need_write(&s.cx, access) == STATUS_FORBIDDEN) == c->shut);
        auth_free(s.auth); /* and after a restart */
        open_auth(&s);
        check(session_at(&s, welcome.cookie).must_enrol == c->shut);
        scene_end(&s);
    }
}

static void setting_up_lifts_the_session(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    AuthWelcome first, lifted;
    Str json;
    add_account(&s, "dr.dupont", "gp");
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &first), STATUS_OK);
    AuthSession session = session_at(&s, first.cookie);
    assert_int_equal(auth_totp_begin(s.auth, &s.cx, &session, &json), STATUS_OK);
    Str secret = secret_of(&s, json_text(&s, json, "secret"));
    AuthProof proof = {.ticket = json_text(&s, json, "ticket"),
                       .code = STR("000000"),
                       .cookie = first.cookie,
                       .address = address};
    if (str_eq(code_at(&s, secret, today), proof.code))
        proof.code = STR("000001");
    assert_int_equal(auth_totp_set(s.auth, &s.cx, &session, &proof, &lifted, &json),
                     STATUS_UNPROCESSABLE);
    assert_true(session_at(&s, first.cookie).must_enrol);
    proof.code = code_at(&s, secret, today);
    assert_int_equal(auth_totp_set(s.auth, &s.cx, &session, &proof, &lifted, &json), STATUS_OK);
    assert_false(opens(&s, first.cookie)); /* another cookie */
    assert_false(session_at(&s, lifted.cookie).must_enrol);
    assert_int_equal(session_at(&s, lifted.cookie).ends, session.ends);
    assert_true(json_code(&s, json, 9).len > 0);
    assert_int_equal(json_code(&s, json, 10).len, 0);
    for (size_t i = 0; i < s.store->item_count; i++) { /* neither the secret nor a code in clear */
        Str value = s.store->items[i].value, code = json_code(&s, json, 0);
        assert_null(memmem(value.at, value.len, secret.at, secret.len));
        assert_null(memmem(value.at, value.len, code.at, code.len));
    }
    scene_end(&s);
}

static void who_has_a_factor_shows_it(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    AuthWelcome welcome, second;
    add_account(&s, "dr.dupont", "gp");
    Enrolled e = enrol(&s, "dr.dupont");
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome), STATUS_OK);
    assert_int_equal(welcome.cookie.len, 0);
    assert_int_equal(welcome.ways, AUTH_BY_TOTP | AUTH_BY_RECOVERY);
    AuthProof proof = {.ticket = welcome.ticket,
                       .code = code_at(&s, e.secret, today),
                       .address = address,
                       .device = STR("Firefox")};
    assert_int_equal(auth_sign_in_factor(s.auth, &s.cx, &proof, &second), STATUS_OK);
    assert_true(opens(&s, second.cookie));
    assert_false(session_at(&s, second.cookie).must_enrol);
    assert_int_equal(auth_sign_in_factor(s.auth, &s.cx, &proof, &second), STATUS_UNAUTHORIZED);
    today += 30 * TIME_SECOND; /* and all in one request */
    assert_int_equal(sign_in(&s, "dr.dupont", code_at(&s, e.secret, today), &welcome), STATUS_OK);
    assert_true(opens(&s, welcome.cookie));
    assert_int_equal(sign_in(&s, "dr.dupont", code_at(&s, e.secret, today), &welcome),
                     STATUS_UNAUTHORIZED);
    scene_end(&s);
}

static void tickets_end(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Time later;
        bool new_password, changed;
    } cases[] = {
        {"five minutes have passed", AUTH_TICKET_S * TIME_SECOND, false, false},
        {"another password", 0, true, false},
        {"changed on the way", 0, false, true},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scene s = begin_with(AUTH_FACTORS_STAFF);
        AuthWelcome welcome, second;
        add_account(&s, "dr.dupont", "gp");
        Enrolled e = enrol(&s, "dr.dupont");
        check(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome) == STATUS_OK);
        today += c->later;
        if (c->new_password)
            check(auth_password_set(s.auth, &s.cx, s.operator, STR("dr.dupont"),
                                    STR("quatre chats sur un mur")) == STATUS_OK);
        char *ticket = (char *)(uintptr_t)arena_str(s.cx.arena, welcome.ticket).at;
        ticket[60] = (char)(c->changed ? ticket[60] == 'A' ? 'B' : 'A' : ticket[60]);
        AuthProof proof = {.ticket = str_n(ticket, welcome.ticket.len),
                           .code = code_at(&s, e.secret, today),
                           .address = address};
        check(auth_sign_in_factor(s.auth, &s.cx, &proof, &second) == STATUS_UNAUTHORIZED);
        scene_end(&s);
    }
}

/* A right password must not give free guesses at the code. */
static void guessing_codes_is_counted(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    AuthWelcome welcome, second;
    add_account(&s, "dr.dupont", "gp");
    Enrolled e = enrol(&s, "dr.dupont");
    Str right = code_at(&s, e.secret, today);
    Status status = STATUS_OK;
    for (int guesses = 0; guesses < 5; guesses++) {
        assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome), STATUS_OK);
        AuthProof proof = {.ticket = welcome.ticket,
                           .code = str_eq(right, STR("123456")) ? STR("123457") : STR("123456"),
                           .address = address};
        status = auth_sign_in_factor(s.auth, &s.cx, &proof, &second);
        assert_int_equal(status, STATUS_UNAUTHORIZED);
    }
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome), STATUS_LOCKED_OUT);
    scene_end(&s);
}

/* Neither as it is shown nor without its hyphens, in whatever the store was given. */
static void check_not_stored(Scene *s, Str code)
{
    char bare[64];
    size_t len = 0;
    for (size_t i = 0; i < code.len && len < sizeof bare; i++) {
        if (code.at[i] != '-')
            bare[len++] = code.at[i];
    }
    assert_true(len >= 8);
    for (size_t i = 0; i < s->store->item_count; i++) {
        Str value = s->store->items[i].value;
        assert_null(memmem(value.at, value.len, code.at, code.len));
        assert_null(memmem(value.at, value.len, bare, len));
    }
}

static void a_recovery_code_is_used_up(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    AuthWelcome welcome;
    Str json;
    add_account(&s, "dr.dupont", "gp");
    Enrolled e = enrol(&s, "dr.dupont");
    Str code = json_code(&s, e.codes, 3);
    for (size_t i = 0; i < 10; i++)
        check_not_stored(&s, json_code(&s, e.codes, i));
    assert_int_equal(sign_in(&s, "dr.dupont", code, &welcome), STATUS_OK);
    assert_int_equal(sign_in(&s, "dr.dupont", code, &welcome), STATUS_UNAUTHORIZED);
    Str other = json_code(&s, e.codes, 4);
    char *typed = (char *)(uintptr_t)arena_str(s.cx.arena, other).at;
    for (size_t i = 0; i < other.len; i++) /* as people type it */
        typed[i] = (char)(typed[i] == '-' ? ' ' : typed[i] >= 'a' ? typed[i] - 32 : typed[i]);
    assert_int_equal(sign_in(&s, "dr.dupont", str_n(typed, other.len), &welcome), STATUS_OK);
    AuthSession session = session_at(&s, welcome.cookie);
    assert_int_equal(auth_recovery_renew(s.auth, &s.cx, &session, address, &json), STATUS_OK);
    assert_int_equal(sign_in(&s, "dr.dupont", json_code(&s, e.codes, 5), &welcome),
                     STATUS_UNAUTHORIZED); /* of before */
    assert_int_equal(sign_in(&s, "dr.dupont", json_code(&s, json, 5), &welcome), STATUS_OK);
    scene_end(&s);
}

static void the_last_factor_stays(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    add_account(&s, "dr.dupont", "gp");
    add_account(&s, "patient.one", "patient");
    Enrolled staff = enrol(&s, "dr.dupont"), patient = enrol(&s, "patient.one");
    AuthSession session = session_at(&s, staff.cookie);
    assert_int_equal(auth_totp_remove(s.auth, &s.cx, &session, address), STATUS_CONFLICT);
    session = session_at(&s, patient.cookie);
    assert_int_equal(auth_totp_remove(s.auth, &s.cx, &session, address), STATUS_OK);
    AuthWelcome welcome;
    assert_int_equal(sign_in(&s, "patient.one", STR_EMPTY, &welcome), STATUS_OK);
    assert_true(welcome.cookie.len > 0);
    scene_end(&s);
}

static void an_administrator_takes_factors_away(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    AuthWelcome welcome;
    add_account(&s, "dr.dupont", "gp");
    Enrolled e = enrol(&s, "dr.dupont");
    const Access *access;
    assert_int_equal(auth_session(s.auth, &s.cx, e.cookie, &access, NULL), STATUS_OK);
    assert_int_equal(auth_factors_reset(s.auth, &s.cx, access, STR("dr.dupont")), STATUS_FORBIDDEN);
    assert_int_equal(auth_factors_reset(s.auth, &s.cx, s.operator, STR("dr.dupont")), STATUS_OK);
    AuditEntry entry;
    assert_int_equal(audit_unpack(&s.cx, s.store->audits[s.store->audit_count - 1], &entry),
                     STATUS_OK);
    check_str(entry.interaction, STR("factors-reset"));
    check_str(entry.id, STR("dr.dupont"));
    assert_false(opens(&s, e.cookie));
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome), STATUS_OK);
    assert_true(session_at(&s, welcome.cookie).must_enrol);
    scene_end(&s);
}

/* ---- passkeys -------------------------------------------------------------------------- */

static Status add_passkey(Scene *s, Str *cookie, SoftKey *key, AuthRegistration *ret_made)
{
    AuthWelcome lifted;
    Str json;
    JsonValue *root;
    AuthSession session = session_at(s, *cookie);
    assert_int_equal(auth_passkey_begin(s->auth, &s->cx, &session, SOFT_ORIGIN, &json), STATUS_OK);
    assert_int_equal(json_parse(&s->cx, json, &root), STATUS_OK);
    JsonValue *options = json_get(root, STR("publicKey"));
    check_str(json_get_str(json_get(options, STR("rp")), STR("id")), STR("chart.example.org"));
    check_str(json_get_str(options, STR("attestation")), STR("none"));
    key->handle = json_get_str(json_get(options, STR("user")), STR("id"));
    AuthRegistration made = soft_register(&s->cx, key, json_get_str(root, STR("ticket")));
    made.cookie = *cookie;
    Status status = auth_passkey_add(s->auth, &s->cx, &session, &made, &lifted, &json);
    if (status == STATUS_OK && lifted.cookie.len)
        *cookie = lifted.cookie;
    if (ret_made)
        *ret_made = made;
    return status;
}

static Str ticket_for_anybody(Scene *s)
{
    Str json;
    assert_int_equal(auth_passkey_ask(s->auth, &s->cx, SOFT_ORIGIN, &json), STATUS_OK);
    return json_text(s, json, "ticket");
}

static void passkeys_of_each_kind_open(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        CryptoSignature kind;
    } cases[] = {{"ES256", CRYPTO_ES256}, {"EdDSA", CRYPTO_ED25519}, {"RS256", CRYPTO_RS256}};
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scene s = begin_with(AUTH_FACTORS_STAFF);
        AuthWelcome welcome, second;
        add_account(&s, "dr.dupont", "gp");
        SoftKey key = soft_key(&s.cx, c->kind, "credential of the test");
        check(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome) == STATUS_OK);
        Str cookie = welcome.cookie;
        check(add_passkey(&s, &cookie, &key, NULL) == STATUS_OK);
        check(!session_at(&s, cookie).must_enrol);
        for (int times = 0; times < 3; times++) { /* with nothing else */
            key.count++;
            AuthProof proof = soft_assert(&s.cx, &key, ticket_for_anybody(&s));
            check(auth_sign_in_passkey(s.auth, &s.cx, &proof, &second) == STATUS_OK);
            check(opens(&s, second.cookie));
            check(auth_sign_in_passkey(s.auth, &s.cx, &proof, &second) == STATUS_UNAUTHORIZED);
        }
        key.count++; /* and behind a password */
        key.flags = AUTHENTICATOR_PRESENT;
        check(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome) == STATUS_OK);
        check_int(welcome.ways, AUTH_BY_PASSKEY | AUTH_BY_RECOVERY);
        check(welcome.options.len > 0);
        AuthProof proof = soft_assert(&s.cx, &key, welcome.ticket);
        check(auth_sign_in_factor(s.auth, &s.cx, &proof, &second) == STATUS_OK);
        scene_end(&s);
    }
}

static void spoil_origin(SoftKey *key)
{
    key->origin = STR("https://chart.example.org.evil.test");
}
static void spoil_port(SoftKey *key)
{
    key->origin = STR("https://chart.example.org:8443");
}
static void spoil_host(SoftKey *key)
{
    key->host = STR("example.org");
}
static void spoil_type(SoftKey *key)
{
    key->type = STR("webauthn.create");
}
static void spoil_type_back(SoftKey *key)
{
    key->type = STR("webauthn.get");
}
static void spoil_key(SoftKey *key)
{
    key->other_key = true;
}
static void spoil_presence(SoftKey *key)
{
    key->flags = AUTHENTICATOR_VERIFIED;
}
static void spoil_verification(SoftKey *key)
{
    key->flags = AUTHENTICATOR_PRESENT;
}
static void spoil_count(SoftKey *key)
{
    key->count = 5;
}
static void spoil_back(SoftKey *key)
{
    key->count = 2;
}
static void spoil_frame(SoftKey *key)
{
    key->more = ",\"topOrigin\":\"https://evil.test\"";
}
static void spoil_handle(SoftKey *key)
{
    key->handle = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}
static void spoil_id(SoftKey *key)
{
    key->id = STR("credential of another");
}
static void spoil_nothing(SoftKey *key)
{
    UNUSED(key);
}
static void spoil_challenge(SoftKey *key)
{
    key->challenge = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

static void a_passkey_that_is_wrong_opens_nothing(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        void (*spoil)(SoftKey *key);
        Status status;
    } cases[] = {
        {"as it should be", spoil_nothing, STATUS_OK},
        {"another page", spoil_origin, STATUS_UNAUTHORIZED},
        {"another port", spoil_port, STATUS_UNAUTHORIZED},
        {"for another host", spoil_host, STATUS_UNAUTHORIZED},
        {"a registration in place of an assertion", spoil_type, STATUS_UNAUTHORIZED},
        {"another key", spoil_key, STATUS_UNAUTHORIZED},
        {"nobody was there", spoil_presence, STATUS_UNAUTHORIZED},
        {"nobody was verified", spoil_verification, STATUS_UNAUTHORIZED},
        {"a copy: the counter stands", spoil_count, STATUS_UNAUTHORIZED},
        {"a copy: the counter goes back", spoil_back, STATUS_UNAUTHORIZED},
        {"in a frame of somebody else", spoil_frame, STATUS_UNAUTHORIZED},
        {"of another account", spoil_handle, STATUS_UNAUTHORIZED},
        {"unknown", spoil_id, STATUS_UNAUTHORIZED},
        {"another challenge", spoil_challenge, STATUS_UNAUTHORIZED},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scene s = begin_with(AUTH_FACTORS_STAFF);
        AuthWelcome welcome, second;
        add_account(&s, "dr.dupont", "gp");
        SoftKey key = soft_key(&s.cx, CRYPTO_ES256, "credential of the test");
        key.count = 5;
        check(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome) == STATUS_OK);
        Str cookie = welcome.cookie;
        check(add_passkey(&s, &cookie, &key, NULL) == STATUS_OK);
        key.count = 6;
        c->spoil(&key);
        AuthProof proof = soft_assert(&s.cx, &key, ticket_for_anybody(&s));
        check(auth_sign_in_passkey(s.auth, &s.cx, &proof, &second) == c->status);
        scene_end(&s);
    }
}

static void a_registration_that_is_wrong_is_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        void (*spoil)(SoftKey *key);
        Status status;
    } cases[] = {
        {"as it should be", spoil_nothing, STATUS_OK},
        {"another page", spoil_origin, STATUS_INVALID},
        {"for another host", spoil_host, STATUS_INVALID},
        {"an assertion in place of a registration", spoil_type_back, STATUS_INVALID},
        {"nobody was there", spoil_presence, STATUS_INVALID},
        {"in a frame of somebody else", spoil_frame, STATUS_INVALID},
        {"another challenge", spoil_challenge, STATUS_INVALID},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scene s = begin_with(AUTH_FACTORS_STAFF);
        AuthWelcome welcome;
        add_account(&s, "dr.dupont", "gp");
        SoftKey key = soft_key(&s.cx, CRYPTO_ES256, "credential of the test");
        c->spoil(&key);
        check(sign_in(&s, "dr.dupont", STR_EMPTY, &welcome) == STATUS_OK);
        check(add_passkey(&s, &welcome.cookie, &key, NULL) == c->status);
        scene_end(&s);
    }
}

static void a_credential_is_of_one_account(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    AuthWelcome one, two, again;
    Str json;
    AuthRegistration made;
    add_account(&s, "dr.dupont", "gp");
    add_account(&s, "dr.durand", "gp");
    SoftKey key = soft_key(&s.cx, CRYPTO_ES256, "credential of the test"), copy = key;
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &one), STATUS_OK);
    assert_int_equal(sign_in(&s, "dr.durand", STR_EMPTY, &two), STATUS_OK);
    assert_int_equal(add_passkey(&s, &one.cookie, &key, &made), STATUS_OK);
    AuthSession session = session_at(&s, one.cookie);
    assert_int_equal(auth_passkey_add(s.auth, &s.cx, &session, &made, &again, &json),
                     STATUS_FORBIDDEN); /* the same once more */
    assert_int_equal(add_passkey(&s, &two.cookie, &copy, NULL), STATUS_CONFLICT);
    assert_int_equal(
        auth_passkey_remove(s.auth, &s.cx, &session, soft_text(&s.cx, key.id), address),
        STATUS_CONFLICT); /* the last one */
    SoftKey spare = soft_key(&s.cx, CRYPTO_ED25519, "another credential");
    assert_int_equal(add_passkey(&s, &one.cookie, &spare, NULL), STATUS_OK);
    session = session_at(&s, one.cookie);
    assert_int_equal(
        auth_passkey_remove(s.auth, &s.cx, &session, soft_text(&s.cx, key.id), address), STATUS_OK);
    AuthProof proof = soft_assert(&s.cx, &key, ticket_for_anybody(&s));
    assert_int_equal(auth_sign_in_passkey(s.auth, &s.cx, &proof, &again), STATUS_UNAUTHORIZED);
    assert_int_equal(add_passkey(&s, &two.cookie, &copy, NULL), STATUS_OK); /* it is free again */
    scene_end(&s);
}

/* ---- locks and step-up -------------------------------------------------------------------- */

static void a_step_up_lasts_five_minutes(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    AuthWelcome stepped;
    Str json;
    add_account(&s, "dr.dupont", "gp");
    Enrolled e = enrol(&s, "dr.dupont");
    AuthSession session = session_at(&s, e.cookie);
    assert_true(auth_is_stepped_up(s.auth, &session));
    today += AUTH_STEP_UP_S * TIME_SECOND;
    session = session_at(&s, e.cookie);
    assert_false(auth_is_stepped_up(s.auth, &session));
    assert_int_equal(auth_need_step_up(s.auth, &s.cx, &session), STATUS_FORBIDDEN);
    assert_int_equal(auth_totp_begin(s.auth, &s.cx, &session, &json), STATUS_FORBIDDEN);
    assert_int_equal(auth_recovery_renew(s.auth, &s.cx, &session, address, &json),
                     STATUS_FORBIDDEN);
    AuthProof proof = {.password = password, .cookie = e.cookie, .address = address};
    assert_int_equal(auth_step_up(s.auth, &s.cx, &proof, &stepped), STATUS_FORBIDDEN);
    proof =
        (AuthProof){.code = code_at(&s, e.secret, today), .cookie = e.cookie, .address = address};
    assert_int_equal(auth_step_up(s.auth, &s.cx, &proof, &stepped), STATUS_OK);
    assert_false(opens(&s, e.cookie));
    AuthSession after = session_at(&s, stepped.cookie);
    assert_true(auth_is_stepped_up(s.auth, &after));
    assert_int_equal(after.ends, session.ends);
    assert_int_equal(after.created, session.created);
    scene_end(&s);
}

static void a_locked_session_stays_and_opens_nothing(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        bool by_hand;
        Time later;
    } cases[] = {
        {"locked by its owner", true, 60 * TIME_SECOND},
        {"left alone for fifteen minutes", false, 15 * 60 * TIME_SECOND},
        {"left alone for three hours", false, 3 * 3600 * TIME_SECOND},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scene s = begin_with(AUTH_FACTORS_STAFF);
        AuthWelcome opened;
        add_account(&s, "dr.dupont", "gp");
        Enrolled e = enrol(&s, "dr.dupont");
        AuthSession before = session_at(&s, e.cookie);
        if (c->by_hand)
            check(auth_lock(s.auth, &s.cx, e.cookie, address) == STATUS_OK);
        today += c->later;
        check(!opens(&s, e.cookie));
        check(auth_is_locked(s.auth, e.cookie));
        check(auth_tidy(s.auth, &s.cx) == STATUS_OK);
        auth_free(s.auth);
        open_auth(&s);
        check(!opens(&s, e.cookie));
        AuthProof proof = {.password = STR("not this one at all"), .cookie = e.cookie};
        check(auth_unlock(s.auth, &s.cx, &proof, &opened) == STATUS_UNAUTHORIZED);
        proof.password = password;
        check(auth_unlock(s.auth, &s.cx, &proof, &opened) == STATUS_OK);
        AuthSession after = session_at(&s, opened.cookie);
        check(after.ends == before.ends);
        check(!auth_is_stepped_up(s.auth, &after) || c->later < AUTH_STEP_UP_S * TIME_SECOND);
        check(!opens(&s, e.cookie));
        check(auth_unlock(s.auth, &s.cx, &proof, &opened) == STATUS_UNAUTHORIZED); /* once */
        scene_end(&s);
    }
}

static void a_lock_cannot_be_sat_out(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    AuthWelcome opened;
    add_account(&s, "dr.dupont", "gp");
    Enrolled e = enrol(&s, "dr.dupont");
    today += 12 * 3600 * TIME_SECOND;
    AuthProof proof = {.password = password, .cookie = e.cookie};
    assert_int_equal(auth_unlock(s.auth, &s.cx, &proof, &opened), STATUS_UNAUTHORIZED);
    scene_end(&s);
}

static void people_end_their_own_sessions(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_FREE);
    AuthWelcome one, two, other;
    Str json;
    add_account(&s, "dr.dupont", "gp");
    add_account(&s, "dr.durand", "gp");
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &one), STATUS_OK);
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &two), STATUS_OK);
    assert_int_equal(sign_in(&s, "dr.durand", STR_EMPTY, &other), STATUS_OK);
    AuthSession session = session_at(&s, one.cookie);
    assert_int_equal(auth_own_sessions_json(s.auth, &s.cx, &session, &json), STATUS_OK);
    assert_non_null(memmem(json.at, json.len, "Firefox", 7));
    assert_null(memmem(json.at, json.len, other.session.id.at, AUTH_ID_LEN));
    assert_int_equal(auth_own_session_end(s.auth, &s.cx, &session, other.session.id, address),
                     STATUS_NOT_FOUND);
    assert_true(opens(&s, other.cookie));
    assert_int_equal(auth_own_session_end(s.auth, &s.cx, &session, two.session.id, address),
                     STATUS_OK);
    assert_false(opens(&s, two.cookie));
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &two), STATUS_OK);
    assert_int_equal(auth_own_session_end(s.auth, &s.cx, &session, STR_EMPTY, address), STATUS_OK);
    assert_false(opens(&s, one.cookie));
    assert_false(opens(&s, two.cookie));
    assert_true(opens(&s, other.cookie));
    scene_end(&s);
}

/* ---- where several nodes share a store ------------------------------------------------------ */

static void a_code_opens_one_session_on_all_nodes(void **state)
{
    UNUSED(state);
    Scene s = begin_with(AUTH_FACTORS_STAFF);
    Auth *here, *there;
    AuthWelcome one, two;
    add_account(&s, "dr.dupont", "gp");
    Enrolled e = enrol(&s, "dr.dupont");
    auth_free(s.auth);
    s.store->shared = true;
    assert_int_equal(auth_new(&s.cx, s.store, &s.options, &here), STATUS_OK);
    assert_int_equal(auth_new(&s.cx, s.store, &s.options, &there), STATUS_OK);
    s.auth = here;
    assert_int_equal(sign_in(&s, "dr.dupont", STR_EMPTY, &one), STATUS_OK);
    AuthProof proof = {.ticket = one.ticket, .code = code_at(&s, e.secret, today)};
    assert_int_equal(auth_sign_in_factor(there, &s.cx, &proof, &one), STATUS_OK); /* any node */
    assert_int_equal(auth_sign_in_factor(here, &s.cx, &proof, &two), STATUS_UNAUTHORIZED);
    assert_true(opens(&s, one.cookie));
    assert_int_equal(auth_lock(there, &s.cx, one.cookie, address), STATUS_OK);
    const Access *access;
    today += 2 * TIME_SECOND;
    assert_int_equal(handles_refresh(here, &s.cx), STATUS_OK);
    assert_int_equal(auth_session(here, &s.cx, one.cookie, &access, NULL), STATUS_UNAUTHORIZED);
    auth_free(there);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_of_rfc_6238),
        cmocka_unit_test(a_code_counts_once_and_about_now),
        cmocka_unit_test(staff_without_a_factor_can_only_set_one_up),
        cmocka_unit_test(setting_up_lifts_the_session),
        cmocka_unit_test(who_has_a_factor_shows_it),
        cmocka_unit_test(tickets_end),
        cmocka_unit_test(guessing_codes_is_counted),
        cmocka_unit_test(a_recovery_code_is_used_up),
        cmocka_unit_test(the_last_factor_stays),
        cmocka_unit_test(an_administrator_takes_factors_away),
        cmocka_unit_test(passkeys_of_each_kind_open),
        cmocka_unit_test(a_passkey_that_is_wrong_opens_nothing),
        cmocka_unit_test(a_registration_that_is_wrong_is_refused),
        cmocka_unit_test(a_credential_is_of_one_account),
        cmocka_unit_test(a_step_up_lasts_five_minutes),
        cmocka_unit_test(a_locked_session_stays_and_opens_nothing),
        cmocka_unit_test(a_lock_cannot_be_sat_out),
        cmocka_unit_test(people_end_their_own_sessions),
        cmocka_unit_test(a_code_opens_one_session_on_all_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
