/* auth/keys.c - auth's own keys, from one that the store keeps.
 *
 * The store seals what it holds; these keep what leaves it (tickets) from being made by others,
 * and keep apart what is sealed for different ends. All nodes of a store have the same. */
#include "auth/inner.h"

#include "store/item.h"

static Status load_key(Auth *auth, Ctx *cx, Str *ret_key)
{
    uint8_t fresh[CRYPTO_KEY_BYTES];
    Str hex;
    crypto_random(fresh, sizeof fresh);
    StoreItem item = {STR("auth"), STR("key"),
                      crypto_hex(cx->arena, str_n((const char *)fresh, sizeof fresh))};
    crypto_wipe(fresh, sizeof fresh);
    if (!item.value.at)
        return STATUS_MEMORY;
    Status status = store_item_once(auth->store, cx, auth->self, &item, &hex);
    if (status != STATUS_OK)
        return ctx_fail(cx, status, STR_EMPTY, "The key of sign-ins cannot be read.");
    if (!crypto_hex_decode(cx->arena, hex, ret_key) || ret_key->len != CRYPTO_KEY_BYTES)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The key of sign-ins is damaged.");
    return STATUS_OK;
}

/* A store that is only read (lists on the command line) and has no key yet needs none. */
Status keys_need(Auth *auth, Ctx *cx)
{
    Str key;
    pthread_mutex_lock(&auth->keys.lock);
    bool there = auth->keys.there;
    pthread_mutex_unlock(&auth->keys.lock);
    if (there)
        return STATUS_OK;
    TRY(load_key(auth, cx, &key));
    pthread_mutex_lock(&auth->keys.lock);
    crypto_hkdf(key, STR_EMPTY, STR("aceso auth: tickets"), auth->keys.tickets, CRYPTO_KEY_BYTES);
    crypto_hkdf(key, STR_EMPTY, STR("aceso auth: secrets"), auth->keys.secrets, CRYPTO_KEY_BYTES);
    crypto_hkdf(key, STR_EMPTY, STR("aceso auth: codes"), auth->keys.codes, CRYPTO_KEY_BYTES);
    crypto_hkdf(key, STR_EMPTY, STR("aceso auth: cards"), auth->keys.cards, CRYPTO_KEY_BYTES);
    crypto_keep_in_memory(&auth->keys, sizeof auth->keys);
    auth->keys.there = true;
    pthread_mutex_unlock(&auth->keys.lock);
    return STATUS_OK;
}

Status seal_text(Ctx *cx, const uint8_t *key, Str about, Str bytes, Str *ret_text)
{
    char *sealed = arena_alloc_raw(cx->arena, bytes.len + CRYPTO_SEAL_BYTES);
    if (!sealed)
        return STATUS_MEMORY;
    TRY(crypto_seal(key, about, bytes, sealed));
    *ret_text = crypto_base64url(cx->arena, str_n(sealed, bytes.len + CRYPTO_SEAL_BYTES));
    return ret_text->at ? STATUS_OK : STATUS_MEMORY;
}

bool open_text(Ctx *cx, const uint8_t *key, Str about, Str text, Str *ret_bytes)
{
    Str sealed;
    if (!crypto_base64url_decode(cx->arena, text, &sealed) || sealed.len < CRYPTO_SEAL_BYTES)
        return false;
    char *bytes = arena_alloc_raw(cx->arena, sealed.len - CRYPTO_SEAL_BYTES + 1);
    if (!bytes || !crypto_open(key, about, sealed, bytes))
        return false;
    *ret_bytes = str_n(bytes, sealed.len - CRYPTO_SEAL_BYTES);
    return true;
}
