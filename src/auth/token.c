/* auth/token.c - tokens for programs: made, listed and revoked by an administrator. */
#include "auth/inner.h"
#include "auth/change.h"

enum { DAYS_MAX = 3650, LABEL_BYTES_MAX = 64, TOKENS_MAX = HANDLES_MAX / 2 };

static Status check_token(Ctx *cx, const AuthToken *token, unsigned days)
{
    if (token->label.len == 0 || token->label.len > LABEL_BYTES_MAX || !str_is_utf8(token->label))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A token has a label of 1 to %d bytes that says which program uses it.",
                        LABEL_BYTES_MAX);
    if (days < 1 || days > DAYS_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A token lasts 1 to %d days.", DAYS_MAX);
    return STATUS_OK;
}

static size_t token_count(Handles *handles)
{
    size_t count = 0;
    pthread_rwlock_rdlock(&handles->lock);
    for (Handle *h = handles_next(handles, NULL); h; h = handles_next(handles, h))
        count += h->kind == HANDLE_TOKEN && !h->app;
    pthread_rwlock_unlock(&handles->lock);
    return count;
}

Status token_make(Ctx *cx, Handle *handle, Str *ret_text)
{
    uint8_t random[CRYPTO_SHA256_BYTES];
    crypto_random(random, sizeof random);
    Str secret = crypto_base64url(cx->arena, str_n((const char *)random, sizeof random));
    crypto_wipe(random, sizeof random);
    if (!secret.at)
        return STATUS_MEMORY;
    Str text = arena_format(cx->arena, "aceso_" STR_FMT, STR_ARG(secret));
    if (!text.at)
        return STATUS_MEMORY;
    assert(text.len == AUTH_TOKEN_LEN);
    crypto_sha256(text, handle->hash);
    *ret_text = text;
    return STATUS_OK;
}

/* Under `change`: the account as it is now, so that no token outlives a block. */
static Status token_account(Auth *auth, Ctx *cx, Str user, Handle *handle, StoreItem *ret_guard)
{
    Account account;
    Str folded;
    if (user.len == 0) {
        handle->role = short_of(STR("program"));
        return STATUS_OK;
    }
    TRY(need_user(cx, user, &folded));
    Status status = account_read(auth, cx, folded, &account);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && account.public.blocked))
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY,
                        "There is no such account, or it is blocked.");
    TRY(status);
    handle_set_account(handle, &account.public);
    *ret_guard = account_guard(&account);
    return STATUS_OK;
}

static Status token_add(Auth *auth, Ctx *cx, const Access *by, Handle *handle, Str user)
{
    StoreItem item, guard = {.value = STR_EMPTY};
    TRY(token_account(auth, cx, user, handle, &guard));
    TRY(handles_refresh(auth, cx));
    handle->epoch = atomic_load(&auth->epoch);
    handle->checked = follow_clock();
    if (token_count(&auth->handles) >= TOKENS_MAX)
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "There are %d tokens already; revoke some.", TOKENS_MAX);
    TRY(handle_item(cx, handle, &item));
    Change change = {
        .by = by,
        .audit = {.interaction = STR("token-create"), .id = handle_id(cx->arena, handle)},
        .items = &item,
        .item_count = 1,
        .guard = guard.space.at ? &guard : NULL};
    TRY(change_commit(auth, cx, &change));
    return handles_take(&auth->handles, handle)
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Too many sessions and tokens.");
}

Status auth_token_create(Auth *auth, Ctx *cx, const Access *by, const AuthToken *wanted,
                         unsigned days, Str *ret_token)
{
    Str text;
    TRY(change_need_admin(cx, by));
    TRY(check_token(cx, wanted, days));
    Time now = auth_now(auth);
    Handle handle = {.kind = HANDLE_TOKEN,
                     .may_write = wanted->may_write,
                     .created = now,
                     .expires = now + days * TIME_DAY,
                     .label = short_of(wanted->label)};
    TRY(token_make(cx, &handle, &text));
    pthread_mutex_lock(&auth->change);
    Status status = token_add(auth, cx, by, &handle, wanted->user);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    *ret_token = text;
    return STATUS_OK;
}

Status auth_token_list(Auth *auth, Ctx *cx, AuthToken **ret_tokens, size_t *ret_count)
{
    Handles *handles = &auth->handles;
    Time now = auth_now(auth);
    size_t count = 0;
    TRY(handles_catch_up(auth, cx));
    pthread_rwlock_rdlock(&handles->lock);
    AuthToken *tokens = arena_array_of(cx->arena, AuthToken, handles->count + 1);
    for (Handle *h = handles_next(handles, NULL); tokens && h; h = handles_next(handles, h)) {
        if (h->kind != HANDLE_TOKEN || h->app || !handle_is_live(auth, h, now))
            continue;
        tokens[count++] = (AuthToken){.id = handle_id(cx->arena, h),
                                      .label = arena_str(cx->arena, short_str(&h->label)),
                                      .user = arena_str(cx->arena, short_str(&h->user)),
                                      .may_write = h->may_write,
                                      .created = h->created,
                                      .seen = h->seen,
                                      .expires = h->expires};
    }
    pthread_rwlock_unlock(&handles->lock);
    if (!tokens)
        return STATUS_MEMORY;
    *ret_tokens = tokens;
    *ret_count = count;
    return STATUS_OK;
}

static bool find_token(Auth *auth, Ctx *cx, Str id, Handle *ret_token)
{
    Handles *handles = &auth->handles;
    bool found = false;
    pthread_rwlock_rdlock(&handles->lock);
    for (Handle *h = handles_next(handles, NULL); h && !found; h = handles_next(handles, h)) {
        found = h->kind == HANDLE_TOKEN && str_eq(handle_id(cx->arena, h), id);
        if (found)
            *ret_token = *h;
    }
    pthread_rwlock_unlock(&handles->lock);
    return found;
}

Status auth_token_revoke(Auth *auth, Ctx *cx, const Access *by, Str id)
{
    Status status;
    TRY(change_need_admin(cx, by));
    Handle handle;
    pthread_mutex_lock(&auth->change);
    status = handles_refresh(auth, cx);
    if (status != STATUS_OK) {
        status = ctx_fail(cx, status, STR_EMPTY, "The store cannot be read now.");
    } else if (find_token(auth, cx, id, &handle)) {
        Change change = {.by = by, .audit = {.interaction = STR("token-revoke"), .id = id}};
        status = change_end_handle(auth, cx, &handle, &change);
    } else {
        status = ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no token with that id.");
    }
    pthread_mutex_unlock(&auth->change);
    return status;
}
