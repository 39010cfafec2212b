/* search/param.c - tables of parameters: the definitions compiled once, and a table of them with
 * what SearchParameter resources add, for each state of the index. */
#include "search/index.h"

#include "crypto/crypto.h"
#include "search/leaf.h"
#include "search/ridhash.h"
#include "search/sight.h"
#include "search/whos.h"

#include <stdlib.h>

/* Which date parameter orders the chart pages of a type: the first of these codes that the
 * type has. They are the codes of the parameters that the definitions derive from
 * "clinical-date" and from when something was ordered, started or made. */
static const Str date_codes[] = {
    STR_INIT("date"),          STR_INIT("authoredon"),     STR_INIT("onset-date"),
    STR_INIT("recorded-date"), STR_INIT("authored-on"),    STR_INIT("authored"),
    STR_INIT("occurrence"),    STR_INIT("effective"),      STR_INIT("period"),
    STR_INIT("created"),       STR_INIT("issued"),         STR_INIT("sent"),
    STR_INIT("started"),       STR_INIT("whenhandedover"), STR_INIT("start-date"),
};

static const struct {
    Str code;
    Special special;
} specials[] = {
    {STR_INIT("_id"), SPECIAL_ID},          {STR_INIT("_lastUpdated"), SPECIAL_LAST_UPDATED},
    {STR_INIT("_text"), SPECIAL_TEXT},      {STR_INIT("_content"), SPECIAL_CONTENT},
    {STR_INIT("near"), SPECIAL_NEAR},       {STR_INIT("phonetic"), SPECIAL_PHONETIC},
    {STR_INIT("_query"), SPECIAL_NOT_HERE},
};

static Special special_of(Str code)
{
    for (size_t i = 0; i < COUNT_OF(specials); i++) {
        if (str_eq(code, specials[i].code))
            return specials[i].special;
    }
    return SPECIAL_NONE;
}

/* ---- finding ------------------------------------------------------------------------- */

static SearchParam *find_in(const TypeIndex *index, Str code)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(index->params[middle].code, code);
        if (order == 0)
            return &index->params[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const SearchParam *search_param_find(const Search *search, uint16_t type, Str code)
{
    return find_in(search_type(search, type), code);
}

static const SearchParam *by_url(const TypeIndex *index, Str url)
{
    for (size_t i = 0; i < index->count; i++) {
        if (str_eq(index->params[i].url, url))
            return &index->params[i];
    }
    return NULL;
}

const SearchParam *search_param_by_url(const Search *search, uint16_t type, Str url)
{
    return by_url(search_type(search, type), url);
}

bool search_param_is_indexed(const Search *search, const SearchParam *param)
{
    bool words = param->special == SPECIAL_TEXT || param->special == SPECIAL_CONTENT;
    return param->special != SPECIAL_ID && !param->part_count && (search->words || !words);
}

bool search_param_is_common(const SearchParam *param)
{
    return param->code.at[0] == '_';
}

Status search_param_is_made(const Search *search, Ctx *cx, uint16_t type, Str code)
{
    const TypeIndex *index = search_type(search, type);
    SearchProgress progress;
    for (size_t i = 0; i < index->other_count; i++) {
        const SearchParam *param = &index->others[i];
        if (param->ready || !str_eq(param->code, code))
            continue;
        search_progress(search, &progress);
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The search parameter \"" STR_FMT "\" of " STR_FMT
                        " is being indexed (%u %%): try again later.",
                        STR_ARG(code), STR_ARG(fhir_type_name(type)),
                        progress.all ? (unsigned)(progress.done * 100 / progress.all) : 0);
    }
    if (!indexer_is_behind(search) || fhir_param_find(type, code))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "Search parameters have changed a moment ago: \"" STR_FMT "\" of " STR_FMT
                    " may be one. Try again.",
                    STR_ARG(code), STR_ARG(fhir_type_name(type)));
}

Status search_is_open(const Search *search, Ctx *cx)
{
    SearchProgress progress;
    if (search->open)
        return STATUS_OK;
    search_progress(search, &progress);
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "The search index is being made anew (%u %%): until then nothing can be "
                    "searched; reading by id and writing work.",
                    progress.all ? (unsigned)(progress.done * 100 / progress.all) : 0);
}

bool search_offer(const Search *search, uint16_t type, size_t i, SearchOffer *ret_offer)
{
    const TypeIndex *index = search_type(search, type);
    if (i >= index->count)
        return false;
    const SearchParam *param = &index->params[i];
    *ret_offer =
        (SearchOffer){param->code, param->url, param->kind, param->targets, param->target_count};
    return true;
}

/* ---- the definitions ----------------------------------------------------------------------- */

static Status compile(Ctx *cx, Arena *arena, uint16_t type, Str expression,
                      const PathProgram **ret_program)
{
    PathCompile how = {.context = fhir_type_name(type)};
    if (!expression.len) {
        *ret_program = NULL;
        return STATUS_OK;
    }
    return path_compile(cx, arena, expression, &how, ret_program);
}

/* The expression of a component starts at what the composite reaches. */
static Status compile_components(Ctx *cx, Arena *arena, const TypeIndex *index,
                                 const FhirComponent *from, size_t count, SearchParam *param)
{
    Component *components = arena_array_of(arena, Component, count);
    Str type = path_program_type(param->program);
    PathCompile how = {.context = type.len ? type : STR("Resource")}; /* of any type */
    if (!components)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        components[i].param = by_url(index, from[i].definition);
        if (!components[i].param)
            return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("SearchParameter.component"),
                            "The composite \"" STR_FMT "\" has a component that " STR_FMT
                            " has no parameter for.",
                            STR_ARG(param->code), STR_ARG(fhir_type_name(param->type)));
        TRY(path_compile(cx, arena, from[i].expression, &how, &components[i].program));
    }
    param->components = components;
    param->component_count = count;
    return STATUS_OK;
}

/* ---- unions of other parameters: combo-code is code and component-code ----------------------- */

enum { TERMS_MAX = 6 };

/* The terms of an expression that belong to the type; 0 when they cannot be told apart by `|`. */
static size_t terms_of(const FhirParam *param, Str terms[TERMS_MAX])
{
    Str name = fhir_type_name(param->type);
    size_t count = 0;
    if (!param->expression.len || memchr(param->expression.at, '\'', param->expression.len))
        return 0;
    for (Str rest = param->expression; rest.at;) {
        Str term = str_trim(str_cut(&rest, '|'));
        Str path = str_from(term, str_has_prefix(term, STR("(")));
        if (!str_has_prefix(path, name) || path.len == name.len || path.at[name.len] != '.')
            continue;
        if (count == TERMS_MAX)
            return 0;
        terms[count++] = term;
    }
    return count;
}

/* Which of the terms a parameter is made of, as bits; 0 when it has others too. */
static unsigned covered(const FhirParam *param, const Str *terms, size_t count)
{
    Str own[TERMS_MAX];
    size_t n = terms_of(param, own);
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned bit = 0;
        for (size_t k = 0; k < count; k++)
            bit |= str_eq(own[i], terms[k]) ? 1u << k : 0;
        if (!bit)
            return 0;
        bits |= bit;
    }
    return bits;
}

/* Only kinds whose keys nothing else looks at: sorts and includes know a parameter by its own. */
static void find_parts(const FhirParam *from, size_t count, const FhirParam *one,
                       SearchParam *param)
{
    Str terms[TERMS_MAX];
    bool kind = one->kind == FHIR_PARAM_TOKEN || one->kind == FHIR_PARAM_QUANTITY;
    size_t n = kind ? terms_of(one, terms) : 0, parts = 0;
    unsigned all = (1u << n) - 1, have = 0;
    for (size_t i = 0; i < count && n > 1 && parts < PARTS_MAX && have != all; i++) {
        unsigned bits = from[i].kind == one->kind ? covered(&from[i], terms, n) : 0;
        if (!bits || bits == all || !(bits & ~have))
            continue;
        param->parts[parts++] = from[i].code;
        have |= bits;
    }
    param->part_count = n > 1 && have == all ? parts : 0;
}

/* "telephone": what `phone` finds, by its digits from the first on. Its keys are of another kind
 * than those of `phone`, so that they share a number. docs/adr/0091 */
static void add_telephone(TypeIndex *index)
{
    const SearchParam *phone = find_in(index, STR("phone"));
    if (!phone || phone->kind != FHIR_PARAM_TOKEN)
        return;
    SearchParam param = *phone;
    param.kind = FHIR_PARAM_STRING;
    param.special = SPECIAL_PHONE;
    param.code = STR("telephone");
    param.url = STR_EMPTY;
    param.part_count = 0;
    size_t at = index->count++;
    for (; at && str_cmp(index->params[at - 1].code, param.code) > 0; at--)
        index->params[at] = index->params[at - 1];
    index->params[at] = param;
}

static Status compile_type(Ctx *cx, Search *search, uint16_t type)
{
    TypeIndex *index = &search->base[type];
    size_t count;
    const FhirParam *from = fhir_params_of(type, &count);
    index->params = arena_array_of(search->forever, SearchParam, count + 2);
    if (!index->params)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        Special special = special_of(from[i].code);
        if (special == SPECIAL_NOT_HERE)
            continue;
        assert(from[i].id < 1u << SLOT_SHIFT);
        SearchParam *param = &index->params[index->count++];
        *param = (SearchParam){.id = from[i].id,
                               .type = type,
                               .kind = from[i].kind,
                               .special = special,
                               .code = from[i].code,
                               .url = from[i].url,
                               .expression = from[i].expression,
                               .targets = from[i].targets,
                               .target_count = from[i].target_count};
        find_parts(from, count, &from[i], param);
        TRY(compile(cx, search->forever, type, from[i].expression, &param->program));
    }
    add_telephone(index);
    for (size_t i = 0; i < count; i++) {
        if (from[i].component_count)
            TRY(compile_components(cx, search->forever, index, from[i].components,
                                   from[i].component_count, find_in(index, from[i].code)));
    }
    const SearchParam *about = find_in(index, STR("patient"));
    index->about = about && about->kind == FHIR_PARAM_REFERENCE ? about : NULL;
    const Str *codes = fhir_compartment_params(COMPARTMENT_INDEXED, type, &count);
    for (size_t i = 0; i < count; i++) {
        SearchParam *param = find_in(index, codes[i]);
        if (param && param->kind == FHIR_PARAM_REFERENCE)
            param->member = true;
    }
    for (size_t i = 0; i < COUNT_OF(date_codes) && !index->clinical_date; i++) {
        const SearchParam *param = find_in(index, date_codes[i]);
        if (param && param->kind == FHIR_PARAM_DATE)
            index->clinical_date = param;
    }
    return STATUS_OK;
}

Status params_compile(Ctx *cx, Search *search)
{
    size_t types = (size_t)fhir_type_count() + 1;
    assert(types <= TYPES_MAX);
    search->base = arena_array_of(search->forever, TypeIndex, types);
    if (!search->base)
        return STATUS_MEMORY;
    for (uint16_t type = 1; type < types; type++)
        TRY(compile_type(cx, search, type));
    return STATUS_OK;
}

Status params_digest(Ctx *cx, bool words, Str country, Str *ret_digest)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    Buf buf;
    buf_init(&buf, cx->arena, 512 << 10, 8 << 20);
    buf_add_str(&buf, words ? STR("words\n") : STR_EMPTY);
    buf_format(&buf, "telephone " STR_FMT "\n", STR_ARG(country));
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        size_t count;
        const FhirParam *params = fhir_params_of(type, &count);
        for (size_t i = 0; i < count; i++)
            buf_format(&buf, "%u %u %u " STR_FMT " " STR_FMT "\n", params[i].id, type,
                       params[i].kind, STR_ARG(params[i].code), STR_ARG(params[i].expression));
        const Str *codes = fhir_compartment_params(COMPARTMENT_INDEXED, type, &count);
        for (size_t i = 0; i < count; i++)
            buf_format(&buf, "in by " STR_FMT "\n", STR_ARG(codes[i]));
    }
    TRY(buf_done(&buf));
    crypto_sha256(buf_str(&buf), hash);
    *ret_digest = arena_format(cx->arena, "%02x%02x%02x%02x%02x%02x%02x%02x", hash[0], hash[1],
                               hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]);
    return ret_digest->at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- tables -------------------------------------------------------------------------------- */

typedef struct {
    Ctx *cx;
    const Search *search;
    Arena *arena;
    const State *state;
    const Custom *customs;
    TypeIndex *index; /* of the type in hand */
    uint16_t type;
} Making;

static void add_listing(TypeIndex *index, uint8_t slot, uint16_t type, bool ready)
{
    for (size_t i = 0; i < index->listing_count; i++) {
        if (index->listings[i].number == (uint16_t)(slot << SLOT_SHIFT | type))
            return;
    }
    if (slot == SLOT_NONE)
        return;
    assert(index->listing_count < LISTINGS_MAX);
    index->listings[index->listing_count++] =
        (Listing){(uint16_t)(slot << SLOT_SHIFT | type), ready};
    index->partial |= !ready;
}

static void add_listings(const Making *m)
{
    TypeIndex *index = m->index;
    add_listing(index, m->state->slots[0], m->type, true);
    add_listing(index, m->state->making[0], m->type, false);
    index->listing = index->listings[0].number;
}

static SearchParam *append(TypeIndex *index, bool others)
{
    return others ? &index->others[index->other_count++] : &index->params[index->count++];
}

static void add_base(const Making *m, uint8_t slot, bool ready, bool others)
{
    const TypeIndex *base = &m->search->base[m->type];
    for (size_t i = 0; i < base->count && slot != SLOT_NONE; i++) {
        SearchParam *param = append(m->index, others);
        *param = base->params[i];
        param->id |= (uint16_t)(slot << SLOT_SHIFT);
        param->ready = ready;
    }
    m->index->partial |= slot != SLOT_NONE && !ready;
}

/* Its number for the type in hand; 0 = it is not for this type. */
static uint16_t number_for(const Custom *custom, uint32_t first, uint16_t type)
{
    for (size_t i = 0; i < custom->base_count && first; i++) {
        if (custom->bases[i] == type)
            return (uint16_t)(first + i);
    }
    return 0;
}

static Status add_custom(const Making *m, const Custom *custom, uint32_t first, bool ready,
                         bool others)
{
    uint16_t number = number_for(custom, first, m->type);
    if (!number)
        return STATUS_OK;
    SearchParam param = {.id = number,
                         .type = m->type,
                         .kind = custom->kind,
                         .code = custom->code,
                         .url = custom->url,
                         .expression = custom->expression,
                         .targets = custom->targets,
                         .target_count = custom->target_count,
                         .ready = ready,
                         .digest = custom->digest,
                         .custom = true};
    TRY(compile(m->cx, m->arena, m->type, custom->expression, &param.program));
    *append(m->index, others) = param;
    m->index->partial |= !ready;
    return STATUS_OK;
}

static int compare_codes(const void *a, const void *b)
{
    return str_cmp(((const SearchParam *)a)->code, ((const SearchParam *)b)->code);
}

/* Components of the definitions point to the parameters of this table; a composite of a
 * SearchParameter whose components are gone is gone too. */
static Status resolve_composites(const Making *m)
{
    TypeIndex *index = m->index;
    for (size_t i = 0; i < index->count; i++) {
        SearchParam *param = &index->params[i];
        Component *copy = arena_array_of(m->arena, Component, param->component_count + 1);
        if (!copy)
            return STATUS_MEMORY;
        for (size_t j = 0; j < param->component_count; j++)
            copy[j] = (Component){find_in(index, param->components[j].param->code),
                                  param->components[j].program};
        param->components = copy;
    }
    return STATUS_OK;
}

static Status add_composite(const Making *m, const Custom *custom)
{
    TypeIndex *index = m->index;
    SearchParam *param = find_in(index, custom->code);
    if (!param || !param->custom)
        return STATUS_OK;
    Ctx scratch = {.arena = m->cx->arena};
    if (compile_components(&scratch, m->arena, index, custom->components, custom->component_count,
                           param) == STATUS_OK)
        return STATUS_OK;
    size_t at = (size_t)(param - index->params);
    memmove(param, param + 1, (index->count - at - 1) * sizeof(*param));
    index->count--;
    return STATUS_OK;
}

static Status make_type(const Making *m)
{
    TypeIndex *index = m->index;
    const State *state = m->state;
    const TypeIndex *base = &m->search->base[m->type];
    uint8_t slot = state->slots[m->type], making = state->making[m->type];
    size_t room = base->count + state->custom_count + 1;
    index->params = arena_array_of(m->arena, SearchParam, room);
    index->others = arena_array_of(m->arena, SearchParam, 2 * room);
    if (!index->params || !index->others)
        return STATUS_MEMORY;
    add_listings(m);
    add_base(m, slot != SLOT_NONE ? slot : making, slot != SLOT_NONE, false);
    if (slot != SLOT_NONE)
        add_base(m, making, false, true);
    for (size_t i = 0; i < state->custom_count; i++) {
        TRY(add_custom(m, &m->customs[i], state->customs[i].first, true, false));
        TRY(add_custom(m, &m->customs[i], state->customs[i].making, false, true));
    }
    qsort(index->params, index->count, sizeof(SearchParam), compare_codes);
    TRY(resolve_composites(m));
    for (size_t i = 0; i < state->custom_count; i++) {
        if (m->customs[i].component_count && number_for(&m->customs[i], 1, m->type))
            TRY(add_composite(m, &m->customs[i]));
    }
    if (base->clinical_date)
        index->clinical_date = find_in(index, base->clinical_date->code);
    if (base->about)
        index->about = find_in(index, base->about->code);
    return STATUS_OK;
}

Status table_new(Ctx *cx, const Search *search, Arena *arena, const State *state,
                 const Custom *customs, ParamTable **ret_table)
{
    ParamTable *table = arena_new_of(arena, ParamTable);
    Making m = {cx, search, arena, state, customs, NULL, 0};
    if (!table)
        return STATUS_MEMORY;
    *table = (ParamTable){.arena = arena, .state = *state, .customs = (Custom *)customs};
    table->types = arena_array_of(arena, TypeIndex, (size_t)fhir_type_count() + 1);
    if (!table->types)
        return STATUS_MEMORY;
    for (m.type = 1; m.type <= fhir_type_count(); m.type++) {
        m.index = &table->types[m.type];
        TRY(make_type(&m));
    }
    *ret_table = table;
    return STATUS_OK;
}

void table_publish(Search *search, ParamTable *table)
{
    search->types = table->types;
    search->open = table->state.open;
}

/* ---- life ------------------------------------------------------------------------------------ */

static Status load_hash_key(Ctx *cx, Store *store, const Access *access, uint8_t *key)
{
    static const Str space = STR_INIT("setting"), name = STR_INIT("search-hash-key");
    StoreReader *reader;
    TRY(store_read_begin(store, cx, access, &reader));
    Str value;
    Status found = store_item_get(reader, space, name, &value);
    store_read_end(reader);
    if (found == STATUS_OK && value.len == HASH_KEY_BYTES) {
        memcpy(key, value.at, HASH_KEY_BYTES);
        return STATUS_OK;
    }
    if (found != STATUS_NOT_FOUND)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The store's search key cannot be read.");
    crypto_random(key, HASH_KEY_BYTES);
    StoreItem item = {space, name, str_n((const char *)key, HASH_KEY_BYTES)};
    StoreItem absent = {space, name, STR_EMPTY};
    StoreCommit commit = {.items = &item, .item_count = 1, .guard = &absent};
    Status made = store_commit(store, cx, access, &commit);
    if (made != STATUS_CONFLICT)
        return made;
    return load_hash_key(cx, store, access, key); /* another node has just made it */
}

static Status make_leaves(Search *search)
{
    size_t all = fhir_all_type_count();
    search->leaves = arena_array_of(search->forever, uint8_t, all + 1);
    if (!search->leaves)
        return STATUS_MEMORY;
    for (size_t i = 1; i <= all; i++)
        search->leaves[i] = (uint8_t)leaf_of_type(fhir_type_name((uint16_t)i));
    return STATUS_OK;
}

static Status check_country(Ctx *cx, Str country)
{
    for (size_t i = 0; i < country.len; i++) {
        if (country.at[i] < '0' || country.at[i] > '9' || country.len > 4)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "\"" STR_FMT "\" is no country code of telephone numbers: it is one to"
                            " four digits, as 32.",
                            STR_ARG(country));
    }
    return STATUS_OK;
}

Status search_new(Ctx *cx, Store *store, const Access *access, const SearchOptions *options,
                  Search **ret_search)
{
    enum { FOREVER_BYTES = 64 << 20 };
    Arena *forever = arena_new(FOREVER_BYTES, true);
    Search *search = forever ? arena_new_of(forever, Search) : NULL;
    if (!search)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    search->forever = forever;
    search->store = store;
    search->access = access;
    search->address = arena_str(forever, options->address);
    search->words = options->words;
    search->labels = options->labels;
    search->country = arena_str(forever, options->country);
    Status status = check_country(cx, options->country);
    search->changes_max = options->changes_max ? options->changes_max : SEARCH_CHANGES_MAX;
    if (status == STATUS_OK)
        status = make_leaves(search);
    if (status == STATUS_OK)
        status = since_new(forever, &search->tables);
    if (status == STATUS_OK)
        status = sights_new(forever, options->facts_max ? options->facts_max : SEARCH_FACTS_MAX,
                            &search->sights);
    if (status == STATUS_OK)
        status = ridhash_new(forever, &search->rid_hashes);
    if (status == STATUS_OK)
        status = whos_new(forever, &search->whos);
    if (status == STATUS_OK)
        status = params_compile(cx, search);
    if (status == STATUS_OK && store)
        status = load_hash_key(cx, store, access, search->hash_key);
    if (status == STATUS_OK)
        crypto_hkdf(str_n((const char *)search->hash_key, HASH_KEY_BYTES), STR_EMPTY,
                    STR("links of pages"), search->link_key, sizeof(search->link_key));
    if (status == STATUS_OK)
        status = indexer_new(cx, search, access);
    if (status != STATUS_OK) {
        search_free(search);
        return status;
    }
    *ret_search = search;
    return STATUS_OK;
}

void search_free(Search *search)
{
    if (!search)
        return;
    indexer_free(search);
    since_free(search->tables);
    sights_free(search->sights);
    whos_free(search->whos);
    arena_free(search->forever);
}

uint64_t search_hash(const Search *search, Str text)
{
    return crypto_hash64(search->hash_key, text);
}

uint64_t search_hash_text(const Search *search, Str text)
{
    return search_hash(search, text);
}

uint32_t search_hash_system(const Search *search, Str system)
{
    return system.len ? (uint32_t)search_hash(search, system) : 0;
}
