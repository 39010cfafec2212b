/* http/slot.c - a list of free slots. */
#include "http/slot.h"

Status slots_init(Slots *slots, Arena *forever, size_t count)
{
    Slot *all = arena_array_of(forever, Slot, count);
    if (!all)
        return STATUS_MEMORY;
    pthread_mutex_init(&slots->lock, NULL);
    slots->free = NULL;
    slots->taken = slots->peak = 0;
    for (size_t i = count; i-- > 0;) {
        all[i].next = slots->free;
        slots->free = &all[i];
    }
    return STATUS_OK;
}

Slot *slot_take(Slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    Slot *slot = slots->free;
    if (slot) {
        slots->free = slot->next;
        slots->taken++;
        slots->peak = slots->taken > slots->peak ? slots->taken : slots->peak;
    }
    pthread_mutex_unlock(&slots->lock);
    if (slot)
        *slot = (Slot){0};
    return slot;
}

bool slot_give(Slots *slots, Slot *slot)
{
    pthread_mutex_lock(&slots->lock);
    slot->next = slots->free;
    slots->free = slot;
    slots->taken--;
    bool crowd_went = slots->peak >= SLOTS_CROWD && slots->taken <= slots->peak / 4;
    if (crowd_went)
        slots->peak = slots->taken;
    pthread_mutex_unlock(&slots->lock);
    return crowd_went;
}
