/* search/gather_parts.c - composites: what has all parts, by the cheapest of them. */
#include "search/gather.h"

/* ---- composites
 * ---------------------------------------------------------------------------------- */

typedef struct {
    Gather *g;
    const Condition *whole; /* with this one test */
    Stream **parts;
    size_t count;
} Parts;

static Status add_part(Parts *parts, const Test *test, size_t i, size_t budget, bool *ret_many)
{
    Run *run = parts->g->run;
    const SearchParam *param = parts->whole->param->components[i].param;
    Condition *part = arena_new_of(run->cx->arena, Condition);
    if (!part)
        return STATUS_MEMORY;
    *part = (Condition){.param = param, .tests = &test->parts[i], .count = 1};
    TRY(condition_stream(run, part, budget, &parts->parts[parts->count], ret_many));
    parts->count += parts->parts[parts->count] != NULL;
    return STATUS_OK;
}

static bool is_listed_part(const Parts *parts, const Test *test, size_t i)
{
    const SearchParam *param = parts->whole->param->components[i].param;
    Condition part = {.param = param, .tests = &test->parts[i], .count = 1};
    return condition_is_listed(parts->g->run, &part);
}

/* Whether a page is soon full by reading what the lists leave, as a sample tells. */
static Status is_soon_full(Parts *parts, Stream *lists, bool *ret_soon)
{
    enum { SAMPLE = 16, READS_FEW = 160 };
    Run *run = parts->g->run;
    Relation *relation;
    Places sample = {0};
    size_t hits = 0;
    bool all;
    *ret_soon = false;
    if (run->counting)
        return STATUS_OK;
    TRY(relation_of(run, lists, &relation));
    TRY(relation_take(run, relation, SAMPLE, &sample, &all));
    for (size_t i = 0; i < sample.count; i++) {
        bool holds;
        TRY(gather_ask(run, parts->whole, place_str(&sample.at[i]), &holds));
        hits += holds;
    }
    *ret_soon = all || run->query->limit * SAMPLE <= hits * READS_FEW;
    return STATUS_OK;
}

/* Beside lists, what has to be gathered: little is; more only where reading would cost more. */
static Status add_gathered(Parts *parts, const Test *test)
{
    enum { GATHERED_FEW = 500, KEYS_A_READ = 20 };
    Run *run = parts->g->run;
    Stream **copy = arena_array_of(run->cx->arena, Stream *, parts->count + 1), *lists;
    uint64_t listed;
    if (!copy)
        return STATUS_MEMORY;
    memcpy(copy, parts->parts, parts->count * sizeof(Stream *));
    TRY(stream_all(run, copy, parts->count, NULL, NULL, &lists));
    for (size_t i = 0; i < parts->whole->param->component_count; i++) {
        bool many, soon;
        if (is_listed_part(parts, test, i))
            continue;
        TRY(add_part(parts, test, i, GATHERED_FEW, &many));
        if (!many)
            continue;
        TRY(is_soon_full(parts, lists, &soon));
        if (soon)
            continue;
        TRY(stream_count(run, copy[0], &listed));
        TRY(add_part(parts, test, i, listed * KEYS_A_READ, &many));
    }
    return STATUS_OK;
}

/* What has all parts somewhere: a superset of what has them in one element. */
Status gather_composite(Gather *g, const Test *test)
{
    const SearchParam *param = g->condition->param;
    Condition *whole = arena_new_of(g->run->cx->arena, Condition);
    Parts parts = {.g = g, .whole = whole};
    Stream *all;
    bool many;
    parts.parts = arena_array_of(g->run->cx->arena, Stream *, 2 * param->component_count);
    if (!parts.parts || !whole)
        return STATUS_MEMORY;
    *whole = (Condition){.param = param, .tests = test, .count = 1};
    for (size_t i = 0; i < param->component_count; i++) {
        if (is_listed_part(&parts, test, i))
            TRY(add_part(&parts, test, i, g->budget, &many));
    }
    bool listed = parts.count > 0;
    if (listed)
        TRY(add_gathered(&parts, test));
    for (size_t i = 0; i < param->component_count && !listed; i++)
        TRY(add_part(&parts, test, i, g->budget, &many));
    g->many = !parts.count;
    if (!parts.count)
        return STATUS_OK;
    TRY(stream_all(g->run, parts.parts, parts.count, NULL, NULL, &all));
    return gather_add(g, all);
}
