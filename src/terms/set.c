/* terms/set.c - a value set, out of the tables or out of a resource. */
#include "terms/inner.h"

/* ---- built in ----------------------------------------------------------------------------- */

static Status part_of_row(Terms *terms, Part *part, const PartRow *row)
{
    *part = (Part){.exclude = row->exclude,
                   .listed = row->code_count > 0,
                   .system = row->system ? fhir_pool_str(fhir_systems[row->system].url) : STR_EMPTY,
                   .version = fhir_pool_str(row->version),
                   .row = row,
                   .filter_count = row->filter_count,
                   .set_count = row->import_count};
    part->filters = arena_array_of(terms->arena, Filter, row->filter_count + 1u);
    part->sets = arena_array_of(terms->arena, Str, row->import_count + 1u);
    part->loaded_sets = arena_array_of(terms->arena, TermsSet *, row->import_count + 1u);
    if (!part->filters || !part->sets || !part->loaded_sets)
        return STATUS_MEMORY;
    for (size_t i = 0; i < part->filter_count; i++) {
        const FilterRow *filter = &fhir_set_filters[row->filters + i];
        part->filters[i] = (Filter){.property = fhir_pool_str(filter->property),
                                    .value = fhir_pool_str(filter->value),
                                    .op = (FilterOp)filter->op};
    }
    for (size_t i = 0; i < part->set_count; i++)
        part->sets[i] = fhir_pool_str(fhir_set_imports[row->imports + i]);
    return STATUS_OK;
}

static const SetRow *row_find(Str url)
{
    uint32_t slot = fhir_hash(url) & fhir_set_slot_mask;
    for (; fhir_set_slots[slot]; slot = (slot + 1) & fhir_set_slot_mask) {
        if (str_eq(fhir_pool_str(fhir_sets[fhir_set_slots[slot]].url), url))
            return &fhir_sets[fhir_set_slots[slot]];
    }
    return NULL;
}

static Status set_of_row(Terms *terms, TermsSet *set, const SetRow *row)
{
    set->parts = arena_array_of(terms->arena, Part, row->part_count + 1u);
    set->part_count = row->part_count;
    if (!set->parts)
        return STATUS_MEMORY;
    for (size_t i = 0; i < set->part_count; i++)
        TRY(part_of_row(terms, &set->parts[i], &fhir_set_parts[row->parts + i]));
    return STATUS_OK;
}

/* ---- of a resource ------------------------------------------------------------------------ */

static Status fail_malformed(Ctx *cx, const TermsSet *set, const char *why)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The value set " STR_FMT " is malformed: %s.",
                    STR_ARG(set->url), why);
}

static Status fill_list(Terms *terms, Ctx *cx, const TermsSet *set, Part *part,
                        const JsonValue *concepts)
{
    JsonValue *concept;
    TRY(codes_room(terms, &part->list, (uint32_t)json_count(concepts), false));
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        uint32_t i = part->list.count++;
        part->list.codes[i] = json_get_str(concept, STR("code"));
        part->list.displays[i] = json_get_str(concept, STR("display"));
        if (!part->list.codes[i].len)
            return fail_malformed(cx, set, "a concept has no code");
    }
    return codes_index(terms, cx, &part->list);
}

static Status fill_filters(Terms *terms, Ctx *cx, const TermsSet *set, Part *part,
                           const JsonValue *filters)
{
    JsonValue *filter;
    part->filters = arena_array_of(terms->arena, Filter, json_count(filters) + 1);
    if (!part->filters)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(filters); json_next(&it, NULL, &filter);) {
        Filter *own = &part->filters[part->filter_count++];
        *own = (Filter){.property = json_get_str(filter, STR("property")),
                        .value = json_get_str(filter, STR("value")),
                        .op = filter_op_of(json_get_str(filter, STR("op")))};
        if (!own->property.len || !own->value.len || !own->op)
            return fail_malformed(cx, set,
                                  "a filter must have a property, an operator of FHIR and a value");
    }
    return STATUS_OK;
}

/* SPEC R4 valueset.html#invs: vsd-1 a system or value sets, vsd-2 codes and filters need a
 * system, vsd-3 not both of them */
static Status part_of_json(Terms *terms, Ctx *cx, const TermsSet *set, JsonValue *json, Part *part)
{
    JsonValue *concepts = json_get(json, STR("concept")), *filters = json_get(json, STR("filter"));
    JsonValue *sets = json_get(json, STR("valueSet")), *url;
    Str version;
    part->system =
        canonical_cut(json_get_str(json, STR("system")), &version); /* some have it there */
    part->version = version.len ? version : json_get_str(json, STR("version"));
    part->listed = json_count(concepts) > 0;
    if (!part->system.len && !json_count(sets))
        return fail_malformed(cx, set, "a part of it names neither a code system nor a value set");
    if (!part->system.len && (part->listed || json_count(filters)))
        return fail_malformed(cx, set, "codes and filters need a code system");
    if (part->listed && json_count(filters))
        return fail_malformed(cx, set, "a part of it has both codes and filters");
    TRY(fill_list(terms, cx, set, part, concepts));
    TRY(fill_filters(terms, cx, set, part, filters));
    part->sets = arena_array_of(terms->arena, Str, json_count(sets) + 1);
    part->loaded_sets = arena_array_of(terms->arena, TermsSet *, json_count(sets) + 1);
    if (!part->sets || !part->loaded_sets)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(sets); json_next(&it, NULL, &url);) {
        part->sets[part->set_count++] = json_str(url);
        if (!json_str(url).len)
            return fail_malformed(cx, set, "a value set that it includes has no url");
    }
    return STATUS_OK;
}

static Status fill_compose(Terms *terms, Ctx *cx, TermsSet *set, const JsonValue *compose)
{
    static const Str kinds[] = {STR_INIT("include"), STR_INIT("exclude")};
    JsonValue *inactive = json_get(compose, STR("inactive")), *part;
    size_t count = json_count(json_get(compose, kinds[0]));
    if (!count)
        return fail_malformed(cx, set, "compose includes nothing");
    count += json_count(json_get(compose, kinds[1]));
    set->active_only = json_is(inactive, JSON_BOOL) && !json_bool(inactive);
    set->parts = arena_array_of(terms->arena, Part, count);
    if (!set->parts)
        return STATUS_MEMORY;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        for (JsonIter it = json_iter(json_get(compose, kinds[k])); json_next(&it, NULL, &part);) {
            Part *own = &set->parts[set->part_count++];
            own->exclude = k == 1;
            TRY(part_of_json(terms, cx, set, part, own));
        }
    }
    return STATUS_OK;
}

static size_t count_contains(const JsonValue *contains)
{
    JsonValue *item;
    size_t count = 0;
    for (JsonIter it = json_iter(contains); json_next(&it, NULL, &item);)
        count += 1 + count_contains(json_get(item, STR("contains")));
    return count;
}

/* What has no code only groups others. */
static void fill_contains(CodeList *list, const JsonValue *contains)
{
    JsonValue *item;
    for (JsonIter it = json_iter(contains); json_next(&it, NULL, &item);) {
        Str code = json_get_str(item, STR("code"));
        if (code.len) {
            list->codes[list->count] = code;
            list->displays[list->count] = json_get_str(item, STR("display"));
            list->systems[list->count++] = json_get_str(item, STR("system"));
        }
        fill_contains(list, json_get(item, STR("contains")));
    }
}

static Status fill_expansion(Terms *terms, Ctx *cx, TermsSet *set, const JsonValue *expansion)
{
    JsonValue *contains = json_get(expansion, STR("contains"));
    size_t count = count_contains(contains);
    uint64_t total = 0;
    Str offset = json_str(json_get(expansion, STR("offset")));
    Part *part = arena_new_of(terms->arena, Part);
    if (!part)
        return STATUS_MEMORY;
    set->parts = part;
    set->part_count = 1;
    part->listed = true;
    TRY(codes_room(terms, &part->list, (uint32_t)count, true));
    fill_contains(&part->list, contains);
    bool counted = str_to_u64(json_str(json_get(expansion, STR("total"))), &total);
    part->open = (counted && total > count) || (offset.len && !str_eq(offset, STR("0")));
    return codes_index(terms, cx, &part->list);
}

/* Whether some part takes all or filtered codes of a system that is not here. */
static Status stands_on_absent(Terms *terms, Ctx *cx, TermsSet *set, bool *ret_absent)
{
    *ret_absent = false;
    for (size_t i = 0; i < set->part_count && !*ret_absent; i++) {
        Part *part = &set->parts[i];
        System *system = NULL;
        if (part->listed || !part->system.len)
            continue;
        TRY(part_system(terms, cx, part, &system));
        *ret_absent = system->content != CONTENT_COMPLETE;
    }
    return STATUS_OK;
}

/* What a set is composed of counts. Its expansion, which may be older, takes the place for all
 * questions when there is no compose, or when that stands on code systems that are not here. */
Status set_of_json(Terms *terms, Ctx *cx, Str name, JsonValue *json, TermsSet **ret_set)
{
    JsonValue *compose = json_get(json, STR("compose"));
    JsonValue *expansion = json_get(json, STR("expansion"));
    TermsSet *set = arena_new_of(terms->arena, TermsSet);
    bool absent = !compose;
    if (!set)
        return STATUS_MEMORY;
    *set = (TermsSet){.url = name};
    if (!str_eq(json_get_str(json, STR("resourceType")), STR("ValueSet")))
        return fail_malformed(cx, set, "it is no ValueSet");
    if (!compose && !expansion)
        return fail_malformed(cx, set, "it has neither compose nor expansion");
    if (compose)
        TRY(fill_compose(terms, cx, set, compose));
    if (compose && expansion)
        TRY(stands_on_absent(terms, cx, set, &absent));
    if (expansion && absent)
        TRY(fill_expansion(terms, cx, set, expansion));
    *ret_set = set;
    return STATUS_OK;
}

/* ---- finding one ---------------------------------------------------------------------------- */

static Status set_new(Terms *terms, Ctx *cx, Str canonical, TermsSet **ret_set)
{
    Str version, url = canonical_cut(canonical, &version);
    JsonValue *json = NULL;
    TRY(terms_work(terms, cx, STEPS_OF_LOOKUP));
    if (terms->source.lookup)
        TRY(terms->source.lookup(terms->source.to, cx, STR("ValueSet"), url, version, &json));
    if (json)
        return set_of_json(terms, cx, url, json, ret_set);
    TermsSet *set = arena_new_of(terms->arena, TermsSet);
    const SetRow *row = row_find(url);
    if (!set)
        return STATUS_MEMORY;
    set->url = url;
    set->missing = !row || (version.len && !str_eq(version, fhir_pool_str(row->version)));
    if (!set->missing)
        TRY(set_of_row(terms, set, row));
    *ret_set = set;
    return STATUS_OK;
}

Status set_load(Terms *terms, Ctx *cx, Str canonical, TermsSet **ret_set)
{
    TermsSet *set = terms->sets;
    while (set && !str_eq(set->asked, canonical))
        set = set->next;
    if (!set) {
        Str own = arena_str(terms->arena, canonical);
        if (!own.at)
            return STATUS_MEMORY;
        TRY(set_new(terms, cx, own, &set));
        set->asked = own;
        set->next = terms->sets;
        terms->sets = set;
    }
    *ret_set = set;
    return STATUS_OK;
}

Status part_system(Terms *terms, Ctx *cx, Part *part, System **ret_system)
{
    if (!part->loaded)
        TRY(system_load(terms, cx, part->system, part->version, &part->loaded));
    *ret_system = part->loaded;
    return STATUS_OK;
}

Status part_set(Terms *terms, Ctx *cx, Part *part, size_t i, TermsSet **ret_set)
{
    if (!part->loaded_sets[i])
        TRY(set_load(terms, cx, part->sets[i], &part->loaded_sets[i]));
    *ret_set = part->loaded_sets[i];
    return STATUS_OK;
}

uint32_t part_list_count(const Part *part)
{
    return part->row ? part->row->code_count : part->list.count;
}

TermsCode part_list_item(const Part *part, uint32_t i)
{
    if (part->row) {
        const ConceptRow *concept = &fhir_concepts[fhir_set_codes[part->row->codes + i]];
        return (TermsCode){.system = part->system,
                           .code = fhir_pool_str(concept->code),
                           .display = fhir_pool_str(concept->display)};
    }
    return (TermsCode){.system = part->list.systems ? part->list.systems[i] : part->system,
                       .code = part->list.codes[i],
                       .display = part->list.displays[i]};
}
