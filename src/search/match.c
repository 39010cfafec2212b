/* search/match.c - whether a resource answers a condition, from its content.
 *
 * Where an index list cannot decide (:contains, :text, composites, ranges of uncertain width), the
 * resource is read and asked here; the answers are the same as those of the index.
 *
 * SPEC R4 search.html */
#include "search/fold.h"
#include "search/run.h"
#include "search/test.h"
#include "search/phone.h"
#include "search/phonetic.h"

#include <math.h>

typedef struct {
    const Subject *subject;
    const Condition *condition;
    bool holds;
    const void *element; /* of the last value; some value of it answered */
    bool answered;
} Match;

bool test_number_holds(const Test *test, double lo, double hi)
{
    switch (test->prefix) {
    case PREFIX_EQ: return lo >= test->lo && hi < test->hi;
    case PREFIX_NE: return !(lo >= test->lo && hi < test->hi);
    case PREFIX_GT: return hi > test->hi;
    case PREFIX_LT: return lo < test->lo;
    case PREFIX_GE: return hi >= test->hi;
    case PREFIX_LE: return lo <= test->lo;
    case PREFIX_SA: return lo > test->hi;
    case PREFIX_EB: return hi < test->lo;
    case PREFIX_AP: return lo <= test->hi && hi >= test->lo;
    }
    return false;
}

/* ---- texts ------------------------------------------------------------------------- */

static bool contains(Str text, Str part)
{
    return part.len <= text.len && memmem(text.at, text.len, part.at, part.len) != NULL;
}

static Status folded(const Match *m, Str text, Str *ret_folded)
{
    *ret_folded = search_fold_all(m->subject->cx, text);
    return ret_folded->at ? STATUS_OK : STATUS_MEMORY;
}

static bool order_holds(Prefix prefix, int order)
{
    switch (prefix) {
    case PREFIX_NE: return order != 0;
    case PREFIX_GT: return order > 0;
    case PREFIX_LT: return order < 0;
    case PREFIX_GE: return order >= 0;
    case PREFIX_LE: return order <= 0;
    default: return order == 0;
    }
}

static Status text_holds(const Match *m, const Test *test, Str text, bool *ret_holds)
{
    Str fold;
    switch (m->condition->modifier) {
    case MODIFIER_EXACT: *ret_holds = str_eq(text, test->text); return STATUS_OK;
    case MODIFIER_CONTAINS:
        TRY(folded(m, text, &fold));
        *ret_holds = contains(fold, test->text);
        return STATUS_OK;
    case MODIFIER_ENDS:
        TRY(folded(m, text, &fold));
        *ret_holds = str_has_suffix(fold, test->text);
        return STATUS_OK;
    case MODIFIER_COMPARED:
        TRY(folded(m, text, &fold));
        *ret_holds = order_holds(test->prefix, str_cmp(fold, test->text));
        return STATUS_OK;
    default:
        TRY(folded(m, text, &fold));
        *ret_holds = str_has_prefix(fold, test->text);
        return STATUS_OK;
    }
}

/* "broeck" begins a word of "van den broeck", and so does "den broeck". */
static bool some_word_begins(Str text, Str asked)
{
    bool begins = false;
    while (!begins && text.at && text.len) {
        begins = str_has_prefix(text, asked);
        (void)str_cut(&text, ' ');
    }
    return begins;
}

/* Every word asked for sounds like a word that is there. */
static bool sounds_like(Str asked, Str there)
{
    for (Str word; phonetic_next_word(&asked, &word);) {
        char sound[PHONETIC_MAX], other[PHONETIC_MAX];
        Str want = str_n(sound, phonetic_of_word(word, sound)), rest = there, one;
        bool found = false;
        while (!found && phonetic_next_word(&rest, &one))
            found = str_eq(want, str_n(other, phonetic_of_word(one, other)));
        if (!found)
            return false;
    }
    return true;
}

static Status match_string(const Match *m, const Test *test, const Value *value, bool *ret_holds)
{
    Special special = m->condition->param->special;
    if (special == SPECIAL_TEXT || special == SPECIAL_CONTENT) {
        *ret_holds = str_eq(value->text, test->text);
        return STATUS_OK;
    }
    if (special == SPECIAL_PHONE) {
        char digits[PHONE_MAX];
        *ret_holds = str_has_prefix(phone_digits(m->subject->search->country, value->text, digits),
                                    test->text);
        return STATUS_OK;
    }
    if (special != SPECIAL_PHONETIC && (!value->words || m->condition->modifier != MODIFIER_NONE))
        return text_holds(m, test, value->text, ret_holds);
    Str fold;
    TRY(folded(m, value->text, &fold));
    *ret_holds = special == SPECIAL_PHONETIC ? sounds_like(test->text, fold)
                                             : some_word_begins(fold, test->text);
    return STATUS_OK;
}

/* ---- tokens -------------------------------------------------------------------------- */

/* "text/xml; charset=UTF-8" is below "text/xml" and "text". SPEC R4 search.html#mimetype */
static bool mime_is_below(Str type, Str root)
{
    return str_has_prefix(type, root) &&
           (type.len == root.len || memchr("/; ", type.at[root.len], 3) != NULL);
}

static bool coding_is(Str system, Str code, const Test *test)
{
    return (!test->code.len || str_eq(code, test->code)) &&
           (!test->system_given || str_eq(system, test->system));
}

static bool identifier_type_is(const JsonValue *identifier, const Test *test)
{
    JsonValue *coding;
    JsonValue *codings = json_get(json_get(identifier, STR("type")), STR("coding"));
    for (JsonIter it = json_iter(codings); json_next(&it, NULL, &coding);) {
        if (str_eq(json_get_str(coding, STR("code")), test->code) &&
            str_eq(json_get_str(coding, STR("system")), test->system))
            return true;
    }
    return false;
}

static Status match_token(const Match *m, const Test *test, const Value *value, bool *ret_holds)
{
    switch (m->condition->modifier) {
    case MODIFIER_TEXT: return text_holds(m, test, value->text, ret_holds);
    case MODIFIER_CODE_TEXT: return text_holds(m, test, value->code, ret_holds);
    case MODIFIER_CONTAINS: *ret_holds = contains(value->code, test->code); return STATUS_OK;
    case MODIFIER_BELOW: *ret_holds = mime_is_below(value->code, test->code); return STATUS_OK;
    case MODIFIER_ABOVE: *ret_holds = mime_is_below(test->code, value->code); return STATUS_OK;
    case MODIFIER_IN:
        *ret_holds = false;
        return value->code.len ? codes_have(m->subject->run, m->condition, value->system,
                                            value->code, ret_holds)
                               : STATUS_OK;
    case MODIFIER_OF_TYPE:
        *ret_holds = str_eq(value->code, test->text) && identifier_type_is(value->json, test);
        return STATUS_OK;
    default:
        *ret_holds = value->code.len && (!test->plain || value->plain) &&
                     coding_is(value->system, value->code, test);
        return STATUS_OK;
    }
}

/* ---- references and URIs --------------------------------------------------------------- */

/* "http://a/b" is below "http://a"; of a canonical with a version, "|1.1" is below "|1".
 * SPEC R4 search.html#uri, #versions */
static bool is_below(Str text, Str root)
{
    if (memchr(root.at, '|', root.len))
        return str_has_prefix(text, root) && (text.len == root.len || text.at[root.len] == '.');
    while (root.len && root.at[root.len - 1] == '/')
        root.len--;
    return str_has_prefix(text, root) && (text.len == root.len || text.at[root.len] == '/');
}

static bool canonical_is(Str text, Str asked)
{
    if (str_eq(text, asked))
        return true;
    size_t bar = str_index(text, '|');
    return bar != SIZE_MAX && str_eq(str_head(text, bar), asked);
}

static Status match_uri(const Match *m, const Test *test, const Value *value, bool *ret_holds)
{
    switch (m->condition->modifier) {
    case MODIFIER_BELOW: *ret_holds = is_below(value->text, test->text); return STATUS_OK;
    case MODIFIER_ABOVE: *ret_holds = is_below(test->text, value->text); return STATUS_OK;
    case MODIFIER_CONTAINS: *ret_holds = contains(value->text, test->text); return STATUS_OK;
    default: *ret_holds = canonical_is(value->text, test->text); return STATUS_OK;
    }
}

/* "Patient/123" by its id alone, whatever its type. */
static bool local_id_is(Str reference, Str id)
{
    Str type = str_cut(&reference, '/');
    return fhir_type_find(type) && reference.at && str_eq(reference, id);
}

static Status match_reference(const Match *m, const Test *test, const Value *value, bool *ret_holds)
{
    JsonValue *identifier = json_get(value->json, STR("identifier"));
    switch (m->condition->modifier) {
    case MODIFIER_IDENTIFIER:
        *ret_holds = identifier && coding_is(json_get_str(identifier, STR("system")),
                                             json_get_str(identifier, STR("value")), test);
        return STATUS_OK;
    case MODIFIER_BELOW: *ret_holds = is_below(value->text, test->text); return STATUS_OK;
    case MODIFIER_ABOVE: *ret_holds = is_below(test->text, value->text); return STATUS_OK;
    case MODIFIER_TEXT:
    case MODIFIER_CODE_TEXT:
        return text_holds(m, test, json_get_str(value->json, STR("display")), ret_holds);
    default:
        *ret_holds = value->text.len &&
                     (canonical_is(value->text, test->text) ||
                      (search_is_bare_id(test->text) && local_id_is(value->text, test->text)));
        return STATUS_OK;
    }
}

/* ---- numbers ----------------------------------------------------------------------------- */

static Status match_date(const Match *m, const Test *test, const Value *value, bool *ret_holds)
{
    if (m->condition->modifier == MODIFIER_COVERS)
        *ret_holds = value->time.lo <= test->time.lo && value->time.hi >= test->time.hi;
    else
        *ret_holds = range_holds(test->prefix, test->time, value->time);
    return STATUS_OK;
}

static Status match_number(const Match *m, const Test *test, const Value *value, bool *ret_holds)
{
    UNUSED(m);
    double lo, hi;
    *ret_holds = value_interval(value, NULL, &lo, &hi) && test_number_holds(test, lo, hi);
    return STATUS_OK;
}

static bool canonical_holds(const Test *test, const Value *value)
{
    UcumUnit unit;
    char canonical[UCUM_CANONICAL_MAX];
    double lo, hi;
    if (!str_eq(value->system, STR(UCUM_SYSTEM)) || !ucum_parse(value->code, &unit, NULL) ||
        !str_eq(ucum_canonical(&unit, canonical), test->ucum) ||
        !value_interval(value, &unit, &lo, &hi))
        return false;
    return test_number_holds(test, lo, hi);
}

static Status match_quantity(const Match *m, const Test *test, const Value *value, bool *ret_holds)
{
    UNUSED(m);
    if (test->ucum.len) {
        *ret_holds = canonical_holds(test, value);
        return STATUS_OK;
    }
    bool unit =
        !test->code.len ||
        (test->system_given ? str_eq(value->system, test->system) && str_eq(value->code, test->code)
                            : str_eq(value->code, test->code) || str_eq(value->text, test->code));
    double lo, hi;
    *ret_holds = unit && value_interval(value, NULL, &lo, &hi) && test_number_holds(test, lo, hi);
    return STATUS_OK;
}

/* Metres between two places on a sphere of the earth's mean radius. */
static double distance(double lat_a, double lon_a, double lat_b, double lon_b)
{
    double to_radian = acos(-1) / 180, a = lat_a * to_radian, b = lat_b * to_radian;
    double lat = sin((b - a) / 2), lon = sin((lon_b - lon_a) * to_radian / 2);
    return 2 * 6371008.8 * asin(sqrt(lat * lat + cos(a) * cos(b) * lon * lon));
}

static Status match_near(const Match *m, const Test *test, const Value *value, bool *ret_holds)
{
    UNUSED(m);
    *ret_holds = distance(test->lo, test->hi, value->lo, value->hi) <= test->distance;
    return STATUS_OK;
}

/* ---- a condition ---------------------------------------------------------------------------- */

typedef Status (*MatchValue)(const Match *m, const Test *test, const Value *value, bool *ret_holds);
static const MatchValue matchers[] = {
    [FHIR_PARAM_NUMBER] = match_number,
    [FHIR_PARAM_DATE] = match_date,
    [FHIR_PARAM_STRING] = match_string,
    [FHIR_PARAM_TOKEN] = match_token,
    [FHIR_PARAM_REFERENCE] = match_reference,
    [FHIR_PARAM_QUANTITY] = match_quantity,
    [FHIR_PARAM_URI] = match_uri,
    [FHIR_PARAM_SPECIAL] = match_near,
};

static Status any_test_holds(const Match *m, const Value *value, bool *ret_holds)
{
    *ret_holds = false;
    for (size_t i = 0; i < m->condition->count && !*ret_holds; i++)
        TRY(matchers[value->kind](m, &m->condition->tests[i], value, ret_holds));
    return STATUS_OK;
}

/* "ne" of a concept means the whole concept, whatever number of codings it has. */
static Status match_unequal(Match *m, const Value *value)
{
    bool holds;
    if (m->element && m->element != value->element && !m->answered)
        m->holds = true;
    if (m->element != value->element)
        m->answered = false;
    m->element = value->element;
    TRY(any_test_holds(m, value, &holds));
    m->answered = m->answered || holds;
    return STATUS_OK;
}

static Status match_value(void *to, const Value *value)
{
    Match *m = to;
    if (m->condition->modifier == MODIFIER_PRESENT)
        m->holds = true;
    if (m->holds)
        return STATUS_OK;
    return m->condition->unequal ? match_unequal(m, value) : any_test_holds(m, value, &m->holds);
}

/* All parts of the test, each by some value of its component, in one element. */
static Status composite_holds(const Subject *subject, const Condition *condition,
                              const PathItem *focus, const Test *test, bool *ret_holds)
{
    *ret_holds = true;
    for (size_t i = 0; i < condition->param->component_count && *ret_holds; i++) {
        const Component *component = &condition->param->components[i];
        Condition part = {.param = component->param, .tests = &test->parts[i], .count = 1};
        Match m = {.subject = subject, .condition = &part};
        TRY(search_component_values(subject, component, focus, match_value, &m));
        *ret_holds = m.holds;
    }
    return STATUS_OK;
}

/* :missing asks for the element, not for what could be searched in it. */
static Status test_present(const Subject *subject, const SearchParam *param, bool *ret_holds)
{
    PathEnv env = {.resource = subject->resource};
    PathItems items;
    TRY(path_evaluate(param->program, subject->cx, &env, &items));
    *ret_holds = false;
    for (size_t i = 0; i < items.count && !*ret_holds; i++) /* an extension alone is no value */
        *ret_holds = items.items[i].kind != PATH_ELEMENT || items.items[i].json;
    return STATUS_OK;
}

static Status test_composite(const Subject *subject, const Condition *condition, bool *ret_holds)
{
    PathEnv env = {.resource = subject->resource};
    PathItems items;
    TRY(path_evaluate(condition->param->program, subject->cx, &env, &items));
    *ret_holds = false;
    for (size_t i = 0; i < items.count; i++) {
        for (size_t t = 0; t < condition->count && !*ret_holds; t++)
            TRY(composite_holds(subject, condition, &items.items[i], &condition->tests[t],
                                ret_holds));
    }
    return STATUS_OK;
}

Status test_resource(const Subject *subject, const Condition *condition, bool *ret_holds)
{
    const SearchParam *param = condition->param;
    if (condition->modifier == MODIFIER_PRESENT && param->program &&
        param->special != SPECIAL_LAST_UPDATED)
        return test_present(subject, param, ret_holds);
    if (param->kind == FHIR_PARAM_COMPOSITE)
        return test_composite(subject, condition, ret_holds);
    Match m = {.subject = subject, .condition = condition};
    TRY(search_values(subject, param, match_value, &m));
    *ret_holds = m.holds || (condition->unequal && m.element && !m.answered);
    return STATUS_OK;
}
