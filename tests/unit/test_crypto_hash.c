/* Hashes, derived keys, wrapped keys and text forms against their published vectors. */
#include "testing.h"

#include "crypto/crypto.h"

static Ctx cx;

static Str repeated(char byte, size_t count)
{
    char *at = arena_alloc_raw(cx.arena, count + 1);
    memset(at, byte, count);
    return str_n(at, count);
}

static Str counting(unsigned from, unsigned to)
{
    char *at = arena_alloc_raw(cx.arena, to - from + 1);
    for (unsigned i = from; i <= to; i++)
        at[i - from] = (char)i;
    return str_n(at, to - from + 1);
}

static Str hexed(const uint8_t *bytes, size_t len)
{
    return crypto_hex(cx.arena, str_n((const char *)bytes, len));
}

/* SPEC FIPS 180-4, examples of NIST's computer security centre */
static void sha256_of_published_messages(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text;
        size_t times;
        Str hash;
    } cases[] = {
        {"nothing", STR_INIT(""), 1,
         STR_INIT("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")},
        {"one block", STR_INIT("abc"), 1,
         STR_INIT("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")},
        {"two blocks", STR_INIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), 1,
         STR_INIT("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")},
        {"a million letters", STR_INIT("a"), 1000000,
         STR_INIT("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        uint8_t hash[CRYPTO_SHA256_BYTES];
        crypto_sha256(c->times > 1 ? repeated(c->text.at[0], c->times) : c->text, hash);
        check_str(hexed(hash, sizeof hash), c->hash);
    }
}

/* SPEC RFC 4231 4 */
static void hmac_of_rfc_4231(void **state)
{
    UNUSED(state);
    const struct {
        const char *why;
        Str key, text, mac;
    } cases[] = {
        {"case 1", repeated(0x0b, 20), STR("Hi There"),
         STR("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")},
        {"case 2: a short key", STR("Jefe"), STR("what do ya want for nothing?"),
         STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")},
        {"case 3", repeated((char)0xaa, 20), repeated((char)0xdd, 50),
         STR("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")},
        {"case 4", counting(1, 25), repeated((char)0xcd, 50),
         STR("82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")},
        {"case 6: a key longer than a block", repeated((char)0xaa, 131),
         STR("Test Using Larger Than Block-Size Key - Hash Key First"),
         STR("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")},
        {"case 7: both longer than a block", repeated((char)0xaa, 131),
         STR("This is a test using a larger than block-size key and a larger than block-size "
             "data. The key needs to be hashed before being used by the HMAC algorithm."),
         STR("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        uint8_t mac[CRYPTO_SHA256_BYTES];
        crypto_hmac_sha256(c->key, c->text, mac);
        check_str(hexed(mac, sizeof mac), c->mac);
    }
}

/* SPEC RFC 5869 A */
static void hkdf_of_rfc_5869(void **state)
{
    UNUSED(state);
    const struct {
        const char *why;
        Str key, salt, purpose;
        size_t bytes;
        Str out;
    } cases[] = {
        {"A.1", repeated(0x0b, 22), counting(0, 12), counting(0xf0, 0xf9), 42,
         STR("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b88718586"
             "5")},
        {"A.2: longer in everything", counting(0, 0x4f), counting(0x60, 0xaf), counting(0xb0, 0xff),
         82,
         STR("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb"
             "41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87")},
        {"A.3: no salt, no purpose", repeated(0x0b, 22), STR_EMPTY, STR_EMPTY, 42,
         STR("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c"
             "8")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        uint8_t out[82];
        crypto_hkdf(c->key, c->salt, c->purpose, out, c->bytes);
        check_str(hexed(out, c->bytes), c->out);
    }
}

/* SPEC SipHash: a fast short-input PRF (Aumasson, Bernstein), appendix A and the authors'
 * table of vectors */
static void siphash_of_the_paper(void **state)
{
    UNUSED(state);
    const struct {
        const char *why;
        Str text;
        uint64_t hash;
    } cases[] = {
        {"nothing", STR_EMPTY, UINT64_C(0x726fdb47dd0e0e31)},
        {"one byte", counting(0, 0), UINT64_C(0x74f839c593dc67fd)},
        {"one word", counting(0, 7), UINT64_C(0x93f5f5799a932462)},
        {"the paper's fifteen bytes", counting(0, 14), UINT64_C(0xa129ca6149be45e5)},
    };
    uint8_t key[CRYPTO_HASH64_KEY_BYTES];
    memcpy(key, counting(0, 15).at, sizeof key);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check(crypto_hash64(key, c->text) == c->hash);
    }
}

static void a_wrapped_key_opens_only_as_it_was_closed(void **state)
{
    UNUSED(state);
    uint8_t kek[CRYPTO_KEY_BYTES], key[CRYPTO_KEY_BYTES], back[CRYPTO_KEY_BYTES];
    uint8_t wrapped[CRYPTO_WRAPPED_BYTES], again[CRYPTO_WRAPPED_BYTES];
    crypto_random(kek, sizeof kek);
    crypto_random(key, sizeof key);
    crypto_wrap_key(kek, key, STR("store file"), wrapped);
    crypto_wrap_key(kek, key, STR("store file"), again);
    assert_memory_not_equal(wrapped, again, sizeof wrapped); /* a nonce of its own each time */
    assert_true(crypto_unwrap_key(kek, wrapped, STR("store file"), back));
    assert_memory_equal(key, back, sizeof key);
    assert_false(crypto_unwrap_key(kek, wrapped, STR("backup"), back));
    assert_false(crypto_unwrap_key(kek, wrapped, STR_EMPTY, back));
    for (size_t bit = 0; bit < sizeof wrapped * 8; bit++) {
        wrapped[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(crypto_unwrap_key(kek, wrapped, STR("store file"), back));
        wrapped[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    kek[31] ^= 1;
    assert_false(crypto_unwrap_key(kek, wrapped, STR("store file"), back));
}

static void equal_means_every_byte(void **state)
{
    UNUSED(state);
    assert_true(crypto_equal(STR("same"), STR("same")));
    assert_true(crypto_equal(STR_EMPTY, (Str){0}));
    assert_false(crypto_equal(STR("same"), STR("samf")));
    assert_false(crypto_equal(STR("Same"), STR("same")));
    assert_false(crypto_equal(STR("same"), STR("sam")));
}

static void random_bytes_differ(void **state)
{
    UNUSED(state);
    uint8_t a[32] = {0}, b[32] = {0}, zero[32] = {0};
    crypto_random(a, sizeof a);
    crypto_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a, zero, sizeof a);
    crypto_wipe(a, sizeof a);
    assert_memory_equal(a, zero, sizeof a);
}

/* SPEC RFC 4648 10, without the padding; and 5 for the last two letters */
static void base64url_of_rfc_4648(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str bytes, text;
    } cases[] = {
        {"nothing", STR_INIT(""), STR_INIT("")},
        {"f", STR_INIT("f"), STR_INIT("Zg")},
        {"fo", STR_INIT("fo"), STR_INIT("Zm8")},
        {"foo", STR_INIT("foo"), STR_INIT("Zm9v")},
        {"foob", STR_INIT("foob"), STR_INIT("Zm9vYg")},
        {"fooba", STR_INIT("fooba"), STR_INIT("Zm9vYmE")},
        {"foobar", STR_INIT("foobar"), STR_INIT("Zm9vYmFy")},
        {"the letters that differ from plain base64", STR_INIT("\xfb\xff\xbf"), STR_INIT("-_-_")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str back = STR_EMPTY;
        check_str(crypto_base64url(cx.arena, c->bytes), c->text);
        check(crypto_base64url_decode(cx.arena, c->text, &back));
        check_str(back, c->bytes);
    }
}

static void text_that_is_not_exact_is_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text;
        bool hex;
    } cases[] = {
        {"padding", STR_INIT("Zg=="), false},
        {"the other alphabet", STR_INIT("+/+/"), false},
        {"stray bits behind the last byte", STR_INIT("Zh"), false},
        {"one letter alone", STR_INIT("Z"), false},
        {"a blank", STR_INIT("Zm 9v"), false},
        {"a NUL", STR_INIT("Zm9v\0"), false},
        {"half a byte", STR_INIT("abc"), true},
        {"not a digit", STR_INIT("0g"), true},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str back;
        check(!(c->hex ? crypto_hex_decode : crypto_base64url_decode)(cx.arena, c->text, &back));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_published_messages),
        cmocka_unit_test(hmac_of_rfc_4231),
        cmocka_unit_test(hkdf_of_rfc_5869),
        cmocka_unit_test(siphash_of_the_paper),
        cmocka_unit_test(a_wrapped_key_opens_only_as_it_was_closed),
        cmocka_unit_test(equal_means_every_byte),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(base64url_of_rfc_4648),
        cmocka_unit_test(text_that_is_not_exact_is_refused),
    };
    cx = testing_ctx();
    int failed = crypto_init(&cx) != STATUS_OK || cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
