/* audit/audit.c - an audit entry as bytes, and back.
 *
 *   01 | outcome (1) | version | account | role | interaction | type | id | address
 *      | request_id | query | resource_count | resource ...
 *
 * A number is 1 to 10 bytes, seven bits each, lowest first, the top bit set on all but the
 * last (LEB128). A string is its length as a number, then its bytes. There is one way to
 * write an entry: longer forms of a number and bytes behind the end are refused, so that
 * unpacking and packing again gives the same bytes. Example, a read of Patient/p1:
 *
 *   01 00 00  02 "dr"  02 "gp"  04 "read"  07 "Patient"  02 "p1"  03 "::1"  01 "7"  00  00
 */
#include "audit/audit.h"

#include "audit/root.h"

enum { AUDIT_VERSION = 1, NUMBER_BYTES_MAX = 10, STRING_COUNT = 8 };

/* What stands in the file for a Status. Never changed, only added to: entries are for ever,
 * while the order in status.h may change. */
static const uint8_t outcome_codes[STATUS_COUNT] = {
    [STATUS_OK] = 0,
    [STATUS_INVALID] = 1,
    [STATUS_UNSUPPORTED] = 2,
    [STATUS_UNAUTHORIZED] = 3,
    [STATUS_FORBIDDEN] = 4,
    [STATUS_NOT_FOUND] = 5,
    [STATUS_METHOD] = 6,
    [STATUS_NOT_ACCEPTABLE] = 7,
    [STATUS_TIMEOUT] = 8,
    [STATUS_CONFLICT] = 9,
    [STATUS_GONE] = 10,
    [STATUS_LENGTH] = 11,
    [STATUS_PRECONDITION] = 12,
    [STATUS_TOO_LARGE] = 13,
    [STATUS_MEDIA_TYPE] = 14,
    [STATUS_UNPROCESSABLE] = 15,
    [STATUS_LOCKED_OUT] = 16,
    [STATUS_HEADERS] = 17,
    [STATUS_INTERNAL] = 18,
    [STATUS_UNAVAILABLE] = 19,
    [STATUS_STORAGE] = 20,
    [STATUS_MEMORY] = 21,
};
static_assert(STATUS_COUNT == 22, "give a new Status the next free number above");

static bool outcome_status(uint8_t code, Status *ret_status)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        if (outcome_codes[i] == code) {
            *ret_status = (Status)i;
            return true;
        }
    }
    return false;
}

/* The strings of an entry in the order of the layout. */
static void entry_strings(const AuditEntry *entry, Str strings[STRING_COUNT])
{
    const Str all[STRING_COUNT] = {entry->account,    entry->role, entry->interaction,
                                   entry->type,       entry->id,   entry->address,
                                   entry->request_id, entry->query};
    memcpy(strings, all, sizeof all);
}

static size_t number_bytes(uint64_t number)
{
    size_t bytes = 1;
    for (; number >= 0x80; number >>= 7)
        bytes++;
    return bytes;
}

static uint8_t *put_number(uint8_t *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (uint8_t)(number | 0x80);
    *at++ = (uint8_t)number;
    return at;
}

static uint8_t *put_string(uint8_t *at, Str string)
{
    at = put_number(at, string.len);
    if (string.len)
        memcpy(at, string.at, string.len);
    return at + string.len;
}

static size_t string_bytes(Str string)
{
    return number_bytes(string.len) + string.len;
}

Status audit_pack(Ctx *cx, const AuditEntry *entry, Str *ret_packed)
{
    Str strings[STRING_COUNT];
    entry_strings(entry, strings);
    size_t bytes = 2 + number_bytes(entry->version) + number_bytes(entry->resource_count);
    for (size_t i = 0; i < STRING_COUNT; i++)
        bytes += string_bytes(strings[i]);
    for (size_t i = 0; i < entry->resource_count; i++)
        bytes += string_bytes(entry->resources[i]);
    uint8_t *packed = arena_alloc_raw(cx->arena, bytes), *at = packed;
    if (!packed)
        return STATUS_MEMORY;
    assert((unsigned)entry->outcome < STATUS_COUNT);
    *at++ = AUDIT_VERSION;
    *at++ = outcome_codes[entry->outcome];
    at = put_number(at, entry->version);
    for (size_t i = 0; i < STRING_COUNT; i++)
        at = put_string(at, strings[i]);
    at = put_number(at, entry->resource_count);
    for (size_t i = 0; i < entry->resource_count; i++)
        at = put_string(at, entry->resources[i]);
    assert(at == packed + bytes);
    *ret_packed = str_n((const char *)packed, bytes);
    return STATUS_OK;
}

/* Each take_ returns false at bytes that audit_pack does not write, and moves on otherwise. */
static bool take_byte(Str *left, uint8_t *ret_byte)
{
    if (left->len == 0)
        return false;
    *ret_byte = (uint8_t)left->at[0];
    *left = str_n(left->at + 1, left->len - 1);
    return true;
}

static bool take_number(Str *left, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;
    uint8_t byte;
    for (unsigned i = 0; i < NUMBER_BYTES_MAX; i++) {
        if (!take_byte(left, &byte) || (i == NUMBER_BYTES_MAX - 1 && byte > 1))
            return false;
        number |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (!(byte & 0x80)) {
            *ret_number = number;
            return number <= max && (byte != 0 || i == 0);
        }
    }
    return false;
}

static bool take_string(Str *left, Str *ret_string)
{
    uint64_t len;
    if (!take_number(left, UINT64_MAX, &len) || len > left->len)
        return false;
    *ret_string = str_n(left->at, len);
    *left = str_n(left->at + len, left->len - len);
    return true;
}

static bool take_head(Str *left, AuditEntry *entry, uint64_t *ret_resource_count)
{
    uint8_t layout, outcome;
    uint64_t version;
    Str *strings[STRING_COUNT] = {&entry->account,    &entry->role, &entry->interaction,
                                  &entry->type,       &entry->id,   &entry->address,
                                  &entry->request_id, &entry->query};
    if (!take_byte(left, &layout) || layout != AUDIT_VERSION || !take_byte(left, &outcome) ||
        !outcome_status(outcome, &entry->outcome) || !take_number(left, UINT32_MAX, &version))
        return false;
    entry->version = (uint32_t)version;
    for (size_t i = 0; i < STRING_COUNT; i++) {
        if (!take_string(left, strings[i]))
            return false;
    }
    /* A resource takes a byte at least: a count cannot ask for more memory than that. */
    return take_number(left, UINT64_MAX, ret_resource_count) && *ret_resource_count <= left->len;
}

Status audit_unpack(Ctx *cx, Str packed, AuditEntry *ret_entry)
{
    AuditEntry entry = {0};
    uint64_t count = 0;
    if (root_is(packed)) {
        *ret_entry = (AuditEntry){.interaction = STR("root")};
        return STATUS_OK;
    }
    bool sound = take_head(&packed, &entry, &count);
    Str *resources = NULL;
    if (sound && count > 0) {
        resources = arena_array_of(cx->arena, Str, count);
        if (!resources)
            return STATUS_MEMORY;
    }
    for (size_t i = 0; sound && i < count; i++)
        sound = take_string(&packed, &resources[i]);
    if (!sound || packed.len > 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "This is not an audit entry.");
    entry.resources = resources;
    entry.resource_count = count;
    *ret_entry = entry;
    return STATUS_OK;
}
