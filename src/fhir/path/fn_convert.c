/* fhir/path/fn_convert.c - toX() and convertsToX(): one function for both.
 *
 * SPEC FHIRPath N1 #conversion */
#include "fhir/path/inner.h"
#include "fhir/path/when.h"
#include "ucum/ucum.h"

/* Turns a value; false when it cannot be. `arg` is the unit for a Quantity, or NULL. */
typedef bool Turn(PathEval *ev, const PathItem *value, const PathItem *arg, PathItem *ret);

static bool is_number(const PathItem *v)
{
    return v->kind == PATH_INTEGER || v->kind == PATH_DECIMAL;
}

static bool to_boolean(PathEval *ev, const PathItem *v, const PathItem *arg, PathItem *ret)
{
    static const Str words[2][6] = {
        {STR_INIT("false"), STR_INIT("f"), STR_INIT("no"), STR_INIT("n"), STR_INIT("0"),
         STR_INIT("0.0")},
        {STR_INIT("true"), STR_INIT("t"), STR_INIT("yes"), STR_INIT("y"), STR_INIT("1"),
         STR_INIT("1.0")},
    };
    UNUSED(ev);
    UNUSED(arg);
    *ret = (PathItem){.kind = PATH_BOOLEAN, .boolean = v->boolean};
    if (v->kind == PATH_BOOLEAN)
        return true;
    for (int truth = 0; truth < 2; truth++) {
        ret->boolean = truth;
        if (is_number(v) && decimal_compare(v->decimal, decimal_of(truth)) == 0)
            return true;
        for (size_t i = 0; v->kind == PATH_STRING && i < COUNT_OF(words[0]); i++) {
            if (str_eq_nocase(v->text, words[truth][i]))
                return true;
        }
    }
    return false;
}

/* [+-]?digits, and (.digits)? when `point` */
static bool is_number_text(Str text, bool point)
{
    size_t i = text.len && (text.at[0] == '+' || text.at[0] == '-'), from = i;
    while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9')
        i++;
    if (i == from)
        return false;
    if (point && i < text.len && text.at[i] == '.') {
        from = ++i;
        while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9')
            i++;
        if (i == from)
            return false;
    }
    return i == text.len;
}

static bool to_integer(PathEval *ev, const PathItem *v, const PathItem *arg, PathItem *ret)
{
    UNUSED(ev);
    UNUSED(arg);
    *ret = *v;
    ret->kind = PATH_INTEGER;
    if (v->kind == PATH_BOOLEAN)
        ret->decimal = decimal_of(v->boolean);
    else if (v->kind == PATH_STRING
                 ? !is_number_text(v->text, false) || !decimal_parse(v->text, &ret->decimal)
                 : v->kind != PATH_INTEGER)
        return false;
    return decimal_to_i64(ret->decimal, &ret->integer) && ret->integer <= INT32_MAX &&
           ret->integer >= INT32_MIN;
}

static bool to_decimal(PathEval *ev, const PathItem *v, const PathItem *arg, PathItem *ret)
{
    UNUSED(ev);
    UNUSED(arg);
    *ret = (PathItem){.kind = PATH_DECIMAL, .decimal = v->decimal};
    if (v->kind == PATH_BOOLEAN)
        ret->decimal = decimal_of(v->boolean);
    else if (v->kind == PATH_STRING)
        return is_number_text(v->text, true) && decimal_parse(v->text, &ret->decimal);
    return v->kind == PATH_BOOLEAN || is_number(v);
}

static bool to_when(PathKind kind, const PathItem *v, PathItem *ret)
{
    When when;
    *ret = (PathItem){.kind = kind, .text = v->text};
    if (kind == PATH_TIME) {
        if (v->kind == PATH_STRING && ret->text.len && ret->text.at[0] == 'T')
            ret->text = str_from(ret->text, 1);
        return (v->kind == PATH_TIME || v->kind == PATH_STRING) &&
               when_parse(kind, ret->text, &when);
    }
    if (v->kind != PATH_DATE && v->kind != PATH_DATETIME && v->kind != PATH_STRING)
        return false;
    if (kind == PATH_DATE) { /* a date with time: without its time */
        if (v->kind != PATH_DATE && !when_parse(PATH_DATETIME, v->text, &when))
            return false;
        ret->text = str_head(v->text, str_index(v->text, 'T'));
    }
    return when_parse(kind, ret->text, &when);
}

static bool to_date(PathEval *ev, const PathItem *v, const PathItem *arg, PathItem *ret)
{
    UNUSED(ev);
    UNUSED(arg);
    return to_when(PATH_DATE, v, ret);
}

static bool to_date_time(PathEval *ev, const PathItem *v, const PathItem *arg, PathItem *ret)
{
    UNUSED(ev);
    UNUSED(arg);
    return to_when(PATH_DATETIME, v, ret);
}

static bool to_time(PathEval *ev, const PathItem *v, const PathItem *arg, PathItem *ret)
{
    UNUSED(ev);
    UNUSED(arg);
    return to_when(PATH_TIME, v, ret);
}

static bool to_string(PathEval *ev, const PathItem *v, const PathItem *arg, PathItem *ret)
{
    UNUSED(arg);
    *ret = (PathItem){.kind = PATH_STRING, .text = v->text};
    switch (v->kind) {
    case PATH_ELEMENT:
    case PATH_TYPE: return false;
    case PATH_BOOLEAN:
    case PATH_INTEGER:
    case PATH_DECIMAL:
    case PATH_QUANTITY: ret->text = path_item_text(ev->cx->arena, v); break;
    default: break;
    }
    return ret->text.at != NULL;
}

/* ---- quantities ------------------------------------------------------------------------- */

/* amount, then nothing, 'unit' or a word of the calendar. */
static bool read_quantity(Str text, PathItem *ret)
{
    size_t end = 0;
    text = str_trim(text);
    while (end < text.len && text.at[end] != ' ' && text.at[end] != '\t' && text.at[end] != '\'' &&
           (text.at[end] < 'a' || text.at[end] > 'z'))
        end++;
    Str amount = str_head(text, end), unit = str_trim(str_from(text, end));
    if (!is_number_text(amount, true) || !decimal_parse(amount, &ret->decimal))
        return false;
    ret->text = STR("1");
    if (!unit.len)
        return true;
    if (unit.at[0] != '\'')
        return ret->boolean = path_calendar_unit(unit, &ret->text);
    ret->text = str_n(unit.at + 1, unit.len < 2 ? 0 : unit.len - 2);
    return ret->text.len && unit.at[unit.len - 1] == '\'' &&
           !memchr(ret->text.at, '\'', ret->text.len);
}

static bool to_quantity(PathEval *ev, const PathItem *v, const PathItem *arg, PathItem *ret)
{
    UcumUnit from, to;
    UNUSED(ev);
    PathItem quantity = {.kind = PATH_QUANTITY, .decimal = v->decimal, .text = STR("1")};
    if (v->kind == PATH_BOOLEAN)
        quantity.decimal = decimal_of(v->boolean);
    else if (v->kind == PATH_QUANTITY)
        quantity = *v;
    else if (v->kind == PATH_STRING ? !read_quantity(v->text, &quantity) : !is_number(v))
        return false;
    if (arg) {
        PathItem wanted = {.text = arg->text};
        wanted.boolean = path_calendar_unit(arg->text, &wanted.text);
        if (quantity.boolean != wanted.boolean || !str_eq(quantity.text, wanted.text)) {
            if (!ucum_parse(path_ucum_text(&quantity), &from, NULL) ||
                !ucum_parse(path_ucum_text(&wanted), &to, NULL) || !ucum_comparable(&from, &to) ||
                !ucum_convert(quantity.decimal, &from, &to, &quantity.decimal))
                return false;
        }
        quantity.text = wanted.text;
        quantity.boolean = wanted.boolean;
    }
    *ret = quantity;
    return true;
}

/* ---- the functions ---------------------------------------------------------------------- */

static Status turn(PathEval *ev, const PathCall *call, Turn *how, bool only_ask, PathList *to)
{
    PathItem unit, result;
    bool there;
    TRY(path_arg_value(ev, call, 0, PATH_STRING, &unit, &there));
    PathItem value = path_value(call->input->items);
    bool turns = how(ev, &value, there ? &unit : NULL, &result);
    if (only_ask)
        return path_add_boolean(ev, to, turns);
    return turns ? path_add(ev, to, &result) : STATUS_OK;
}

#define TURNS(name)                                                                                \
    static Status fn_##name(PathEval *ev, const PathCall *call, PathList *to)                      \
    {                                                                                              \
        return turn(ev, call, name, false, to);                                                    \
    }                                                                                              \
    static Status fn_converts_##name(PathEval *ev, const PathCall *call, PathList *to)             \
    {                                                                                              \
        return turn(ev, call, name, true, to);                                                     \
    }

TURNS(to_boolean)
TURNS(to_integer)
TURNS(to_decimal)
TURNS(to_date)
TURNS(to_date_time)
TURNS(to_time)
TURNS(to_string)
TURNS(to_quantity)

/* Whether two quantities have units of one kind. */
static Status fn_comparable(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem other;
    UcumUnit a, b;
    bool there;
    TRY(path_arg_value(ev, call, 0, PATH_QUANTITY, &other, &there));
    PathItem value = path_value(call->input->items);
    if (value.kind != PATH_QUANTITY)
        return path_fail(ev, call->node, "comparable() is asked of a quantity.");
    if (!there)
        return STATUS_OK;
    return path_add_boolean(ev, to,
                            ucum_parse(path_ucum_text(&value), &a, NULL) &&
                                ucum_parse(path_ucum_text(&other), &b, NULL) &&
                                ucum_comparable(&a, &b));
}

const PathFunction path_convert_functions[] = {
    {"comparable", 1, 1, CALL_SINGLE, fn_comparable},
    {"convertsToBoolean", 0, 0, CALL_SINGLE, fn_converts_to_boolean},
    {"convertsToDate", 0, 0, CALL_SINGLE, fn_converts_to_date},
    {"convertsToDateTime", 0, 0, CALL_SINGLE, fn_converts_to_date_time},
    {"convertsToDecimal", 0, 0, CALL_SINGLE, fn_converts_to_decimal},
    {"convertsToInteger", 0, 0, CALL_SINGLE, fn_converts_to_integer},
    {"convertsToQuantity", 0, 1, CALL_SINGLE, fn_converts_to_quantity},
    {"convertsToString", 0, 0, CALL_SINGLE, fn_converts_to_string},
    {"convertsToTime", 0, 0, CALL_SINGLE, fn_converts_to_time},
    {"toBoolean", 0, 0, CALL_SINGLE, fn_to_boolean},
    {"toDate", 0, 0, CALL_SINGLE, fn_to_date},
    {"toDateTime", 0, 0, CALL_SINGLE, fn_to_date_time},
    {"toDecimal", 0, 0, CALL_SINGLE, fn_to_decimal},
    {"toInteger", 0, 0, CALL_SINGLE, fn_to_integer},
    {"toQuantity", 0, 1, CALL_SINGLE, fn_to_quantity},
    {"toString", 0, 0, CALL_SINGLE, fn_to_string},
    {"toTime", 0, 0, CALL_SINGLE, fn_to_time},
};
const size_t path_convert_function_count = COUNT_OF(path_convert_functions);
