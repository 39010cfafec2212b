/* audit/root_make.c - the key of the store, and how a root is made with it. */
#include "audit/root.h"

#include <stdio.h>

#include "store/item.h"
#include "store/moving.h"

static const Str space = STR_INIT("audit"), seed_key = STR_INIT("signing-key");

static Status check_seed(Ctx *cx, Str seed)
{
    return seed.len == CRYPTO_SIGN_SEED_BYTES
               ? STATUS_OK
               : ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                          "The signing key of the audit is damaged.");
}

static Status find_seed(Ctx *cx, Store *store, const Access *access, Str *ret_seed)
{
    TRY(store_item_now(store, cx, access, space, seed_key, ret_seed));
    return check_seed(cx, *ret_seed);
}

static Status get_seed(Ctx *cx, Store *store, const Access *access, Str *ret_seed)
{
    uint8_t fresh[CRYPTO_SIGN_SEED_BYTES];
    crypto_random(fresh, sizeof(fresh));
    StoreItem made = {space, seed_key, str_n((const char *)fresh, sizeof(fresh))};
    Status status = store_item_once(store, cx, access, &made, ret_seed);
    crypto_wipe(fresh, sizeof(fresh));
    TRY(status);
    return check_seed(cx, *ret_seed);
}

Status root_key(Ctx *cx, Store *store, const Access *access,
                uint8_t ret_key[CRYPTO_SIGN_PUBLIC_BYTES])
{
    Str seed;
    TRY(get_seed(cx, store, access, &seed));
    crypto_sign_public((const uint8_t *)seed.at, ret_key);
    return STATUS_OK;
}

Status root_key_known(Ctx *cx, Store *store, const Access *access,
                      uint8_t room[CRYPTO_SIGN_PUBLIC_BYTES], const uint8_t **ret_known)
{
    Str seed;
    Status status = find_seed(cx, store, access, &seed);
    *ret_known = status == STATUS_OK ? room : NULL;
    if (status == STATUS_OK)
        crypto_sign_public((const uint8_t *)seed.at, room);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status read_last(Ctx *cx, Store *store, const Access *access, StoreAuditRow *ret_row,
                        bool *ret_found)
{
    StoreReader *reader;
    StoreAuditRow *rows;
    StoreTip tip;
    size_t count = 0;
    TRY(store_read_begin(store, cx, access, &reader));
    Status status = store_tip(reader, &tip);
    if (status == STATUS_OK && tip.audit)
        status = store_audit_read(reader, tip.audit, 1, &rows, &count);
    store_read_end(reader);
    TRY(status);
    *ret_found = count == 1;
    if (count == 1)
        *ret_row = rows[0];
    return STATUS_OK;
}

Status root_make(Ctx *cx, Store *store, const Access *access, Str outbox, AuditRoot *ret_root,
                 bool *ret_made)
{
    StoreAuditRow last;
    Str seed;
    char bytes[ROOT_BYTES];
    *ret_made = false;
    TRY(get_seed(cx, store, access, &seed));
    TRY(read_last(cx, store, access, &last, ret_made));
    if (!*ret_made || root_is(last.entry) || !chain_read(last.link, &ret_root->link)) {
        *ret_made = false;
        return STATUS_OK;
    }
    ret_root->number = last.number;
    ret_root->at = time_now();
    root_sign(ret_root, (const uint8_t *)seed.at);
    root_write(ret_root, bytes);
    Str entry = str_n(bytes, sizeof(bytes));
    char name[24];
    int len = snprintf(name, sizeof(name), "%020llu", (unsigned long long)ret_root->number);
    StoreItem item = {outbox, str_n(name, (size_t)len), entry};
    StoreCommit commit = {
        .audits = &entry, .audit_count = 1, .items = &item, .item_count = outbox.len > 0};
    return store_commit(store, cx, access, &commit);
}
