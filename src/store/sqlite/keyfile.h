/* store/sqlite/keyfile.h - the file key and the .key file beside the store that carries it.
 *
 * The file key is random and never stands anywhere in clear. A text file of four to seven
 * lines holds it, wrapped:
 *
 *     aceso-key 1
 *     wrapped-by passphrase                          or: key-file
 *     argon2id memory-kib=262144 passes=3            only for a passphrase
 *     salt 00112233445566778899aabbccddeeff          only for a passphrase
 *     pages hmac-sha512                              or hmac-sha256: what seals a page
 *     key 01...                                      crypto_wrap_key, hex
 *     recovery 01...                                 where there is a code: the same under it
 *
 * Which of the two seals pages is measured when the store is made: with SHA extensions
 * SHA-256 is twice as fast, without them SHA-512 is half as fast again. */
#ifndef ACESO_STORE_SQLITE_KEYFILE_H
#define ACESO_STORE_SQLITE_KEYFILE_H

#include "crypto/crypto.h"
#include "store/unlock.h"

typedef struct {
    uint8_t bytes[CRYPTO_KEY_BYTES];
    bool sha512; /* pages are sealed with HMAC-SHA512, else with HMAC-SHA256 */
} FileKey;

/* path + ".key" in the arena; at = NULL at its limit. */
Str keyfile_path(Arena *arena, Str store_path);

/* A new random key, wrapped and written durably. STATUS_CONFLICT when the file is there. */
Status keyfile_create(Ctx *cx, const StoreOptions *options, FileKey *ret_key) MUST_USE;
/* STATUS_INVALID with a sentence that says which: no .key file, not one, wrapped the other
 * way, wrong key or passphrase. */
Status keyfile_open(Ctx *cx, const StoreOptions *options, FileKey *ret_key) MUST_USE;
/* The same; and what opened it. */
Status keyfile_unlock(Ctx *cx, const StoreOptions *options, FileKey *ret_key,
                      Unlocked *ret_unlocked) MUST_USE;

/* What of a .key file is to be another. */
typedef struct {
    const StoreOptions *secret; /* what opens it; NULL: as it is */
    const Str *recovery;        /* the recovery code; NULL: as it is; empty: none */
} KeyChange;
/* Writes the .key file of a store anew, in the place of the old one at once and durably, and locked
 * before it is there: *ret_lock. *ret_unlocked is written where `secret` is given. */
Status keyfile_replace(Ctx *cx, Str store_path, const KeyChange *change, const FileKey *key,
                       Unlocked *ret_unlocked, int *ret_lock) MUST_USE;

#endif
