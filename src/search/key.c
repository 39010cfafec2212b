/* search/key.c - writes and reads index keys. */
#include "search/key.h"

/* 1000-01-01T00:00:00Z; 48 bits of milliseconds from there reach the year 9919. */
#define TIME_FIRST ((Time)-30610224000 * TIME_SECOND)
#define BITS48     ((uint64_t)0xffffffffffff)

static void add_u48(Key *key, uint64_t value)
{
    for (int shift = 40; shift >= 0; shift -= 8)
        key->at[key->len++] = (unsigned char)(value >> shift);
}

static uint64_t time_to_u48(Time at)
{
    if (at < TIME_FIRST)
        return 0;
    uint64_t ms = ((uint64_t)at - (uint64_t)TIME_FIRST) / TIME_MS; /* at may be the end of time */
    return ms > BITS48 ? BITS48 : ms;
}

static uint64_t get_u48(Str key, size_t at)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 6; i++)
        value = value << 8 | (unsigned char)key.at[at + i];
    return value;
}

void key_begin(Key *key, KeyKind kind, uint16_t param)
{
    key->at[0] = (unsigned char)kind;
    key->at[1] = (unsigned char)(param >> 8);
    key->at[2] = (unsigned char)param;
    key->len = KEY_HEAD;
}

void key_add(Key *key, const void *bytes, size_t len)
{
    assert(key->len + len <= KEY_BYTES);
    memcpy(key->at + key->len, bytes, len);
    key->len += len;
}

void key_add_hash(Key *key, uint64_t hash)
{
    assert(key->len + 8 <= KEY_BYTES);
    for (int shift = 56; shift >= 0; shift -= 8)
        key->at[key->len++] = (unsigned char)(hash >> shift);
}

void key_add_system(Key *key, uint32_t hash)
{
    assert(key->len + KEY_SYSTEM <= KEY_BYTES);
    for (int shift = 24; shift >= 0; shift -= 8)
        key->at[key->len++] = (unsigned char)(hash >> shift);
}

void key_add_time(Key *key, Time at)
{
    assert(key->len + KEY_TIME <= KEY_BYTES);
    add_u48(key, time_to_u48(at));
}

void key_add_place(Key *key, Time date, uint64_t rid)
{
    assert(key->len + KEY_PLACE <= KEY_BYTES && rid <= BITS48);
    add_u48(key, BITS48 - time_to_u48(date));
    add_u48(key, BITS48 - rid);
}

Str key_place(Str key)
{
    assert(key.len >= KEY_PLACE);
    return str_from(key, key.len - KEY_PLACE);
}

uint64_t key_rid(Str key)
{
    assert(key.len >= KEY_PLACE);
    return BITS48 - get_u48(key, key.len - 6);
}

Time key_time(Str key, size_t at)
{
    assert(key.len >= at + KEY_TIME);
    return TIME_FIRST + (Time)get_u48(key, at) * TIME_MS;
}
