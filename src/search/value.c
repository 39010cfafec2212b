/* search/value.c - the text of a search value becomes the bytes of a key, or a range.
 *
 * SPEC R4 search.html#token, #string, #reference, #date, #uri */
#include "search/query.h"

#include "search/fold.h"

typedef struct {
    const Search *search;
    Ctx *cx;
} ValueSource;

static Status refuse_value(const ValueSource *from, const FhirParam *param, const char *expected)
{
    return ctx_fail(from->cx, STATUS_INVALID, STR_EMPTY,
                    "The value of the search parameter \"" STR_FMT "\" is not %s.",
                    STR_ARG(param->code), expected);
}

static Status set_prefix(const ValueSource *from, const Key *key, Value *value)
{
    value->prefix = arena_str(from->cx->arena, key_str(key));
    return value->prefix.at ? STATUS_OK : STATUS_MEMORY;
}

static Status set_hash(const ValueSource *from, const FhirParam *param, KeyKind kind, uint64_t hash,
                       Value *value)
{
    Key key;
    key_begin(&key, kind, param->id);
    key_add_hash(&key, hash);
    return set_prefix(from, &key, value);
}

/* Whether the values of a token parameter carry a system: plain codes and booleans do not. */
static bool has_systems(const FhirParam *param)
{
    static const Str with[] = {STR_INIT("CodeableConcept"), STR_INIT("Coding"),
                               STR_INIT("Identifier")};
    for (size_t i = 0; i < param->path_count; i++) {
        for (size_t k = 0; k < COUNT_OF(with); k++) {
            if (str_eq(param->paths[i].leaf, with[k]))
                return true;
        }
    }
    return false;
}

static Status parse_token(const ValueSource *from, const FhirParam *param, Str text, Value *value)
{
    Str rest = text, system = {NULL, 0}, code = str_cut(&rest, '|');
    if (rest.at) {
        system = code;
        code = rest;
    }
    if (!code.len && system.at)
        return ctx_fail(from->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "Searching \"" STR_FMT "\" by a system alone is not supported.",
                        STR_ARG(param->code));
    if (!code.len)
        return refuse_value(from, param, "a code, or system|code");
    if (system.len && !has_systems(param))
        return ctx_fail(from->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "\"" STR_FMT "\" is a plain code: search it without a system.",
                        STR_ARG(param->code));
    Key key;
    key_begin(&key, KEY_TOKEN, param->id);
    key_add_hash(&key, search_hash(from->search, code));
    value->any_system = !system.at;
    if (system.at)
        key_add_system(&key, search_hash_system(from->search, system));
    return set_prefix(from, &key, value);
}

static Status parse_string(const ValueSource *from, const FhirParam *param, Str text, Value *value)
{
    char folded[FOLD_MAX];
    size_t len = search_fold(text, folded);
    if (!len)
        return refuse_value(from, param, "a text with a letter or digit in it");
    Key key;
    key_begin(&key, KEY_STRING, param->id);
    key_add(&key, folded, len);
    return set_prefix(from, &key, value);
}

static Status parse_uri(const ValueSource *from, const FhirParam *param, Str text, Value *value)
{
    if (!text.len)
        return refuse_value(from, param, "a URI");
    return set_hash(from, param, KEY_URI, search_hash(from->search, text), value);
}

/* "123" under a parameter with one target type means that type's 123. */
static Status parse_reference(const ValueSource *from, const FhirParam *param, Str text,
                              Value *value)
{
    if (!text.len)
        return refuse_value(from, param, "a reference");
    if (str_index(text, '/') == SIZE_MAX && str_index(text, ':') == SIZE_MAX) {
        uint16_t target = param->path_count == 1 ? param->paths[0].target : 0;
        if (param->target_count == 1)
            target = param->targets[0];
        if (str_eq(param->code, STR("patient")))
            target = fhir_type_find(STR("Patient"));
        if (!target)
            return ctx_fail(from->cx, STATUS_INVALID, STR_EMPTY,
                            "\"" STR_FMT "\" can point to several types: write Type/id.",
                            STR_ARG(param->code));
        text = arena_format(from->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(target)),
                            STR_ARG(text));
        if (!text.at)
            return STATUS_MEMORY;
    }
    return set_hash(from, param, KEY_REFERENCE, search_hash_reference(from->search, text), value);
}

static const struct {
    char text[3];
    Prefix prefix;
} prefixes[] = {
    {"eq", PREFIX_EQ}, {"ne", PREFIX_NE}, {"gt", PREFIX_GT}, {"lt", PREFIX_LT}, {"ge", PREFIX_GE},
    {"le", PREFIX_LE}, {"sa", PREFIX_SA}, {"eb", PREFIX_EB}, {"ap", PREFIX_AP},
};

/* SPEC R4 search.html#prefix */
static Str split_prefix(Str text, Prefix *ret_prefix)
{
    *ret_prefix = PREFIX_EQ;
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        if (text.len > 2 && memcmp(text.at, prefixes[i].text, 2) == 0) {
            *ret_prefix = prefixes[i].prefix;
            return str_from(text, 2);
        }
    }
    return text;
}

static Status parse_date(const ValueSource *from, const FhirParam *param, Str text, Value *value)
{
    text = split_prefix(text, &value->compare);
    if (!fhir_date_range(text, &value->lo, &value->hi))
        return refuse_value(from, param, "a date: [prefix]yyyy-mm-dd[Thh:mm:ss[zone]]");
    if (value->compare == PREFIX_AP) { /* within a tenth of the distance from today */
        Time now = time_now(), gap = value->lo > now ? value->lo - now : now - value->lo;
        value->lo -= gap / 10;
        value->hi += gap / 10;
    }
    Key key;
    key_begin(&key, KEY_DATE, param->id);
    return set_prefix(from, &key, value);
}

typedef Status (*ParseValue)(const ValueSource *from, const FhirParam *param, Str text,
                             Value *value);

static const ParseValue value_parsers[] = {
    [FHIR_PARAM_TOKEN] = parse_token,         [FHIR_PARAM_STRING] = parse_string,
    [FHIR_PARAM_REFERENCE] = parse_reference, [FHIR_PARAM_URI] = parse_uri,
    [FHIR_PARAM_DATE] = parse_date,
};

Status query_parse_value(const Search *search, Ctx *cx, const FhirParam *param, Str text,
                         Value *ret_value)
{
    ValueSource from = {search, cx};
    assert(param->kind < COUNT_OF(value_parsers) && value_parsers[param->kind]);
    return value_parsers[param->kind](&from, param, text, ret_value);
}
