/* store/item.h - items that are asked for by themselves, without a reader of one's own. */
#ifndef ACESO_STORE_ITEM_H
#define ACESO_STORE_ITEM_H

#include "store/store.h"

/* The item as of the last acknowledged commit. STATUS_NOT_FOUND without an issue. */
static inline Status store_item_now(Store *store, Ctx *cx, const Access *access, Str space, Str key,
                                    Str *ret_value)
{
    StoreReader *reader;
    TRY(store_read_begin(store, cx, access, &reader));
    Status status = store_item_get(reader, space, key, ret_value);
    store_read_end(reader);
    return status;
}

/* The same of what is made once for all nodes of a store, as a key is: where there is none, `made`
 * is written, and whoever was first has made it. */
static inline Status store_item_once(Store *store, Ctx *cx, const Access *access,
                                     const StoreItem *made, Str *ret_value)
{
    StoreItem none = {made->space, made->key, STR_EMPTY};
    StoreCommit commit = {.items = made, .item_count = 1, .guard = &none};
    Status status = store_item_now(store, cx, access, made->space, made->key, ret_value);
    if (status != STATUS_NOT_FOUND)
        return status;
    status = store_commit(store, cx, access, &commit);
    if (status != STATUS_OK && status != STATUS_CONFLICT)
        return status;
    return store_item_now(store, cx, access, made->space, made->key, ret_value);
}

#endif
