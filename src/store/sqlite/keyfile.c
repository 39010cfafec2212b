/* store/sqlite/keyfile.c - reads and writes the .key file. */
#include "store/sqlite/keyfile.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/sqlite/file.h"
#include "store/unlock.h"

static const Str purpose = STR_INIT("aceso store file key");

Str keyfile_path(Arena *arena, Str store_path)
{
    return arena_format(arena, STR_FMT ".key", STR_ARG(store_path));
}

/* The whole of the file: what wraps the key, and how pages are sealed. */
typedef struct {
    WrappedKey wrapped;
    bool sha512;
} KeyText;

static Str hex_of(Arena *arena, const uint8_t *bytes, size_t len)
{
    return crypto_hex(arena, str_n((const char *)bytes, len));
}

static Status write_text(Ctx *cx, const KeyText *key, Str *ret_text)
{
    const WrappedKey *wrapped = &key->wrapped;
    Str hex = hex_of(cx->arena, wrapped->key, sizeof(wrapped->key));
    Str salt = hex_of(cx->arena, wrapped->salt, sizeof(wrapped->salt));
    Str code = hex_of(cx->arena, wrapped->recovery, sizeof(wrapped->recovery));
    if (!hex.at || !salt.at || !code.at)
        return STATUS_MEMORY;
    Str how = !wrapped->by_passphrase
                  ? STR("wrapped-by key-file\n")
                  : arena_format(cx->arena,
                                 "wrapped-by passphrase\nargon2id memory-kib=%u passes=%u\n"
                                 "salt " STR_FMT "\n",
                                 wrapped->cost.memory_kib, wrapped->cost.passes, STR_ARG(salt));
    *ret_text = arena_format(
        cx->arena, "aceso-key 1\n" STR_FMT "pages %s\nkey " STR_FMT "\n%s" STR_FMT "%s",
        STR_ARG(how), key->sha512 ? "hmac-sha512" : "hmac-sha256", STR_ARG(hex),
        wrapped->has_recovery ? "recovery " : "", STR_ARG(wrapped->has_recovery ? code : STR_EMPTY),
        wrapped->has_recovery ? "\n" : "");
    return ret_text->at ? STATUS_OK : STATUS_MEMORY;
}

Status keyfile_create(Ctx *cx, const StoreOptions *options, FileKey *ret_key)
{
    KeyText text = {.sha512 = crypto_sha512_is_faster()};
    Str bytes, path = keyfile_path(cx->arena, options->address);
    crypto_random(ret_key->bytes, CRYPTO_KEY_BYTES);
    ret_key->sha512 = text.sha512;
    if (!path.at)
        return STATUS_MEMORY;
    TRY(unlock_wrap(cx, options, purpose, ret_key->bytes, &text.wrapped, NULL));
    TRY(write_text(cx, &text, &bytes));
    return file_write_new(cx, path, bytes);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

/* The rest of the next line behind `word` and a space; false when it is another line. */
static bool take_line(Str *text, Str word, Str *ret_rest)
{
    Str line = str_cut(text, '\n');
    if (!str_has_prefix(line, word) || line.len <= word.len || line.at[word.len] != ' ')
        return false;
    *ret_rest = str_from(line, word.len + 1);
    return true;
}

static bool take_number(Str *text, Str name, uint32_t *ret_number)
{
    uint64_t number;
    Str word = str_cut(text, ' ');
    if (!str_has_prefix(word, name) || !str_to_u64(str_from(word, name.len), &number) ||
        number > UINT32_MAX)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

/* Hex of exactly so many bytes. */
static bool take_hex(Arena *arena, Str text, uint8_t *to, size_t bytes)
{
    Str decoded;
    if (!crypto_hex_decode(arena, text, &decoded) || decoded.len != bytes)
        return false;
    memcpy(to, decoded.at, bytes);
    return true;
}

static bool parse_key_text(Arena *arena, Str text, KeyText *ret_parsed)
{
    KeyText parsed = {0};
    WrappedKey *wrapped = &parsed.wrapped;
    Str rest;
    if (!take_line(&text, STR("aceso-key"), &rest) || !str_eq(rest, STR("1")) ||
        !take_line(&text, STR("wrapped-by"), &rest))
        return false;
    wrapped->by_passphrase = str_eq(rest, STR("passphrase"));
    if (!wrapped->by_passphrase && !str_eq(rest, STR("key-file")))
        return false;
    if (wrapped->by_passphrase &&
        (!take_line(&text, STR("argon2id"), &rest) ||
         !take_number(&rest, STR("memory-kib="), &wrapped->cost.memory_kib) ||
         !take_number(&rest, STR("passes="), &wrapped->cost.passes) ||
         !take_line(&text, STR("salt"), &rest) ||
         !take_hex(arena, rest, wrapped->salt, sizeof(wrapped->salt))))
        return false;
    if (!take_line(&text, STR("pages"), &rest))
        return false;
    parsed.sha512 = str_eq(rest, STR("hmac-sha512"));
    if (!parsed.sha512 && !str_eq(rest, STR("hmac-sha256")))
        return false;
    if (!take_line(&text, STR("key"), &rest) ||
        !take_hex(arena, rest, wrapped->key, sizeof(wrapped->key)))
        return false;
    wrapped->has_recovery = take_line(&text, STR("recovery"), &rest);
    if (wrapped->has_recovery &&
        !take_hex(arena, rest, wrapped->recovery, sizeof(wrapped->recovery)))
        return false;
    *ret_parsed = parsed;
    return true;
}

static Status read_key_text(Ctx *cx, Str path, KeyText *ret_parsed)
{
    Str text;
    Status status = file_read(cx, path, 4096, &text);
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT ", which carries the wrapped key of the store, is not"
                        " there.",
                        STR_ARG(path));
    TRY(status);
    if (!parse_key_text(cx->arena, text, ret_parsed))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT " is not a key file of this program, of a newer"
                        " format, or damaged.",
                        STR_ARG(path));
    return STATUS_OK;
}

Status keyfile_unlock(Ctx *cx, const StoreOptions *options, FileKey *ret_key,
                      Unlocked *ret_unlocked)
{
    KeyText parsed = {0};
    Str path = keyfile_path(cx->arena, options->address);
    if (!path.at)
        return STATUS_MEMORY;
    TRY(read_key_text(cx, path, &parsed));
    ret_key->sha512 = parsed.sha512;
    return unlock_unwrap(cx, options, purpose, &parsed.wrapped, ret_key->bytes, ret_unlocked);
}

Status keyfile_open(Ctx *cx, const StoreOptions *options, FileKey *ret_key)
{
    return keyfile_unlock(cx, options, ret_key, NULL);
}

/* ---- another one ------------------------------------------------------------------------------
 */

static Status write_locked(Ctx *cx, Str part, Str text, int *ret_lock)
{
    file_remove(cx, part); /* of one that was cut short */
    TRY(file_write_new(cx, part, text));
    int lock = open(part.at, O_RDONLY | O_CLOEXEC);
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0) {
        *ret_lock = lock;
        return STATUS_OK;
    }
    if (lock >= 0)
        close(lock);
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The file " STR_FMT " could not be locked.",
                    STR_ARG(part));
}

Status keyfile_replace(Ctx *cx, Str store_path, const KeyChange *change, const FileKey *key,
                       Unlocked *ret_unlocked, int *ret_lock)
{
    KeyText now = {0};
    int lock = -1;
    Str text, path = keyfile_path(cx->arena, store_path);
    Str part = arena_format(cx->arena, STR_FMT ".new", STR_ARG(path));
    if (!path.at || !part.at)
        return STATUS_MEMORY;
    TRY(read_key_text(cx, path, &now));
    if (change->secret)
        TRY(unlock_wrap(cx, change->secret, purpose, key->bytes, &now.wrapped, ret_unlocked));
    if (change->recovery)
        TRY(unlock_set_recovery(cx, *change->recovery, purpose, key->bytes, &now.wrapped));
    TRY(write_text(cx, &now, &text));
    TRY(write_locked(cx, part, text, &lock));
    Status status = file_rename(cx, part, path);
    if (status != STATUS_OK)
        close(lock);
    else
        *ret_lock = lock;
    return status;
}
