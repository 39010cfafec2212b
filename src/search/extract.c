/* search/extract.c - the index keys of a resource, by the paths of its parameters. */

#include "search/fold.h"
#include "search/internal.h"

enum { KEYS_FIRST = 24, KEYS_MAX = 20000 };

typedef struct {
    const Search *search;
    Ctx *cx;
    const FhirParam *param;
    Time date;
    uint64_t rid;
    Str *keys;
    size_t count, room;
} Extract;

/* ---- walking a path ---------------------------------------------------------- */

static bool step_holds(const FhirStep *step, JsonValue *item)
{
    if (!step->where_name.len)
        return true;
    return str_eq(json_get_str(item, step->where_name), step->where_value);
}

static Status walk(const FhirPath *path, size_t at, JsonValue *value, PathVisit visit, void *to)
{
    if (json_is(value, JSON_ARRAY)) {
        JsonValue *item;
        for (JsonIter it = json_iter(value); json_next(&it, NULL, &item);)
            TRY(walk(path, at, item, visit, to));
        return STATUS_OK;
    }
    if (at && !step_holds(&path->steps[at - 1], value))
        return STATUS_OK;
    if (at == path->step_count)
        return json_is(value, JSON_NULL) ? STATUS_OK : visit(to, path, value);
    JsonValue *child = json_get(value, path->steps[at].name);
    return child ? walk(path, at + 1, child, visit, to) : STATUS_OK;
}

Status search_walk(const FhirPath *path, JsonValue *resource, PathVisit visit, void *to)
{
    return walk(path, 0, resource, visit, to);
}

/* ---- collecting keys ---------------------------------------------------------- */

static Status add_key(Extract *x, Key *key)
{
    key_add_place(key, x->date, x->rid);
    if (x->count == x->room) {
        size_t room = x->room ? x->room * 2 : KEYS_FIRST;
        if (room > KEYS_MAX)
            return ctx_fail_code(x->cx, STATUS_UNPROCESSABLE, "too-long", STR_EMPTY,
                                 "The resource has more than %d values to index.", KEYS_MAX);
        Str *keys = arena_realloc(x->cx->arena, x->keys, x->room * sizeof(Str), room * sizeof(Str));
        if (!keys)
            return STATUS_MEMORY;
        x->keys = keys;
        x->room = room;
    }
    Str copy = arena_str(x->cx->arena, key_str(key));
    if (!copy.at)
        return STATUS_MEMORY;
    x->keys[x->count++] = copy;
    return STATUS_OK;
}

static Status add_hash(Extract *x, KeyKind kind, uint64_t hash)
{
    Key key;
    key_begin(&key, kind, x->param->id);
    key_add_hash(&key, hash);
    return add_key(x, &key);
}

static Status add_token(Extract *x, Str system, Str code)
{
    if (!code.len)
        return STATUS_OK;
    Key key;
    key_begin(&key, KEY_TOKEN, x->param->id);
    key_add_hash(&key, search_hash(x->search, code));
    key_add_system(&key, search_hash_system(x->search, system));
    return add_key(x, &key);
}

static Status add_text(Extract *x, Str text)
{
    char folded[FOLD_MAX];
    size_t len = search_fold(text, folded);
    if (!len)
        return STATUS_OK;
    Key key;
    key_begin(&key, KEY_STRING, x->param->id);
    key_add(&key, folded, len);
    key_add(&key, "", 1);
    return add_key(x, &key);
}

static Status add_texts(Extract *x, JsonValue *value)
{
    if (json_is(value, JSON_STRING))
        return add_text(x, json_str(value));
    if (!json_is(value, JSON_ARRAY))
        return STATUS_OK;
    JsonValue *item;
    for (JsonIter it = json_iter(value); json_next(&it, NULL, &item);)
        TRY(add_text(x, json_str(item)));
    return STATUS_OK;
}

/* ---- one visitor per parameter kind ------------------------------------------- */

static Status visit_token(void *to, const FhirPath *path, JsonValue *leaf)
{
    Extract *x = to;
    UNUSED(path);
    if (json_is(leaf, JSON_BOOL))
        return add_token(x, STR_EMPTY, json_bool(leaf) ? STR("true") : STR("false"));
    if (!json_is(leaf, JSON_OBJECT))
        return add_token(x, STR_EMPTY, json_str(leaf));
    JsonValue *coding = json_get(leaf, STR("coding")), *item;
    if (coding) {
        for (JsonIter it = json_iter(coding); json_next(&it, NULL, &item);)
            TRY(add_token(x, json_get_str(item, STR("system")), json_get_str(item, STR("code"))));
        return STATUS_OK;
    }
    /* Coding has a code; Identifier and ContactPoint have a value. A ContactPoint's system
     * is no namespace. */
    Str code = json_get_str(leaf, STR("code"));
    Str system =
        str_eq(path->leaf, STR("ContactPoint")) ? STR_EMPTY : json_get_str(leaf, STR("system"));
    return add_token(x, system, code.len ? code : json_get_str(leaf, STR("value")));
}

static Status visit_string(void *to, const FhirPath *path, JsonValue *leaf)
{
    /* The searchable parts of HumanName and Address. SPEC R4 search.html#string */
    static const Str parts[] = {
        STR_INIT("family"), STR_INIT("given"),      STR_INIT("prefix"),  STR_INIT("suffix"),
        STR_INIT("text"),   STR_INIT("line"),       STR_INIT("city"),    STR_INIT("district"),
        STR_INIT("state"),  STR_INIT("postalCode"), STR_INIT("country"),
    };
    UNUSED(path);
    if (!json_is(leaf, JSON_OBJECT))
        return add_text(to, json_str(leaf));
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        JsonValue *part = json_get(leaf, parts[i]);
        if (part)
            TRY(add_texts(to, part));
    }
    return STATUS_OK;
}

static Status visit_reference(void *to, const FhirPath *path, JsonValue *leaf)
{
    Extract *x = to;
    Str reference =
        json_is(leaf, JSON_OBJECT) ? json_get_str(leaf, STR("reference")) : json_str(leaf);
    if (!reference.len || reference.at[0] == '#')
        return STATUS_OK;
    if (path->target) {
        Str rest = reference;
        if (!str_eq(str_cut(&rest, '/'), fhir_type_name(path->target)))
            return STATUS_OK;
    }
    return add_hash(x, KEY_REFERENCE, search_hash_reference(x->search, reference));
}

static Status visit_uri(void *to, const FhirPath *path, JsonValue *leaf)
{
    Extract *x = to;
    UNUSED(path);
    Str text = json_str(leaf);
    return text.len ? add_hash(x, KEY_URI, search_hash(x->search, text)) : STATUS_OK;
}

bool search_leaf_range(Str leaf_type, JsonValue *leaf, Time *ret_lo, Time *ret_hi)
{
    Time unused;
    if (json_is(leaf, JSON_STRING))
        return fhir_date_range(json_str(leaf), ret_lo, ret_hi);
    if (!str_eq(leaf_type, STR("Period")))
        return false;
    Str start = json_get_str(leaf, STR("start")), end = json_get_str(leaf, STR("end"));
    *ret_lo = TIME_NONE;
    *ret_hi = TIME_LAST;
    if (start.len && !fhir_date_range(start, ret_lo, &unused))
        return false;
    if (end.len && !fhir_date_range(end, &unused, ret_hi))
        return false;
    return start.len || end.len;
}

static Status visit_date(void *to, const FhirPath *path, JsonValue *leaf)
{
    Extract *x = to;
    Time lo, hi;
    if (!search_leaf_range(path->leaf, leaf, &lo, &hi))
        return STATUS_OK;
    Key key;
    key_begin(&key, KEY_DATE, x->param->id);
    key_add_time(&key, lo);
    key_add_time(&key, hi);
    return add_key(x, &key);
}

static const PathVisit visitors[] = {
    [FHIR_PARAM_TOKEN] = visit_token,         [FHIR_PARAM_STRING] = visit_string,
    [FHIR_PARAM_REFERENCE] = visit_reference, [FHIR_PARAM_URI] = visit_uri,
    [FHIR_PARAM_DATE] = visit_date,           [FHIR_PARAM_SPECIAL] = NULL,
};

bool search_param_offered(const FhirParam *param)
{
    static const Str elsewhere[] = {STR_INIT("_id"), STR_INIT("_lastUpdated")};
    for (size_t i = 0; i < COUNT_OF(elsewhere); i++) {
        if (str_eq(param->code, elsewhere[i]))
            return false;
    }
    return param->path_count && visitors[param->kind];
}

/* ---- the whole resource -------------------------------------------------------- */

static Status keep_first(void *to, const FhirPath *path, JsonValue *leaf)
{
    Time lo, hi, *date = to;
    if (*date == TIME_NONE && search_leaf_range(path->leaf, leaf, &lo, &hi))
        *date = lo != TIME_NONE ? lo : hi;
    return STATUS_OK;
}

Time search_clinical_date(const Search *search, uint16_t type, const JsonValue *resource)
{
    const FhirParam *param = search->types[type].clinical_date;
    Time date = TIME_NONE;
    for (size_t i = 0; param && i < param->path_count && date == TIME_NONE; i++) {
        Status status = search_walk(&param->paths[i], (JsonValue *)resource, keep_first, &date);
        assert(status == STATUS_OK);
    }
    return date;
}

static int compare_keys(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static void sort_and_unite(Extract *x, SearchKeys *ret_keys)
{
    if (x->count)
        qsort(x->keys, x->count, sizeof(Str), compare_keys);
    size_t kept = 0;
    for (size_t i = 0; i < x->count; i++) {
        if (kept == 0 || !str_eq(x->keys[kept - 1], x->keys[i]))
            x->keys[kept++] = x->keys[i];
    }
    *ret_keys = (SearchKeys){x->keys, kept};
}

Status search_keys(const Search *search, Ctx *cx, uint16_t type, const JsonValue *resource,
                   uint64_t rid, SearchKeys *ret_keys)
{
    Extract x = {.search = search,
                 .cx = cx,
                 .rid = rid,
                 .date = search_clinical_date(search, type, resource)};
    Key listing;
    key_begin(&listing, KEY_LISTING, type);
    TRY(add_key(&x, &listing));
    const TypeIndex *index = &search->types[type];
    for (size_t i = 0; i < index->count; i++) {
        x.param = index->params[i];
        for (size_t k = 0; k < x.param->path_count; k++) {
            TRY(search_walk(&x.param->paths[k], (JsonValue *)resource, visitors[x.param->kind],
                            &x));
        }
    }
    sort_and_unite(&x, ret_keys);
    return STATUS_OK;
}

Status search_keys_diff(Ctx *cx, const SearchKeys *before, const SearchKeys *now,
                        SearchKeys *ret_add, SearchKeys *ret_remove)
{
    SearchKeys add = {arena_array_of(cx->arena, Str, now->count + 1), 0};
    SearchKeys gone = {arena_array_of(cx->arena, Str, before->count + 1), 0};
    if (!add.keys || !gone.keys)
        return STATUS_MEMORY;
    size_t b = 0, n = 0;
    while (b < before->count || n < now->count) {
        int order = b == before->count ? 1
                    : n == now->count  ? -1
                                       : str_cmp(before->keys[b], now->keys[n]);
        if (order < 0)
            gone.keys[gone.count++] = before->keys[b++];
        else if (order > 0)
            add.keys[add.count++] = now->keys[n++];
        else
            b++, n++;
    }
    *ret_add = add;
    *ret_remove = gone;
    return STATUS_OK;
}
