/* search/query_answer.c - what a query asks of its answer: how much of what, in which order, and
 * what comes with it. One table of names.
 *
 * SPEC R4 search.html#summary, #include, #sort */
#include "search/asked.h"

Status asked_refuse(Parse *p, const char *sentence)
{
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "%s", sentence);
}

static Status set_view(Parse *p, FhirView view)
{
    if (p->viewed)
        return asked_refuse(p, "\"_summary\", \"_elements\" and \"_count=0\" exclude each other.");
    p->viewed = true;
    p->query->view = view;
    return STATUS_OK;
}

static Status parse_count(Parse *p, Str text)
{
    uint64_t count;
    if (!str_to_u64(text, &count))
        return asked_refuse(p, "\"_count\" is not a whole number.");
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
        return asked_refuse(p, "\"_total\" is none, estimate or accurate.");
    return STATUS_OK;
}

static Status parse_sort(Parse *p, Str text)
{
    p->sort = text;
    return text.len ? STATUS_OK : asked_refuse(p, "\"_sort\" names a parameter.");
}

static Status parse_cursor(Parse *p, Str text)
{
    p->query->cursor = text;
    return text.len ? STATUS_OK : asked_refuse(p, "The page link is not one of this search.");
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
    return asked_refuse(p, "\"_summary\" is true, text, data, count or false.");
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
            return asked_refuse(p, "\"_elements\" is a list of names.");
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
    return asked_refuse(p, "\"_contained\" is true, false or both.");
}

static Status parse_contained_type(Parse *p, Str text)
{
    p->query->contained_alone = str_eq(text, STR("contained"));
    return p->query->contained_alone || str_eq(text, STR("container"))
               ? STATUS_OK
               : asked_refuse(p, "\"_containedType\" is container or contained.");
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
    return p->scope->type ? asked_refuse(p, "\"_type\" is for searches over several types.")
                          : STATUS_OK;
}

/* ---- includes ---------------------------------------------------------------------------- */

/* "MedicationRequest:patient:Patient", "MedicationRequest:*", "*". SPEC R4 search.html#include */
static Status parse_include(Parse *p, Str text, bool reverse, bool iterate)
{
    SearchQuery *query = p->query;
    if (query->include_count == INCLUDES_MAX)
        return asked_refuse(p, "There are too many includes.");
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
        return asked_refuse(
            p, "An include is written [type]:[reference parameter], or with :[target type].");
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

static bool find_control(Str name, size_t *ret_at)
{
    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        if (str_eq(name, controls[i].name)) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

Status asked_of_answer(Parse *p, Str name, Str text, bool *ret_is, bool *ret_kept)
{
    bool reverse, iterate;
    size_t at;
    *ret_is = *ret_kept = true;
    if (find_control(name, &at)) {
        *ret_kept = controls[at].in_self;
        return run_control(p, at, text);
    }
    *ret_is = is_include(name, &reverse, &iterate);
    return *ret_is ? parse_include(p, text, reverse, iterate) : STATUS_OK;
}

Status asked_of_read(Parse *p, Str name, Str text)
{
    size_t at;
    if (find_control(name, &at) && controls[at].on_reads)
        return run_control(p, at, text);
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "A read has no parameter \"" STR_FMT "\".",
                    STR_ARG(name));
}

/* ---- sorting -------------------------------------------------------------------------------- */

/* Newest first by the clinical date is how every list runs. Told by its code: other tables of
 * parameters may have come since the query was read. */
static bool is_natural(const Parse *p)
{
    const SearchQuery *query = p->query;
    if (query->sort_count != 1 || !query->sorts[0].falling)
        return false;
    for (size_t i = 0; i < query->branch_count; i++) {
        const SearchParam *date = search_type(p->search, query->branches[i].type)->clinical_date;
        if (!date || !str_eq(query->sorts[0].param->code, date->code))
            return false;
    }
    return true;
}

Status asked_sort(Parse *p)
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
            return asked_refuse(
                p, "Over several types, \"_sort\" is by parameters that all types have.");
        if (param->kind == FHIR_PARAM_COMPOSITE || param->kind == FHIR_PARAM_SPECIAL)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            "\"" STR_FMT "\" gives no order to sort by.", STR_ARG(code));
        if (query->sort_count == SORTS_MAX)
            return asked_refuse(p, "\"_sort\" names too many parameters.");
        query->sorts[query->sort_count++] = (SortKey){param, falling};
    }
    if (query->sort_count && is_natural(p))
        query->sort_count = 0;
    return STATUS_OK;
}
