/* record/strmap.c - open addressing, at most half full. */
#include "record/strmap.h"

#include "crypto/crypto.h"

typedef struct StrMapSlot {
    Str name, value; /* name.at = NULL: free */
} StrMapSlot;

Status strmap_init(StrMap *map, Arena *arena, size_t count)
{
    size_t room = 16;
    while (room < count * 2)
        room *= 2;
    *map = (StrMap){.arena = arena, .room = room};
    crypto_random(map->key, sizeof(map->key));
    map->slots = arena_array_of(arena, StrMapSlot, room);
    return map->slots ? STATUS_OK : STATUS_MEMORY;
}

static StrMapSlot *find(const StrMap *map, Str name)
{
    size_t at = (size_t)crypto_hash64(map->key, name) & (map->room - 1);
    while (map->slots[at].name.at && !str_eq(map->slots[at].name, name))
        at = (at + 1) & (map->room - 1);
    return &map->slots[at];
}

bool strmap_add(StrMap *map, Str name, Str value)
{
    assert(map->count < map->room / 2 + 1);
    StrMapSlot *slot = find(map, name);
    if (slot->name.at)
        return false;
    *slot = (StrMapSlot){name, value};
    map->count++;
    return true;
}

Str strmap_get(const StrMap *map, Str name)
{
    return find(map, name)->value;
}
