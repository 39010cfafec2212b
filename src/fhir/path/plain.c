/* fhir/path/plain.c - the fast route: paths of known types, walked without lists between.
 *
 * What search asks of every resource - Patient.name.family, Observation.effective,
 * Patient.telecom.where(system = 'phone'), x.where(resolve() is Patient) - becomes a row of
 * steps whose JSON names and types were found while compiling. */
#include "fhir/path/inner.h"

typedef enum {
    PLAIN_MEMBER,    /* name; its items have `type` */
    PLAIN_PRIMITIVE, /* the same, with _name */
    PLAIN_CHOICE,    /* name stands before the type: one of rows */
    PLAIN_EQUALS,    /* where(name = 'value') */
    PLAIN_RESOLVES,  /* where(resolve() is type) */
    PLAIN_TYPE,      /* ofType(type), of what may be any resource */
} PlainKind;

struct PlainStep {
    Str name, value;
    const ElementRow *rows;
    uint16_t row_count, type;
    uint8_t kind;
};

enum { PLAIN_STEPS_MAX = 16 };

/* ---- making ----------------------------------------------------------------------------- */

static bool of_this(const PathNode *node)
{
    return !node->input || (node->input->op == NODE_THIS && !node->input->input);
}

static bool plain_equals(const PathNode *equals, PlainStep *step)
{
    if (equals->op != NODE_BINARY || equals->oper != OP_EQUAL)
        return false;
    const PathNode *left = equals->args[0], *right = equals->args[1];
    if (left->op != NODE_STEP || !of_this(left) || left->row_count != 1 ||
        (left->rows->flags & ELEMENT_ARRAY) || right->op != NODE_LITERAL ||
        right->item.kind != PATH_STRING || right->item.text.len == 0)
        return false; /* no text is not an empty text */
    switch ((Primitive)fhir_types[left->rows->type].primitive) {
    case PRIMITIVE_CODE:
    case PRIMITIVE_STRING:
    case PRIMITIVE_URI:
    case PRIMITIVE_ID: break;
    default: return false;
    }
    *step = (PlainStep){
        .kind = PLAIN_EQUALS, .name = fhir_pool_str(left->rows->name), .value = right->item.text};
    return true;
}

static bool plain_resolves(const PathNode *is, PlainStep *step)
{
    const PathNode *resolve = is->input;
    if (is->op != NODE_TYPE || is->oper != OP_IS || !resolve || resolve->op != NODE_CALL ||
        !str_eq(resolve->text, STR("resolve")) || !of_this(resolve))
        return false;
    *step = (PlainStep){.kind = PLAIN_RESOLVES, .type = is->test.fhir};
    return true;
}

static bool plain_member(const PathNode *node, PlainStep *step)
{
    if (node->row_count == 0)
        return false;
    *step = (PlainStep){.rows = node->rows, .row_count = node->row_count, .kind = PLAIN_CHOICE};
    if (node->row_count == 1) {
        step->kind = path_is_primitive(node->rows->type) ? PLAIN_PRIMITIVE : PLAIN_MEMBER;
        step->name = fhir_pool_str(node->rows->name);
        step->type = node->rows->type;
    } else {
        step->name = fhir_pool_str(node->rows->base);
    }
    return true;
}

static bool plain_step(const PathNode *node, PlainStep *step)
{
    switch ((PathOp)node->op) {
    case NODE_STEP: return plain_member(node, step);
    case NODE_CALL:
        return node->arg_count == 1 && str_eq(node->text, STR("where")) &&
               (plain_equals(node->args[0], step) || plain_resolves(node->args[0], step));
    case NODE_ROOT: *step = (PlainStep){.kind = PLAIN_TYPE, .type = node->test.fhir}; return true;
    case NODE_TYPE: /* a choice was narrowed before; this is contained.ofType(Patient) */
        if (node->oper != OP_OF_TYPE || !node->test.fhir || node->test.fhir > fhir_resource_count)
            return false;
        *step = (PlainStep){.kind = PLAIN_TYPE, .type = node->test.fhir};
        return true;
    default: return false;
    }
}

Status path_plain(Ctx *cx, Arena *forever, PathNode *node)
{
    PlainStep steps[PLAIN_STEPS_MAX];
    size_t count = 0;
    UNUSED(cx);
    for (const PathNode *at = node; at && at->op != NODE_THIS; at = at->input) {
        if (count == PLAIN_STEPS_MAX || !plain_step(at, &steps[count]))
            return STATUS_OK;
        count++;
    }
    if (count == 0)
        return STATUS_OK;
    PlainStep *kept = arena_array_of(forever, PlainStep, count);
    if (!kept)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        kept[i] = steps[count - 1 - i];
        /* Children of a primitive stand in its _name: the general way knows. */
        if (i && kept[i].kind != PLAIN_TYPE && kept[i - 1].kind == PLAIN_PRIMITIVE &&
            kept[i].kind != PLAIN_RESOLVES)
            return STATUS_OK;
    }
    node->op = NODE_PLAIN;
    node->steps = kept;
    node->step_count = (uint16_t)count;
    return STATUS_OK;
}

/* ---- walking ----------------------------------------------------------------------------------
 */

typedef struct {
    PathEval *ev;
    const PlainStep *end;
    PathList *to;
} Walk;

static Status walk(const Walk *w, const PlainStep *step, uint16_t type, JsonValue *json,
                   JsonValue *extra);

/* What stands under a member: single or array, a primitive with what stands under _name. */
static Status spread(const Walk *w, const PlainStep *next, uint16_t type, JsonValue *value,
                     JsonValue *extra)
{
    if (!json_is(value, JSON_ARRAY) && !json_is(extra, JSON_ARRAY))
        return walk(w, next, type, value, extra);
    JsonValue *at, *beside;
    for (PathPairs pairs = path_pairs(value, extra); path_next_pair(&pairs, &at, &beside);)
        TRY(walk(w, next, type, at, beside));
    return STATUS_OK;
}

static const ElementRow *alternative(const PlainStep *step, Str name)
{
    size_t base = step->name.len;
    if (name.len <= base || name.at[0] != step->name.at[0] ||
        memcmp(name.at, step->name.at, base) != 0)
        return NULL;
    for (size_t i = 0; i < step->row_count; i++) {
        if (str_eq(name, fhir_pool_str(step->rows[i].name)))
            return &step->rows[i];
    }
    return NULL;
}

/* One look at each member: "effective" is a choice, so "effectivePeriod" is looked up. At most
 * one alternative is there in what is valid. */
static Status walk_choice(const Walk *w, const PlainStep *step, JsonValue *json)
{
    Str name;
    JsonValue *at, *value = NULL, *extra = NULL;
    const ElementRow *row = NULL, *extra_row = NULL, *found;
    for (JsonIter it = json_iter(json); json_next(&it, &name, &at);) {
        bool under = name.len && name.at[0] == '_';
        found = alternative(step, under ? str_from(name, 1) : name);
        if (!found)
            continue;
        if (under) {
            extra = at;
            extra_row = found;
            continue;
        }
        if (row)
            TRY(spread(w, step + 1, row->type, value, NULL));
        value = at;
        row = found;
    }
    if (row)
        TRY(spread(w, step + 1, row->type, value, row == extra_row ? extra : NULL));
    return extra_row && extra_row != row ? spread(w, step + 1, extra_row->type, NULL, extra)
                                         : STATUS_OK;
}

static Status walk_resolves(const Walk *w, const PlainStep *step, uint16_t type, JsonValue *json,
                            JsonValue *extra)
{
    PathItem item = {.type = type, .json = json, .extra = extra};
    uint16_t target;
    TRY(path_resolve_type(w->ev, &item, &target));
    return path_type_is(target, step->type) ? walk(w, step + 1, type, json, extra) : STATUS_OK;
}

static Status arrive(const Walk *w, uint16_t type, JsonValue *json, JsonValue *extra)
{
    PathItem *item;
    if (json_is(json, JSON_NULL))
        json = NULL;
    if (json_is(extra, JSON_NULL))
        extra = NULL;
    if (!json && !extra)
        return STATUS_OK;
    TRY(path_new(w->ev, w->to, &item));
    item->type = fhir_types[type].kind == KIND_ANY_RESOURCE ? path_actual_type(type, json) : type;
    item->json = json;
    item->extra = extra;
    return STATUS_OK;
}

static Status walk(const Walk *w, const PlainStep *step, uint16_t type, JsonValue *json,
                   JsonValue *extra)
{
    TRY(path_step(w->ev));
    if (step == w->end)
        return arrive(w, type, json, extra);
    switch ((PlainKind)step->kind) {
    case PLAIN_MEMBER: {
        JsonValue *value = json_get(json, step->name);
        return value ? spread(w, step + 1, step->type, value, NULL) : STATUS_OK;
    }
    case PLAIN_PRIMITIVE: {
        JsonValue *under, *value = json_get_pair(json, step->name, &under);
        return value || under ? spread(w, step + 1, step->type, value, under) : STATUS_OK;
    }
    case PLAIN_CHOICE: return walk_choice(w, step, json);
    case PLAIN_EQUALS:
        return str_eq(json_get_str(json, step->name), step->value)
                   ? walk(w, step + 1, type, json, extra)
                   : STATUS_OK;
    case PLAIN_RESOLVES: return walk_resolves(w, step, type, json, extra);
    case PLAIN_TYPE: {
        uint16_t actual = path_actual_type(type, json);
        return path_type_is(actual, step->type) ? walk(w, step + 1, actual, json, extra)
                                                : STATUS_OK;
    }
    }
    return STATUS_OK;
}

Status path_walk(PathEval *ev, const PathNode *node, uint16_t type, JsonValue *json,
                 JsonValue *extra, PathList *to)
{
    Walk w = {ev, node->steps + node->step_count, to};
    return walk(&w, node->steps, type, json, extra);
}

Status path_eval_plain(PathEval *ev, const PathNode *node, const PathItem *from, PathList *to)
{
    if (__builtin_expect(from->kind != PATH_ELEMENT, 0)) /* a System.Quantity, as Quantity */
        return node->step_count == 1 ? path_children_named(ev, from, node->steps[0].name, to)
                                     : STATUS_OK;
    return path_walk(ev, node, from->type, from->json, from->extra, to);
}
