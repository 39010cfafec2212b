/* search/table.c - for each state of the index a table of parameters: the definitions' and what
 * SearchParameter resources add. */
#include "search/index.h"

#include <stdlib.h>

/* ---- tables -------------------------------------------------------------------------------- */

typedef struct {
    Ctx *cx;
    const Search *search;
    Arena *arena;
    const State *state;
    const Custom *customs;
    TypeIndex *index; /* of the type in hand */
    uint16_t type;
} Making;

static void add_listing(TypeIndex *index, uint8_t slot, uint16_t type, bool ready)
{
    for (size_t i = 0; i < index->listing_count; i++) {
        if (index->listings[i].number == (uint16_t)(slot << SLOT_SHIFT | type))
            return;
    }
    if (slot == SLOT_NONE)
        return;
    assert(index->listing_count < LISTINGS_MAX);
    index->listings[index->listing_count++] =
        (Listing){(uint16_t)(slot << SLOT_SHIFT | type), ready};
    index->partial |= !ready;
}

static void add_listings(const Making *m)
{
    TypeIndex *index = m->index;
    add_listing(index, m->state->slots[0], m->type, true);
    add_listing(index, m->state->making[0], m->type, false);
    index->listing = index->listings[0].number;
}

static SearchParam *append(TypeIndex *index, bool others)
{
    return others ? &index->others[index->other_count++] : &index->params[index->count++];
}

static void add_base(const Making *m, uint8_t slot, bool ready, bool others)
{
    const TypeIndex *base = &m->search->base[m->type];
    for (size_t i = 0; i < base->count && slot != SLOT_NONE; i++) {
        SearchParam *param = append(m->index, others);
        *param = base->params[i];
        param->id |= (uint16_t)(slot << SLOT_SHIFT);
        param->ready = ready;
    }
    m->index->partial |= slot != SLOT_NONE && !ready;
}

/* Its number for the type in hand; 0 = it is not for this type. */
static uint16_t number_for(const Custom *custom, uint32_t first, uint16_t type)
{
    for (size_t i = 0; i < custom->base_count && first; i++) {
        if (custom->bases[i] == type)
            return (uint16_t)(first + i);
    }
    return 0;
}

static Status add_custom(const Making *m, const Custom *custom, uint32_t first, bool ready,
                         bool others)
{
    uint16_t number = number_for(custom, first, m->type);
    if (!number)
        return STATUS_OK;
    SearchParam param = {.id = number,
                         .type = m->type,
                         .kind = custom->kind,
                         .code = custom->code,
                         .url = custom->url,
                         .expression = custom->expression,
                         .targets = custom->targets,
                         .target_count = custom->target_count,
                         .ready = ready,
                         .digest = custom->digest,
                         .custom = true};
    TRY(param_compile(m->cx, m->arena, m->type, custom->expression, &param.program));
    *append(m->index, others) = param;
    m->index->partial |= !ready;
    return STATUS_OK;
}

static int compare_codes(const void *a, const void *b)
{
    return str_cmp(((const SearchParam *)a)->code, ((const SearchParam *)b)->code);
}

/* Components of the definitions point to the parameters of this table; a composite of a
 * SearchParameter whose components are gone is gone too. */
static Status resolve_composites(const Making *m)
{
    TypeIndex *index = m->index;
    for (size_t i = 0; i < index->count; i++) {
        SearchParam *param = &index->params[i];
        Component *copy = arena_array_of(m->arena, Component, param->component_count + 1);
        if (!copy)
            return STATUS_MEMORY;
        for (size_t j = 0; j < param->component_count; j++)
            copy[j] = (Component){param_in(index, param->components[j].param->code),
                                  param->components[j].program};
        param->components = copy;
    }
    return STATUS_OK;
}

static Status add_composite(const Making *m, const Custom *custom)
{
    TypeIndex *index = m->index;
    SearchParam *param = param_in(index, custom->code);
    if (!param || !param->custom)
        return STATUS_OK;
    Ctx scratch = {.arena = m->cx->arena};
    if (param_compile_components(&scratch, m->arena, index, custom->components,
                                 custom->component_count, param) == STATUS_OK)
        return STATUS_OK;
    size_t at = (size_t)(param - index->params);
    memmove(param, param + 1, (index->count - at - 1) * sizeof(*param));
    index->count--;
    return STATUS_OK;
}

static Status make_type(const Making *m)
{
    TypeIndex *index = m->index;
    const State *state = m->state;
    const TypeIndex *base = &m->search->base[m->type];
    uint8_t slot = state->slots[m->type], making = state->making[m->type];
    size_t room = base->count + state->custom_count + 1;
    index->params = arena_array_of(m->arena, SearchParam, room);
    index->others = arena_array_of(m->arena, SearchParam, 2 * room);
    if (!index->params || !index->others)
        return STATUS_MEMORY;
    add_listings(m);
    add_base(m, slot != SLOT_NONE ? slot : making, slot != SLOT_NONE, false);
    if (slot != SLOT_NONE)
        add_base(m, making, false, true);
    for (size_t i = 0; i < state->custom_count; i++) {
        TRY(add_custom(m, &m->customs[i], state->customs[i].first, true, false));
        TRY(add_custom(m, &m->customs[i], state->customs[i].making, false, true));
    }
    qsort(index->params, index->count, sizeof(SearchParam), compare_codes);
    TRY(resolve_composites(m));
    for (size_t i = 0; i < state->custom_count; i++) {
        if (m->customs[i].component_count && number_for(&m->customs[i], 1, m->type))
            TRY(add_composite(m, &m->customs[i]));
    }
    if (base->clinical_date)
        index->clinical_date = param_in(index, base->clinical_date->code);
    if (base->about)
        index->about = param_in(index, base->about->code);
    return STATUS_OK;
}

Status table_new(Ctx *cx, const Search *search, Arena *arena, const State *state,
                 const Custom *customs, ParamTable **ret_table)
{
    ParamTable *table = arena_new_of(arena, ParamTable);
    Making m = {cx, search, arena, state, customs, NULL, 0};
    if (!table)
        return STATUS_MEMORY;
    *table = (ParamTable){.arena = arena, .state = *state, .customs = (Custom *)customs};
    table->types = arena_array_of(arena, TypeIndex, (size_t)fhir_type_count() + 1);
    if (!table->types)
        return STATUS_MEMORY;
    for (m.type = 1; m.type <= fhir_type_count(); m.type++) {
        m.index = &table->types[m.type];
        TRY(make_type(&m));
    }
    *ret_table = table;
    return STATUS_OK;
}

void table_publish(Search *search, ParamTable *table)
{
    search->types = table->types;
    search->open = table->state.open;
}
