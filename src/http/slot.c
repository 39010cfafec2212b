/* http/slot.c - a list of free slots. */
#include "http/slot.h"

Status slots_init(Slots *slots, Arena *forever, size_t count)
{
    Slot *all = arena_array_of(forever, Slot, count);
    if (!all)
        return STATUS_MEMORY;
    pthread_mutex_init(&slots->lock, NULL);
    slots->free = NULL;
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
    if (slot)
        slots->free = slot->next;
    pthread_mutex_unlock(&slots->lock);
    if (slot)
        *slot = (Slot){0};
    return slot;
}

void slot_give(Slots *slots, Slot *slot)
{
    pthread_mutex_lock(&slots->lock);
    slot->next = slots->free;
    slots->free = slot;
    pthread_mutex_unlock(&slots->lock);
}
