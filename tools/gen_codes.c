/* tools/gen_codes.c - value sets of required bindings, enumerated.
 *
 * A set is taken when every part of it is a list of codes, a complete code system of the
 * same package, or another such set. What is open by its nature (media types, languages,
 * currencies, units) has no complete code system there and stays unchecked. */
#include "gen_definitions.h"

enum { CODES_OF_SET_MAX = 4096 };

static JsonValue *find(Gen *gen, Str type, Str url)
{
    JsonValue *lists[] = {gen->values, gen->v3}, *resource;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        for (JsonIter it = json_iter(lists[i]); gen_next_resource(&it, type, &resource);) {
            if (str_eq(json_get_str(resource, STR("url")), url))
                return resource;
        }
    }
    return NULL;
}

static void add_code(Gen *gen, Str system, Str code)
{
    if (gen->code_count == CODES_MAX)
        gen_die("too many codes");
    gen->codes[gen->code_count] = code;
    gen->systems[gen->code_count++] = system;
}

static void add_concepts(Gen *gen, Str system, const JsonValue *concepts)
{
    JsonValue *concept;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        add_code(gen, system, json_get_str(concept, STR("code")));
        add_concepts(gen, system, json_get(concept, STR("concept")));
    }
}

static bool add_set(Gen *gen, Str url, int depth);

static bool add_part(Gen *gen, const JsonValue *part, int depth)
{
    JsonValue *concepts = json_get(part, STR("concept")), *sets = json_get(part, STR("valueSet"));
    Str system = json_get_str(part, STR("system"));
    if (json_get(part, STR("filter")) || (sets && system.len) || json_count(sets) > 1)
        return false;
    if (sets) {
        Str url = json_str(json_item(sets, 0));
        return add_set(gen, str_head(url, str_index(url, '|')), depth + 1);
    }
    if (!concepts) {
        JsonValue *code_system = find(gen, STR("CodeSystem"), system);
        if (!str_eq(json_get_str(code_system, STR("content")), STR("complete")))
            return false;
        concepts = json_get(code_system, STR("concept"));
    }
    add_concepts(gen, system, concepts);
    return concepts != NULL;
}

static bool add_set(Gen *gen, Str url, int depth)
{
    JsonValue *compose = json_get(find(gen, STR("ValueSet"), url), STR("compose")), *part;
    JsonValue *parts = json_get(compose, STR("include"));
    if (depth > 4 || !json_count(parts) || json_get(compose, STR("exclude")))
        return false;
    for (JsonIter it = json_iter(parts); json_next(&it, NULL, &part);) {
        if (!add_part(gen, part, depth))
            return false;
    }
    return true;
}

uint16_t gen_binding(Gen *gen, Str url)
{
    for (uint16_t i = 1; i <= gen->binding_count; i++) {
        if (str_eq(gen->binding_urls[i], url))
            return gen->bindings[i].code_count ? i : 0;
    }
    if (gen->binding_count + 1 == BINDINGS_MAX)
        gen_die("too many bindings");
    uint16_t row = ++gen->binding_count;
    size_t first = gen->code_count;
    gen->binding_urls[row] = url;
    gen->bindings[row] = (BindingRow){.url = gen_pool(gen, url), .codes = (uint32_t)first};
    if (!add_set(gen, url, 0) || gen->code_count - first > CODES_OF_SET_MAX) {
        gen->code_count = first;
        return 0;
    }
    gen->bindings[row].code_count = (uint16_t)(gen->code_count - first);
    return row;
}

void gen_write_bindings(Gen *gen)
{
    uint16_t *slots = arena_array_of(gen->arena, uint16_t, 4 * CODES_MAX + 2 * BINDINGS_MAX);
    size_t slot_at = 0;
    fputs("const BindingRow fhir_bindings[] = {{0},\n", gen->out);
    for (uint16_t i = 1; i <= gen->binding_count; i++) {
        const BindingRow *row = &gen->bindings[i];
        uint16_t mask = gen_slots(gen, gen->codes + row->codes, row->code_count, slots + slot_at);
        fprintf(gen->out, "{%u,%zu,%u,%u,%u},\n", row->url, slot_at, row->codes, mask,
                row->code_count);
        slot_at += (size_t)mask + 1;
    }
    fputs("};\n\nconst CodeRow fhir_codes[] = {\n", gen->out);
    for (size_t i = 0; i < gen->code_count; i++)
        fprintf(gen->out, "{%u,%u},\n", gen_pool(gen, gen->codes[i]),
                gen_pool(gen, gen->systems[i]));
    fputs("{0}};\n\n", gen->out);
    gen_write_u16s(gen, "fhir_code_slots", slots, slot_at);
}
