/* fhir/path/functions.c - finding functions by name, and what they share. */
#include "fhir/path/inner.h"

const PathFunction *path_function(Str name)
{
    const struct {
        const PathFunction *rows;
        size_t count;
    } tables[] = {
        {path_collection_functions, path_collection_function_count},
        {path_string_functions, path_string_function_count},
        {path_number_functions, path_number_function_count},
        {path_convert_functions, path_convert_function_count},
        {path_date_functions, path_date_function_count},
        {path_fhir_functions, path_fhir_function_count},
    };
    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            if (str_eq(name, str_of(tables[t].rows[i].name)))
                return &tables[t].rows[i];
        }
    }
    return NULL;
}

Status path_arg(PathEval *ev, const PathCall *call, size_t i, PathList *to)
{
    return path_eval_scope(ev, call->node->args[i], call->frame, to);
}

Status path_arg_value(PathEval *ev, const PathCall *call, size_t i, PathKind kind,
                      PathItem *ret_value, bool *ret_there)
{
    const PathItem *item;
    PATH_LIST(list, 1);
    *ret_there = false;
    if (i >= call->node->arg_count)
        return STATUS_OK;
    TRY(path_arg(ev, call, i, &list));
    TRY(path_single(ev, call->node->args[i], &list, &item));
    if (!item)
        return STATUS_OK;
    PathItem value = path_value(item);
    if (value.kind != kind && !(kind == PATH_DECIMAL && value.kind == PATH_INTEGER)) {
        Str wanted = path_type_name(&(PathItem){.kind = kind});
        return path_fail(ev, call->node->args[i], "argument %zu of %s() must be: " STR_FMT ".",
                         i + 1, call->node->function->name, STR_ARG(wanted));
    }
    *ret_value = value;
    *ret_there = true;
    return STATUS_OK;
}

Status path_holds(PathEval *ev, const PathCall *call, size_t i, size_t index, Truth *ret_truth)
{
    PATH_LIST(list, 1);
    PathFrame frame = {.this = &call->input->items[index],
                       .this_count = 1,
                       .index = (int64_t)index,
                       .total = call->frame->total};
    TRY(path_eval_scope(ev, call->node->args[i], &frame, &list));
    return path_truth(ev, call->node->args[i], &list, ret_truth);
}
