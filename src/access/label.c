/* access/label.c - one walk over a resource: whom it is about, who made it, of what class it is.
 *
 * First the paths of its row (subjects.c) are followed; then every coding in it is looked up. What
 * stands in it, contained or as an entry of a Bundle, is labelled in the same way and can only add:
 * subjects, a stricter class, more sensitivity. */
#include "access/labels.h"

#include "fhir/fhir.h"

void label_raise_class(Label *l, uint8_t class)
{
    uint8_t rank = l->labels->rank[class];
    if (rank <= l->rank)
        return;
    l->rank = rank;
    l->facts->class = class;
}

void label_raise_level(Label *l, uint8_t confidentiality, uint16_t sensitivity)
{
    if (confidentiality > l->facts->confidentiality)
        l->facts->confidentiality = confidentiality;
    l->facts->sensitivity |= sensitivity;
}

/* ---- of what class it is -------------------------------------------------------------------- */

/* One resource in the walk: the root, or what stands in it. */
typedef struct Node {
    Label *l;
    uint16_t type;
    uint8_t rank, class; /* by rules; rank 0: by none yet */
} Node;

static bool apply(Node *node, uint16_t number, unsigned where)
{
    const LabelRule *rule = &node->l->labels->rules[number];
    if (!(rule->where & where) || !(rule->types[node->type / 64] >> node->type % 64 & 1))
        return false;
    label_raise_level(node->l, rule->confidentiality, rule->sensitivity);
    if (rule->profession)
        node->l->rule_profession = rule->profession;
    uint8_t rank = rule->class == CLASS_NONE ? 0 : node->l->labels->rank[rule->class];
    if (rank > node->rank) {
        node->rank = rank;
        node->class = rule->class;
    }
    return true;
}

/* Whether a rule knows it. */
static bool look_up(Node *node, uint16_t system, Str code, unsigned where)
{
    const Labels *labels = node->l->labels;
    bool known = false;
    size_t at = label_hash(code) & labels->slot_mask;
    for (; labels->slots[at].system; at = (at + 1) & labels->slot_mask) {
        if (labels->slots[at].system == system && str_eq(labels->slots[at].code, code))
            known |= apply(node, labels->slots[at].rule, where);
    }
    if (!labels->has_ranges[system])
        return known;
    for (size_t i = 0; i < labels->range_count; i++) {
        const LabelRange *range = &labels->ranges[i];
        size_t len = range->from.len;
        if (range->system == system && code.len >= len &&
            memcmp(code.at, range->from.at, len) >= 0 && memcmp(code.at, range->to.at, len) <= 0)
            known |= apply(node, range->rule, where);
    }
    return known;
}

static bool look_up_coding(Node *node, Str system, Str code, unsigned where)
{
    uint16_t number = label_system_find(node->l->labels, system);
    return number && look_up(node, number, code, where);
}

/* They say for what, and how sure: not who may see it. */
static bool says_nothing(Str system)
{
    return str_eq(system, STR("http://terminology.hl7.org/CodeSystem/v3-ActReason")) ||
           str_eq(system, STR("http://terminology.hl7.org/CodeSystem/v3-ObservationValue"));
}

/* Set by hand: a level, a category, or a code that is not known, which is no reason to show it. */
static void read_security(Node *node, const JsonValue *security)
{
    JsonValue *coding;
    for (JsonIter it = json_iter(security); json_next(&it, NULL, &coding);) {
        Str system = json_get_str(coding, STR("system")), code = json_get_str(coding, STR("code"));
        if (label_is_computed(coding))
            continue;
        int level =
            str_eq(system, STR(LABEL_CONFIDENTIALITY)) ? label_confidentiality_of(code) : -1;
        if (level >= 0)
            label_raise_level(node->l, (uint8_t)level, 0);
        else if (!look_up_coding(node, system, code, WHERE_LABEL) && !says_nothing(system))
            label_raise_level(node->l, CONF_R, 0);
    }
}

static void read_meta(Node *node, const JsonValue *meta)
{
    JsonValue *profile;
    read_security(node, json_get(meta, STR("security")));
    for (JsonIter it = json_iter(json_get(meta, STR("profile"))); json_next(&it, NULL, &profile);) {
        Str url = json_str(profile);
        (void)look_up(node, SYSTEM_PROFILE, str_cut(&url, '|'), WHERE_PROFILE);
    }
}

static void walk_resource(Label *l, uint16_t type, const JsonValue *resource);

/* Any object with a system and a code is looked up, wherever it stands. */
static void walk_value(Node *node, const JsonValue *json, unsigned where)
{
    JsonValue *value;
    Str name = STR_EMPTY, system = STR_EMPTY, code = STR_EMPTY;
    for (JsonIter it = json_iter(json); json_next(&it, &name, &value);) {
        JsonType type = json_type(value);
        if (type == JSON_OBJECT || type == JSON_ARRAY)
            walk_value(node, value, where);
        else if (type != JSON_STRING || !name.len)
            continue;
        else if (str_eq(name, STR("system")))
            system = json_str(value);
        else if (str_eq(name, STR("code")))
            code = json_str(value);
        else if (str_eq(name, STR("resourceType")))
            walk_resource(node->l, fhir_type_find(json_str(value)), json);
    }
    if (system.len && code.len)
        (void)look_up_coding(node, system, code, where);
}

/* What is about nobody is no worse for the codes it speaks of: a clinic for addicts has an address,
 * a value set of infections is a definition. */
static unsigned where_of(const Label *l, Str name)
{
    unsigned where = l->about ? WHERE_ANYWHERE : 0;
    if (str_eq(name, STR("category")))
        return where | WHERE_CATEGORY;
    return str_eq(name, STR("code")) || str_eq(name, STR("type")) ? where | WHERE_CODE : where;
}

/* The codes of what it names: a prescription is as sensitive as the drug. */
static void walk_part(Label *l, const LabelPath *path, const Ref *ref)
{
    const Labeller *labeller = l->labeller;
    const JsonValue *part = ref->kind == REF_HERE && labeller->resource_of
                                ? labeller->resource_of(labeller->of, ref->type, ref->id)
                                : NULL;
    UNUSED(path);
    if (part && l->about)
        walk_value(l->node, part, WHERE_ANYWHERE);
}

static void walk_parts(Label *l, LabelPaths paths, const JsonValue *resource)
{
    for (size_t i = 0; i < paths.count; i++) {
        if (paths.at[i].kind == PATH_PART)
            label_walk_path(l, &paths.at[i], 0, resource, walk_part);
    }
}

static void walk_resource(Label *l, uint16_t type, const JsonValue *resource)
{
    Node node = {.l = l, .type = type};
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(resource); json_next(&it, &name, &value);) {
        if (str_eq(name, STR("meta")))
            read_meta(&node, value);
        else if (json_is(value, JSON_OBJECT) || json_is(value, JSON_ARRAY))
            walk_value(&node, value, where_of(l, name));
    }
    const LabelType *row = &l->labels->types[type];
    struct Node *outer = l->node;
    l->node = &node;
    walk_parts(l, row->subjects, resource);
    l->node = outer;
    uint8_t base = !type ? D17_CONFIGURATION : l->about ? row->about_class : row->class;
    if (node.rank)
        label_raise_class(l, node.class);
    else if (!(l->taken && resource == l->source->resource))
        label_raise_class(l, base);
}

void label_resource(const Labeller *labeller, const LabelSource *source, Facts *ret_facts)
{
    Facts facts = {.confidentiality = CONF_N};
    Label l = {.labeller = labeller,
               .labels = labeller->labels,
               .source = source,
               .root = source->resource,
               .facts = &facts};
    assert(source->type && l.labels->types[source->type].known);
    label_find_subjects(&l, source);
    walk_resource(&l, source->type, source->resource);
    label_find_author(&l, source);
    label_settle_profession(&l);
    if (l.unknown) {
        memset(facts.subjects, 0, sizeof(facts.subjects));
        facts.subjects[0] = LABEL_UNKNOWN;
        facts.subject_count = 1;
    }
    *ret_facts = facts;
}
