/* evaluate.c - one condition of a query over one resource: chains, _has, modifiers, lists of
 * values.
 *
 * SPEC R4 search.html#chaining, #has, #combining, #missing, #list */
#include "inner.h"

const Str oracle_prefixes[PREFIXES] = {
    [EQ] = STR_INIT("eq"), [NE] = STR_INIT("ne"), [GT] = STR_INIT("gt"),
    [LT] = STR_INIT("lt"), [GE] = STR_INIT("ge"), [LE] = STR_INIT("le"),
    [SA] = STR_INIT("sa"), [EB] = STR_INIT("eb"), [AP] = STR_INIT("ap"),
};

Prefix oracle_cut_prefix(Str *value)
{
    for (Prefix p = EQ; p < PREFIXES; p++) {
        if (str_has_prefix(*value, oracle_prefixes[p])) {
            *value = str_from(*value, 2);
            return p;
        }
    }
    return EQ;
}

bool oracle_item_matches(Oracle *o, OracleDoc *doc, Str kind, const PathItem *item, Str modifier,
                         Str value)
{
    UNUSED(doc);
    if (str_eq(kind, STR("string")))
        return oracle_string_matches(o, item, modifier, value);
    if (str_eq(kind, STR("token")))
        return oracle_token_matches(o, item, modifier, value);
    if (str_eq(kind, STR("reference")))
        return oracle_reference_matches(o, item, modifier, value);
    if (str_eq(kind, STR("uri")))
        return oracle_uri_matches(item, modifier, oracle_unescape(o, value));
    if (str_eq(kind, STR("special")))
        return oracle_near(o, item, value);
    Prefix prefix = oracle_cut_prefix(&value);
    if (str_eq(kind, STR("number")))
        return oracle_number_matches(o, item, prefix, value);
    if (str_eq(kind, STR("quantity")))
        return oracle_quantity_matches(o, item, prefix, value);
    Span search, target;
    if (!str_eq(kind, STR("date")) || !oracle_date_span(value, &search))
        oracle_give_up("no value of this kind", value);
    return oracle_item_span(item, &target) && oracle_span_matches(o, target, prefix, search);
}

/* All components of one item: code$value. */
static bool composite_matches(Oracle *o, OracleDoc *doc, const Param *param, const PathItem *root,
                              Str value)
{
    Str part = STR_EMPTY;
    for (size_t i = 0; i < param->component_count; i++) {
        const Param *component = &param->components[i];
        if (!oracle_next_part(&value, '$', &part))
            oracle_give_up("too few parts", param->code);
        PathItems items = oracle_below(o, doc, root, component->expression);
        bool found = false;
        for (size_t k = 0; k < items.count && !found; k++)
            found = oracle_item_matches(o, doc, component->kind, &items.items[k], STR_EMPTY, part);
        if (!found)
            return false;
    }
    return true;
}

static bool value_matches(Oracle *o, OracleDoc *doc, Param *param, Str modifier, Str value)
{
    PathItems items = oracle_values(o, doc, param);
    for (size_t i = 0; i < items.count; i++) {
        if (param->component_count
                ? composite_matches(o, doc, param, &items.items[i], value)
                : oracle_item_matches(o, doc, param->kind, &items.items[i], modifier, value))
            return true;
    }
    return false;
}

static bool any_value_matches(Oracle *o, OracleDoc *doc, Param *param, Str modifier, Str values)
{
    Str value = STR_EMPTY;
    while (oracle_next_part(&values, ',', &value)) {
        if (value_matches(o, doc, param, modifier, value))
            return true;
    }
    return false;
}

/* ---- what is no parameter of the definitions ---- */

static bool in_list(Oracle *o, const OracleDoc *doc, Str value)
{
    JsonValue *entry;
    OracleDoc *list = oracle_find(o, STR("List"), oracle_ref(o, value, false).id);
    for (JsonIter it = json_iter(list ? json_get(list->json, STR("entry")) : NULL);
         json_next(&it, NULL, &entry);) {
        Ref ref =
            oracle_ref(o, json_get_str(json_get(entry, STR("item")), STR("reference")), false);
        if (str_eq(ref.type, doc->type) && str_eq(ref.id, doc->id))
            return true;
    }
    return false;
}

static bool any_of(Oracle *o, OracleDoc *doc, Str values,
                   bool (*holds)(Oracle *o, const OracleDoc *doc, Str value))
{
    Str value = STR_EMPTY;
    while (oracle_next_part(&values, ',', &value)) {
        if (holds(o, doc, value))
            return true;
    }
    return false;
}

/* ---- one condition ---- */

static bool leaf_holds(Oracle *o, OracleDoc *doc, Str key, Str value)
{
    Str name = str_cut(&key, ':'), modifier = key.at ? key : STR_EMPTY;
    if (str_eq(name, STR("_list")))
        return any_of(o, doc, value, in_list);
    if (str_eq(name, STR("_filter")))
        return oracle_filter_holds(o, doc, value);
    Param *param = oracle_param(o, doc->type, name);
    if (!param)
        oracle_give_up("no such parameter", name);
    if (str_eq(modifier, STR("missing")))
        return (oracle_values(o, doc, param).count == 0) == str_eq(value, STR("true"));
    if (str_eq(modifier, STR("not")))
        return !any_value_matches(o, doc, param, STR_EMPTY, value);
    if (str_eq(modifier, STR("not-in")))
        return !any_value_matches(o, doc, param, STR("in"), value);
    return any_value_matches(o, doc, param, modifier, value);
}

static bool has_holds(Oracle *o, OracleDoc *doc, Str key, Str value)
{
    Str type = str_cut(&key, ':'), code = str_cut(&key, ':');
    Param *param = oracle_param(o, type, code);
    if (!param)
        oracle_give_up("no such parameter", code);
    for (OracleDoc *from = o->docs; from; from = from->next) {
        if (str_eq(from->type, type) && oracle_points_to(o, from, param, doc) &&
            oracle_holds(o, from, key, value))
            return true;
    }
    return false;
}

/* Whether a resource of that type can be asked for what begins the key. */
static bool can_be_asked(Oracle *o, Str type, Str key)
{
    Str name = key;
    if (str_has_prefix(name, STR("_has:")) || str_has_prefix(name, STR("_list")) ||
        str_has_prefix(name, STR("_filter")))
        return true;
    size_t end = 0;
    while (end < name.len && name.at[end] != ':' && name.at[end] != '.')
        end++;
    return oracle_param(o, type, str_head(name, end)) != NULL;
}

static bool chain_holds(Oracle *o, OracleDoc *doc, Str link, Str rest, Str value)
{
    Str code = str_cut(&link, ':'), type = link.at ? link : STR_EMPTY;
    Param *param = oracle_param(o, doc->type, code);
    if (!param)
        oracle_give_up("no such parameter", code);
    size_t count;
    OracleDoc **targets = oracle_targets(o, doc, param, &count);
    for (size_t i = 0; i < count; i++) {
        if ((!type.len || str_eq(targets[i]->type, type)) &&
            can_be_asked(o, targets[i]->type, rest) && oracle_holds(o, targets[i], rest, value))
            return true;
    }
    return false;
}

bool oracle_holds(Oracle *o, OracleDoc *doc, Str key, Str value)
{
    static const Str has = STR_INIT("_has:");
    if (str_has_prefix(key, has))
        return has_holds(o, doc, str_from(key, has.len), value);
    size_t dot = str_index(key, '.');
    if (dot != SIZE_MAX)
        return chain_holds(o, doc, str_head(key, dot), str_from(key, dot + 1), value);
    return leaf_holds(o, doc, key, value);
}
