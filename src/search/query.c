/* search/query.c - a query string becomes conditions; whatever is not understood or not
 * offered is refused by name, never left out.
 *
 * SPEC R4 search.html#table */
#include "search/fold.h"

#include <stdio.h>

#include "search/internal.h"

typedef struct {
    const Search *search;
    Ctx *cx;
    SearchQuery *query;
    Condition conditions[SEARCH_CONDITIONS_MAX];
    Buf self, names;
    Str sort;
    unsigned given; /* a bit for each of `controls` that was there */
    bool viewed;    /* which part of a resource is shown has been said */
} Parse;

/* ---- decoding ------------------------------------------------------------------ */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

Status search_decode(Ctx *cx, Str text, Str *ret_text)
{
    char *to = arena_alloc_raw(cx->arena, text.len + 1);
    if (!to)
        return STATUS_MEMORY;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%') {
            int hi = i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
            int lo = hi >= 0 ? hex_digit(text.at[i + 2]) : -1;
            if (lo < 0)
                return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                                "The query has a broken percent-encoding.");
            c = (char)(hi << 4 | lo);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The query holds a NUL.");
        to[len++] = c;
    }
    *ret_text = str_n(to, len);
    if (!str_is_utf8(*ret_text))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The query is not UTF-8.");
    return STATUS_OK;
}

bool search_next_pair(Str *rest, Str *ret_name, Str *ret_value)
{
    while (rest->at && rest->len) {
        Str pair = str_cut(rest, '&');
        if (!pair.len)
            continue;
        *ret_name = str_cut(&pair, '=');
        *ret_value = pair.at ? pair : STR_EMPTY;
        return true;
    }
    return false;
}

/* The text up to the next comma that no backslash protects, unescaped. False at the end.
 * SPEC R4 search.html#escaping */
static bool next_value(Ctx *cx, Str *rest, Str *ret_value)
{
    if (!rest->at)
        return false;
    char *to = arena_alloc_raw(cx->arena, rest->len + 1);
    size_t len = 0, i = 0;
    if (!to)
        return false;
    for (; i < rest->len && rest->at[i] != ','; i++) {
        if (rest->at[i] == '\\' && i + 1 < rest->len)
            i++;
        to[len++] = rest->at[i];
    }
    *rest = i < rest->len ? str_n(rest->at + i + 1, rest->len - i - 1) : (Str){NULL, 0};
    *ret_value = str_n(to, len);
    return true;
}

/* ---- values -------------------------------------------------------------------- */

static Status refuse_value(Parse *p, const FhirParam *param, const char *expected)
{
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    "The value of the search parameter \"" STR_FMT "\" is not %s.",
                    STR_ARG(param->code), expected);
}

static Status set_prefix(Parse *p, const Key *key, Value *value)
{
    value->prefix = arena_str(p->cx->arena, key_str(key));
    return value->prefix.at ? STATUS_OK : STATUS_MEMORY;
}

static Status set_hash(Parse *p, const FhirParam *param, KeyKind kind, uint64_t hash, Value *value)
{
    Key key;
    key_begin(&key, kind, param->id);
    key_add_hash(&key, hash);
    return set_prefix(p, &key, value);
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

static Status parse_token(Parse *p, const FhirParam *param, Str text, Value *value)
{
    Str rest = text, system = {NULL, 0}, code = str_cut(&rest, '|');
    if (rest.at) {
        system = code;
        code = rest;
    }
    if (!code.len && system.at)
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "Searching \"" STR_FMT "\" by a system alone is not supported.",
                        STR_ARG(param->code));
    if (!code.len)
        return refuse_value(p, param, "a code, or system|code");
    if (system.len && !has_systems(param))
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "\"" STR_FMT "\" is a plain code: search it without a system.",
                        STR_ARG(param->code));
    Key key;
    key_begin(&key, KEY_TOKEN, param->id);
    key_add_hash(&key, search_hash(p->search, code));
    value->any_system = !system.at;
    if (system.at)
        key_add_system(&key, search_hash_system(p->search, system));
    return set_prefix(p, &key, value);
}

static Status parse_string(Parse *p, const FhirParam *param, Str text, Value *value)
{
    char folded[FOLD_MAX];
    size_t len = search_fold(text, folded);
    if (!len)
        return refuse_value(p, param, "a text with a letter or digit in it");
    Key key;
    key_begin(&key, KEY_STRING, param->id);
    key_add(&key, folded, len);
    return set_prefix(p, &key, value);
}

static Status parse_uri(Parse *p, const FhirParam *param, Str text, Value *value)
{
    if (!text.len)
        return refuse_value(p, param, "a URI");
    return set_hash(p, param, KEY_URI, search_hash(p->search, text), value);
}

/* "123" under a parameter with one target type means that type's 123. */
static Status parse_reference(Parse *p, const FhirParam *param, Str text, Value *value)
{
    if (!text.len)
        return refuse_value(p, param, "a reference");
    if (str_index(text, '/') == SIZE_MAX && str_index(text, ':') == SIZE_MAX) {
        uint16_t target = param->path_count == 1 ? param->paths[0].target : 0;
        if (param->target_count == 1)
            target = param->targets[0];
        if (str_eq(param->code, STR("patient")))
            target = fhir_type_find(STR("Patient"));
        if (!target)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            "\"" STR_FMT "\" can point to several types: write Type/id.",
                            STR_ARG(param->code));
        text = arena_format(p->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(target)),
                            STR_ARG(text));
        if (!text.at)
            return STATUS_MEMORY;
    }
    return set_hash(p, param, KEY_REFERENCE, search_hash_reference(p->search, text), value);
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

static Status parse_date(Parse *p, const FhirParam *param, Str text, Value *value)
{
    text = split_prefix(text, &value->compare);
    if (!fhir_date_range(text, &value->lo, &value->hi))
        return refuse_value(p, param, "a date: [prefix]yyyy-mm-dd[Thh:mm:ss[zone]]");
    if (value->compare == PREFIX_AP) { /* within a tenth of the distance from today */
        Time now = time_now(), gap = value->lo > now ? value->lo - now : now - value->lo;
        value->lo -= gap / 10;
        value->hi += gap / 10;
    }
    Key key;
    key_begin(&key, KEY_DATE, param->id);
    return set_prefix(p, &key, value);
}

typedef Status (*ParseValue)(Parse *p, const FhirParam *param, Str text, Value *value);

static const ParseValue value_parsers[] = {
    [FHIR_PARAM_TOKEN] = parse_token,         [FHIR_PARAM_STRING] = parse_string,
    [FHIR_PARAM_REFERENCE] = parse_reference, [FHIR_PARAM_URI] = parse_uri,
    [FHIR_PARAM_DATE] = parse_date,
};

/* ---- parameters ------------------------------------------------------------------ */

static Status refuse_name(Parse *p, Str name)
{
    Str bare = name;
    bare = str_cut(&bare, ':');
    Str chain = bare;
    chain = str_cut(&chain, '.');
    if (fhir_param_find(p->query->type, chain))
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "The search parameter \"" STR_FMT "\" is not supported in this form.",
                        STR_ARG(name));
    static const Str known[] = {
        STR_INIT("_has"),  STR_INIT("_include"), STR_INIT("_revinclude"), STR_INIT("_contained"),
        STR_INIT("_list"), STR_INIT("_text"),    STR_INIT("_content"),    STR_INIT("_filter"),
        STR_INIT("_query"), STR_INIT("_type"),   STR_INIT("_containedType"),
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_eq(bare, known[i]))
            return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                            "\"" STR_FMT "\" is not supported.", STR_ARG(bare));
    }
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    STR_FMT " has no search parameter \"" STR_FMT "\".",
                    STR_ARG(fhir_type_name(p->query->type)), STR_ARG(bare));
}

static Status add_condition(Parse *p, Str name, Str text)
{
    SearchQuery *query = p->query;
    const FhirParam *param = fhir_param_find(query->type, name);
    if (!param || !search_param_offered(param))
        return refuse_name(p, name);
    if (query->condition_count == SEARCH_CONDITIONS_MAX)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "More than %d conditions.",
                        SEARCH_CONDITIONS_MAX);
    Value *values = arena_array_of(p->cx->arena, Value, SEARCH_VALUES_MAX);
    if (!values)
        return STATUS_MEMORY;
    size_t count = 0;
    for (Str one; next_value(p->cx, &text, &one); count++) {
        if (count == SEARCH_VALUES_MAX)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            "\"" STR_FMT "\" has more than %d values.", STR_ARG(name),
                            SEARCH_VALUES_MAX);
        TRY(value_parsers[param->kind](p, param, one, &values[count]));
    }
    p->conditions[query->condition_count++] = (Condition){param, values, count};
    return STATUS_OK;
}

static Status parse_id(Parse *p, Str text)
{
    SearchQuery *query = p->query;
    if (query->ids_given)
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY, "\"_id\" is supported once.");
    Str *ids = arena_array_of(p->cx->arena, Str, SEARCH_VALUES_MAX);
    if (!ids)
        return STATUS_MEMORY;
    for (Str one; next_value(p->cx, &text, &one);) {
        if (query->id_count == SEARCH_VALUES_MAX)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"_id\" has more than %d values.",
                            SEARCH_VALUES_MAX);
        ids[query->id_count++] = one;
    }
    query->ids = ids;
    query->ids_given = true;
    return STATUS_OK;
}

/* _summary, _elements and _count=0 each say all of it: two of them would undo one another. */
static Status set_view(Parse *p, FhirView view)
{
    if (p->viewed && view.kind != p->query->view.kind)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                        "Only one of \"_summary\", \"_elements\" and \"_count=0\" can be given.");
    p->viewed = true;
    p->query->view = view;
    return STATUS_OK;
}

static Status parse_count(Parse *p, Str text)
{
    uint64_t count;
    if (!str_to_u64(text, &count))
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"_count\" is not a whole number.");
    if (count == 0) /* SPEC R4 search.html#count: as _summary=count */
        return set_view(p, (FhirView){.kind = FHIR_VIEW_COUNT});
    p->query->limit = count > SEARCH_COUNT_MAX ? SEARCH_COUNT_MAX : (size_t)count;
    return STATUS_OK;
}

static Status parse_total(Parse *p, Str text)
{
    if (str_eq(text, STR("accurate")))
        p->query->total = true;
    else if (!str_eq(text, STR("none")) && !str_eq(text, STR("estimate")))
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                        "\"_total\" is none, estimate or accurate.");
    return STATUS_OK;
}

static Status parse_sort(Parse *p, Str text)
{
    p->sort = text;
    return text.len ? STATUS_OK
                    : ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"_sort\" names a parameter.");
}

static Status parse_cursor(Parse *p, Str text)
{
    char *bytes = arena_alloc_raw(p->cx->arena, text.len / 2 + 1);
    if (!bytes)
        return STATUS_MEMORY;
    bool sound = text.len % 2 == 0 && text.len / 2 >= KEY_PLACE && text.len / 2 <= KEY_BYTES;
    for (size_t i = 0; sound && i < text.len / 2; i++) {
        int hi = hex_digit(text.at[2 * i]), lo = hex_digit(text.at[2 * i + 1]);
        sound = hi >= 0 && lo >= 0;
        bytes[i] = (char)((hi & 15) << 4 | (lo & 15));
    }
    if (!sound)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "The page link is not one of ours.");
    p->query->cursor = str_n(bytes, text.len / 2);
    return STATUS_OK;
}

static Status parse_summary(Parse *p, Str text)
{
    static const struct {
        Str text;
        FhirViewKind kind;
    } kinds[] = {
        {STR_INIT("true"), FHIR_VIEW_TRUE},   {STR_INIT("text"), FHIR_VIEW_TEXT},
        {STR_INIT("data"), FHIR_VIEW_DATA},   {STR_INIT("count"), FHIR_VIEW_COUNT},
        {STR_INIT("false"), FHIR_VIEW_FULL},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_eq(text, kinds[i].text))
            return set_view(p, (FhirView){.kind = kinds[i].kind});
    }
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    "\"_summary\" is true, text, data, count or false.");
}

static Status parse_elements(Parse *p, Str text)
{
    Str *names = arena_array_of(p->cx->arena, Str, SEARCH_VALUES_MAX);
    if (!names)
        return STATUS_MEMORY;
    size_t count = 0;
    for (Str one; next_value(p->cx, &text, &one);) {
        if (count == SEARCH_VALUES_MAX || !one.len)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"_elements\" is a list of names.");
        if (!fhir_has_element(p->query->type, one))
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            STR_FMT " has no element with a name that \"_elements\" gives.",
                            STR_ARG(fhir_type_name(p->query->type)));
        names[count++] = one;
    }
    return set_view(p, (FhirView){.kind = FHIR_VIEW_ELEMENTS, .elements = names,
                                  .element_count = count});
}

/* _format and _pretty are about the bytes of the answer: http sees to them. */
static Status leave_alone(Parse *p, Str text)
{
    UNUSED(p);
    UNUSED(text);
    return STATUS_OK;
}

static const struct {
    Str name;
    Status (*parse)(Parse *p, Str text);
    bool in_self;
    bool on_reads;
} controls[] = {
    {STR_INIT("_id"), parse_id, true, false},
    {STR_INIT("_count"), parse_count, true, false},
    {STR_INIT("_total"), parse_total, true, false},
    {STR_INIT("_sort"), parse_sort, true, false},
    {STR_INIT("_summary"), parse_summary, true, true},
    {STR_INIT("_elements"), parse_elements, true, true},
    {STR_INIT("_cursor"), parse_cursor, false, false},
    {STR_INIT("_format"), leave_alone, true, true},
    {STR_INIT("_pretty"), leave_alone, true, true},
};

/* A second value would undo the first. (Several "_id" have a meaning: parse_id sees to it.) */
static Status run_control(Parse *p, size_t i, Str text)
{
    unsigned bit = 1u << i;
    if ((p->given & bit) && controls[i].parse != parse_id)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"" STR_FMT "\" is given twice.",
                        STR_ARG(controls[i].name));
    p->given |= bit;
    return controls[i].parse(p, text);
}

static Status parse_pair(Parse *p, Str name, Str text, bool *ret_in_self)
{
    *ret_in_self = true;
    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        if (str_eq(name, controls[i].name)) {
            *ret_in_self = controls[i].in_self;
            return run_control(p, i, text);
        }
    }
    return add_condition(p, name, text);
}

/* Newest first by the clinical date is how every list runs; a rising text order is offered
 * where the query has a condition on that text. */
static Status resolve_sort(Parse *p)
{
    SearchQuery *query = p->query;
    if (!p->sort.len)
        return STATUS_OK;
    const FhirParam *clinical = p->search->types[query->type].clinical_date;
    if (clinical && p->sort.at[0] == '-' && str_eq(str_from(p->sort, 1), clinical->code))
        return STATUS_OK;
    for (size_t i = 0; i < query->condition_count; i++) {
        const FhirParam *param = query->conditions[i].param;
        if (param->kind == FHIR_PARAM_STRING && str_eq(param->code, p->sort) &&
            query->conditions[i].count == 1) {
            query->sort_by = param;
            return STATUS_OK;
        }
    }
    return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                    "Sorting by \"" STR_FMT "\" is not supported here.", STR_ARG(p->sort));
}

Status search_parse(const Search *search, Ctx *cx, uint16_t type, Str text,
                    const SearchQuery **ret_query)
{
    Parse *p = arena_new_of(cx->arena, Parse);
    SearchQuery *query = arena_new_of(cx->arena, SearchQuery);
    if (!p || !query)
        return STATUS_MEMORY;
    p->search = search;
    p->cx = cx;
    p->query = query;
    query->type = type;
    query->limit = SEARCH_COUNT_DEFAULT;
    query->conditions = p->conditions;
    buf_init(&p->self, cx->arena, text.len + 1, 64 * 1024);
    buf_init(&p->names, cx->arena, 0, 64 * 1024);
    for (Str name, value; search_next_pair(&text, &name, &value);) {
        Str plain_name, plain_value;
        bool in_self;
        TRY(search_decode(cx, name, &plain_name));
        TRY(search_decode(cx, value, &plain_value));
        TRY(parse_pair(p, plain_name, plain_value, &in_self));
        if (!in_self)
            continue;
        buf_format(&p->self, "%s" STR_FMT "=" STR_FMT, p->self.len ? "&" : "", STR_ARG(name),
                   STR_ARG(value));
        buf_format(&p->names, "%s" STR_FMT, p->names.len ? "," : "", STR_ARG(plain_name));
    }
    TRY(resolve_sort(p));
    TRY(buf_done(&p->self));
    TRY(buf_done(&p->names));
    query->self = buf_str(&p->self);
    query->names = buf_str(&p->names);
    *ret_query = query;
    return STATUS_OK;
}

static Status parse_view_pair(Parse *p, Str name, Str text)
{
    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        if (controls[i].on_reads && str_eq(name, controls[i].name))
            return run_control(p, i, text);
    }
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    "A read has no parameter \"" STR_FMT "\".", STR_ARG(name));
}

Status search_parse_view(Ctx *cx, uint16_t type, Str text, FhirView *ret_view)
{
    *ret_view = (FhirView){.kind = FHIR_VIEW_FULL};
    if (!text.len)
        return STATUS_OK;
    Parse *p = arena_new_of(cx->arena, Parse);
    SearchQuery query = {.type = type};
    if (!p)
        return STATUS_MEMORY;
    p->cx = cx;
    p->query = &query;
    for (Str name, value; search_next_pair(&text, &name, &value);) {
        TRY(search_decode(cx, name, &name));
        TRY(search_decode(cx, value, &value));
        TRY(parse_view_pair(p, name, value));
    }
    if (query.view.kind == FHIR_VIEW_COUNT)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "\"_summary=count\" is for searches.");
    *ret_view = query.view;
    return STATUS_OK;
}

const FhirView *search_view(const SearchQuery *query)
{
    return &query->view;
}

bool search_wants_total(const SearchQuery *query)
{
    return query->total || query->view.kind == FHIR_VIEW_COUNT;
}

Str search_self(const SearchQuery *query)
{
    return query->self;
}

Str search_names(const SearchQuery *query)
{
    return query->names;
}
