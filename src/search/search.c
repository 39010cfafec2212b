/* search/search.c - its life, and the hashes in its keys. */
#include "search/search.h"

#include "crypto/crypto.h"
#include "search/index.h"
#include "search/leaf.h"
#include "search/ridhash.h"
#include "search/sight.h"
#include "search/whos.h"
#include "store/item.h"

static Status load_hash_key(Ctx *cx, Store *store, const Access *access, uint8_t *key)
{
    static const Str space = STR_INIT("setting"), name = STR_INIT("search-hash-key");
    uint8_t fresh[HASH_KEY_BYTES];
    Str value;
    crypto_random(fresh, sizeof(fresh));
    StoreItem made = {space, name, str_n((const char *)fresh, sizeof(fresh))};
    TRY(store_item_once(store, cx, access, &made, &value));
    if (value.len != HASH_KEY_BYTES)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The store's search key cannot be read.");
    memcpy(key, value.at, HASH_KEY_BYTES);
    return STATUS_OK;
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
        status = shown_new(forever, &search->shown);
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
