/* fhir/path/equal.c - when two items are equal, equivalent, less; sets of them.
 *
 * Elements that are objects are equal as JSON, numbers by value. SPEC FHIRPath N1 #equality */
#include "fhir/path/inner.h"
#include "fhir/path/when.h"
#include "ucum/ucum.h"

#include <ctype.h>

static bool is_number(const PathItem *v)
{
    return v->kind == PATH_INTEGER || v->kind == PATH_DECIMAL;
}

static bool is_when(const PathItem *v)
{
    return v->kind == PATH_DATE || v->kind == PATH_DATETIME || v->kind == PATH_TIME;
}

/* ---- quantities ------------------------------------------------------------------------- */

/* Years and months of the calendar have no length: SPEC FHIRPath N1 #time-valued-quantities */
static const struct {
    Str word, unit;
    bool same; /* as a length of time, not only roughly */
} calendar[] = {
    {STR_INIT("year"), STR_INIT("a"), false},  {STR_INIT("month"), STR_INIT("mo"), false},
    {STR_INIT("week"), STR_INIT("wk"), true},  {STR_INIT("day"), STR_INIT("d"), true},
    {STR_INIT("hour"), STR_INIT("h"), true},   {STR_INIT("minute"), STR_INIT("min"), true},
    {STR_INIT("second"), STR_INIT("s"), true}, {STR_INIT("millisecond"), STR_INIT("ms"), true},
};

/* The unit as UCUM; *ret_same is false for a year or month of the calendar. */
static Str ucum_text(const PathItem *quantity, bool *ret_same)
{
    *ret_same = true;
    for (size_t i = 0; quantity->boolean && i < COUNT_OF(calendar); i++) {
        if (str_eq(quantity->text, calendar[i].word)) {
            *ret_same = calendar[i].same;
            return calendar[i].unit;
        }
    }
    return quantity->text;
}

bool path_calendar_unit(Str word, Str *ret_unit)
{
    for (size_t i = 0; i < COUNT_OF(calendar); i++) {
        Str unit = calendar[i].word;
        if (str_eq(word, unit) ||
            (word.len == unit.len + 1 && str_has_prefix(word, unit) && word.at[unit.len] == 's')) {
            *ret_unit = unit;
            return true;
        }
    }
    return false;
}

Str path_ucum_text(const PathItem *quantity)
{
    bool same;
    return ucum_text(quantity, &same);
}

/* The amount of b in the unit of a. TRUTH_EMPTY: not to be known; TRUTH_FALSE: never. */
static Truth same_unit(const PathItem *a, const PathItem *b, bool roughly, Decimal *ret_amount)
{
    bool same_a, same_b;
    UcumUnit from, to;
    Str unit_a = ucum_text(a, &same_a), unit_b = ucum_text(b, &same_b);
    *ret_amount = b->decimal;
    if (a->boolean == b->boolean && str_eq(unit_a, unit_b))
        return TRUTH_TRUE;
    if (!roughly && same_a != same_b)
        return TRUTH_EMPTY;
    if (!roughly && !same_a && !same_b) { /* 12 months are a year */
        bool years = str_eq(unit_a, STR("a"));
        Decimal twelve = decimal_of(12);
        return (years ? decimal_divide(b->decimal, twelve, ret_amount)
                      : decimal_multiply(b->decimal, twelve, ret_amount))
                   ? TRUTH_TRUE
                   : TRUTH_EMPTY;
    }
    if (!ucum_parse(unit_a, &to, NULL) || !ucum_parse(unit_b, &from, NULL))
        return TRUTH_EMPTY;
    if (!ucum_comparable(&from, &to))
        return TRUTH_FALSE;
    return ucum_convert(b->decimal, &from, &to, ret_amount) ? TRUTH_TRUE : TRUTH_EMPTY;
}

/* ---- equality ---------------------------------------------------------------------------------
 */

static Truth truth_of(bool is)
{
    return is ? TRUTH_TRUE : TRUTH_FALSE;
}

static Truth equal_when(const PathItem *a, const PathItem *b)
{
    When x, y;
    int order;
    bool known;
    if (!when_read(a, &x) || !when_read(b, &y))
        return truth_of(a->kind == b->kind && str_eq(a->text, b->text));
    if (!when_compare(&x, &y, &order, &known))
        return TRUTH_FALSE;
    return known ? truth_of(order == 0) : TRUTH_EMPTY;
}

static Truth equal_quantity(const PathItem *a, const PathItem *b)
{
    Decimal amount;
    Truth same = same_unit(a, b, false, &amount);
    return same == TRUTH_TRUE ? truth_of(decimal_compare(a->decimal, amount) == 0) : same;
}

static Truth equal_values(const PathItem *a, const PathItem *b)
{
    if (is_number(a) && is_number(b))
        return truth_of(decimal_compare(a->decimal, b->decimal) == 0);
    if (is_when(a) && is_when(b))
        return equal_when(a, b);
    if (a->kind == PATH_QUANTITY && is_number(b))
        return equal_quantity(a, &(PathItem){.decimal = b->decimal, .text = STR("1")});
    if (is_number(a) && b->kind == PATH_QUANTITY)
        return equal_values(b, a);
    if (a->kind != b->kind) {
        /* A date in a string stands for itself: Date = 'text' of an untyped element. */
        return truth_of(false);
    }
    switch (a->kind) {
    case PATH_BOOLEAN: return truth_of(a->boolean == b->boolean);
    case PATH_STRING: return truth_of(str_eq(a->text, b->text));
    case PATH_QUANTITY: return equal_quantity(a, b);
    case PATH_TYPE: return truth_of(a->boolean == b->boolean && str_eq(a->text, b->text));
    default: return truth_of(false);
    }
}

static bool equal_elements(const PathItem *a, const PathItem *b)
{
    if (a->json == b->json && a->extra == b->extra)
        return true;
    if (!a->json || !b->json) /* only a _name */
        return !a->json && !b->json && json_equal(a->extra, b->extra, true);
    return json_equal(a->json, b->json, true);
}

Truth path_equal(const PathItem *a, const PathItem *b)
{
    if (a->kind == PATH_ELEMENT && b->kind == PATH_ELEMENT && a->json && a->json == b->json)
        return TRUTH_TRUE;
    PathItem x = path_simple(a), y = path_simple(b);
    if (x.kind == PATH_ELEMENT && y.kind == PATH_ELEMENT)
        return truth_of(equal_elements(&x, &y));
    if (x.kind == PATH_ELEMENT || y.kind == PATH_ELEMENT) {
        x = path_value(&x);
        y = path_value(&y);
        if (x.kind == PATH_ELEMENT || y.kind == PATH_ELEMENT)
            return TRUTH_FALSE;
    }
    return equal_values(&x, &y);
}

/* ---- equivalence -------------------------------------------------------------------------------
 */

/* White space as one blank, letters of ASCII alike. SPEC FHIRPath N1 #equivalent */
static bool equivalent_text(Str a, Str b)
{
    size_t i = 0, j = 0;
    a = str_trim(a);
    b = str_trim(b);
    while (i < a.len && j < b.len) {
        unsigned char x = (unsigned char)a.at[i], y = (unsigned char)b.at[j];
        if (isspace(x) && isspace(y)) {
            while (i < a.len && isspace((unsigned char)a.at[i]))
                i++;
            while (j < b.len && isspace((unsigned char)b.at[j]))
                j++;
            continue;
        }
        if (tolower(x) != tolower(y))
            return false;
        i++;
        j++;
    }
    return i == a.len && j == b.len;
}

/* Rounded to the places of the less precise one. */
static bool equivalent_number(Decimal a, Decimal b)
{
    Decimal x, y;
    a = decimal_trim(a);
    b = decimal_trim(b);
    int places = a.scale < b.scale ? a.scale : b.scale;
    if (places < 0)
        places = 0;
    return decimal_round(a, places, &x) && decimal_round(b, places, &y) &&
           decimal_compare(x, y) == 0;
}

static bool equivalent_values(const PathItem *a, const PathItem *b)
{
    Decimal amount;
    if (is_number(a) && is_number(b))
        return equivalent_number(a->decimal, b->decimal);
    if (a->kind == PATH_QUANTITY && b->kind == PATH_QUANTITY) {
        if (same_unit(a, b, true, &amount) != TRUTH_TRUE)
            return false;
        return equivalent_number(a->decimal, amount);
    }
    if (a->kind == PATH_STRING && b->kind == PATH_STRING)
        return equivalent_text(a->text, b->text);
    return equal_values(a, b) == TRUTH_TRUE;
}

static bool equivalent_json(const JsonValue *a, const JsonValue *b);

static bool equivalent_arrays(const JsonValue *a, const JsonValue *b)
{
    uint64_t met[JSON_MEMBERS_MAX / 64] = {0};
    JsonValue *x, *y;
    if (json_count(a) != json_count(b) || json_count(a) > JSON_MEMBERS_MAX)
        return json_equal(a, b, true);
    for (JsonIter i = json_iter(a); json_next(&i, NULL, &x);) {
        bool found = false;
        size_t at = 0;
        for (JsonIter j = json_iter(b); !found && json_next(&j, NULL, &y); at++) {
            uint64_t bit = (uint64_t)1 << at % 64;
            if (!(met[at / 64] & bit) && equivalent_json(x, y)) {
                met[at / 64] |= bit;
                found = true;
            }
        }
        if (!found)
            return false;
    }
    return true;
}

static bool equivalent_json(const JsonValue *a, const JsonValue *b)
{
    Decimal x, y;
    if (json_type(a) != json_type(b))
        return false;
    switch (json_type(a)) {
    case JSON_STRING: return equivalent_text(json_str(a), json_str(b));
    case JSON_NUMBER:
        return decimal_parse(json_str(a), &x) && decimal_parse(json_str(b), &y) &&
               equivalent_number(x, y);
    case JSON_ARRAY: return equivalent_arrays(a, b);
    case JSON_OBJECT: break;
    default: return json_equal(a, b, true);
    }
    Str name;
    JsonValue *value;
    if (json_count(a) != json_count(b))
        return false;
    for (JsonIter it = json_iter(a); json_next(&it, &name, &value);) {
        JsonValue *other = json_get(b, name);
        if (!other || !equivalent_json(value, other))
            return false;
    }
    return true;
}

bool path_equivalent(const PathItem *a, const PathItem *b)
{
    PathItem x = path_value(a), y = path_value(b);
    if (x.kind == PATH_ELEMENT && y.kind == PATH_ELEMENT)
        return x.json && y.json ? equivalent_json(x.json, y.json) : equal_elements(&x, &y);
    if (x.kind == PATH_ELEMENT || y.kind == PATH_ELEMENT)
        return false;
    return equivalent_values(&x, &y);
}

/* ---- order ------------------------------------------------------------------------------ */

static bool compare_values(const PathItem *a, const PathItem *b, int *ret_order, bool *ret_known)
{
    When x, y;
    Decimal amount;
    *ret_known = true;
    if (is_number(a) && is_number(b)) {
        *ret_order = decimal_compare(a->decimal, b->decimal);
        return true;
    }
    if (a->kind == PATH_STRING && b->kind == PATH_STRING) {
        *ret_order = str_cmp(a->text, b->text);
        return true;
    }
    if (is_when(a) && is_when(b))
        return when_read(a, &x) && when_read(b, &y) && when_compare(&x, &y, ret_order, ret_known);
    if (a->kind != PATH_QUANTITY || b->kind != PATH_QUANTITY)
        return false;
    *ret_known = same_unit(a, b, false, &amount) == TRUTH_TRUE;
    *ret_order = *ret_known ? decimal_compare(a->decimal, amount) : 0;
    return true;
}

bool path_compare(const PathItem *a, const PathItem *b, int *ret_order, bool *ret_known)
{
    PathItem x = path_value(a), y = path_value(b);
    /* A string literal beside a date, and the reverse: 'text' may be one. */
    return compare_values(&x, &y, ret_order, ret_known);
}

/* ---- sets -------------------------------------------------------------------------------------
 */

Status path_has(PathEval *ev, const PathList *list, const PathItem *item, bool *ret_has)
{
    *ret_has = false;
    for (size_t i = 0; i < list->count && !*ret_has; i++) {
        TRY(path_step(ev));
        *ret_has = path_equal(&list->items[i], item) == TRUTH_TRUE;
    }
    return STATUS_OK;
}

/* Equal items have equal hashes. What equals in more than one form (numbers, dates,
 * quantities, objects) has one hash for all of its kind, refined where that is cheap. */
static uint32_t hash_item(const PathItem *item)
{
    PathItem value = path_simple(item);
    int64_t whole;
    switch (value.kind) {
    case PATH_STRING: return fhir_hash(value.text) | 1;
    case PATH_INTEGER:
    case PATH_DECIMAL:
        return decimal_to_i64(value.decimal, &whole) ? (uint32_t)(whole * 0x9E3779B1u) | 1 : 3;
    case PATH_ELEMENT: {
        uint32_t hash = 5;
        Str name;
        JsonValue *member;
        for (JsonIter it = json_iter(value.json); json_next(&it, &name, &member);) {
            uint32_t one = fhir_hash(name);
            if (json_is(member, JSON_STRING))
                one = one * 31 + fhir_hash(json_str(member));
            hash += one; /* members come in any order */
        }
        return hash | 1;
    }
    default: return (uint32_t)value.kind * 2 + 1;
    }
}

enum { SET_SMALL = 12 };

static void set_insert(PathSet *set, size_t at)
{
    size_t slot = set->hashes[at] & (set->slot_count - 1);
    while (set->slots[slot])
        slot = (slot + 1) & (set->slot_count - 1);
    set->slots[slot] = (uint32_t)at + 1;
}

/* Twice as many slots as items, at least. */
static Status set_grow(PathEval *ev, PathSet *set)
{
    size_t count = set->list->count, slots = set->slot_count ? 4 * set->slot_count : 64;
    while (slots < 4 * count)
        slots *= 4;
    uint32_t *hashes = arena_array_of(ev->cx->arena, uint32_t, slots / 2);
    set->slots = arena_array_of(ev->cx->arena, uint32_t, slots);
    if (!set->slots || !hashes)
        return STATUS_MEMORY;
    set->slot_count = slots;
    for (size_t i = 0; i < count; i++)
        hashes[i] = set->hashes ? set->hashes[i] : hash_item(&set->list->items[i]);
    set->hashes = hashes;
    for (size_t i = 0; i < count; i++)
        set_insert(set, i);
    return STATUS_OK;
}

static Status set_add_hashed(PathEval *ev, PathSet *set, const PathItem *item)
{
    if (2 * (set->list->count + 1) > set->slot_count)
        TRY(set_grow(ev, set));
    assert(set->slots);
    uint32_t hash = hash_item(item);
    for (size_t slot = hash & (set->slot_count - 1); set->slots[slot];
         slot = (slot + 1) & (set->slot_count - 1)) {
        size_t at = set->slots[slot] - 1;
        TRY(path_step(ev));
        if (set->hashes[at] == hash && path_equal(&set->list->items[at], item) == TRUTH_TRUE)
            return STATUS_OK;
    }
    set->hashes[set->list->count] = hash;
    TRY(path_add(ev, set->list, item));
    set_insert(set, set->list->count - 1);
    return STATUS_OK;
}

Status path_set_add(PathEval *ev, PathSet *set, const PathList *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const PathItem *item = &from->items[i];
        bool has = false;
        if (set->list->count >= SET_SMALL) {
            TRY(set_add_hashed(ev, set, item));
            continue;
        }
        TRY(path_has(ev, set->list, item, &has));
        if (!has)
            TRY(path_add(ev, set->list, item));
    }
    return STATUS_OK;
}

Status path_add_distinct(PathEval *ev, PathList *to, const PathList *from)
{
    PathSet set = {.list = to};
    return path_set_add(ev, &set, from);
}
