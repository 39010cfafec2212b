/* oauth/words.c - forms that come, answers that go, items between. */
#include "oauth/inner.h"

#include "store/item.h"

bool form_value(Ctx *cx, Str form, Str name, Str *ret_value)
{
    bool found = false;
    *ret_value = STR_EMPTY;
    while (form.len) {
        Str value = str_cut(&form, '&'), key = str_cut(&value, '='), decoded;
        if (uri_decode(cx->arena, key, true, &decoded) || !str_eq(decoded, name))
            continue;
        if (found || (value.at && uri_decode(cx->arena, value, true, ret_value)))
            return false;
        found = true;
    }
    return true;
}

Status answer_error(Ctx *cx, OauthAnswer *answer, unsigned http, const char *error,
                    const char *sentence)
{
    Buf out;
    buf_init(&out, cx->arena, 256, 4096);
    buf_add_lit(&out, "{\"error\":");
    json_write_string(&out, str_of(error));
    json_text(&out, "error_description", str_of(sentence));
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *answer = (OauthAnswer){.http = http, .body = buf_str(&out)};
    return STATUS_OK;
}

Str take_issue(Ctx *cx, Str otherwise)
{
    Str sentence = cx->issues ? cx->issues->diagnostics : otherwise;
    ctx_forget(cx);
    return sentence;
}

void json_text(Buf *out, const char *name, Str value)
{
    buf_format(out, "%s\"%s\":", out->len && out->at[out->len - 1] != '{' ? "," : "", name);
    json_write_string(out, value);
}

void json_text_or_none(Buf *out, const char *name, Str value)
{
    if (value.len)
        json_text(out, name, value);
}

void json_time(Buf *out, const char *name, Time value)
{
    buf_format(out, "%s\"%s\":%lld", out->len && out->at[out->len - 1] != '{' ? "," : "", name,
               (long long)value);
}

void json_flag(Buf *out, const char *name, bool value)
{
    buf_format(out, "%s\"%s\":%s", out->len && out->at[out->len - 1] != '{' ? "," : "", name,
               value ? "true" : "false");
}

Time read_time(const JsonValue *object, Str name)
{
    uint64_t number = 0;
    return str_to_u64(json_str(json_get(object, name)), &number) && number <= INT64_MAX
               ? (Time)number
               : 0;
}

void add_parameter(Buf *out, const char *name, Str value)
{
    char last = out->len ? out->at[out->len - 1] : '?';
    if (last != '?' && last != '&')
        buf_add_char(out, '&');
    buf_format(out, "%s=", name);
    uri_encode(out, value);
}

Str hash_key(Arena *arena, Str text)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(text, hash);
    return crypto_hex(arena, str_n((const char *)hash, sizeof hash));
}

Str random_text(Arena *arena, size_t bytes)
{
    uint8_t random[64];
    assert(bytes <= sizeof random);
    crypto_random(random, bytes);
    Str text = crypto_base64url(arena, str_n((const char *)random, bytes));
    crypto_wipe(random, sizeof random);
    return text;
}

/* ---- items ---------------------------------------------------------------------------------- */

Status item_read(Oauth *oauth, Ctx *cx, Str space, Str key, Str *ret_value)
{
    return store_item_now(oauth->store, cx, oauth->self, space, key, ret_value);
}

Status items_read(Oauth *oauth, Ctx *cx, Str space, StoreItem **ret_items, size_t *ret_count)
{
    StoreReader *reader;
    TRY(store_read_begin(oauth->store, cx, oauth->self, &reader));
    Status status = store_item_list(reader, space, ret_items, ret_count);
    store_read_end(reader);
    return status;
}

Status items_commit(Oauth *oauth, Ctx *cx, const StoreItem *items, size_t count,
                    const StoreItem *guard, const AuditEntry *entry)
{
    Str packed = STR_EMPTY;
    if (entry)
        TRY(audit_pack(cx, entry, &packed));
    StoreCommit commit = {.audits = &packed,
                          .audit_count = entry != NULL,
                          .items = items,
                          .item_count = count,
                          .guard = guard};
    Status status = store_commit(oauth->store, cx, oauth->self, &commit);
    if (status == STATUS_OK || status == STATUS_CONFLICT)
        return status;
    return ctx_fail(cx, status, STR_EMPTY, "The store cannot be written now.");
}
