/* fhir/path/eval.c - from a program and JSON to items.
 *
 * Each node adds what it gives to a list of its caller's. Lists begin on the stack, so that the
 * usual one or two items take no memory. */
#include "fhir/path/inner.h"

#include <stdarg.h>

enum { STEPS_BETWEEN_LOOKS = 65536 /* at the clock */ };

/* ---- lists and errors ------------------------------------------------------------------- */

void path_say(PathEval *ev, const PathNode *node, const char *format, ...)
{
    char sentence[200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    path_say_at(ev->cx, STATUS_UNPROCESSABLE, ev->program->text, node->at, "%s", sentence);
}

Status path_fail_steps(PathEval *ev)
{
    TRY(ctx_check_deadline(ev->cx));
    if (ev->steps_rest == 0)
        return ctx_fail(ev->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "A FHIRPath expression visited more than %d items.", PATH_STEPS_MAX);
    ev->steps_left = ev->steps_rest < STEPS_BETWEEN_LOOKS ? ev->steps_rest : STEPS_BETWEEN_LOOKS;
    ev->steps_rest -= ev->steps_left;
    return STATUS_OK;
}

static Status fail_memory(PathEval *ev)
{
    return ctx_fail(ev->cx, STATUS_MEMORY, STR_EMPTY,
                    "A FHIRPath expression needs more memory than one request may use.");
}

/* Class c has room for 8 * 4^c items. */
static size_t pool_class(size_t room)
{
    size_t c = 0;
    for (size_t size = POOL_SMALLEST; size < room; size *= 4)
        c++;
    return c;
}

static PathItem *pool_take(PathEval *ev, size_t room)
{
    void **piece = ev->pool ? ev->pool[pool_class(room)] : NULL;
    if (!piece)
        return arena_alloc_raw(ev->cx->arena, room * sizeof(PathItem));
    ev->pool[pool_class(room)] = *piece;
    return (PathItem *)piece;
}

void path_list_release(PathList *list)
{
    if (list->home != LIST_POOLED)
        return;
    PathEval *ev = list->owner;
    list->home = LIST_LENT;
    if (!ev->pool)
        ev->pool = arena_array_of(ev->cx->arena, void *, POOL_CLASSES);
    if (!ev->pool)
        return; /* the arena is full: the evaluation is about to end */
    void **piece = (void **)list->items, **pool = &ev->pool[pool_class(list->room)];
    *piece = *pool;
    *pool = piece;
}

Status path_list_grow(PathEval *ev, PathList *list)
{
    static_assert(POOL_SMALLEST << 2 * (POOL_CLASSES - 1) >= PATH_ITEMS_MAX, "classes for all");
    size_t room = list->room ? 4 * list->room : 1, size = sizeof(PathItem);
    if (list->room >= PATH_ITEMS_MAX)
        return ctx_fail(ev->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "A collection of a FHIRPath expression has more than %d items.",
                        PATH_ITEMS_MAX);
    if (list->home == LIST_RESULT) {
        PathItem *items = arena_realloc(ev->cx->arena, list->items, list->room * size, room * size);
        if (!items)
            return fail_memory(ev);
        list->items = items;
        list->room = room;
        return STATUS_OK;
    }
    room = (size_t)POOL_SMALLEST << 2 * pool_class(list->room + 1);
    PathItem *items = pool_take(ev, room);
    if (!items)
        return fail_memory(ev);
    if (list->count)
        memcpy(items, list->items, list->count * size);
    path_list_release(list);
    *list = (PathList){items, list->count, room, LIST_POOLED, ev};
    return STATUS_OK;
}

Status path_add_all(PathEval *ev, PathList *list, const PathList *from)
{
    for (size_t i = 0; i < from->count; i++)
        TRY(path_add(ev, list, &from->items[i]));
    return STATUS_OK;
}

static PathList this_of(const PathFrame *frame)
{
    return (PathList){(PathItem *)frame->this, frame->this_count, frame->this_count, LIST_LENT,
                      NULL};
}

Status path_single(PathEval *ev, const PathNode *node, const PathList *list,
                   const PathItem **ret_item)
{
    *ret_item = list->count ? list->items : NULL;
    return list->count > 1
               ? path_fail(ev, node, "one item was expected, and there are %zu.", list->count)
               : STATUS_OK;
}

Status path_truth(PathEval *ev, const PathNode *node, const PathList *list, Truth *ret_truth)
{
    const PathItem *item;
    TRY(path_single(ev, node, list, &item));
    if (!item) {
        *ret_truth = TRUTH_EMPTY;
        return STATUS_OK;
    }
    PathItem value = path_simple(item);
    *ret_truth = value.kind != PATH_BOOLEAN || value.boolean ? TRUTH_TRUE : TRUTH_FALSE;
    return STATUS_OK;
}

static Status path_add_truth(PathEval *ev, PathList *to, Truth truth)
{
    return truth == TRUTH_EMPTY ? STATUS_OK : path_add_boolean(ev, to, truth == TRUTH_TRUE);
}

Status path_add_boolean(PathEval *ev, PathList *to, bool boolean)
{
    return path_add(ev, to, &(PathItem){.kind = PATH_BOOLEAN, .boolean = boolean});
}

Status path_add_integer(PathEval *ev, PathList *to, int64_t integer)
{
    if (integer > INT32_MAX || integer < INT32_MIN) /* SPEC FHIRPath N1 #math: empty on overflow */
        return STATUS_OK;
    PathItem item = {.kind = PATH_INTEGER, .integer = integer, .decimal = decimal_of(integer)};
    return path_add(ev, to, &item);
}

Status path_add_decimal(PathEval *ev, PathList *to, Decimal decimal)
{
    return path_add(ev, to, &(PathItem){.kind = PATH_DECIMAL, .decimal = decimal});
}

Status path_add_string(PathEval *ev, PathList *to, Str text)
{
    if (!text.at)
        return STATUS_MEMORY;
    return path_add(ev, to, &(PathItem){.kind = PATH_STRING, .text = text});
}

/* ---- operators --------------------------------------------------------------------------------
 */

static Status eval_logic(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    /* [left][right]; SPEC FHIRPath N1 #boolean-logic */
    static const uint8_t tables[4][3][3] = {
        {{0, 0, 0}, {0, 1, 2}, {0, 2, 2}}, /* and */
        {{0, 1, 2}, {1, 1, 1}, {2, 1, 2}}, /* or */
        {{0, 1, 2}, {1, 0, 2}, {2, 2, 2}}, /* xor */
        {{1, 1, 1}, {0, 1, 2}, {2, 1, 2}}, /* implies */
    };
    const uint8_t(*table)[3] = tables[node->oper - OP_AND];
    Truth left, right;
    PATH_LIST(a, 1);
    TRY(path_eval_scope(ev, node->args[0], frame, &a));
    TRY(path_truth(ev, node->args[0], &a, &left));
    if (table[left][0] == table[left][1] && table[left][1] == table[left][2])
        return path_add_truth(ev, to, table[left][0]);
    a.count = 0;
    TRY(path_eval_scope(ev, node->args[1], frame, &a));
    TRY(path_truth(ev, node->args[1], &a, &right));
    return path_add_truth(ev, to, table[left][right]);
}

static Truth equal_lists(const PathList *a, const PathList *b)
{
    if (a->count == 0 || b->count == 0)
        return TRUTH_EMPTY;
    if (a->count != b->count)
        return TRUTH_FALSE;
    Truth all = TRUTH_TRUE;
    for (size_t i = 0; i < a->count; i++) {
        Truth one = path_equal(&a->items[i], &b->items[i]);
        if (one == TRUTH_FALSE)
            return TRUTH_FALSE;
        if (one == TRUTH_EMPTY)
            all = TRUTH_EMPTY;
    }
    return all;
}

/* In any order; each item is met once. */
static Status equivalent_lists(PathEval *ev, const PathList *a, const PathList *b,
                               bool *ret_equivalent)
{
    *ret_equivalent = a->count == b->count;
    if (!*ret_equivalent || a->count == 0)
        return STATUS_OK;
    bool *met = arena_array_of(ev->cx->arena, bool, b->count);
    if (!met)
        return STATUS_MEMORY;
    for (size_t i = 0; i < a->count && *ret_equivalent; i++) {
        *ret_equivalent = false;
        for (size_t j = 0; j < b->count && !*ret_equivalent; j++) {
            TRY(path_step(ev));
            if (!met[j] && path_equivalent(&a->items[i], &b->items[j]))
                *ret_equivalent = met[j] = true;
        }
    }
    return STATUS_OK;
}

static Status eval_order(PathEval *ev, const PathNode *node, const PathItem *a, const PathItem *b,
                         PathList *to)
{
    int order;
    bool known;
    if (!path_compare(a, b, &order, &known))
        return path_fail(ev, node, "these two do not compare as less or greater.");
    if (!known)
        return STATUS_OK;
    switch ((PathOperator)node->oper) {
    case OP_LESS: return path_add_boolean(ev, to, order < 0);
    case OP_LESS_EQUAL: return path_add_boolean(ev, to, order <= 0);
    case OP_GREATER: return path_add_boolean(ev, to, order > 0);
    default: return path_add_boolean(ev, to, order >= 0);
    }
}

/* Operators on single items. */
static Status eval_singles(PathEval *ev, const PathNode *node, const PathList *left,
                           const PathList *right, PathList *to)
{
    const PathItem *a, *b;
    TRY(path_single(ev, node->args[0], left, &a));
    TRY(path_single(ev, node->args[1], right, &b));
    if (node->oper != OP_CONCATENATE && (!a || !b))
        return STATUS_OK;
    if (node->oper >= OP_LESS && node->oper <= OP_GREATER_EQUAL)
        return eval_order(ev, node, a, b, to);
    return path_arithmetic(ev, node, a, b, to);
}

static Status eval_in(PathEval *ev, const PathNode *node, const PathList *item,
                      const PathList *list, PathList *to)
{
    const PathItem *sought;
    bool has = false;
    TRY(path_single(ev, node, item, &sought));
    if (!sought)
        return STATUS_OK;
    TRY(path_has(ev, list, sought, &has));
    return path_add_boolean(ev, to, has);
}

static Status eval_binary(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    if (node->oper >= OP_AND)
        return eval_logic(ev, node, frame, to);
    PATH_LIST(a, 2);
    PATH_LIST(b, 2);
    TRY(path_eval_scope(ev, node->args[0], frame, &a));
    TRY(path_eval_scope(ev, node->args[1], frame, &b));
    bool equivalent;
    Truth equal;
    switch ((PathOperator)node->oper) {
    case OP_EQUAL: return path_add_truth(ev, to, equal_lists(&a, &b));
    case OP_NOT_EQUAL:
        equal = equal_lists(&a, &b);
        return path_add_truth(ev, to, equal == TRUTH_EMPTY ? equal : !equal);
    case OP_EQUIVALENT:
    case OP_NOT_EQUIVALENT:
        TRY(equivalent_lists(ev, &a, &b, &equivalent));
        return path_add_boolean(ev, to, equivalent == (node->oper == OP_EQUIVALENT));
    case OP_IN: return eval_in(ev, node, &a, &b, to);
    case OP_CONTAINS: return eval_in(ev, node, &b, &a, to);
    default: return eval_singles(ev, node, &a, &b, to);
    }
}

/* ---- other nodes -------------------------------------------------------------------------------
 */

static bool is_set(const PathItem *item)
{
    return item->kind != PATH_ELEMENT || item->json || item->extra;
}

static Status eval_variable(PathEval *ev, const PathNode *node, PathList *to)
{
    if (str_eq(node->text, STR("context")))
        return is_set(ev->context) ? path_add(ev, to, ev->context) : STATUS_OK;
    bool root = ev->env->root && str_eq(node->text, STR("rootResource"));
    if (root || str_eq(node->text, STR("resource")) || str_eq(node->text, STR("rootResource"))) {
        PathItem item = {.json = root ? ev->env->root : ev->env->resource};
        item.type = path_actual_type(0, item.json);
        return item.json ? path_add(ev, to, &item) : STATUS_OK;
    }
    for (const PathVariable *v = ev->variables; v; v = v->older) {
        if (str_eq(v->name, node->text))
            return path_add_all(ev, to,
                                &(PathList){v->value.items, v->value.count, 0, LIST_LENT, NULL});
    }
    for (size_t i = 0; i < ev->env->name_count; i++) {
        const PathItems *value = &ev->env->values[i];
        if (str_eq(ev->env->names[i], node->text))
            return path_add_all(ev, to,
                                &(PathList){value->items, value->count, 0, LIST_LENT, NULL});
    }
    return path_fail(ev, node, "there is no variable %%" STR_FMT ".",
                     STR_ARG(str_head(node->text, 64)));
}

static Status eval_input(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    if (node->input)
        return path_eval(ev, node->input, frame, to);
    *to = this_of(frame);
    return STATUS_OK;
}

static Status eval_step(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    PATH_LIST(input, 2);
    TRY(eval_input(ev, node, frame, &input));
    for (size_t i = 0; i < input.count; i++)
        TRY(path_children_named(ev, &input.items[i], node->text, to));
    return STATUS_OK;
}

static Status eval_call(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    PATH_LIST(input, 2);
    TRY(eval_input(ev, node, frame, &input));
    if (node->function->flags & CALL_SINGLE) {
        if (input.count == 0)
            return STATUS_OK;
        if (input.count > 1)
            return path_fail(ev, node, "%s() was expected to be asked of one item, not of %zu.",
                             node->function->name, input.count);
    }
    PathCall call = {node, frame, &input};
    return node->function->run(ev, &call, to);
}

/* `resolve() is Patient`: the reference alone tells. */
static Status eval_resolves(PathEval *ev, const PathNode *node, const PathFrame *frame,
                            PathList *to)
{
    uint16_t type;
    PATH_LIST(input, 2);
    TRY(eval_input(ev, node->input, frame, &input));
    const PathItem *reference;
    TRY(path_single(ev, node, &input, &reference));
    if (!reference)
        return STATUS_OK;
    TRY(path_resolve_type(ev, reference, &type));
    return type ? path_add_boolean(ev, to, path_type_is(type, node->test.fhir)) : STATUS_OK;
}

static Status eval_type(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    if (node->oper == OP_IS && node->input && node->input->op == NODE_CALL &&
        str_eq(node->input->text, STR("resolve")))
        return eval_resolves(ev, node, frame, to);
    PATH_LIST(input, 2);
    TRY(eval_input(ev, node, frame, &input));
    if (!node->lenient && input.count > 1)
        return path_fail(ev, node, "one item was expected, and there are %zu.", input.count);
    for (size_t i = 0; i < input.count; i++) {
        const PathItem *item = &input.items[i];
        if (node->oper == OP_IS)
            return path_add_boolean(ev, to, path_item_is(item, node->test));
        if (path_item_as(item, node->test))
            TRY(path_add(ev, to, item));
    }
    return STATUS_OK;
}

static Status eval_root(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    for (size_t i = 0; i < frame->this_count; i++) {
        if (path_item_is(&frame->this[i], node -> test))
            TRY(path_add(ev, to, &frame->this[i]));
    }
    return STATUS_OK;
}

/* Takes out the items from `from` on that equal an earlier one. */
static Status drop_equal(PathEval *ev, PathList *list, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < list->count; i++) {
        bool has;
        PathList before = {list->items, kept, kept, LIST_LENT, NULL};
        TRY(path_has(ev, &before, &list->items[i], &has));
        if (!has && kept != i)
            list->items[kept] = list->items[i];
        kept += !has;
    }
    list->count = kept;
    return STATUS_OK;
}

/* Few items are compared with each other where they come to stand; many go through a set. */
static Status eval_union(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    enum { FEW = 8 };
    PATH_LIST(all, 4);
    bool alone = to->count == 0;
    PathList *into = alone ? to : &all;
    PathSet set = {.list = into};
    for (size_t i = 0; i < node->arg_count; i++) {
        size_t before = into->count;
        if (before <= FEW) {
            TRY(path_eval_scope(ev, node->args[i], frame, into));
            if (into->count <= FEW) {
                TRY(drop_equal(ev, into, before));
                continue;
            }
        }
        PATH_LIST(one, 4);
        if (before <= FEW)
            TRY(path_add_all(ev, &one,
                             &(PathList){.items = into->items + before,
                                         .count = into->count - before,
                                         .home = LIST_LENT}));
        else
            TRY(path_eval_scope(ev, node->args[i], frame, &one));
        into->count = before;
        TRY(path_set_add(ev, &set, &one));
    }
    return alone ? STATUS_OK : path_add_all(ev, to, &all);
}

static Status eval_at(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    const PathItem *at;
    PATH_LIST(input, 2);
    PATH_LIST(index, 1);
    TRY(path_eval(ev, node->input, frame, &input));
    TRY(path_eval_scope(ev, node->args[0], frame, &index));
    TRY(path_single(ev, node->args[0], &index, &at));
    if (!at)
        return STATUS_OK;
    PathItem value = path_simple(at);
    if (value.kind != PATH_INTEGER)
        return path_fail(ev, node, "an index is an Integer.");
    if (value.integer < 0 || (uint64_t)value.integer >= input.count)
        return STATUS_OK;
    return path_add(ev, to, &input.items[value.integer]);
}

static Status eval_sign(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    const PathItem *item;
    PATH_LIST(input, 1);
    TRY(path_eval(ev, node->args[0], frame, &input));
    TRY(path_single(ev, node, &input, &item));
    return item ? path_negate(ev, node, item, to) : STATUS_OK;
}

static Status eval_plain(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    for (size_t i = 0; i < frame->this_count; i++)
        TRY(path_eval_plain(ev, node, &frame->this[i], to));
    return STATUS_OK;
}

Status path_eval(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    TRY(path_step(ev));
    switch ((PathOp)node->op) {
    case NODE_EMPTY: return STATUS_OK;
    case NODE_LITERAL: return path_add(ev, to, &node->item);
    case NODE_THIS: {
        PathList this = this_of(frame);
        return path_add_all(ev, to, &this);
    }
    case NODE_INDEX: return path_add_integer(ev, to, frame->index);
    case NODE_TOTAL: return frame->total ? path_add_all(ev, to, frame->total) : STATUS_OK;
    case NODE_VARIABLE: return eval_variable(ev, node, to);
    case NODE_STEP: return eval_step(ev, node, frame, to);
    case NODE_CALL: return eval_call(ev, node, frame, to);
    case NODE_AT: return eval_at(ev, node, frame, to);
    case NODE_BINARY: return eval_binary(ev, node, frame, to);
    case NODE_UNION: return eval_union(ev, node, frame, to);
    case NODE_SIGN: return eval_sign(ev, node, frame, to);
    case NODE_TYPE: return eval_type(ev, node, frame, to);
    case NODE_ROOT: return eval_root(ev, node, frame, to);
    case NODE_PLAIN: return eval_plain(ev, node, frame, to);
    }
    return STATUS_INTERNAL;
}

Status path_eval_scope(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to)
{
    const PathVariable *variables = ev->variables;
    Status status = path_eval(ev, node, frame, to);
    ev->variables = variables;
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static PathEval begin(const PathProgram *program, Ctx *cx, const PathEnv *env)
{
    return (PathEval){.cx = cx,
                      .env = env,
                      .program = program,
                      .now = env->now,
                      .steps_left = STEPS_BETWEEN_LOOKS,
                      .steps_rest = PATH_STEPS_MAX - STEPS_BETWEEN_LOOKS};
}

static Status evaluate(const PathProgram *program, Ctx *cx, const PathEnv *env, PathList *to)
{
    PathItem start = env->focus;
    if (!is_set(&start))
        start.json = env->resource;
    if (start.kind == PATH_ELEMENT && !start.type)
        start.type = program->context ? program->context : path_actual_type(0, start.json);
    PathEval ev = begin(program, cx, env);
    PathFrame frame = {.this = &start, .this_count = is_set(&start)};
    size_t issues = cx->issue_count;
    ev.context = &start;
    Status status = path_eval(&ev, program->root, &frame, to);
    return status == STATUS_MEMORY && cx->issue_count == issues ? fail_memory(&ev) : status;
}

/* A plain route from an element needs no frame: what search asks most. */
static Status evaluate_plain(const PathProgram *program, Ctx *cx, const PathEnv *env, PathList *to)
{
    PathEval ev = begin(program, cx, env);
    if (!is_set(&env->focus))
        return path_walk(&ev, program->root, program->context, env->resource, NULL, to);
    uint16_t type = env->focus.type ? env->focus.type : program->context;
    return path_walk(&ev, program->root, type, env->focus.json, env->focus.extra, to);
}

Status path_evaluate(const PathProgram *program, Ctx *cx, const PathEnv *env, PathItems *ret_items)
{
    PathList list = {0};
    bool plain = program->root->op == NODE_PLAIN && program->context &&
                 env->focus.kind == PATH_ELEMENT && (env->resource || is_set(&env->focus));
    TRY(plain ? evaluate_plain(program, cx, env, &list) : evaluate(program, cx, env, &list));
    *ret_items = (PathItems){list.items, list.count};
    return STATUS_OK;
}

Status path_evaluate_boolean(const PathProgram *program, Ctx *cx, const PathEnv *env,
                             bool *ret_holds)
{
    PATH_LIST(list, 1);
    TRY(evaluate(program, cx, env, &list));
    if (list.count > 1)
        return path_fail_at(cx, STATUS_UNPROCESSABLE, program->text, 0,
                            "one truth was expected, and there are %zu items.", list.count);
    PathItem value = list.count ? path_simple(&list.items[0]) : (PathItem){0};
    *ret_holds = list.count && (value.kind != PATH_BOOLEAN || value.boolean);
    return STATUS_OK;
}
