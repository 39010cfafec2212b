/* search/gather.c - one condition as a stream: lists that stand in place order, or the places of
 * whole stretches of the index, sorted once. What belongs to the types of parameters is in
 * gather_words.c, gather_ranges.c and gather_parts.c. */
#include "search/gather.h"

#include "search/fold.h"

enum { STREAMS_MAX = 4096 };

void gather_key(const Gather *g, Key *key, KeyKind kind)
{
    key_begin(key, kind, g->condition->param->id);
}

Status gather_next(const Gather *g, StoreCursor *cursor, Str *ret_key)
{
    g->run->keys_seen++;
    return store_cursor_next(cursor, ret_key);
}

Status gather_add_place(Gather *g, Str place, bool *ret_go_on)
{
    *ret_go_on = g->places.count < g->budget;
    if (!*ret_go_on)
        g->many = true;
    return *ret_go_on ? places_add(g->run, &g->places, place) : STATUS_OK;
}

Status gather_add(Gather *g, Stream *stream)
{
    if (g->count == g->room_of_streams) {
        size_t room = g->count ? g->count * 2 : 4;
        if (room > STREAMS_MAX)
            return ctx_fail(g->run->cx, STATUS_INVALID, STR_EMPTY,
                            "A condition has too many values.");
        g->streams = arena_realloc(g->run->cx->arena, g->streams, g->count * sizeof(Stream *),
                                   room * sizeof(Stream *));
        if (!g->streams)
            return STATUS_MEMORY;
        g->room_of_streams = room;
    }
    g->streams[g->count++] = stream;
    return STATUS_OK;
}

Status gather_add_list(Gather *g, const Key *prefix)
{
    Stream *stream;
    TRY(stream_of_list(g->run, key_str(prefix), &stream));
    return gather_add(g, stream);
}

Status gather_branches(Gather *g, const Key *prefix, size_t bytes, const Test *test,
                       VisitBranch visit)
{
    StoreCursor *cursor;
    TRY(store_cursor(g->run->reader, key_str(prefix), &cursor));
    while (!g->many) {
        Str key;
        TRY(gather_next(g, cursor, &key));
        if (!key.at)
            return STATUS_OK;
        Key branch = {.len = 0};
        key_add(&branch, key.at, prefix->len + bytes);
        TRY(visit(g, test, &branch));
        size_t i = branch.len;
        while (i > prefix->len && ++branch.at[i - 1] == 0)
            i--;
        if (i == prefix->len)
            return STATUS_OK; /* that was the last there can be */
        TRY(store_cursor_seek(cursor, key_str(&branch)));
    }
    return STATUS_OK;
}

Status gather_ask(Run *run, const Condition *condition, Str place, bool *ret_holds)
{
    const Subject *subject;
    TRY(run_sees(run, key_rid(place), ret_holds)); /* gathered from keys, not from a stream */
    if (!*ret_holds)
        return STATUS_OK;
    TRY(run_subject(run, key_rid(place), &subject));
    return test_resource(subject, condition, ret_holds);
}

/* ---- a condition --------------------------------------------------------------------------------
 */

typedef Status (*GatherTest)(Gather *g, const Test *test);
static const GatherTest gatherers[] = {
    [FHIR_PARAM_NUMBER] = gather_number,
    [FHIR_PARAM_DATE] = gather_date,
    [FHIR_PARAM_STRING] = gather_string,
    [FHIR_PARAM_TOKEN] = gather_token,
    [FHIR_PARAM_REFERENCE] = gather_reference,
    [FHIR_PARAM_QUANTITY] = gather_quantity,
    [FHIR_PARAM_URI] = gather_uri,
    [FHIR_PARAM_SPECIAL] = gather_near,
    [FHIR_PARAM_COMPOSITE] = gather_composite,
};

/* What the index can say of a condition: nothing, where to look, or all. */
typedef enum { KNOWS_NOTHING, KNOWS_WHERE, KNOWS_ALL } Knows;

static Knows index_knows(const Search *search, const Condition *condition)
{
    const SearchParam *param = condition->param;
    bool string = param->kind == FHIR_PARAM_STRING;
    if (condition->unequal || (!param->part_count && !search_param_is_indexed(search, param)))
        return KNOWS_NOTHING;
    switch (condition->modifier) {
    case MODIFIER_NONE: break;
    case MODIFIER_EXACT:
    case MODIFIER_STARTS:
    case MODIFIER_CONTAINS:
    case MODIFIER_ENDS: return string ? KNOWS_WHERE : KNOWS_NOTHING;
    case MODIFIER_OF_TYPE: return KNOWS_WHERE;
    default: return KNOWS_NOTHING;
    }
    for (size_t i = 0; string && i < condition->count; i++) {
        if (condition->tests[i].text.len > FOLD_MAX - 4)
            return KNOWS_WHERE; /* the index has only the beginning */
    }
    return param->kind == FHIR_PARAM_COMPOSITE ? KNOWS_WHERE : KNOWS_ALL;
}

bool condition_is_listed(const Run *run, const Condition *condition)
{
    const SearchParam *param = condition->param;
    if (index_knows(run->search, condition) != KNOWS_ALL)
        return false;
    switch (param->kind) {
    case FHIR_PARAM_REFERENCE:
    case FHIR_PARAM_URI: return true;
    case FHIR_PARAM_STRING:
        return param->special != SPECIAL_NONE && param->special != SPECIAL_PHONE;
    case FHIR_PARAM_TOKEN:
        for (size_t i = 0; i < condition->count; i++) {
            if (!condition->tests[i].code.len)
                return false;
        }
        return true;
    default: return false;
    }
}

static Status check_resource(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    return gather_ask(run, what, place_str(place), ret_holds);
}

/* A parameter that is the union of others has no keys of its own. */
static Status union_stream(Run *run, const Condition *condition, size_t budget, Stream **ret_stream,
                           bool *ret_many)
{
    const SearchParam *param = condition->param;
    Stream **sides = arena_array_of(run->cx->arena, Stream *, param->part_count);
    if (!sides)
        return STATUS_MEMORY;
    *ret_stream = NULL;
    for (size_t i = 0; i < param->part_count; i++) {
        Condition *part = arena_new_of(run->cx->arena, Condition);
        if (!part)
            return STATUS_MEMORY;
        *part = *condition;
        part->param = search_param_find(run->search, param->type, param->parts[i]);
        TRY(condition_stream(run, part, budget, &sides[i], ret_many));
        if (!sides[i])
            return STATUS_OK;
    }
    return stream_union(run, sides, param->part_count, ret_stream);
}

static Status gather_test(Gather *g, const Test *test)
{
    bool part =
        g->condition->modifier == MODIFIER_CONTAINS || g->condition->modifier == MODIFIER_ENDS;
    return (part ? gather_part : gatherers[g->condition->param->kind])(g, test);
}

Status condition_stream(Run *run, const Condition *condition, size_t budget, Stream **ret_stream,
                        bool *ret_many)
{
    Knows knows = index_knows(run->search, condition);
    *ret_stream = NULL;
    *ret_many = false;
    if (knows == KNOWS_NOTHING)
        return STATUS_OK;
    if (condition->param->part_count)
        return union_stream(run, condition, budget, ret_stream, ret_many);
    Gather *g = arena_new_of(run->cx->arena, Gather);
    if (!g)
        return STATUS_MEMORY;
    *g = (Gather){.run = run, .condition = condition, .budget = budget};
    for (size_t i = 0; i < condition->count && !g->many; i++)
        TRY(gather_test(g, &condition->tests[i]));
    *ret_many = g->many;
    if (g->many)
        return STATUS_OK;
    Stream *all;
    if (g->places.count || !g->count) {
        TRY(stream_of_places(run, g->places.at, g->places.count, &all));
        TRY(gather_add(g, all));
    }
    TRY(stream_union(run, g->streams, g->count, &all));
    if (knows == KNOWS_WHERE)
        TRY(stream_checked(run, all, check_resource, condition, &all));
    *ret_stream = all;
    return STATUS_OK;
}
