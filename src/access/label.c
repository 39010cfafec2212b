/* access/label.c - one walk over a resource: whom it is about, who made it, of what class it is.
 *
 * First the paths of its row (subjects.c) are followed; then every coding in it is looked up. What
 * stands in it, contained or as an entry of a Bundle, is labelled in the same way and can only add:
 * subjects, a stricter class, more sensitivity. */
#include "access/labels.h"

#include "fhir/fhir.h"

typedef struct {
    const Labeller *labeller;
    const Labels *labels;
    const LabelSource *source;
    const JsonValue *root; /* whose contained resources "#x" names */
    bool foreign;          /* relative references are those of another server */
    bool unknown;          /* about somebody who cannot be named */
    bool about;            /* about somebody at all: codes count */
    bool taken;            /* the class is that of what it belongs to */
    uint8_t rank;          /* of the strictest class found so far; 0 = none */
    uint8_t rule_profession;
    Facts *facts;
} Label;

uint64_t label_unknown(const Labeller *labeller)
{
    return labeller->hash(labeller->of, STR("Patient/?")); /* no id has a question mark */
}

static void add_subject(Label *l, uint64_t subject)
{
    Facts *facts = l->facts;
    size_t at = 0;
    while (at < facts->subject_count && facts->subjects[at] < subject)
        at++;
    if (at < facts->subject_count && facts->subjects[at] == subject)
        return;
    if (facts->subject_count == FACTS_SUBJECTS_MAX) {
        l->unknown = true;
        return;
    }
    memmove(facts->subjects + at + 1, facts->subjects + at,
            (facts->subject_count - at) * sizeof(facts->subjects[0]));
    facts->subjects[at] = subject;
    facts->subject_count++;
}

static void raise_class(Label *l, uint8_t class)
{
    uint8_t rank = l->labels->rank[class];
    if (rank <= l->rank)
        return;
    l->rank = rank;
    l->facts->class = class;
}

static void raise_level(Label *l, uint8_t confidentiality, uint16_t sensitivity)
{
    if (confidentiality > l->facts->confidentiality)
        l->facts->confidentiality = confidentiality;
    l->facts->sensitivity |= sensitivity;
}

/* ---- references --------------------------------------------------------------------------- */

/* What a reference leads to: text is bare. */
typedef enum { REF_NONE, REF_HERE, REF_CONTAINED, REF_ELSEWHERE } RefKind;
typedef struct {
    RefKind kind;
    uint16_t type; /* 0 = not known */
    Str text, id;
} Ref;

static uint16_t contained_type(const Label *l, Str id)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(l->root, STR("contained")));
         json_next(&it, NULL, &item);) {
        if (str_eq(json_get_str(item, STR("id")), id))
            return fhir_type_find(json_get_str(item, STR("resourceType")));
    }
    return 0;
}

/* "Patient/1": both halves sound, and nothing behind them. */
static bool read_here(Str text, Ref *ref)
{
    Str id = text, name = str_cut(&id, '/');
    ref->type = fhir_type_find(name);
    ref->id = id.at ? id : STR_EMPTY;
    return ref->type && fhir_id_is(ref->id);
}

static Ref read_reference(const Label *l, const JsonValue *json)
{
    Str text = json_is(json, JSON_STRING) ? json_str(json) : json_get_str(json, STR("reference"));
    Ref ref = {.kind = REF_ELSEWHERE, .text = text};
    if (!json)
        return (Ref){.kind = REF_NONE};
    if (!text.len) { /* by identifier or in words: at most its type is known */
        ref.type = fhir_type_find(json_get_str(json, STR("type")));
        return ref;
    }
    if (text.at[0] == '#') {
        ref.kind = REF_CONTAINED;
        ref.type = contained_type(l, str_from(text, 1));
        return ref;
    }
    ref.text = l->labeller->bare(l->labeller->of, text);
    bool relative = ref.text.at == text.at;
    if (!read_here(ref.text, &ref))
        ref.type = 0;
    else if (!(relative && l->foreign))
        ref.kind = REF_HERE;
    return ref;
}

typedef void (*EachRef)(Label *l, const LabelPath *path, const Ref *ref);

static void walk_steps(Label *l, const LabelPath *path, size_t step, const JsonValue *json,
                       EachRef each)
{
    JsonValue *item;
    if (!json)
        return;
    if (json_is(json, JSON_ARRAY)) {
        for (JsonIter it = json_iter(json); json_next(&it, NULL, &item);)
            walk_steps(l, path, step, item, each);
        return;
    }
    if (step < path->step_count) {
        walk_steps(l, path, step + 1, json_get(json, path->steps[step]), each);
        return;
    }
    Ref ref = read_reference(l, json);
    if (!path->only || path->only == ref.type || !ref.type)
        each(l, path, &ref);
}

static void walk_paths(Label *l, LabelPaths paths, const JsonValue *resource, EachRef each)
{
    for (size_t i = 0; i < paths.count; i++)
        walk_steps(l, &paths.at[i], 0, resource, each);
}

/* ---- whom it is about --------------------------------------------------------------------- */

static bool is_person(const Labels *labels, uint16_t type)
{
    return type == labels->patient || type == labels->practitioner || type == labels->group ||
           type == labels->related || type == labels->person || type == labels->role;
}

/* Of something that is not a person: about whom that one is about. */
static void follow(Label *l, const LabelPath *path, const Ref *ref)
{
    Facts other;
    if (ref->type && l->labels->types[ref->type].about == ABOUT_NOBODY &&
        path->kind != PATH_TAKE) /* a directory: the answer is known */
        return;
    if (ref->kind != REF_HERE || !l->labeller->facts_of ||
        !l->labeller->facts_of(l->labeller->of, ref->type, ref->id, &other)) {
        l->unknown = true;
        return;
    }
    for (size_t i = 0; i < other.subject_count; i++)
        add_subject(l, other.subjects[i]);
    if (path->kind != PATH_TAKE)
        return;
    l->taken = true;
    raise_class(l, other.class);
    raise_level(l, other.confidentiality, other.sensitivity);
    if (!l->facts->organisation)
        l->facts->organisation = other.organisation;
}

static void take_subject(Label *l, const LabelPath *path, const Ref *ref)
{
    bool person = ref->type && is_person(l->labels, ref->type);
    if (path->only && !ref->type && ref->kind != REF_ELSEWHERE)
        return;
    if (!ref->type || (person && ref->kind != REF_HERE))
        l->unknown = true;
    else if (person)
        add_subject(l, l->labeller->hash(l->labeller->of, ref->text));
    else
        follow(l, path, ref);
}

static void note_hint(Label *l, const LabelPath *path, const Ref *ref)
{
    UNUSED(path);
    UNUSED(ref);
    l->unknown = true;
}

static void find_self(Label *l, uint16_t type, Str id)
{
    char text[160];
    int len = snprintf(text, sizeof(text), STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(type)),
                       STR_ARG(id));
    if (!id.len || l->foreign || len < 0 || (size_t)len >= sizeof(text))
        l->unknown = true;
    else
        add_subject(l, l->labeller->hash(l->labeller->of, str_n(text, (size_t)len)));
}

/* Whether a path leads anywhere at all, also to a Location. */
static bool names_any_step(const LabelPath *path, size_t step, const JsonValue *json)
{
    JsonValue *item;
    if (!json)
        return false;
    if (json_is(json, JSON_ARRAY)) {
        for (JsonIter it = json_iter(json); json_next(&it, NULL, &item);) {
            if (names_any_step(path, step, item))
                return true;
        }
        return false;
    }
    if (step == path->step_count)
        return !path->only; /* what it does not look at is not named by it */
    return names_any_step(path, step + 1, json_get(json, path->steps[step]));
}

static bool names_any(LabelPaths paths, const JsonValue *json)
{
    for (size_t i = 0; i < paths.count; i++) {
        if (names_any_step(&paths.at[i], 0, json))
            return true;
    }
    return false;
}

/* `within`: of a contained resource, which need not say what its container says. */
static void find_subjects(Label *l, uint16_t type, Str id, const JsonValue *resource, bool within)
{
    const LabelType *row = &l->labels->types[type];
    size_t before = l->facts->subject_count;
    if (row->about == ABOUT_NOBODY)
        return;
    for (size_t i = 0; i < row->subjects.count; i++) {
        if (row->subjects.at[i].kind == PATH_SELF)
            find_self(l, type, id);
        else
            walk_steps(l, &row->subjects.at[i], 0, resource, take_subject);
    }
    if (l->facts->subject_count > before || l->unknown || within)
        return;
    if (row->about == ABOUT_SOMEBODY && !names_any(row->subjects, resource))
        l->unknown = true;
    if (row->about == ABOUT_MAYBE)
        walk_paths(l, row->hints, resource, note_hint);
}

/* Contained ones, and the entries of what carries resources. */
static void find_nested_subjects(Label *l, const JsonValue *resource)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(resource, STR("contained")));
         json_next(&it, NULL, &item);) {
        uint16_t type = fhir_type_find(json_get_str(item, STR("resourceType")));
        if (type)
            find_subjects(l, type, STR_EMPTY, item, true);
    }
}

static void find_carried_subjects(Label *l, const JsonValue *json)
{
    JsonValue *item;
    if (json_is(json, JSON_ARRAY)) {
        for (JsonIter it = json_iter(json); json_next(&it, NULL, &item);)
            find_carried_subjects(l, item);
        return;
    }
    Str type_name = json_get_str(json, STR("resourceType")), name = STR_EMPTY;
    Str url = json_get_str(json, STR("fullUrl"));
    uint16_t type = fhir_type_find(type_name);
    bool foreign = l->foreign;
    if (url.len) /* what it names beside it is of the same server */
        l->foreign = l->labeller->bare(l->labeller->of, url).at == url.at;
    if (type) {
        const JsonValue *root = l->root;
        l->root = json;
        find_subjects(l, type, json_get_str(json, STR("id")), json, false);
        find_nested_subjects(l, json);
        l->root = root;
    }
    for (JsonIter it = json_iter(json); json_next(&it, &name, &item);) {
        if (json_is(item, JSON_OBJECT) || json_is(item, JSON_ARRAY))
            find_carried_subjects(l, item);
    }
    l->foreign = foreign;
}

static void find_all_subjects(Label *l, const LabelSource *source)
{
    find_subjects(l, source->type, source->id, source->resource, false);
    find_nested_subjects(l, source->resource);
    if (l->labels->types[source->type].carries) {
        Str name;
        JsonValue *value;
        for (JsonIter it = json_iter(source->resource); json_next(&it, &name, &value);)
            find_carried_subjects(l, value);
    }
    l->about = l->unknown || l->facts->subject_count;
}

/* ---- who made it ---------------------------------------------------------------------------- */

static AccessRole role_of_type(const Labels *labels, uint16_t type)
{
    return type == labels->patient   ? ROLE_PATIENT
           : type == labels->related ? ROLE_PROXY
                                     : ROLE_NOBODY;
}

/* The writer when he is among them; else the first one that is a person. */
static void take_author(Label *l, const LabelPath *path, const Ref *ref)
{
    const LabelSource *source = l->source;
    Facts *facts = l->facts;
    UNUSED(path);
    if (ref->kind != REF_HERE || !is_person(l->labels, ref->type) || ref->type == l->labels->group)
        return;
    uint64_t author = l->labeller->hash(l->labeller->of, ref->text);
    bool writer = source->writer.len && str_eq(source->writer, ref->text);
    if (facts->author && !writer)
        return;
    facts->author = author;
    facts->profession = (uint8_t)role_of_type(l->labels, ref->type);
    if (writer)
        facts->profession = (uint8_t)source->role;
    else if (facts->profession == ROLE_NOBODY && source->before && source->before->author == author)
        facts->profession = source->before->profession;
}

static void take_organisation(Label *l, const LabelPath *path, const Ref *ref)
{
    UNUSED(path);
    if (l->facts->organisation || ref->kind != REF_HERE ||
        !str_has_prefix(ref->text, STR("Organization/")))
        return;
    l->facts->organisation = l->labeller->hash(l->labeller->of, ref->text);
}

/* What the resource says, then who made its first version, then who writes it. */
static void find_author(Label *l, const LabelSource *source)
{
    const LabelType *row = &l->labels->types[source->type];
    Facts *facts = l->facts;
    walk_paths(l, row->authors, source->resource, take_author);
    walk_paths(l, row->organisations, source->resource, take_organisation);
    if (!facts->author && source->before) {
        facts->author = source->before->author;
        facts->profession = source->before->profession;
    } else if (!facts->author) {
        facts->author = source->writer.len ? l->labeller->hash(l->labeller->of, source->writer) : 0;
        facts->profession = (uint8_t)source->role;
    }
    if (!facts->organisation)
        facts->organisation = source->before ? source->before->organisation : source->organisation;
}

/* Who has no profession of care writes for somebody who has: the kind of note says for whom. */
static void settle_profession(Label *l)
{
    static const bool cares[ACCESS_ROLES] = {
        [ROLE_GP] = true,    [ROLE_SPECIALIST] = true,   [ROLE_PHYSIO] = true,
        [ROLE_NURSE] = true, [ROLE_PSYCHOLOGIST] = true, [ROLE_PHARMACIST] = true,
        [ROLE_LAB] = true,   [ROLE_PATIENT] = true,      [ROLE_PROXY] = true,
    };
    if (l->rule_profession && !cares[l->facts->profession])
        l->facts->profession = l->rule_profession;
}

/* ---- of what class it is -------------------------------------------------------------------- */

/* One resource in the walk: the root, or what stands in it. */
typedef struct {
    Label *l;
    uint16_t type;
    uint8_t rank, class; /* by rules; rank 0: by none yet */
} Node;

static bool apply(Node *node, uint16_t number, unsigned where)
{
    const LabelRule *rule = &node->l->labels->rules[number];
    if (!(rule->where & where) || !(rule->types[node->type / 64] >> node->type % 64 & 1))
        return false;
    raise_level(node->l, rule->confidentiality, rule->sensitivity);
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
            raise_level(node->l, (uint8_t)level, 0);
        else if (!look_up_coding(node, system, code, WHERE_LABEL) && !says_nothing(system))
            raise_level(node->l, CONF_R, 0);
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
    uint8_t base = !type ? D17_CONFIGURATION : l->about ? row->about_class : row->class;
    if (node.rank)
        raise_class(l, node.class);
    else if (!(l->taken && resource == l->source->resource))
        raise_class(l, base);
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
    find_all_subjects(&l, source);
    walk_resource(&l, source->type, source->resource);
    find_author(&l, source);
    settle_profession(&l);
    if (l.unknown) {
        memset(facts.subjects, 0, sizeof(facts.subjects));
        facts.subjects[0] = label_unknown(labeller);
        facts.subject_count = 1;
    }
    *ret_facts = facts;
}
