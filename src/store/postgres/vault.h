/* store/postgres/vault.h - what Aceso encrypts before the database sees it.
 *
 * Sealed bytes:  format u8 = 1 | data key u16 | crypto_seal: nonce, bytes, tag
 *
 * AES-256-GCM; bound to what it is, so that nobody can put it in another place:
 *
 *     a body        'B' | tenant u32 = 0 | type u16 | version u32 | id
 *     its facts     'F' | tenant u32 = 0 | rid u64
 *     an item       'I' | space | 00 | hash of its key
 *     audit entry   'A' | time u64
 *     dictionary    'D' | number u32
 *     a job         'J' | kind | 00 | hash of its key
 *
 * The keys stand in the table `key`, wrapped: number 0 is the master key, under the key file or
 * the passphrase (and in the table `recovery` under the recovery code); -1, for hashes of item
 * keys, and 1, 2, ... the data keys, under the master key. The newest data key seals, all of them
 * open. */
#ifndef ACESO_STORE_POSTGRES_VAULT_H
#define ACESO_STORE_POSTGRES_VAULT_H

#include "crypto/crypto.h"
#include "store/postgres/link.h"
#include "store/store.h"
#include "store/unlock.h"

enum { VAULT_KEYS_MAX = 64, VAULT_NAME_BYTES = 16 };
enum { VAULT_ABOUT_BYTES_MAX = 1 + 4 + 2 + 4 + 255 };

typedef struct {
    uint8_t master[CRYPTO_KEY_BYTES];
    uint8_t names[CRYPTO_KEY_BYTES];
    Unlocked unlocked;                              /* what opened it */
    uint8_t data[VAULT_KEYS_MAX][CRYPTO_KEY_BYTES]; /* [number]; 0 is none */
    _Atomic bool has[VAULT_KEYS_MAX]; /* set after the key; others may come while it is in use */
    _Atomic unsigned newest;
} Vault;

/* Links of SQL_LIST_NONE. Makes the first keys, in the caller's transaction. */
Status vault_make(Ctx *cx, Link *link, const StoreOptions *options) MUST_USE;
/* STATUS_INVALID with a sentence: wrong key file or passphrase. */
Status vault_load(Ctx *cx, Link *link, const StoreOptions *options, Vault *ret_vault) MUST_USE;
/* Wraps the master key anew. Owners alone may. */
Status vault_rewrap(Ctx *cx, Link *link, Vault *vault, const StoreOptions *secret) MUST_USE;
/* The same under a recovery code; empty: none. */
Status vault_set_recovery(Ctx *cx, Link *link, const Vault *vault, Str code) MUST_USE;
/* A new data key; *ret_number is its. */
Status vault_add_key(Ctx *cx, Link *link, const Vault *vault, unsigned *ret_number) MUST_USE;
/* Takes in the data keys that are not known yet. Links of SQL_LIST_NONE. */
Status vault_refresh(Ctx *cx, Link *link, Vault *vault) MUST_USE;
/* Whether it was sealed with a key that is not known here. */
bool vault_lacks(const Vault *vault, Str sealed);
void vault_wipe(Vault *vault);

typedef struct {
    char bytes[VAULT_ABOUT_BYTES_MAX];
    size_t len;
} About;
About about_body(uint16_t type, Str id, uint32_t version);
About about_facts(uint64_t rid); /* a deletion has those of the version before */
About about_item(Str space, const char hash[VAULT_NAME_BYTES]);
About about_audit(Time at);
About about_job(Str kind, const char hash[VAULT_NAME_BYTES]); /* zeros: without a key */
About about_dictionary(unsigned number);
About about_piece(Str content, uint32_t number);

Status vault_seal(const Vault *vault, Arena *arena, About about, Str bytes,
                  Str *ret_sealed) MUST_USE;
/* STATUS_INVALID: damaged, moved from elsewhere, or under a key that is not there. */
Status vault_open(const Vault *vault, Arena *arena, About about, Str sealed,
                  Str *ret_bytes) MUST_USE;

/* An item's place in the database: nobody without the keys can tell which it is. */
void vault_name(const Vault *vault, Str space, Str key, char ret_hash[VAULT_NAME_BYTES]);
void vault_job_name(const Vault *vault, Str kind, Str key, char ret_hash[VAULT_NAME_BYTES]);

#endif
