/* fhir/fhir.c - questions to the tables: types, search parameters, compartments. */
#include "fhir/fhir.h"

#include "fhir/codes.h"
#include "fhir/lookup.h"

uint16_t fhir_type_any(Str name)
{
    uint32_t slot = fhir_hash(name) & fhir_type_slot_mask;
    for (; fhir_type_slots[slot]; slot = (slot + 1) & fhir_type_slot_mask) {
        if (str_eq(fhir_pool_str(fhir_types[fhir_type_slots[slot]].name), name))
            return fhir_type_slots[slot];
    }
    return 0;
}

uint16_t fhir_type_find(Str name)
{
    uint16_t type = fhir_type_any(name);
    return type <= fhir_resource_count ? type : 0;
}

Str fhir_type_name(uint16_t type)
{
    return type && type < fhir_type_rows ? fhir_pool_str(fhir_types[type].name) : STR_EMPTY;
}

uint16_t fhir_type_count(void)
{
    return fhir_resource_count;
}

const ElementRow *fhir_element_find(const TypeRow *type, Str name)
{
    const uint16_t *slots = fhir_slots + type->slots;
    const ElementRow *rows = fhir_elements + type->elements - 1;
    uint32_t slot = fhir_hash(name) & type->slot_mask;
    for (; slots[slot]; slot = (slot + 1) & type->slot_mask) {
        if (str_eq(fhir_pool_str(rows[slots[slot]].name), name))
            return &rows[slots[slot]];
    }
    return NULL;
}

bool fhir_binding_has(uint16_t binding, Str system, Str code)
{
    const BindingRow *row = &fhir_bindings[binding];
    const uint16_t *slots = fhir_binding_slots + row->slots;
    uint32_t slot = fhir_hash(code) & row->slot_mask;
    for (; slots[slot]; slot = (slot + 1) & row->slot_mask) {
        const ConceptRow *concept = &fhir_concepts[slots[slot]];
        if (str_eq(fhir_pool_str(concept->code), code) &&
            (!system.at || str_eq(fhir_pool_str(fhir_systems[concept->system].url), system)))
            return true;
    }
    return false;
}

uint16_t fhir_all_type_count(void)
{
    return (uint16_t)(fhir_type_rows - 1);
}

const FhirParam *fhir_params_of(uint16_t type, size_t *ret_count)
{
    Range range = type <= fhir_resource_count ? fhir_param_ranges[type] : (Range){0, 0};
    *ret_count = range.count;
    return fhir_params + range.first;
}

const FhirParam *fhir_param_find(uint16_t type, Str code)
{
    size_t high, low = 0;
    const FhirParam *rows = fhir_params_of(type, &high);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(rows[middle].code, code);
        if (order == 0)
            return &rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const Str *fhir_compartment_params(Str compartment, uint16_t type, size_t *ret_count)
{
    *ret_count = 0;
    if (type > fhir_resource_count)
        return NULL;
    for (size_t i = 0; i < fhir_compartment_count; i++) {
        if (!str_eq(fhir_compartments[i].name, compartment))
            continue;
        Range range = fhir_compartments[i].types[type];
        *ret_count = range.count;
        return fhir_compartment_codes + range.first;
    }
    return NULL;
}
