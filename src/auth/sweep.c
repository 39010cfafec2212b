/* auth/sweep.c - what has expired in the store, whoever made it: also sessions and tokens that no
 * living process has in memory, because theirs has died.
 *
 * Later than auth_tidy, by a margin in which the process that has a session in memory writes when
 * it was last used. */
#include "auth/inner.h"

enum { MARGIN_S = 3600 };

static Status sweep_space(Auth *auth, Ctx *cx, HandleKind kind, const StoreItem *items,
                          size_t count, StoreItem *old, size_t *old_count)
{
    for (size_t i = 0; i < count; i++) {
        Handle handle;
        TRY(handle_parse(cx, kind, &items[i], &handle));
        if (!handle_is_kept(&handle, auth_now(auth) - MARGIN_S * TIME_SECOND))
            old[(*old_count)++] = (StoreItem){.space = items[i].space, .key = items[i].key};
    }
    return STATUS_OK;
}

static Status sweep_links(Auth *auth, Ctx *cx, const StoreItem *items, size_t count, StoreItem *old,
                          size_t *old_count)
{
    for (size_t i = 0; i < count; i++) {
        bool over;
        TRY(link_is_over(auth, cx, &items[i], auth_now(auth) - MARGIN_S * TIME_SECOND, &over));
        if (over)
            old[(*old_count)++] = (StoreItem){.space = items[i].space, .key = items[i].key};
    }
    return STATUS_OK;
}

static void sweep_went(Auth *auth, Ctx *cx, const StoreItem *items, size_t count, StoreItem *old,
                       size_t *old_count)
{
    for (size_t i = 0; i < count; i++) {
        if (session_went_is_over(cx, &items[i], auth_now(auth) - MARGIN_S * TIME_SECOND))
            old[(*old_count)++] = (StoreItem){.space = items[i].space, .key = items[i].key};
    }
}

Status auth_sweep(Auth *auth, Ctx *cx, StoreItem **ret_items, size_t *ret_count)
{
    StoreReader *reader;
    StoreItem *sessions, *tokens, *links, *went;
    size_t session_count, token_count, link_count, went_count;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status =
        store_item_list(reader, handle_space(HANDLE_SESSION), &sessions, &session_count);
    if (status == STATUS_OK)
        status = store_item_list(reader, handle_space(HANDLE_TOKEN), &tokens, &token_count);
    if (status == STATUS_OK)
        status = store_item_list(reader, link_space, &links, &link_count);
    if (status == STATUS_OK)
        status = store_item_list(reader, session_went_space, &went, &went_count);
    store_read_end(reader);
    TRY(status);
    *ret_count = 0;
    *ret_items = arena_array_of(cx->arena, StoreItem,
                                session_count + token_count + link_count + went_count + 1);
    if (!*ret_items)
        return STATUS_MEMORY;
    TRY(sweep_space(auth, cx, HANDLE_SESSION, sessions, session_count, *ret_items, ret_count));
    TRY(sweep_space(auth, cx, HANDLE_TOKEN, tokens, token_count, *ret_items, ret_count));
    sweep_went(auth, cx, went, went_count, *ret_items, ret_count);
    return sweep_links(auth, cx, links, link_count, *ret_items, ret_count);
}
