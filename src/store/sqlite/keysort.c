/* store/sqlite/keysort.c - the order of a memtable, for arrays. */
#include "store/sqlite/keysort.h"

#include <stdlib.h>

#include "store/sqlite/keys.h"

SortKey sort_key(Str key, uint64_t seq, bool removed)
{
    char head[8] = {0};
    memcpy(head, key.at, key.len < sizeof(head) ? key.len : sizeof(head));
    return (SortKey){get_uint(head, sizeof(head)), key.at, seq & 0x7fffffffffff, removed,
                     key.len & 0xffff};
}

static int compare(const void *left, const void *right)
{
    const SortKey *a = left, *b = right;
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    int order = str_cmp(sort_key_str(a), sort_key_str(b));
    if (order)
        return order;
    return (a->seq < b->seq) - (a->seq > b->seq);
}

void sort_keys(SortKey *keys, size_t count)
{
    if (count)
        qsort(keys, count, sizeof(*keys), compare);
}
