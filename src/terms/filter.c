/* terms/filter.c - the filters of an include. SPEC R4 valueset-filter-operator.html */
#include "terms/inner.h"

/* "a, b": whether text is one of them. */
static bool is_listed(Str list, Str text)
{
    while (list.at) {
        if (str_eq(str_trim(str_cut(&list, ',')), text))
            return true;
    }
    return false;
}

static bool matches(const Filter *filter, Str value)
{
    return filter->op == FILTER_EQUAL ? str_eq(filter->value, value)
                                      : is_listed(filter->value, value);
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
static bool any_value(const System *system, uint32_t concept, Str property, const Filter *filter)
{
    size_t from, to;
    if (is_code(property))
        return !filter || matches(filter, system_code(system, concept));
    if (str_eq(property, STR("display"))) {
        Str display = system_display(system, concept);
        return filter ? matches(filter, display) : display.len > 0;
    }
    bool parent = str_eq(property, STR("parent")), child = str_eq(property, STR("child"));
    for (uint32_t i = 0; (parent || child) && i < system->count; i++) {
        uint32_t lower = parent ? concept : i, upper = parent ? i : concept;
        if ((!filter || matches(filter, system_code(system, i))) &&
            system_has_parent(system, lower, upper))
            return true;
    }
    for (system_properties(system, concept, &from, &to); from < to; from++) {
        const Property *own = &system->properties[from];
        if (str_eq(own->code, property) && (!filter || matches(filter, own->value)))
            return true;
    }
    return false;
}

static Status by_property(Terms *terms, Ctx *cx, const Filter *filter, const System *system,
                          uint32_t concept, Verdict *ret_verdict)
{
    Str property = filter->property;
    bool relative = str_eq(property, STR("parent")) || str_eq(property, STR("child"));
    if (!is_common(property) && !system_knows_property(system, property)) {
        terms_doubt(terms, DOUBT_PROPERTY, system->url, property);
        *ret_verdict = UNSURE;
        return STATUS_OK;
    }
    TRY(terms_work(terms, cx, relative ? system->count : 1));
    switch (filter->op) {
    case FILTER_EXISTS:
        *ret_verdict =
            any_value(system, concept, property, NULL) == str_eq(filter->value, STR("true"));
        break;
    case FILTER_NOT_IN: *ret_verdict = !any_value(system, concept, property, filter); break;
    default: *ret_verdict = any_value(system, concept, property, filter); break;
    }
    return STATUS_OK;
}

static Status by_hierarchy(Terms *terms, Ctx *cx, const Filter *filter, System *system,
                           uint32_t concept, Verdict *ret_verdict)
{
    uint32_t other = system_find(system, filter->value);
    const bool *marks = NULL;
    *ret_verdict = UNSURE;
    if (!is_code(filter->property)) {
        terms_doubt(terms, DOUBT_OPERATOR, system->url, filter->property);
        return STATUS_OK;
    }
    if (system->flags & SYSTEM_NOT_IS_A || other == NOWHERE) {
        terms_doubt(terms, other == NOWHERE ? DOUBT_FILTER_CODE : DOUBT_HIERARCHY, system->url,
                    STR_EMPTY);
        return STATUS_OK;
    }
    TRY(system_marks(terms, cx, system, other, filter->op == FILTER_GENERALIZES, &marks));
    switch (filter->op) {
    case FILTER_DESCENDENT_OF:
        *ret_verdict = marks[concept] && concept
        != other;
        break;
    case FILTER_IS_NOT_A: *ret_verdict = !marks[concept]; break;
    default: *ret_verdict = marks[concept]; break;
    }
    return STATUS_OK;
}

static Status filter_passes(Terms *terms, Ctx *cx, const Filter *filter, System *system,
                            uint32_t concept, Verdict *ret_verdict)
{
    switch (filter->op) {
    case FILTER_IS_A:
    case FILTER_DESCENDENT_OF:
    case FILTER_IS_NOT_A:
    case FILTER_GENERALIZES: return by_hierarchy(terms, cx, filter, system, concept, ret_verdict);
    case FILTER_EQUAL:
    case FILTER_IN:
    case FILTER_NOT_IN:
    case FILTER_EXISTS: return by_property(terms, cx, filter, system, concept, ret_verdict);
    default:
        terms_doubt(terms, filter->op == FILTER_REGEX ? DOUBT_REGEX : DOUBT_OPERATOR, system->url,
                    filter->property);
        *ret_verdict = UNSURE;
        return STATUS_OK;
    }
}

Status filters_pass(Terms *terms, Ctx *cx, const Part *part, System *system, uint32_t concept,
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
