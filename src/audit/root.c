/* audit/root.c - a root as bytes, as a line, and how one is made. */
#include "audit/root.h"

#include <stdio.h>

#include "store/moving.h"

enum { ROOT_MARK = 0x52, ROOT_VERSION = 1 };
static const Str space = STR_INIT("audit"), seed_key = STR_INIT("signing-key"),
                 signed_head = {"aceso audit root 1", 19}; /* with its NUL */

/* ---- bytes ------------------------------------------------------------------------------ */

static char *put_u64(char *at, uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (char)(number >> shift);
    return at;
}

static uint64_t take_u64(const char *at)
{
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | (uint8_t)at[i];
    return number;
}

bool root_is(Str entry)
{
    return entry.len > 0 && entry.at[0] == ROOT_MARK;
}

void root_write(const AuditRoot *root, char to[ROOT_BYTES])
{
    *to++ = ROOT_MARK;
    *to++ = ROOT_VERSION;
    to = put_u64(to, root->number);
    to = put_u64(to, (uint64_t)root->at);
    memcpy(to, root->link.bytes, 32);
    memcpy(to + 32, root->key, 32);
    memcpy(to + 64, root->signature, 64);
}

bool root_read(Str entry, AuditRoot *ret_root)
{
    if (entry.len != ROOT_BYTES || entry.at[0] != ROOT_MARK || entry.at[1] != ROOT_VERSION)
        return false;
    ret_root->number = take_u64(entry.at + 2);
    ret_root->at = (Time)take_u64(entry.at + 10);
    memcpy(ret_root->link.bytes, entry.at + 18, 32);
    memcpy(ret_root->key, entry.at + 50, 32);
    memcpy(ret_root->signature, entry.at + 82, 64);
    return true;
}

static Str signed_bytes(const AuditRoot *root, char room[19 + ROOT_BYTES])
{
    memcpy(room, signed_head.at, signed_head.len);
    root_write(root, room + signed_head.len);
    return str_n(room, signed_head.len + ROOT_SIGNED_BYTES);
}

void root_sign(AuditRoot *root, const uint8_t seed[CRYPTO_SIGN_SEED_BYTES])
{
    char room[19 + ROOT_BYTES];
    crypto_sign_public(seed, root->key);
    crypto_sign_with(seed, signed_bytes(root, room), root->signature);
}

bool root_is_signed(const AuditRoot *root)
{
    char room[19 + ROOT_BYTES];
    return crypto_signed(root->key, signed_bytes(root, room), root->signature);
}

/* ---- lines ------------------------------------------------------------------------------ */

Str root_line(Arena *arena, const AuditRoot *root)
{
    char at[TIME_INSTANT_LEN];
    time_format_instant(root->at, at);
    Str link = crypto_hex(arena, chain_str(&root->link)),
        key = crypto_hex(arena, str_n((const char *)root->key, 32)),
        signature = crypto_hex(arena, str_n((const char *)root->signature, 64));
    if (!link.at || !key.at || !signature.at)
        return (Str){NULL, 0};
    return arena_format(arena,
                        "{\"number\":%llu,\"at\":\"%.*s\",\"microseconds\":%lld,\"link\":\"%s\","
                        "\"key\":\"%s\",\"signature\":\"%s\"}",
                        (unsigned long long)root->number, TIME_INSTANT_LEN, at, (long long)root->at,
                        link.at, key.at, signature.at);
}

/* The text between "NAME": and the comma or brace behind it; lines are root_line's own. */
static Str member(Str line, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i + len + 3 < line.len; i++) {
        if (line.at[i] != '"' || memcmp(line.at + i + 1, name, len) != 0 ||
            line.at[i + 1 + len] != '"' || line.at[i + 2 + len] != ':')
            continue;
        Str rest = str_from(line, i + 3 + len);
        size_t end = 0;
        while (end < rest.len && rest.at[end] != ',' && rest.at[end] != '}')
            end++;
        rest = str_head(rest, end);
        return rest.len >= 2 && rest.at[0] == '"' ? str_n(rest.at + 1, rest.len - 2) : rest;
    }
    return STR_EMPTY;
}

static bool take_hex(Ctx *cx, Str line, const char *name, uint8_t *to, size_t bytes)
{
    Str raw;
    if (!crypto_hex_decode(cx->arena, member(line, name), &raw) || raw.len != bytes)
        return false;
    memcpy(to, raw.at, bytes);
    return true;
}

Status root_of_line(Ctx *cx, Str line, AuditRoot *ret_root)
{
    uint64_t at;
    if (!str_to_u64(member(line, "number"), &ret_root->number) ||
        !str_to_u64(member(line, "microseconds"), &at) || at > INT64_MAX ||
        !take_hex(cx, line, "link", ret_root->link.bytes, 32) ||
        !take_hex(cx, line, "key", ret_root->key, 32) ||
        !take_hex(cx, line, "signature", ret_root->signature, 64))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The witness has a line that is no root of an audit log.");
    ret_root->at = (Time)at;
    return STATUS_OK;
}

/* ---- making ----------------------------------------------------------------------------- */

static Status find_seed(Ctx *cx, Store *store, const Access *access, Str *ret_seed)
{
    StoreReader *reader;
    TRY(store_read_begin(store, cx, access, &reader));
    Status status = store_item_get(reader, space, seed_key, ret_seed);
    store_read_end(reader);
    if (status == STATUS_OK && ret_seed->len != CRYPTO_SIGN_SEED_BYTES)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The signing key of the audit is damaged.");
    return status;
}

static Status make_seed(Ctx *cx, Store *store, const Access *access)
{
    uint8_t seed[CRYPTO_SIGN_SEED_BYTES];
    crypto_random(seed, sizeof(seed));
    StoreItem none = {space, seed_key, STR_EMPTY},
              item = {space, seed_key, str_n((const char *)seed, sizeof(seed))};
    StoreCommit commit = {.items = &item, .item_count = 1, .guard = &none};
    Status status = store_commit(store, cx, access, &commit);
    crypto_wipe(seed, sizeof(seed));
    return status == STATUS_CONFLICT ? STATUS_OK : status; /* somebody else has made it */
}

static Status get_seed(Ctx *cx, Store *store, const Access *access, Str *ret_seed)
{
    Status status = find_seed(cx, store, access, ret_seed);
    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(make_seed(cx, store, access));
    status = find_seed(cx, store, access, ret_seed);
    return status == STATUS_NOT_FOUND ? STATUS_UNAVAILABLE : status;
}

Status root_key(Ctx *cx, Store *store, const Access *access,
                uint8_t ret_key[CRYPTO_SIGN_PUBLIC_BYTES])
{
    Str seed;
    TRY(get_seed(cx, store, access, &seed));
    crypto_sign_public((const uint8_t *)seed.at, ret_key);
    return STATUS_OK;
}

Status root_key_known(Ctx *cx, Store *store, const Access *access,
                      uint8_t room[CRYPTO_SIGN_PUBLIC_BYTES], const uint8_t **ret_known)
{
    Str seed;
    Status status = find_seed(cx, store, access, &seed);
    *ret_known = status == STATUS_OK ? room : NULL;
    if (status == STATUS_OK)
        crypto_sign_public((const uint8_t *)seed.at, room);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status read_last(Ctx *cx, Store *store, const Access *access, StoreAuditRow *ret_row,
                        bool *ret_found)
{
    StoreReader *reader;
    StoreAuditRow *rows;
    StoreTip tip;
    size_t count = 0;
    TRY(store_read_begin(store, cx, access, &reader));
    Status status = store_tip(reader, &tip);
    if (status == STATUS_OK && tip.audit)
        status = store_audit_read(reader, tip.audit, 1, &rows, &count);
    store_read_end(reader);
    TRY(status);
    *ret_found = count == 1;
    if (count == 1)
        *ret_row = rows[0];
    return STATUS_OK;
}

Status root_make(Ctx *cx, Store *store, const Access *access, Str outbox, AuditRoot *ret_root,
                 bool *ret_made)
{
    StoreAuditRow last;
    Str seed;
    char bytes[ROOT_BYTES];
    *ret_made = false;
    TRY(get_seed(cx, store, access, &seed));
    TRY(read_last(cx, store, access, &last, ret_made));
    if (!*ret_made || root_is(last.entry) || !chain_read(last.link, &ret_root->link)) {
        *ret_made = false;
        return STATUS_OK;
    }
    ret_root->number = last.number;
    ret_root->at = time_now();
    root_sign(ret_root, (const uint8_t *)seed.at);
    root_write(ret_root, bytes);
    Str entry = str_n(bytes, sizeof(bytes));
    char name[24];
    int len = snprintf(name, sizeof(name), "%020llu", (unsigned long long)ret_root->number);
    StoreItem item = {outbox, str_n(name, (size_t)len), entry};
    StoreCommit commit = {
        .audits = &entry, .audit_count = 1, .items = &item, .item_count = outbox.len > 0};
    return store_commit(store, cx, access, &commit);
}
