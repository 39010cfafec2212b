/* ucum/parse.c - a unit expression, read from left to right.
 *
 *     main      = ["/"] term                    "/min"
 *     term      = component {("." | "/") component}
 *     component = symbol [exponent] [annotation] | number [annotation] | annotation
 *               | "(" term ")"
 *
 * SPEC ucum #para-7, and the grammar in exhibit 1 */
#include "ucum/ucum_priv.h"

typedef struct {
    Str text;
    size_t at;
    int depth;
    const char *fault;
} Parser;

static bool refuse(Parser *parser, const char *fault)
{
    parser->fault = fault;
    return false;
}

static char peek(const Parser *parser)
{
    return parser->at < parser->text.len ? parser->text.at[parser->at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* SPEC ucum #para-6: between braces anything of ASCII 33 to 126 but braces. */
static bool skip_annotation(Parser *parser)
{
    if (peek(parser) != '{')
        return true;
    for (parser->at++; parser->at < parser->text.len; parser->at++) {
        char c = parser->text.at[parser->at];
        if (c == '}') {
            parser->at++;
            return true;
        }
        if (c < 33 || c > 126 || c == '{')
            return refuse(parser, "an annotation holds a character that it may not hold");
    }
    return refuse(parser, "an annotation has no end");
}

/* Digits as a number; more than 18 are too many. */
static bool read_digits(Parser *parser, int64_t *ret_number)
{
    int64_t number = 0;
    size_t from = parser->at;
    for (; is_digit(peek(parser)); parser->at++) {
        if (parser->at - from == 18)
            return refuse(parser, "a number is too long");
        number = number * 10 + (peek(parser) - '0');
    }
    *ret_number = number;
    return true;
}

static bool read_exponent(Parser *parser, UcumUnit *unit)
{
    char sign = peek(parser);
    int64_t exponent;
    if (sign == '+' || sign == '-')
        parser->at++;
    else if (!is_digit(sign))
        return true;
    if (!is_digit(peek(parser)))
        return refuse(parser, "a sign is not followed by an exponent");
    if (!read_digits(parser, &exponent))
        return false;
    if (exponent > INT8_MAX)
        return refuse(parser, "an exponent is too large");
    if (unit->special && exponent != 1)
        return refuse(parser, "a special unit has no powers");
    if (!ucum_power(unit, sign == '-' ? -(int)exponent : (int)exponent))
        return refuse(parser, "the unit is too large or too small");
    return true;
}

/* Where the symbol at the cursor ends: letters, and anything inside brackets. "10*" and "10^"
 * are the only ones with digits outside of brackets. */
static size_t symbol_end(const Parser *parser)
{
    Str rest = str_from(parser->text, parser->at);
    if (str_has_prefix(rest, STR("10*")) || str_has_prefix(rest, STR("10^")))
        return parser->at + 3;
    bool inside = false;
    size_t at = parser->at;
    for (; at < parser->text.len; at++) {
        char c = parser->text.at[at];
        if (c == '[' || c == ']')
            inside = c == '[';
        else if (c < 33 || c > 126)
            break;
        else if (!inside && (is_digit(c) || c == '{' || c == '}' || (c >= '(' && c <= '/')))
            break; /* ( ) * + , - . / are neighbours in ASCII */
    }
    return at;
}

static bool read_symbol(Parser *parser, UcumUnit *unit)
{
    size_t end = symbol_end(parser);
    if (end == parser->at)
        return refuse(parser, "a unit is missing");
    Decimal prefix;
    Str symbol = str_n(parser->text.at + parser->at, end - parser->at);
    const UcumUnit *atom = ucum_atom(symbol, &prefix);
    if (!atom)
        return refuse(parser, "a symbol is not in the table of units");
    parser->at = end;
    *unit = *atom;
    if ((prefix.digits != 1 || prefix.scale) && !ucum_scale(unit, prefix))
        return refuse(parser, "the unit is too large or too small");
    return read_exponent(parser, unit) && skip_annotation(parser);
}

static bool read_number(Parser *parser, UcumUnit *unit)
{
    int64_t number;
    if (!read_digits(parser, &number))
        return false;
    if (number == 0)
        return refuse(parser, "zero is no factor of a unit");
    *unit = ucum_unity();
    return ucum_scale(unit, decimal_of(number)) && skip_annotation(parser);
}

static bool read_term(Parser *parser, UcumUnit *unit);

static bool read_group(Parser *parser, UcumUnit *unit)
{
    if (++parser->depth > UCUM_DEPTH_MAX)
        return refuse(parser, "parentheses are nested too deep");
    parser->at++;
    if (!read_term(parser, unit))
        return false;
    if (peek(parser) != ')')
        return refuse(parser, "a parenthesis is not closed");
    parser->at++;
    parser->depth--;
    return true;
}

static bool read_component(Parser *parser, UcumUnit *unit)
{
    Str rest = str_from(parser->text, parser->at);
    char c = peek(parser);
    if (c == '(')
        return read_group(parser, unit);
    if (c == '{') {
        *unit = ucum_unity();
        return skip_annotation(parser);
    }
    if (is_digit(c) && !(rest.len > 2 && c == '1' && rest.at[1] == '0' &&
                         (rest.at[2] == '*' || rest.at[2] == '^')))
        return read_number(parser, unit);
    return read_symbol(parser, unit);
}

static bool read_operator(Parser *parser, UcumUnit *unit)
{
    char sign = peek(parser);
    UcumUnit next;
    parser->at++;
    if (!read_component(parser, &next))
        return false;
    if (sign == '.' ? ucum_multiply(unit, &next, unit) : ucum_divide(unit, &next, unit))
        return true;
    return refuse(parser, unit->special || next.special ? "a special unit takes part in no product"
                                                        : "the unit is too large or too small");
}

static bool read_term(Parser *parser, UcumUnit *unit)
{
    if (!read_component(parser, unit))
        return false;
    while (peek(parser) == '.' || peek(parser) == '/') {
        if (!read_operator(parser, unit))
            return false;
    }
    return true;
}

static bool read_main(Parser *parser, UcumUnit *unit)
{
    if (parser->text.len == 0)
        return refuse(parser, "the unit is empty");
    if (parser->text.len > UCUM_TEXT_MAX)
        return refuse(parser, "the unit is too long");
    if (peek(parser) == '/') {
        *unit = ucum_unity();
        if (!read_operator(parser, unit))
            return false;
        while (peek(parser) == '.' || peek(parser) == '/') {
            if (!read_operator(parser, unit))
                return false;
        }
    } else if (!read_term(parser, unit))
        return false;
    if (parser->at != parser->text.len)
        return refuse(parser, "an operator is missing");
    return true;
}

bool ucum_parse_expression(Str text, UcumUnit *ret_unit, const char **ret_fault)
{
    Parser parser = {.text = text};
    UcumUnit unit;
    if (!read_main(&parser, &unit)) {
        if (ret_fault)
            *ret_fault = parser.fault;
        return false;
    }
    *ret_unit = unit;
    return true;
}

bool ucum_parse(Str text, UcumUnit *ret_unit, const char **ret_fault)
{
    ucum_atoms_ready();
    return ucum_parse_expression(text, ret_unit, ret_fault);
}
