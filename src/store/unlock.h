/* store/unlock.h - the key of a store under what opens it: a key file or a passphrase. */
#ifndef ACESO_STORE_UNLOCK_H
#define ACESO_STORE_UNLOCK_H

#include "crypto/crypto.h"
#include "store/store.h"

typedef struct {
    bool by_passphrase;              /* else by a key file */
    CryptoCost cost;                 /* only for a passphrase */
    uint8_t salt[CRYPTO_SALT_BYTES]; /* only for a passphrase */
    uint8_t key[CRYPTO_WRAPPED_BYTES];
} WrappedKey;

/* Wraps `key` as the options say. STATUS_INVALID with a sentence: no key file, both, none. */
Status unlock_wrap(Ctx *cx, const StoreOptions *options, Str purpose,
                   const uint8_t key[CRYPTO_KEY_BYTES], WrappedKey *ret_wrapped) MUST_USE;
/* STATUS_INVALID with a sentence that says which: wrapped the other way, wrong key. */
Status unlock_unwrap(Ctx *cx, const StoreOptions *options, Str purpose, const WrappedKey *wrapped,
                     uint8_t ret_key[CRYPTO_KEY_BYTES]) MUST_USE;

#endif
