/* auth/recovery.c - recovery codes: "k3wm-8f2p-x9qt", 60 bits of chance each.
 *
 * Stored as a keyed hash, so that a stolen list is worth nothing without the store's key. Letters
 * that look alike are left out, and read as what they look like. */
#include "auth/inner.h"

enum { LETTERS = 12, GROUP = 4 };
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford's 32 */

static Str hash_of(Auth *auth, Ctx *cx, Str user, Str letters)
{
    uint8_t mac[CRYPTO_SHA256_BYTES];
    Str whole = arena_format(cx->arena, STR_FMT ":" STR_FMT, STR_ARG(user), STR_ARG(letters));
    if (!whole.at)
        return (Str){0};
    crypto_hmac_sha256(str_n((const char *)auth->keys.codes, CRYPTO_KEY_BYTES), whole, mac);
    return crypto_base64url(cx->arena, str_n((const char *)mac, 16));
}

static Status make_one(Auth *auth, Ctx *cx, Str user, Str *ret_code, Str *ret_hash)
{
    uint8_t chance[LETTERS];
    char letters[LETTERS], code[LETTERS + LETTERS / GROUP - 1];
    size_t len = 0;
    crypto_random(chance, sizeof chance);
    for (size_t i = 0; i < LETTERS; i++) {
        letters[i] = alphabet[chance[i] % 32];
        if (i && i % GROUP == 0)
            code[len++] = '-';
        code[len++] = letters[i];
    }
    *ret_code = arena_str(cx->arena, str_n(code, len));
    *ret_hash = hash_of(auth, cx, user, str_n(letters, LETTERS));
    crypto_wipe(letters, sizeof letters);
    crypto_wipe(code, sizeof code);
    return ret_code->at && ret_hash->at ? STATUS_OK : STATUS_MEMORY;
}

Status recovery_make(Auth *auth, Ctx *cx, Account *account, Str ret_codes[AUTH_RECOVERY_CODES])
{
    TRY(keys_need(auth, cx));
    for (size_t i = 0; i < AUTH_RECOVERY_CODES; i++)
        TRY(make_one(auth, cx, account->public.user, &ret_codes[i], &account->factors.codes[i]));
    account->factors.code_count = AUTH_RECOVERY_CODES;
    return STATUS_OK;
}

static bool read_letters(Str text, char letters[LETTERS])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ' ' || c == '-')
            continue;
        c = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        c = (char)(c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c);
        if (!c || !strchr(alphabet, c) || len >= LETTERS)
            return false;
        letters[len++] = c;
    }
    return len == LETTERS;
}

bool recovery_take(Auth *auth, Ctx *cx, Account *account, Str text)
{
    Factors *factors = &account->factors;
    char letters[LETTERS];
    size_t found = SIZE_MAX;
    if (!read_letters(text, letters) || keys_need(auth, cx) != STATUS_OK)
        return false;
    Str hash = hash_of(auth, cx, account->public.user, str_n(letters, LETTERS));
    crypto_wipe(letters, sizeof letters);
    for (size_t i = 0; hash.at && i < factors->code_count; i++) {
        if (crypto_equal(factors->codes[i], hash))
            found = i;
    }
    if (found == SIZE_MAX)
        return false;
    factors->codes[found] = factors->codes[--factors->code_count];
    return true;
}
