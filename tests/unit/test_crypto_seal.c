/* Sealing with XAES-256-GCM: the published vectors, and what must not open. */
#include "testing.h"

#include "crypto/crypto.h"

static Ctx cx;
static const uint8_t key[CRYPTO_KEY_BYTES] = {1, 2, 3};

static Str sealed_of(const uint8_t *with, Str bound, Str clear)
{
    char *to = arena_alloc_raw(cx.arena, clear.len + CRYPTO_SEAL_BYTES);
    check(crypto_seal(with, bound, clear, to) == STATUS_OK);
    return str_n(to, clear.len + CRYPTO_SEAL_BYTES);
}

static bool opens(const uint8_t *with, Str bound, Str sealed, Str *ret_clear)
{
    char *to = arena_alloc_raw(cx.arena, sealed.len + 1);
    bool good = crypto_open(with, bound, sealed, to);
    if (good)
        *ret_clear = str_n(to, sealed.len - CRYPTO_SEAL_BYTES);
    return good;
}

/* SPEC C2SP XAES-256-GCM, test vectors: the two halves of deriving the key go through both
 * cases of doubling a block. */
static void opens_the_published_vectors(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        uint8_t byte; /* of the key, 32 times */
        Str bound, sealed;
    } cases[] = {
        {"the highest bit of AES(key, 0) is clear", 0x01, STR_INIT(""),
         STR_INIT("ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271")},
        {"it is set, and bytes are bound", 0x03, STR_INIT("c2sp.org/XAES-256-GCM"),
         STR_INIT("986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        uint8_t vector_key[CRYPTO_KEY_BYTES];
        Str bytes = STR_EMPTY, clear = STR_EMPTY;
        memset(vector_key, c->byte, sizeof vector_key);
        check(crypto_hex_decode(cx.arena, c->sealed, &bytes));
        Str whole = arena_format(cx.arena, "ABCDEFGHIJKLMNOPQRSTUVWX%*s", (int)bytes.len, "");
        memcpy((char *)(uintptr_t)whole.at + CRYPTO_SEAL_NONCE_BYTES, bytes.at, bytes.len);
        check(opens(vector_key, c->bound, whole, &clear));
        check_str(clear, STR("XAES-256-GCM"));
    }
}

static void opens_what_was_sealed(void **state)
{
    UNUSED(state);
    for (size_t len = 0; len < 70; len++) {
        Str clear = arena_format(cx.arena, "%*s", (int)len, "x"), back = STR_EMPTY;
        clear = str_head(clear, len);
        Str sealed = sealed_of(key, STR("Patient/1"), clear);
        check(opens(key, STR("Patient/1"), sealed, &back));
        check_str(back, clear);
        check(!str_eq(sealed_of(key, STR("Patient/1"), clear), sealed)); /* never twice the same */
    }
}

static void nothing_else_opens(void **state)
{
    UNUSED(state);
    static const uint8_t other[CRYPTO_KEY_BYTES] = {1, 2, 4};
    Str sealed = sealed_of(key, STR("Patient/1"), STR("a body")), back = STR_EMPTY;
    check(!opens(other, STR("Patient/1"), sealed, &back));
    check(!opens(key, STR("Patient/2"), sealed, &back));
    check(!opens(key, STR(""), sealed, &back));
    for (size_t len = 0; len < sealed.len; len++)
        check(!opens(key, STR("Patient/1"), str_head(sealed, len), &back));
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        Str changed = arena_str(cx.arena, sealed);
        ((char *)(uintptr_t)changed.at)[bit / 8] ^= (char)(1 << bit % 8);
        check(!opens(key, STR("Patient/1"), changed, &back));
    }
}

int main(void)
{
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_the_published_vectors),
        cmocka_unit_test(opens_what_was_sealed),
        cmocka_unit_test(nothing_else_opens),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
