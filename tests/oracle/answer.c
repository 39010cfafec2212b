/* answer.c - which resources a whole query finds, in which order, and what it includes.
 *
 * SPEC R4 search.html#sort, #include, #type; compartmentdefinition.html */
#include "inner.h"

enum { DOCS_MAX = 20000 };

/* ---- order ---- */

typedef struct {
    bool there;
    Decimal number;
    int64_t instant;
    Str text;
} SortKey;

static int compare_keys(Str kind, const SortKey *a, const SortKey *b)
{
    if (str_eq(kind, STR("date")))
        return (a->instant > b->instant) - (a->instant < b->instant);
    if (str_eq(kind, STR("number")) || str_eq(kind, STR("quantity")))
        return decimal_compare(a->number, b->number);
    return str_cmp(a->text, b->text);
}

static void consider(Str kind, SortKey *best, SortKey next, bool falling)
{
    next.there = true;
    int order = best->there ? compare_keys(kind, &next, best) : 0;
    if (!best->there || (falling ? order > 0 : order < 0))
        *best = next;
}

/* The value that comes first in the wanted order. */
static SortKey sort_key(Oracle *o, OracleDoc *doc, Param *param, bool falling)
{
    SortKey best = {.there = false};
    PathItems items = oracle_values(o, doc, param);
    for (size_t i = 0; i < items.count; i++) {
        const PathItem *item = &items.items[i];
        SortKey next = {.there = false};
        Span span;
        Ref ref;
        if (str_eq(param->kind, STR("date")) && oracle_item_span(item, &span)) {
            next.instant = span.lo == INT64_MIN ? span.hi : span.lo;
            consider(param->kind, &best, next, falling);
        } else if (str_eq(param->kind, STR("number")) || str_eq(param->kind, STR("quantity"))) {
            if (oracle_number_of(item, &next.number))
                consider(param->kind, &best, next, falling);
        } else if (str_eq(param->kind, STR("string"))) {
            Parts parts = oracle_string_parts(o, item);
            for (size_t k = 0; k < parts.count; k++) {
                next.text = oracle_fold(o, parts.at[k]);
                consider(param->kind, &best, next, falling);
            }
        } else if (str_eq(param->kind, STR("token"))) {
            next.text = oracle_token_code(item);
            consider(param->kind, &best, next, falling);
        } else if (str_eq(param->kind, STR("uri"))) {
            next.text = oracle_item_text(item);
            consider(param->kind, &best, next, falling);
        } else if (str_eq(param->kind, STR("reference")) && oracle_item_ref(o, item, &ref)) {
            next.text = ref.url.len ? ref.url
                                    : arena_format(o->query, STR_FMT "/" STR_FMT, STR_ARG(ref.type),
                                                   STR_ARG(ref.id));
            consider(param->kind, &best, next, falling);
        }
    }
    return best;
}

static int compare_by(Oracle *o, Str code, OracleDoc *a, OracleDoc *b)
{
    bool falling = str_has_prefix(code, STR("-"));
    Str name = str_from(code, falling);
    Param *of_a = oracle_param(o, a->type, name), *of_b = oracle_param(o, b->type, name);
    if (!of_a || !of_b)
        oracle_give_up("cannot be sorted by", name);
    SortKey x = sort_key(o, a, of_a, falling), y = sort_key(o, b, of_b, falling);
    if (!x.there || !y.there)
        return y.there - x.there;
    int order = compare_keys(of_a->kind, &x, &y);
    return falling ? -order : order;
}

int oracle_compare(Oracle *o, Str query, OracleDoc *a, OracleDoc *b)
{
    Str name, value, code = STR_EMPTY;
    while (oracle_next_pair(o, &query, &name, &value)) {
        while (str_eq(name, STR("_sort")) && oracle_next_part(&value, ',', &code)) {
            int order = compare_by(o, code, a, b);
            if (order)
                return order;
        }
    }
    return 0;
}

static Oracle *sorting;
static Str sorting_query;
static int compare_docs(const void *a, const void *b)
{
    return oracle_compare(sorting, sorting_query, *(OracleDoc *const *)a, *(OracleDoc *const *)b);
}

/* ---- matches ---- */

/* What tells the server how to answer, not what to find. */
static bool is_condition(Str name)
{
    static const Str others[] = {
        STR_INIT("_count"), STR_INIT("_sort"),    STR_INIT("_total"),      STR_INIT("_summary"),
        STR_INIT("_type"),  STR_INIT("_include"), STR_INIT("_revinclude"), STR_INIT("_elements"),
    };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (str_has_prefix(name, others[i]))
            return false;
    }
    return true;
}

static bool type_asked(Oracle *o, const OracleDoc *doc, Str type, Str query)
{
    Str name, value, one = STR_EMPTY;
    if (type.len)
        return str_eq(doc->type, type);
    bool asked = false, found = false;
    while (oracle_next_pair(o, &query, &name, &value)) {
        while (str_eq(name, STR("_type")) && oracle_next_part(&value, ',', &one)) {
            asked = true;
            found = found || str_eq(one, doc->type);
        }
    }
    return found || !asked;
}

/* By what a resource says, whether the center is still there or not. */
static bool names_center(Oracle *o, OracleDoc *doc, Param *param, const Ref *center)
{
    PathItems items = oracle_values(o, doc, param);
    Ref ref;
    for (size_t i = 0; i < items.count; i++) {
        if (oracle_item_ref(o, &items.items[i], &ref) && str_eq(ref.type, center->type) &&
            str_eq(ref.id, center->id))
            return true;
    }
    return false;
}

static bool in_compartment(Oracle *o, OracleDoc *doc, Str compartment)
{
    Ref center = oracle_ref(o, compartment, false);
    size_t count;
    const Str *codes = fhir_compartment_params(center.type, fhir_type_find(doc->type), &count);
    for (size_t i = 0; i < count; i++) {
        Param *param = oracle_param(o, doc->type, codes[i]);
        if (param && names_center(o, doc, param, &center))
            return true;
    }
    return str_eq(doc->type, center.type) && str_eq(doc->id, center.id);
}

static bool all_hold(Oracle *o, OracleDoc *doc, Str query)
{
    Str name, value;
    while (oracle_next_pair(o, &query, &name, &value)) {
        if (is_condition(name) && !oracle_holds(o, doc, name, value))
            return false;
    }
    return true;
}

static OracleAnswer find(Oracle *o, Arena *arena, Str type, Str compartment, Str query, int slack)
{
    OracleAnswer answer = {arena_array_of(arena, OracleDoc *, DOCS_MAX), 0, true};
    o->slack = slack;
    for (OracleDoc *doc = o->docs; doc; doc = doc->next) {
        if (type_asked(o, doc, type, query) &&
            (!compartment.len || in_compartment(o, doc, compartment)) && all_hold(o, doc, query))
            answer.docs[answer.count++] = doc;
    }
    return answer;
}

OracleAnswer oracle_matches(Oracle *o, Arena *arena, Str type, Str compartment, Str query)
{
    arena_clear(o->query);
    oracle_asked = query;
    o->approximate = false;
    OracleAnswer answer = find(o, arena, type, compartment, query, 0);
    if (o->approximate) {
        size_t fewest = find(o, arena, type, compartment, query, -1).count;
        answer.sure = find(o, arena, type, compartment, query, 1).count == fewest;
    }
    sorting = o;
    sorting_query = query;
    qsort(answer.docs, answer.count, sizeof(OracleDoc *), compare_docs);
    return answer;
}

/* ---- includes ---- */

static bool has_doc(const OracleAnswer *set, const OracleDoc *doc)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->docs[i] == doc)
            return true;
    }
    return false;
}

typedef struct {
    Oracle *oracle;
    const OracleAnswer *page;
    OracleAnswer found;
} Including;

static void add(Including *in, OracleDoc *doc)
{
    if (!doc->container && !has_doc(in->page, doc) && !has_doc(&in->found, doc) &&
        in->found.count < DOCS_MAX)
        in->found.docs[in->found.count++] = doc;
}

/* By one parameter, from a resource that points to one that is pointed to. */
static void join(Including *in, OracleDoc *from, Param *param, const OracleDoc *only_to, Str type)
{
    size_t count;
    OracleDoc **targets = oracle_targets(in->oracle, from, param, &count);
    for (size_t i = 0; i < count; i++) {
        if (type.len && !str_eq(targets[i]->type, type))
            continue;
        if (!only_to)
            add(in, targets[i]);
        else if (targets[i] == only_to)
            add(in, from);
    }
}

static void join_all(Including *in, OracleDoc *from, Str code, const OracleDoc *only_to, Str type)
{
    if (!str_eq(code, STR("*"))) {
        Param *param = oracle_param(in->oracle, from->type, code);
        if (!param)
            oracle_give_up("no such parameter", code);
        join(in, from, param, only_to, type);
        return;
    }
    size_t count;
    const FhirParam *all = fhir_params_of(fhir_type_find(from->type), &count);
    for (size_t i = 0; i < count; i++) {
        if (all[i].kind == FHIR_PARAM_REFERENCE)
            join(in, from, oracle_param(in->oracle, from->type, all[i].code), only_to, type);
    }
}

/* One include over one resource of the page, or of what was included. */
static void include_from(Including *in, OracleDoc *doc, bool reverse, Str value)
{
    Str type = str_cut(&value, ':'), code = STR("*"), target = STR_EMPTY;
    if (value.at) {
        code = str_cut(&value, ':');
        target = value.at ? value : STR_EMPTY;
    }
    bool any = str_eq(type, STR("*"));
    if (!reverse && (any || str_eq(doc->type, type)))
        join_all(in, doc, code, NULL, target);
    for (OracleDoc *from = in->oracle->docs; reverse && from; from = from->next) {
        if (any || str_eq(from->type, type))
            join_all(in, from, code, doc, target);
    }
}

/* All includes over the resources of a set; the iterating ones alone over what was included. */
static void include_all(Including *in, OracleDoc *doc, Str query, bool iterated)
{
    Str name, value;
    while (oracle_next_pair(in->oracle, &query, &name, &value)) {
        Str word = str_cut(&name, ':');
        bool reverse = str_eq(word, STR("_revinclude"));
        if ((reverse || str_eq(word, STR("_include"))) &&
            (!iterated || str_eq(name, STR("iterate"))))
            include_from(in, doc, reverse, value);
    }
}

OracleAnswer oracle_includes(Oracle *o, Arena *arena, Str query, const OracleAnswer *page)
{
    Including in = {o, page, {arena_array_of(arena, OracleDoc *, DOCS_MAX), 0, true}};
    for (size_t i = 0; i < page->count; i++)
        include_all(&in, page->docs[i], query, false);
    for (size_t i = 0; i < in.found.count; i++)
        include_all(&in, in.found.docs[i], query, true);
    return in.found;
}
