/* fhir/path/parse.c - from tokens to a tree, by precedence climbing.
 *
 * SPEC FHIRPath N1 #oper-precedence */
#include "fhir/path/inner.h"

typedef struct {
    Ctx *cx;
    Arena *forever;
    Str text;
    size_t at;
    PathToken token; /* the next one */
    int nesting;
} Parser;

static const struct {
    const char *text;
    uint8_t level; /* binds tighter the higher */
    uint8_t oper;
} operators[] = {
    {"implies", 1, OP_IMPLIES}, {"or", 2, OP_OR},
    {"xor", 2, OP_XOR},         {"and", 3, OP_AND},
    {"in", 4, OP_IN},           {"contains", 4, OP_CONTAINS},
    {"=", 5, OP_EQUAL},         {"~", 5, OP_EQUIVALENT},
    {"!=", 5, OP_NOT_EQUAL},    {"!~", 5, OP_NOT_EQUIVALENT},
    {"<=", 6, OP_LESS_EQUAL},   {"<", 6, OP_LESS},
    {">", 6, OP_GREATER},       {">=", 6, OP_GREATER_EQUAL},
    {"|", 7, OP_UNION},         {"is", 8, OP_IS},
    {"as", 8, OP_AS},           {"+", 9, OP_ADD},
    {"-", 9, OP_SUBTRACT},      {"&", 9, OP_CONCATENATE},
    {"*", 10, OP_MULTIPLY},     {"/", 10, OP_DIVIDE},
    {"div", 10, OP_DIV},        {"mod", 10, OP_MOD},
};

static Status fail(Parser *p, const char *expected)
{
    if (p->token.kind == TOKEN_END)
        return path_fail_at(p->cx, STATUS_INVALID, p->text, p->text.len,
                            "%s was expected, and the expression ends.", expected);
    return path_fail_at(p->cx, STATUS_INVALID, p->text, p->token.at, "%s was expected.", expected);
}

static Status advance(Parser *p)
{
    return path_token(p->cx, p->forever, p->text, &p->at, &p->token);
}

static bool at_symbol(const Parser *p, const char *symbol)
{
    return p->token.kind == TOKEN_SYMBOL && str_eq(p->token.text, str_of(symbol));
}

static Status expect(Parser *p, const char *symbol, const char *words)
{
    if (!at_symbol(p, symbol))
        return fail(p, words);
    return advance(p);
}

static Status new_node(Parser *p, PathOp op, uint32_t at, PathNode **ret_node)
{
    PathNode *node = arena_new_of(p->forever, PathNode);
    if (!node)
        return STATUS_MEMORY;
    node->op = (uint8_t)op;
    node->at = at;
    node->depth = 1;
    *ret_node = node;
    return STATUS_OK;
}

/* node stands above `below`. */
static Status deepen(Parser *p, PathNode *node, const PathNode *below)
{
    if (below && below->depth >= node->depth)
        node->depth = (uint16_t)(below->depth + 1);
    if (node->depth > PATH_CHAIN_MAX)
        return path_fail_at(p->cx, STATUS_INVALID, p->text, node->at,
                            "the expression is longer than %d steps in a row.", PATH_CHAIN_MAX);
    return STATUS_OK;
}

static Status add_arg(Parser *p, PathNode *node, PathNode *arg)
{
    size_t size = sizeof(PathNode *), old = node->arg_count;
    if (old == UINT16_MAX)
        return fail(p, "no further part");
    if ((old & (old - 1)) == 0) { /* a power of two: full */
        node->args = arena_realloc(p->forever, node->args, old * size, (old ? 2 * old : 1) * size);
        if (!node->args)
            return STATUS_MEMORY;
    }
    node->args[node->arg_count++] = arg;
    return deepen(p, node, arg);
}

static Status parse_expression(Parser *p, int level, PathNode **ret_node);

/* ---- literals --------------------------------------------------------------------------- */

static Status parse_number(Parser *p, PathNode **ret_node)
{
    PathNode *node;
    PathToken number = p->token;
    TRY(new_node(p, NODE_LITERAL, number.at, &node));
    PathItem *item = &node->item;
    if (!decimal_parse(number.text, &item->decimal))
        return path_fail_at(p->cx, STATUS_INVALID, p->text, number.at,
                            "this number has more digits than can be kept.");
    TRY(advance(p));
    item->kind = item->decimal.scale ? PATH_DECIMAL : PATH_INTEGER;
    bool fits = decimal_to_i64(item->decimal, &item->integer) && item->integer <= INT32_MAX;
    if (p->token.kind == TOKEN_STRING) {
        item->kind = PATH_QUANTITY;
        item->boolean = path_calendar_unit(p->token.text, &item->text);
        if (!item->boolean)
            item->text = p->token.text;
        TRY(advance(p));
    } else if (p->token.kind == TOKEN_NAME && path_calendar_unit(p->token.text, &item->text)) {
        item->kind = PATH_QUANTITY;
        item->boolean = true;
        TRY(advance(p));
    } else if (item->kind == PATH_INTEGER && !fits) {
        return path_fail_at(p->cx, STATUS_INVALID, p->text, number.at,
                            "an Integer is at most 2147483647; a decimal has a point: 1.0.");
    }
    *ret_node = node;
    return STATUS_OK;
}

static Status parse_literal(Parser *p, PathKind kind, PathNode **ret_node)
{
    TRY(new_node(p, NODE_LITERAL, p->token.at, ret_node));
    (*ret_node)->item = (PathItem){.kind = kind, .text = p->token.text};
    return advance(p);
}

static Status parse_dollar(Parser *p, PathNode **ret_node)
{
    static const struct {
        const char *name;
        PathOp op;
    } names[] = {{"this", NODE_THIS}, {"index", NODE_INDEX}, {"total", NODE_TOTAL}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_eq(p->token.text, str_of(names[i].name))) {
            TRY(new_node(p, names[i].op, p->token.at, ret_node));
            return advance(p);
        }
    }
    return fail(p, "$this, $index or $total");
}

/* ---- terms ------------------------------------------------------------------------------ */

static Status parse_args(Parser *p, PathNode *call)
{
    TRY(advance(p)); /* ( */
    while (!at_symbol(p, ")")) {
        PathNode *arg;
        if (call->arg_count)
            TRY(expect(p, ",", "a comma or a closing parenthesis"));
        TRY(parse_expression(p, 0, &arg));
        TRY(add_arg(p, call, arg));
    }
    return advance(p);
}

/* name, or name(arguments), of `input` (NULL: $this). */
static Status parse_invocation(Parser *p, PathNode *input, PathNode **ret_node)
{
    PathNode *node;
    if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_DELIMITED)
        return fail(p, "the name of an element or of a function");
    TRY(new_node(p, NODE_STEP, p->token.at, &node));
    node->text = p->token.text;
    node->delimited = p->token.kind == TOKEN_DELIMITED;
    node->input = input;
    TRY(deepen(p, node, input));
    TRY(advance(p));
    if (at_symbol(p, "(")) {
        node->op = NODE_CALL;
        TRY(parse_args(p, node));
    }
    *ret_node = node;
    return STATUS_OK;
}

static Status parse_group(Parser *p, PathNode **ret_node)
{
    TRY(advance(p));
    TRY(parse_expression(p, 0, ret_node));
    return expect(p, ")", "a closing parenthesis");
}

static Status parse_name(Parser *p, PathNode **ret_node)
{
    Str name = p->token.text;
    PathNode *node;
    bool is_true = str_eq(name, STR("true"));
    if (is_true || str_eq(name, STR("false"))) {
        TRY(parse_literal(p, PATH_BOOLEAN, &node));
        node->item.boolean = is_true;
        node->item.text = STR_EMPTY;
        *ret_node = node;
        return STATUS_OK;
    }
    static const char *const reserved[] = {"and", "or", "xor", "implies", "div", "mod"};
    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        if (str_eq(name, str_of(reserved[i])))
            return fail(p, "a value or a path");
    }
    return parse_invocation(p, NULL, ret_node);
}

static Status parse_term(Parser *p, PathNode **ret_node)
{
    switch (p->token.kind) {
    case TOKEN_NAME: return parse_name(p, ret_node);
    case TOKEN_DELIMITED: return parse_invocation(p, NULL, ret_node);
    case TOKEN_STRING: return parse_literal(p, PATH_STRING, ret_node);
    case TOKEN_NUMBER: return parse_number(p, ret_node);
    case TOKEN_DATE: return parse_literal(p, PATH_DATE, ret_node);
    case TOKEN_DATETIME: return parse_literal(p, PATH_DATETIME, ret_node);
    case TOKEN_TIME: return parse_literal(p, PATH_TIME, ret_node);
    case TOKEN_DOLLAR: return parse_dollar(p, ret_node);
    case TOKEN_PERCENT:
        TRY(new_node(p, NODE_VARIABLE, p->token.at, ret_node));
        (*ret_node)->text = p->token.text;
        return advance(p);
    case TOKEN_SYMBOL:
        if (at_symbol(p, "("))
            return parse_group(p, ret_node);
        if (at_symbol(p, "{")) {
            TRY(new_node(p, NODE_EMPTY, p->token.at, ret_node));
            TRY(advance(p));
            return expect(p, "}", "a closing brace");
        }
        break;
    case TOKEN_END: break;
    }
    return fail(p, "a value or a path");
}

static Status parse_postfix(Parser *p, PathNode **ret_node)
{
    PathNode *node = NULL, *at, *index = NULL;
    TRY(parse_term(p, &node));
    for (;;) {
        if (at_symbol(p, ".")) {
            TRY(advance(p));
            TRY(parse_invocation(p, node, &node));
        } else if (at_symbol(p, "[")) {
            TRY(new_node(p, NODE_AT, p->token.at, &at));
            TRY(advance(p));
            TRY(parse_expression(p, 0, &index));
            TRY(expect(p, "]", "a closing bracket"));
            at->input = node;
            TRY(deepen(p, at, node));
            TRY(add_arg(p, at, index));
            node = at;
        } else {
            *ret_node = node;
            return STATUS_OK;
        }
    }
}

/* ---- operators ---------------------------------------------------------------------------------
 */

static Status nest(Parser *p)
{
    if (++p->nesting > PATH_DEPTH_MAX)
        return path_fail_at(p->cx, STATUS_INVALID, p->text, p->token.at,
                            "the expression is nested deeper than %d levels.", PATH_DEPTH_MAX);
    return STATUS_OK;
}

static Status parse_unary(Parser *p, PathNode **ret_node)
{
    PathNode *node, *of;
    if (!at_symbol(p, "-") && !at_symbol(p, "+"))
        return parse_postfix(p, ret_node);
    TRY(nest(p));
    TRY(new_node(p, NODE_SIGN, p->token.at, &node));
    node->oper = at_symbol(p, "-") ? OP_SUBTRACT : OP_ADD;
    TRY(advance(p));
    TRY(parse_unary(p, &of));
    TRY(add_arg(p, node, of));
    p->nesting--;
    *ret_node = node;
    return STATUS_OK;
}

/* FHIR.Patient, Patient: the name and, as its input, the namespace. */
static Status parse_type(Parser *p, PathNode **ret_node)
{
    PathNode *node;
    if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_DELIMITED)
        return fail(p, "the name of a type");
    TRY(new_node(p, NODE_STEP, p->token.at, &node));
    node->text = p->token.text;
    TRY(advance(p));
    if (at_symbol(p, ".")) {
        PathNode *name;
        TRY(advance(p));
        if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_DELIMITED)
            return fail(p, "the name of a type");
        TRY(new_node(p, NODE_STEP, p->token.at, &name));
        name->text = p->token.text;
        name->input = node;
        node = name;
        TRY(advance(p));
    }
    *ret_node = node;
    return STATUS_OK;
}

/* The row of the operator that comes next, -1 when it is none. */
static int next_operator(const Parser *p)
{
    if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_SYMBOL)
        return -1;
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        if (str_eq(p->token.text, str_of(operators[i].text)))
            return (int)i;
    }
    return -1;
}

static Status parse_right(Parser *p, int row, PathNode *left, PathNode **ret_node)
{
    PathNode *node, *right;
    uint8_t oper = operators[row].oper;
    bool is_type = oper == OP_IS || oper == OP_AS;
    uint32_t at = p->token.at;
    TRY(advance(p));
    if (is_type)
        TRY(parse_type(p, &right));
    else
        TRY(parse_expression(p, operators[row].level, &right));
    if (oper == OP_UNION && left->op == NODE_UNION && !left->delimited) {
        *ret_node = left; /* one node for a | b | c */
        return add_arg(p, left, right);
    }
    TRY(new_node(p, is_type ? NODE_TYPE : oper == OP_UNION ? NODE_UNION : NODE_BINARY, at, &node));
    node->oper = oper;
    if (is_type) {
        node->input = left;
        TRY(deepen(p, node, left));
    } else {
        TRY(add_arg(p, node, left));
    }
    TRY(add_arg(p, node, right));
    *ret_node = node;
    return STATUS_OK;
}

/* Operators that bind tighter than `level`. */
static Status parse_expression(Parser *p, int level, PathNode **ret_node)
{
    PathNode *node;
    TRY(nest(p));
    TRY(parse_unary(p, &node));
    for (;;) {
        int row = next_operator(p);
        if (row < 0 || operators[row].level <= level)
            break;
        TRY(parse_right(p, row, node, &node));
    }
    p->nesting--;
    *ret_node = node;
    return STATUS_OK;
}

Status path_parse(Ctx *cx, Arena *forever, Str text, PathNode **ret_root)
{
    Parser p = {.cx = cx, .forever = forever, .text = text};
    TRY(advance(&p));
    TRY(parse_expression(&p, 0, ret_root));
    if (p.token.kind != TOKEN_END)
        return fail(&p, "an operator or the end");
    return STATUS_OK;
}
