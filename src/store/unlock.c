/* store/unlock.c - wraps and unwraps the key of a store. */
#include "store/unlock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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

static Status need_one(Ctx *cx, const StoreOptions *options)
{
    bool file = options->key_file.len > 0 || options->key_bytes.len > 0;
    if (file != (options->passphrase.len > 0))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                    file ? "Give a key file or a passphrase, not both."
                         : "The store needs a key file or a passphrase.");
}

static Status key_of(Ctx *cx, const StoreOptions *options, const WrappedKey *wrapped,
                     uint8_t ret_kek[CRYPTO_KEY_BYTES])
{
    if (wrapped->by_passphrase)
        return crypto_key_from_passphrase(cx, options->passphrase, wrapped->salt, wrapped->cost,
                                          ret_kek);
    if (!options->key_bytes.len)
        return read_key_file(cx, options->key_file, ret_kek);
    if (options->key_bytes.len != CRYPTO_KEY_BYTES)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A key file must hold %d random bytes.",
                        CRYPTO_KEY_BYTES);
    memcpy(ret_kek, options->key_bytes.at, CRYPTO_KEY_BYTES);
    return STATUS_OK;
}

Status unlock_wrap(Ctx *cx, const StoreOptions *options, Str purpose,
                   const uint8_t key[CRYPTO_KEY_BYTES], WrappedKey *ret_wrapped)
{
    uint8_t kek[CRYPTO_KEY_BYTES];
    TRY(need_one(cx, options));
    *ret_wrapped =
        (WrappedKey){.by_passphrase = options->passphrase.len > 0, .cost = crypto_cost_passphrase};
    crypto_random(ret_wrapped->salt, sizeof(ret_wrapped->salt));
    TRY(key_of(cx, options, ret_wrapped, kek));
    crypto_wrap_key(kek, key, purpose, ret_wrapped->key);
    crypto_wipe(kek, sizeof(kek));
    return STATUS_OK;
}

Status unlock_unwrap(Ctx *cx, const StoreOptions *options, Str purpose, const WrappedKey *wrapped,
                     uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    uint8_t kek[CRYPTO_KEY_BYTES];
    TRY(need_one(cx, options));
    if (wrapped->by_passphrase != (options->passphrase.len > 0))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The store opens with a %s, not with a %s.",
                        wrapped->by_passphrase ? "passphrase" : "key file",
                        wrapped->by_passphrase ? "key file" : "passphrase");
    TRY(key_of(cx, options, wrapped, kek));
    bool right = crypto_unwrap_key(kek, wrapped->key, purpose, ret_key);
    crypto_wipe(kek, sizeof(kek));
    return right ? STATUS_OK
                 : ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The %s is not the one of this store.",
                            wrapped->by_passphrase ? "passphrase" : "key file");
}
