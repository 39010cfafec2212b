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

static Status grow(StrMap *map)
{
    StrMap larger = *map;
    larger.room = map->room * 2;
    larger.slots = arena_array_of(map->arena, StrMapSlot, larger.room);
    if (!larger.slots)
        return STATUS_MEMORY;
    for (size_t i = 0; i < map->room; i++) {
        if (map->slots[i].name.at)
            *find(&larger, map->slots[i].name) = map->slots[i];
    }
    *map = larger;
    return STATUS_OK;
}

Status strmap_set(StrMap *map, Str name, Str value)
{
    StrMapSlot *slot = find(map, name);
    if (slot->name.at) {
        slot->value = value;
        return STATUS_OK;
    }
    if (map->count >= map->room / 2) {
        TRY(grow(map));
        slot = find(map, name);
    }
    *slot = (StrMapSlot){name, value};
    map->count++;
    return STATUS_OK;
}

Status strmap_add(StrMap *map, Str name, Str value)
{
    return find(map, name)->name.at ? STATUS_CONFLICT : strmap_set(map, name, value);
}

Str strmap_get(const StrMap *map, Str name)
{
    return find(map, name)->value;
}
