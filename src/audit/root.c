/* audit/root.c - a root as bytes, as a line, and its signature. */
#include "audit/root.h"

enum { ROOT_MARK = 0x52, ROOT_VERSION = 1 };
static const Str signed_head = {"aceso audit root 1", 19}; /* with its NUL */

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
