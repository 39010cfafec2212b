/* filter_maker.c - random expressions for _filter. SPEC R4 search_filter.html */
#include "query_inner.h"

static bool is_simple(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(",|$\\\"()[] ", text.at[i], 11))
            return false;
    }
    return text.len > 0;
}

static Str string_test(Maker *m, const PathItem *item)
{
    static const char *const ops[] = {"eq", "ne", "co", "sw", "ew"};
    Parts parts = oracle_string_parts(m->oracle, item);
    if (!parts.count)
        return (Str){NULL, 0};
    Str part = parts.at[dice(m->dice, (unsigned)parts.count)];
    return FORMAT(m, "%s \"" STR_FMT "\"", PICK(m->dice, ops), STR_ARG(part));
}

static Str token_test(Maker *m, OracleDoc *doc, const Param *param, const PathItem *item)
{
    Made made = make_value(m, doc, param, item, true);
    if (oracle_contains(made.text, STR("acme.org/tree|")) && dice_percent(m->dice, 50)) {
        static const char *const ops[] = {"ss", "sb"};
        if (made.text.at[made.text.len - 1] != '|')
            return FORMAT(m, "%s " STR_FMT, PICK(m->dice, ops), STR_ARG(made.text));
    }
    if (oracle_contains(made.text, STR("loinc.org|2")))
        return FORMAT(m, "eq loinc|2823-3");
    if (!made.text.at || oracle_contains(made.text, STR("\\")) ||
        oracle_contains(made.text, STR(" ")) || made.text.at[0] == '|')
        return (Str){NULL, 0};
    if (dice_percent(m->dice, 10) && !oracle_item_is(item, "code") && item->kind == PATH_ELEMENT)
        return FORMAT(m, "%s http://acme.org/fhir/ValueSet/%u",
                      dice_percent(m->dice, 50) ? "in" : "ni", dice(m->dice, 4));
    return FORMAT(m, "%s " STR_FMT, dice_percent(m->dice, 70) ? "eq" : "ne", STR_ARG(made.text));
}

/* "ge2023" becomes "ge 2023". */
static Str ordered_test(Maker *m, OracleDoc *doc, const Param *param, const PathItem *item)
{
    Made made = make_value(m, doc, param, item, true);
    if (!made.text.at)
        return (Str){NULL, 0};
    Prefix prefix = oracle_cut_prefix(&made.text);
    if (oracle_contains(made.text, STR(" ")) || oracle_contains(made.text, STR("]")))
        made.text = FORMAT(m, "\"" STR_FMT "\"", STR_ARG(made.text));
    if (str_eq(param->kind, STR("date")) && dice_percent(m->dice, 15))
        return FORMAT(m, "po " STR_FMT, STR_ARG(made.text));
    return FORMAT(m, STR_FMT " " STR_FMT, STR_ARG(oracle_prefixes[prefix]), STR_ARG(made.text));
}

static Str item_test(Maker *m, OracleDoc *doc, const Param *param, const PathItem *item)
{
    if (dice_percent(m->dice, 8))
        return dice_percent(m->dice, 50) ? STR("pr true") : STR("pr false");
    if (str_eq(param->kind, STR("string")))
        return string_test(m, item);
    if (str_eq(param->kind, STR("token")))
        return token_test(m, doc, param, item);
    if (str_eq(param->kind, STR("reference"))) {
        Made made = make_value(m, doc, param, item, true);
        return made.text.at ? FORMAT(m, "re " STR_FMT, STR_ARG(made.text)) : (Str){NULL, 0};
    }
    if (str_eq(param->kind, STR("uri")))
        return is_simple(oracle_item_text(item))
                   ? FORMAT(m, "eq " STR_FMT, STR_ARG(oracle_item_text(item)))
                   : (Str){NULL, 0};
    if (param->component_count || str_eq(param->kind, STR("special")))
        return (Str){NULL, 0};
    return ordered_test(m, doc, param, item);
}

/* name, or name.name, or name[filter].name, and the test behind it. */
static Str comparison(Maker *m, OracleDoc *doc, int depth)
{
    if (depth < 2 && dice_percent(m->dice, 25)) {
        Param *link = make_param_choice(m, doc, STR("reference"));
        size_t count = 0;
        OracleDoc **targets = link ? oracle_targets(m->oracle, doc, link, &count) : NULL;
        if (count) {
            OracleDoc *target = targets[dice(m->dice, (unsigned)count)];
            Str rest = comparison(m, target, depth + 1), inner = STR_EMPTY;
            if (dice_percent(m->dice, 30))
                inner = comparison(m, target, 2);
            if (rest.at && inner.len)
                return FORMAT(m, STR_FMT "[" STR_FMT "]." STR_FMT, STR_ARG(link->code),
                              STR_ARG(inner), STR_ARG(rest));
            return rest.at ? FORMAT(m, STR_FMT "." STR_FMT, STR_ARG(link->code), STR_ARG(rest))
                           : rest;
        }
    }
    Param *param = make_param_choice(m, doc, STR_EMPTY);
    if (!param)
        return (Str){NULL, 0};
    PathItem item = make_item_choice(m, doc, param);
    Str test = item_test(m, doc, param, &item);
    return test.at ? FORMAT(m, STR_FMT " " STR_FMT, STR_ARG(param->code), STR_ARG(test)) : test;
}

Str make_filter(Maker *m, OracleDoc *doc, int depth)
{
    OracleDoc *other = make_doc_choice(m, doc->type);
    if (depth >= 2 || dice_percent(m->dice, 40))
        return comparison(m, doc, 0);
    Str left = make_filter(m, doc, depth + 1), right = make_filter(m, other, depth + 1);
    if (!left.at || !right.at)
        return (Str){NULL, 0};
    switch (dice(m->dice, 5)) {
    case 0: return FORMAT(m, "not (" STR_FMT ")", STR_ARG(left));
    case 1: return FORMAT(m, "(" STR_FMT ") and " STR_FMT, STR_ARG(left), STR_ARG(right));
    case 2: return FORMAT(m, "(" STR_FMT ") or (" STR_FMT ")", STR_ARG(left), STR_ARG(right));
    case 3: return FORMAT(m, STR_FMT " or " STR_FMT, STR_ARG(left), STR_ARG(right));
    default: return FORMAT(m, STR_FMT " and " STR_FMT, STR_ARG(left), STR_ARG(right));
    }
}
