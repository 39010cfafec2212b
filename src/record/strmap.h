/* record/strmap.h - a map from strings to strings in an arena, for the links of a bundle.
 * The hash is keyed by chance: nobody can send full URLs that all collide. */
#ifndef ACESO_RECORD_STRMAP_H
#define ACESO_RECORD_STRMAP_H

#include "base/base.h"

typedef struct {
    Arena *arena;
    uint8_t key[16];
    struct StrMapSlot *slots;
    size_t room, count;
} StrMap;

/* Room for `count` entries, and more later; STATUS_MEMORY at the arena's limit. */
Status strmap_init(StrMap *map, Arena *arena, size_t count) MUST_USE;
/* STATUS_CONFLICT when the name was there already (the old value stays). */
Status strmap_add(StrMap *map, Str name, Str value) MUST_USE;
/* The value of the name from now on. */
Status strmap_set(StrMap *map, Str name, Str value) MUST_USE;
/* at = NULL when it is not there. */
Str strmap_get(const StrMap *map, Str name);

#endif
