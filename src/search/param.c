/* search/param.c - the parameters of the definitions, compiled once. */
#include "search/index.h"

#include "crypto/crypto.h"

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

/* What a chart asks of one patient by, and what tells few from many there: such tokens have lists
 * of their own (docs/adr/0178). A status is nearly always the same, an identifier is found without.
 */
static const Str own_codes[] = {
    STR_INIT("category"),
    STR_INIT("clinical-status"),
    STR_INIT("code"),
    STR_INIT("type"),
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

SearchParam *param_in(const TypeIndex *index, Str code)
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
    return param_in(search_type(search, type), code);
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

Status param_compile(Ctx *cx, Arena *arena, uint16_t type, Str expression,
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
Status param_compile_components(Ctx *cx, Arena *arena, const TypeIndex *index,
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
    const SearchParam *phone = param_in(index, STR("phone"));
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
        TRY(param_compile(cx, search->forever, type, from[i].expression, &param->program));
    }
    add_telephone(index);
    for (size_t i = 0; i < count; i++) {
        if (from[i].component_count)
            TRY(param_compile_components(cx, search->forever, index, from[i].components,
                                         from[i].component_count, param_in(index, from[i].code)));
    }
    const SearchParam *about = param_in(index, STR("patient"));
    index->about = about && about->kind == FHIR_PARAM_REFERENCE ? about : NULL;
    for (size_t i = 0; i < COUNT_OF(own_codes); i++) {
        SearchParam *param = param_in(index, own_codes[i]);
        if (param && index->about && param->kind == FHIR_PARAM_TOKEN && !param->part_count)
            param->own = true;
    }
    const Str *codes = fhir_compartment_params(COMPARTMENT_INDEXED, type, &count);
    for (size_t i = 0; i < count; i++) {
        SearchParam *param = param_in(index, codes[i]);
        if (param && param->kind == FHIR_PARAM_REFERENCE)
            param->member = true;
    }
    for (size_t i = 0; i < COUNT_OF(date_codes) && !index->clinical_date; i++) {
        const SearchParam *param = param_in(index, date_codes[i]);
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
