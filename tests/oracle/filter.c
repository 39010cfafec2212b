/* filter.c - _filter, read and evaluated in one walk over its text, once for each resource.
 *
 * Logical operators have no precedence: left to right. Both sides are always read.
 *
 * SPEC R4 search_filter.html */
#include "inner.h"

/* Where names are looked up: in a resource, or in one of its elements. */
typedef struct Group Group;
typedef struct {
    OracleDoc *doc;
    const Group *group; /* NULL: the resource */
    const PathItem *element;
} Scope;

typedef struct {
    Oracle *oracle;
    Str rest;
} Reader;

/* The names that stand for an element and have children; what a child is called as a
 * parameter, and where it lies below the element. SPEC R4 search_filter.html#params */
struct Group {
    const char *type, *name, *element;
    struct {
        const char *name, *param, *path;
    } children[2];
};
static const Group groups[] = {
    {"Group",
     "characteristic",
     "Group.characteristic",
     {{"code", "characteristic", "code"}, {"value", "value", "value"}}},
    {"DocumentReference",
     "relatesTo",
     "DocumentReference.relatesTo",
     {{"code", "relation", "code"}, {"target", "relatesto", "target"}}},
};

static bool filter(Reader *r, const Scope *scope);

/* ---- reading ---- */

static void skip_blanks(Reader *r)
{
    while (r->rest.len && (r->rest.at[0] == ' ' || r->rest.at[0] == '\t'))
        r->rest = str_from(r->rest, 1);
}

static bool take(Reader *r, const char *text)
{
    skip_blanks(r);
    if (!str_has_prefix(r->rest, str_of(text)))
        return false;
    r->rest = str_from(r->rest, strlen(text));
    return true;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static Str read_name(Reader *r)
{
    size_t len = 0;
    skip_blanks(r);
    while (len < r->rest.len && is_name_char(r->rest.at[len]))
        len++;
    Str name = str_head(r->rest, len);
    r->rest = str_from(r->rest, len);
    return name;
}

/* A whole word, "and" but not "android". */
static bool take_word(Reader *r, const char *word)
{
    Reader ahead = *r;
    if (!str_eq(read_name(&ahead), str_of(word)))
        return false;
    *r = ahead;
    return true;
}

static Str read_value(Reader *r)
{
    size_t len = 0;
    skip_blanks(r);
    if (r->rest.len && r->rest.at[0] == '"') {
        for (len = 1; len < r->rest.len && r->rest.at[len] != '"'; len++)
            len += r->rest.at[len] == '\\';
        Ctx cx = {.arena = r->oracle->query};
        JsonValue *text = NULL;
        if (json_parse(&cx, str_head(r->rest, len + 1), &text) != STATUS_OK)
            oracle_give_up("no string", r->rest);
        r->rest = str_from(r->rest, len + 1);
        return json_str(text);
    }
    while (len < r->rest.len && !memchr(" \t)]", r->rest.at[len], 4))
        len++;
    Str value = str_head(r->rest, len);
    r->rest = str_from(r->rest, len);
    return value;
}

/* ---- comparing ---- */

static bool string_compares(Oracle *o, const PathItem *item, Str op, Str value)
{
    Parts parts = oracle_string_parts(o, item);
    Str wanted = oracle_fold(o, value);
    for (size_t i = 0; i < parts.count; i++) {
        Str part = oracle_fold(o, parts.at[i]);
        int order = str_cmp(part, wanted);
        if ((str_eq(op, STR("eq")) && order == 0) || (str_eq(op, STR("ne")) && order != 0) ||
            (str_eq(op, STR("co")) && oracle_contains(part, wanted)) ||
            (str_eq(op, STR("sw")) && str_has_prefix(part, wanted)) ||
            (str_eq(op, STR("ew")) && str_has_suffix(part, wanted)) ||
            (str_eq(op, STR("gt")) && order > 0) || (str_eq(op, STR("lt")) && order < 0) ||
            (str_eq(op, STR("ge")) && order >= 0) || (str_eq(op, STR("le")) && order <= 0))
            return true;
    }
    return false;
}

static Str namespace_of(Oracle *o, Str value)
{
    static const struct {
        Str name, system;
    } known[] = {
        {STR_INIT("loinc|"), STR_INIT("http://loinc.org")},
        {STR_INIT("snomed|"), STR_INIT("http://snomed.info/sct")},
        {STR_INIT("rxnorm|"), STR_INIT("http://www.nlm.nih.gov/research/umls/rxnorm")},
        {STR_INIT("ucum|"), STR_INIT("http://unitsofmeasure.org")},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_has_prefix(value, known[i].name))
            return arena_format(o->query, STR_FMT STR_FMT, STR_ARG(known[i].system),
                                STR_ARG(str_from(value, known[i].name.len - 1)));
    }
    return value;
}

static bool token_compares(Oracle *o, const PathItem *item, Str op, Str value)
{
    value = namespace_of(o, value);
    if (str_eq(op, STR("eq")))
        return oracle_token_matches(o, item, STR_EMPTY, value);
    if (str_eq(op, STR("ne")))
        return !oracle_token_matches(o, item, STR_EMPTY, value);
    if (str_eq(op, STR("in")))
        return oracle_token_matches(o, item, op, value);
    if (str_eq(op, STR("ss")))
        return oracle_token_matches(o, item, STR("below"), value);
    if (str_eq(op, STR("sb")))
        return oracle_token_matches(o, item, STR("above"), value);
    oracle_give_up("not for tokens", op);
}

static bool date_compares(Oracle *o, const PathItem *item, Str op, Str value)
{
    Span target, span;
    if (!oracle_date_span(value, &span))
        oracle_give_up("is no date", value);
    if (!oracle_item_span(item, &target))
        return false;
    if (str_eq(op, STR("po")))
        return target.lo < span.hi && span.lo < target.hi;
    if (str_eq(op, STR("co")))
        return target.lo <= span.lo && target.hi >= span.hi;
    for (Prefix p = EQ; p < PREFIXES; p++) {
        if (str_eq(op, oracle_prefixes[p]))
            return oracle_span_matches(o, target, p, span);
    }
    oracle_give_up("not for dates", op);
}

static bool item_compares(Oracle *o, Str kind, const PathItem *item, Str op, Str value)
{
    if (str_eq(kind, STR("string")))
        return string_compares(o, item, op, value);
    if (str_eq(kind, STR("token")))
        return token_compares(o, item, op, value);
    if (str_eq(kind, STR("date")))
        return date_compares(o, item, op, value);
    if (str_eq(kind, STR("reference")))
        return oracle_reference_matches(o, item, STR_EMPTY, value);
    if (str_eq(kind, STR("uri")))
        return oracle_uri_matches(item, STR_EMPTY, value) == str_eq(op, STR("eq"));
    for (Prefix p = EQ; p < PREFIXES; p++) {
        if (str_eq(op, oracle_prefixes[p]))
            return str_eq(kind, STR("number")) ? oracle_number_matches(o, item, p, value)
                                               : oracle_quantity_matches(o, item, p, value);
    }
    oracle_give_up("not for numbers", op);
}

static bool items_compare(Oracle *o, Str kind, PathItems items, Str op, Str value)
{
    if (str_eq(op, STR("pr")))
        return (items.count > 0) == str_eq(value, STR("true"));
    bool none = str_eq(op, STR("ni"));
    for (size_t i = 0; i < items.count; i++) {
        if (item_compares(o, kind, &items.items[i], none ? STR("in") : op, value))
            return !none;
    }
    return none;
}

/* ---- paths ---- */

typedef struct {
    Str name, filter; /* filter: the text between [ and ], at NULL when there is none */
} Step;

static Str read_brackets(Reader *r)
{
    size_t len = 0;
    bool quoted = false;
    for (int depth = 1; len < r->rest.len; len++) {
        char c = r->rest.at[len];
        if (quoted && c == '\\')
            len++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == '[')
            depth++;
        else if (!quoted && c == ']' && --depth == 0)
            break;
    }
    Str inside = str_head(r->rest, len);
    r->rest = str_from(r->rest, len + 1);
    return inside;
}

enum { STEPS_MAX = 8 };

static size_t read_path(Reader *r, Step steps[STEPS_MAX])
{
    size_t count = 0;
    do {
        if (count == STEPS_MAX)
            oracle_give_up("too long a path", r->rest);
        steps[count] = (Step){read_name(r), {NULL, 0}};
        if (r->rest.len && r->rest.at[0] == '[') {
            r->rest = str_from(r->rest, 1);
            steps[count].filter = read_brackets(r);
        }
        count++;
    } while (r->rest.len && r->rest.at[0] == '.' && (r->rest = str_from(r->rest, 1)).at);
    return count;
}

static bool passes(Oracle *o, const Scope *scope, Str text)
{
    if (!text.at)
        return true;
    Reader reader = {o, text};
    bool holds = filter(&reader, scope);
    skip_blanks(&reader);
    if (reader.rest.len)
        oracle_give_up("left over", reader.rest);
    return holds;
}

static const Group *group_of(Str type, Str name)
{
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        if (str_eq(type, str_of(groups[i].type)) && str_eq(name, str_of(groups[i].name)))
            return &groups[i];
    }
    return NULL;
}

static bool steps_hold(Oracle *o, const Scope *scope, const Step *steps, size_t count, Str op,
                       Str value);

static bool group_holds(Oracle *o, const Scope *scope, const Group *group, const Step *steps,
                        size_t count, Str op, Str value)
{
    PathItem self = {
        .kind = PATH_ELEMENT, .json = scope->doc->json, .type = fhir_type_find(scope->doc->type)};
    PathItems elements = oracle_below(o, scope->doc, &self, str_of(group->element));
    for (size_t i = 0; i < elements.count; i++) {
        Scope inner = {scope->doc, group, &elements.items[i]};
        if (passes(o, &inner, steps[0].filter) &&
            steps_hold(o, &inner, steps + 1, count - 1, op, value))
            return true;
    }
    return false;
}

/* The parameter of a name and its values, in the scope. */
static Param *look_up(Oracle *o, const Scope *scope, Str name, PathItems *ret_items)
{
    Str code = name, path = STR_EMPTY;
    for (size_t i = 0; scope->group && i < COUNT_OF(scope->group->children); i++) {
        if (str_eq(name, str_of(scope->group->children[i].name))) {
            code = str_of(scope->group->children[i].param);
            path = str_of(scope->group->children[i].path);
        }
    }
    Param *param = oracle_param(o, scope->doc->type, code);
    if (param)
        *ret_items = path.len ? oracle_below(o, scope->doc, scope->element, path)
                              : oracle_values(o, scope->doc, param);
    return param;
}

static bool steps_hold(Oracle *o, const Scope *scope, const Step *steps, size_t count, Str op,
                       Str value)
{
    const Group *group = group_of(scope->doc->type, steps[0].name);
    if (group && count > 1)
        return group_holds(o, scope, group, steps, count, op, value);
    PathItems items = {NULL, 0};
    Param *param = look_up(o, scope, steps[0].name, &items);
    if (!param)
        return false;
    if (count == 1)
        return items_compare(o, param->kind, items, op, value);
    size_t target_count;
    OracleDoc **targets = oracle_targets(o, scope->doc, param, &target_count);
    for (size_t i = 0; i < target_count; i++) {
        Scope inner = {targets[i], NULL, NULL};
        if (passes(o, &inner, steps[0].filter) &&
            steps_hold(o, &inner, steps + 1, count - 1, op, value))
            return true;
    }
    return false;
}

/* ---- the grammar ---- */

static bool comparison(Reader *r, const Scope *scope)
{
    Step steps[STEPS_MAX];
    size_t count = read_path(r, steps);
    Str op = read_name(r), value = read_value(r);
    return steps_hold(r->oracle, scope, steps, count, op, value);
}

static bool term(Reader *r, const Scope *scope)
{
    bool negated = take_word(r, "not");
    if (!take(r, "("))
        return comparison(r, scope);
    bool holds = filter(r, scope);
    if (!take(r, ")"))
        oracle_give_up("a ) is missing", r->rest);
    return holds != negated;
}

static bool filter(Reader *r, const Scope *scope)
{
    bool holds = term(r, scope);
    for (;;) {
        if (take_word(r, "and")) {
            bool right = term(r, scope);
            holds = holds && right;
        } else if (take_word(r, "or")) {
            bool right = term(r, scope);
            holds = holds || right;
        } else {
            return holds;
        }
    }
}

bool oracle_filter_holds(Oracle *o, OracleDoc *doc, Str text)
{
    Scope scope = {doc, NULL, NULL};
    return passes(o, &scope, text.at ? text : STR_EMPTY);
}
