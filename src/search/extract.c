/* search/extract.c - the index keys of a resource: every value of every parameter. */
#include "search/fold.h"
#include "search/index.h"
#include "search/phone.h"
#include "search/phonetic.h"
#include "search/test.h"

#include <math.h>

enum { KEYS_FIRST = 32, KEYS_MAX = 100000 };

typedef struct {
    const Search *search;
    const TypeIndex *types;
    Ctx *cx;
    const SearchParam *param;
    bool made_only; /* keys that are being indexed */
    Time date;
    uint64_t rid, who;
    uint64_t *whos; /* each that `who` stands for */
    size_t who_count, who_room;
    Str *keys;
    size_t count, room;
} Extract;

static Status add_key(Extract *x, Key *key)
{
    key_add_place(key, x->date, x->rid);
    if (key->at[0] == KEY_TOKEN)
        key_add_hash(key, x->who);
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

static Status add_hash(Extract *x, KeyKind kind, Str text)
{
    Key key;
    key_begin(&key, kind, x->param->id);
    key_add_hash(&key, search_hash(x->search, text));
    return add_key(x, &key);
}

/* A canonical is found by its URL alone and with its version. */
static Status add_canonical(Extract *x, KeyKind kind, Str text)
{
    size_t bar = str_index(text, '|');
    if (!text.len)
        return STATUS_OK;
    if (bar != SIZE_MAX)
        TRY(add_hash(x, kind, str_head(text, bar)));
    return add_hash(x, kind, text);
}

/* ---- one function per kind ---------------------------------------------------------- */

static Status add_code(Extract *x, Key *key, uint64_t code, uint32_t system)
{
    key_add_hash(key, code);
    key_add_system(key, system);
    return add_key(x, key);
}

static Status add_token(Extract *x, const Value *value)
{
    if (!value->code.len)
        return STATUS_OK;
    uint64_t code = search_hash(x->search, value->code);
    uint32_t system = value->plain ? SYSTEM_PLAIN : search_hash_system(x->search, value->system);
    Key key;
    key_begin(&key, KEY_TOKEN, x->param->id);
    TRY(add_code(x, &key, code, system));
    for (size_t i = 0; x->param->own && i < x->who_count; i++) {
        key_begin_own(&key, x->whos[i], x->param->id);
        TRY(add_code(x, &key, code, system));
    }
    return STATUS_OK;
}

static Status add_folded(Extract *x, Str folded)
{
    if (!folded.len)
        return STATUS_OK;
    Key key;
    key_begin(&key, KEY_STRING, x->param->id);
    key_add(&key, folded.at, folded.len);
    key_add(&key, "", 1);
    return add_key(x, &key);
}

static Status add_string(Extract *x, const Value *value)
{
    char folded[FOLD_MAX], digits[PHONE_MAX];
    if (x->param->special == SPECIAL_PHONE)
        return add_folded(x, phone_digits(x->search->country, value->text, digits));
    if (x->param->special == SPECIAL_TEXT || x->param->special == SPECIAL_CONTENT)
        return add_folded(x, value->text); /* a folded word already */
    Str text = str_n(folded, search_fold(value->text, folded));
    while (value->words && x->param->special == SPECIAL_NONE && text.len) {
        TRY(add_folded(x, text)); /* "van den broeck", "den broeck", "broeck" */
        (void)str_cut(&text, ' ');
    }
    if (x->param->special != SPECIAL_PHONETIC)
        return add_folded(x, text);
    for (Str word; phonetic_next_word(&text, &word);) {
        char sound[PHONETIC_MAX];
        TRY(add_folded(x, str_n(sound, phonetic_of_word(word, sound))));
    }
    return STATUS_OK;
}

static Status add_date(Extract *x, const Value *value)
{
    uint64_t anchor = width_anchor(value->time);
    Width width = width_of(value->time);
    bool here = anchor == key_ms(x->date) && width != WIDTH_NO_BEGINNING;
    Key key;
    key_begin(&key, here ? KEY_DATE : KEY_DATE_APART, x->param->id);
    key_add(&key, &width, KEY_WIDTH);
    if (!here)
        key_add_time_falling(&key, anchor);
    return add_key(x, &key);
}

static Status add_member(Extract *x, Str compartment)
{
    const TypeIndex *index = &x->types[x->param->type];
    for (size_t i = 0; i < index->listing_count; i++) {
        if (x->made_only && index->listings[i].ready)
            continue;
        Key key;
        key_begin_member(&key, search_hash(x->search, compartment), index->listings[i].number);
        TRY(add_key(x, &key));
    }
    return STATUS_OK;
}

static Status add_reference(Extract *x, const Value *value)
{
    Str rest = value->text;
    if (str_has_prefix(value->text, STR("#"))) /* what is contained has no name outside */
        return STATUS_OK;
    if (x->param->member && str_eq(str_cut(&rest, '/'), COMPARTMENT_INDEXED) && rest.at)
        TRY(add_member(x, value->text));
    return add_canonical(x, KEY_REFERENCE, value->text);
}

static Status add_uri(Extract *x, const Value *value)
{
    return add_canonical(x, KEY_URI, value->text);
}

static Status add_number(Extract *x, const Value *value)
{
    double lo, hi;
    Key key;
    if (value->kind == FHIR_PARAM_SPECIAL) { /* near: no interval, but two coordinates */
        lo = value->lo;
        hi = value->hi;
    } else if (!value_interval(value, NULL, &lo, &hi)) {
        return STATUS_OK;
    }
    key_begin(&key, KEY_NUMBER, x->param->id);
    key_add_interval(&key, lo, hi);
    return add_key(x, &key);
}

static Status add_amount(Extract *x, Str code, Str system, const Value *value)
{
    double lo, hi;
    Key key;
    if (!value_interval(value, NULL, &lo, &hi))
        return STATUS_OK;
    key_begin(&key, KEY_QUANTITY, x->param->id);
    key_add_system(&key, search_hash_system(x->search, code));
    key_add_system(&key, search_hash_system(x->search, system));
    key_add_interval(&key, lo, hi);
    return add_key(x, &key);
}

/* Under its code as written, under its unit as shown when that is another text, and under its
 * canonical unit. */
static Status add_quantity(Extract *x, const Value *value)
{
    UcumUnit unit;
    char canonical[UCUM_CANONICAL_MAX];
    double lo, hi;
    TRY(add_amount(x, value->code, value->system, value));
    if (value->text.len && !str_eq(value->text, value->code))
        TRY(add_amount(x, value->text, STR_EMPTY, value));
    if (!str_eq(value->system, STR(UCUM_SYSTEM)) || !ucum_parse(value->code, &unit, NULL) ||
        !value_interval(value, &unit, &lo, &hi))
        return STATUS_OK;
    Key key;
    key_begin(&key, KEY_UCUM, x->param->id);
    key_add_hash(&key, search_hash(x->search, ucum_canonical(&unit, canonical)));
    key_add_interval(&key, lo, hi);
    return add_key(x, &key);
}

typedef Status (*AddValue)(Extract *x, const Value *value);
static const AddValue adders[] = {
    [FHIR_PARAM_NUMBER] = add_number,
    [FHIR_PARAM_DATE] = add_date,
    [FHIR_PARAM_STRING] = add_string,
    [FHIR_PARAM_TOKEN] = add_token,
    [FHIR_PARAM_REFERENCE] = add_reference,
    [FHIR_PARAM_QUANTITY] = add_quantity,
    [FHIR_PARAM_URI] = add_uri,
    [FHIR_PARAM_SPECIAL] = add_number,
};

static Status add_value(void *to, const Value *value)
{
    Extract *x = to;
    return adders[value->kind](x, value);
}

/* ---- the whole resource -------------------------------------------------------------- */

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
    *ret_keys = (SearchKeys){.keys = x->keys, .count = kept};
}

static Status add_type(Extract *x, KeyKind kind, uint16_t type)
{
    const TypeIndex *index = &x->types[type];
    for (size_t i = 0; i < index->listing_count; i++) {
        if (x->made_only && index->listings[i].ready)
            continue;
        Key key;
        key_begin(&key, kind, index->listings[i].number);
        TRY(add_key(x, &key));
    }
    return STATUS_OK;
}

static Status add_contained(Extract *x, const JsonValue *resource)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(resource, STR("contained")));
         json_next(&it, NULL, &item);) {
        uint16_t type = fhir_type_find(json_get_str(item, STR("resourceType")));
        if (type)
            TRY(add_type(x, KEY_CONTAINED, type));
    }
    return STATUS_OK;
}

/* What a SearchParameter finds is a convenience: when its expression fails on a resource, or finds
 * too much, the resource is stored all the same, and is not found by it. */
static Status add_custom(Extract *x, const Subject *subject)
{
    enum { SCRATCH_BYTES = 32 << 20 };
    Ctx scratch = {.arena = arena_new(SCRATCH_BYTES, true)};
    Ctx *cx = x->cx, before = *cx;
    Subject mine = *subject;
    size_t count = x->count;
    if (!scratch.arena)
        return STATUS_MEMORY;
    mine.cx = &scratch;
    if (search_values(&mine, x->param, add_value, x) != STATUS_OK) {
        x->count = count;
        ctx_forget_since(cx, &before);
    }
    arena_free(scratch.arena);
    return STATUS_OK;
}

static Status add_params(Extract *x, const Subject *subject, const SearchParam *params,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        x->param = &params[i];
        if (!search_param_is_indexed(x->search, x->param) || (x->made_only && x->param->ready))
            continue;
        TRY(x->param->custom ? add_custom(x, subject)
                             : search_values(subject, x->param, add_value, x));
    }
    return STATUS_OK;
}

static Status add_who(Extract *x, Str text)
{
    uint64_t who = who_of(search_hash(x->search, text));
    if (x->who == who)
        return STATUS_OK;
    x->who = x->who == WHO_NONE ? who : WHO_SEVERAL;
    x->whos = arena_grow(x->cx->arena, x->whos, sizeof(*x->whos), x->who_count, &x->who_room, 2);
    if (!x->whos)
        return STATUS_MEMORY;
    x->whos[x->who_count++] = who;
    return STATUS_OK;
}

static Status keep_who(void *to, const Value *value)
{
    Str rest = value->text;
    size_t bar = str_index(value->text, '|');
    if (!str_eq(str_cut(&rest, '/'), COMPARTMENT_INDEXED) || !rest.at)
        return STATUS_OK;
    if (bar != SIZE_MAX) /* found by both, as any canonical */
        TRY(add_who(to, str_head(value->text, bar)));
    return add_who(to, value->text);
}

/* A Binary is found by what it belongs to, like what is in a compartment by the patient. */
static Status add_owner(Extract *x, const SearchSource *source)
{
    const TypeIndex *index = &x->types[source->type];
    Key key;
    if (!str_eq(fhir_type_name(source->type), STR("Binary")) || !index->listing_count)
        return STATUS_OK;
    Str owner = search_reference_bare(
        x->search,
        json_get_str(json_get(source->resource, STR("securityContext")), STR("reference")));
    if (!owner.len || (x->made_only && index->listings[0].ready))
        return STATUS_OK;
    key_begin_member(&key, search_hash(x->search, owner), index->listings[0].number);
    return add_key(x, &key);
}

static Status make_keys(Extract *x, const SearchSource *source, SearchKeys *ret_keys)
{
    Subject subject = {.search = x->search,
                       .cx = x->cx,
                       .type = source->type,
                       .resource = (JsonValue *)source->resource,
                       .updated = source->updated};
    const TypeIndex *index = &x->types[source->type];
    TRY(search_clinical_date(&subject, &x->date));
    if (index->about)
        TRY(search_values(&subject, index->about, keep_who, x));
    TRY(add_type(x, KEY_LISTING, source->type));
    TRY(add_contained(x, source->resource));
    TRY(add_params(x, &subject, index->params, index->count));
    TRY(add_params(x, &subject, index->others, index->other_count));
    TRY(add_owner(x, source));
    sort_and_unite(x, ret_keys);
    ret_keys->partial = index->partial;
    return STATUS_OK;
}

Status search_keys(const Search *search, Ctx *cx, const SearchSource *source, SearchKeys *ret_keys)
{
    Extract x = {.search = search, .types = search->types, .cx = cx, .rid = source->rid};
    return make_keys(&x, source, ret_keys);
}

Status search_keys_made(const Search *search, Ctx *cx, const SearchSource *source,
                        SearchKeys *ret_keys)
{
    Extract x = {
        .search = search, .types = search->types, .cx = cx, .rid = source->rid, .made_only = true};
    return make_keys(&x, source, ret_keys);
}

Status search_keys_diff(Ctx *cx, const SearchKeys *before, const SearchKeys *now,
                        SearchKeys *ret_add, SearchKeys *ret_remove)
{
    SearchKeys add = {.keys = arena_array_of(cx->arena, Str, now->count + 1)};
    SearchKeys gone = {.keys = arena_array_of(cx->arena, Str, before->count + 1)};
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
    if (now->partial)
        add = *now;
    *ret_add = add;
    *ret_remove = gone;
    return STATUS_OK;
}
