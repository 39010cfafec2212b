/* fhir/path/fn_collection.c - functions on collections of any items.
 *
 * SPEC FHIRPath N1 #existence, #filtering-and-projection, #subsetting, #combining,
 * #tree-navigation, #utility-functions, #aggregates */
#include "fhir/path/inner.h"

/* ---- existence -------------------------------------------------------------------------- */

static Status fn_empty(PathEval *ev, const PathCall *call, PathList *to)
{
    return path_add_boolean(ev, to, call->input->count == 0);
}

static Status fn_exists(PathEval *ev, const PathCall *call, PathList *to)
{
    if (call->node->arg_count == 0)
        return path_add_boolean(ev, to, call->input->count > 0);
    for (size_t i = 0; i < call->input->count; i++) {
        Truth truth;
        TRY(path_holds(ev, call, 0, i, &truth));
        if (truth == TRUTH_TRUE)
            return path_add_boolean(ev, to, true);
    }
    return path_add_boolean(ev, to, false);
}

static Status fn_all(PathEval *ev, const PathCall *call, PathList *to)
{
    for (size_t i = 0; i < call->input->count; i++) {
        Truth truth;
        TRY(path_holds(ev, call, 0, i, &truth));
        if (truth != TRUTH_TRUE)
            return path_add_boolean(ev, to, false);
    }
    return path_add_boolean(ev, to, true);
}

/* Whether an item is `sought`; `all` or one of them. */
static Status each_boolean(PathEval *ev, const PathCall *call, bool sought, bool all, PathList *to)
{
    for (size_t i = 0; i < call->input->count; i++) {
        PathItem value = path_simple(&call->input->items[i]);
        if (value.kind != PATH_BOOLEAN)
            return path_fail(ev, call->node, "%s() is asked of booleans.",
                             call->node->function->name);
        if ((value.boolean == sought) != all)
            return path_add_boolean(ev, to, !all);
    }
    return path_add_boolean(ev, to, all);
}

static Status fn_all_true(PathEval *ev, const PathCall *call, PathList *to)
{
    return each_boolean(ev, call, true, true, to);
}

static Status fn_any_true(PathEval *ev, const PathCall *call, PathList *to)
{
    return each_boolean(ev, call, true, false, to);
}

static Status fn_all_false(PathEval *ev, const PathCall *call, PathList *to)
{
    return each_boolean(ev, call, false, true, to);
}

static Status fn_any_false(PathEval *ev, const PathCall *call, PathList *to)
{
    return each_boolean(ev, call, false, false, to);
}

static Status is_subset(PathEval *ev, const PathList *part, const PathList *whole, PathList *to)
{
    for (size_t i = 0; i < part->count; i++) {
        bool has;
        TRY(path_has(ev, whole, &part->items[i], &has));
        if (!has)
            return path_add_boolean(ev, to, false);
    }
    return path_add_boolean(ev, to, true);
}

static Status fn_subset_of(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(other, 4);
    TRY(path_arg(ev, call, 0, &other));
    return is_subset(ev, call->input, &other, to);
}

static Status fn_superset_of(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(other, 4);
    TRY(path_arg(ev, call, 0, &other));
    return is_subset(ev, &other, call->input, to);
}

static Status fn_count(PathEval *ev, const PathCall *call, PathList *to)
{
    return path_add_integer(ev, to, (int64_t)call->input->count);
}

static Status fn_distinct(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(seen, 4);
    TRY(path_add_distinct(ev, &seen, call->input));
    return path_add_all(ev, to, &seen);
}

static Status fn_is_distinct(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(seen, 4);
    TRY(path_add_distinct(ev, &seen, call->input));
    return path_add_boolean(ev, to, seen.count == call->input->count);
}

static Status fn_not(PathEval *ev, const PathCall *call, PathList *to)
{
    Truth truth;
    TRY(path_truth(ev, call->node, call->input, &truth));
    return truth == TRUTH_EMPTY ? STATUS_OK : path_add_boolean(ev, to, truth == TRUTH_FALSE);
}

/* ---- filtering and projection ----------------------------------------------------------- */

static Status fn_where(PathEval *ev, const PathCall *call, PathList *to)
{
    for (size_t i = 0; i < call->input->count; i++) {
        Truth truth;
        TRY(path_holds(ev, call, 0, i, &truth));
        if (truth == TRUTH_TRUE)
            TRY(path_add(ev, to, &call->input->items[i]));
    }
    return STATUS_OK;
}

static Status project(PathEval *ev, const PathCall *call, const PathList *input, size_t i,
                      PathList *to)
{
    PathFrame frame = {.this = &input->items[i],
                       .this_count = 1,
                       .index = (int64_t)i,
                       .total = call->frame->total};
    return path_eval_scope(ev, call->node->args[0], &frame, to);
}

static Status fn_select(PathEval *ev, const PathCall *call, PathList *to)
{
    for (size_t i = 0; i < call->input->count; i++)
        TRY(project(ev, call, call->input, i, to));
    return STATUS_OK;
}

/* Until nothing new comes; an equal item is not new. */
static Status fn_repeat(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(all, 4);
    PathSet set = {.list = &all};
    for (size_t i = 0; i < call->input->count; i++) {
        PATH_LIST(found, 4);
        TRY(project(ev, call, call->input, i, &found));
        TRY(path_set_add(ev, &set, &found));
    }
    for (size_t i = 0; i < all.count; i++) {
        PATH_LIST(found, 4);
        TRY(project(ev, call, &all, i, &found));
        TRY(path_set_add(ev, &set, &found));
    }
    return path_add_all(ev, to, &all);
}

static Status fn_repeat_all(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(all, 4);
    for (size_t i = 0; i < call->input->count; i++)
        TRY(project(ev, call, call->input, i, &all));
    for (size_t i = 0; i < all.count; i++) {
        PATH_LIST(found, 4);
        TRY(project(ev, call, &all, i, &found));
        TRY(path_add_all(ev, &all, &found));
    }
    return path_add_all(ev, to, &all);
}

/* A criterion that is no boolean is an error here: the official cases testIif6 and
 * testCollectionBoolean1. */
static Status fn_iif(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(criterion, 1);
    if (call->input->count > 1)
        return path_fail(ev, call->node, "iif() is asked of one item.");
    bool alone = call->node->input == NULL;
    PathFrame frame = alone ? *call->frame
                            : (PathFrame){.this = call->input->items,
                                          .this_count = call->input->count,
                                          .index = call->frame->index,
                                          .total = call->frame->total};
    TRY(path_eval_scope(ev, call->node->args[0], &frame, &criterion));
    const PathItem *item;
    TRY(path_single(ev, call->node->args[0], &criterion, &item));
    PathItem value = item ? path_simple(item) : (PathItem){.kind = PATH_BOOLEAN};
    if (value.kind != PATH_BOOLEAN)
        return path_fail(ev, call->node->args[0], "the criterion of iif() is a boolean.");
    if (value.boolean)
        return path_eval_scope(ev, call->node->args[1], &frame, to);
    return call->node->arg_count > 2 ? path_eval_scope(ev, call->node->args[2], &frame, to)
                                     : STATUS_OK;
}

static Status fn_coalesce(PathEval *ev, const PathCall *call, PathList *to)
{
    size_t before = to->count;
    for (size_t i = 0; i < call->node->arg_count && to->count == before; i++)
        TRY(path_arg(ev, call, i, to));
    return STATUS_OK;
}

static Status fn_aggregate(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(total, 2);
    if (call->node->arg_count > 1)
        TRY(path_arg(ev, call, 1, &total));
    for (size_t i = 0; i < call->input->count; i++) {
        PATH_LIST(next, 2);
        PathFrame frame = {
            .this = &call->input->items[i], .this_count = 1, .index = (int64_t)i, .total = &total};
        TRY(path_eval_scope(ev, call->node->args[0], &frame, &next));
        total.count = 0;
        TRY(path_add_all(ev, &total, &next));
    }
    return path_add_all(ev, to, &total);
}

/* ---- subsetting ------------------------------------------------------------------------- */

static Status fn_single(PathEval *ev, const PathCall *call, PathList *to)
{
    const PathItem *item;
    TRY(path_single(ev, call->node, call->input, &item));
    return item ? path_add(ev, to, item) : STATUS_OK;
}

static Status add_range(PathEval *ev, const PathCall *call, size_t from, size_t until, PathList *to)
{
    for (size_t i = from; i < until && i < call->input->count; i++)
        TRY(path_add(ev, to, &call->input->items[i]));
    return STATUS_OK;
}

static Status fn_first(PathEval *ev, const PathCall *call, PathList *to)
{
    return add_range(ev, call, 0, 1, to);
}

static Status fn_last(PathEval *ev, const PathCall *call, PathList *to)
{
    size_t count = call->input->count;
    return add_range(ev, call, count ? count - 1 : 0, count, to);
}

static Status fn_tail(PathEval *ev, const PathCall *call, PathList *to)
{
    return add_range(ev, call, 1, SIZE_MAX, to);
}

static Status fn_skip(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem number;
    bool there;
    TRY(path_arg_value(ev, call, 0, PATH_INTEGER, &number, &there));
    if (!there)
        return STATUS_OK;
    return add_range(ev, call, number.integer > 0 ? (size_t)number.integer : 0, SIZE_MAX, to);
}

static Status fn_take(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem number;
    bool there;
    TRY(path_arg_value(ev, call, 0, PATH_INTEGER, &number, &there));
    if (!there)
        return STATUS_OK;
    return add_range(ev, call, 0, number.integer > 0 ? (size_t)number.integer : 0, to);
}

static Status fn_intersect(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(other, 4);
    PATH_LIST(seen, 4);
    TRY(path_arg(ev, call, 0, &other));
    TRY(path_add_distinct(ev, &seen, call->input));
    for (size_t i = 0; i < seen.count; i++) {
        bool has;
        TRY(path_has(ev, &other, &seen.items[i], &has));
        if (has)
            TRY(path_add(ev, to, &seen.items[i]));
    }
    return STATUS_OK;
}

static Status fn_exclude(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(other, 4);
    TRY(path_arg(ev, call, 0, &other));
    for (size_t i = 0; i < call->input->count; i++) {
        bool has;
        TRY(path_has(ev, &other, &call->input->items[i], &has));
        if (!has)
            TRY(path_add(ev, to, &call->input->items[i]));
    }
    return STATUS_OK;
}

/* ---- combining -------------------------------------------------------------------------- */

static Status fn_union(PathEval *ev, const PathCall *call, PathList *to)
{
    PATH_LIST(other, 4);
    PATH_LIST(all, 4);
    TRY(path_arg(ev, call, 0, &other));
    TRY(path_add_distinct(ev, &all, call->input));
    TRY(path_add_distinct(ev, &all, &other));
    return path_add_all(ev, to, &all);
}

static Status fn_combine(PathEval *ev, const PathCall *call, PathList *to)
{
    TRY(path_add_all(ev, to, call->input));
    return path_arg(ev, call, 0, to);
}

/* ---- the tree, and what helps ----------------------------------------------------------- */

static Status fn_children(PathEval *ev, const PathCall *call, PathList *to)
{
    for (size_t i = 0; i < call->input->count; i++)
        TRY(path_children(ev, &call->input->items[i], to));
    return STATUS_OK;
}

static Status fn_descendants(PathEval *ev, const PathCall *call, PathList *to)
{
    for (size_t i = 0; i < call->input->count; i++)
        TRY(path_descendants(ev, &call->input->items[i], to));
    return STATUS_OK;
}

static Status fn_type(PathEval *ev, const PathCall *call, PathList *to)
{
    for (size_t i = 0; i < call->input->count; i++) {
        const PathItem *item = &call->input->items[i];
        PathItem type = {
            .kind = PATH_TYPE, .text = path_type_name(item), .boolean = item->kind == PATH_ELEMENT};
        TRY(path_add(ev, to, &type));
    }
    return STATUS_OK;
}

static Status fn_trace(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem name;
    bool there;
    PATH_LIST(shown, 4);
    TRY(path_arg_value(ev, call, 0, PATH_STRING, &name, &there));
    if (call->node->arg_count > 1) {
        for (size_t i = 0; i < call->input->count; i++) {
            PathFrame frame = {.this = &call->input->items[i],
                               .this_count = 1,
                               .index = (int64_t)i,
                               .total = call->frame->total};
            TRY(path_eval_scope(ev, call->node->args[1], &frame, &shown));
        }
    } else {
        shown = *call->input;
        shown.home = LIST_LENT;
    }
    if (ev->env->trace)
        ev->env->trace(ev->env->to, there ? name.text : STR_EMPTY,
                       &(PathItems){shown.items, shown.count});
    return path_add_all(ev, to, call->input);
}

static bool is_taken(PathEval *ev, Str name)
{
    static const Str fixed[] = {STR_INIT("context"), STR_INIT("resource"), STR_INIT("rootResource"),
                                STR_INIT("ucum"),    STR_INIT("sct"),      STR_INIT("loinc")};
    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        if (str_eq(name, fixed[i]))
            return true;
    }
    for (const PathVariable *v = ev->variables; v; v = v->older) {
        if (str_eq(v->name, name))
            return true;
    }
    for (size_t i = 0; i < ev->env->name_count; i++) {
        if (str_eq(ev->env->names[i], name))
            return true;
    }
    return false;
}

/* The variable lives until the expression that the call stands in ends: path_eval_scope(). */
static Status fn_define_variable(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem name;
    bool there;
    PathList value = {0};
    PathVariable *variable = arena_new_of(ev->cx->arena, PathVariable);
    if (!variable)
        return STATUS_MEMORY;
    TRY(path_arg_value(ev, call, 0, PATH_STRING, &name, &there));
    if (!there)
        return path_fail(ev, call->node, "a variable needs a name.");
    if (is_taken(ev, name.text))
        return path_fail(ev, call->node, "there is a variable %%" STR_FMT " already.",
                         STR_ARG(str_head(name.text, 64)));
    if (call->node->arg_count > 1) {
        PathFrame frame = {.this = call->input->items,
                           .this_count = call->input->count,
                           .index = call->frame->index,
                           .total = call->frame->total};
        TRY(path_eval_scope(ev, call->node->args[1], &frame, &value));
    } else {
        TRY(path_add_all(ev, &value, call->input));
    }
    *variable = (PathVariable){ev->variables, name.text, {value.items, value.count}};
    ev->variables = variable;
    return path_add_all(ev, to, call->input);
}

static Status fn_type_operator(PathEval *ev, const PathCall *call, PathList *to)
{
    UNUSED(to); /* compiled to a node of its own */
    return path_fail(ev, call->node, "this takes the name of a type.");
}

const PathFunction path_collection_functions[] = {
    {"aggregate", 1, 2, CALL_LAMBDA, fn_aggregate},
    {"all", 1, 1, CALL_LAMBDA, fn_all},
    {"allFalse", 0, 0, 0, fn_all_false},
    {"allTrue", 0, 0, 0, fn_all_true},
    {"anyFalse", 0, 0, 0, fn_any_false},
    {"anyTrue", 0, 0, 0, fn_any_true},
    {"as", 1, 1, CALL_TYPE, fn_type_operator},
    {"children", 0, 0, CALL_SHUFFLES, fn_children},
    {"coalesce", 1, 255, 0, fn_coalesce},
    {"combine", 1, 1, 0, fn_combine},
    {"count", 0, 0, 0, fn_count},
    {"defineVariable", 1, 2, CALL_LAMBDA | CALL_KEEPS, fn_define_variable},
    {"descendants", 0, 0, CALL_SHUFFLES, fn_descendants},
    {"distinct", 0, 0, CALL_KEEPS, fn_distinct},
    {"empty", 0, 0, 0, fn_empty},
    {"exclude", 1, 1, CALL_KEEPS, fn_exclude},
    {"exists", 0, 1, CALL_LAMBDA, fn_exists},
    {"first", 0, 0, CALL_KEEPS | CALL_ORDERED, fn_first},
    {"iif", 2, 3, CALL_LAMBDA, fn_iif},
    {"intersect", 1, 1, CALL_KEEPS, fn_intersect},
    {"is", 1, 1, CALL_TYPE, fn_type_operator},
    {"isDistinct", 0, 0, 0, fn_is_distinct},
    {"last", 0, 0, CALL_KEEPS | CALL_ORDERED, fn_last},
    {"not", 0, 0, 0, fn_not},
    {"ofType", 1, 1, CALL_TYPE, fn_type_operator},
    {"repeat", 1, 1, CALL_LAMBDA | CALL_REPEATS, fn_repeat},
    {"repeatAll", 1, 1, CALL_LAMBDA | CALL_REPEATS, fn_repeat_all},
    {"select", 1, 1, CALL_LAMBDA, fn_select},
    {"single", 0, 0, CALL_KEEPS, fn_single},
    {"skip", 1, 1, CALL_KEEPS | CALL_ORDERED, fn_skip},
    {"sort", 0, SORT_KEYS_MAX, CALL_LAMBDA | CALL_KEEPS, path_fn_sort},
    {"subsetOf", 1, 1, 0, fn_subset_of},
    {"supersetOf", 1, 1, 0, fn_superset_of},
    {"tail", 0, 0, CALL_KEEPS | CALL_ORDERED, fn_tail},
    {"take", 1, 1, CALL_KEEPS | CALL_ORDERED, fn_take},
    {"trace", 1, 2, CALL_LAMBDA | CALL_KEEPS, fn_trace},
    {"type", 0, 0, 0, fn_type},
    {"union", 1, 1, 0, fn_union},
    {"where", 1, 1, CALL_LAMBDA | CALL_KEEPS, fn_where},
};
const size_t path_collection_function_count = COUNT_OF(path_collection_functions);
