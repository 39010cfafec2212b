/* search/query.c - a query string becomes conditions; whatever is not understood or not
 * offered is refused by name, never left out.
 *
 * SPEC R4 search.html#table */
#include "search/query.h"

typedef struct {
    const Search *search;
    Ctx *cx;
    SearchQuery *query;
    Condition conditions[SEARCH_CONDITIONS_MAX];
    Buf self, names;
    Str sort;
    unsigned given; /* a bit for each of `controls` that was there */
    bool viewed;    /* which part of a resource is shown has been said */
} Parse;

/* ---- parameters ------------------------------------------------------------------ */

static Status refuse_name(Parse *p, Str name)
{
    Str bare = name;
    bare = str_cut(&bare, ':');
    Str chain = bare;
    chain = str_cut(&chain, '.');
    if (fhir_param_find(p->query->type, chain))
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "The search parameter \"" STR_FMT "\" is not supported in this form.",
                        STR_ARG(name));
    static const Str known[] = {
        STR_INIT("_has"),       STR_INIT("_include"),       STR_INIT("_revinclude"),
        STR_INIT("_contained"), STR_INIT("_list"),          STR_INIT("_text"),
        STR_INIT("_content"),   STR_INIT("_filter"),        STR_INIT("_query"),
        STR_INIT("_type"),      STR_INIT("_containedType"),
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_eq(bare, known[i]))
            return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                            "\"" STR_FMT "\" is not supported.", STR_ARG(bare));
    }
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    STR_FMT " has no search parameter \"" STR_FMT "\".",
                    STR_ARG(fhir_type_name(p->query->type)), STR_ARG(bare));
}

static Status add_condition(Parse *p, Str name, Str text)
{
    SearchQuery *query = p->query;
    const FhirParam *param = fhir_param_find(query->type, name);
    if (!param || !search_param_offered(param))
        return refuse_name(p, name);
    if (query->condition_count == SEARCH_CONDITIONS_MAX)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "More than %d conditions.",
                        SEARCH_CONDITIONS_MAX);
    Value *values = arena_array_of(p->cx->arena, Value, SEARCH_VALUES_MAX);
    if (!values)
        return STATUS_MEMORY;
    size_t count = 0;
    for (Str one; query_next_value(p->cx, &text, &one); count++) {
        if (count == SEARCH_VALUES_MAX)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            "\"" STR_FMT "\" has more than %d values.", STR_ARG(name),
                            SEARCH_VALUES_MAX);
        TRY(query_parse_value(p->search, p->cx, param, one, &values[count]));
    }
    p->conditions[query->condition_count++] = (Condition){param, values, count};
    return STATUS_OK;
}

static Status parse_id(Parse *p, Str text)
{
    SearchQuery *query = p->query;
    if (query->ids_given)
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY, "\"_id\" is supported once.");
    Str *ids = arena_array_of(p->cx->arena, Str, SEARCH_VALUES_MAX);
    if (!ids)
        return STATUS_MEMORY;
    for (Str one; query_next_value(p->cx, &text, &one);) {
        if (query->id_count == SEARCH_VALUES_MAX)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"_id\" has more than %d values.",
                            SEARCH_VALUES_MAX);
        ids[query->id_count++] = one;
    }
    query->ids = ids;
    query->ids_given = true;
    return STATUS_OK;
}

/* _summary, _elements and _count=0 each say all of it: two of them would undo one another. */
static Status set_view(Parse *p, FhirView view)
{
    if (p->viewed && view.kind != p->query->view.kind)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                        "Only one of \"_summary\", \"_elements\" and \"_count=0\" can be given.");
    p->viewed = true;
    p->query->view = view;
    return STATUS_OK;
}

static Status parse_count(Parse *p, Str text)
{
    uint64_t count;
    if (!str_to_u64(text, &count))
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"_count\" is not a whole number.");
    if (count == 0) /* SPEC R4 search.html#count: as _summary=count */
        return set_view(p, (FhirView){.kind = FHIR_VIEW_COUNT});
    p->query->limit = count > SEARCH_COUNT_MAX ? SEARCH_COUNT_MAX : (size_t)count;
    return STATUS_OK;
}

static Status parse_total(Parse *p, Str text)
{
    if (str_eq(text, STR("accurate")))
        p->query->total = true;
    else if (!str_eq(text, STR("none")) && !str_eq(text, STR("estimate")))
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                        "\"_total\" is none, estimate or accurate.");
    return STATUS_OK;
}

static Status parse_sort(Parse *p, Str text)
{
    p->sort = text;
    return text.len ? STATUS_OK
                    : ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"_sort\" names a parameter.");
}

static Status parse_cursor(Parse *p, Str text)
{
    char *bytes = arena_alloc_raw(p->cx->arena, text.len / 2 + 1);
    if (!bytes)
        return STATUS_MEMORY;
    bool sound = text.len % 2 == 0 && text.len / 2 >= KEY_PLACE && text.len / 2 <= KEY_BYTES;
    for (size_t i = 0; sound && i < text.len / 2; i++) {
        int hi = uri_hex_digit(text.at[2 * i]), lo = uri_hex_digit(text.at[2 * i + 1]);
        sound = hi >= 0 && lo >= 0;
        bytes[i] = (char)((hi & 15) << 4 | (lo & 15));
    }
    if (!sound)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "The page link is not one of ours.");
    p->query->cursor = str_n(bytes, text.len / 2);
    return STATUS_OK;
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
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    "\"_summary\" is true, text, data, count or false.");
}

static Status parse_elements(Parse *p, Str text)
{
    Str *names = arena_array_of(p->cx->arena, Str, SEARCH_VALUES_MAX);
    if (!names)
        return STATUS_MEMORY;
    size_t count = 0;
    for (Str one; query_next_value(p->cx, &text, &one);) {
        if (count == SEARCH_VALUES_MAX || !one.len)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"_elements\" is a list of names.");
        if (!fhir_has_element(p->query->type, one))
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            STR_FMT " has no element with a name that \"_elements\" gives.",
                            STR_ARG(fhir_type_name(p->query->type)));
        names[count++] = one;
    }
    return set_view(
        p, (FhirView){.kind = FHIR_VIEW_ELEMENTS, .elements = names, .element_count = count});
}

/* _format and _pretty are about the bytes of the answer: http sees to them. */
static Status leave_alone(Parse *p, Str text)
{
    UNUSED(p);
    UNUSED(text);
    return STATUS_OK;
}

static const struct {
    Str name;
    Status (*parse)(Parse *p, Str text);
    bool in_self;
    bool on_reads;
} controls[] = {
    {STR_INIT("_id"), parse_id, true, false},
    {STR_INIT("_count"), parse_count, true, false},
    {STR_INIT("_total"), parse_total, true, false},
    {STR_INIT("_sort"), parse_sort, true, false},
    {STR_INIT("_summary"), parse_summary, true, true},
    {STR_INIT("_elements"), parse_elements, true, true},
    {STR_INIT("_cursor"), parse_cursor, false, false},
    {STR_INIT("_format"), leave_alone, true, true},
    {STR_INIT("_pretty"), leave_alone, true, true},
};

/* A second value would undo the first. (Several "_id" have a meaning: parse_id sees to it.) */
static Status run_control(Parse *p, size_t i, Str text)
{
    unsigned bit = 1u << i;
    if ((p->given & bit) && controls[i].parse != parse_id)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"" STR_FMT "\" is given twice.",
                        STR_ARG(controls[i].name));
    p->given |= bit;
    return controls[i].parse(p, text);
}

static Status parse_pair(Parse *p, Str name, Str text, bool *ret_in_self)
{
    *ret_in_self = true;
    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        if (str_eq(name, controls[i].name)) {
            *ret_in_self = controls[i].in_self;
            return run_control(p, i, text);
        }
    }
    return add_condition(p, name, text);
}

/* Newest first by the clinical date is how every list runs; a rising text order is offered
 * where the query has a condition on that text. */
static Status resolve_sort(Parse *p)
{
    SearchQuery *query = p->query;
    if (!p->sort.len)
        return STATUS_OK;
    const FhirParam *clinical = p->search->types[query->type].clinical_date;
    if (clinical && p->sort.at[0] == '-' && str_eq(str_from(p->sort, 1), clinical->code))
        return STATUS_OK;
    for (size_t i = 0; i < query->condition_count; i++) {
        const FhirParam *param = query->conditions[i].param;
        if (param->kind == FHIR_PARAM_STRING && str_eq(param->code, p->sort) &&
            query->conditions[i].count == 1) {
            query->sort_by = param;
            return STATUS_OK;
        }
    }
    return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                    "Sorting by \"" STR_FMT "\" is not supported here.", STR_ARG(p->sort));
}

Status search_parse(const Search *search, Ctx *cx, uint16_t type, Str text,
                    const SearchQuery **ret_query)
{
    Parse *p = arena_new_of(cx->arena, Parse);
    SearchQuery *query = arena_new_of(cx->arena, SearchQuery);
    if (!p || !query)
        return STATUS_MEMORY;
    p->search = search;
    p->cx = cx;
    p->query = query;
    query->type = type;
    query->limit = SEARCH_COUNT_DEFAULT;
    query->conditions = p->conditions;
    buf_init(&p->self, cx->arena, text.len + 1, 64 * 1024);
    buf_init(&p->names, cx->arena, 0, 64 * 1024);
    for (Str name, value; search_next_pair(&text, &name, &value);) {
        Str plain_name, plain_value;
        bool in_self;
        TRY(search_decode(cx, name, &plain_name));
        TRY(search_decode(cx, value, &plain_value));
        TRY(parse_pair(p, plain_name, plain_value, &in_self));
        if (!in_self)
            continue;
        buf_format(&p->self, "%s" STR_FMT "=" STR_FMT, p->self.len ? "&" : "", STR_ARG(name),
                   STR_ARG(value));
        buf_format(&p->names, "%s" STR_FMT, p->names.len ? "," : "", STR_ARG(plain_name));
    }
    TRY(resolve_sort(p));
    TRY(buf_done(&p->self));
    TRY(buf_done(&p->names));
    query->self = buf_str(&p->self);
    query->names = buf_str(&p->names);
    *ret_query = query;
    return STATUS_OK;
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
    *ret_view = (FhirView){.kind = FHIR_VIEW_FULL};
    if (!text.len)
        return STATUS_OK;
    Parse *p = arena_new_of(cx->arena, Parse);
    SearchQuery query = {.type = type};
    if (!p)
        return STATUS_MEMORY;
    p->cx = cx;
    p->query = &query;
    for (Str name, value; search_next_pair(&text, &name, &value);) {
        TRY(search_decode(cx, name, &name));
        TRY(search_decode(cx, value, &value));
        TRY(parse_view_pair(p, name, value));
    }
    if (query.view.kind == FHIR_VIEW_COUNT)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "\"_summary=count\" is for searches.");
    *ret_view = query.view;
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

Str search_self(const SearchQuery *query)
{
    return query->self;
}

Str search_names(const SearchQuery *query)
{
    return query->names;
}
