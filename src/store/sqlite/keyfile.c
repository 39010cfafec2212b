/* store/sqlite/keyfile.c - reads and writes the .key file. */
#include "store/sqlite/keyfile.h"

#include "store/sqlite/file.h"

static const Str purpose = STR_INIT("aceso store file key");

/* ---- wrapping keys ------------------------------------------------------------------------ */

Str keyfile_path(Arena *arena, Str store_path)
{
    return arena_format(arena, STR_FMT ".key", STR_ARG(store_path));
}

static Status read_key_file(Ctx *cx, Str path, uint8_t ret_kek[CRYPTO_KEY_BYTES])
{
    Str bytes;
    Status status = file_read(cx, path, 4096, &bytes);
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The key file " STR_FMT " is not there.",
                        STR_ARG(path));
    TRY(status);
    if (bytes.len != CRYPTO_KEY_BYTES)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The key file " STR_FMT " must hold %d random bytes; it holds %zu.",
                        STR_ARG(path), CRYPTO_KEY_BYTES, bytes.len);
    memcpy(ret_kek, bytes.at, CRYPTO_KEY_BYTES);
    crypto_wipe((void *)(uintptr_t)bytes.at, bytes.len);
    return STATUS_OK;
}

static Status need_one(Ctx *cx, const StoreOptions *options)
{
    if ((options->key_file.len > 0) != (options->passphrase.len > 0))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                    options->key_file.len ? "Give a key file or a passphrase, not both."
                                          : "The store needs a key file or a passphrase.");
}

Status keyfile_create(Ctx *cx, const StoreOptions *options, FileKey *ret_key)
{
    uint8_t kek[CRYPTO_KEY_BYTES], salt[CRYPTO_SALT_BYTES], wrapped[CRYPTO_WRAPPED_BYTES];
    CryptoCost cost = crypto_cost_passphrase;
    TRY(need_one(cx, options));
    crypto_random(salt, sizeof(salt));
    if (options->key_file.len)
        TRY(read_key_file(cx, options->key_file, kek));
    else
        TRY(crypto_key_from_passphrase(cx, options->passphrase, salt, cost, kek));
    crypto_random(ret_key->bytes, CRYPTO_KEY_BYTES);
    ret_key->sha512 = crypto_sha512_is_faster();
    crypto_wrap_key(kek, ret_key->bytes, purpose, wrapped);
    crypto_wipe(kek, sizeof(kek));
    Str key_hex = crypto_hex(cx->arena, str_n((char *)wrapped, sizeof(wrapped)));
    Str salt_hex = crypto_hex(cx->arena, str_n((char *)salt, sizeof(salt)));
    Str path = keyfile_path(cx->arena, options->address);
    if (!key_hex.at || !salt_hex.at || !path.at)
        return STATUS_MEMORY;
    Str how = options->key_file.len
                  ? STR("wrapped-by key-file\n")
                  : arena_format(cx->arena,
                                 "wrapped-by passphrase\nargon2id memory-kib=%u passes=%u\n"
                                 "salt " STR_FMT "\n",
                                 cost.memory_kib, cost.passes, STR_ARG(salt_hex));
    Str text =
        arena_format(cx->arena, "aceso-key 1\n" STR_FMT "pages %s\nkey " STR_FMT "\n", STR_ARG(how),
                     ret_key->sha512 ? "hmac-sha512" : "hmac-sha256", STR_ARG(key_hex));
    return text.at ? file_write_new(cx, path, text) : STATUS_MEMORY;
}

/* ---- reading -----------------------------------------------------------------------------------
 */

typedef struct {
    bool by_passphrase, sha512;
    CryptoCost cost;
    Str salt, wrapped;
} KeyText;

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

static bool parse_key_text(Arena *arena, Str text, KeyText *ret_parsed)
{
    KeyText parsed = {0};
    Str rest;
    if (!take_line(&text, STR("aceso-key"), &rest) || !str_eq(rest, STR("1")) ||
        !take_line(&text, STR("wrapped-by"), &rest))
        return false;
    parsed.by_passphrase = str_eq(rest, STR("passphrase"));
    if (!parsed.by_passphrase && !str_eq(rest, STR("key-file")))
        return false;
    if (parsed.by_passphrase &&
        (!take_line(&text, STR("argon2id"), &rest) ||
         !take_number(&rest, STR("memory-kib="), &parsed.cost.memory_kib) ||
         !take_number(&rest, STR("passes="), &parsed.cost.passes) ||
         !take_line(&text, STR("salt"), &rest) || !crypto_hex_decode(arena, rest, &parsed.salt) ||
         parsed.salt.len != CRYPTO_SALT_BYTES))
        return false;
    if (!take_line(&text, STR("pages"), &rest))
        return false;
    parsed.sha512 = str_eq(rest, STR("hmac-sha512"));
    if (!parsed.sha512 && !str_eq(rest, STR("hmac-sha256")))
        return false;
    if (!take_line(&text, STR("key"), &rest) || !crypto_hex_decode(arena, rest, &parsed.wrapped) ||
        parsed.wrapped.len != CRYPTO_WRAPPED_BYTES)
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

Status keyfile_open(Ctx *cx, const StoreOptions *options, FileKey *ret_key)
{
    KeyText parsed = {0};
    uint8_t kek[CRYPTO_KEY_BYTES];
    Str path = keyfile_path(cx->arena, options->address);
    if (!path.at)
        return STATUS_MEMORY;
    TRY(need_one(cx, options));
    TRY(read_key_text(cx, path, &parsed));
    if (parsed.by_passphrase != (options->passphrase.len > 0))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The store opens with a %s, not with a %s.",
                        parsed.by_passphrase ? "passphrase" : "key file",
                        parsed.by_passphrase ? "key file" : "passphrase");
    if (parsed.by_passphrase)
        TRY(crypto_key_from_passphrase(cx, options->passphrase, (const uint8_t *)parsed.salt.at,
                                       parsed.cost, kek));
    else
        TRY(read_key_file(cx, options->key_file, kek));
    bool right =
        crypto_unwrap_key(kek, (const uint8_t *)parsed.wrapped.at, purpose, ret_key->bytes);
    ret_key->sha512 = parsed.sha512;
    crypto_wipe(kek, sizeof(kek));
    return right ? STATUS_OK
                 : ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The %s is not the one of this store.",
                            parsed.by_passphrase ? "passphrase" : "key file");
}
