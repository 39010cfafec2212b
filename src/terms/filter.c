/* terms/filter.c - the filters of an include. SPEC R4 valueset-filter-operator.html
 *
 * A regular expression has to match the whole value: so do HL7's tests of terminology servers. */
#include "terms/inner.h"

#include "fhir/path/regex.h"

/* "a, b": whether text is one of them. */
static bool is_listed(Str list, Str text)
{
    while (list.at) {
        if (str_eq(str_trim(str_cut(&list, ',')), text))
            return true;
    }
    return false;
}

/* With limits of its own, in memory of its own: a code system has many values. */
static bool matches_regex(Filter *filter, Str value)
{
    enum { BYTES = 8 << 20 };
    Arena *scratch = arena_new(BYTES, false);
    Ctx cx = {.arena = scratch};
    bool matches = false;
    Status status = scratch ? regex_matches(&cx, filter->regex, value, &matches) : STATUS_MEMORY;
    if (status != STATUS_OK)
        filter->fault = DOUBT_REGEX_STEPS;
    arena_free(scratch);
    return status == STATUS_OK && matches;
}

static bool matches(Filter *filter, Str value)
{
    switch (filter->op) {
    case FILTER_EQUAL: return str_eq(filter->value, value);
    case FILTER_REGEX: return !filter->fault && matches_regex(filter, value);
    default: return is_listed(filter->value, value);
    }
}

static bool is_code(Str property)
{
    return str_eq(property, STR("concept")) || str_eq(property, STR("code"));
}

/* Properties that every code system has. SPEC R4 codesystem-concept-properties.html */
static bool is_common(Str property)
{
    static const Str names[] = {
        STR_INIT("concept"), STR_INIT("code"),     STR_INIT("display"),       STR_INIT("parent"),
        STR_INIT("child"),   STR_INIT("inactive"), STR_INIT("notSelectable"),
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_eq(names[i], property))
            return true;
    }
    return false;
}

/* Whether some value of the property matches; without a filter, whether there is one. */
static bool any_value(const System *system, uint32_t concept, Str property, Filter *filter)
{
    size_t from, to;
    if (is_code(property))
        return !filter || matches(filter, system_code(system, concept));
    if (str_eq(property, STR("display"))) {
        Str display = system_display(system, concept);
        return filter ? matches(filter, display) : display.len > 0;
    }
    for (system_properties(system, concept, &from, &to); from < to; from++) {
        const Property *own = &system->properties[from];
        if (str_eq(own->code, property) && (!filter || matches(filter, own->value)))
            return true;
    }
    return false;
}

static Status any_relative(Terms *terms, Ctx *cx, System *system, uint32_t concept, bool parents,
                           Filter *filter, bool *ret_any)
{
    const Edge *edges = NULL;
    size_t count = 0;
    TRY(system_relatives(terms, cx, system, concept, parents, &edges, &count));
    *ret_any = !filter && count;
    for (size_t i = 0; filter && i < count && !*ret_any; i++)
        *ret_any = matches(filter, system_code(system, parents ? edges[i].parent : edges[i].child));
    return STATUS_OK;
}

static Status by_property(Terms *terms, Ctx *cx, Filter *filter, System *system, uint32_t concept,
                          Verdict *ret_verdict)
{
    enum { STEPS_OF_REGEX = 100 };
    Filter *wanted = filter->op == FILTER_EXISTS ? NULL : filter;
    bool parent = str_eq(filter->property, STR("parent")), any = false;
    TRY(terms_work(terms, cx,
                   filter->op == FILTER_REGEX ? STEPS_OF_REGEX : 1 + filter->value.len / 64));
    if (parent || str_eq(filter->property, STR("child")))
        TRY(any_relative(terms, cx, system, concept, parent, wanted, &any));
    else
        any = any_value(system, concept, filter->property, wanted);
    switch (filter->op) {
    case FILTER_EXISTS: *ret_verdict = any == str_eq(filter->value, STR("true")); break;
    case FILTER_NOT_IN: *ret_verdict = !any; break;
    default: *ret_verdict = any; break;
    }
    return STATUS_OK;
}

static bool is_hierarchic(FilterOp op)
{
    return op == FILTER_IS_A || op == FILTER_DESCENDENT_OF || op == FILTER_IS_NOT_A ||
           op == FILTER_GENERALIZES;
}

static Why fault_of(const Filter *filter, const System *system)
{
    if (is_hierarchic(filter->op)) {
        return !is_code(filter->property)        ? DOUBT_OPERATOR
               : system->flags & SYSTEM_NOT_IS_A ? DOUBT_HIERARCHY
               : filter->other == NOWHERE        ? DOUBT_FILTER_CODE
                                                 : DOUBT_NONE;
    }
    return is_common(filter->property) || system_knows_property(system, filter->property)
               ? DOUBT_NONE
               : DOUBT_PROPERTY;
}

static Status prepare_regex(Terms *terms, Filter *filter)
{
    const char *fault;
    Status status = regex_compile(terms->arena, filter->value, true, &filter->regex, &fault);
    if (status != STATUS_INVALID)
        return status;
    filter->fault = DOUBT_REGEX;
    return STATUS_OK;
}

static Status prepare(Terms *terms, Ctx *cx, Filter *filter, System *system)
{
    TRY(terms_work(terms, cx, 1 + system->property_count));
    filter->other = system_find(system, filter->value);
    filter->fault = fault_of(filter, system);
    if (!filter->fault && is_hierarchic(filter->op))
        TRY(system_marks(terms, cx, system, filter->other, filter->op == FILTER_GENERALIZES,
                         &filter->marks));
    if (!filter->fault && filter->op == FILTER_REGEX)
        TRY(prepare_regex(terms, filter));
    filter->prepared = true;
    return STATUS_OK;
}

static Verdict doubt(Terms *terms, const Filter *filter, const System *system)
{
    terms_doubt(terms, filter->fault, system->url,
                filter->fault == DOUBT_PROPERTY || filter->fault == DOUBT_OPERATOR
                    ? filter->property
                    : STR_EMPTY);
    return UNSURE;
}

static Status filter_passes(Terms *terms, Ctx *cx, Filter *filter, System *system, uint32_t concept,
                            Verdict *ret_verdict)
{
    if (!filter->prepared)
        TRY(prepare(terms, cx, filter, system));
    if (filter->fault) {
        *ret_verdict = doubt(terms, filter, system);
        return STATUS_OK;
    }
    switch (filter->op) {
    case FILTER_IS_A:
    case FILTER_GENERALIZES: *ret_verdict = filter->marks[concept]; break;
    case FILTER_IS_NOT_A: *ret_verdict = !filter->marks[concept]; break;
    case FILTER_DESCENDENT_OF:
        *ret_verdict = filter->marks[concept] && concept
        != filter->other;
        break;
    default:
        TRY(by_property(terms, cx, filter, system, concept, ret_verdict));
        if (filter->fault) /* found out just now */
            *ret_verdict = doubt(terms, filter, system);
    }
    return STATUS_OK;
}

Status filters_pass(Terms *terms, Ctx *cx, Part *part, System *system, uint32_t concept,
                    Verdict *ret_verdict)
{
    Verdict all = YES;
    for (size_t i = 0; i < part->filter_count && all != NO; i++) {
        Verdict one = UNSURE;
        TRY(filter_passes(terms, cx, &part->filters[i], system, concept, &one));
        if (one != YES)
            all = one;
    }
    *ret_verdict = all;
    return STATUS_OK;
}

/* A code is a kind of itself in any hierarchy. Other operators mean what the code system says:
 * SNOMED CT reads "concept in X" as the members of a reference set. */
static Verdict passes_unseen(const Filter *filter, Str code)
{
    bool same = str_eq(filter->value, code);
    if (!is_code(filter->property))
        return UNSURE;
    switch (filter->op) {
    case FILTER_IS_A:
    case FILTER_GENERALIZES: return same ? YES : UNSURE;
    case FILTER_IS_NOT_A:
    case FILTER_DESCENDENT_OF: return same ? NO : UNSURE;
    default: return UNSURE;
    }
}

Verdict filters_pass_unseen(const Part *part, Str code)
{
    Verdict all = part->filter_count ? YES : UNSURE;
    for (size_t i = 0; i < part->filter_count && all != NO; i++) {
        Verdict one = passes_unseen(&part->filters[i], code);
        if (one != YES)
            all = one;
    }
    return all;
}
