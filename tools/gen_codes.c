/* tools/gen_codes.c - the code systems and value sets of HL7's files as tables.
 *
 * Kept: codes, displays, hierarchy, properties, and what value sets are composed of. Left out:
 * definitions, designations, and the displays of codes whose system is not in the files
 * (LOINC, SNOMED CT and their kin have licences of their own). */
#include "gen_definitions.h"

enum {
    CONCEPTS_MAX = 60000, /* numbers are 16 bits wide */
    SYSTEMS_MAX = 2048,
    SETS_MAX = 4096,
    PARTS_MAX = 8192,
    LISTED_MAX = 60000,
    FILTERS_MAX = 1024,
    IMPORTS_MAX = 1024,
    EDGES_MAX = 4096,
    PROPERTIES_MAX = 16384,
    CONCEPT_SLOTS = 1 << 17,
};

typedef struct {
    Str url, version;
    Content content;
    uint8_t flags;
    uint16_t first, count;
} System;

struct GenCodes {
    System systems[SYSTEMS_MAX]; /* from 1 */
    uint16_t system_count;
    GenConcept concepts[CONCEPTS_MAX]; /* from 1 */
    uint16_t concept_count;
    uint16_t slots[CONCEPT_SLOTS];
    ParentRow edges[EDGES_MAX];
    size_t edge_count;
    PropertyRow properties[PROPERTIES_MAX];
    size_t property_count;
    GenSet sets[SETS_MAX]; /* from 1 */
    uint16_t set_count;
    PartRow parts[PARTS_MAX];
    size_t part_count;
    uint16_t listed[LISTED_MAX];
    size_t listed_count;
    FilterRow filters[FILTERS_MAX];
    size_t filter_count;
    uint32_t imports[IMPORTS_MAX];
    size_t import_count;
};

#define ROOM(codes, count, max)                                                                    \
    ((codes)->count < (max) ? (codes)->count++ : (gen_die("too many: " #max), (codes)->count))

/* ---- concepts ------------------------------------------------------------------------- */

static size_t concept_slot(const GenCodes *codes, uint16_t system, Str code)
{
    size_t slot = (fhir_hash(code) + system * 7919u) % CONCEPT_SLOTS;
    for (; codes->slots[slot]; slot = (slot + 1) % CONCEPT_SLOTS) {
        const GenConcept *concept = &codes->concepts[codes->slots[slot]];
        if (concept->system == system && str_eq(concept->code, code))
            break;
    }
    return slot;
}

static uint16_t add_concept(GenCodes *codes, uint16_t system, Str code, Str display,
                            uint16_t parent)
{
    size_t slot = concept_slot(codes, system, code);
    if (codes->slots[slot])
        return codes->slots[slot];
    uint16_t number = (uint16_t)ROOM(codes, concept_count, CONCEPTS_MAX);
    codes->concepts[number] = (GenConcept){code, display, system, parent};
    codes->slots[slot] = number;
    return number;
}

static void add_concepts(GenCodes *codes, uint16_t system, const JsonValue *concepts,
                         uint16_t parent)
{
    JsonValue *concept;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        uint16_t number = add_concept(codes, system, json_get_str(concept, STR("code")),
                                      json_get_str(concept, STR("display")), parent);
        add_concepts(codes, system, json_get(concept, STR("concept")), number);
    }
}

static void add_edge(GenCodes *codes, uint16_t child, uint16_t parent)
{
    if (child && parent && codes->concepts[child].parent != parent)
        codes->edges[ROOM(codes, edge_count, EDGES_MAX)] = (ParentRow){child, parent};
}

/* Once all concepts of a system have numbers: its properties, and parents other than by
 * nesting. */
static void add_properties(Gen *gen, uint16_t system, const JsonValue *concepts)
{
    GenCodes *codes = gen->terms;
    JsonValue *concept, *property;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        Str name = json_get_str(concept, STR("code"));
        uint16_t number = codes->slots[concept_slot(codes, system, name)];
        for (JsonIter p = json_iter(json_get(concept, STR("property")));
             json_next(&p, NULL, &property);) {
            Str code = json_get_str(property, STR("code")), value = property_text(property);
            uint16_t other = codes->slots[concept_slot(codes, system, value)];
            if (property_is_child(code))
                add_edge(codes, other, number);
            else if (property_is_parent(code))
                add_edge(codes, number, other);
            else
                codes->properties[ROOM(codes, property_count, PROPERTIES_MAX)] =
                    (PropertyRow){gen_pool(gen, code), gen_pool(gen, value), number};
        }
        add_properties(gen, system, json_get(concept, STR("concept")));
    }
}

/* ---- code systems --------------------------------------------------------------------- */

/* Tables of v2 that differ between its versions have the version in their url. */
static Str cut_version(Str url, Str *ret_version)
{
    *ret_version = url;
    return str_cut(ret_version, '|');
}

/* An empty version finds the newest one. */
static uint16_t find_system(const GenCodes *codes, Str url, Str version)
{
    uint16_t best = 0;
    for (uint16_t i = 1; i < codes->system_count; i++) {
        const System *row = &codes->systems[i];
        if (str_eq(row->url, url) && (!version.len || str_eq(row->version, version)) &&
            (!best || str_cmp(codes->systems[best].version, row->version) < 0))
            best = i;
    }
    return best;
}

static void add_system(Gen *gen, const JsonValue *resource)
{
    GenCodes *codes = gen->terms;
    JsonValue *concepts = json_get(resource, STR("concept"));
    uint16_t number = (uint16_t)ROOM(codes, system_count, SYSTEMS_MAX);
    System *row = &codes->systems[number];
    Str version, url = cut_version(json_get_str(resource, STR("url")), &version);
    *row = (System){.url = url,
                    .version = version.len ? version : json_get_str(resource, STR("version")),
                    .content = content_of(json_get_str(resource, STR("content"))),
                    .flags = system_flags_of(resource),
                    .first = codes->concept_count};
    if (row->content == CONTENT_SUPPLEMENT)
        return; /* its codes are another system's */
    add_concepts(codes, number, concepts, 0);
    row->count = (uint16_t)(codes->concept_count - row->first);
    add_properties(gen, number, concepts);
}

/* The system of an include; one that is not in the files gets a row without codes. */
static uint16_t system_of(GenCodes *codes, Str url, Str version)
{
    uint16_t number = find_system(codes, url, version);
    if (!number)
        number = find_system(codes, url, STR_EMPTY);
    if (number || !url.len)
        return number;
    number = (uint16_t)ROOM(codes, system_count, SYSTEMS_MAX);
    codes->systems[number] = (System){.url = url, .first = 1};
    return number;
}

/* ---- value sets ----------------------------------------------------------------------- */

static void add_filters(Gen *gen, PartRow *part, const JsonValue *filters)
{
    GenCodes *codes = gen->terms;
    JsonValue *filter;
    for (JsonIter it = json_iter(filters); json_next(&it, NULL, &filter);) {
        codes->filters[ROOM(codes, filter_count, FILTERS_MAX)] = (FilterRow){
            gen_pool(gen, json_get_str(filter, STR("property"))),
            gen_pool(gen, json_get_str(filter, STR("value"))),
            filter_op_of(json_get_str(filter, STR("op"))),
        };
        part->filter_count++;
    }
}

static void add_part(Gen *gen, const JsonValue *source, bool exclude)
{
    GenCodes *codes = gen->terms;
    PartRow *part = &codes->parts[ROOM(codes, part_count, PARTS_MAX)];
    Str version, url = cut_version(json_get_str(source, STR("system")), &version);
    if (!version.len)
        version = json_get_str(source, STR("version"));
    *part = (PartRow){
        .version = gen_pool(gen, version),
        .codes = (uint32_t)codes->listed_count,
        .system = system_of(codes, url, version),
        .filters = (uint16_t)codes->filter_count,
        .imports = (uint16_t)codes->import_count,
        .exclude = exclude,
    };
    JsonValue *value;
    for (JsonIter it = json_iter(json_get(source, STR("concept"))); json_next(&it, NULL, &value);) {
        codes->listed[ROOM(codes, listed_count, LISTED_MAX)] =
            add_concept(codes, part->system, json_get_str(value, STR("code")), STR_EMPTY, 0);
        part->code_count++;
    }
    add_filters(gen, part, json_get(source, STR("filter")));
    for (JsonIter it = json_iter(json_get(source, STR("valueSet")));
         json_next(&it, NULL, &value);) {
        codes->imports[ROOM(codes, import_count, IMPORTS_MAX)] = gen_pool(gen, json_str(value));
        part->import_count++;
    }
}

static void add_set(Gen *gen, const JsonValue *resource)
{
    GenCodes *codes = gen->terms;
    JsonValue *compose = json_get(resource, STR("compose")), *part;
    GenSet *set = &codes->sets[ROOM(codes, set_count, SETS_MAX)];
    *set = (GenSet){.url = json_get_str(resource, STR("url")),
                    .version = json_get_str(resource, STR("version")),
                    .parts = (uint16_t)codes->part_count};
    if (json_is(json_get(compose, STR("inactive")), JSON_BOOL) &&
        !json_bool(json_get(compose, STR("inactive"))))
        gen_die("a value set leaves inactive codes out; the tables cannot say that");
    for (JsonIter it = json_iter(json_get(compose, STR("include"))); json_next(&it, NULL, &part);)
        add_part(gen, part, false);
    for (JsonIter it = json_iter(json_get(compose, STR("exclude"))); json_next(&it, NULL, &part);)
        add_part(gen, part, true);
    set->part_count = (uint16_t)(codes->part_count - set->parts);
}

void gen_collect_codes(Gen *gen)
{
    JsonValue *files[] = {gen->values, gen->v3, gen->v2}, *resource;
    GenCodes *codes = arena_new_of(gen->arena, GenCodes);
    gen->terms = codes;
    codes->system_count = codes->concept_count = codes->set_count = 1;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        for (JsonIter it = json_iter(files[i]);
             gen_next_resource(&it, STR("CodeSystem"), &resource);)
            add_system(gen, resource);
    }
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        for (JsonIter it = json_iter(files[i]); gen_next_resource(&it, STR("ValueSet"), &resource);)
            add_set(gen, resource);
    }
}

/* ---- for the bindings ----------------------------------------------------------------- */

const GenConcept *gen_concept(const Gen *gen, uint16_t number)
{
    return &gen->terms->concepts[number];
}

const GenSet *gen_set(const Gen *gen, Str url)
{
    for (uint16_t i = 1; i < gen->terms->set_count; i++) {
        if (str_eq(gen->terms->sets[i].url, url))
            return &gen->terms->sets[i];
    }
    return NULL;
}

const PartRow *gen_part(const Gen *gen, size_t at)
{
    return &gen->terms->parts[at];
}

Str gen_import(const Gen *gen, size_t at)
{
    return gen_pool_str(gen, gen->terms->imports[at]);
}

uint16_t gen_part_codes(const Gen *gen, const PartRow *part, uint16_t *ret_concepts)
{
    const GenCodes *codes = gen->terms;
    const System *system = &codes->systems[part->system];
    uint16_t count = part->code_count;
    if (!count && system->content == CONTENT_COMPLETE)
        count = system->count;
    for (uint16_t i = 0; i < count; i++)
        ret_concepts[i] =
            part->code_count ? codes->listed[part->codes + i] : (uint16_t)(system->first + i);
    return count;
}

/* ---- output ---------------------------------------------------------------------------- */

static void write_concepts(Gen *gen)
{
    const GenCodes *codes = gen->terms;
    fputs("const ConceptRow fhir_concepts[] = {{0},\n", gen->out);
    for (uint16_t i = 1; i < codes->concept_count; i++) {
        const GenConcept *row = &codes->concepts[i];
        fprintf(gen->out, "{%u,%u,%u,%u},\n", gen_pool(gen, row->code), gen_pool(gen, row->display),
                row->system, row->parent);
    }
    fputs("};\n\n", gen->out);
}

static int compare_edges(const void *a, const void *b)
{
    const ParentRow *x = a, *y = b;
    return x->child != y->child ? x->child - y->child : x->parent - y->parent;
}

static int compare_properties(const void *a, const void *b)
{
    return ((const PropertyRow *)a)->concept - ((const PropertyRow *)b)->concept;
}

static void write_properties(Gen *gen)
{
    GenCodes *codes = gen->terms;
    qsort(codes->edges, codes->edge_count, sizeof(*codes->edges), compare_edges);
    qsort(codes->properties, codes->property_count, sizeof(*codes->properties), compare_properties);
    fputs("const ParentRow fhir_concept_parents[] = {\n", gen->out);
    for (size_t i = 0; i < codes->edge_count; i++)
        fprintf(gen->out, "{%u,%u},\n", codes->edges[i].child, codes->edges[i].parent);
    fprintf(gen->out, "{0}};\nconst uint16_t fhir_concept_parent_count = %zu;\n\n",
            codes->edge_count);
    fputs("const PropertyRow fhir_concept_properties[] = {\n", gen->out);
    for (size_t i = 0; i < codes->property_count; i++) {
        const PropertyRow *row = &codes->properties[i];
        fprintf(gen->out, "{%u,%u,%u},\n", row->code, row->value, row->concept);
    }
    fprintf(gen->out, "{0}};\nconst uint16_t fhir_concept_property_count = %zu;\n\n",
            codes->property_count);
}

/* The hash table of all concepts of one system, its own and the ones that are listed. */
static uint16_t system_slots(const Gen *gen, uint16_t system, uint16_t *slots)
{
    const GenCodes *codes = gen->terms;
    size_t n = 0;
    uint16_t *numbers = arena_array_of(gen->arena, uint16_t, codes->concept_count);
    Str *names = arena_array_of(gen->arena, Str, codes->concept_count);
    for (uint16_t i = 1; i < codes->concept_count; i++) {
        if (codes->concepts[i].system == system) {
            numbers[n] = i;
            names[n++] = codes->concepts[i].code;
        }
    }
    uint16_t mask = gen_slots(names, n, n + n / 2, slots);
    for (size_t i = 0; i <= mask; i++)
        slots[i] = slots[i] ? numbers[slots[i] - 1] : 0;
    return mask;
}

static void write_systems(Gen *gen)
{
    const GenCodes *codes = gen->terms;
    uint16_t *slots = arena_array_of(gen->arena, uint16_t, 4 * CONCEPTS_MAX + 4 * SYSTEMS_MAX);
    Str *urls = arena_array_of(gen->arena, Str, SYSTEMS_MAX);
    size_t slot_at = 0;
    fputs("const SystemRow fhir_systems[] = {{0},\n", gen->out);
    for (uint16_t i = 1; i < codes->system_count; i++) {
        const System *row = &codes->systems[i];
        uint16_t mask = system_slots(gen, i, slots + slot_at);
        fprintf(gen->out, "{%u,%u,%zu,%u,%u,%u,%d,%u},\n", gen_pool(gen, row->url),
                gen_pool(gen, row->version), slot_at, mask, row->first, row->count, row->content,
                row->flags);
        slot_at += (size_t)mask + 1;
        urls[i - 1] = row->url;
    }
    fputs("};\n\n", gen->out);
    gen_write_u16s(gen, "fhir_concept_slots", slots, slot_at);
    uint16_t mask = gen_slots(urls, codes->system_count - 1u, 2u * codes->system_count, slots);
    gen_write_u16s(gen, "fhir_system_slots", slots, (size_t)mask + 1);
    fprintf(gen->out, "const uint16_t fhir_system_slot_mask = %u;\n\n", mask);
}

static void write_parts(Gen *gen)
{
    const GenCodes *codes = gen->terms;
    fputs("const PartRow fhir_set_parts[] = {\n", gen->out);
    for (size_t i = 0; i < codes->part_count; i++) {
        const PartRow *row = &codes->parts[i];
        fprintf(gen->out, "{%u,%u,%u,%u,%u,%u,%u,%u,%d},\n", row->version, row->codes,
                row->code_count, row->system, row->filters, row->imports, row->filter_count,
                row->import_count, row->exclude);
    }
    fputs("{0}};\n\nconst FilterRow fhir_set_filters[] = {\n", gen->out);
    for (size_t i = 0; i < codes->filter_count; i++)
        fprintf(gen->out, "{%u,%u,%u},\n", codes->filters[i].property, codes->filters[i].value,
                codes->filters[i].op);
    fputs("{0}};\n\nconst uint32_t fhir_set_imports[] = {\n", gen->out);
    for (size_t i = 0; i < codes->import_count; i++)
        fprintf(gen->out, "%u,\n", codes->imports[i]);
    fputs("0};\n\n", gen->out);
    gen_write_u16s(gen, "fhir_set_codes", codes->listed, codes->listed_count);
}

static void write_sets(Gen *gen)
{
    const GenCodes *codes = gen->terms;
    uint16_t *slots = arena_array_of(gen->arena, uint16_t, 4 * SETS_MAX);
    Str *urls = arena_array_of(gen->arena, Str, SETS_MAX);
    fputs("const SetRow fhir_sets[] = {{0},\n", gen->out);
    for (uint16_t i = 1; i < codes->set_count; i++) {
        const GenSet *row = &codes->sets[i];
        fprintf(gen->out, "{%u,%u,%u,%u},\n", gen_pool(gen, row->url), gen_pool(gen, row->version),
                row->parts, row->part_count);
        urls[i - 1] = row->url;
    }
    fprintf(gen->out, "};\nconst uint16_t fhir_set_count = %u;\n\n", codes->set_count - 1);
    uint16_t mask = gen_slots(urls, codes->set_count - 1u, 2u * codes->set_count, slots);
    gen_write_u16s(gen, "fhir_set_slots", slots, (size_t)mask + 1);
    fprintf(gen->out, "const uint16_t fhir_set_slot_mask = %u;\n\n", mask);
}

void gen_write_codes(Gen *gen)
{
    write_concepts(gen);
    write_properties(gen);
    write_systems(gen);
    write_parts(gen);
    write_sets(gen);
}
