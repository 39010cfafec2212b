/* auth/handles.c - the living sessions and tokens in memory: a hash table of fixed buckets.
 *
 * A handle's hash is the SHA-256 of 256 random bits, so its first bytes are its bucket and
 * nobody can fill one on purpose. */
#include "auth/inner.h"

enum { HANDLES_AT_ONCE = 64 };

Status handles_init(Handles *handles)
{
    handles->arena = arena_new(
        (size_t)HANDLES_MAX * sizeof(Handle) + (size_t)APPS_MAX * sizeof(App) + (1 << 20), true);
    if (!handles->arena || pthread_rwlock_init(&handles->lock, NULL) != 0)
        return STATUS_MEMORY;
    return STATUS_OK;
}

void handles_release(Handles *handles)
{
    if (!handles->arena)
        return;
    pthread_rwlock_destroy(&handles->lock);
    arena_free(handles->arena);
}

static size_t bucket_of(const uint8_t *hash)
{
    uint32_t start;
    memcpy(&start, hash, sizeof start);
    return start % HANDLE_BUCKETS;
}

Handle *handles_find(const Handles *handles, HandleKind kind, const uint8_t *hash)
{
    Handle *handle = handles->buckets[bucket_of(hash)];
    /* Where two hashes of random bits begin to differ tells nobody anything. */
    while (handle && (handle->kind != kind || memcmp(handle->hash, hash, CRYPTO_SHA256_BYTES) != 0))
        handle = handle->next;
    return handle;
}

static bool make_free(Handles *handles)
{
    Handle *more = arena_array_of(handles->arena, Handle, HANDLES_AT_ONCE);
    for (size_t i = 0; more && i < HANDLES_AT_ONCE; i++) {
        more[i].next = handles->free;
        handles->free = &more[i];
    }
    return more != NULL;
}

static void set_account(Handle *handle)
{
    static const char digits[] = "0123456789abcdef";
    Short *name = &handle->account;
    *name = handle->user;
    if (handle->kind == HANDLE_SESSION)
        return;
    if (name->len == 0)
        *name = short_of(STR("token"));
    assert(name->len + 1 + AUTH_ID_LEN <= SHORT_BYTES_MAX);
    name->text[name->len++] = '#';
    for (size_t i = 0; i < AUTH_ID_LEN; i++)
        name->text[name->len++] = digits[handle->hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

/* A copy in the handles' memory. */
static App *app_new(Handles *handles, const App *app)
{
    App *added = handles->free_apps;
    if (added)
        handles->free_apps = added->next;
    else
        added = arena_new_of(handles->arena, App);
    if (!added)
        return NULL;
    *added = *app;
    handles->app_count++;
    return added;
}

static void app_free(Handles *handles, App *app)
{
    app->next = handles->free_apps;
    handles->free_apps = app;
    handles->app_count--;
}

Handle *handles_add(Handles *handles, const Handle *handle)
{
    if (handles->count >= HANDLES_MAX || (!handles->free && !make_free(handles)))
        return NULL;
    App *app = handle->app ? app_new(handles, handle->app) : NULL;
    if (handle->app && !app)
        return NULL;
    Handle *added = handles->free;
    Handle **bucket = &handles->buckets[bucket_of(handle->hash)];
    handles->free = added->next;
    *added = *handle;
    added->app = app;
    set_account(added);
    added->next = *bucket;
    *bucket = added;
    handles->count++;
    return added;
}

void handles_remove(Handles *handles, Handle *handle)
{
    Handle **link = &handles->buckets[bucket_of(handle->hash)];
    while (*link != handle)
        link = &(*link)->next;
    *link = handle->next;
    if (handle->app)
        app_free(handles, handle->app);
    crypto_wipe(handle, sizeof *handle);
    handle->next = handles->free;
    handles->free = handle;
    handles->count--;
}

Handle *handles_next(const Handles *handles, const Handle *after)
{
    if (after && after->next)
        return after->next;
    for (size_t i = after ? bucket_of(after->hash) + 1 : 0; i < HANDLE_BUCKETS; i++) {
        if (handles->buckets[i])
            return handles->buckets[i];
    }
    return NULL;
}

Str handle_key(Arena *arena, const Handle *handle)
{
    return crypto_hex(arena, str_n((const char *)handle->hash, CRYPTO_SHA256_BYTES));
}

Str handle_id(Arena *arena, const Handle *handle)
{
    return str_head(handle_key(arena, handle), AUTH_ID_LEN);
}

Time handle_ends(const Auth *auth, const Handle *handle)
{
    if (handle->kind == HANDLE_TOKEN)
        return handle->expires;
    Time idle = handle->seen + auth->options.idle_s * TIME_SECOND;
    return idle < handle->expires ? idle : handle->expires;
}

bool handle_is_live(const Auth *auth, const Handle *handle, Time now)
{
    return now < handle_ends(auth, handle) && !handle->locked;
}

bool handle_is_kept(const Handle *handle, Time now)
{
    return now < handle->expires;
}

bool handles_copy(Handles *handles, HandleKind kind, const uint8_t *hash, Handle *ret_handle)
{
    pthread_rwlock_rdlock(&handles->lock);
    const Handle *found = handles_find(handles, kind, hash);
    if (found) {
        *ret_handle = *found;
        ret_handle->app = NULL;
    }
    pthread_rwlock_unlock(&handles->lock);
    return found != NULL;
}

void handles_drop(Handles *handles, HandleKind kind, const uint8_t *hash)
{
    pthread_rwlock_wrlock(&handles->lock);
    Handle *found = handles_find(handles, kind, hash);
    if (found)
        handles_remove(handles, found);
    pthread_rwlock_unlock(&handles->lock);
}

bool handles_take(Handles *handles, const Handle *handle)
{
    pthread_rwlock_wrlock(&handles->lock);
    bool taken = handles_add(handles, handle) != NULL;
    pthread_rwlock_unlock(&handles->lock);
    return taken;
}

static bool concerns(const Handle *handle, Str user, bool tokens_too)
{
    return str_eq(short_str(&handle->user), user) &&
           (handle->kind == HANDLE_SESSION || handle->app || tokens_too);
}

Status handles_deletions(Auth *auth, Ctx *cx, Str user, bool tokens_too, StoreItem **ret_items,
                         size_t *ret_count)
{
    Handles *handles = &auth->handles;
    size_t count = 0;
    bool full = false;
    pthread_rwlock_rdlock(&handles->lock);
    StoreItem *items = arena_array_of(cx->arena, StoreItem, handles->count + 2);
    for (Handle *h = handles_next(handles, NULL); items && h; h = handles_next(handles, h)) {
        if (!concerns(h, user, tokens_too))
            continue;
        items[count] = (StoreItem){.space = handle_space(h->kind), .key = handle_key(cx->arena, h)};
        full |= !items[count++].key.at;
    }
    pthread_rwlock_unlock(&handles->lock);
    if (!items || full)
        return STATUS_MEMORY;
    *ret_items = items;
    *ret_count = count;
    return STATUS_OK;
}

void handles_forget(Auth *auth, Str user, bool tokens_too)
{
    Handles *handles = &auth->handles;
    Handle *next;
    pthread_rwlock_wrlock(&handles->lock);
    for (Handle *h = handles_next(handles, NULL); h; h = next) {
        next = handles_next(handles, h);
        if (concerns(h, user, tokens_too))
            handles_remove(handles, h);
    }
    pthread_rwlock_unlock(&handles->lock);
}
