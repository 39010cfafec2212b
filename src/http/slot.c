/* http/slot.c - a list of free slots, and how many connections each address has. */
#include "http/slot.h"

#include <search.h>
#include <stdlib.h>

/* ---- addresses ------------------------------------------------------------------------ */

typedef struct {
    uint8_t bytes[16]; /* of IPv6; IPv4 as IPv6 writes it */
    unsigned count;
} Neighbour;

static Neighbour neighbour_of(const SlotAddress *address)
{
    Neighbour key = {.count = 0};
    if (address->any.sa_family == AF_INET6) {
        memcpy(key.bytes, &address->six.sin6_addr, sizeof(key.bytes));
    } else {
        key.bytes[10] = key.bytes[11] = 0xff;
        memcpy(key.bytes + 12, &address->four.sin_addr, 4);
    }
    return key;
}

static int compare(const void *a, const void *b)
{
    return memcmp(((const Neighbour *)a)->bytes, ((const Neighbour *)b)->bytes, 16);
}

static bool count_address(Slots *slots, const SlotAddress *address)
{
    Neighbour key = neighbour_of(address);
    Neighbour **found = tfind(&key, &slots->addresses, compare);
    if (found)
        return (*found)->count < slots->address_max && ++(*found)->count;
    Neighbour *mine = malloc(sizeof(*mine));
    if (!mine)
        return false;
    *mine = key;
    mine->count = 1;
    if (tsearch(mine, &slots->addresses, compare))
        return true;
    free(mine);
    return false;
}

static void uncount_address(Slots *slots, const SlotAddress *address)
{
    Neighbour key = neighbour_of(address);
    Neighbour **found = tfind(&key, &slots->addresses, compare);
    assert(found);
    Neighbour *mine = *found;
    if (--mine->count)
        return;
    tdelete(mine, &slots->addresses, compare);
    free(mine);
}

/* ---- slots ------------------------------------------------------------------------------ */

Status slots_init(Slots *slots, Arena *forever, size_t count, unsigned address_max)
{
    Slot *all = arena_array_of(forever, Slot, count);
    if (!all)
        return STATUS_MEMORY;
    *slots = (Slots){.count = count, .address_max = address_max};
    pthread_mutex_init(&slots->lock, NULL);
    for (size_t i = count; i-- > 0;) {
        all[i].next = slots->free;
        slots->free = &all[i];
    }
    return STATUS_OK;
}

void slots_clear(Slots *slots)
{
    tdestroy(slots->addresses, free);
    slots->addresses = NULL;
}

Slot *slot_take(Slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    Slot *slot = slots->free;
    if (slot) {
        slots->free = slot->next;
        slots->taken++;
        slots->late += slots->closing;
        slots->peak = slots->taken > slots->peak ? slots->taken : slots->peak;
        *slot = (Slot){.fd = -1, .late = slots->closing};
    }
    pthread_mutex_unlock(&slots->lock);
    return slot;
}

bool slot_name(Slots *slots, Slot *slot, const SlotAddress *address)
{
    slot->address = *address;
    if (!slots->address_max)
        return true;
    pthread_mutex_lock(&slots->lock);
    slot->counted = count_address(slots, address);
    pthread_mutex_unlock(&slots->lock);
    return slot->counted;
}

size_t slots_left(Slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    size_t left = slots->count - slots->taken;
    pthread_mutex_unlock(&slots->lock);
    return left;
}

bool slot_give(Slots *slots, Slot *slot)
{
    pthread_mutex_lock(&slots->lock);
    if (slot->counted)
        uncount_address(slots, &slot->address);
    slots->late -= slot->late;
    slot->next = slots->free;
    slots->free = slot;
    slots->taken--;
    bool crowd_went = slots->peak >= SLOTS_CROWD && slots->taken <= slots->peak / 4;
    if (crowd_went)
        slots->peak = slots->taken;
    pthread_mutex_unlock(&slots->lock);
    return crowd_went;
}

void slots_close(Slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    slots->closing = true;
    pthread_mutex_unlock(&slots->lock);
}

void slots_count(Slots *slots, size_t *ret_early, size_t *ret_late)
{
    pthread_mutex_lock(&slots->lock);
    *ret_early = slots->taken - slots->late;
    *ret_late = slots->late;
    pthread_mutex_unlock(&slots->lock);
}
