/* search/value.c - what a parameter finds in a resource: its expression leads to elements, their
 * types say how they are read.
 *
 * SPEC R4 search.html#token, #string, #reference, #quantity, #date */
#include "search/leaf.h"
#include "search/test.h"

#include <math.h>

typedef struct {
    const Subject *subject;
    const SearchParam *param;
    ValueVisit visit;
    void *to;
    const void *element;
} Walk;

static Status give(const Walk *walk, Value *value)
{
    value->element = walk->element;
    return walk->visit(walk->to, value);
}

static const struct {
    const char *type;
    Leaf leaf;
} leaf_types[] = {
    {"boolean", LEAF_BOOLEAN},
    {"code", LEAF_TEXT},
    {"string", LEAF_TEXT},
    {"markdown", LEAF_TEXT},
    {"id", LEAF_TEXT},
    {"uri", LEAF_URI},
    {"url", LEAF_URI},
    {"oid", LEAF_URI},
    {"uuid", LEAF_URI},
    {"canonical", LEAF_CANONICAL},
    {"date", LEAF_DATE},
    {"dateTime", LEAF_DATE},
    {"instant", LEAF_DATE},
    {"integer", LEAF_NUMBER},
    {"positiveInt", LEAF_NUMBER},
    {"unsignedInt", LEAF_NUMBER},
    {"decimal", LEAF_NUMBER},
    {"Period", LEAF_PERIOD},
    {"Timing", LEAF_TIMING},
    {"Coding", LEAF_CODING},
    {"CodeableConcept", LEAF_CONCEPT},
    {"Identifier", LEAF_IDENTIFIER},
    {"ContactPoint", LEAF_CONTACT},
    {"Quantity", LEAF_QUANTITY},
    {"Age", LEAF_QUANTITY},
    {"Count", LEAF_QUANTITY},
    {"Distance", LEAF_QUANTITY},
    {"Duration", LEAF_QUANTITY},
    {"Money", LEAF_MONEY},
    {"Range", LEAF_RANGE},
    {"HumanName", LEAF_NAME},
    {"Address", LEAF_ADDRESS},
    {"Reference", LEAF_REFERENCE},
    {"Location.position", LEAF_POSITION},
};

Leaf leaf_of_type(Str type)
{
    for (size_t i = 0; i < COUNT_OF(leaf_types); i++) {
        if (str_eq(type, str_of(leaf_types[i].type)))
            return leaf_types[i].leaf;
    }
    return LEAF_OTHER;
}

/* ---- tokens ---------------------------------------------------------------------- */

static Status give_token(const Walk *walk, Str system, Str code, Str text, JsonValue *json)
{
    if (!code.len && !text.len && !json)
        return STATUS_OK;
    Value value = {
        .kind = FHIR_PARAM_TOKEN, .system = system, .code = code, .text = text, .json = json};
    return give(walk, &value);
}

static Status give_plain(const Walk *walk, Str code)
{
    Value value = {.kind = FHIR_PARAM_TOKEN, .code = code, .plain = true};
    return code.len ? give(walk, &value) : STATUS_OK;
}

static Status give_coding(const Walk *walk, const JsonValue *coding)
{
    return give_token(walk, json_get_str(coding, STR("system")), json_get_str(coding, STR("code")),
                      json_get_str(coding, STR("display")), NULL);
}

static Status give_concept(const Walk *walk, const JsonValue *concept)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(concept, STR("coding"))); json_next(&it, NULL, &item);)
        TRY(give_coding(walk, item));
    return give_token(walk, STR_EMPTY, STR_EMPTY, json_get_str(concept, STR("text")), NULL);
}

static Status walk_token(const Walk *walk, Leaf leaf, JsonValue *json)
{
    switch (leaf) {
    case LEAF_BOOLEAN:
        return give_token(walk, STR_EMPTY, json_bool(json) ? STR("true") : STR("false"), STR_EMPTY,
                          NULL);
    case LEAF_CODING: return give_coding(walk, json);
    case LEAF_CONCEPT: return give_concept(walk, json);
    case LEAF_IDENTIFIER:
        return give_token(walk, json_get_str(json, STR("system")), json_get_str(json, STR("value")),
                          json_get_str(json_get(json, STR("type")), STR("text")), json);
    case LEAF_CONTACT: /* its system is no namespace */
        return give_token(walk, STR_EMPTY, json_get_str(json, STR("value")), STR_EMPTY, NULL);
    default: return give_plain(walk, json_str(json));
    }
}

/* ---- texts ------------------------------------------------------------------------- */

static Status give_text(const Walk *walk, FhirParamKind kind, Str text, JsonValue *json)
{
    if (!text.len && !json)
        return STATUS_OK;
    Value value = {.kind = kind, .text = text, .json = json};
    return give(walk, &value);
}

/* The searchable parts of HumanName and Address. SPEC R4 search.html#string */
static Status give_part(const Walk *walk, Leaf leaf, const JsonValue *json)
{
    Value value = {.kind = FHIR_PARAM_STRING, .text = json_str(json), .words = leaf == LEAF_NAME};
    return value.text.len ? give(walk, &value) : STATUS_OK;
}

static Status give_parts(const Walk *walk, Leaf leaf, const JsonValue *json)
{
    static const Str parts[] = {
        STR_INIT("family"), STR_INIT("given"),      STR_INIT("prefix"),  STR_INIT("suffix"),
        STR_INIT("text"),   STR_INIT("line"),       STR_INIT("city"),    STR_INIT("district"),
        STR_INIT("state"),  STR_INIT("postalCode"), STR_INIT("country"),
    };
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        JsonValue *part = json_get(json, parts[i]), *item;
        if (json_is(part, JSON_STRING))
            TRY(give_part(walk, leaf, part));
        if (!json_is(part, JSON_ARRAY))
            continue;
        for (JsonIter it = json_iter(part); json_next(&it, NULL, &item);)
            TRY(give_part(walk, leaf, item));
    }
    return STATUS_OK;
}

static Status walk_string(const Walk *walk, Leaf leaf, JsonValue *json)
{
    if (leaf == LEAF_CONTACT)
        return give_text(walk, FHIR_PARAM_STRING, json_get_str(json, STR("value")), NULL);
    return leaf == LEAF_NAME || leaf == LEAF_ADDRESS
               ? give_parts(walk, leaf, json)
               : give_text(walk, FHIR_PARAM_STRING, json_str(json), NULL);
}

Str search_reference_bare(const Search *search, Str reference)
{
    static const Str history = STR_INIT("/_history/");
    if (search->address.len && str_has_prefix(reference, search->address) &&
        str_from(reference, search->address.len).len > 1 &&
        reference.at[search->address.len] == '/')
        reference = str_from(reference, search->address.len + 1);
    for (size_t i = 0; i + history.len < reference.len; i++) {
        if (reference.at[i] == '/' && str_has_prefix(str_from(reference, i), history))
            return str_head(reference, i);
    }
    return reference;
}

static Status walk_reference(const Walk *walk, Leaf leaf, JsonValue *json)
{
    if (leaf != LEAF_REFERENCE)
        return give_text(walk, FHIR_PARAM_REFERENCE, json_str(json), NULL);
    Str text = search_reference_bare(walk->subject->search, json_get_str(json, STR("reference")));
    return give_text(walk, FHIR_PARAM_REFERENCE, text, json);
}

static Status walk_uri(const Walk *walk, Leaf leaf, JsonValue *json)
{
    UNUSED(leaf);
    return give_text(walk, FHIR_PARAM_URI, json_str(json), NULL);
}

/* ---- dates -------------------------------------------------------------------------- */

bool leaf_date(Str text, MsRange *ret_range)
{
    Time lo, hi;
    if (!fhir_date_range(text, &lo, &hi))
        return false;
    *ret_range = (MsRange){key_ms(lo), key_ms(hi + TIME_MS - 1)};
    return true;
}

static bool period_range(const JsonValue *period, MsRange *ret_range)
{
    MsRange start, end, range = {0, KEY_MS_MAX};
    bool has_start = leaf_date(json_get_str(period, STR("start")), &start);
    bool has_end = leaf_date(json_get_str(period, STR("end")), &end);
    if (has_start)
        range.lo = start.lo;
    if (has_end)
        range.hi = end.hi;
    *ret_range = range;
    return has_start || has_end;
}

static void widen(MsRange *range, MsRange by)
{
    if (by.lo < range->lo)
        range->lo = by.lo;
    if (by.hi > range->hi)
        range->hi = by.hi;
}

/* "the specified scheduling details are ignored and only the outer limits matter" */
static bool timing_range(const JsonValue *timing, MsRange *ret_range)
{
    MsRange range = {KEY_MS_MAX, 0}, one;
    JsonValue *event;
    for (JsonIter it = json_iter(json_get(timing, STR("event"))); json_next(&it, NULL, &event);) {
        if (leaf_date(json_str(event), &one))
            widen(&range, one);
    }
    JsonValue *bounds = json_get(json_get(timing, STR("repeat")), STR("boundsPeriod"));
    if (bounds && period_range(bounds, &one))
        widen(&range, one);
    *ret_range = range;
    return range.lo <= range.hi;
}

static bool date_range(Leaf leaf, const JsonValue *json, MsRange *ret_range)
{
    switch (leaf) {
    case LEAF_PERIOD: return period_range(json, ret_range);
    case LEAF_TIMING: return timing_range(json, ret_range);
    default: return json_is(json, JSON_STRING) && leaf_date(json_str(json), ret_range);
    }
}

static Status walk_date(const Walk *walk, Leaf leaf, JsonValue *json)
{
    Value value = {.kind = FHIR_PARAM_DATE};
    return date_range(leaf, json, &value.time) ? give(walk, &value) : STATUS_OK;
}

/* ---- numbers -------------------------------------------------------------------------- */

bool leaf_number(Str text, double *ret_number)
{
    Decimal number;
    if (!text.len || !decimal_parse(text, &number))
        return false;
    *ret_number = decimal_to_double(number);
    return true;
}

static double bound_of(const JsonValue *range, Str name, double open_end)
{
    double number;
    return leaf_number(json_str(json_get(json_get(range, name), STR("value"))), &number) ? number
                                                                                         : open_end;
}

static Status walk_number(const Walk *walk, Leaf leaf, JsonValue *json)
{
    Value value = {.kind = FHIR_PARAM_NUMBER};
    if (leaf == LEAF_RANGE) {
        value.lo = bound_of(json, STR("low"), -INFINITY);
        value.hi = bound_of(json, STR("high"), INFINITY);
        return give(walk, &value);
    }
    if (!leaf_number(json_str(json), &value.lo))
        return STATUS_OK;
    value.hi = value.lo;
    return give(walk, &value);
}

static bool quantity_unit(const JsonValue *quantity, Value *value)
{
    value->json = (JsonValue *)quantity;
    value->system = json_get_str(quantity, STR("system"));
    value->code = json_get_str(quantity, STR("code"));
    value->text = json_get_str(quantity, STR("unit"));
    return leaf_number(json_str(json_get(quantity, STR("value"))), &value->lo);
}

static Status give_quantity(const Walk *walk, const JsonValue *quantity)
{
    Value value = {.kind = FHIR_PARAM_QUANTITY};
    if (!quantity_unit(quantity, &value))
        return STATUS_OK;
    value.hi = value.lo;
    Str comparator = json_get_str(quantity, STR("comparator"));
    if (comparator.len && comparator.at[0] == '<') {
        value.lo = -INFINITY;
        value.hi_open = comparator.len == 1;
    } else if (comparator.len && comparator.at[0] == '>') {
        value.hi = INFINITY;
        value.lo_open = comparator.len == 1;
    }
    return give(walk, &value);
}

static Status give_money(const Walk *walk, const JsonValue *money)
{
    Value value = {.kind = FHIR_PARAM_QUANTITY,
                   .system = STR("urn:iso:std:iso:4217"),
                   .code = json_get_str(money, STR("currency"))};
    if (!leaf_number(json_str(json_get(money, STR("value"))), &value.lo))
        return STATUS_OK;
    value.hi = value.lo;
    return give(walk, &value);
}

static Status give_range(const Walk *walk, const JsonValue *range)
{
    Value low = {.lo = -INFINITY}, high = {.lo = INFINITY};
    bool has_low = quantity_unit(json_get(range, STR("low")), &low);
    bool has_high = quantity_unit(json_get(range, STR("high")), &high);
    if (!has_low && !has_high)
        return STATUS_OK;
    Value value = has_low ? low : high;
    value.kind = FHIR_PARAM_QUANTITY;
    value.lo = low.lo;
    value.hi = high.lo;
    return give(walk, &value);
}

static Status walk_quantity(const Walk *walk, Leaf leaf, JsonValue *json)
{
    switch (leaf) {
    case LEAF_QUANTITY: return give_quantity(walk, json);
    case LEAF_MONEY: return give_money(walk, json);
    case LEAF_RANGE: return give_range(walk, json);
    default: return STATUS_OK;
    }
}

static Status walk_position(const Walk *walk, Leaf leaf, JsonValue *json)
{
    Value value = {.kind = FHIR_PARAM_SPECIAL};
    if (leaf != LEAF_POSITION ||
        !leaf_number(json_str(json_get(json, STR("latitude"))), &value.lo) ||
        !leaf_number(json_str(json_get(json, STR("longitude"))), &value.hi))
        return STATUS_OK;
    return give(walk, &value);
}

bool value_interval(const Value *value, const UcumUnit *unit, double *ret_lo, double *ret_hi)
{
    double lo = value->lo, hi = value->hi;
    if (unit && (!search_canonical(unit, lo, &lo) || !search_canonical(unit, hi, &hi)))
        return false;
    if (value->lo_open)
        lo = nextafter(lo, INFINITY);
    if (value->hi_open)
        hi = nextafter(hi, -INFINITY);
    *ret_lo = lo < hi ? lo : hi; /* a few units run the other way */
    *ret_hi = lo < hi ? hi : lo;
    return true;
}

/* ---- one item, one parameter ---------------------------------------------------------- */

typedef Status (*WalkLeaf)(const Walk *walk, Leaf leaf, JsonValue *json);
static const WalkLeaf walks[] = {
    [FHIR_PARAM_NUMBER] = walk_number,
    [FHIR_PARAM_DATE] = walk_date,
    [FHIR_PARAM_STRING] = walk_string,
    [FHIR_PARAM_TOKEN] = walk_token,
    [FHIR_PARAM_REFERENCE] = walk_reference,
    [FHIR_PARAM_QUANTITY] = walk_quantity,
    [FHIR_PARAM_URI] = walk_uri,
    [FHIR_PARAM_SPECIAL] = walk_position,
};

/* What an expression computed instead of reaching: Patient.deceased.exists() and ... */
static Status walk_computed(const Walk *walk, const PathItem *item)
{
    if (walk->param->kind == FHIR_PARAM_TOKEN && item->kind == PATH_BOOLEAN)
        return give_token(walk, STR_EMPTY, item->boolean ? STR("true") : STR("false"), STR_EMPTY,
                          NULL);
    if (item->kind != PATH_STRING)
        return STATUS_OK;
    if (walk->param->kind == FHIR_PARAM_TOKEN)
        return give_token(walk, STR_EMPTY, item->text, STR_EMPTY, NULL);
    return walk->param->kind == FHIR_PARAM_STRING || walk->param->kind == FHIR_PARAM_URI
               ? give_text(walk, walk->param->kind, item->text, NULL)
               : STATUS_OK;
}

static Status walk_items(Walk *walk, const PathProgram *program, const PathItem *focus)
{
    PathEnv env = {.resource = walk->subject->resource};
    PathItems items;
    if (focus)
        env.focus = *focus;
    TRY(path_evaluate(program, walk->subject->cx, &env, &items));
    for (size_t i = 0; i < items.count; i++) {
        const PathItem *item = &items.items[i];
        walk->element = item->kind == PATH_ELEMENT ? (const void *)item->json : item;
        if (item->kind != PATH_ELEMENT)
            TRY(walk_computed(walk, item));
        if (item->json && !json_is(item->json, JSON_NULL))
            TRY(walks[walk->param->kind](walk, walk->subject->search->leaves[item->type],
                                         item->json));
    }
    return STATUS_OK;
}

Status search_component_values(const Subject *subject, const Component *component,
                               const PathItem *focus, ValueVisit visit, void *to)
{
    Walk walk = {subject, component->param, visit, to, NULL};
    return walk_items(&walk, component->program, focus);
}

Status search_values(const Subject *subject, const SearchParam *param, ValueVisit visit, void *to)
{
    Walk walk = {subject, param, visit, to, NULL};
    if (param->special == SPECIAL_TEXT || param->special == SPECIAL_CONTENT)
        return search_words(subject, param->special, visit, to);
    if (param->special == SPECIAL_LAST_UPDATED && subject->updated == SEARCH_NO_DATE)
        return STATUS_OK; /* what is contained has no version of its own */
    if (param->special == SPECIAL_LAST_UPDATED) {
        uint64_t ms = key_ms(subject->updated);
        Value value = {.kind = FHIR_PARAM_DATE, .time = {ms, ms + 1}};
        return visit(to, &value);
    }
    return param->program && param->kind != FHIR_PARAM_COMPOSITE
               ? walk_items(&walk, param->program, NULL)
               : STATUS_OK;
}

static Status keep_first(void *to, const Value *value)
{
    Time *date = to;
    if (*date == SEARCH_NO_DATE)
        *date = key_ms_time(width_anchor(value->time));
    return STATUS_OK;
}

Status search_clinical_date(const Subject *subject, Time *ret_date)
{
    const SearchParam *param = search_type(subject->search, subject->type)->clinical_date;
    *ret_date = SEARCH_NO_DATE;
    return param ? search_values(subject, param, keep_first, ret_date) : STATUS_OK;
}
