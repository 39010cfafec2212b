/* search/test.c - the text of a search value becomes a Test.
 *
 * SPEC R4 search.html#modifiers, #prefix, #token, #string, #reference, #quantity, #composite */
#include "search/test.h"
#include "search/fold.h"

#include <math.h>

#include "search/leaf.h"
#include "search/phone.h"
#include "search/phonetic.h"

enum { METRES_OF_NEAR = 10000 };

typedef struct {
    const Search *search;
    Ctx *cx;
    const Condition *condition;
    const ModifierUse *use;
} Parse;

/* ---- pieces ------------------------------------------------------------------------ */

bool search_split(Str *rest, char separator, Str *ret_piece)
{
    if (!rest->at)
        return false;
    size_t i = 0;
    while (i < rest->len && rest->at[i] != separator)
        i += rest->at[i] == '\\' && i + 1 < rest->len ? 2 : 1;
    *ret_piece = str_head(*rest, i);
    *rest = i < rest->len ? str_n(rest->at + i + 1, rest->len - i - 1) : (Str){NULL, 0};
    return true;
}

Str search_unescape(Ctx *cx, Str piece)
{
    if (!memchr(piece.at, '\\', piece.len))
        return piece;
    char *to = arena_alloc_raw(cx->arena, piece.len);
    size_t len = 0;
    for (size_t i = 0; to && i < piece.len; i++) {
        if (piece.at[i] == '\\' && i + 1 < piece.len)
            i++;
        to[len++] = piece.at[i];
    }
    return str_n(to, to ? len : 0);
}

static Status refuse(const Parse *p, const char *expected)
{
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    "The value of the search parameter \"" STR_FMT "\" is not %s.",
                    STR_ARG(p->condition->param->code), expected);
}

static Status take_text(const Parse *p, Str piece, Str *ret_text)
{
    *ret_text = search_unescape(p->cx, piece);
    return ret_text->at ? STATUS_OK : STATUS_MEMORY;
}

/* "system|code", "|code", "system|", "code". */
static Status take_token(const Parse *p, Str text, Test *test)
{
    Str first, rest = text;
    if (!search_split(&rest, '|', &first))
        return refuse(p, "a code, or system|code");
    test->system_given = rest.at != NULL;
    if (test->system_given) {
        TRY(take_text(p, first, &test->system));
        TRY(take_text(p, rest, &test->code));
    } else {
        TRY(take_text(p, first, &test->code));
    }
    return test->code.len || test->system.len ? STATUS_OK : refuse(p, "a code, or system|code");
}

/* ---- modifiers ----------------------------------------------------------------------- */

enum {
    FOR_STRING = 1 << FHIR_PARAM_STRING,
    FOR_TOKEN = 1 << FHIR_PARAM_TOKEN,
    FOR_REFERENCE = 1 << FHIR_PARAM_REFERENCE,
    FOR_URI = 1 << FHIR_PARAM_URI,
    FOR_ANY = 0xffff,
};

static const struct {
    Str name;
    unsigned kinds;
    ModifierUse use;
} modifiers[] = {
    {STR_INIT("missing"), FOR_ANY, {.modifier = MODIFIER_PRESENT, .missing = true}},
    {STR_INIT("exact"), FOR_STRING, {.modifier = MODIFIER_EXACT}},
    {STR_INIT("contains"), FOR_STRING | FOR_URI, {.modifier = MODIFIER_CONTAINS}},
    {STR_INIT("text"), FOR_TOKEN | FOR_REFERENCE, {.modifier = MODIFIER_TEXT}},
    {STR_INIT("code-text"), FOR_TOKEN | FOR_REFERENCE, {.modifier = MODIFIER_CODE_TEXT}},
    {STR_INIT("not"), FOR_TOKEN | FOR_REFERENCE | FOR_URI, {.negated = true}},
    {STR_INIT("in"), FOR_TOKEN, {.modifier = MODIFIER_IN}},
    {STR_INIT("not-in"), FOR_TOKEN, {.modifier = MODIFIER_IN, .negated = true}},
    {STR_INIT("above"), FOR_TOKEN | FOR_REFERENCE | FOR_URI, {.modifier = MODIFIER_ABOVE}},
    {STR_INIT("below"), FOR_TOKEN | FOR_REFERENCE | FOR_URI, {.modifier = MODIFIER_BELOW}},
    {STR_INIT("of-type"), FOR_TOKEN, {.modifier = MODIFIER_OF_TYPE}},
    {STR_INIT("identifier"), FOR_REFERENCE, {.modifier = MODIFIER_IDENTIFIER}},
};

static bool may_target(const SearchParam *param, uint16_t type)
{
    for (size_t i = 0; i < param->target_count; i++) {
        if (param->targets[i] == type)
            return true;
    }
    return param->target_count == 0;
}

Status test_modifier(Ctx *cx, const SearchParam *param, Str name, ModifierUse *ret_use)
{
    for (size_t i = 0; i < COUNT_OF(modifiers); i++) {
        if (str_eq(name, modifiers[i].name) && modifiers[i].kinds >> param->kind & 1) {
            *ret_use = modifiers[i].use;
            return STATUS_OK;
        }
    }
    uint16_t target = fhir_type_find(name);
    if (target && param->kind == FHIR_PARAM_REFERENCE && may_target(param, target)) {
        *ret_use = (ModifierUse){.target = target};
        return STATUS_OK;
    }
    Buf fits;
    buf_init(&fits, cx->arena, 128, 1024);
    for (size_t i = 0; i < COUNT_OF(modifiers); i++) {
        if (modifiers[i].kinds >> param->kind & 1)
            buf_format(&fits, "%s:" STR_FMT, fits.len ? ", " : "", STR_ARG(modifiers[i].name));
    }
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                    "The search parameter \"" STR_FMT "\" has no modifier \":" STR_FMT
                    "\". It has " STR_FMT ".",
                    STR_ARG(param->code), STR_ARG(name), STR_ARG(buf_str(&fits)));
}

/* ---- prefixes ------------------------------------------------------------------------ */

static const struct {
    char text[3];
    Prefix prefix;
} prefixes[] = {
    {"eq", PREFIX_EQ}, {"ne", PREFIX_NE}, {"gt", PREFIX_GT}, {"lt", PREFIX_LT}, {"ge", PREFIX_GE},
    {"le", PREFIX_LE}, {"sa", PREFIX_SA}, {"eb", PREFIX_EB}, {"ap", PREFIX_AP},
};

/* SPEC R4 search.html#prefix - only number, date and quantity values carry one, so the caller
 * decides by parameter type. */
static Str split_prefix(Str text, Prefix *ret_prefix)
{
    *ret_prefix = PREFIX_EQ;
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        if (text.len > 2 && memcmp(text.at, prefixes[i].text, 2) == 0) {
            *ret_prefix = prefixes[i].prefix;
            return str_from(text, 2);
        }
    }
    return text;
}

/* ---- one function per kind ------------------------------------------------------------- */

static Status parse_token(const Parse *p, Str text, Test *test)
{
    return take_token(p, text, test);
}

/* The beginning of a number is enough. */
static Status parse_phone(const Parse *p, Str text, Test *test)
{
    char digits[PHONE_MAX];
    TRY(take_text(p, text, &test->text));
    test->text = arena_str(p->cx->arena, phone_digits(p->search->country, test->text, digits));
    if (!test->text.at)
        return STATUS_MEMORY;
    return test->text.len ? STATUS_OK : refuse(p, "a telephone number");
}

static Status parse_string(const Parse *p, Str text, Test *test)
{
    if (p->condition->param->special == SPECIAL_PHONE)
        return parse_phone(p, text, test);
    if (p->condition->modifier == MODIFIER_COMPARED)
        text = split_prefix(text, &test->prefix);
    TRY(take_text(p, text, &test->text));
    if (p->condition->modifier == MODIFIER_EXACT)
        return test->text.len ? STATUS_OK : refuse(p, "a text");
    test->text = search_fold_all(p->cx, test->text);
    if (!test->text.at)
        return STATUS_MEMORY;
    return test->text.len ? STATUS_OK : refuse(p, "a text with a letter or digit in it");
}

static Status parse_uri(const Parse *p, Str text, Test *test)
{
    TRY(take_text(p, text, &test->text));
    return test->text.len ? STATUS_OK : refuse(p, "a URI");
}

bool search_is_bare_id(Str reference)
{
    return !memchr(reference.at, '/', reference.len) && !memchr(reference.at, ':', reference.len);
}

/* The one type that a bare id can mean. */
static uint16_t only_target(const Parse *p)
{
    const SearchParam *param = p->condition->param;
    if (p->use->target)
        return p->use->target;
    if (str_eq(param->code, STR("patient")))
        return fhir_type_find(STR("Patient"));
    return param->target_count == 1 ? param->targets[0] : 0;
}

static Status parse_reference(const Parse *p, Str text, Test *test)
{
    TRY(take_text(p, text, &test->text));
    if (!test->text.len)
        return refuse(p, "a reference");
    test->text = search_reference_bare(p->search, test->text);
    if (!search_is_bare_id(test->text))
        return STATUS_OK;
    uint16_t target = only_target(p);
    if (!target) /* of whatever type the parameter may point to */
        return STATUS_OK;
    test->text = arena_format(p->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(target)),
                              STR_ARG(test->text));
    return test->text.at ? STATUS_OK : STATUS_MEMORY;
}

static Status parse_date(const Parse *p, Str text, Test *test)
{
    text = split_prefix(text, &test->prefix);
    if (!leaf_date(text, &test->time))
        return refuse(p, "a date: [prefix]yyyy-mm-dd[Thh:mm:ss[zone]]");
    if (p->condition->modifier == MODIFIER_OVERLAPS) {
        test->prefix = PREFIX_AP;
    } else if (test->prefix == PREFIX_AP) { /* within a tenth of the distance from today */
        uint64_t now = key_ms(time_now()), lo = test->time.lo;
        uint64_t tenth = (lo > now ? lo - now : now - lo) / 10;
        test->time.lo = lo > tenth ? lo - tenth : 1;
        test->time.hi += tenth;
    }
    return STATUS_OK;
}

/* eq and ne compare with all that the digits can mean, the others with the number itself.
 * SPEC R4 search.html#number */
static bool set_range(Test *test, Str text)
{
    Decimal number, lo, hi;
    if (!decimal_parse(text, &number))
        return false;
    test->lo = test->hi = decimal_to_double(number);
    if (test->prefix == PREFIX_EQ || test->prefix == PREFIX_NE) {
        if (!decimal_range(number, &lo, &hi))
            return false;
        test->lo = decimal_to_double(lo);
        test->hi = decimal_to_double(hi);
    } else if (test->prefix == PREFIX_AP) {
        double tenth = fabs(test->lo) / 10;
        test->lo -= tenth;
        test->hi += tenth;
    }
    return true;
}

static Status parse_number(const Parse *p, Str text, Test *test)
{
    text = split_prefix(text, &test->prefix);
    return set_range(test, text) ? STATUS_OK : refuse(p, "a number: [prefix]5.4");
}

bool search_canonical(const UcumUnit *unit, double amount, double *ret_amount)
{
    char text[40];
    Decimal exact;
    if (isinf(amount)) {
        *ret_amount = amount;
        return true;
    }
    int len = snprintf(text, sizeof(text), "%.15g", amount);
    return decimal_parse(str_n(text, (size_t)len), &exact) &&
           ucum_canonical_amount(exact, unit, ret_amount);
}

/* "5.4|system|code", "5.4||code", "5.4". */
static Status parse_quantity(const Parse *p, Str text, Test *test)
{
    Str number, system, rest = split_prefix(text, &test->prefix);
    if (!search_split(&rest, '|', &number) || !set_range(test, number))
        return refuse(p, "a quantity: [prefix]5.4|system|code");
    if (!rest.at)
        return STATUS_OK;
    if (!search_split(&rest, '|', &system) || !rest.at)
        return refuse(p, "a quantity: [prefix]5.4|system|code");
    TRY(take_text(p, system, &test->system));
    TRY(take_text(p, rest, &test->code));
    test->system_given = test->system.len > 0;
    if (!test->code.len)
        return refuse(p, "a quantity with a unit: 5.4|system|code");
    UcumUnit unit;
    char canonical[UCUM_CANONICAL_MAX];
    double lo, hi;
    if (!str_eq(test->system, STR(UCUM_SYSTEM)) || !ucum_parse(test->code, &unit, NULL) ||
        !search_canonical(&unit, test->lo, &lo) || !search_canonical(&unit, test->hi, &hi))
        return STATUS_OK;
    test->lo = lo;
    test->hi = hi;
    test->ucum = arena_str(p->cx->arena, ucum_canonical(&unit, canonical));
    return test->ucum.at ? STATUS_OK : STATUS_MEMORY;
}

/* SPEC R4 location.html#search: latitude|longitude|distance|units, kilometres by default. */
static Status parse_near(const Parse *p, Str text, Test *test)
{
    Str piece[4] = {0};
    size_t count = 0;
    while (count < 4 && search_split(&text, '|', &piece[count]))
        count++;
    double distance = METRES_OF_NEAR / 1000.0, metres = 1000;
    UcumUnit unit, metre;
    bool sound = !text.at && count >= 2 && leaf_number(piece[0], &test->lo) &&
                 leaf_number(piece[1], &test->hi) && fabs(test->lo) <= 90 && fabs(test->hi) <= 180;
    if (count > 2 && piece[2].len)
        sound = sound && leaf_number(piece[2], &distance) && distance >= 0;
    if (count > 3 && piece[3].len) {
        sound = sound && ucum_parse(piece[3], &unit, NULL) && ucum_parse(STR("m"), &metre, NULL) &&
                ucum_comparable(&unit, &metre);
        metres = unit.factor;
    }
    if (!sound)
        return refuse(p, "latitude|longitude|distance|unit");
    test->distance = distance * metres;
    return STATUS_OK;
}

static Status parse_composite(const Parse *p, Str text, Test *test)
{
    const SearchParam *param = p->condition->param;
    Test *parts = arena_array_of(p->cx->arena, Test, param->component_count);
    Str piece;
    if (!parts)
        return STATUS_MEMORY;
    for (size_t i = 0; i < param->component_count; i++) {
        Condition condition = {.param = param->components[i].param};
        ModifierUse use = {0};
        if (!search_split(&text, '$', &piece))
            return refuse(p, "as many values, separated by $, as the parameter has components");
        TRY(test_parse(p->search, p->cx, &condition, &use, piece, &parts[i]));
    }
    if (text.at)
        return refuse(p, "as many values, separated by $, as the parameter has components");
    test->parts = parts;
    return STATUS_OK;
}

/* ---- modifiers that read their value in their own way ------------------------------------ */

static Status parse_present(const Parse *p, Str text, Test *test)
{
    UNUSED(test);
    return str_eq(text, STR("true")) || str_eq(text, STR("false"))
               ? STATUS_OK
               : refuse(p, "true or false, as :missing asks");
}

/* system|code|value. SPEC R4 search.html#modifiers */
static Status parse_of_type(const Parse *p, Str text, Test *test)
{
    Str system, code;
    if (!search_split(&text, '|', &system) || !search_split(&text, '|', &code) || !text.at ||
        !code.len || !text.len)
        return refuse(p, "system|code|value, as :of-type asks");
    TRY(take_text(p, system, &test->system));
    TRY(take_text(p, code, &test->code));
    return take_text(p, text, &test->text);
}

static Status parse_folded(const Parse *p, Str text, Test *test)
{
    TRY(take_text(p, text, &test->text));
    test->text = search_fold_all(p->cx, test->text);
    if (!test->text.at)
        return STATUS_MEMORY;
    return test->text.len ? STATUS_OK : refuse(p, "a text with a letter or digit in it");
}

typedef Status (*ParseTest)(const Parse *p, Str text, Test *test);

static const ParseTest by_modifier[] = {
    [MODIFIER_PRESENT] = parse_present,  [MODIFIER_TEXT] = parse_folded,
    [MODIFIER_CODE_TEXT] = parse_folded, [MODIFIER_IN] = parse_uri,
    [MODIFIER_OF_TYPE] = parse_of_type,  [MODIFIER_IDENTIFIER] = parse_token,
};
static const ParseTest by_kind[] = {
    [FHIR_PARAM_NUMBER] = parse_number,       [FHIR_PARAM_DATE] = parse_date,
    [FHIR_PARAM_STRING] = parse_string,       [FHIR_PARAM_TOKEN] = parse_token,
    [FHIR_PARAM_REFERENCE] = parse_reference, [FHIR_PARAM_COMPOSITE] = parse_composite,
    [FHIR_PARAM_QUANTITY] = parse_quantity,   [FHIR_PARAM_URI] = parse_uri,
    [FHIR_PARAM_SPECIAL] = parse_near,
};

Status test_parse(const Search *search, Ctx *cx, const Condition *condition, const ModifierUse *use,
                  Str text, Test *ret_test)
{
    Parse p = {search, cx, condition, use};
    Modifier modifier = condition->modifier;
    ParseTest parse = modifier < COUNT_OF(by_modifier) ? by_modifier[modifier] : NULL;
    *ret_test = (Test){.prefix = PREFIX_EQ};
    return (parse ? parse : by_kind[condition->param->kind])(&p, text, ret_test);
}

Status test_parse_all(const Search *search, Ctx *cx, const ModifierUse *use, Str text,
                      Condition *condition)
{
    size_t room = 1;
    for (size_t i = 0; i < text.len; i++)
        room += text.at[i] == ',';
    if (room > SEARCH_VALUES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "\"" STR_FMT "\" has more than %d values.",
                        STR_ARG(condition->param->code), SEARCH_VALUES_MAX);
    Test *tests = arena_array_of(cx->arena, Test, room);
    if (!tests)
        return STATUS_MEMORY;
    condition->modifier = use->modifier;
    condition->unequal = use->unequal;
    for (Str piece; search_split(&text, ',', &piece);)
        TRY(test_parse(search, cx, condition, use, piece, &tests[condition->count++]));
    condition->tests = tests;
    if (condition->modifier == MODIFIER_OVERLAPS) /* that is what the tests are now */
        condition->modifier = MODIFIER_NONE;
    return STATUS_OK;
}
