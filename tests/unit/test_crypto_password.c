/* Argon2id against the vectors of its reference implementation, and what a certificate of
 * our own says to a TLS client. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "testing.h"

#include "crypto/crypto.h"

static Ctx cx;

/* The test vectors of the reference implementation (P-H-C, phc-winner-argon2, src/test.c).
 * The one of RFC 9106 5.3 uses a secret and associated data, which nobody here can pass. */
static void argon2id_of_the_reference(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str password, encoded;
        bool good;
    } cases[] = {
        {"64 MiB, 2 passes", STR_INIT("password"),
         STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
                  "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
         true},
        {"64 MiB, 1 pass", STR_INIT("password"),
         STR_INIT("$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ"
                  "$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg"),
         true},
        {"256 KiB", STR_INIT("password"),
         STR_INIT("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
                  "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
         true},
        {"another password", STR_INIT("differentpassword"),
         STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
                  "$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"),
         true},
        {"another salt", STR_INIT("password"),
         STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ"
                  "$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"),
         true},
        {"a wrong password", STR_INIT("passwore"),
         STR_INIT("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
                  "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
         false},
        {"one letter of the hash", STR_INIT("password"),
         STR_INIT("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
                  "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/5"),
         false},
        {"nothing stored", STR_INIT("password"), STR_INIT(""), false},
        {"nothing stored, nothing typed", STR_INIT(""), STR_INIT(""), false},
        {"a plain password stored", STR_INIT("password"), STR_INIT("password"), false},
        {"a NUL in what is stored", STR_INIT("password"),
         STR_INIT("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
                  "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4\0x"),
         false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(crypto_password_verify(c->password, c->encoded), c->good);
    }
}

static void a_password_opens_its_own_hash_alone(void **state)
{
    UNUSED(state);
    Str one = STR_EMPTY, two = STR_EMPTY;
    Str password = STR("trois chats sur un mur");
    assert_int_equal(crypto_password_hash(&cx, password, &one), STATUS_OK);
    assert_int_equal(crypto_password_hash(&cx, password, &two), STATUS_OK);
    assert_true(str_has_prefix(one, STR("$argon2id$v=19$m=19456,t=4,p=1$")));
    assert_false(str_eq(one, two)); /* a salt of its own each time */
    assert_true(crypto_password_verify(password, one));
    assert_false(crypto_password_verify(STR("trois chats sur un mur "), one));
    assert_false(crypto_password_is_outdated(one));
    assert_true(crypto_password_is_outdated(STR(
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")));
}

/* A malformed one would be refused at once and tell unknown names from known ones. */
static void the_password_of_nobody_is_well_formed_and_shut(void **state)
{
    UNUSED(state);
    Str nobody = STR_EMPTY;
    assert_int_equal(crypto_password_of_nobody(&cx, &nobody), STATUS_OK);
    assert_false(crypto_password_is_outdated(nobody));
    assert_false(crypto_password_verify(STR(""), nobody));
    assert_false(crypto_password_verify(nobody, nobody));
}

/* The key is Argon2id's raw output: put into the encoded form, the verifier (which the
 * published vectors above hold) accepts it. */
static void a_passphrase_makes_the_key_that_argon2id_says(void **state)
{
    UNUSED(state);
    uint8_t key[CRYPTO_KEY_BYTES];
    const CryptoCost cost = {.memory_kib = 8192, .passes = 2};
    assert_int_equal(crypto_key_from_passphrase(&cx, STR("password"),
                                                (const uint8_t *)"somesaltsomesalt", cost, key),
                     STATUS_OK);
    Str hash = crypto_base64url(cx.arena, str_n((char *)key, sizeof key));
    char *text = (char *)(uintptr_t)hash.at;
    for (size_t i = 0; i < hash.len; i++) /* the encoded form uses the plain alphabet */
        text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    Str encoded = arena_format(
        cx.arena, "$argon2id$v=19$m=8192,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" STR_FMT, STR_ARG(hash));
    assert_true(crypto_password_verify(STR("password"), encoded));
}

static void a_cost_out_of_a_file_is_bounded(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        CryptoCost cost;
    } cases[] = {
        {"no memory", {0, 3}},
        {"too cheap", {4096, 3}},
        {"more than 1 GiB", {2 * 1024 * 1024, 3}},
        {"no pass", {65536, 0}},
        {"for ever", {65536, 1000000}},
    };
    uint8_t key[CRYPTO_KEY_BYTES], salt[CRYPTO_SALT_BYTES] = {0};
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(crypto_key_from_passphrase(&cx, STR("x"), salt, c->cost, key), STATUS_INVALID);
    }
    assert_int_equal(crypto_key_from_passphrase(&cx, STR_EMPTY, salt, crypto_cost_passphrase, key),
                     STATUS_INVALID);
}

static X509 *read_certificate(Str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

/* SPEC RFC 5280 4.2.1.6, RFC 6125: a client looks for its host among the alternatives. */
static void a_certificate_names_its_machine(void **state)
{
    UNUSED(state);
    static const Str names[] = {STR_INIT("localhost"), STR_INIT("127.0.0.1"), STR_INIT("::1")};
    Str key_pem, pem;
    assert_int_equal(crypto_self_signed_certificate(&cx, names, 3, 30, &key_pem, &pem), STATUS_OK);
    assert_true(str_has_prefix(key_pem, STR("-----BEGIN PRIVATE KEY-----")));
    X509 *certificate = read_certificate(pem);
    assert_non_null(certificate);
    assert_int_equal(X509_check_host(certificate, "localhost", 9, 0, NULL), 1);
    assert_int_equal(X509_check_host(certificate, "example.org", 11, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(certificate, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(certificate, "127.0.0.2", 0), 0);
    assert_int_equal(X509_verify(certificate, X509_get0_pubkey(certificate)), 1);
    assert_true(X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0);
    assert_true(X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0);
    X509_free(certificate);
}

static void a_certificate_holds_names_and_nothing_else(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str name;
    } cases[] = {
        {"nothing", STR_INIT("")},
        {"a second field", STR_INIT("a,DNS:bank.example")},
        {"a blank", STR_INIT("a b")},
        {"a NUL", STR_INIT("a\0b")},
        {"a port", STR_INIT("localhost:8443")},
        {"a section of a configuration file", STR_INIT("@section")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str key, pem;
        check_int(crypto_self_signed_certificate(&cx, &c->name, 1, 30, &key, &pem), STATUS_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(argon2id_of_the_reference),
        cmocka_unit_test(a_password_opens_its_own_hash_alone),
        cmocka_unit_test(the_password_of_nobody_is_well_formed_and_shut),
        cmocka_unit_test(a_passphrase_makes_the_key_that_argon2id_says),
        cmocka_unit_test(a_cost_out_of_a_file_is_bounded),
        cmocka_unit_test(a_certificate_names_its_machine),
        cmocka_unit_test(a_certificate_holds_names_and_nothing_else),
    };
    cx = testing_ctx();
    int failed = crypto_init(&cx) != STATUS_OK || cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
