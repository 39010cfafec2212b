/* auth/authenticator.c - the home of libcbor. */
#include "auth/authenticator.h"

#include <cbor.h>

/* ---- one item of CBOR ------------------------------------------------------------- */

typedef enum {
    ITEM_SCALAR, /* true, null, a float: nothing that is looked at */
    ITEM_NUMBER,
    ITEM_NEGATIVE, /* -1 - number */
    ITEM_BYTES,
    ITEM_TEXT,
    ITEM_ARRAY, /* of `number` items */
    ITEM_MAP,   /* of `number` pairs */
    ITEM_TAG,
    ITEM_BAD, /* of no said length: authenticators may not (CTAP 2.1, 8) */
} ItemKind;

typedef struct {
    ItemKind kind;
    uint64_t number;
    Str bytes;
} Item;

enum { DEPTH_MAX = 8 };

static void set_number(void *of, ItemKind kind, uint64_t number)
{
    *(Item *)of = (Item){.kind = kind, .number = number};
}

#define ON_NUMBER(name, Type, item_kind)                                                           \
    static void name(void *of, Type number)                                                        \
    {                                                                                              \
        set_number(of, item_kind, number);                                                         \
    }
ON_NUMBER(on_u8, uint8_t, ITEM_NUMBER)
ON_NUMBER(on_u16, uint16_t, ITEM_NUMBER)
ON_NUMBER(on_u32, uint32_t, ITEM_NUMBER)
ON_NUMBER(on_u64, uint64_t, ITEM_NUMBER)
ON_NUMBER(on_n8, uint8_t, ITEM_NEGATIVE)
ON_NUMBER(on_n16, uint16_t, ITEM_NEGATIVE)
ON_NUMBER(on_n32, uint32_t, ITEM_NEGATIVE)
ON_NUMBER(on_n64, uint64_t, ITEM_NEGATIVE)
ON_NUMBER(on_array, size_t, ITEM_ARRAY)
ON_NUMBER(on_map, size_t, ITEM_MAP)
ON_NUMBER(on_tag, uint64_t, ITEM_TAG)

static void on_bytes(void *of, cbor_data at, size_t len)
{
    *(Item *)of = (Item){.kind = ITEM_BYTES, .bytes = str_n((const char *)at, len)};
}

static void on_text(void *of, cbor_data at, size_t len)
{
    *(Item *)of = (Item){.kind = ITEM_TEXT, .bytes = str_n((const char *)at, len)};
}

static void on_bad(void *of)
{
    *(Item *)of = (Item){.kind = ITEM_BAD};
}

static struct cbor_callbacks callbacks(void)
{
    struct cbor_callbacks on = cbor_empty_callbacks;
    on.uint8 = on_u8;
    on.uint16 = on_u16;
    on.uint32 = on_u32;
    on.uint64 = on_u64;
    on.negint8 = on_n8;
    on.negint16 = on_n16;
    on.negint32 = on_n32;
    on.negint64 = on_n64;
    on.byte_string = on_bytes;
    on.string = on_text;
    on.array_start = on_array;
    on.map_start = on_map;
    on.tag = on_tag;
    on.byte_string_start = on.string_start = on_bad;
    on.indef_array_start = on.indef_map_start = on.indef_break = on_bad;
    return on;
}

/* Takes the next item off *rest: a string whole, of an array or a map its head. */
static bool take(Str *rest, Item *ret_item)
{
    const struct cbor_callbacks on = callbacks();
    *ret_item = (Item){.kind = ITEM_SCALAR};
    if (!rest->len)
        return false;
    struct cbor_decoder_result result =
        cbor_stream_decode((cbor_data)rest->at, rest->len, &on, ret_item);
    if (result.status != CBOR_DECODER_FINISHED || !result.read || result.read > rest->len ||
        ret_item->kind == ITEM_BAD)
        return false;
    *rest = str_from(*rest, result.read);
    return true;
}

/* Takes an item with all that is in it. */
static bool pass_over(Str *rest, unsigned depth)
{
    Item item;
    if (depth > DEPTH_MAX || !take(rest, &item))
        return false;
    uint64_t inside = item.kind == ITEM_ARRAY ? item.number : item.kind == ITEM_TAG ? 1 : 0;
    if (item.kind == ITEM_MAP) {
        if (item.number > rest->len)
            return false;
        inside = 2 * item.number;
    }
    for (; inside; inside--) { /* each takes a byte or more, so `rest` bounds it */
        if (!pass_over(rest, depth + 1))
            return false;
    }
    return true;
}

/* ---- COSE keys -------------------------------------------------------------------- */

enum { KEY_TYPE = 1, KEY_ALGORITHM = 3, KEY_CURVE = -1, KEY_X = -2, KEY_Y = -3 };
enum { LABELS_MAX = 16 };

static bool small_number(const Item *item, int64_t *ret_number)
{
    if (item->number > INT32_MAX)
        return false;
    *ret_number = item->kind == ITEM_NEGATIVE ? -1 - (int64_t)item->number : (int64_t)item->number;
    return item->kind == ITEM_NUMBER || item->kind == ITEM_NEGATIVE;
}

typedef struct {
    int64_t type, algorithm, curve;
    Str one, two, three; /* the byte strings under -1, -2 and -3 */
} CoseKey;

static void note(CoseKey *key, int64_t label, const Item *value)
{
    int64_t number = 0;
    if (value->kind == ITEM_BYTES) {
        if (label == KEY_CURVE)
            key->one = value->bytes;
        if (label == KEY_X)
            key->two = value->bytes;
        if (label == KEY_Y)
            key->three = value->bytes;
    } else if (small_number(value, &number)) {
        if (label == KEY_TYPE)
            key->type = number;
        if (label == KEY_ALGORITHM)
            key->algorithm = number;
        if (label == KEY_CURVE)
            key->curve = number;
    }
}

static bool read_key(Str *rest, CoseKey *key)
{
    Item map;
    uint32_t seen = 0; /* bit label + 8: a label twice could be read in two ways */
    *key = (CoseKey){0};
    if (!take(rest, &map) || map.kind != ITEM_MAP || map.number > LABELS_MAX)
        return false;
    for (uint64_t i = 0; i < map.number; i++) {
        Item label, value;
        int64_t number;
        if (!take(rest, &label) || !small_number(&label, &number))
            return false;
        uint32_t bit = number >= -8 && number < 24 ? 1u << (number + 8) : 0;
        if (seen & bit)
            return false;
        seen |= bit;
        Str before = *rest;
        if (!pass_over(rest, 1) || !take(&before, &value))
            return false;
        note(key, number, &value);
    }
    return true;
}

/* SPEC RFC 9053 2.1, 2.2, 7; RFC 8812 2: what each algorithm's key must be. */
static bool fill_key(const CoseKey *key, Authenticator *said)
{
    said->algorithm = (int)key->algorithm;
    switch (key->algorithm) {
    case COSE_ES256:
        said->first = key->two;
        said->second = key->three;
        return key->type == 2 && key->curve == 1 && said->first.len == 32 && said->second.len == 32;
    case COSE_EDDSA:
        said->first = key->two;
        return key->type == 1 && key->curve == 6 && said->first.len == 32;
    case COSE_RS256:
        said->first = key->one;
        said->second = key->two;
        return key->type == 3 && said->first.len >= 256 && said->first.len <= 512 &&
               said->second.len >= 1 && said->second.len <= 8;
    }
    return false;
}

/* ---- authenticator data ------------------------------------------------------------- */

enum { COUNT_AT = 33, HEAD_BYTES = 37, AAGUID_BYTES = 16 };

static bool read_credential(Str *rest, Authenticator *said)
{
    CoseKey key;
    if (rest->len < AAGUID_BYTES + 2)
        return false;
    const uint8_t *at = (const uint8_t *)rest->at + AAGUID_BYTES;
    size_t len = (size_t)at[0] << 8 | at[1];
    *rest = str_from(*rest, AAGUID_BYTES + 2);
    if (!len || len > AUTHENTICATOR_ID_BYTES_MAX || len > rest->len)
        return false;
    said->credential = str_head(*rest, len);
    *rest = str_from(*rest, len);
    return read_key(rest, &key) && fill_key(&key, said);
}

bool authenticator_read(Str bytes, Authenticator *ret_said)
{
    if (bytes.len < HEAD_BYTES)
        return false;
    const uint8_t *at = (const uint8_t *)bytes.at;
    Authenticator said = {.rp_hash = str_head(bytes, AUTHENTICATOR_RP_BYTES),
                          .flags = at[AUTHENTICATOR_RP_BYTES],
                          .count = (uint32_t)at[COUNT_AT] << 24 | (uint32_t)at[COUNT_AT + 1] << 16 |
                                   (uint32_t)at[COUNT_AT + 2] << 8 | at[COUNT_AT + 3]};
    Str rest = str_from(bytes, HEAD_BYTES);
    if ((said.flags & AUTHENTICATOR_CREDENTIAL) && !read_credential(&rest, &said))
        return false;
    if (said.flags & AUTHENTICATOR_EXTENSIONS) {
        Item map;
        Str before = rest;
        if (!pass_over(&rest, 0) || !take(&before, &map) || map.kind != ITEM_MAP)
            return false;
    }
    if (rest.len)
        return false;
    *ret_said = said;
    return true;
}

bool attestation_read(Str bytes, Str *ret_data)
{
    Item map, name, value = {0};
    Str rest = bytes, data = STR_EMPTY;
    if (!take(&rest, &map) || map.kind != ITEM_MAP || map.number > LABELS_MAX)
        return false;
    for (uint64_t i = 0; i < map.number; i++) {
        if (!take(&rest, &name) || name.kind != ITEM_TEXT)
            return false;
        Str before = rest;
        if (!pass_over(&rest, 1) || !take(&before, &value))
            return false;
        if (!str_eq(name.bytes, STR("authData")))
            continue;
        if (value.kind != ITEM_BYTES || data.len)
            return false;
        data = value.bytes;
    }
    if (rest.len || !data.len)
        return false;
    *ret_data = data;
    return true;
}
