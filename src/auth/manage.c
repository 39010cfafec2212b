/* auth/manage.c - the list of accounts, for an administrator. */
#include "auth/manage.h"
#include "auth/session.h"

#include "auth/inner.h"

const Str signed_in_space = STR_INIT("signed-in");

/* ---- what is asked ------------------------------------------------------------------------ */

static Status read_count(Ctx *cx, Str text, size_t *ret_count)
{
    uint64_t count;
    if (!str_to_u64(text, &count) || count < 1 || count > AUTH_ACCOUNTS_PAGE_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "\"count\" is a number from 1 to %d.",
                        AUTH_ACCOUNTS_PAGE_MAX);
    *ret_count = (size_t)count;
    return STATUS_OK;
}

Status auth_accounts_asked(Ctx *cx, Str query, AuthAccountQuery *ret_query)
{
    AuthAccountQuery asked = {.limit = AUTH_ACCOUNTS_PAGE};
    const struct {
        Str name;
        Str *to;
    } names[] = {{STR("search"), &asked.words},
                 {STR("role"), &asked.role},
                 {STR("state"), &asked.state},
                 {STR("after"), &asked.after}};
    while (query.len) {
        Str value = str_cut(&query, '&'), name = str_cut(&value, '='), text;
        const char *wrong = uri_decode(cx->arena, value, true, &text);
        size_t row = 0;
        if (wrong || !str_is_utf8(text))
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The query cannot be read.");
        while (row < COUNT_OF(names) && !str_eq(names[row].name, name))
            row++;
        if (row < COUNT_OF(names))
            *names[row].to = text;
        else if (str_eq(name, STR("count")))
            TRY(read_count(cx, text, &asked.limit));
        else
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "The parameters are search, role, state, after and count.");
    }
    *ret_query = asked;
    return STATUS_OK;
}

/* ---- which accounts ------------------------------------------------------------------------ */

static Str state_of(const AuthAccount *account)
{
    return account->blocked ? STR("ended") : account->invited ? STR("invited") : STR("active");
}

static bool contains(Str text, Str word)
{
    for (size_t at = 0; at + word.len <= text.len; at++) {
        if (str_eq_nocase(str_n(text.at + at, word.len), word))
            return true;
    }
    return false;
}

static bool has_words(const AuthAccount *account, Str words)
{
    while (words.len) {
        Str word = str_cut(&words, ' ');
        if (!contains(account->user, word) && !contains(account->display, word) &&
            !contains(account->mail, word) && !contains(account->reference, word))
            return false;
    }
    return true;
}

static bool is_asked(const AuthAccount *account, const AuthAccountQuery *query)
{
    return (!query->role.len || str_eq(account->role, query->role)) &&
           (!query->state.len || str_eq(state_of(account), query->state)) &&
           has_words(account, query->words);
}

/* ---- as JSON ----------------------------------------------------------------------------------
 */

typedef struct {
    const AuthSession *sessions;
    size_t session_count;
    const StoreItem *signed_in; /* in key order */
    size_t signed_count;
    Str own;
} Beside;

static Time signed_in_at(const Beside *beside, Str user)
{
    size_t low = 0, high = beside->signed_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(beside->signed_in[middle].key, user);
        uint64_t at;
        if (order == 0)
            return str_to_u64(beside->signed_in[middle].value, &at) ? (Time)at : 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static void write_time_or_null(Buf *buf, const char *name, Time at)
{
    if (at)
        member_time(buf, name, at);
    else
        buf_format(buf, ",\"%s\":null", name);
}

static void write_account(Buf *buf, const AuthAccount *account, const Beside *beside)
{
    Time seen = 0;
    size_t sessions = 0;
    for (size_t i = 0; i < beside->session_count; i++) {
        const AuthSession *one = &beside->sessions[i];
        if (!str_eq(one->user, account->user))
            continue;
        sessions++;
        seen = one->seen > seen ? one->seen : seen;
    }
    buf_add_char(buf, '{');
    member_text(buf, "user", account->user);
    member_text(buf, "display", account->display);
    member_text(buf, "role", account->role);
    member_text(buf, "reference", account->reference);
    member_text(buf, "language", account->language);
    member_text(buf, "mail", account->mail);
    member_text(buf, "state", state_of(account));
    member_time(buf, "created", account->created);
    write_time_or_null(buf, "signedIn", signed_in_at(beside, account->user));
    write_time_or_null(buf, "seen", seen);
    buf_format(buf, ",\"sessions\":%zu,\"own\":%s", sessions,
               str_eq(account->user, beside->own) ? "true" : "false");
    write_ways(buf, account->ways & (AUTH_BY_TOTP | AUTH_BY_PASSKEY | AUTH_BY_CARD));
    buf_add_char(buf, '}');
}

static Status write_accounts(Ctx *cx, const AuthAccount *accounts, size_t count,
                             const AuthAccountQuery *query, const Beside *beside, Str *ret_json)
{
    Buf buf;
    size_t all = 0, shown = 0;
    Str last = STR_EMPTY;
    bool more = false;
    buf_init(&buf, cx->arena, 16 * 1024, 1024 * 1024);
    buf_add_lit(&buf, "{\"accounts\":[");
    for (size_t i = 0; i < count; i++) {
        if (!is_asked(&accounts[i], query))
            continue;
        all++;
        bool behind = !query->after.len || str_cmp(accounts[i].user, query->after) > 0;
        more = more || (behind && shown == query->limit);
        if (!behind || shown == query->limit)
            continue;
        if (shown++)
            buf_add_char(&buf, ',');
        write_account(&buf, &accounts[i], beside);
        last = accounts[i].user;
    }
    buf_format(&buf, "],\"all\":%zu", all);
    if (more)
        member_text(&buf, "next", last);
    else
        buf_add_lit(&buf, ",\"next\":null");
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

static Status read_signed_in(Auth *auth, Ctx *cx, Beside *beside)
{
    StoreReader *reader;
    StoreItem *items;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_item_list(reader, signed_in_space, &items, &beside->signed_count);
    store_read_end(reader);
    TRY(status);
    beside->signed_in = items;
    return STATUS_OK;
}

static Status note(Auth *auth, Ctx *cx, const Access *by, Str interaction, Status outcome)
{
    Change change = {.by = by, .audit = {.interaction = interaction, .outcome = outcome}};
    pthread_mutex_lock(&auth->change);
    Status status = change_commit(auth, cx, &change);
    pthread_mutex_unlock(&auth->change);
    return status;
}

Status auth_note_refused(Auth *auth, Ctx *cx, const Access *by)
{
    return note(auth, cx, by, STR("account-refused"), STATUS_FORBIDDEN);
}

/* Durable before it is disclosed, as any look is. */
Status auth_accounts_json(Auth *auth, Ctx *cx, const Access *by, const AuthAccountQuery *query,
                          Str *ret_json)
{
    AuthAccount *accounts;
    AuthSession *sessions;
    size_t count;
    Beside beside = {.own = STR_EMPTY};
    TRY(change_need_admin(cx, by));
    beside.own = access_account(by);
    TRY(auth_account_list(auth, cx, &accounts, &count));
    TRY(auth_session_list(auth, cx, STR_EMPTY, &sessions, &beside.session_count));
    beside.sessions = sessions;
    TRY(read_signed_in(auth, cx, &beside));
    TRY(note(auth, cx, by, STR("account-list"), STATUS_OK));
    return write_accounts(cx, accounts, count, query, &beside, ret_json);
}

/* ---- somebody who administers remains -------------------------------------------------------- */

static bool account_administers(const Account *account)
{
    return str_eq(account->public.role, STR("admin")) && !account->public.blocked &&
           account->password.len;
}

Status admins_remain(Auth *auth, Ctx *cx, const Access *by, const Account *changed,
                     uint64_t *ret_epoch)
{
    StoreItem as_read = account_guard(changed);
    Account before;
    AuthAccount *accounts;
    size_t count;
    *ret_epoch = 0;
    if (!str_eq(access_role(by), STR("admin")) || account_administers(changed))
        return STATUS_OK;
    TRY(account_parse(cx, &as_read, &before));
    if (!account_administers(&before))
        return STATUS_OK;
    *ret_epoch = auth->shared ? atomic_load(&auth->epoch) : 0;
    TRY(auth_account_list(auth, cx, &accounts, &count));
    for (size_t i = 0; i < count; i++) {
        bool other = !str_eq(accounts[i].user, changed->public.user);
        if (other && str_eq(accounts[i].role, STR("admin")) && !accounts[i].blocked &&
            !accounts[i].invited)
            return STATUS_OK;
    }
    return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                    "This is the last account that administers: make another administrator "
                    "first, and let him sign in.");
}
