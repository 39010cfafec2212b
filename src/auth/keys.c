/* auth/keys.c - auth's own keys, from one that the store keeps.
 *
 * The store seals what it holds; these keep what leaves it (tickets) from being made by others,
 * and keep apart what is sealed for different ends. All nodes of a store have the same. */
#include "auth/inner.h"

static const Str space = STR_INIT("auth"), key_name = STR_INIT("key");

static Status read_key(Auth *auth, Ctx *cx, Str *ret_hex)
{
    StoreReader *reader;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_item_get(reader, space, key_name, ret_hex);
    store_read_end(reader);
    return status;
}

static Status make_key(Auth *auth, Ctx *cx)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    crypto_random(key, sizeof key);
    StoreItem item = {space, key_name, crypto_hex(cx->arena, str_n((const char *)key, sizeof key))};
    StoreItem absent = {space, key_name, STR_EMPTY};
    StoreCommit commit = {.items = &item, .item_count = 1, .guard = &absent};
    crypto_wipe(key, sizeof key);
    if (!item.value.at)
        return STATUS_MEMORY;
    Status status = store_commit(auth->store, cx, auth->self, &commit);
    return status == STATUS_CONFLICT ? STATUS_OK : status; /* another node was faster */
}

static Status load_key(Auth *auth, Ctx *cx, Str *ret_key)
{
    Str hex;
    Status status = read_key(auth, cx, &hex);
    if (status == STATUS_NOT_FOUND) {
        TRY(make_key(auth, cx));
        status = read_key(auth, cx, &hex);
    }
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
