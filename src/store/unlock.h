/* store/unlock.h - the key of a store under what opens it: a key of 32 bytes or a passphrase, and
 * besides, where there is one, the recovery code. */
#ifndef ACESO_STORE_UNLOCK_H
#define ACESO_STORE_UNLOCK_H

#include "crypto/crypto.h"
#include "store/store.h"

typedef struct {
    bool by_passphrase;              /* else by a key */
    bool has_recovery;               /* and by a recovery code too */
    CryptoCost cost;                 /* only for a passphrase */
    uint8_t salt[CRYPTO_SALT_BYTES]; /* only for a passphrase */
    uint8_t key[CRYPTO_WRAPPED_BYTES];
    uint8_t recovery[CRYPTO_WRAPPED_BYTES]; /* the same key under the code */
} WrappedKey;

/* What opened a store, so that the same can be made to open another. Secret. */
typedef struct Unlocked {
    bool by_passphrase;
    bool by_recovery; /* then nothing of the rest is known */
    CryptoCost cost;
    uint8_t salt[CRYPTO_SALT_BYTES];
    uint8_t kek[CRYPTO_KEY_BYTES];
} Unlocked;

/* Wraps `key` as the options say; whatever recovery *wrapped has stays. STATUS_INVALID with a
 * sentence: no key, two, none. *ret_unlocked may be NULL. */
Status unlock_wrap(Ctx *cx, const StoreOptions *options, Str purpose,
                   const uint8_t key[CRYPTO_KEY_BYTES], WrappedKey *wrapped,
                   Unlocked *ret_unlocked) MUST_USE;
/* STATUS_INVALID with a sentence that says which: wrapped the other way, wrong key, no code. */
Status unlock_unwrap(Ctx *cx, const StoreOptions *options, Str purpose, const WrappedKey *wrapped,
                     uint8_t ret_key[CRYPTO_KEY_BYTES], Unlocked *ret_unlocked) MUST_USE;
/* The recovery of `wrapped`, by another code; empty: none any more. */
Status unlock_set_recovery(Ctx *cx, Str code, Str purpose, const uint8_t key[CRYPTO_KEY_BYTES],
                           WrappedKey *wrapped) MUST_USE;

#endif
