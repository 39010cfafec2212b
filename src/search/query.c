/* search/query.c - a query string becomes a SearchQuery; whatever is not understood is refused by
 * name, never left out unless the client asks for that.
 *
 * SPEC R4 search.html#table, #errors */
#include "search/query.h"

typedef struct {
    const Search *search;
    Ctx *cx;
    const SearchScope *scope;
    SearchQuery *query;
    NodeParse nodes;
    Node **tails; /* of each branch: where its next condition goes */
    Buf self, names;
    Str sort;
    size_t given_conditions;
    unsigned given; /* a bit for each of `controls` that was there */
    bool viewed;    /* which part of a resource is shown has been said */
} Parse;

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

/* ---- parameters about the answer ------------------------------------------------------- */

static Status fail(Parse *p, const char *sentence)
{
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "%s", sentence);
}

static Status set_view(Parse *p, FhirView view)
{
    if (p->viewed)
        return fail(p, "\"_summary\", \"_elements\" and \"_count=0\" exclude each other.");
    p->viewed = true;
    p->query->view = view;
    return STATUS_OK;
}

static Status parse_count(Parse *p, Str text)
{
    uint64_t count;
    if (!str_to_u64(text, &count))
        return fail(p, "\"_count\" is not a whole number.");
    if (count == 0) /* SPEC R4 search.html#count: as _summary=count */
        return set_view(p, (FhirView){.kind = FHIR_VIEW_COUNT});
    p->query->limit = count > SEARCH_COUNT_MAX ? SEARCH_COUNT_MAX : (size_t)count;
    return STATUS_OK;
}

static Status parse_total(Parse *p, Str text)
{
    if (str_eq(text, STR("accurate")) || str_eq(text, STR("estimate")))
        p->query->total = true; /* an estimate may be right */
    else if (!str_eq(text, STR("none")))
        return fail(p, "\"_total\" is none, estimate or accurate.");
    return STATUS_OK;
}

static Status parse_sort(Parse *p, Str text)
{
    p->sort = text;
    return text.len ? STATUS_OK : fail(p, "\"_sort\" names a parameter.");
}

static Status parse_cursor(Parse *p, Str text)
{
    p->query->cursor = text;
    return text.len ? STATUS_OK : fail(p, "The page link is not one of this search.");
}

static Status parse_summary(Parse *p, Str text)
{
    static const struct {
        Str text;
        FhirViewKind kind;
    } kinds[] = {
        {STR_INIT("true"), FHIR_VIEW_TRUE},  {STR_INIT("text"), FHIR_VIEW_TEXT},
        {STR_INIT("data"), FHIR_VIEW_DATA},  {STR_INIT("count"), FHIR_VIEW_COUNT},
        {STR_INIT("false"), FHIR_VIEW_FULL},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_eq(text, kinds[i].text))
            return set_view(p, (FhirView){.kind = kinds[i].kind});
    }
    return fail(p, "\"_summary\" is true, text, data, count or false.");
}

/* An element that one of the types has. */
static bool any_has_element(const Parse *p, Str name)
{
    for (size_t i = 0; i < p->query->branch_count; i++) {
        if (fhir_has_element(p->query->branches[i].type, name))
            return true;
    }
    return false;
}

static Status parse_elements(Parse *p, Str text)
{
    Str *names = arena_array_of(p->cx->arena, Str, SEARCH_VALUES_MAX);
    if (!names)
        return STATUS_MEMORY;
    size_t count = 0;
    for (Str one; search_split(&text, ',', &one);) {
        if (count == SEARCH_VALUES_MAX || !one.len)
            return fail(p, "\"_elements\" is a list of names.");
        if (!any_has_element(p, one))
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            STR_FMT " has no element with a name that \"_elements\" gives.",
                            STR_ARG(fhir_type_name(p->query->branches[0].type)));
        names[count++] = one;
    }
    return set_view(
        p, (FhirView){.kind = FHIR_VIEW_ELEMENTS, .elements = names, .element_count = count});
}

static Status parse_contained(Parse *p, Str text)
{
    static const Str values[] = {
        [CONTAINED_NO] = STR_INIT("false"),
        [CONTAINED_YES] = STR_INIT("true"),
        [CONTAINED_BOTH] = STR_INIT("both"),
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (str_eq(text, values[i])) {
            p->query->contained = (Contained)i;
            return STATUS_OK;
        }
    }
    return fail(p, "\"_contained\" is true, false or both.");
}

static Status parse_contained_type(Parse *p, Str text)
{
    p->query->contained_alone = str_eq(text, STR("contained"));
    return p->query->contained_alone || str_eq(text, STR("container"))
               ? STATUS_OK
               : fail(p, "\"_containedType\" is container or contained.");
}

static Status parse_explain(Parse *p, Str text)
{
    p->query->explain = str_eq(text, STR("true"));
    return access_is_system(p->scope->access)
               ? STATUS_OK
               : ctx_fail(p->cx, STATUS_FORBIDDEN, STR_EMPTY,
                          "\"_explain\" is for programs that see everything: it counts what was"
                          " looked at.");
}

/* _type has been read; _format and _pretty are about the bytes of the answer: http sees to
 * them. */
static Status leave_alone(Parse *p, Str text)
{
    UNUSED(p);
    UNUSED(text);
    return STATUS_OK;
}

static Status refuse_type(Parse *p, Str text)
{
    UNUSED(text);
    return p->scope->type ? fail(p, "\"_type\" is for searches over several types.") : STATUS_OK;
}

/* ---- includes ---------------------------------------------------------------------------- */

/* "MedicationRequest:patient:Patient", "MedicationRequest:*", "*". SPEC R4 search.html#include */
static Status parse_include(Parse *p, Str text, bool reverse, bool iterate)
{
    SearchQuery *query = p->query;
    if (query->include_count == INCLUDES_MAX)
        return fail(p, "There are too many includes.");
    Include *include = &query->includes[query->include_count++];
    *include = (Include){.reverse = reverse, .iterate = iterate};
    Str rest = text, source = str_cut(&rest, ':');
    include->any_source = str_eq(source, STR("*")) && !rest.at;
    if (include->any_source)
        return STATUS_OK;
    Str code = rest.at ? str_cut(&rest, ':') : STR_EMPTY;
    include->source = fhir_type_find(source);
    include->target = rest.at ? fhir_type_find(rest) : 0;
    if (!include->source || !code.len || (rest.at && !include->target))
        return fail(p,
                    "An include is written [type]:[reference parameter], or with :[target type].");
    if (str_eq(code, STR("*")))
        return STATUS_OK;
    include->param = search_param_find(p->search, include->source, code);
    if (!include->param)
        return node_refuse(&p->nodes, include->source, code);
    TRY(node_check_shown(&p->nodes, include->param));
    return include->param->kind == FHIR_PARAM_REFERENCE
               ? STATUS_OK
               : ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"" STR_FMT "\" is no reference.",
                          STR_ARG(code));
}

static bool is_include(Str name, bool *ret_reverse, bool *ret_iterate)
{
    Str modifier = name, head = str_cut(&modifier, ':');
    *ret_reverse = str_eq(head, STR("_revinclude"));
    *ret_iterate = str_eq(modifier, STR("iterate")) || str_eq(modifier, STR("recurse"));
    return (*ret_reverse || str_eq(head, STR("_include"))) && (!modifier.at || *ret_iterate);
}

/* ---- every pair --------------------------------------------------------------------------- */

static const struct {
    Str name;
    Status (*parse)(Parse *p, Str text);
    bool in_self;
    bool on_reads;
} controls[] = {
    {STR_INIT("_count"), parse_count, true, false},
    {STR_INIT("_total"), parse_total, true, false},
    {STR_INIT("_sort"), parse_sort, true, false},
    {STR_INIT("_summary"), parse_summary, true, true},
    {STR_INIT("_elements"), parse_elements, true, true},
    {STR_INIT("_contained"), parse_contained, true, false},
    {STR_INIT("_containedType"), parse_contained_type, true, false},
    {STR_INIT("_type"), refuse_type, true, false},
    {STR_INIT("_cursor"), parse_cursor, false, false},
    {STR_INIT("_explain"), parse_explain, true, false},
    {STR_INIT("_format"), leave_alone, true, true},
    {STR_INIT("_pretty"), leave_alone, true, true},
};

/* A second value would undo the first. */
static Status run_control(Parse *p, size_t i, Str text)
{
    unsigned bit = 1u << i;
    if (p->given & bit)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"" STR_FMT "\" is given twice.",
                        STR_ARG(controls[i].name));
    p->given |= bit;
    return controls[i].parse(p, text);
}

/* *ret_kept: whether it belongs into the link to this search. */
static Status parse_pair(Parse *p, Str name, Str text, bool *ret_kept)
{
    bool reverse, iterate;
    *ret_kept = true;
    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        if (str_eq(name, controls[i].name)) {
            *ret_kept = controls[i].in_self;
            return run_control(p, i, text);
        }
    }
    if (is_include(name, &reverse, &iterate))
        return parse_include(p, text, reverse, iterate);
    if (!p->scope->lenient || is_known(p, name))
        return add_condition(p, name, text);
    *ret_kept = false;
    ctx_warn(p->cx, "not-supported", STR_EMPTY,
             "The parameter \"" STR_FMT "\" is not known and was left out.", STR_ARG(name));
    return STATUS_OK;
}

/* ---- sorting -------------------------------------------------------------------------------- */

/* Newest first by the clinical date is how every list runs. */
static bool is_natural(const Parse *p)
{
    const SearchQuery *query = p->query;
    for (size_t i = 0; i < query->branch_count; i++) {
        if (query->sorts[0].param != search_type(p->search, query->branches[i].type)->clinical_date)
            return false;
    }
    return query->sort_count == 1 && query->sorts[0].falling;
}

static Status resolve_sort(Parse *p)
{
    SearchQuery *query = p->query;
    for (Str rest = p->sort.len ? p->sort : (Str){NULL, 0}; rest.at;) {
        Str code = str_cut(&rest, ',');
        bool falling = str_has_prefix(code, STR("-"));
        code = str_from(code, falling);
        if (!query->branch_count)
            break;
        const SearchParam *param = search_param_find(p->search, query->branches[0].type, code);
        if (!param)
            return node_refuse(&p->nodes, query->branches[0].type, code);
        TRY(node_check_shown(&p->nodes, param));
        if (query->branch_count > 1 && !search_param_is_common(param))
            return fail(p, "Over several types, \"_sort\" is by parameters that all types have.");
        if (param->kind == FHIR_PARAM_COMPOSITE || param->kind == FHIR_PARAM_SPECIAL)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            "\"" STR_FMT "\" gives no order to sort by.", STR_ARG(code));
        if (query->sort_count == SORTS_MAX)
            return fail(p, "\"_sort\" names too many parameters.");
        query->sorts[query->sort_count++] = (SortKey){param, falling};
    }
    if (query->sort_count && is_natural(p))
        query->sort_count = 0;
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
    TRY(resolve_sort(p));
    TRY(buf_done(&p->self));
    TRY(buf_done(&p->names));
    query->self = buf_str(&p->self);
    query->names = buf_str(&p->names);
    query->scope = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(scope->compartment),
                                STR_ARG(scope->compartment_id));
    *ret_query = query;
    return query->scope.at ? STATUS_OK : STATUS_MEMORY;
}

static Status parse_view_pair(Parse *p, Str name, Str text)
{
    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        if (controls[i].on_reads && str_eq(name, controls[i].name))
            return run_control(p, i, text);
    }
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "A read has no parameter \"" STR_FMT "\".",
                    STR_ARG(name));
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
        TRY(parse_view_pair(p, name, value));
    }
    if (p->query->view.kind == FHIR_VIEW_COUNT)
        return fail(p, "\"_summary=count\" is for searches.");
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
