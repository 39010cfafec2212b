/* consult/names.c - see names.h. Rows are read as the caller sees them. */
#include "consult/names.h"

#include "search/fold.h"

enum { LOOKED_MAX = 200, LIST_MAX = 50000 };

/* A value for a query: every byte that is no letter or digit is escaped. */
static void add_value(Buf *buf, Str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            buf_add_char(buf, (char)c);
        } else {
            buf_add_char(buf, '%');
            buf_add_char(buf, digits[c >> 4]);
            buf_add_char(buf, digits[c & 15]);
        }
    }
}

/* The same letters from the beginning, to the end of a word or in the midst of it. */
static bool begins(Ctx *cx, Str text, Str folded_name)
{
    Str folded = search_fold_all(cx, text);
    return folded.at && folded_name.len >= 3 && str_has_prefix(folded, folded_name);
}

static void add(NameMatches *found, const NameMatch *match)
{
    for (size_t i = 0; i < found->count; i++)
        if (str_eq(found->rows[i].text, match->text)) {
            found->rows[i].count++;
            return;
        }
    if (found->count < NAMES_MAX)
        found->rows[found->count++] = *match;
}

static Status add_concept(Ctx *cx, NameMatches *found, const JsonValue *concept, const char *from,
                          Str folded)
{
    const JsonValue *coding = json_item(json_get(concept, STR("coding")), 0);
    Str text = words_of(concept), display = json_get_str(coding, STR("display"));
    if (!begins(cx, text, folded) && !begins(cx, display, folded))
        return STATUS_OK;
    NameMatch match = {.text = text, .from = from, .count = 1, .coding = STR_EMPTY};
    if (coding) {
        Buf buf;
        buf_init(&buf, cx->arena, 128, 4096);
        json_write(&buf, coding, false);
        TRY(buf_done(&buf));
        match.coding = buf_str(&buf);
    }
    add(found, &match);
    return STATUS_OK;
}

static Status look(Operation *op, const char *type, const char *member, const char *from, Str name,
                   Str folded, NameMatches *found)
{
    OperationRows rows;
    Buf query;
    buf_init(&query, op->cx->arena, 128, 4096);
    buf_add_lit(&query, "code:text=");
    add_value(&query, name);
    TRY(buf_done(&query));
    TRY(operation_find(op, str_of(type), buf_str(&query), LOOKED_MAX, &rows));
    for (size_t i = 0; i < rows.count; i++)
        TRY(add_concept(op->cx, found, json_get(rows.rows[i].resource, str_of(member)), from,
                        folded));
    return STATUS_OK;
}

/* ---- which one it is --------------------------------------------------------------------------
 */

/* "500" and "mg" in "Amoxicilline 500 mg, gélules": the first measure behind the name. */
static bool strength_of(Str text, Amount *ret_amount)
{
    Dose dose;
    dose_parse(text, &dose);
    *ret_amount = dose.strength.known ? dose.strength : dose.dose;
    return dose.strength.known && !dose.combination.len;
}

static void sort(NameMatches *found)
{
    for (size_t i = 1; i < found->count; i++)
        for (size_t k = i; k > 0 && found->rows[k].count > found->rows[k - 1].count; k--) {
            NameMatch swap = found->rows[k];
            found->rows[k] = found->rows[k - 1];
            found->rows[k - 1] = swap;
        }
}

static bool fits(const Dose *dose, const NameMatch *match, bool *ret_lends_unit)
{
    Amount strength;
    *ret_lends_unit = false;
    if (!dose->strength.known)
        return false;
    if (!strength_of(match->text, &strength) ||
        decimal_compare(strength.low, dose->strength.low) != 0)
        return false;
    *ret_lends_unit = dose->strength.unit == UNIT_NONE;
    return *ret_lends_unit || strength.unit == dose->strength.unit;
}

/* "1-0-1" are tablets when the product is. */
static void lend_form(Dose *dose, const NameMatch *match)
{
    Dose product;
    dose_parse(match->text, &product);
    if (dose->form == UNIT_NONE)
        dose->form = product.form;
    dose_settle(dose);
}

static void lend_unit(Dose *dose, const NameMatch *match)
{
    Amount strength;
    if (!strength_of(match->text, &strength) || strength.unit == UNIT_NONE)
        return;
    dose->strength.unit = strength.unit;
    if (dose->dose.known && dose->dose.unit == UNIT_NONE &&
        decimal_compare(dose->dose.low, dose->strength.low) == 0)
        dose->dose.unit = strength.unit;
    dose_settle(dose);
}

/* Those of the typed strength; a unit is lent only when all of them agree on it. */
static void choose(Dose *dose, NameMatches *found, NameMatch *ret_best)
{
    size_t fitting = 0, at = 0;
    bool lends = false, agree = true;
    Amount first = {0}, other;
    for (size_t i = 0; i < found->count; i++) {
        bool one;
        if (!fits(dose, &found->rows[i], &one) || !strength_of(found->rows[i].text, &other))
            continue;
        if (!fitting++) {
            at = i;
            first = other;
            lends = one;
        } else {
            agree &= other.unit == first.unit;
        }
    }
    if (!fitting || !agree)
        return;
    if (fitting == 1) {
        *ret_best = found->rows[at];
        ret_best->sure = true;
        lend_form(dose, ret_best);
    }
    if (lends) {
        ret_best->text = found->rows[at].text;
        ret_best->unit_assumed = true;
        lend_unit(dose, &found->rows[at]);
    }
}

Status names_find(Operation *op, Dose *dose, NameMatches *ret_found, NameMatch *ret_best)
{
    *ret_found = (NameMatches){.count = 0};
    *ret_best = (NameMatch){.text = STR_EMPTY, .coding = STR_EMPTY};
    Str folded = search_fold_all(op->cx, dose->name);
    if (!folded.at)
        return STATUS_MEMORY;
    if (folded.len < 3)
        return STATUS_OK;
    TRY(look(op, "Medication", "code", "medication", dose->name, folded, ret_found));
    TRY(look(op, "MedicationRequest", "medicationCodeableConcept", "prescription", dose->name,
             folded, ret_found));
    sort(ret_found);
    choose(dose, ret_found, ret_best);
    return STATUS_OK;
}
