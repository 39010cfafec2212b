/* terms/system.c - a code system, out of the tables or out of a resource. */
#include "terms/inner.h"

/* ---- built in ----------------------------------------------------------------------------- */

/* The newest of that url when no version is asked for. */
static const SystemRow *row_find(Str url, Str version)
{
    const SystemRow *best = NULL;
    uint32_t slot = fhir_hash(url) & fhir_system_slot_mask;
    for (; fhir_system_slots[slot]; slot = (slot + 1) & fhir_system_slot_mask) {
        const SystemRow *row = &fhir_systems[fhir_system_slots[slot]];
        Str row_version = fhir_pool_str(row->version);
        if (!str_eq(fhir_pool_str(row->url), url) || (version.len && !str_eq(row_version, version)))
            continue;
        if (!best || str_cmp(fhir_pool_str(best->version), row_version) < 0)
            best = row;
    }
    return best;
}

static size_t first_property(uint16_t concept)
{
    size_t low = 0, high = fhir_concept_property_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (fhir_concept_properties[middle].concept < concept)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static Status load_row(Terms *terms, System *system, const SystemRow *row)
{
    size_t from = first_property(row->first);
    size_t to = first_property((uint16_t)(row->first + row->count));
    system->row = row;
    system->url = fhir_pool_str(row->url);
    system->content = (Content)row->content;
    system->flags = row->flags;
    system->count = row->count;
    system->edges = arena_array_of(terms->arena, Edge, fhir_concept_parent_count);
    system->properties = arena_array_of(terms->arena, Property, to - from + 1);
    if (!system->edges || !system->properties)
        return STATUS_MEMORY;
    for (size_t i = 0; i < fhir_concept_parent_count; i++) {
        ParentRow edge = fhir_concept_parents[i];
        if (edge.child >= row->first && edge.child < row->first + row->count)
            system->edges[system->edge_count++] =
                (Edge){(uint32_t)(edge.child - row->first), (uint32_t)(edge.parent - row->first)};
    }
    for (size_t i = from; i < to; i++) {
        const PropertyRow *property = &fhir_concept_properties[i];
        system->properties[system->property_count++] =
            (Property){(uint32_t)(property->concept - row->first), fhir_pool_str(property->code),
                       fhir_pool_str(property->value)};
    }
    return STATUS_OK;
}

/* ---- of a resource ------------------------------------------------------------------------ */

static void count_concepts(const JsonValue *concepts, size_t *count, size_t *properties)
{
    JsonValue *concept;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        (*count)++;
        *properties += json_count(json_get(concept, STR("property")));
        count_concepts(json_get(concept, STR("concept")), count, properties);
    }
}

static void fill_concepts(System *system, const JsonValue *concepts, uint32_t parent)
{
    JsonValue *concept;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        uint32_t at = system->list.count++;
        system->list.codes[at] = json_get_str(concept, STR("code"));
        system->list.displays[at] = json_get_str(concept, STR("display"));
        system->parents[at] = parent;
        fill_concepts(system, json_get(concept, STR("concept")), at);
    }
}

static void add_edge(System *system, uint32_t child, uint32_t parent)
{
    if (child != NOWHERE && parent != NOWHERE)
        system->edges[system->edge_count++] = (Edge){child, parent};
}

static uint32_t first_place(const System *system, uint32_t concept)
{
    Str code = system->list.codes[concept];
    return code.len ? codes_find(&system->list, STR_EMPTY, code) : concept;
}

/* Some code systems nest a code a second time to give it a second parent. The first place counts
 * and gets what stands at the others. SPEC R4 codesystem.html#invs csd-1 forbids it. */
static void join_repeated(System *system)
{
    for (uint32_t i = 0; i < system->count; i++) {
        uint32_t first = first_place(system, i), parent = system->parents[i];
        parent = parent == NOWHERE ? NOWHERE : first_place(system, parent);
        system->parents[i] = parent;
        if (first != i)
            add_edge(system, first, parent);
    }
}

/* *at walks the concepts in the order of fill_concepts. */
static void fill_properties(System *system, const JsonValue *concepts, uint32_t *at)
{
    JsonValue *concept, *property;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        uint32_t number = first_place(system, (*at)++);
        for (JsonIter p = json_iter(json_get(concept, STR("property")));
             json_next(&p, NULL, &property);) {
            Str code = json_get_str(property, STR("code")), value = property_text(property);
            if (property_is_parent(code))
                add_edge(system, number, system_find(system, value));
            else if (property_is_child(code))
                add_edge(system, system_find(system, value), number);
            else
                system->properties[system->property_count++] = (Property){number, code, value};
        }
        fill_properties(system, json_get(concept, STR("concept")), at);
    }
}

static int compare_properties(const void *a, const void *b)
{
    const Property *x = a, *y = b;
    return x->concept < y->concept ? -1 : x->concept > y->concept;
}

static Status load_json(Terms *terms, Ctx *cx, System *system, JsonValue *json)
{
    JsonValue *concepts = json_get(json, STR("concept"));
    size_t count = 0, properties = 0;
    uint32_t at = 0;
    system->content = content_of(json_get_str(json, STR("content")));
    system->flags = system_flags_of(json);
    system->declared = json_get(json, STR("property"));
    if (!str_eq(json_get_str(json, STR("resourceType")), STR("CodeSystem")) || !system->content)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The code system " STR_FMT " is malformed: it must be a CodeSystem and say "
                        "what content it has.",
                        STR_ARG(system->url));
    if (system->content == CONTENT_SUPPLEMENT || system->content == CONTENT_NOT_PRESENT)
        return STATUS_OK;
    count_concepts(concepts, &count, &properties);
    if (count > TERMS_CONCEPTS_MAX)
        return ctx_fail_code(cx, STATUS_UNSUPPORTED, "too-costly", STR_EMPTY,
                             "The code system " STR_FMT " has more than %d codes, which is the "
                             "limit.",
                             STR_ARG(system->url), TERMS_CONCEPTS_MAX);
    TRY(codes_room(terms, &system->list, (uint32_t)count, false));
    system->parents = arena_array_of(terms->arena, uint32_t, count + 1);
    system->edges = arena_array_of(terms->arena, Edge, properties + count + 1);
    system->properties = arena_array_of(terms->arena, Property, properties + 1);
    if (!system->parents || !system->edges || !system->properties)
        return STATUS_MEMORY;
    fill_concepts(system, concepts, NOWHERE);
    system->count = system->list.count;
    system->list.folds = system->flags & SYSTEM_FOLDS;
    TRY(codes_index(terms, cx, &system->list));
    join_repeated(system);
    fill_properties(system, concepts, &at);
    qsort(system->properties, system->property_count, sizeof(Property), compare_properties);
    return STATUS_OK;
}

Status system_load(Terms *terms, Ctx *cx, Str url, Str version, System **ret_system)
{
    for (System *system = terms->systems; system; system = system->next) {
        if (str_eq(system->asked, url) && str_eq(system->asked_version, version)) {
            *ret_system = system;
            return STATUS_OK;
        }
    }
    System *system = arena_new_of(terms->arena, System);
    Str own_url = arena_str(terms->arena, url), own_version = arena_str(terms->arena, version);
    JsonValue *json = NULL;
    if (!system || !own_url.at || !own_version.at)
        return STATUS_MEMORY;
    *system = (System){.asked = own_url, .asked_version = own_version, .url = own_url};
    TRY(terms_work(terms, cx, STEPS_OF_LOOKUP));
    if (terms->source.lookup)
        TRY(terms->source.lookup(terms->source.to, cx, STR("CodeSystem"), own_url, own_version,
                                 &json));
    const SystemRow *row = row_find(url, version);
    if (json)
        TRY(load_json(terms, cx, system, json));
    if (row && !system_is_here(system)) /* a resource may name a system and bring no codes */
        TRY(load_row(terms, system, row));
    system->next = terms->systems;
    terms->systems = system;
    *ret_system = system;
    return STATUS_OK;
}

/* ---- questions ---------------------------------------------------------------------------- */

bool system_is_here(const System *system)
{
    return system->content == CONTENT_COMPLETE || system->content == CONTENT_FRAGMENT ||
           system->content == CONTENT_EXAMPLE;
}

Str system_code(const System *system, uint32_t concept)
{
    return system->row ? fhir_pool_str(fhir_concepts[system->row->first + concept].code)
                       : system->list.codes[concept];
}

Str system_display(const System *system, uint32_t concept)
{
    return system->row ? fhir_pool_str(fhir_concepts[system->row->first + concept].display)
                       : system->list.displays[concept];
}

static uint32_t row_find_code(const SystemRow *row, Str code)
{
    const uint16_t *slots = fhir_concept_slots + row->slots;
    uint32_t slot = fhir_hash(code) & row->slot_mask;
    for (; slots[slot]; slot = (slot + 1) & row->slot_mask) {
        if (str_eq(fhir_pool_str(fhir_concepts[slots[slot]].code), code))
            break;
    }
    uint32_t at = (uint32_t)slots[slot] - row->first; /* what is only listed lies behind */
    return slots[slot] >= row->first && at < row->count ? at : NOWHERE;
}

uint32_t system_find(const System *system, Str code)
{
    if (!system->count || !code.len)
        return NOWHERE;
    if (!system->row)
        return codes_find(&system->list, STR_EMPTY, code);
    if (!(system->flags & SYSTEM_FOLDS))
        return row_find_code(system->row, code);
    for (uint32_t i = 0; i < system->count; i++) {
        if (str_eq_nocase(system_code(system, i), code))
            return i;
    }
    return NOWHERE;
}

bool system_counts(const System *system, uint32_t concept)
{
    return system->row || system_find(system, system->list.codes[concept]) == concept;
}

uint32_t system_parent(const System *system, uint32_t concept)
{
    if (!system->row)
        return system->parents[concept];
    uint16_t parent = fhir_concepts[system->row->first + concept].parent;
    return parent ? (uint32_t)(parent - system->row->first) : NOWHERE;
}

void system_properties(const System *system, uint32_t concept, size_t *ret_from, size_t *ret_to)
{
    size_t low = 0, high = system->property_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (system->properties[middle].concept < concept)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_from = low;
    while (low < system->property_count && system->properties[low].concept == concept)
        low++;
    *ret_to = low;
}

bool system_knows_property(const System *system, Str property)
{
    JsonValue *declared;
    for (JsonIter it = json_iter(system->declared); json_next(&it, NULL, &declared);) {
        if (str_eq(json_get_str(declared, STR("code")), property))
            return true;
    }
    for (size_t i = 0; i < system->property_count; i++) {
        if (str_eq(system->properties[i].code, property))
            return true;
    }
    return false;
}

static bool has_property(const System *system, uint32_t concept, Str code, Str value)
{
    size_t from, to;
    for (system_properties(system, concept, &from, &to); from < to; from++) {
        if (str_eq(system->properties[from].code, code) &&
            str_eq(system->properties[from].value, value))
            return true;
    }
    return false;
}

/* SPEC R4 codesystem-concept-properties.html; v3 says "retired" */
bool system_inactive(const System *system, uint32_t concept)
{
    return has_property(system, concept, STR("inactive"), STR("true")) ||
           has_property(system, concept, STR("status"), STR("retired")) ||
           has_property(system, concept, STR("status"), STR("inactive"));
}

static bool system_abstract(const System *system, uint32_t concept)
{
    return has_property(system, concept, STR("notSelectable"), STR("true")) ||
           has_property(system, concept, STR("abstract"), STR("true"));
}

TermsCode system_item(const System *system, uint32_t concept)
{
    return (TermsCode){system->url, system_code(system, concept), system_display(system, concept),
                       system_abstract(system, concept), system_inactive(system, concept)};
}
