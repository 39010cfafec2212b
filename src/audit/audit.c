/* audit/audit.c - an audit entry as bytes, and back.
 *
 *   01 | outcome (1) | version | account | role | interaction | type | id | address
 *      | request_id | query | resource_count | resource ...
 *   02 | the same | who | purpose | client | reason | flags (1) | salt (16)
 *      | part_count | (tag (8) | sealed) ...
 *
 * Of the second, id, resources and reason stand in the parts when they are about a patient, and are
 * empty in front. flags: 01 the glass was broken, above it factors, shifted by one. The salt keeps
 * the link of an entry, which stands in the clear in a database, from telling what it was made of.
 * A part in the clear (seal.c): id | reason | count | resource ...
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
#include "audit/seal.h"

enum {
    AUDIT_FIRST = 1,
    AUDIT_VERSION = 2,
    NUMBER_BYTES_MAX = 10,
    STRING_COUNT = 8,
    MORE_COUNT = 4,
    FLAG_BROKEN = 1,
};

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

void audit_put_number(Buf *buf, uint64_t number)
{
    uint8_t bytes[NUMBER_BYTES_MAX];
    size_t count = 0;
    for (; number >= 0x80; number >>= 7)
        bytes[count++] = (uint8_t)(number | 0x80);
    bytes[count++] = (uint8_t)number;
    buf_add(buf, bytes, count);
}

void audit_put_string(Buf *buf, Str string)
{
    audit_put_number(buf, string.len);
    buf_add(buf, string.at, string.len);
}

static void more_strings(const AuditEntry *entry, Str strings[MORE_COUNT])
{
    const Str all[MORE_COUNT] = {entry->who, entry->purpose, entry->client, entry->reason};
    memcpy(strings, all, sizeof all);
}

static void put_strings(Buf *buf, const Str *strings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        audit_put_string(buf, strings[i]);
}

Status audit_pack_whole(Ctx *cx, const AuditEntry *entry, Str *ret_packed)
{
    Str strings[STRING_COUNT], more[MORE_COUNT];
    Buf buf;
    uint8_t head[] = {AUDIT_VERSION, outcome_codes[entry->outcome]},
            flags = (uint8_t)(entry->broken | (entry->factors & AUDIT_FACTORS_ALL) << 1);
    assert((unsigned)entry->outcome < STATUS_COUNT);
    entry_strings(entry, strings);
    more_strings(entry, more);
    buf_init(&buf, cx->arena, 256, PACKED_BYTES_MAX);
    buf_add(&buf, head, sizeof(head));
    audit_put_number(&buf, entry->version);
    put_strings(&buf, strings, STRING_COUNT);
    audit_put_number(&buf, entry->resource_count);
    put_strings(&buf, entry->resources, entry->resource_count);
    put_strings(&buf, more, MORE_COUNT);
    buf_add(&buf, &flags, 1);
    buf_add(&buf, entry->salt, sizeof(entry->salt));
    audit_put_number(&buf, entry->part_count);
    for (size_t i = 0; i < entry->part_count; i++) {
        buf_add(&buf, entry->parts[i].tag, AUDIT_TAG_BYTES);
        audit_put_string(&buf, entry->parts[i].sealed);
    }
    *ret_packed = buf_str(&buf);
    return buf_done(&buf);
}

Status audit_pack(Ctx *cx, const AuditEntry *entry, Str *ret_packed)
{
    AuditEntry clear = *entry;
    crypto_random(clear.salt, sizeof(clear.salt));
    clear.parts = NULL;
    clear.part_count = 0;
    return audit_pack_whole(cx, &clear, ret_packed);
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

static bool audit_take_number(Str *left, uint64_t max, uint64_t *ret_number)
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

bool audit_take_string(Str *left, Str *ret_string)
{
    uint64_t len;
    if (!audit_take_number(left, UINT64_MAX, &len) || len > left->len)
        return false;
    *ret_string = str_n(left->at, len);
    *left = str_n(left->at + len, left->len - len);
    return true;
}

static bool take_head(Str *left, uint8_t *ret_layout, AuditEntry *entry)
{
    uint8_t outcome;
    uint64_t version;
    Str *strings[STRING_COUNT] = {&entry->account,    &entry->role, &entry->interaction,
                                  &entry->type,       &entry->id,   &entry->address,
                                  &entry->request_id, &entry->query};
    if (!take_byte(left, ret_layout) ||
        (*ret_layout != AUDIT_FIRST && *ret_layout != AUDIT_VERSION) ||
        !take_byte(left, &outcome) || !outcome_status(outcome, &entry->outcome) ||
        !audit_take_number(left, UINT32_MAX, &version))
        return false;
    entry->version = (uint32_t)version;
    for (size_t i = 0; i < STRING_COUNT; i++) {
        if (!audit_take_string(left, strings[i]))
            return false;
    }
    return true;
}

/* A resource takes a byte at least, a part more: a count cannot ask for more memory than that. */
bool audit_take_strings(Ctx *cx, Str *left, const Str **ret_strings, size_t *ret_count)
{
    uint64_t count;
    if (!audit_take_number(left, left->len, &count))
        return false;
    Str *strings = arena_array_of(cx->arena, Str, count + 1);
    for (size_t i = 0; strings && i < count; i++) {
        if (!audit_take_string(left, &strings[i]))
            return false;
    }
    *ret_strings = strings;
    *ret_count = count;
    return strings;
}

static bool take_bytes(Str *left, void *to, size_t bytes)
{
    if (left->len < bytes)
        return false;
    memcpy(to, left->at, bytes);
    *left = str_from(*left, bytes);
    return true;
}

static bool take_parts(Ctx *cx, Str *left, AuditEntry *entry)
{
    uint64_t count;
    if (!audit_take_number(left, left->len, &count))
        return false;
    AuditPart *parts = arena_array_of(cx->arena, AuditPart, count + 1);
    for (size_t i = 0; parts && i < count; i++) {
        if (!take_bytes(left, parts[i].tag, AUDIT_TAG_BYTES) ||
            !audit_take_string(left, &parts[i].sealed))
            return false;
    }
    entry->parts = parts;
    entry->part_count = count;
    return parts;
}

static bool take_more(Ctx *cx, Str *left, AuditEntry *entry)
{
    uint8_t flags;
    Str *strings[MORE_COUNT] = {&entry->who, &entry->purpose, &entry->client, &entry->reason};
    for (size_t i = 0; i < MORE_COUNT; i++) {
        if (!audit_take_string(left, strings[i]))
            return false;
    }
    if (!take_byte(left, &flags) || !take_bytes(left, entry->salt, AUDIT_SALT_BYTES))
        return false;
    entry->broken = flags & FLAG_BROKEN;
    entry->factors = flags >> 1;
    return take_parts(cx, left, entry);
}

Status audit_unpack(Ctx *cx, Str packed, AuditEntry *ret_entry)
{
    AuditEntry entry = {0};
    uint8_t layout;
    if (root_is(packed)) {
        *ret_entry = (AuditEntry){.interaction = STR("root")};
        return STATUS_OK;
    }
    bool sound = take_head(&packed, &layout, &entry) &&
                 audit_take_strings(cx, &packed, &entry.resources, &entry.resource_count) &&
                 (layout == AUDIT_FIRST || take_more(cx, &packed, &entry));
    if (!sound || packed.len > 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "This is not an audit entry.");
    *ret_entry = entry;
    return STATUS_OK;
}
