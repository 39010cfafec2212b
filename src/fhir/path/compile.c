/* fhir/path/compile.c - types and functions found, foreign terms pruned, plain routes made.
 *
 * Static types are FHIR types by number; 0 is "not known before evaluation". They serve three
 * ends: errors in strict programs, pruning, and plain routes. */
#include "fhir/path/inner.h"

typedef struct {
    Ctx *cx;
    Arena *forever;
    Str text;
    uint16_t context;
    bool strict;
} Compiler;

static Status compile(Compiler *c, PathNode *node, uint16_t this_type);

static Status fail(Compiler *c, const PathNode *node, const char *what)
{
    return path_fail_at(c->cx, STATUS_INVALID, c->text, node->at, "%s", what);
}

static Status fail_name(Compiler *c, const PathNode *node, const char *format)
{
    char name[64];
    snprintf(name, sizeof(name), STR_FMT, STR_ARG(str_head(node->text, sizeof(name) - 1)));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return path_fail_at(c->cx, STATUS_INVALID, c->text, node->at, format, name);
#pragma GCC diagnostic pop
}

/* The type when items of it need no second look. */
static uint16_t known(uint16_t type)
{
    return type < fhir_type_rows && fhir_types[type].kind != KIND_ANY_RESOURCE ? type : 0;
}

static void make_empty(PathNode *node, bool foreign)
{
    node->op = NODE_EMPTY;
    node->foreign = foreign;
    node->input = NULL;
    node->arg_count = 0;
    node->type = 0;
}

/* ---- steps ------------------------------------------------------------------------------------
 */

/* The "Patient" of Patient.name. */
static Status compile_root(Compiler *c, PathNode *node, uint16_t this_type, uint16_t type)
{
    if (this_type == 0) {
        node->op = NODE_ROOT;
        node->test = (PathType){.fhir = type};
        node->type = known(type);
        return STATUS_OK;
    }
    if (path_type_is(this_type, type)) {
        node->op = NODE_THIS;
        node->type = this_type;
        return STATUS_OK;
    }
    if (c->strict)
        return fail_name(c, node, "%s is not the type that stands here.");
    make_empty(node, true);
    return STATUS_OK;
}

static bool names_a_type(const PathNode *node, uint16_t *ret_type)
{
    char first = node->text.len ? node->text.at[0] : 'a';
    if (node->op != NODE_STEP || node->input || first < 'A' || first > 'Z')
        return false;
    *ret_type = path_type_number(node->text);
    return *ret_type != 0;
}

static Status compile_step(Compiler *c, PathNode *node, uint16_t this_type)
{
    uint16_t type, from = node->input ? node->input->type : this_type;
    if (names_a_type(node, &type))
        return compile_root(c, node, this_type, type);
    if (from == 0)
        return STATUS_OK;
    node->row_count = (uint16_t)path_rows(from, node->text, &node->rows);
    if (node->row_count == 1)
        node->type = known(node->rows->type);
    if (node->row_count || (path_is_primitive(from) && str_eq(node->text, STR("value"))))
        return STATUS_OK;
    if (c->strict)
        return fail_name(c, node, "there is no element \"%s\" here.");
    make_empty(node, false);
    return STATUS_OK;
}

/* ---- types ------------------------------------------------------------------------------ */

static Status find_type(Compiler *c, const PathNode *name, PathType *ret_type)
{
    Str namespace = name->input ? name->input->text : STR_EMPTY;
    if (name->op != NODE_STEP ||
        (name->input && (name->input->op != NODE_STEP || name->input->input)))
        return fail(c, name, "the name of a type was expected.");
    if (!path_type_find(namespace, name->text, ret_type))
        return fail_name(c, name, "there is no type \"%s\".");
    return STATUS_OK;
}

/* An alternative of a choice that `as` or ofType() picks; NULL when not just one can be. */
static const ElementRow *picked_row(const PathNode *step, PathType test, size_t *ret_count)
{
    const ElementRow *picked = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < step->row_count; i++) {
        uint16_t type = step->rows[i].type;
        if (path_is_primitive(type) ? type == test.fhir : path_type_is(type, test.fhir)) {
            picked = &step->rows[i];
            (*ret_count)++;
        }
    }
    return *ret_count == 1 ? picked : NULL;
}

/* Observation.value.ofType(Quantity) is the step valueQuantity. */
static void narrow(PathNode *node)
{
    PathNode *step = node->input;
    size_t count;
    if (!step || step->op != NODE_STEP || step->row_count == 0 ||
        (step->row_count == 1 && step->type == 0))
        return;
    const ElementRow *row = picked_row(step, node->test, &count);
    if (count == 0) {
        if (step->row_count > 1) /* a subtype of the only type may still be meant */
            make_empty(node, false);
    } else if (row && node->lenient) {
        PathNode narrowed = *step;
        narrowed.rows = row;
        narrowed.row_count = 1;
        narrowed.type = known(row->type);
        narrowed.lenient = true;
        *node = narrowed;
    }
}

static Status compile_type(Compiler *c, PathNode *node)
{
    TRY(find_type(c, node->args[0], &node->test));
    if (node->oper == OP_IS)
        return STATUS_OK;
    node->lenient = node->oper == OP_OF_TYPE || !c->strict;
    node->type = known(node->test.fhir);
    if (node->test.fhir || !node->test.system)
        narrow(node);
    return STATUS_OK;
}

/* ---- functions -------------------------------------------------------------------------- */

static Status compile_call(Compiler *c, PathNode *node, uint16_t this_type)
{
    const PathFunction *function = node->function;
    uint16_t from = node->input ? node->input->type : this_type;
    if (node->arg_count < function->args_min || node->arg_count > function->args_max)
        return path_fail_at(c->cx, STATUS_INVALID, c->text, node->at,
                            "%s() takes %d to %d arguments.", function->name, function->args_min,
                            function->args_max);
    if (function->flags & CALL_TYPE) {
        node->op = NODE_TYPE;
        node->oper = str_eq(node->text, STR("is"))   ? OP_IS
                     : str_eq(node->text, STR("as")) ? OP_AS
                                                     : OP_OF_TYPE;
        return compile_type(c, node);
    }
    uint16_t inside = function->flags & CALL_REPEATS  ? 0
                      : function->flags & CALL_LAMBDA ? from
                                                      : this_type;
    for (size_t i = 0; i < node->arg_count; i++)
        TRY(compile(c, node->args[i], inside));
    TRY(path_literal_regex(c->cx, c->forever, c->text, node));
    if (function->flags & CALL_KEEPS)
        node->type = from;
    if (function->flags & CALL_SHUFFLES)
        node->unordered = true;
    if (c->strict && (function->flags & CALL_ORDERED) && node->input && node->input->unordered)
        return fail(c, node, "this asks for an order that the items before it have not.");
    return STATUS_OK;
}

/* ---- variables ----------------------------------------------------------------------------------
 */

static Status compile_variable(Compiler *c, PathNode *node)
{
    static const struct {
        Str name, value;
    } fixed[] = {
        {STR_INIT("sct"), STR_INIT("http://snomed.info/sct")},
        {STR_INIT("loinc"), STR_INIT("http://loinc.org")},
        {STR_INIT("ucum"), STR_INIT("http://unitsofmeasure.org")},
    };
    static const struct {
        Str prefix, value;
    } prefixes[] = {
        {STR_INIT("vs-"), STR_INIT("http://hl7.org/fhir/ValueSet/")},
        {STR_INIT("ext-"), STR_INIT("http://hl7.org/fhir/StructureDefinition/")},
    };
    Str value = STR_EMPTY;
    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        if (str_eq(node->text, fixed[i].name))
            value = fixed[i].value;
    }
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        if (!str_has_prefix(node->text, prefixes[i].prefix))
            continue;
        value = arena_format(c->forever, STR_FMT STR_FMT, STR_ARG(prefixes[i].value),
                             STR_ARG(str_from(node->text, prefixes[i].prefix.len)));
        if (!value.at)
            return STATUS_MEMORY;
    }
    if (value.len) {
        node->op = NODE_LITERAL;
        node->item = (PathItem){.kind = PATH_STRING, .text = value};
    } else if (str_eq(node->text, STR("context"))) {
        node->type = c->context;
    }
    return STATUS_OK;
}

/* ---- all -------------------------------------------------------------------------------- */

/* Whether a term of a union begins with the name of a type that is not the one here. */
static bool is_foreign(const PathNode *node, uint16_t this_type)
{
    uint16_t type;
    while (node->input)
        node = node->input;
    return this_type && names_a_type(node, &type) && !path_type_is(this_type, type);
}

static Status compile_union(Compiler *c, PathNode *node, uint16_t this_type)
{
    size_t kept = 0;
    for (size_t i = 0; i < node->arg_count; i++) {
        if (is_foreign(node->args[i], this_type))
            continue;
        TRY(compile(c, node->args[i], this_type));
        if (!node->args[i]->foreign)
            node->args[kept++] = node->args[i];
    }
    bool pruned = kept < node->arg_count;
    node->arg_count = (uint16_t)kept;
    if (kept == 0) {
        make_empty(node, true);
    } else if (kept == 1 && pruned) {
        *node = *node->args[0];
    } else {
        node->type = node->args[0]->type;
        for (size_t i = 1; i < kept; i++)
            node->type = node->args[i]->type == node->type ? node->type : 0;
    }
    return STATUS_OK;
}

static Status compile_args(Compiler *c, PathNode *node, uint16_t this_type)
{
    for (size_t i = 0; i < node->arg_count; i++)
        TRY(compile(c, node->args[i], this_type));
    return STATUS_OK;
}

static Status compile_self(Compiler *c, PathNode *node, uint16_t this_type)
{
    switch ((PathOp)node->op) {
    case NODE_THIS: node->type = this_type; return STATUS_OK;
    case NODE_VARIABLE: return compile_variable(c, node);
    case NODE_STEP: return compile_step(c, node, this_type);
    case NODE_CALL: return compile_call(c, node, this_type);
    case NODE_TYPE: return compile_type(c, node);
    case NODE_UNION: return compile_union(c, node, this_type);
    case NODE_AT:
        assert(node->input);
        node->type = node->input->type;
        if (c->strict && node->input->unordered)
            return fail(c, node, "this asks for an order that the items before it have not.");
        return compile_args(c, node, this_type);
    default: return compile_args(c, node, this_type);
    }
}

static Status compile(Compiler *c, PathNode *node, uint16_t this_type)
{
    if (node->op == NODE_CALL) {
        node->function = path_function(node->text);
        if (!node->function)
            return fail_name(c, node, "there is no function %s().");
    }
    if (node->input) {
        TRY(compile(c, node->input, this_type));
        node->unordered = node->input->unordered;
        if (node->input->foreign && (node->op == NODE_STEP || node->op == NODE_CALL ||
                                     node->op == NODE_AT || node->op == NODE_TYPE))
            node->foreign = true;
        if (node->input->op == NODE_EMPTY && node->op == NODE_STEP) {
            make_empty(node, node->foreign);
            return STATUS_OK;
        }
    }
    return compile_self(c, node, this_type);
}

/* Plain routes, the longest first. */
static Status make_plain(Compiler *c, PathNode *node)
{
    TRY(path_plain(c->cx, c->forever, node));
    if (node->op == NODE_PLAIN)
        return STATUS_OK;
    if (node->input)
        TRY(make_plain(c, node->input));
    for (size_t i = 0; i < node->arg_count; i++) {
        if (node->op != NODE_TYPE)
            TRY(make_plain(c, node->args[i]));
    }
    return STATUS_OK;
}

Status path_compile(Ctx *cx, Arena *forever, Str expression, const PathCompile *how,
                    const PathProgram **ret_program)
{
    PathNode *root;
    if (expression.len > PATH_TEXT_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A FHIRPath expression may have at most %d bytes.", PATH_TEXT_MAX);
    PathProgram *program = arena_new_of(forever, PathProgram);
    if (!program)
        return STATUS_MEMORY;
    program->text = arena_str(forever, expression);
    if (!program->text.at)
        return STATUS_MEMORY;
    if (!str_is_utf8(expression))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A FHIRPath expression is text in UTF-8.");
    program->context = known(path_type_number(how->context));
    Compiler c = {.cx = cx,
                  .forever = forever,
                  .text = program->text,
                  .context = program->context,
                  .strict = how->strict};
    TRY(path_parse(cx, forever, program->text, &root));
    TRY(compile(&c, root, program->context));
    TRY(make_plain(&c, root));
    program->root = root;
    *ret_program = program;
    return STATUS_OK;
}

Str path_program_type(const PathProgram *program)
{
    return fhir_type_name(program->root->type);
}
