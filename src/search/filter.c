/* search/filter.c - the language of _filter.
 *
 *   filter = paramExp | filter " and " filter | filter " or " filter | "not" "(" filter ")"
 *          | "(" filter ")"
 *   paramExp = path " " op " " value
 *   path = name [ "[" filter "]" "." path ] | name "." path
 *
 * `and` and `or` have no precedence: what is written first is decided first. A bracket asks of the
 * resource that the reference leads to, beside what follows the dot. SPEC R4 search_filter.html */
#include "search/query.h"

typedef struct {
    NodeParse *p;
    Str rest;
} Filter;

/* ---- words ---------------------------------------------------------------------------- */

static void skip_blank(Filter *f)
{
    while (f->rest.len && f->rest.at[0] == ' ')
        f->rest = str_from(f->rest, 1);
}

static bool accept(Filter *f, Str text)
{
    skip_blank(f);
    if (!str_has_prefix(f->rest, text))
        return false;
    f->rest = str_from(f->rest, text.len);
    return true;
}

/* A keyword: followed by a blank or a parenthesis. */
static bool accept_word(Filter *f, Str word)
{
    skip_blank(f);
    Str after = str_from(f->rest, word.len);
    if (!str_has_prefix(f->rest, word) || (after.len && after.at[0] != ' ' && after.at[0] != '('))
        return false;
    f->rest = after;
    return true;
}

static Status fail(const Filter *f, const char *expected)
{
    return ctx_fail(f->p->cx, STATUS_INVALID, STR_EMPTY,
                    "\"_filter\" is not understood: %s is expected %zu bytes before its end.",
                    expected, f->rest.len);
}

static Str take_until(Filter *f, const char *ends)
{
    size_t len = 0;
    skip_blank(f);
    while (len < f->rest.len && !strchr(ends, f->rest.at[len]))
        len++;
    Str word = str_head(f->rest, len);
    f->rest = str_from(f->rest, len);
    return word;
}

/* ---- operators --------------------------------------------------------------------------- */

enum {
    ON_STRING = 1 << FHIR_PARAM_STRING,
    ON_TOKEN = 1 << FHIR_PARAM_TOKEN,
    ON_REFERENCE = 1 << FHIR_PARAM_REFERENCE,
    ON_URI = 1 << FHIR_PARAM_URI,
    ON_ORDERED = 1 << FHIR_PARAM_NUMBER | 1 << FHIR_PARAM_DATE | 1 << FHIR_PARAM_QUANTITY,
    ON_DATE = 1 << FHIR_PARAM_DATE,
};

static const struct {
    Str name;
    unsigned kinds;
    const char *prefix; /* in front of the value */
    ModifierUse use;
} operators[] = {
    {STR_INIT("eq"), ON_STRING, "eq", {.modifier = MODIFIER_COMPARED}},
    {STR_INIT("ne"), ON_STRING, "ne", {.modifier = MODIFIER_COMPARED}},
    {STR_INIT("gt"), ON_STRING, "gt", {.modifier = MODIFIER_COMPARED}},
    {STR_INIT("lt"), ON_STRING, "lt", {.modifier = MODIFIER_COMPARED}},
    {STR_INIT("ge"), ON_STRING, "ge", {.modifier = MODIFIER_COMPARED}},
    {STR_INIT("le"), ON_STRING, "le", {.modifier = MODIFIER_COMPARED}},
    {STR_INIT("co"), ON_STRING | ON_TOKEN | ON_URI, "", {.modifier = MODIFIER_CONTAINS}},
    {STR_INIT("sw"), ON_STRING, "", {.modifier = MODIFIER_STARTS}},
    {STR_INIT("ew"), ON_STRING, "", {.modifier = MODIFIER_ENDS}},
    {STR_INIT("eq"), ON_TOKEN | ON_REFERENCE | ON_URI, "", {0}},
    {STR_INIT("ne"), ON_TOKEN | ON_REFERENCE | ON_URI, "", {.unequal = true}},
    {STR_INIT("re"), ON_REFERENCE, "", {0}},
    {STR_INIT("eq"), ON_ORDERED, "eq", {0}},
    {STR_INIT("ne"), ON_ORDERED, "ne", {0}},
    {STR_INIT("gt"), ON_ORDERED, "gt", {0}},
    {STR_INIT("lt"), ON_ORDERED, "lt", {0}},
    {STR_INIT("ge"), ON_ORDERED, "ge", {0}},
    {STR_INIT("le"), ON_ORDERED, "le", {0}},
    {STR_INIT("ap"), ON_ORDERED, "ap", {0}},
    {STR_INIT("sa"), ON_ORDERED, "sa", {0}},
    {STR_INIT("eb"), ON_ORDERED, "eb", {0}},
    {STR_INIT("po"), ON_DATE, "", {.modifier = MODIFIER_OVERLAPS}},
    {STR_INIT("co"), ON_DATE, "", {.modifier = MODIFIER_COVERS}},
    {STR_INIT("pr"), ~0u, "", {.modifier = MODIFIER_PRESENT, .missing = true}},
    {STR_INIT("ss"), ON_TOKEN, "", {.modifier = MODIFIER_BELOW}},
    {STR_INIT("sb"), ON_TOKEN, "", {.modifier = MODIFIER_ABOVE}},
    {STR_INIT("in"), ON_TOKEN, "", {.modifier = MODIFIER_IN}},
    {STR_INIT("ni"), ON_TOKEN, "", {.modifier = MODIFIER_IN, .negated = true}},
};

/* "text" with JSON's escapes, or a word that a blank or parenthesis ends. */
static Status take_value(Filter *f, Str *ret_value)
{
    skip_blank(f);
    if (!f->rest.len || f->rest.at[0] != '"') {
        *ret_value = take_until(f, " )]");
        return ret_value->len ? STATUS_OK : fail(f, "a value");
    }
    size_t end = 1;
    while (end < f->rest.len && f->rest.at[end] != '"')
        end += f->rest.at[end] == '\\' ? 2 : 1;
    if (end >= f->rest.len)
        return fail(f, "the closing quote");
    JsonValue *text;
    TRY(json_parse(f->p->cx, str_head(f->rest, end + 1), &text));
    *ret_value = json_str(text);
    f->rest = str_from(f->rest, end + 1);
    return STATUS_OK;
}

/* A value of the filter is one value: its commas and dollars are its own. */
static Status protect(Filter *f, const char *prefix, Str value, bool keep_bars, Str *ret_text)
{
    Buf buf;
    buf_init(&buf, f->p->cx->arena, value.len * 2 + 4, 64 * 1024);
    buf_add(&buf, prefix, strlen(prefix));
    for (size_t i = 0; i < value.len; i++) {
        if (strchr(keep_bars ? ",$\\" : ",$|\\", value.at[i]))
            buf_add_char(&buf, '\\');
        buf_add_char(&buf, value.at[i]);
    }
    *ret_text = buf_str(&buf);
    return buf_done(&buf);
}

/* The four namespaces that a filter may name in short. */
static Status spell_out(Filter *f, const SearchParam *param, Str *value)
{
    static const struct {
        Str name;
        const char *system;
    } known[] = {
        {STR_INIT("loinc|"), "http://loinc.org|"},
        {STR_INIT("snomed|"), "http://snomed.info/sct|"},
        {STR_INIT("rxnorm|"), "http://www.nlm.nih.gov/research/umls/rxnorm|"},
        {STR_INIT("ucum|"), "http://unitsofmeasure.org|"},
    };
    for (size_t i = 0; param->kind == FHIR_PARAM_TOKEN && i < COUNT_OF(known); i++) {
        if (!str_has_prefix(*value, known[i].name))
            continue;
        *value = arena_format(f->p->cx->arena, "%s" STR_FMT, known[i].system,
                              STR_ARG(str_from(*value, known[i].name.len)));
        return value->at ? STATUS_OK : STATUS_MEMORY;
    }
    return STATUS_OK;
}

static Status parse_operator(Filter *f, const SearchParam *param, Node **ret_node)
{
    Str name = take_until(f, " "), value = STR_EMPTY, text;
    size_t i = 0;
    while (i < COUNT_OF(operators) &&
           !(str_eq(name, operators[i].name) && operators[i].kinds >> param->kind & 1))
        i++;
    if (i == COUNT_OF(operators))
        return ctx_fail(f->p->cx, STATUS_INVALID, STR_EMPTY,
                        "\"_filter\" has no operator \"" STR_FMT "\" for \"" STR_FMT "\".",
                        STR_ARG(name), STR_ARG(param->code));
    const ModifierUse *use = &operators[i].use;
    if (param->special == SPECIAL_PHONE)
        return ctx_fail(f->p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "\"_filter\" does not offer \"" STR_FMT "\".", STR_ARG(param->code));
    if (param->special == SPECIAL_ID && str_eq(name, STR("eq"))) {
        TRY(take_value(f, &value));
        return node_parse(f->p, param->type, param->code, value, ret_node);
    }
    Condition condition = {.param = param};
    TRY(take_value(f, &value));
    TRY(spell_out(f, param, &value));
    TRY(protect(f, operators[i].prefix, value, param->kind != FHIR_PARAM_STRING, &text));
    TRY(test_parse_all(f->p->search, f->p->cx, use, text, &condition));
    TRY(node_new(f->p, NODE_TEST, param->type, ret_node));
    (*ret_node)->condition = condition;
    if (!use->negated && !(use->missing && str_eq(value, STR("false"))))
        return STATUS_OK;
    Node *child = *ret_node;
    TRY(node_new(f->p, NODE_NOT, param->type, ret_node));
    (*ret_node)->children = child;
    return STATUS_OK;
}

/* ---- paths ------------------------------------------------------------------------------------
 */

static Status parse_logic(Filter *f, uint16_t type, Node **ret_node);
static Status parse_path(Filter *f, uint16_t type, Node **ret_node);

/* What stands behind a reference, for one type that it may lead to. */
static Status parse_far(Filter *f, uint16_t target, bool bracket, Node **ret_node)
{
    Node *inside = NULL;
    if (bracket) {
        TRY(parse_logic(f, target, &inside));
        if (!accept(f, STR("]")) || !accept(f, STR(".")))
            return fail(f, "\"].\"");
    }
    TRY(parse_path(f, target, ret_node));
    if (inside) {
        inside->next = *ret_node;
        return node_join(f->p, NODE_AND, target, inside, ret_node);
    }
    return STATUS_OK;
}

/* Every type that the reference may lead to and that understands what follows; when none does, what
 * the first has against it is said. */
static Status parse_link(Filter *f, const SearchParam *param, uint16_t only, bool bracket,
                         Node **ret_node)
{
    Node *any = NULL, **link = &any;
    Ctx *cx = f->p->cx;
    Str start = f->rest, end = start;
    uint16_t first = only;
    if (param->kind != FHIR_PARAM_REFERENCE)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "\"" STR_FMT "\" is no reference: it leads nowhere.", STR_ARG(param->code));
    for (uint16_t target = 1; target <= fhir_type_count(); target++) {
        Ctx trial = {.arena = cx->arena, .deadline = cx->deadline};
        size_t depth = f->p->depth;
        Node *node, *child;
        if (!node_leads_to(param, only, target))
            continue;
        f->rest = start;
        f->p->cx = &trial;
        Status status = parse_far(f, target, bracket, &child);
        f->p->cx = cx;
        f->p->depth = depth;
        first = first ? first : target;
        if (status == STATUS_INVALID)
            continue;
        if (status != STATUS_OK) { /* a limit: said aloud */
            f->rest = start;
            return parse_far(f, target, bracket, ret_node);
        }
        end = f->rest;
        TRY(node_new(f->p, NODE_CHAIN, param->type, &node));
        node->param = param;
        node->children = child;
        *link = node;
        link = &node->next;
    }
    f->rest = end;
    if (any)
        return node_join(f->p, NODE_OR, param->type, any, ret_node);
    f->rest = start;
    return parse_far(f, first, bracket, ret_node);
}

static Status parse_path(Filter *f, uint16_t type, Node **ret_node)
{
    Str head = take_until(f, " .[()"), target = head, name = str_cut(&target, ':');
    if (!name.len)
        return fail(f, "the name of a parameter");
    const SearchParam *param = search_param_find(f->p->search, type, name);
    uint16_t only = target.at ? fhir_type_find(target) : 0;
    if (!param)
        return node_refuse(f->p, type, name);
    TRY(node_check_shown(f->p, param));
    if (target.at && !only)
        return fail(f, "a resource type behind the colon");
    if (str_has_prefix(f->rest, STR(".")) || str_has_prefix(f->rest, STR("["))) {
        bool bracket = f->rest.at[0] == '[';
        f->rest = str_from(f->rest, 1);
        return parse_link(f, param, only, bracket, ret_node);
    }
    return parse_operator(f, param, ret_node);
}

/* ---- and, or, not
 * -------------------------------------------------------------------------------- */

static Status parse_term(Filter *f, uint16_t type, Node **ret_node)
{
    if (f->p->depth == CHAIN_DEPTH_MAX)
        return ctx_fail(f->p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "\"_filter\" is nested too deeply.");
    f->p->depth++;
    bool negated = accept_word(f, STR("not"));
    Status status;
    if (accept(f, STR("("))) {
        status = parse_logic(f, type, ret_node);
        if (status == STATUS_OK && !accept(f, STR(")")))
            status = fail(f, "\")\"");
    } else {
        status = negated ? fail(f, "\"(\" behind not") : parse_path(f, type, ret_node);
    }
    f->p->depth--;
    TRY(status);
    if (!negated)
        return STATUS_OK;
    Node *child = *ret_node;
    TRY(node_new(f->p, NODE_NOT, type, ret_node));
    (*ret_node)->children = child;
    return STATUS_OK;
}

static Status parse_logic(Filter *f, uint16_t type, Node **ret_node)
{
    Node *left;
    TRY(parse_term(f, type, &left));
    for (;;) {
        bool both = accept_word(f, STR("and"));
        if (!both && !accept_word(f, STR("or"))) {
            *ret_node = left;
            return STATUS_OK;
        }
        TRY(parse_term(f, type, &left->next));
        TRY(node_join(f->p, both ? NODE_AND : NODE_OR, type, left, &left));
    }
}

Status filter_parse(NodeParse *p, uint16_t type, Str text, Node **ret_node)
{
    Filter f = {p, text};
    TRY(parse_logic(&f, type, ret_node));
    skip_blank(&f);
    return f.rest.len ? fail(&f, "and, or, or the end") : STATUS_OK;
}
