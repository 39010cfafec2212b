/* oauth/oauth.c - start, housekeeping, end. */
#include "oauth/inner.h"

Status oauth_new(Ctx *cx, Store *store, Auth *auth, Record *record, const Access *access,
                 const OauthOptions *options, Oauth **ret_oauth)
{
    Arena *arena = arena_new(sizeof(Oauth) + 65536, true);
    Oauth *oauth = arena ? arena_new_of(arena, Oauth) : NULL;
    if (!oauth) {
        if (arena)
            arena_free(arena);
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "There is no memory for programs.");
    }
    oauth->arena = arena;
    oauth->store = store;
    oauth->auth = auth;
    oauth->record = record;
    oauth->self = access;
    oauth->options = options ? *options : (OauthOptions){0};
    oauth->fetched = net_cache_new(oauth->options.clock);
    if (!oauth->fetched) {
        arena_free(arena);
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "There is no memory for programs.");
    }
    if (!oauth->options.clock)
        oauth->options.clock = time_now;
    pthread_mutex_init(&oauth->lock, NULL);
    pthread_mutex_init(&oauth->keys, NULL);
    *ret_oauth = oauth;
    return STATUS_OK;
}

void oauth_free(Oauth *oauth)
{
    if (!oauth)
        return;
    if (oauth->known)
        arena_free(oauth->known);
    net_cache_free(oauth->fetched);
    pthread_mutex_destroy(&oauth->lock);
    pthread_mutex_destroy(&oauth->keys);
    arena_free(oauth->arena);
}

/* What is kept beyond its end, so that a second use is seen as one. */
static const struct {
    Str space;
    Time kept;
} spaces[] = {
    {STR_INIT("oauth-code"), CODE_KEPT_S *TIME_SECOND},
    {STR_INIT("oauth-grant"), 3600 * TIME_SECOND},
    {STR_INIT("oauth-launch"), 0},
    {STR_INIT("oauth-jti"), 2 * ASSERTION_SKEW_S *TIME_SECOND},
};

static Status sweep_space(Oauth *oauth, Ctx *cx, size_t row, StoreItem *old, size_t *old_count,
                          const StoreItem *items, size_t count)
{
    Time now = oauth_now(oauth);
    for (size_t i = 0; i < count; i++) {
        JsonValue *root;
        Ctx quiet = {.arena = cx->arena};
        bool sound = json_parse(&quiet, items[i].value, &root) == STATUS_OK;
        if (!sound || now > read_time(root, STR("expires")) + spaces[row].kept)
            old[(*old_count)++] = (StoreItem){.space = items[i].space, .key = items[i].key};
    }
    return STATUS_OK;
}

Status oauth_sweep(Oauth *oauth, Ctx *cx, StoreItem **ret_items, size_t *ret_count)
{
    StoreItem *items[COUNT_OF(spaces)];
    size_t counts[COUNT_OF(spaces)], all = 0;
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        TRY(items_read(oauth, cx, spaces[i].space, &items[i], &counts[i]));
        all += counts[i];
    }
    *ret_count = 0;
    *ret_items = arena_array_of(cx->arena, StoreItem, all + 1);
    if (!*ret_items)
        return STATUS_MEMORY;
    for (size_t i = 0; i < COUNT_OF(spaces); i++)
        TRY(sweep_space(oauth, cx, i, *ret_items, ret_count, items[i], counts[i]));
    return STATUS_OK;
}
