/* search/search.c - the life of a Search, hashes, and the rule for clinical dates. */
#include "search/search.h"

#include "crypto/crypto.h"
#include "search/internal.h"

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

static const FhirParam *clinical_date_param(uint16_t type)
{
    for (size_t i = 0; i < COUNT_OF(date_codes); i++) {
        const FhirParam *param = fhir_param_find(type, date_codes[i]);
        if (param && param->kind == FHIR_PARAM_DATE && param->path_count)
            return param;
    }
    return NULL;
}

static bool index_of_type(Arena *arena, uint16_t type, TypeIndex *index)
{
    size_t count;
    const FhirParam *params = fhir_params_of(type, &count);
    index->clinical_date = clinical_date_param(type);
    index->params = arena_array_of(arena, const FhirParam *, count + 1);
    for (size_t i = 0; index->params && i < count; i++) {
        if (search_param_offered(&params[i]))
            index->params[index->count++] = &params[i];
    }
    return index->params != NULL;
}

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
    size_t types = (size_t)fhir_type_count() + 1;
    Arena *forever = arena_new(1 << 20, true);
    Search *search = forever ? arena_new_of(forever, Search) : NULL;
    if (!search)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    search->forever = forever;
    search->store = store;
    search->types = arena_array_of(forever, TypeIndex, types);
    bool fits = search->types != NULL;
    for (uint16_t type = 1; fits && type < types; type++)
        fits = index_of_type(forever, type, &search->types[type]);
    Status status = fits ? load_hash_key(cx, store, access, search->hash_key) : STATUS_MEMORY;
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

uint64_t search_hash(const Search *search, Str text)
{
    return crypto_hash64(search->hash_key, text);
}

uint32_t search_hash_system(const Search *search, Str system)
{
    return system.len ? (uint32_t)search_hash(search, system) : 0;
}

uint64_t search_hash_reference(const Search *search, Str reference)
{
    static const Str history = STR_INIT("/_history/");
    for (size_t i = 0; i + history.len < reference.len; i++) {
        if (reference.at[i] == '/' && str_has_prefix(str_from(reference, i), history)) {
            reference.len = i;
            break;
        }
    }
    return search_hash(search, reference);
}
