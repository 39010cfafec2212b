/* fhir/path/fn_sort.c - sort(): items in the order of keys that are worked out for each.
 *
 * SPEC FHIRPath 2.0, sort() */
#include "fhir/path/inner.h"

typedef struct {
    PathItem item;
    PathItem keys[SORT_KEYS_MAX];
    bool there[SORT_KEYS_MAX];
} SortRow;

typedef struct {
    bool descending[SORT_KEYS_MAX];
    size_t count;
    bool fault;
} SortKeys;

/* -family sorts downwards, whatever the type. */
static Status sort_key(PathEval *ev, const PathCall *call, size_t key, size_t at, SortKeys *keys,
                       SortRow *row)
{
    const PathItem *item = &call->input->items[at];
    PATH_LIST(found, 1);
    if (call->node->arg_count) {
        const PathNode *arg = call->node->args[key];
        keys->descending[key] = arg->op == NODE_SIGN && arg->oper == OP_SUBTRACT;
        if (keys->descending[key])
            arg = arg->args[0];
        PathFrame frame = {
            .this = item, .this_count = 1, .index = (int64_t)at, .total = call->frame->total};
        TRY(path_eval_scope(ev, arg, &frame, &found));
        TRY(path_single(ev, arg, &found, &item));
    }
    row->there[key] = item != NULL;
    if (item)
        row->keys[key] = path_value(item);
    return STATUS_OK;
}

/* Nothing comes first in either direction: the official case testSort10. */
static int compare_rows(const SortRow *a, const SortRow *b, SortKeys *keys)
{
    for (size_t k = 0; k < keys->count; k++) {
        int order = 0;
        bool known = true;
        if (!a->there[k] || !b->there[k]) {
            if (a->there[k] != b->there[k])
                return a->there[k] - b->there[k];
            continue;
        }
        if (!path_compare(&a->keys[k], &b->keys[k], &order, &known))
            keys->fault = true;
        if (known && order)
            return keys->descending[k] ? -order : order;
    }
    return 0;
}

/* Merges two sorted runs; stable. */
static void merge(SortRow **from, SortRow **to, size_t low, size_t middle, size_t high,
                  SortKeys *keys)
{
    size_t i = low, j = middle;
    for (size_t k = low; k < high; k++) {
        bool left = i < middle && (j >= high || compare_rows(from[i], from[j], keys) <= 0);
        to[k] = left ? from[i++] : from[j++];
    }
}

static Status sort_rows(PathEval *ev, SortRow *rows, size_t count, SortKeys *keys, PathList *to)
{
    SortRow **from = arena_array_of(ev->cx->arena, SortRow *, count);
    SortRow **into = arena_array_of(ev->cx->arena, SortRow *, count);
    if (!from || !into)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        from[i] = &rows[i];
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            size_t high = low + 2 * width < count ? low + 2 * width : count;
            merge(from, into, low, middle, high, keys);
        }
        SortRow **swap = from;
        from = into;
        into = swap;
    }
    for (size_t i = 0; i < count; i++)
        TRY(path_add(ev, to, &from[i]->item));
    return STATUS_OK;
}

Status path_fn_sort(PathEval *ev, const PathCall *call, PathList *to)
{
    size_t count = call->input->count;
    SortKeys keys = {.count = call->node->arg_count ? call->node->arg_count : 1};
    SortRow *rows = arena_array_of(ev->cx->arena, SortRow, count + 1);
    if (!rows)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        rows[i].item = call->input->items[i];
        for (size_t k = 0; k < keys.count; k++)
            TRY(sort_key(ev, call, k, i, &keys, &rows[i]));
    }
    TRY(sort_rows(ev, rows, count, &keys, to));
    return keys.fault ? path_fail(ev, call->node, "what is sorted does not compare.") : STATUS_OK;
}
