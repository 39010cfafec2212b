/* store/sqlite/keyfile.h - the file key and the .key file beside the store that carries it.
 *
 * The file key is random and never stands anywhere in clear. A text file of four or five
 * lines holds it, wrapped:
 *
 *     aceso-key 1
 *     wrapped-by passphrase                          or: key-file
 *     argon2id memory-kib=262144 passes=3            only for a passphrase
 *     salt 00112233445566778899aabbccddeeff          only for a passphrase
 *     key 01...                                      crypto_wrap_key, hex */
#ifndef ACESO_STORE_SQLITE_KEYFILE_H
#define ACESO_STORE_SQLITE_KEYFILE_H

#include "crypto/crypto.h"
#include "store/store.h"

/* path + ".key" in the arena; at = NULL at its limit. */
Str keyfile_path(Arena *arena, Str store_path);

/* A new random key, wrapped and written durably. STATUS_CONFLICT when the file is there. */
Status keyfile_create(Ctx *cx, const StoreOptions *options, uint8_t ret_key[CRYPTO_KEY_BYTES])
    MUST_USE;
/* STATUS_INVALID with a sentence that says which: no .key file, not one, wrapped the other
 * way, wrong key or passphrase. */
Status keyfile_open(Ctx *cx, const StoreOptions *options, uint8_t ret_key[CRYPTO_KEY_BYTES])
    MUST_USE;

#endif
