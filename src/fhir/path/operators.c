/* fhir/path/operators.c - arithmetic: + - * / div mod & and the signs.
 *
 * SPEC FHIRPath N1 #math, #date-time-arithmetic */
#include "fhir/path/inner.h"
#include "fhir/path/when.h"
#include "ucum/ucum.h"

static bool is_number(const PathItem *v)
{
    return v->kind == PATH_INTEGER || v->kind == PATH_DECIMAL;
}

static Status fail(PathEval *ev, const PathNode *node)
{
    return path_fail(ev, node, "this operator has no meaning for these two.");
}

/* ---- numbers ---------------------------------------------------------------------------- */

/* The quotient without its fraction, exact. */
static bool whole_quotient(Decimal a, Decimal b, Decimal *ret_quotient)
{
    Decimal rough, product;
    int64_t whole;
    if (!decimal_divide(a, b, &rough) || !decimal_to_i64(rough, &whole))
        return false;
    *ret_quotient = decimal_of(whole);
    /* 16 places are rounded: never past the true quotient */
    if (!decimal_multiply(*ret_quotient, b, &product))
        return false;
    Decimal zero = decimal_of(0);
    int sign = decimal_compare(a, zero), over = decimal_compare(product, a);
    if (whole && ((sign > 0 && over > 0) || (sign < 0 && over < 0)))
        *ret_quotient = decimal_of(whole + (whole > 0 ? -1 : 1));
    return true;
}

static bool calculate(PathOperator oper, Decimal a, Decimal b, Decimal *ret)
{
    Decimal whole, product;
    switch (oper) {
    case OP_ADD: return decimal_add(a, b, ret);
    case OP_SUBTRACT: return decimal_subtract(a, b, ret);
    case OP_MULTIPLY: return decimal_multiply(a, b, ret);
    case OP_DIVIDE: return decimal_divide(a, b, ret);
    case OP_DIV: return whole_quotient(a, b, ret);
    case OP_MOD:
        return whole_quotient(a, b, &whole) && decimal_multiply(whole, b, &product) &&
               decimal_subtract(a, product, ret);
    default: return false;
    }
}

/* Overflow and division by zero give nothing. */
static Status numbers(PathEval *ev, const PathNode *node, const PathItem *a, const PathItem *b,
                      PathList *to)
{
    Decimal result;
    int64_t whole;
    PathOperator oper = node->oper;
    if (!calculate(oper, a->decimal, b->decimal, &result))
        return STATUS_OK;
    bool integers = a->kind == PATH_INTEGER && b->kind == PATH_INTEGER && oper != OP_DIVIDE;
    if (integers || oper == OP_DIV)
        return decimal_to_i64(result, &whole) ? path_add_integer(ev, to, whole) : STATUS_OK;
    if (oper == OP_DIVIDE)
        result = decimal_trim(result);
    return path_add_decimal(ev, to, result);
}

/* ---- quantities --------------------------------------------------------------------------------
 */

static Status add_quantity(PathEval *ev, PathList *to, Decimal amount, Str unit, bool calendar)
{
    PathItem item = {.kind = PATH_QUANTITY, .decimal = amount, .text = unit, .boolean = calendar};
    return unit.at ? path_add(ev, to, &item) : STATUS_MEMORY;
}

static bool is_unity(const PathItem *q)
{
    return !q->boolean && (str_eq(q->text, STR("1")) || q->text.len == 0);
}

/* Whether a digit behind it is its exponent. */
static bool is_simple(Str unit)
{
    for (size_t i = 0; i < unit.len; i++) {
        char c = unit.at[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return true;
}

/* A unit for a product or a quotient, in its simplest text: m2, m.s, g/m, (a.b)/(c.d). */
static Str combined_unit(PathEval *ev, const PathItem *a, const PathItem *b, bool product)
{
    Arena *arena = ev->cx->arena;
    bool same = str_eq(a->text, b->text), plain = is_simple(a->text) && is_simple(b->text);
    if (is_unity(b))
        return a->text;
    if (product && is_unity(a))
        return b->text;
    if (!product && same)
        return STR("1");
    if (same && plain)
        return arena_format(arena, STR_FMT "2", STR_ARG(a->text));
    return arena_format(arena, plain ? "%.*s%c%.*s" : "(%.*s)%c(%.*s)", STR_ARG(a->text),
                        product ? '.' : '/', STR_ARG(b->text));
}

/* Amounts of comparable units are brought to one first: 2 cm * 2 m is 400 cm2. */
static Status multiply_quantities(PathEval *ev, const PathNode *node, const PathItem *a,
                                  const PathItem *b, PathList *to)
{
    UcumUnit x, y;
    Decimal amount = b->decimal, result;
    PathItem other = *b;
    if (!ucum_parse(a->text, &x, NULL) || !ucum_parse(b->text, &y, NULL))
        return STATUS_OK;
    if (x.special || y.special)
        return path_fail(ev, node, "amounts in a unit with its own zero do not multiply.");
    if (!is_unity(a) && !is_unity(b) && ucum_comparable(&x, &y) &&
        ucum_convert(b->decimal, &y, &x, &amount))
        other.text = a->text;
    bool product = node->oper == OP_MULTIPLY;
    if (!calculate(node->oper, a->decimal, amount, &result))
        return STATUS_OK;
    return add_quantity(ev, to, result, combined_unit(ev, a, &other, product), false);
}

static Status quantities(PathEval *ev, const PathNode *node, const PathItem *a, const PathItem *b,
                         PathList *to)
{
    PathOperator oper = node->oper;
    Decimal amount = b->decimal, result;
    if (oper == OP_MULTIPLY || oper == OP_DIVIDE)
        return multiply_quantities(ev, node, a, b, to);
    if (oper != OP_ADD && oper != OP_SUBTRACT)
        return fail(ev, node);
    if (a->boolean != b->boolean || !str_eq(a->text, b->text)) {
        UcumUnit x, y;
        if (a->boolean || b->boolean || !ucum_parse(a->text, &x, NULL) ||
            !ucum_parse(b->text, &y, NULL) || !ucum_comparable(&x, &y) ||
            !ucum_convert(b->decimal, &y, &x, &amount))
            return STATUS_OK;
    }
    if (!calculate(oper, a->decimal, amount, &result))
        return STATUS_OK;
    return add_quantity(ev, to, result, a->text, a->boolean);
}

static PathItem as_quantity(const PathItem *number)
{
    return (PathItem){.kind = PATH_QUANTITY, .decimal = number->decimal, .text = STR("1")};
}

/* ---- dates ------------------------------------------------------------------------------ */

/* Seconds and what is coarser are cut to whole numbers, as the official cases have it. Of UCUM's
 * units those that are the calendar's count; a and mo are other lengths, and errors. */
static Status shift(PathEval *ev, const PathNode *node, const PathItem *date, const PathItem *by,
                    PathList *to)
{
    static const struct {
        Str unit, word;
    } units[] = {
        {STR_INIT("wk"), STR_INIT("week")},  {STR_INIT("d"), STR_INIT("day")},
        {STR_INIT("h"), STR_INIT("hour")},   {STR_INIT("min"), STR_INIT("minute")},
        {STR_INIT("s"), STR_INIT("second")}, {STR_INIT("ms"), STR_INIT("millisecond")},
    };
    When when;
    int64_t amount;
    Str word = by->text;
    for (size_t i = 0; !by->boolean && i < COUNT_OF(units); i++) {
        if (str_eq(by->text, units[i].unit))
            word = units[i].word;
    }
    if (!by->boolean && word.at == by->text.at)
        return path_fail(ev, node, "a date is shifted by a unit of the calendar, such as 1 month.");
    if (!when_read(date, &when) || !decimal_to_i64(by->decimal, &amount))
        return STATUS_OK;
    if (node->oper == OP_SUBTRACT)
        amount = -amount;
    if (date->kind == PATH_TIME && (str_eq(word, STR("year")) || str_eq(word, STR("month")) ||
                                    str_eq(word, STR("week")) || str_eq(word, STR("day"))))
        return path_fail(ev, node, "a time is shifted by hours or what is finer.");
    if (!when_add(&when, amount, word))
        return STATUS_OK;
    char text[WHEN_TEXT_MAX];
    PathItem item = {.kind = date->kind, .text = arena_str(ev->cx->arena, when_text(&when, text))};
    return item.text.at ? path_add(ev, to, &item) : STATUS_MEMORY;
}

static bool is_when(const PathItem *v)
{
    return v->kind == PATH_DATE || v->kind == PATH_DATETIME || v->kind == PATH_TIME;
}

/* ---- all -------------------------------------------------------------------------------- */

static Status concatenate(PathEval *ev, const PathNode *node, const PathItem *a, const PathItem *b,
                          PathList *to)
{
    Str left = a ? a->text : STR_EMPTY, right = b ? b->text : STR_EMPTY;
    if ((a && a->kind != PATH_STRING) || (b && b->kind != PATH_STRING))
        return fail(ev, node);
    char *text = arena_alloc_raw(ev->cx->arena, left.len + right.len + 1);
    if (!text)
        return STATUS_MEMORY;
    if (left.len)
        memcpy(text, left.at, left.len);
    if (right.len)
        memcpy(text + left.len, right.at, right.len);
    return path_add_string(ev, to, str_n(text, left.len + right.len));
}

Status path_arithmetic(PathEval *ev, const PathNode *node, const PathItem *a, const PathItem *b,
                       PathList *to)
{
    PathItem x = a ? path_value(a) : (PathItem){0}, y = b ? path_value(b) : (PathItem){0};
    PathOperator oper = node->oper;
    if (oper == OP_CONCATENATE)
        return concatenate(ev, node, a ? &x : NULL, b ? &y : NULL, to);
    if (is_number(&x) && is_number(&y))
        return numbers(ev, node, &x, &y, to);
    if (x.kind == PATH_STRING && y.kind == PATH_STRING && oper == OP_ADD)
        return concatenate(ev, node, &x, &y, to);
    if (is_when(&x) && y.kind == PATH_QUANTITY && (oper == OP_ADD || oper == OP_SUBTRACT))
        return shift(ev, node, &x, &y, to);
    if (x.kind == PATH_QUANTITY && is_number(&y))
        y = as_quantity(&y);
    else if (is_number(&x) && y.kind == PATH_QUANTITY)
        x = as_quantity(&x);
    if (x.kind == PATH_QUANTITY && y.kind == PATH_QUANTITY)
        return quantities(ev, node, &x, &y, to);
    return fail(ev, node);
}

Status path_negate(PathEval *ev, const PathNode *node, const PathItem *a, PathList *to)
{
    PathItem value = path_value(a);
    if (!is_number(&value) && value.kind != PATH_QUANTITY)
        return path_fail(ev, node, "a sign stands before a number.");
    if (node->oper == OP_SUBTRACT) {
        value.decimal.digits = -value.decimal.digits;
        value.integer = -value.integer;
    }
    return path_add(ev, to, &value);
}
