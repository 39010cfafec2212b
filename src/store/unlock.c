/* store/unlock.c - wraps and unwraps the key of a store.
 *
 * A recovery code is 160 random bits as 32 letters and digits, in groups of four. Nobody guesses
 * those, so its key is made at once (HKDF), not dearly as a passphrase's. */
#include "store/unlock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/engine.h"

/* ---- a key file --------------------------------------------------------------------------- */

static Status read_bytes(Ctx *cx, Str path, uint8_t bytes[CRYPTO_KEY_BYTES + 1], size_t *ret_len)
{
    Str name = arena_str(cx->arena, path);
    if (!name.at)
        return STATUS_MEMORY;
    int file = open(name.at, O_RDONLY | O_CLOEXEC);
    ssize_t len = file < 0 ? -1 : read(file, bytes, CRYPTO_KEY_BYTES + 1);
    int why = errno;
    if (file >= 0)
        close(file);
    if (len < 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        why == ENOENT ? "The key file " STR_FMT " is not there."
                                      : "The key file " STR_FMT " cannot be read.",
                        STR_ARG(path));
    *ret_len = (size_t)len;
    return STATUS_OK;
}

static Status read_key_file(Ctx *cx, Str path, uint8_t ret_kek[CRYPTO_KEY_BYTES])
{
    uint8_t bytes[CRYPTO_KEY_BYTES + 1];
    size_t len = 0;
    TRY(read_bytes(cx, path, bytes, &len));
    if (len != CRYPTO_KEY_BYTES)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The key file " STR_FMT " must hold %d random bytes; it holds %s.",
                        STR_ARG(path), CRYPTO_KEY_BYTES, len < CRYPTO_KEY_BYTES ? "less" : "more");
    memcpy(ret_kek, bytes, CRYPTO_KEY_BYTES);
    crypto_wipe(bytes, sizeof(bytes));
    return STATUS_OK;
}

/* ---- a recovery code ------------------------------------------------------------------------ */

enum { CODE_BYTES = 20, CODE_LETTERS = 32, GROUP_LETTERS = 4 };
static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* no I, L, O, U */

Str store_recovery_code(Arena *arena)
{
    uint8_t random[CODE_LETTERS];
    char text[CODE_LETTERS + CODE_LETTERS / GROUP_LETTERS];
    size_t len = 0;
    crypto_random(random, sizeof(random));
    for (size_t i = 0; i < CODE_LETTERS; i++) {
        if (i && i % GROUP_LETTERS == 0)
            text[len++] = '-';
        text[len++] = letters[random[i] % 32];
    }
    Str code = arena_str(arena, str_n(text, len));
    crypto_wipe(random, sizeof(random));
    crypto_wipe(text, sizeof(text));
    return code;
}

/* As people read and type it: small letters, O for 0, I and L for 1, blanks and hyphens anywhere.
 * -1: no letter of it. */
static int letter_value(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 32);
    c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

static bool read_code(Str code, uint8_t ret_kek[CRYPTO_KEY_BYTES])
{
    uint8_t bytes[CODE_BYTES] = {0};
    size_t count = 0;
    for (size_t i = 0; i < code.len; i++) {
        int value = letter_value(code.at[i]);
        if (code.at[i] == '-' || code.at[i] == ' ')
            continue;
        if (value < 0 || count == CODE_LETTERS)
            return false;
        for (unsigned bit = 0; bit < 5; bit++) {
            size_t at = count * 5 + bit;
            bytes[at / 8] |= (uint8_t)((value >> (4 - bit) & 1) << (7 - at % 8));
        }
        count++;
    }
    crypto_hkdf(str_n((char *)bytes, sizeof(bytes)), STR_EMPTY, STR("aceso recovery code"), ret_kek,
                CRYPTO_KEY_BYTES);
    crypto_wipe(bytes, sizeof(bytes));
    return count == CODE_LETTERS;
}

static Status key_of_code(Ctx *cx, Str code, uint8_t ret_kek[CRYPTO_KEY_BYTES])
{
    return read_code(code, ret_kek)
               ? STATUS_OK
               : ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                          "A recovery code has %d letters and digits, in groups of four.",
                          CODE_LETTERS);
}

Status unlock_set_recovery(Ctx *cx, Str code, Str purpose, const uint8_t key[CRYPTO_KEY_BYTES],
                           WrappedKey *wrapped)
{
    uint8_t kek[CRYPTO_KEY_BYTES];
    if (code.len) {
        TRY(key_of_code(cx, code, kek));
        crypto_wrap_key(kek, key, purpose, wrapped->recovery);
        crypto_wipe(kek, sizeof(kek));
    }
    wrapped->has_recovery = code.len > 0;
    return STATUS_OK;
}

static Status recover(Ctx *cx, const StoreOptions *options, Str purpose, const WrappedKey *wrapped,
                      uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    uint8_t kek[CRYPTO_KEY_BYTES];
    TRY(key_of_code(cx, options->recovery, kek));
    if (!wrapped->has_recovery)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "No recovery code was ever made for this store.");
    bool right = crypto_unwrap_key(kek, wrapped->recovery, purpose, ret_key);
    crypto_wipe(kek, sizeof(kek));
    return right ? STATUS_OK
                 : ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "The recovery code is not the one of this store.");
}

/* ---- both ------------------------------------------------------------------------------------ */

/* Of what was given: a key may be a credential's, or a command's. */
static const char *key_word(const StoreOptions *options)
{
    return options->key_bytes.len ? "key" : "key file";
}

static Status need_one(Ctx *cx, const StoreOptions *options)
{
    bool key = options->key_file.len > 0 || options->key_bytes.len > 0;
    if (options->like || key != (options->passphrase.len > 0))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                    key ? "Give a key file or a passphrase, not both."
                        : "The store needs a key file or a passphrase.");
}

/* `unlocked` says how; its key is found. */
static Status find_kek(Ctx *cx, const StoreOptions *options, Unlocked *unlocked)
{
    if (unlocked->by_passphrase)
        return crypto_key_from_passphrase(cx, options->passphrase, unlocked->salt, unlocked->cost,
                                          unlocked->kek);
    if (!options->key_bytes.len)
        return read_key_file(cx, options->key_file, unlocked->kek);
    if (options->key_bytes.len != CRYPTO_KEY_BYTES)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A key has %d random bytes.",
                        CRYPTO_KEY_BYTES);
    memcpy(unlocked->kek, options->key_bytes.at, CRYPTO_KEY_BYTES);
    return STATUS_OK;
}

static Status be_like(Ctx *cx, Store *like, Unlocked *ret_unlocked)
{
    const Unlocked *unlocked = like->engine->unlocked(like);
    if (unlocked->by_recovery)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A store that a recovery code has opened needs another key first.");
    *ret_unlocked = *unlocked;
    return STATUS_OK;
}

static void keep(Unlocked *unlocked, Unlocked *ret_unlocked)
{
    if (ret_unlocked)
        *ret_unlocked = *unlocked;
    crypto_wipe(unlocked, sizeof(*unlocked));
}

Status unlock_wrap(Ctx *cx, const StoreOptions *options, Str purpose,
                   const uint8_t key[CRYPTO_KEY_BYTES], WrappedKey *wrapped, Unlocked *ret_unlocked)
{
    Unlocked unlocked = {.by_passphrase = options->passphrase.len > 0,
                         .cost = crypto_cost_passphrase};
    TRY(need_one(cx, options));
    crypto_random(unlocked.salt, sizeof(unlocked.salt));
    TRY(options->like ? be_like(cx, options->like, &unlocked) : find_kek(cx, options, &unlocked));
    wrapped->by_passphrase = unlocked.by_passphrase;
    wrapped->cost = unlocked.cost;
    memcpy(wrapped->salt, unlocked.salt, sizeof(wrapped->salt));
    crypto_wrap_key(unlocked.kek, key, purpose, wrapped->key);
    keep(&unlocked, ret_unlocked);
    return STATUS_OK;
}

static Status unwrap(Ctx *cx, const StoreOptions *options, Str purpose, const WrappedKey *wrapped,
                     uint8_t ret_key[CRYPTO_KEY_BYTES], Unlocked *unlocked)
{
    TRY(need_one(cx, options));
    if (!options->like && wrapped->by_passphrase != (options->passphrase.len > 0))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The store opens with a %s, not with a %s.",
                        wrapped->by_passphrase ? "passphrase" : key_word(options),
                        wrapped->by_passphrase ? key_word(options) : "passphrase");
    TRY(options->like ? be_like(cx, options->like, unlocked) : find_kek(cx, options, unlocked));
    return crypto_unwrap_key(unlocked->kek, wrapped->key, purpose, ret_key)
               ? STATUS_OK
               : ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The %s is not the one of this store.",
                          wrapped->by_passphrase ? "passphrase" : key_word(options));
}

Status unlock_unwrap(Ctx *cx, const StoreOptions *options, Str purpose, const WrappedKey *wrapped,
                     uint8_t ret_key[CRYPTO_KEY_BYTES], Unlocked *ret_unlocked)
{
    Unlocked unlocked = {.by_passphrase = wrapped->by_passphrase,
                         .by_recovery = options->recovery.len > 0,
                         .cost = wrapped->cost};
    memcpy(unlocked.salt, wrapped->salt, sizeof(unlocked.salt));
    Status status = unlocked.by_recovery
                        ? recover(cx, options, purpose, wrapped, ret_key)
                        : unwrap(cx, options, purpose, wrapped, ret_key, &unlocked);
    keep(&unlocked, status == STATUS_OK ? ret_unlocked : NULL);
    return status;
}

bool store_opening_key(Store *store, uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    const Unlocked *unlocked = store->engine->unlocked(store);
    if (unlocked->by_passphrase || unlocked->by_recovery)
        return false;
    memcpy(ret_key, unlocked->kek, CRYPTO_KEY_BYTES);
    return true;
}
