/* search/key.c - writes and reads index keys. */
#include "search/key.h"

/* 1000-01-01T00:00:00Z; 48 bits of milliseconds from there reach the year 9919. */
#define TIME_FIRST ((Time)-30610224000 * TIME_SECOND)

static void add_uint(Key *key, size_t bytes, uint64_t value)
{
    assert(key->len + bytes <= KEY_BYTES);
    for (size_t i = bytes; i-- > 0; value >>= 8)
        key->at[key->len + i] = (unsigned char)value;
    key->len += bytes;
}

static uint64_t get_uint(Str key, size_t at, size_t bytes)
{
    assert(key.len >= at + bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)key.at[at + i];
    return value;
}

uint64_t key_ms(Time at)
{
    if (at < TIME_FIRST)
        return 0;
    uint64_t ms = ((uint64_t)at - (uint64_t)TIME_FIRST) / TIME_MS; /* at may be the end of time */
    return ms > KEY_MS_MAX ? KEY_MS_MAX : ms;
}

Time key_ms_time(uint64_t ms)
{
    return TIME_FIRST + (Time)ms * TIME_MS;
}

void key_begin(Key *key, KeyKind kind, uint16_t param)
{
    key->len = 0;
    add_uint(key, 1, kind);
    add_uint(key, 2, param);
}

void key_begin_member(Key *key, uint64_t compartment, uint16_t listing)
{
    key->len = 0;
    add_uint(key, 1, KEY_MEMBER);
    key_add_hash(key, compartment);
    if (listing)
        add_uint(key, KEY_LISTED, listing);
}

void key_begin_own(Key *key, uint64_t who, uint16_t param)
{
    key->len = 0;
    add_uint(key, 1, KEY_OWN);
    key_add_hash(key, who);
    add_uint(key, 2, param);
}

void key_add(Key *key, const void *bytes, size_t len)
{
    assert(key->len + len <= KEY_BYTES);
    memcpy(key->at + key->len, bytes, len);
    key->len += len;
}

void key_add_hash(Key *key, uint64_t hash)
{
    add_uint(key, KEY_HASH, hash);
}

void key_add_system(Key *key, uint32_t hash)
{
    add_uint(key, KEY_SYSTEM, hash);
}

/* IEEE 754 orders as integers once the sign is dealt with: negative ones turn round. */
void key_add_number(Key *key, double number)
{
    uint64_t bits;
    number += 0.0; /* -0 is 0 */
    memcpy(&bits, &number, sizeof(bits));
    add_uint(key, KEY_NUMBER_BYTES, bits >> 63 ? ~bits : bits | (uint64_t)1 << 63);
}

void key_add_interval(Key *key, double lo, double hi)
{
    add_uint(key, KEY_SPREAD, lo != hi);
    key_add_number(key, lo);
    if (lo != hi)
        key_add_number(key, hi);
}

void key_interval(Str key, size_t at, double *ret_lo, double *ret_hi)
{
    bool spread = key.at[at] != 0;
    *ret_lo = *ret_hi = key_number(key, at + KEY_SPREAD);
    if (spread)
        *ret_hi = key_number(key, at + KEY_SPREAD + KEY_NUMBER_BYTES);
}

double key_number(Str key, size_t at)
{
    double number;
    uint64_t bits = get_uint(key, at, KEY_NUMBER_BYTES);
    bits = bits >> 63 ? bits & ~((uint64_t)1 << 63) : ~bits;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

void key_add_time_falling(Key *key, uint64_t ms)
{
    add_uint(key, KEY_TIME, KEY_MS_MAX - ms);
}

void key_add_place(Key *key, Time date, uint64_t rid)
{
    assert(rid <= KEY_MS_MAX);
    key_add_time_falling(key, key_ms(date));
    add_uint(key, 6, KEY_MS_MAX - rid);
}

size_t key_tail(unsigned char kind)
{
    return kind == KEY_TOKEN ? KEY_PLACE + KEY_WHO : KEY_PLACE;
}

Str key_place(Str key)
{
    assert(key.len >= KEY_PLACE);
    if (key.len == KEY_PLACE)
        return key;
    return str_n(key.at + key.len - key_tail((unsigned char)key.at[0]), KEY_PLACE);
}

uint64_t key_rid(Str key)
{
    return KEY_MS_MAX - get_uint(key_place(key), KEY_TIME, KEY_PLACE - KEY_TIME);
}

uint64_t key_who(Str tail)
{
    return get_uint(tail, KEY_PLACE, KEY_WHO);
}

uint16_t key_listing(Str member)
{
    return (uint16_t)get_uint(member, 1 + KEY_HASH, KEY_LISTED);
}

uint16_t key_own_param(Str own)
{
    return (uint16_t)get_uint(own, 1 + KEY_HASH, 2);
}

uint64_t key_place_ms(Str key)
{
    return key_time_falling(key_place(key), 0);
}

uint64_t key_time_falling(Str key, size_t at)
{
    return KEY_MS_MAX - get_uint(key, at, KEY_TIME);
}
