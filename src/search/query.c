/* search/query.c - a query string becomes a SearchQuery; whatever is not understood is refused by
 * name, never left out unless the client asks for that.
 *
 * SPEC R4 search.html#table, #errors */
#include "search/asked.h"

/* ---- which types ----------------------------------------------------------------------- */

static bool in_compartment(const SearchScope *scope, uint16_t type)
{
    size_t count;
    (void)fhir_compartment_params(scope->compartment, type, &count);
    return count > 0 || str_eq(scope->compartment, fhir_type_name(type));
}

static Status add_branch(Parse *p, uint16_t type)
{
    for (size_t i = 0; i < p->query->branch_count; i++) {
        if (p->query->branches[i].type == type)
            return STATUS_OK;
    }
    p->query->branches[p->query->branch_count++].type = type;
    return STATUS_OK;
}

static Status branches_of_list(Parse *p, Str list)
{
    while (list.at) {
        Str name = str_cut(&list, ',');
        uint16_t type = fhir_type_find(name);
        if (!type)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            "\"_type\" names \"" STR_FMT "\", which is no resource type.",
                            STR_ARG(name));
        if (p->scope->compartment.len && !in_compartment(p->scope, type))
            continue;
        TRY(add_branch(p, type));
    }
    return STATUS_OK;
}

static Str find_type_list(Ctx *cx, Str text)
{
    for (Str name, value, plain; search_next_pair(&text, &name, &value);) {
        if (str_eq(name, STR("_type")) && search_decode(cx, value, &plain) == STATUS_OK)
            return plain;
    }
    return (Str){NULL, 0};
}

static Status open_branches(Parse *p, Str text)
{
    size_t types = (size_t)fhir_type_count() + 1;
    SearchQuery *query = p->query;
    query->branches = arena_array_of(p->cx->arena, Branch, types);
    p->tails = arena_array_of(p->cx->arena, Node *, types);
    if (!query->branches || !p->tails)
        return STATUS_MEMORY;
    if (p->scope->type)
        return add_branch(p, p->scope->type);
    Str list = find_type_list(p->cx, text);
    if (list.at)
        return branches_of_list(p, list);
    for (uint16_t type = 1; type < types; type++) {
        if (!p->scope->compartment.len || in_compartment(p->scope, type))
            TRY(add_branch(p, type));
    }
    return STATUS_OK;
}

/* ---- conditions -------------------------------------------------------------------------- */

static void append(Parse *p, size_t branch, Node *node)
{
    if (p->tails[branch])
        p->tails[branch]->next = node;
    else
        p->query->branches[branch].root = node;
    p->tails[branch] = node;
}

static Status add_condition(Parse *p, Str name, Str text)
{
    if (++p->given_conditions > SEARCH_CONDITIONS_MAX)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "More than %d conditions.",
                        SEARCH_CONDITIONS_MAX);
    for (size_t i = 0; i < p->query->branch_count; i++) {
        Node *node;
        TRY(node_parse(&p->nodes, p->query->branches[i].type, name, text, &node));
        append(p, i, node);
    }
    return STATUS_OK;
}

/* Whether any type asked for knows the parameter: only then may a client want it left out. */
static bool is_known(const Parse *p, Str name)
{
    for (size_t i = 0; i < p->query->branch_count; i++) {
        if (!node_is_known(p->search, p->query->branches[i].type, name))
            return false;
    }
    return true;
}

/* ---- compartments: a test on any of the parameters that put a type into it, or its very id.
 * SPEC R4 compartmentdefinition.html */

/* An element that the caller may not see puts nothing into a compartment: being found there would
 * tell what stands in it. */
static bool is_shown(Parse *p, const SearchParam *param)
{
    return sight_shows(p->search, p->nodes.access, param);
}

static bool all_are_shown(Parse *p, uint16_t type)
{
    size_t count;
    const Str *codes = fhir_compartment_params(p->scope->compartment, type, &count);
    for (size_t i = 0; i < count; i++) {
        const SearchParam *param = search_param_find(p->search, type, codes[i]);
        if (param && !is_shown(p, param))
            return false;
    }
    return true;
}

static Status params_node(Parse *p, uint16_t type, Node **ret_node)
{
    const SearchScope *scope = p->scope;
    Node *any = NULL, **link = &any;
    size_t count;
    const Str *codes = fhir_compartment_params(scope->compartment, type, &count);
    Str reference = arena_format(p->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(scope->compartment),
                                 STR_ARG(scope->compartment_id));
    if (!reference.at)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const SearchParam *param = search_param_find(p->search, type, codes[i]);
        if (!param || param->kind != FHIR_PARAM_REFERENCE || !is_shown(p, param))
            continue;
        TRY(node_parse(&p->nodes, type, codes[i], reference, link));
        link = &(*link)->next;
    }
    return node_join(&p->nodes, NODE_OR, type, any, ret_node);
}

/* The index knows; what is contained is in no index. */
static Status member_node(Parse *p, uint16_t type, Node **ret_node)
{
    Node *asked = NULL;
    if (p->query->contained != CONTAINED_NO)
        TRY(params_node(p, type, &asked));
    TRY(node_new(&p->nodes, NODE_MEMBER, type, ret_node));
    (*ret_node)->children = asked;
    (*ret_node)->ids = &p->query->member;
    (*ret_node)->id_count = 1;
    return STATUS_OK;
}

static Status compartment_node(Parse *p, uint16_t type, Node **ret_node)
{
    Node *node;
    bool listed = p->query->member.len && all_are_shown(p, type);
    TRY(listed ? member_node(p, type, &node) : params_node(p, type, &node));
    if (str_eq(fhir_type_name(type), p->scope->compartment))
        TRY(node_parse(&p->nodes, type, STR("_id"), p->scope->compartment_id, &node->next));
    return node_join(&p->nodes, NODE_OR, type, node, ret_node);
}

static Status close_branches(Parse *p)
{
    for (size_t i = 0; i < p->query->branch_count; i++) {
        Branch *branch = &p->query->branches[i];
        Node *node;
        if (p->scope->compartment.len) {
            TRY(compartment_node(p, branch->type, &node));
            append(p, i, node);
        }
        if (!branch->root)
            TRY(node_new(&p->nodes, NODE_ALL, branch->type, &branch->root));
        Node *conditions = branch->root; /* always an intersection: it probes and checks */
        TRY(node_new(&p->nodes, NODE_AND, branch->type, &branch->root));
        branch->root->children = conditions;
    }
    return STATUS_OK;
}

/* ---- every pair --------------------------------------------------------------------------- */

/* *ret_kept: whether it belongs into the link to this search. */
static Status parse_pair(Parse *p, Str name, Str text, bool *ret_kept)
{
    bool about_answer;
    TRY(asked_of_answer(p, name, text, &about_answer, ret_kept));
    if (about_answer)
        return STATUS_OK;
    if (!p->scope->lenient || is_known(p, name))
        return add_condition(p, name, text);
    *ret_kept = false;
    ctx_warn(p->cx, "not-supported", STR_EMPTY,
             "The parameter \"" STR_FMT "\" is not known and was left out.", STR_ARG(name));
    return STATUS_OK;
}

/* ---- the whole query --------------------------------------------------------------------------
 */

static Status parse_pairs(Parse *p, Str text)
{
    for (Str name, value; search_next_pair(&text, &name, &value);) {
        Str plain_name, plain_value;
        bool kept;
        TRY(search_decode(p->cx, name, &plain_name));
        TRY(search_decode(p->cx, value, &plain_value));
        TRY(parse_pair(p, plain_name, plain_value, &kept));
        if (!kept)
            continue;
        buf_format(&p->self, "%s" STR_FMT "=" STR_FMT, p->self.len ? "&" : "", STR_ARG(name),
                   STR_ARG(value));
        buf_format(&p->names, "%s" STR_FMT, p->names.len ? "," : "", STR_ARG(plain_name));
    }
    return STATUS_OK;
}

static Status parse_new(const Search *search, Ctx *cx, const SearchScope *scope, Parse **ret_parse)
{
    Parse *p = arena_new_of(cx->arena, Parse);
    SearchQuery *query = arena_new_of(cx->arena, SearchQuery);
    if (!p || !query)
        return STATUS_MEMORY;
    *p = (Parse){.search = search, .cx = cx, .scope = scope, .query = query};
    p->nodes = (NodeParse){.search = search, .cx = cx, .access = scope->access};
    query->limit = SEARCH_COUNT_DEFAULT;
    query->access = scope->access;
    if (str_eq(scope->compartment, COMPARTMENT_INDEXED)) {
        query->member = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(scope->compartment),
                                     STR_ARG(scope->compartment_id));
        if (!query->member.at)
            return STATUS_MEMORY;
    }
    *ret_parse = p;
    return STATUS_OK;
}

Status search_parse(const Search *search, Ctx *cx, const SearchScope *scope, Str text,
                    const SearchQuery **ret_query)
{
    Parse *p;
    uint64_t epoch = search_epoch(search);
    assert(scope->access);
    TRY(search_is_open(search, cx));
    TRY(parse_new(search, cx, scope, &p));
    SearchQuery *query = p->query;
    query->epoch = epoch;
    buf_init(&p->self, cx->arena, text.len + 1, 1 << 20);
    buf_init(&p->names, cx->arena, 0, 64 * 1024);
    TRY(open_branches(p, text));
    TRY(parse_pairs(p, text));
    TRY(close_branches(p));
    TRY(asked_sort(p));
    TRY(buf_done(&p->self));
    TRY(buf_done(&p->names));
    query->self = buf_str(&p->self);
    query->names = buf_str(&p->names);
    query->scope = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(scope->compartment),
                                STR_ARG(scope->compartment_id));
    *ret_query = query;
    return query->scope.at ? STATUS_OK : STATUS_MEMORY;
}

Status search_parse_view(Ctx *cx, uint16_t type, Str text, FhirView *ret_view)
{
    SearchScope scope = {.type = type};
    Branch branch = {.type = type};
    Parse *p;
    *ret_view = (FhirView){.kind = FHIR_VIEW_FULL};
    if (!text.len)
        return STATUS_OK;
    TRY(parse_new(NULL, cx, &scope, &p));
    p->query->branches = &branch;
    p->query->branch_count = 1;
    for (Str name, value; search_next_pair(&text, &name, &value);) {
        TRY(search_decode(cx, name, &name));
        TRY(search_decode(cx, value, &value));
        TRY(asked_of_read(p, name, value));
    }
    if (p->query->view.kind == FHIR_VIEW_COUNT)
        return asked_refuse(p, "\"_summary=count\" is for searches.");
    *ret_view = p->query->view;
    return STATUS_OK;
}

const FhirView *search_view(const SearchQuery *query)
{
    return &query->view;
}

bool search_wants_total(const SearchQuery *query)
{
    return query->total || query->view.kind == FHIR_VIEW_COUNT;
}

bool search_explains(const SearchQuery *query)
{
    return query->explain;
}

Str search_self(const SearchQuery *query)
{
    return query->self;
}

Str search_names(const SearchQuery *query)
{
    return query->names;
}
