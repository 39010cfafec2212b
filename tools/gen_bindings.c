/* tools/gen_bindings.c - value sets of required bindings, enumerated.
 *
 * A set is taken when every part of it is a list of codes, a complete code system of the
 * same package, or another such set. What is open by its nature (media types, languages,
 * currencies, units) has no complete code system there and stays unchecked. */
#include "gen_definitions.h"

enum { CODES_OF_SET_MAX = 4096 };

static bool add_set(Gen *gen, Str url, int depth);

static bool add_part(Gen *gen, const PartRow *part, int depth)
{
    if (part->exclude || part->filter_count || part->import_count > 1 ||
        (part->import_count && part->system))
        return false;
    if (part->import_count) {
        Str url = gen_import(gen, part->imports);
        return add_set(gen, str_head(url, str_index(url, '|')), depth + 1);
    }
    if (gen->code_count + UINT16_MAX > CODES_MAX)
        gen_die("too many codes");
    uint16_t count = gen_part_codes(gen, part, gen->codes + gen->code_count);
    gen->code_count += count;
    return count > 0;
}

static bool add_set(Gen *gen, Str url, int depth)
{
    const GenSet *set = gen_set(gen, url);
    if (depth > 4 || !set || !set->part_count)
        return false;
    for (uint16_t i = 0; i < set->part_count; i++) {
        if (!add_part(gen, gen_part(gen, set->parts + i), depth))
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
    Str *names = arena_array_of(gen->arena, Str, CODES_OF_SET_MAX);
    size_t slot_at = 0;
    fputs("const BindingRow fhir_bindings[] = {{0},\n", gen->out);
    for (uint16_t i = 1; i <= gen->binding_count; i++) {
        const BindingRow *row = &gen->bindings[i];
        const uint16_t *codes = gen->codes + row->codes;
        for (size_t c = 0; c < row->code_count; c++)
            names[c] = gen_concept(gen, codes[c])->code;
        uint16_t mask = gen_slots(names, row->code_count, 2u * row->code_count, slots + slot_at);
        for (size_t s = 0; s <= mask; s++)
            slots[slot_at + s] = slots[slot_at + s] ? codes[slots[slot_at + s] - 1] : 0;
        fprintf(gen->out, "{%u,%zu,%u,%u,%u},\n", row->url, slot_at, row->codes, mask,
                row->code_count);
        slot_at += (size_t)mask + 1;
    }
    fputs("};\n\n", gen->out);
    gen_write_u16s(gen, "fhir_binding_codes", gen->codes, gen->code_count);
    gen_write_u16s(gen, "fhir_binding_slots", slots, slot_at);
}
