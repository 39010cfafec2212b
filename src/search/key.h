/* search/key.h - the bytes of index keys; see search.h for the layout. */
#ifndef ACESO_SEARCH_KEY_H
#define ACESO_SEARCH_KEY_H

#include "base/base.h"

typedef enum {
    KEY_LISTING = 0x10,
    KEY_TOKEN,
    KEY_STRING,
    KEY_DATE, /* a range whose beginning is the resource's clinical date */
    KEY_REFERENCE,
    KEY_URI,
    KEY_DATE_APART, /* any other range */
    KEY_NUMBER,
    KEY_QUANTITY,      /* as written */
    KEY_UCUM,          /* in canonical units */
    KEY_CONTAINED,     /* contains a resource of the type (in place of param) */
    KEY_MEMBER,        /* is in a compartment: its hash, then the type (in place of param) */
    KEY_OWN,           /* a token of what is about one patient: whom, then param */
    KEY_OTHERS = 0x40, /* from here on: not of the search. record/trail.h has 0x40 */
} KeyKind;

enum {
    KEY_HEAD = 3, /* kind, param */
    KEY_TIME = 6,
    KEY_NUMBER_BYTES = 8,
    KEY_HASH = 8,
    KEY_SYSTEM = 4,      /* of a token, behind the hash of its code */
    KEY_UNIT = 8,        /* hash32 of the code, hash32 of its system */
    KEY_LISTED = 2,      /* of a member: the listing of its type */
    KEY_WIDTH = 1,       /* of a date: see width.h */
    KEY_SPREAD = 1,      /* of a number: 0 a point, 1 an interval */
    KEY_PLACE = 12,      /* date, rid */
    KEY_WHO = 8,         /* behind the place of a token: whom the resource is about */
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
/* What of a type, by its listing, is in a compartment; without a type (0), what of any is. */
void key_begin_member(Key *key, uint64_t compartment, uint16_t listing);
/* A token of what is about this one; its code and system follow as in KEY_TOKEN. */
void key_begin_own(Key *key, uint64_t who, uint16_t param);
void key_add(Key *key, const void *bytes, size_t len);
void key_add_hash(Key *key, uint64_t hash);
void key_add_system(Key *key, uint32_t hash);
/* So that memcmp orders them as numbers; infinities included, never NaN. */
void key_add_number(Key *key, double number);
/* Spread, lo, and hi when it is another number. */
void key_add_interval(Key *key, double lo, double hi);
/* Newest first. */
void key_add_time_falling(Key *key, uint64_t ms);
/* Clinical date and rid, both inverted: newest first. */
void key_add_place(Key *key, Time date, uint64_t rid);

/* Whole milliseconds since the year 1000, clamped to 48 bits; and back. */
uint64_t key_ms(Time at);
Time key_ms_time(uint64_t ms);

/* Whom a resource is about: the hash of "Patient/123" by its parameter `patient`. */
#define WHO_NONE    ((uint64_t)0)
#define WHO_SEVERAL ((uint64_t)1)
static inline uint64_t who_of(uint64_t hash)
{
    return hash > WHO_SEVERAL ? hash : hash + 2;
}

/* The place at the end of a key (of a token, before whom it is about), and what is in it; a place
 * alone is a key too. */
Str key_place(Str key);
uint64_t key_rid(Str key);
uint64_t key_place_ms(Str key);
uint16_t key_listing(Str member);
uint16_t key_own_param(Str own);
/* Bytes that a key of this kind has from its place on. */
size_t key_tail(unsigned char kind);
/* Of the tail of a token. */
uint64_t key_who(Str tail);
/* What stands at an offset of a key. */
uint64_t key_time_falling(Str key, size_t at);
double key_number(Str key, size_t at);
/* From the spread on. */
void key_interval(Str key, size_t at, double *ret_lo, double *ret_hi);

/* In place of the hash of a system: the code stands alone, its system is the element's own. */
#define SYSTEM_PLAIN 1u

#define KEY_MS_MAX ((uint64_t)0xffffffffffff)

#endif
