/* auth/account.c - accounts: items of the space "account" under the user's name.
 *
 *   {"password":"$argon2id$...","display":"Dr Marie Dupont","role":"gp",
 *    "reference":"Practitioner/x","language":"fr","mail":"","created":1790000000000000,
 *    "blocked":false,"changes":0,"factors":{...},"identities":[...]}  (factors.c, identity.c)
 */
#include "auth/inner.h"
#include "auth/identity.h"

static const Str space = STR_INIT("account");

enum { USER_BYTES_MAX = 64, ITEM_BYTES_MAX = 64 * 1024, MAIL_BYTES_MAX = 120 };

static const Str auth_roles[] = {
    STR_INIT("gp"),         STR_INIT("physio"), STR_INIT("nurse"),      STR_INIT("psychologist"),
    STR_INIT("secretary"),  STR_INIT("admin"),  STR_INIT("specialist"), STR_INIT("billing"),
    STR_INIT("pharmacist"), STR_INIT("lab"),    STR_INIT("patient"),    STR_INIT("proxy"),
    STR_INIT("auditor"),
};

static const Str languages[] = {STR_INIT("fr"), STR_INIT("nl"), STR_INIT("de"), STR_INIT("en")};

static bool is_one_of(Str s, const Str *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(s, all[i]))
            return true;
    }
    return false;
}

bool user_fold(Arena *arena, Str user, Str *ret_folded)
{
    if (user.len < 2 || user.len > USER_BYTES_MAX)
        return false;
    char *folded = arena_alloc(arena, user.len);
    if (!folded)
        return false;
    for (size_t i = 0; i < user.len; i++) {
        char c = user.at[i];
        folded[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        if (c == 0 || !strchr("abcdefghijklmnopqrstuvwxyz0123456789._-@", folded[i]))
            return false;
    }
    *ret_folded = str_n(folded, user.len);
    return true;
}

Status account_parse(Ctx *cx, const StoreItem *item, Account *ret_account)
{
    JsonValue *root;
    uint64_t created = 0, changes = 0;
    TRY(json_parse(cx, item->value, &root));
    str_to_u64(json_str(json_get(root, STR("created"))), &created);
    str_to_u64(json_str(json_get(root, STR("changes"))), &changes);
    *ret_account = (Account){.public = {.user = item->key,
                                        .display = json_get_str(root, STR("display")),
                                        .role = json_get_str(root, STR("role")),
                                        .reference = json_get_str(root, STR("reference")),
                                        .language = json_get_str(root, STR("language")),
                                        .blocked = json_bool(json_get(root, STR("blocked"))),
                                        .created = (Time)created},
                             .password = json_get_str(root, STR("password")),
                             .value = item->value,
                             .changes = changes};
    ret_account->public.mail = json_get_str(root, STR("mail"));
    ret_account->public.invited = !ret_account->password.len;
    factors_read(json_get(root, STR("factors")), &ret_account->factors);
    identities_read(json_get(root, STR("identities")), ret_account);
    ret_account->public.ways = factors_ways(ret_account);
    if (!is_one_of(ret_account->public.role, auth_roles, COUNT_OF(auth_roles)))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY, "The role of this account is unknown.");
    return STATUS_OK;
}

Status account_read_in(StoreReader *reader, Ctx *cx, Str user, Account *ret_account)
{
    StoreItem item = {.space = space, .key = user};
    TRY(store_item_get(reader, space, user, &item.value));
    return account_parse(cx, &item, ret_account);
}

Status account_read(Auth *auth, Ctx *cx, Str user, Account *ret_account)
{
    StoreReader *reader;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = account_read_in(reader, cx, user, ret_account);
    store_read_end(reader);
    return status;
}

static void write_text(Buf *buf, const char *name, Str text)
{
    buf_format(buf, ",\"%s\":", name);
    json_write_string(buf, text);
}

Status account_item(Ctx *cx, const Account *account, StoreItem *ret_item)
{
    Buf buf;
    buf_init(&buf, cx->arena, 512, ITEM_BYTES_MAX);
    buf_format(&buf, "{\"created\":%lld,\"blocked\":%s,\"changes\":%llu",
               (long long)account->public.created, account->public.blocked ? "true" : "false",
               (unsigned long long)account->changes);
    write_text(&buf, "password", account->password);
    write_text(&buf, "display", account->public.display);
    write_text(&buf, "role", account->public.role);
    write_text(&buf, "reference", account->public.reference);
    write_text(&buf, "language", account->public.language);
    write_text(&buf, "mail", account->public.mail);
    buf_add_lit(&buf, ",\"factors\":");
    factors_write(&buf, &account->factors);
    identities_write(&buf, account);
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_item = (StoreItem){space, account->public.user, buf_str(&buf)};
    return STATUS_OK;
}

StoreItem account_guard(const Account *account)
{
    return (StoreItem){space, account->public.user, account->value};
}

/* Who somebody of a role can be in the record; the first row that fits. */
static const struct {
    Str role; /* empty: any other */
    Str types[2];
} references[] = {
    {STR_INIT("patient"), {STR_INIT("Patient/"), STR_INIT("Patient/")}},
    {STR_INIT("proxy"), {STR_INIT("RelatedPerson/"), STR_INIT("RelatedPerson/")}},
    {STR_INIT(""), {STR_INIT("Practitioner/"), STR_INIT("PractitionerRole/")}},
};

static bool is_reference(Str role, Str reference)
{
    size_t row = 0;
    while (references[row].role.len && !str_eq(references[row].role, role))
        row++;
    for (size_t i = 0; i < 2; i++) {
        Str type = references[row].types[i];
        if (str_has_prefix(reference, type) && reference.len > type.len)
            return true;
    }
    return reference.len == 0;
}

static bool is_mail(Str mail)
{
    size_t at = str_index(mail, '@');
    for (size_t i = 0; i < mail.len; i++) {
        if ((unsigned char)mail.at[i] <= ' ' || mail.at[i] == 127 ||
            strchr("<>()\"\\,;:", mail.at[i]))
            return false;
    }
    return mail.len == 0 ||
           (mail.len <= MAIL_BYTES_MAX && str_is_utf8(mail) && at != SIZE_MAX && at > 0 &&
            at + 1 < mail.len && str_index(str_from(mail, at + 1), '@') == SIZE_MAX);
}

static Status check_account(Ctx *cx, const AuthAccount *account)
{
    if (!is_one_of(account->role, auth_roles, COUNT_OF(auth_roles)))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "Unknown role; it is one of gp, physio, nurse, psychologist, secretary, "
                        "admin, specialist, billing, pharmacist, lab, patient, proxy, auditor.");
    if (!is_one_of(account->language, languages, COUNT_OF(languages)))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "Unknown language; it is one of fr, nl, de, en.");
    if (account->display.len > SHORT_BYTES_MAX || !str_is_utf8(account->display))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The name to show is text in UTF-8 of at most %d bytes.", SHORT_BYTES_MAX);
    if (account->reference.len > SHORT_BYTES_MAX || !str_is_utf8(account->reference) ||
        !is_reference(account->role, account->reference))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A reference looks like Practitioner/123 or PractitionerRole/123; of a "
                        "patient like Patient/123, of a proxy like RelatedPerson/123; at most %d "
                        "bytes.",
                        SHORT_BYTES_MAX);
    if (!is_mail(account->mail))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A mail address looks like name@example.org and has at most %d bytes.",
                        MAIL_BYTES_MAX);
    return STATUS_OK;
}

Status need_user(Ctx *cx, Str user, Str *ret_folded)
{
    if (!user_fold(cx->arena, user, ret_folded))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A user's name has 2 to %d of these: a-z 0-9 . _ - @", USER_BYTES_MAX);
    return STATUS_OK;
}

/* Without a password nobody can sign in with it: an invitation gives it one (invite.c). */
Status account_make(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted, Str password)
{
    Account account = {.public = *wanted};
    AuthAccount *made = &account.public;
    TRY(change_need_admin(cx, by));
    TRY(need_user(cx, wanted->user, &made->user));
    if (made->display.len == 0)
        made->display = made->user;
    if (made->language.len == 0)
        made->language = languages[0];
    made->blocked = false;
    made->created = auth_now(auth);
    TRY(check_account(cx, made));
    if (password.at) {
        TRY(auth_password_check(auth, cx, password));
        TRY(password_hash(auth, cx, password, &account.password));
    }
    StoreItem item, absent = {space, made->user, STR_EMPTY};
    TRY(account_item(cx, &account, &item));
    Change change = {.by = by,
                     .audit = {.interaction = STR("account-create"), .id = made->user},
                     .items = &item,
                     .item_count = 1,
                     .guard = &absent};
    pthread_mutex_lock(&auth->change);
    Status status = change_commit(auth, cx, &change);
    pthread_mutex_unlock(&auth->change);
    return status;
}

Status auth_account_create(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted,
                           Str password)
{
    return account_make(auth, cx, by, wanted, password.at ? password : STR_EMPTY);
}

Status auth_account_list(Auth *auth, Ctx *cx, AuthAccount **ret_accounts, size_t *ret_count)
{
    StoreReader *reader;
    StoreItem *items;
    size_t count;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_item_list(reader, space, &items, &count);
    store_read_end(reader);
    TRY(status);
    AuthAccount *accounts = arena_array_of(cx->arena, AuthAccount, count);
    if (!accounts && count)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        Account account;
        TRY(account_parse(cx, &items[i], &account));
        accounts[i] = account.public;
    }
    *ret_accounts = accounts;
    *ret_count = count;
    return STATUS_OK;
}

/* Writes the changed account and ends its handles, in one commit and then in memory. */
Status account_change(Auth *auth, Ctx *cx, const Access *by, Str interaction, Account *account,
                      bool tokens_too)
{
    StoreItem *items, guard = account_guard(account);
    size_t count;
    uint64_t epoch;
    account->changes++;
    TRY(handles_refresh(auth, cx));
    TRY(admins_remain(auth, cx, by, account, &epoch));
    TRY(handles_deletions(auth, cx, account->public.user, tokens_too, &items, &count));
    TRY(account_item(cx, account, &items[count++])); /* room for it is there */
    Change change = {.by = by,
                     .audit = {.interaction = interaction, .id = account->public.user},
                     .items = items,
                     .item_count = count,
                     .guard = &guard,
                     .epoch = epoch,
                     .ends = true};
    TRY(change_commit(auth, cx, &change));
    handles_forget(auth, account->public.user, tokens_too);
    return STATUS_OK;
}

Status account_find(Auth *auth, Ctx *cx, const Access *by, Str user, Account *ret_account)
{
    Str folded;
    TRY(change_need_admin(cx, by));
    TRY(need_user(cx, user, &folded));
    Status status = account_read(auth, cx, folded, ret_account);
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(cx, status, STR_EMPTY, "There is no account of that name.");
    return status;
}

Status auth_password_set(Auth *auth, Ctx *cx, const Access *by, Str user, Str password)
{
    Account account;
    TRY(account_find(auth, cx, by, user, &account));
    TRY(auth_password_check(auth, cx, password));
    TRY(password_hash(auth, cx, password, &account.password));
    pthread_mutex_lock(&auth->change);
    Status status = account_change(auth, cx, by, STR("password-set"), &account, false);
    pthread_mutex_unlock(&auth->change);
    if (status == STATUS_OK) {
        LockoutKeys keys = lockout_keys(account.public.user, STR_EMPTY);
        lockout_forgive_name(auth, &keys);
    }
    return status;
}

static void take_what_is_given(AuthAccount *account, const AuthAccount *wanted)
{
    if (wanted->role.len)
        account->role = wanted->role;
    if (wanted->reference.len)
        account->reference = wanted->reference;
    if (wanted->display.len)
        account->display = wanted->display;
    if (wanted->language.len)
        account->language = wanted->language;
    if (wanted->mail.len)
        account->mail = wanted->mail;
}

/* Also of the mail address: who can read it can set a password. */
Status auth_account_change(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted)
{
    Account account;
    TRY(account_find(auth, cx, by, wanted->user, &account));
    take_what_is_given(&account.public, wanted);
    TRY(check_account(cx, &account.public));
    bool who = wanted->role.len || wanted->reference.len;
    pthread_mutex_lock(&auth->change);
    Status status = account_change(auth, cx, by, STR("account-change"), &account, who);
    pthread_mutex_unlock(&auth->change);
    return status;
}

Status auth_account_block(Auth *auth, Ctx *cx, const Access *by, Str user, bool blocked)
{
    Account account;
    TRY(account_find(auth, cx, by, user, &account));
    account.public.blocked = blocked;
    pthread_mutex_lock(&auth->change);
    Status status = account_change(
        auth, cx, by, blocked ? STR("account-block") : STR("account-unblock"), &account, true);
    pthread_mutex_unlock(&auth->change);
    return status;
}
