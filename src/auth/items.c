/* auth/items.c - sessions and tokens as items of the store, and the commit of a change.
 *
 *   space "session", key = hex SHA-256 of the cookie
 *     {"user":"dr.dupont","created":1790000000000000,"seen":...,"expires":...,"changes":0,
 *      "stepped":...,"ways":3,"device":"Firefox","address":"192.0.2.7","locked":false,"enrol":false}
 *   space "token", key = hex SHA-256 of the token
 *     {"label":"laboratory bridge","user":"","write":true,"created":...,"seen":...,"expires":...}
 *     of src/oauth also: "changes" and what app.c writes
 *
 * Instants are microseconds since 1970. */
#include "auth/inner.h"
#include "auth/change.h"

enum { ITEM_BYTES_MAX = 4096 };

Str handle_space(HandleKind kind)
{
    return kind == HANDLE_SESSION ? STR("session") : STR("token");
}

static void write_text(Buf *buf, const char *name, Str text)
{
    buf_format(buf, "%s\"%s\":", buf->len > 1 ? "," : "", name);
    json_write_string(buf, text);
}

static void write_number(Buf *buf, const char *name, Time number)
{
    buf_format(buf, "%s\"%s\":%lld", buf->len > 1 ? "," : "", name, (long long)number);
}

static void write_session(Buf *buf, const Handle *handle)
{
    write_number(buf, "changes", (Time)handle->account_changes);
    write_number(buf, "stepped", handle->stepped);
    write_number(buf, "ways", handle->ways);
    write_text(buf, "device", short_str(&handle->label));
    write_text(buf, "address", short_str(&handle->address));
    buf_format(buf, ",\"locked\":%s,\"enrol\":%s", handle->locked ? "true" : "false",
               handle->must_enrol ? "true" : "false");
}

Status handle_item(Ctx *cx, const Handle *handle, StoreItem *ret_item)
{
    Buf buf;
    buf_init(&buf, cx->arena, 256, ITEM_BYTES_MAX);
    buf_add_char(&buf, '{');
    if (handle->kind == HANDLE_TOKEN) {
        write_text(&buf, "label", short_str(&handle->label));
        buf_format(&buf, ",\"write\":%s", handle->may_write ? "true" : "false");
    }
    write_text(&buf, "user", short_str(&handle->user));
    write_number(&buf, "created", handle->created);
    write_number(&buf, "seen", handle->seen);
    write_number(&buf, "expires", handle->expires);
    if (handle->kind == HANDLE_SESSION)
        write_session(&buf, handle);
    if (handle->app) {
        write_number(&buf, "changes", (Time)handle->account_changes);
        app_write(&buf, handle->app);
    }
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    Str key = handle_key(cx->arena, handle);
    if (!key.at)
        return STATUS_MEMORY;
    *ret_item = (StoreItem){handle_space(handle->kind), key, buf_str(&buf)};
    return STATUS_OK;
}

static bool read_time(const JsonValue *root, Str name, Time *ret_time)
{
    uint64_t number;
    if (!str_to_u64(json_str(json_get(root, name)), &number) || number > INT64_MAX)
        return false;
    *ret_time = (Time)number;
    return true;
}

Status handle_parse(Ctx *cx, HandleKind kind, const StoreItem *item, Handle *ret_handle)
{
    Handle handle = {.kind = kind};
    JsonValue *root;
    Str hash;
    Time seen;
    TRY(json_parse(cx, item->value, &root));
    if (!crypto_hex_decode(cx->arena, item->key, &hash) || hash.len != CRYPTO_SHA256_BYTES ||
        !read_time(root, STR("created"), &handle.created) || !read_time(root, STR("seen"), &seen) ||
        !read_time(root, STR("expires"), &handle.expires))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "An item of \"" STR_FMT "\" is damaged.",
                        STR_ARG(item->space));
    memcpy(handle.hash, hash.at, hash.len);
    handle.seen = handle.written = seen;
    handle.user = short_of(json_get_str(root, STR("user")));
    handle.label = short_of(json_get_str(root, STR("label")));
    handle.may_write = kind == HANDLE_SESSION || json_bool(json_get(root, STR("write")));
    handle.role = short_of(STR("program"));
    (void)str_to_u64(json_str(json_get(root, STR("changes"))), &handle.account_changes);
    if (kind == HANDLE_SESSION) {
        if (!read_time(root, STR("stepped"), &handle.stepped))
            handle.stepped = 0; /* of an older version: as if long ago */
        uint64_t ways = 0;      /* of an older version: not known */
        (void)str_to_u64(json_str(json_get(root, STR("ways"))), &ways);
        handle.ways = (uint8_t)ways;
        handle.label = short_of(json_get_str(root, STR("device")));
        handle.address = short_of(json_get_str(root, STR("address")));
        handle.locked = json_bool(json_get(root, STR("locked")));
        handle.must_enrol = json_bool(json_get(root, STR("enrol")));
    }
    if (kind == HANDLE_TOKEN)
        TRY(app_parse(cx, root, &handle.app));
    *ret_handle = handle;
    return STATUS_OK;
}

void handle_set_account(Handle *handle, const AuthAccount *account)
{
    handle->user = short_of(account->user);
    handle->display = short_of(account->display);
    handle->role = short_of(account->role);
    handle->reference = short_of(account->reference);
    handle->language = short_of(account->language);
}

Status change_need_admin(Ctx *cx, const Access *by)
{
    if (!by)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
    if (!str_eq(access_role(by), STR("operator")) && !str_eq(access_role(by), STR("admin")))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Only an administrator manages accounts and tokens.");
    return access_need_write(cx, by);
}

static Status commit_failed(Ctx *cx, Status status)
{
    switch (status) {
    case STATUS_CONFLICT:
        return ctx_fail(cx, status, STR_EMPTY, "Somebody else has just changed this. Try again.");
    case STATUS_STORAGE:
        return ctx_fail(cx, status, STR_EMPTY, "The disk is full; nothing was changed.");
    default: return ctx_fail(cx, status, STR_EMPTY, "The store cannot be written now.");
    }
}

Status change_commit(Auth *auth, Ctx *cx, const Change *change)
{
    AuditEntry entry = change->audit;
    Str packed;
    if (change->by) {
        entry.account = access_account(change->by);
        entry.role = access_role(change->by);
    }
    entry.request_id = cx->request_id;
    TRY(audit_pack(cx, &entry, &packed));
    StoreCommit commit = {.audits = &packed,
                          .audit_count = entry.interaction.len > 0,
                          .items = change->items,
                          .item_count = change->item_count,
                          .guard = change->guard,
                          .epochs = {[STORE_EPOCH_AUTH] = change->epoch},
                          .raises = change->ends ? 1u << STORE_EPOCH_AUTH : 0};
    Status status = store_commit(auth->store, cx, auth->self, &commit);
    if (status == STATUS_OK && change->ends)
        follow_tell(auth);
    return status == STATUS_OK ? STATUS_OK : commit_failed(cx, status);
}

Status change_end_handle(Auth *auth, Ctx *cx, const Handle *handle, const Change *change)
{
    StoreItem item = {.space = handle_space(handle->kind), .key = handle_key(cx->arena, handle)};
    handles_drop(&auth->handles, handle->kind, handle->hash);
    if (!item.key.at)
        return STATUS_MEMORY;
    Change whole = *change;
    whole.items = &item;
    whole.item_count = 1;
    whole.ends = true;
    return change_commit(auth, cx, &whole);
}
