/* auth/invite.c - links of one use: an invitation, or a forgotten password.
 *
 *   space "link", key = hex SHA-256 of the 43 letters that were sent
 *     {"user":"dr.dupont","kind":"invitation","changes":0,"expires":1790000000000000}
 *
 * What was sent is in no store. It stands behind the # of the address, which a browser sends to
 * nobody: not to our own log, not to the next site. A link is over when its account has another
 * password, was blocked, or had its factors reset: `changes` is not that of then any more. */
#include "auth/inner.h"
#include "auth/attempt.h"
#include "auth/session.h"

const Str link_space = STR_INIT("link");

static const Str kind_words[] = {
    [LINK_INVITATION] = STR_INIT("invitation"), [LINK_RESET] = STR_INIT("reset")};

enum { LINK_LETTERS = 43 };

typedef struct {
    StoreItem item;
    Str user;
    LinkKind kind;
    uint64_t changes;
    Time expires;
} Link;

static Status link_key(Ctx *cx, Str secret, Str *ret_key)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(secret, hash);
    *ret_key = crypto_hex(cx->arena, str_n((const char *)hash, sizeof hash));
    return ret_key->at ? STATUS_OK : STATUS_MEMORY;
}

static Status link_parse(Ctx *cx, const StoreItem *item, Link *ret_link)
{
    JsonValue *root;
    uint64_t expires = 0;
    Link link = {.item = *item};
    TRY(json_parse(cx, item->value, &root));
    link.user = json_get_str(root, STR("user"));
    link.kind = str_eq(json_get_str(root, STR("kind")), kind_words[LINK_INVITATION])
                    ? LINK_INVITATION
                    : LINK_RESET;
    if (!str_to_u64(json_str(json_get(root, STR("changes"))), &link.changes) ||
        !str_to_u64(json_str(json_get(root, STR("expires"))), &expires))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "An item of \"link\" is damaged.");
    link.expires = (Time)expires;
    *ret_link = link;
    return STATUS_OK;
}

Status link_is_over(Auth *auth, Ctx *cx, const StoreItem *item, Time now, bool *ret_over)
{
    Ctx quiet = {.arena = cx->arena};
    Link link;
    UNUSED(auth);
    *ret_over = link_parse(&quiet, item, &link) != STATUS_OK || link.expires <= now;
    return STATUS_OK;
}

/* ---- making one ------------------------------------------------------------------- */

static Status link_item(Auth *auth, Ctx *cx, const Account *account, LinkKind kind, Str *ret_secret,
                        StoreItem *ret_item)
{
    char random[32];
    Buf buf;
    Time lasts = (kind == LINK_INVITATION ? AUTH_LINK_S : AUTH_RESET_S) * TIME_SECOND;
    crypto_random(random, sizeof random);
    *ret_secret = crypto_base64url(cx->arena, str_n(random, sizeof random));
    crypto_wipe(random, sizeof random);
    if (!ret_secret->at)
        return STATUS_MEMORY;
    buf_init(&buf, cx->arena, 256, 1024);
    buf_format(&buf, "{\"changes\":%llu,\"expires\":%lld", (unsigned long long)account->changes,
               (long long)(auth_now(auth) + lasts));
    member_text(&buf, "user", account->public.user);
    member_text(&buf, "kind", kind_words[kind]);
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_item = (StoreItem){.space = link_space, .value = buf_str(&buf)};
    return link_key(cx, *ret_secret, &ret_item->key);
}

Status link_send(Auth *auth, Ctx *cx, const Account *account, LinkKind kind, const Access *by,
                 Str *ret_link)
{
    Str secret;
    StoreItem item, guard = account_guard(account);
    AuthLetter letter;
    TRY(link_item(auth, cx, account, kind, &secret, &item));
    Change change = {
        .by = by,
        .audit = {.interaction = kind == LINK_INVITATION ? STR("invite") : STR("password-link"),
                  .id = account->public.user},
        .items = &item,
        .item_count = 1,
        .guard = &guard};
    pthread_mutex_lock(&auth->change);
    Status status = change_commit(auth, cx, &change);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    *ret_link = arena_format(cx->arena, STR_FMT "/welcome#" STR_FMT, STR_ARG(auth->options.origin),
                             STR_ARG(secret));
    if (!ret_link->at)
        return STATUS_MEMORY;
    if (!account->public.mail.len || !auth->options.post)
        return STATUS_OK;
    TRY(link_letter(cx, &account->public, kind, *ret_link, &letter));
    return auth->options.post(auth->options.post_of, cx, &letter);
}

Status auth_invite_by_mail(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted,
                           Str *ret_link, bool *ret_mailed)
{
    Account account;
    Str user;
    *ret_link = STR_EMPTY;
    *ret_mailed = false;
    TRY(change_need_admin(cx, by));
    TRY(need_user(cx, wanted->user, &user));
    Status status = account_read(auth, cx, user, &account);
    if (status == STATUS_NOT_FOUND) {
        TRY(account_make(auth, cx, by, wanted, (Str){0}));
        status = account_read(auth, cx, user, &account);
    }
    if (status != STATUS_OK)
        return ctx_fail(cx, status, STR_EMPTY, "The account cannot be read now.");
    if (account.password.len || account.public.blocked)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "This account is blocked, or has a password: its owner can ask for "
                        "another on the page of sign-in.");
    status = link_send(auth, cx, &account, LINK_INVITATION, by, ret_link);
    *ret_mailed = status == STATUS_OK && account.public.mail.len && auth->options.post;
    return status;
}

Status auth_invite(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted, Str *ret_link)
{
    bool mailed;
    return auth_invite_by_mail(auth, cx, by, wanted, ret_link, &mailed);
}

Status auth_reset_ask(Auth *auth, Ctx *cx, Str user, Str address, unsigned *ret_wait_s)
{
    Str folded;
    Attempt attempt = {.interaction = STR("password-ask"), .address = address};
    if (!user_fold(cx->arena, user, &folded))
        folded = user;
    attempt.keys = lockout_keys_of("reset", folded, address);
    TRY(attempt_count(auth, cx, &attempt, ret_wait_s));
    StoreItem items[LOCKOUT_ITEMS];
    Change change = {.audit = {.interaction = STR("password-ask"), .address = address},
                     .items = items};
    pthread_mutex_lock(&auth->change);
    Status status = lockout_items(auth, cx, &attempt.keys, items, &change.item_count);
    if (status == STATUS_OK)
        status = change_commit(auth, cx, &change);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    post_add(auth, folded);
    return STATUS_OK;
}

/* ---- using one ----------------------------------------------------------------------- */

static Status not_valid(Ctx *cx)
{
    return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY,
                    "This link was used already, or is too old. Ask for another.");
}

static Status link_read(Auth *auth, Ctx *cx, Str secret, Link *ret_link, Account *ret_account)
{
    StoreReader *reader;
    StoreItem item = {.space = link_space};
    if (secret.len != LINK_LETTERS)
        return not_valid(cx);
    TRY(link_key(cx, secret, &item.key));
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_item_get(reader, link_space, item.key, &item.value);
    if (status == STATUS_OK)
        status = link_parse(cx, &item, ret_link);
    if (status == STATUS_OK)
        status = account_read_in(reader, cx, ret_link->user, ret_account);
    store_read_end(reader);
    if (status == STATUS_NOT_FOUND)
        return not_valid(cx);
    TRY(status);
    bool good = ret_link->expires > auth_now(auth) && ret_link->changes == ret_account->changes &&
                !ret_account->public.blocked;
    return good ? STATUS_OK : not_valid(cx);
}

Status auth_link_json(Auth *auth, Ctx *cx, Str link, Str *ret_json)
{
    Link found;
    Account account;
    Buf buf;
    TRY(link_read(auth, cx, link, &found, &account));
    buf_init(&buf, cx->arena, 512, 4096);
    buf_add_char(&buf, '{');
    member_text(&buf, "user", account.public.user);
    member_text(&buf, "display", account.public.display);
    member_text(&buf, "language", account.public.language);
    member_text(&buf, "kind", kind_words[found.kind]);
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

/* Under `change`. The link is read again: somebody may have used it while the password was
 * hashed. */
static Status set_password(Auth *auth, Ctx *cx, Str secret, Str encoded, Str address,
                           Account *account)
{
    Link link;
    StoreItem *items, guard;
    TRY(handles_refresh(auth, cx));
    TRY(link_read(auth, cx, secret, &link, account));
    guard = account_guard(account);
    Change change = {.audit = {.interaction = STR("password-set"),
                               .account = account->public.user,
                               .role = account->public.role,
                               .id = account->public.user,
                               .address = address},
                     .guard = &guard,
                     .ends = true};
    account->password = encoded;
    account->changes++;
    TRY(handles_deletions(auth, cx, account->public.user, false, &items, &change.item_count));
    TRY(account_item(cx, account, &items[change.item_count++])); /* room for two is there */
    items[change.item_count++] = (StoreItem){.space = link_space, .key = link.item.key};
    change.items = items;
    TRY(change_commit(auth, cx, &change));
    handles_forget(auth, account->public.user, false);
    return account_read(auth, cx, account->public.user, account);
}

Status auth_link_use(Auth *auth, Ctx *cx, Str link, Str password, const AuthProof *proof,
                     AuthWelcome *ret_welcome)
{
    Link found;
    Attempt attempt = {.interaction = STR("sign-in"),
                       .known = true,
                       .address = proof->address,
                       .device = proof->device,
                       .old_cookie = proof->cookie};
    Str encoded;
    *ret_welcome = (AuthWelcome){0};
    TRY(link_read(auth, cx, link, &found, &attempt.account));
    TRY(auth_password_check(auth, cx, password));
    TRY(password_hash(auth, cx, password, &encoded));
    pthread_mutex_lock(&auth->change);
    Status status = set_password(auth, cx, link, encoded, proof->address, &attempt.account);
    if (status == STATUS_OK) {
        attempt.user = attempt.account.public.user;
        attempt.keys = lockout_keys(attempt.user, proof->address);
        lockout_forgive_name(auth, &attempt.keys);
        status = attempt_with_password(auth, cx, &attempt, proof->origin, ret_welcome);
    }
    pthread_mutex_unlock(&auth->change);
    return status;
}
