/* search/param.c - the life of a Search: parameters compiled, hashes, the rule for clinical dates.
 */
#include "search/internal.h"

#include "crypto/crypto.h"
#include "search/leaf.h"

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

const SearchParam *search_param_find(const Search *search, uint16_t type, Str code)
{
    const TypeIndex *index = &search->types[type];
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

const SearchParam *search_param_by_url(const Search *search, uint16_t type, Str url)
{
    const TypeIndex *index = &search->types[type];
    for (size_t i = 0; i < index->count; i++) {
        if (str_eq(index->params[i].url, url))
            return &index->params[i];
    }
    return NULL;
}

bool search_param_is_common(const SearchParam *param)
{
    return param->code.at[0] == '_';
}

bool search_param_offered(const FhirParam *param)
{
    return special_of(param->code) != SPECIAL_NOT_HERE;
}

/* ---- compiling --------------------------------------------------------------------------- */

static Status compile(Ctx *cx, Search *search, uint16_t type, Str expression,
                      const PathProgram **ret_program)
{
    PathCompile how = {.context = fhir_type_name(type)};
    if (!expression.len) {
        *ret_program = NULL;
        return STATUS_OK;
    }
    return path_compile(cx, search->forever, expression, &how, ret_program);
}

/* The expression of a component starts at what the composite reaches. */
static Status compile_components(Ctx *cx, Search *search, const FhirParam *from, SearchParam *param)
{
    Component *components = arena_array_of(search->forever, Component, from->component_count);
    Str type = path_program_type(param->program);
    PathCompile how = {.context = type.len ? type : STR("Resource")}; /* of any type */
    if (!components)
        return STATUS_MEMORY;
    for (size_t i = 0; i < from->component_count; i++) {
        components[i].param =
            search_param_by_url(search, param->type, from->components[i].definition);
        if (!components[i].param)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "The composite \"" STR_FMT "\" has a component that " STR_FMT
                            " has no parameter for.",
                            STR_ARG(from->code), STR_ARG(fhir_type_name(param->type)));
        TRY(path_compile(cx, search->forever, from->components[i].expression, &how,
                         &components[i].program));
    }
    param->components = components;
    param->component_count = from->component_count;
    return STATUS_OK;
}

static Status make_param(Ctx *cx, Search *search, const FhirParam *from, SearchParam *param)
{
    *param = (SearchParam){
        .id = from->id,
        .type = from->type,
        .kind = from->kind,
        .special = special_of(from->code),
        .code = from->code,
        .url = from->url,
        .targets = from->targets,
        .target_count = from->target_count,
        .ready = true,
    };
    return compile(cx, search, from->type, from->expression, &param->program);
}

static Status make_type(Ctx *cx, Search *search, uint16_t type)
{
    TypeIndex *index = &search->types[type];
    size_t count;
    const FhirParam *params = fhir_params_of(type, &count);
    index->params = arena_array_of(search->forever, SearchParam, count + 1);
    if (!index->params)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (search_param_offered(&params[i]))
            TRY(make_param(cx, search, &params[i], &index->params[index->count++]));
    }
    for (size_t i = 0; i < count; i++) {
        if (params[i].component_count)
            TRY(compile_components(cx, search, &params[i],
                                   (SearchParam *)search_param_find(search, type, params[i].code)));
    }
    for (size_t i = 0; i < COUNT_OF(date_codes) && !index->clinical_date; i++) {
        const SearchParam *param = search_param_find(search, type, date_codes[i]);
        if (param && param->kind == FHIR_PARAM_DATE)
            index->clinical_date = param;
    }
    return STATUS_OK;
}

static Status make_types(Ctx *cx, Search *search)
{
    size_t types = (size_t)fhir_type_count() + 1, all = fhir_all_type_count();
    search->types = arena_array_of(search->forever, TypeIndex, types);
    search->leaves = arena_array_of(search->forever, uint8_t, all + 1);
    if (!search->types || !search->leaves)
        return STATUS_MEMORY;
    for (size_t i = 1; i <= all; i++)
        search->leaves[i] = (uint8_t)leaf_of_type(fhir_type_name((uint16_t)i));
    for (uint16_t type = 1; type < types; type++)
        TRY(make_type(cx, search, type));
    return STATUS_OK;
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
    StoreCommit commit = {.items = &item, .item_count = 1};
    return store_commit(store, cx, access, &commit);
}

Status search_new(Ctx *cx, Store *store, const Access *access, Search **ret_search)
{
    enum { FOREVER_BYTES = 64 << 20 };
    Arena *forever = arena_new(FOREVER_BYTES, true);
    Search *search = forever ? arena_new_of(forever, Search) : NULL;
    if (!search)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    search->forever = forever;
    search->store = store;
    Status status = make_types(cx, search);
    if (status == STATUS_OK && store)
        status = load_hash_key(cx, store, access, search->hash_key);
    if (status != STATUS_OK) {
        search_free(search);
        return status;
    }
    *ret_search = search;
    return STATUS_OK;
}

void search_free(Search *search)
{
    if (search)
        arena_free(search->forever);
}

void search_set_base(Search *search, Str base)
{
    search->base = arena_str(search->forever, base);
}

uint64_t search_hash(const Search *search, Str text)
{
    return crypto_hash64(search->hash_key, text);
}

uint32_t search_hash_system(const Search *search, Str system)
{
    return system.len ? (uint32_t)search_hash(search, system) : 0;
}
