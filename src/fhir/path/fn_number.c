/* fhir/path/fn_number.c - functions on numbers and quantities.
 *
 * SPEC FHIRPath N1 #math */
#include "fhir/path/inner.h"

#include <math.h>

static bool is_number(const PathItem *v)
{
    return v->kind == PATH_INTEGER || v->kind == PATH_DECIMAL;
}

static Status input_number(PathEval *ev, const PathCall *call, PathItem *ret_number)
{
    *ret_number = path_value(call->input->items);
    if (!is_number(ret_number))
        return path_fail(ev, call->node, "%s() is asked of a number.", call->node->function->name);
    return STATUS_OK;
}

/* 15 digits of a double are sound. What is no number is nothing. */
static Status add_double(PathEval *ev, double number, PathList *to)
{
    char text[64];
    Decimal decimal;
    if (!isfinite(number))
        return STATUS_OK;
    int len = snprintf(text, sizeof(text), "%.15g", number);
    if (!decimal_parse(str_n(text, (size_t)len), &decimal))
        return STATUS_OK;
    return path_add_decimal(ev, to, decimal);
}

/* ---- rounding --------------------------------------------------------------------------- */

static Status fn_abs(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem value = path_value(call->input->items);
    if (!is_number(&value) && value.kind != PATH_QUANTITY)
        return path_fail(ev, call->node, "abs() is asked of a number or a quantity.");
    if (value.decimal.digits < 0) {
        value.decimal.digits = -value.decimal.digits;
        value.integer = -value.integer;
    }
    return path_add(ev, to, &value);
}

/* To the next whole number: up (1), down (-1) or toward zero (0). */
static Status whole(PathEval *ev, const PathCall *call, int way, PathList *to)
{
    PathItem number;
    int64_t integer;
    TRY(input_number(ev, call, &number));
    if (!decimal_to_i64(number.decimal, &integer))
        return STATUS_OK;
    int beside = decimal_compare(number.decimal, decimal_of(integer));
    if (way && beside == way)
        integer += way;
    return path_add_integer(ev, to, integer);
}

static Status fn_ceiling(PathEval *ev, const PathCall *call, PathList *to)
{
    return whole(ev, call, 1, to);
}

static Status fn_floor(PathEval *ev, const PathCall *call, PathList *to)
{
    return whole(ev, call, -1, to);
}

static Status fn_truncate(PathEval *ev, const PathCall *call, PathList *to)
{
    return whole(ev, call, 0, to);
}

static Status fn_round(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem number, places = {.integer = 0};
    Decimal rounded;
    bool there;
    TRY(input_number(ev, call, &number));
    TRY(path_arg_value(ev, call, 0, PATH_INTEGER, &places, &there));
    if (places.integer < 0)
        return path_fail(ev, call->node, "the precision of round() is not negative.");
    if (places.integer > DECIMAL_DIGITS)
        return path_add_decimal(ev, to, number.decimal);
    if (!decimal_round(number.decimal, (int)places.integer, &rounded))
        return STATUS_OK;
    return path_add_decimal(ev, to, rounded);
}

/* ---- powers and logarithms -------------------------------------------------------------- */

static Status apply(PathEval *ev, const PathCall *call, double (*function)(double), PathList *to)
{
    PathItem number;
    TRY(input_number(ev, call, &number));
    return add_double(ev, function(decimal_to_double(number.decimal)), to);
}

static Status fn_exp(PathEval *ev, const PathCall *call, PathList *to)
{
    return apply(ev, call, exp, to);
}

static Status fn_ln(PathEval *ev, const PathCall *call, PathList *to)
{
    return apply(ev, call, log, to);
}

static Status fn_sqrt(PathEval *ev, const PathCall *call, PathList *to)
{
    return apply(ev, call, sqrt, to);
}

static Status fn_log(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem number, base;
    bool there;
    TRY(input_number(ev, call, &number));
    TRY(path_arg_value(ev, call, 0, PATH_DECIMAL, &base, &there));
    if (!there)
        return STATUS_OK;
    return add_double(
        ev, log(decimal_to_double(number.decimal)) / log(decimal_to_double(base.decimal)), to);
}

/* Exact by multiplying, as long as the digits suffice. */
static bool exact_power(Decimal base, int64_t exponent, Decimal *ret)
{
    Decimal result = decimal_of(1);
    for (int64_t i = 0; i < exponent; i++) {
        if (!decimal_multiply(result, base, &result))
            return false;
    }
    *ret = result;
    return true;
}

static Status fn_power(PathEval *ev, const PathCall *call, PathList *to)
{
    enum { EXACT_MAX = 128 };
    PathItem number, exponent;
    Decimal result;
    int64_t integer;
    bool there;
    TRY(input_number(ev, call, &number));
    TRY(path_arg_value(ev, call, 0, PATH_DECIMAL, &exponent, &there));
    if (!there)
        return STATUS_OK;
    if (exponent.kind == PATH_INTEGER && exponent.integer >= 0 && exponent.integer <= EXACT_MAX &&
        exact_power(number.decimal, exponent.integer, &result)) {
        if (number.kind == PATH_DECIMAL)
            return path_add_decimal(ev, to, result);
        return decimal_to_i64(result, &integer) ? path_add_integer(ev, to, integer) : STATUS_OK;
    }
    return add_double(
        ev, pow(decimal_to_double(number.decimal), decimal_to_double(exponent.decimal)), to);
}

const PathFunction path_number_functions[] = {
    {"abs", 0, 0, CALL_SINGLE, fn_abs},     {"ceiling", 0, 0, CALL_SINGLE, fn_ceiling},
    {"exp", 0, 0, CALL_SINGLE, fn_exp},     {"floor", 0, 0, CALL_SINGLE, fn_floor},
    {"ln", 0, 0, CALL_SINGLE, fn_ln},       {"log", 1, 1, CALL_SINGLE, fn_log},
    {"power", 1, 1, CALL_SINGLE, fn_power}, {"round", 0, 1, CALL_SINGLE, fn_round},
    {"sqrt", 0, 0, CALL_SINGLE, fn_sqrt},   {"truncate", 0, 0, CALL_SINGLE, fn_truncate},
};
const size_t path_number_function_count = COUNT_OF(path_number_functions);
