/* query.c - a random query: conditions, chains, order, includes. */
#include "query_inner.h"

enum { KIND_LABEL_MAX = 64 };

/* ---- choices ---- */

OracleDoc *make_doc_choice(Maker *m, Str type)
{
    unsigned count = 0;
    OracleDoc *chosen = NULL;
    for (OracleDoc *doc = m->oracle->docs; doc; doc = doc->next) {
        if ((!type.len || str_eq(doc->type, type)) && dice(m->dice, ++count) == 0)
            chosen = doc;
    }
    return chosen;
}

/* Not asked here: text engines, and what has no expression. */
static bool is_asked(const FhirParam *param)
{
    static const Str others[] = {STR_INIT("_text"), STR_INIT("_content"), STR_INIT("_query"),
                                 STR_INIT("phonetic")};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (str_eq(param->code, others[i]))
            return false;
    }
    return true;
}

Param *make_param_choice(Maker *m, OracleDoc *doc, Str kind)
{
    size_t count, seen = 0;
    const FhirParam *all = fhir_params_of(fhir_type_find(doc->type), &count);
    Param *chosen = NULL;
    for (size_t i = 0; i < count; i++) {
        Param *param = is_asked(&all[i]) ? oracle_param(m->oracle, doc->type, all[i].code) : NULL;
        if (!param || !param->expression.len || (doc->container && param->code.at[0] == '_') ||
            (kind.len && !str_eq(param->kind, kind)) || !oracle_values(m->oracle, doc, param).count)
            continue;
        if (dice(m->dice, (unsigned)++seen) == 0)
            chosen = param;
    }
    return chosen;
}

PathItem make_item_choice(Maker *m, OracleDoc *doc, Param *param)
{
    PathItems items = oracle_values(m->oracle, doc, param);
    return items.items[dice(m->dice, (unsigned)items.count)];
}

/* ---- conditions ---- */

typedef struct {
    Str key, value, label;
} Condition;

static Str label_of(Maker *m, const Param *param, Str modifier)
{
    if (fhir_type_find(modifier))
        modifier = STR("[type]");
    return FORMAT(m, STR_FMT "%s" STR_FMT, STR_ARG(param->kind), modifier.len ? ":" : "",
                  STR_ARG(modifier));
}

/* A second value of the same parameter, with the same modifier. */
static Str with_or(Maker *m, OracleDoc *doc, Param *param, const Made *first)
{
    OracleDoc *other = make_doc_choice(m, doc->type);
    if (!oracle_values(m->oracle, other, param).count)
        return first->text;
    PathItem item = make_item_choice(m, other, param);
    Made second = make_value(m, other, param, &item, !first->modifier.len);
    if (!second.text.at || !str_eq(second.modifier, first->modifier))
        return first->text;
    return FORMAT(m, STR_FMT "," STR_FMT, STR_ARG(first->text), STR_ARG(second.text));
}

static bool make_missing(Maker *m, OracleDoc *doc, Condition *ret)
{
    size_t count;
    const FhirParam *all = fhir_params_of(fhir_type_find(doc->type), &count);
    const FhirParam *any = &all[dice(m->dice, (unsigned)count)];
    if (!is_asked(any) || (doc->container && any->code.at[0] == '_') ||
        any->kind == FHIR_PARAM_COMPOSITE || any->kind == FHIR_PARAM_SPECIAL)
        return false;
    *ret = (Condition){FORMAT(m, STR_FMT ":missing", STR_ARG(any->code)),
                       dice_percent(m->dice, 50) ? STR("true") : STR("false"), STR(":missing")};
    return true;
}

static bool make_leaf(Maker *m, OracleDoc *doc, Condition *ret)
{
    if (dice_percent(m->dice, 8))
        return make_missing(m, doc, ret);
    Param *param = make_param_choice(m, doc, STR_EMPTY);
    if (!param)
        return false;
    PathItem item = make_item_choice(m, doc, param);
    Made made = make_value(m, doc, param, &item, false);
    if (!made.text.at)
        return false;
    Str value = dice_percent(m->dice, 25) ? with_or(m, doc, param, &made) : made.text;
    *ret = (Condition){FORMAT(m, STR_FMT "%s" STR_FMT, STR_ARG(param->code),
                              made.modifier.len ? ":" : "", STR_ARG(made.modifier)),
                       value, label_of(m, param, made.modifier)};
    return true;
}

static bool make_condition(Maker *m, OracleDoc *doc, int depth, Condition *ret);

static bool make_chain(Maker *m, OracleDoc *doc, int depth, Condition *ret)
{
    Param *link = make_param_choice(m, doc, STR("reference"));
    size_t count = 0;
    OracleDoc **targets = link ? oracle_targets(m->oracle, doc, link, &count) : NULL;
    Condition inner;
    if (!count)
        return false;
    OracleDoc *target = targets[dice(m->dice, (unsigned)count)];
    if (!make_condition(m, target, depth + 1, &inner))
        return false;
    *ret = inner;
    ret->label = FORMAT(m, "chain " STR_FMT, STR_ARG(inner.label));
    ret->key = dice_percent(m->dice, 60)
                   ? FORMAT(m, STR_FMT ":" STR_FMT "." STR_FMT, STR_ARG(link->code),
                            STR_ARG(target->type), STR_ARG(inner.key))
                   : FORMAT(m, STR_FMT "." STR_FMT, STR_ARG(link->code), STR_ARG(inner.key));
    return true;
}

static bool make_has(Maker *m, OracleDoc *doc, int depth, Condition *ret)
{
    for (int tries = 0; tries < 20; tries++) {
        OracleDoc *from = make_doc_choice(m, STR_EMPTY);
        Param *link = make_param_choice(m, from, STR("reference"));
        size_t count = 0;
        OracleDoc **targets = link ? oracle_targets(m->oracle, from, link, &count) : NULL;
        Condition inner;
        if (!count || !str_eq(targets[0]->type, doc->type) || targets[0]->container ||
            !make_condition(m, from, depth + 1, &inner))
            continue;
        *ret = inner;
        ret->label = FORMAT(m, "has " STR_FMT, STR_ARG(inner.label));
        ret->key = FORMAT(m, "_has:" STR_FMT ":" STR_FMT ":" STR_FMT, STR_ARG(from->type),
                          STR_ARG(link->code), STR_ARG(inner.key));
        return true;
    }
    return false;
}

static bool make_condition(Maker *m, OracleDoc *doc, int depth, Condition *ret)
{
    unsigned way = dice(m->dice, 100);
    if (depth < 3 && way < 14)
        return make_chain(m, doc, depth, ret);
    if (depth < 2 && way < 24 && !doc->container)
        return make_has(m, doc, depth, ret);
    if (depth == 0 && way < 36) {
        Str text = make_filter(m, doc, 0);
        *ret = (Condition){STR("_filter"), text, STR("_filter")};
        return text.at != NULL;
    }
    if (depth == 0 && way < 39) {
        *ret = (Condition){STR("_list"), FORMAT(m, "i%u", dice(m->dice, 6)), STR("_list")};
        return true;
    }
    return make_leaf(m, doc, ret);
}

/* ---- the query ---- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~:/,*", c));
}

static void add_encoded(Buf *buf, Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_plain(text.at[i]))
            buf_add_char(buf, text.at[i]);
        else
            buf_format(buf, "%%%02X", (unsigned char)text.at[i]);
    }
}

static void add_part(Maker *m, OracleQuery *query, Str key, Str value, Str label)
{
    Buf buf;
    buf_init(&buf, m->arena, 128, 1 << 14);
    add_encoded(&buf, key);
    buf_add_char(&buf, '=');
    add_encoded(&buf, value);
    if (query->count < QUERY_PARTS_MAX)
        query->parts[query->count++] = (QueryPart){buf_str(&buf), label};
}

/* Kinds that have an order everybody agrees on; a whole name has none. */
static bool is_sortable(const FhirParam *param)
{
    static const Str whole[] = {STR_INIT("name"), STR_INIT("address"), STR_INIT("_query")};
    for (size_t i = 0; i < COUNT_OF(whole); i++) {
        if (str_eq(param->code, whole[i]))
            return false;
    }
    return is_asked(param) && (param->kind == FHIR_PARAM_STRING || param->kind == FHIR_PARAM_DATE ||
                               param->kind == FHIR_PARAM_NUMBER || param->kind == FHIR_PARAM_URI ||
                               str_eq(param->code, STR("_id")));
}

static void add_sort(Maker *m, OracleQuery *query)
{
    size_t count;
    const FhirParam *all = fhir_params_of(fhir_type_find(query->type), &count);
    Str value = STR_EMPTY, label = STR_EMPTY;
    unsigned keys = 0, wanted = 1 + dice(m->dice, 2);
    for (int tries = 0; tries < 50 && keys < wanted; tries++) {
        const FhirParam *param = &all[dice(m->dice, (unsigned)count)];
        Param *known = oracle_param(m->oracle, query->type, param->code);
        if (!is_sortable(param) || !known)
            continue;
        value = FORMAT(m, STR_FMT "%s%s" STR_FMT, STR_ARG(value), keys ? "," : "",
                       dice_percent(m->dice, 50) ? "-" : "", STR_ARG(param->code));
        label = FORMAT(m, STR_FMT "%s" STR_FMT, STR_ARG(label), keys ? "," : "_sort ",
                       STR_ARG(known->kind));
        keys++;
    }
    if (keys)
        add_part(m, query, STR("_sort"), value, label);
}

static void add_include(Maker *m, OracleQuery *query, OracleDoc *doc)
{
    bool reverse = dice_percent(m->dice, 40), iterate = dice_percent(m->dice, 30);
    Str source = doc->type, code = STR("*"), target = STR_EMPTY;
    for (int tries = 0; tries < 20; tries++) {
        OracleDoc *from = reverse ? make_doc_choice(m, STR_EMPTY) : doc;
        Param *link = make_param_choice(m, from, STR("reference"));
        size_t count = 0;
        OracleDoc **targets = link ? oracle_targets(m->oracle, from, link, &count) : NULL;
        if (!count || (reverse && !str_eq(targets[0]->type, doc->type)))
            continue;
        source = from->type;
        code = link->code;
        if (dice_percent(m->dice, 30))
            target = targets[0]->type;
        break;
    }
    if (!reverse && dice_percent(m->dice, 15)) {
        code = STR("*");
        target = STR_EMPTY;
    }
    if (reverse && str_eq(code, STR("*")))
        return;
    Str key = FORMAT(m, "%s%s", reverse ? "_revinclude" : "_include", iterate ? ":iterate" : "");
    add_part(m, query, key,
             FORMAT(m, STR_FMT ":" STR_FMT "%s" STR_FMT, STR_ARG(source), STR_ARG(code),
                    target.len ? ":" : "", STR_ARG(target)),
             str_eq(code, STR("*")) ? FORMAT(m, STR_FMT " *", STR_ARG(key)) : key);
}

/* What every type can be asked. */
static void make_system_query(Maker *m, OracleQuery *query, OracleDoc *doc)
{
    static const Str codes[] = {STR_INIT("_id"), STR_INIT("_tag"), STR_INIT("_profile"),
                                STR_INIT("_security"), STR_INIT("_source")};
    OracleDoc *other = make_doc_choice(m, STR_EMPTY);
    add_part(m, query, STR("_type"),
             FORMAT(m, STR_FMT "," STR_FMT, STR_ARG(doc->type), STR_ARG(other->type)),
             STR("_type"));
    Param *param = oracle_param(m->oracle, doc->type, PICK(m->dice, codes));
    if (!oracle_values(m->oracle, doc, param).count)
        return;
    PathItem item = make_item_choice(m, doc, param);
    Made made = make_value(m, doc, param, &item, true);
    if (made.text.at)
        add_part(m, query, param->code, made.text,
                 FORMAT(m, "_type " STR_FMT, STR_ARG(param->kind)));
}

OracleQuery query_make(OracleDice *d, Arena *arena, Oracle *oracle)
{
    Maker m = {d, arena, oracle};
    OracleQuery query = {.count = 0};
    OracleDoc *doc = make_doc_choice(&m, STR_EMPTY);
    if (dice_percent(d, 4)) {
        make_system_query(&m, &query, doc);
        return query;
    }
    query.type = doc->type;
    if (dice_percent(d, 6))
        query.compartment = FORMAT(&m, "Patient/p%u", dice(d, 30));
    unsigned wanted = 1 + (dice_percent(d, 45) ? dice(d, 2) + 1 : 0);
    for (unsigned i = 0; i < wanted; i++) {
        Condition condition;
        /* Later conditions are mostly of the same resource, so that some match all of them. */
        OracleDoc *of = dice_percent(d, 80) ? doc : make_doc_choice(&m, doc->type);
        for (int tries = 0; tries < 10; tries++) {
            if (make_condition(&m, of, 0, &condition)) {
                add_part(&m, &query, condition.key, condition.value, condition.label);
                break;
            }
        }
    }
    if (dice_percent(d, 20))
        add_sort(&m, &query);
    if (dice_percent(d, 15))
        add_include(&m, &query, doc);
    return query;
}

Str query_text(Arena *arena, const OracleQuery *query)
{
    Buf buf;
    buf_init(&buf, arena, 256, 1 << 16);
    for (size_t i = 0; i < query->count; i++) {
        if (i)
            buf_add_char(&buf, '&');
        buf_add_str(&buf, query->parts[i].text);
    }
    return buf_str(&buf);
}
