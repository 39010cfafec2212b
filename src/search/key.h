/* search/key.h - the bytes of index keys; see search.h for the layout. */
#ifndef ACESO_SEARCH_KEY_H
#define ACESO_SEARCH_KEY_H

#include "base/base.h"

typedef enum {
    KEY_LISTING = 0x10,
    KEY_TOKEN,
    KEY_STRING,
    KEY_DATE,
    KEY_REFERENCE,
    KEY_URI,
} KeyKind;

enum {
    KEY_HEAD = 3, /* kind, param */
    KEY_TIME = 6,
    KEY_SYSTEM = 4,      /* of a token, behind the hash of its code */
    KEY_PLACE = 12,      /* date, rid */
    KEY_STRING_MAX = 64, /* folded bytes kept; longer values are equal from there on */
    KEY_BYTES = KEY_HEAD + KEY_STRING_MAX + 1 + KEY_PLACE,
};

/* A key under construction: a fixed buffer, no arena. */
typedef struct {
    unsigned char at[KEY_BYTES];
    size_t len;
} Key;

static inline Str key_str(const Key *key)
{
    return str_n((const char *)key->at, key->len);
}

void key_begin(Key *key, KeyKind kind, uint16_t param);
void key_add(Key *key, const void *bytes, size_t len);
void key_add_hash(Key *key, uint64_t hash);
void key_add_system(Key *key, uint32_t hash);
/* Milliseconds since year 1000, clamped to 48 bits; order-preserving. */
void key_add_time(Key *key, Time at);
/* Clinical date and rid, both inverted: newest first. */
void key_add_place(Key *key, Time date, uint64_t rid);

/* The last KEY_PLACE bytes of a key, and the rid in them. */
Str key_place(Str key);
uint64_t key_rid(Str key);
/* The time at an offset of a key, in whole milliseconds. */
Time key_time(Str key, size_t at);

#endif
