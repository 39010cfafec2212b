/* number.c - numbers, quantities, places.
 *
 * A value of a resource is exact, or a range: of a Range, of a Quantity with a comparator.
 * SPEC R4 search.html#prefix, #number, #quantity, location.html#search */
#include <math.h>

#include "inner.h"
#include "ucum/ucum.h"

/* What a resource says: from lo to hi, each of them part of it unless open. */
typedef struct {
    Decimal lo, hi;
    bool has_lo, has_hi, lo_open, hi_open;
} Extent;

static Extent point(Decimal at)
{
    return (Extent){at, at, true, true, false, false};
}

/* 5.40 means [5.395, 5.405); 100 means [99.5, 100.5). */
static bool is_equal(const Extent *t, Decimal number)
{
    Decimal lo, hi;
    if (!decimal_range(number, &lo, &hi))
        oracle_give_up("no range", STR_EMPTY);
    if (!t->has_lo || !t->has_hi)
        return false;
    int top = decimal_compare(t->hi, hi);
    return decimal_compare(t->lo, lo) >= 0 && (top < 0 || (top == 0 && t->hi_open));
}

static bool is_near(const Extent *t, Decimal number)
{
    Decimal tenth = {number.digits < 0 ? -number.digits : number.digits, number.scale + 1}, lo, hi;
    if (!decimal_subtract(number, tenth, &lo) || !decimal_add(number, tenth, &hi))
        oracle_give_up("too many digits", STR_EMPTY);
    int bottom = t->has_hi ? decimal_compare(t->hi, lo) : 1;
    int top = t->has_lo ? decimal_compare(t->lo, hi) : -1;
    return (bottom > 0 || (bottom == 0 && !t->hi_open)) && (top < 0 || (top == 0 && !t->lo_open));
}

/* The prefixes that order take the number itself, without its precision. */
static bool extent_matches(const Extent *t, Prefix prefix, Decimal number)
{
    int hi = t->has_hi ? decimal_compare(t->hi, number) : 1;
    int lo = t->has_lo ? decimal_compare(t->lo, number) : -1;
    switch (prefix) {
    case EQ: return is_equal(t, number);
    case NE: return !is_equal(t, number);
    case GT: return hi > 0;
    case LT: return lo < 0;
    case GE: return hi > 0 || (hi == 0 && !t->hi_open);
    case LE: return lo < 0 || (lo == 0 && !t->lo_open);
    case SA: return lo > 0 || (lo == 0 && t->lo_open);
    case EB: return hi < 0 || (hi == 0 && t->hi_open);
    default: return is_near(t, number);
    }
}

static Decimal number_in(Str text)
{
    Decimal number;
    if (!decimal_parse(text, &number))
        oracle_give_up("is no number", text);
    return number;
}

/* ---- what a resource says ---- */

typedef struct {
    bool there;
    Extent extent;
    Str system, code, unit;
} Amount;

static Extent with_comparator(Decimal at, Str comparator)
{
    Extent e = point(at);
    if (str_has_prefix(comparator, STR("<")))
        e.has_lo = false;
    if (str_has_prefix(comparator, STR(">")))
        e.has_hi = false;
    e.lo_open = str_eq(comparator, STR(">"));
    e.hi_open = str_eq(comparator, STR("<"));
    return e;
}

static void take_unit(Amount *a, const JsonValue *quantity)
{
    a->system = json_get_str(quantity, STR("system"));
    a->code = json_get_str(quantity, STR("code"));
    a->unit = json_get_str(quantity, STR("unit"));
}

static Amount amount_of_range(const JsonValue *range)
{
    const JsonValue *low = json_get(range, STR("low")), *high = json_get(range, STR("high"));
    Str lo = json_str(json_get(low, STR("value"))), hi = json_str(json_get(high, STR("value")));
    Amount a = {.there = lo.len || hi.len};
    take_unit(&a, lo.len ? low : high);
    a.extent = (Extent){.has_lo = lo.len, .has_hi = hi.len};
    if (lo.len)
        a.extent.lo = number_in(lo);
    if (hi.len)
        a.extent.hi = number_in(hi);
    return a;
}

static Amount amount_of(const PathItem *item)
{
    Amount a = {.there = false};
    if (oracle_item_is(item, "Range"))
        return amount_of_range(item->json);
    Str value = json_str(json_get(item->json, STR("value")));
    if (item->kind != PATH_ELEMENT || !value.len)
        return a;
    a.there = true;
    a.extent = with_comparator(number_in(value), json_get_str(item->json, STR("comparator")));
    take_unit(&a, item->json);
    Str currency = json_get_str(item->json, STR("currency"));
    if (currency.len) {
        a.system = STR("urn:iso:std:iso:4217");
        a.code = currency;
    }
    return a;
}

static Extent plain_extent(const PathItem *item)
{
    if (item->kind == PATH_INTEGER)
        return point(decimal_of(item->integer));
    if (item->kind == PATH_DECIMAL)
        return point(item->decimal);
    return point(number_in(json_str(item->json)));
}

bool oracle_number_matches(Oracle *o, const PathItem *item, Prefix prefix, Str value)
{
    UNUSED(o);
    if (item->kind == PATH_ELEMENT && json_is(item->json, JSON_OBJECT)) {
        Amount a = amount_of(item);
        return a.there && extent_matches(&a.extent, prefix, number_in(value));
    }
    Extent extent = plain_extent(item);
    return extent_matches(&extent, prefix, number_in(value));
}

bool oracle_number_of(const PathItem *item, Decimal *ret_number)
{
    Extent e;
    if (item->kind == PATH_ELEMENT && json_is(item->json, JSON_OBJECT)) {
        Amount a = amount_of(item);
        e = a.extent;
        if (!a.there)
            return false;
    } else {
        e = plain_extent(item);
    }
    *ret_number = e.has_lo ? e.lo : e.hi;
    return true;
}

/* ---- units ---- */

/* The amount in the unit of the search; false when it has another dimension. */
static bool convert(Amount *a, Str code)
{
    UcumUnit from, to;
    if (str_eq(a->code, code))
        return true;
    if (!ucum_parse(a->code, &from, NULL) || !ucum_parse(code, &to, NULL) ||
        !ucum_comparable(&from, &to))
        return false;
    return (!a->extent.has_lo || ucum_convert(a->extent.lo, &from, &to, &a->extent.lo)) &&
           (!a->extent.has_hi || ucum_convert(a->extent.hi, &from, &to, &a->extent.hi));
}

static bool unit_matches(Amount *a, Str system, Str code)
{
    if (system.len && !str_eq(a->system, system))
        return false;
    if (str_eq(system, STR(UCUM_SYSTEM)) && code.len)
        return convert(a, code);
    return !code.len || str_eq(a->code, code) || (!system.len && str_eq(a->unit, code));
}

bool oracle_quantity_matches(Oracle *o, const PathItem *item, Prefix prefix, Str value)
{
    Str number = STR_EMPTY, system = STR_EMPTY, code = STR_EMPTY;
    oracle_next_part(&value, '|', &number);
    oracle_next_part(&value, '|', &system);
    oracle_next_part(&value, '|', &code);
    Amount a = amount_of(item);
    return a.there && unit_matches(&a, oracle_unescape(o, system), oracle_unescape(o, code)) &&
           extent_matches(&a.extent, prefix, number_in(number));
}

/* ---- near ---- */

static double real_in(Str text, double otherwise)
{
    return text.len ? decimal_to_double(number_in(text)) : otherwise;
}

/* Kilometres on a sphere of 6371 km. */
static double distance_km(double lat1, double lon1, double lat2, double lon2)
{
    double rad = M_PI / 180, u = sin((lat2 - lat1) * rad / 2), v = sin((lon2 - lon1) * rad / 2);
    double h = u * u + cos(lat1 * rad) * cos(lat2 * rad) * v * v;
    return 2 * 6371 * asin(sqrt(h < 1 ? h : 1));
}

bool oracle_near(Oracle *o, const PathItem *position, Str value)
{
    Str lat = STR_EMPTY, lon = STR_EMPTY, reach = STR_EMPTY, unit = STR_EMPTY;
    oracle_next_part(&value, '|', &lat);
    oracle_next_part(&value, '|', &lon);
    oracle_next_part(&value, '|', &reach);
    oracle_next_part(&value, '|', &unit);
    double km = real_in(reach, 50);
    if (str_eq(unit, STR("m")))
        km /= 1000;
    else if (unit.len && !str_eq(unit, STR("km")))
        oracle_give_up("no unit of length here", unit);
    o->approximate = true;
    Str here_lat = json_str(json_get(position->json, STR("latitude")));
    Str here_lon = json_str(json_get(position->json, STR("longitude")));
    return distance_km(real_in(lat, 0), real_in(lon, 0), real_in(here_lat, 0),
                       real_in(here_lon, 0)) <= km * (1 + 0.01 * o->slack);
}
