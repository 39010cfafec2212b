/* auth/welcome.c - an attempt that was right: a new session, or another cookie for one that goes
 * on, in the store and then in memory. */
#include "auth/attempt.h"
#include "auth/session.h"

#include "auth/inner.h"

enum { DEVICE_BYTES_MAX = 60 };

/* Who has to go so that there is room: the user's session unused longest when there are
 * enough of them, anybody's when the table is full; NULL when there is room. */
static Handle *choose_victim(const Handles *handles, Str user, const Handle *leaving)
{
    Handle *own = NULL, *any = NULL;
    size_t own_count = 0;
    for (Handle *h = handles_next(handles, NULL); h; h = handles_next(handles, h)) {
        if (h->kind != HANDLE_SESSION ||
            (leaving && memcmp(h->hash, leaving->hash, CRYPTO_SHA256_BYTES) == 0))
            continue;
        if (!any || h->seen < any->seen)
            any = h;
        if (!str_eq(short_str(&h->user), user))
            continue;
        own_count++;
        if (!own || h->seen < own->seen)
            own = h;
    }
    if (own_count >= SESSIONS_PER_ACCOUNT)
        return own;
    return handles->count >= HANDLES_MAX ? any : NULL;
}

static bool find_victim(Handles *handles, Str user, const Handle *leaving, Handle *ret_victim)
{
    pthread_rwlock_rdlock(&handles->lock);
    const Handle *victim = choose_victim(handles, user, leaving);
    if (victim)
        *ret_victim = *victim;
    pthread_rwlock_unlock(&handles->lock);
    return victim != NULL;
}

/* At most so much, and no letter cut in half. */
static Short short_name(Str text)
{
    size_t len = text.len < DEVICE_BYTES_MAX ? text.len : DEVICE_BYTES_MAX;
    while (len && len < text.len && ((uint8_t)text.at[len] & 0xc0) == 0x80)
        len--;
    return short_of(str_head(text, len));
}

static Status make_cookie(Ctx *cx, Handle *handle, Str *ret_cookie)
{
    uint8_t random[CRYPTO_SHA256_BYTES];
    crypto_random(random, sizeof random);
    *ret_cookie = crypto_base64url(cx->arena, str_n((const char *)random, sizeof random));
    crypto_wipe(random, sizeof random);
    if (!ret_cookie->at)
        return STATUS_MEMORY;
    crypto_sha256(*ret_cookie, handle->hash);
    return STATUS_OK;
}

/* What a session that goes on keeps: when it began and ends, and from where. A password alone is
 * not a factor shown again where there are factors. */
static void go_on(Handle *handle, const Attempt *attempt)
{
    const Handle *old = attempt->goes_on;
    bool only_password = attempt->way == AUTH_BY_PASSWORD && factors_any(&attempt->account.factors);
    handle->created = old->created;
    handle->expires = old->expires;
    handle->label = old->label;
    handle->address = old->address;
    handle->ways |= old->ways;
    if (only_password)
        handle->stepped = old->stepped;
}

static Status session_make(Auth *auth, Ctx *cx, const Attempt *attempt, Handle *handle,
                           Str *ret_cookie)
{
    const Account *account = &attempt->account;
    Time now = auth_now(auth);
    *handle = (Handle){.kind = HANDLE_SESSION,
                       .may_write = true,
                       .created = now,
                       .seen = now,
                       .written = now,
                       .expires = now + auth->options.absolute_s * TIME_SECOND,
                       .epoch = atomic_load(&auth->epoch),
                       .checked = follow_clock(),
                       .account_changes = account->changes,
                       .label = short_name(attempt->device),
                       .address = short_of(attempt->address),
                       .stepped = now,
                       .ways = (uint8_t)(attempt->way | attempt->before),
                       .must_enrol = factors_required(auth, account->public.role) &&
                                     !factors_any(&account->factors) && !attempt->strong};
    if (attempt->goes_on)
        go_on(handle, attempt);
    TRY(make_cookie(cx, handle, ret_cookie));
    handle_set_account(handle, &account->public);
    return STATUS_OK;
}

static Status add_deletion(Ctx *cx, const Handle *handle, StoreItem *items, size_t *count)
{
    Str key = handle_key(cx->arena, handle);
    if (!key.at)
        return STATUS_MEMORY;
    items[(*count)++] = (StoreItem){.space = handle_space(handle->kind), .key = key};
    return STATUS_OK;
}

/* Old ones out of memory, the new one in. */
static Status make_known(Auth *auth, Ctx *cx, const Handle *made, const Handle *old,
                         const Handle *victim)
{
    if (old)
        handles_drop(&auth->handles, HANDLE_SESSION, old->hash);
    if (victim)
        handles_drop(&auth->handles, HANDLE_SESSION, victim->hash);
    return handles_take(&auth->handles, made)
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Too many sessions.");
}

static Status signed_in_item(Auth *auth, Ctx *cx, Str user, StoreItem *ret_item)
{
    Str now = arena_format(cx->arena, "%lld", (long long)auth_now(auth));
    *ret_item = (StoreItem){signed_in_space, user, now};
    return now.at ? STATUS_OK : STATUS_MEMORY;
}

Status attempt_welcome(Auth *auth, Ctx *cx, Attempt *attempt, AuthWelcome *ret_welcome)
{
    enum { ITEMS = LOCKOUT_ITEMS + 6 };
    StoreItem items[ITEMS], guard = account_guard(&attempt->account);
    TRY(handles_refresh(auth, cx));
    Handle old, victim, made;
    bool has_old = session_find(auth, attempt->old_cookie, &old);
    if (attempt->goes_on && !has_old)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first."); /* ended meanwhile */
    bool has_victim = find_victim(&auth->handles, attempt->user, has_old ? &old : NULL, &victim);
    Change change = attempt_change(attempt, STATUS_OK);
    size_t count;
    AuthWelcome welcome = {0};
    change.ends = has_old || has_victim;
    TRY(session_make(auth, cx, attempt, &made, &welcome.cookie));
    TRY(lockout_items(auth, cx, &attempt->keys, items, &count));
    TRY(handle_item(cx, &made, &items[count++]));
    if (has_old)
        TRY(add_deletion(cx, &old, items, &count));
    if (attempt->goes_on)
        TRY(session_went_item(cx, &old, &made, &items[count++]));
    if (has_victim)
        TRY(add_deletion(cx, &victim, items, &count));
    if (attempt->better_hash.len)
        attempt->account.password = attempt->better_hash;
    if (attempt->better_hash.len || attempt->account_changed)
        TRY(account_item(cx, &attempt->account, &items[count++]));
    if (!attempt->goes_on)
        TRY(signed_in_item(auth, cx, attempt->user, &items[count++]));
    change.items = items;
    change.item_count = count;
    change.guard = &guard; /* nobody may have blocked it or changed its password meanwhile */
    TRY(change_commit(auth, cx, &change));
    if (attempt->goes_on) /* before the old one goes: a token of it is never without */
        session_tokens_follow(&auth->handles, old.hash, made.hash);
    TRY(make_known(auth, cx, &made, has_old ? &old : NULL, has_victim ? &victim : NULL));
    welcome.session = session_of(auth, cx->arena, &made);
    *ret_welcome = welcome;
    return STATUS_OK;
}
