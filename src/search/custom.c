/* search/custom.c - parameters that SearchParameter resources define: reading and checking them.
 *
 * SPEC R4 searchparameter.html */
#include "search/index.h"

#include "crypto/crypto.h"

#include <stdlib.h>

enum { CODE_CHARS_MAX = 64, CHANGES_AT_ONCE = 200 };

static const struct {
    Str name;
    FhirParamKind kind;
} kinds[] = {
    {STR_INIT("number"), FHIR_PARAM_NUMBER},       {STR_INIT("date"), FHIR_PARAM_DATE},
    {STR_INIT("string"), FHIR_PARAM_STRING},       {STR_INIT("token"), FHIR_PARAM_TOKEN},
    {STR_INIT("reference"), FHIR_PARAM_REFERENCE}, {STR_INIT("composite"), FHIR_PARAM_COMPOSITE},
    {STR_INIT("quantity"), FHIR_PARAM_QUANTITY},   {STR_INIT("uri"), FHIR_PARAM_URI},
};

/* What an index cannot do: it would have to know the time, or other resources. */
static const Str unstable[] = {
    STR_INIT("now"),      STR_INIT("today"),    STR_INIT("timeOfDay"),
    STR_INIT("memberOf"), STR_INIT("subsumes"), STR_INIT("subsumedBy"),
};

/* ---- reading ------------------------------------------------------------------------------ */

static Status read_kind(Ctx *cx, Str name, FhirParamKind *ret_kind)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_eq(name, kinds[i].name)) {
            *ret_kind = kinds[i].kind;
            return STATUS_OK;
        }
    }
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("SearchParameter.type"),
                    "A search parameter of this type cannot be made here.");
}

/* "Resource" is every type; "DomainResource" those that can contain others. */
static bool is_based_on(uint16_t type, Str base)
{
    return str_eq(base, fhir_type_name(type)) || str_eq(base, STR("Resource")) ||
           (str_eq(base, STR("DomainResource")) && fhir_has_element(type, STR("contained")));
}

static Status read_types(Ctx *cx, const JsonValue *list, Str element, uint16_t **ret_types,
                         size_t *ret_count)
{
    JsonValue *name;
    bool *named = arena_array_of(cx->arena, bool, TYPES_MAX + 1);
    uint16_t *types = arena_array_of(cx->arena, uint16_t, TYPES_MAX + 1);
    if (!named || !types)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &name);) {
        bool known = false;
        for (uint16_t type = 1; type <= fhir_type_count(); type++) {
            if (is_based_on(type, json_str(name)))
                named[type] = known = true;
        }
        if (!known)
            return ctx_fail(cx, STATUS_UNPROCESSABLE, element,
                            "There is no such resource type in FHIR R4.");
    }
    *ret_count = 0;
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        if (named[type])
            types[(*ret_count)++] = type;
    }
    *ret_types = types;
    return STATUS_OK;
}

static Status read_components(Ctx *cx, const JsonValue *list, Custom *custom)
{
    JsonValue *item;
    custom->components = arena_array_of(cx->arena, FhirComponent, json_count(list) + 1);
    if (!custom->components)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);)
        custom->components[custom->component_count++] =
            (FhirComponent){.definition = json_get_str(item, STR("definition")),
                            .expression = json_get_str(item, STR("expression"))};
    return STATUS_OK;
}

static Status digest(Ctx *cx, Custom *custom)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    Buf buf;
    buf_init(&buf, cx->arena, 256, 1 << 20);
    buf_format(&buf, "%u " STR_FMT "\n" STR_FMT "\n", custom->kind, STR_ARG(custom->code),
               STR_ARG(custom->expression));
    for (size_t i = 0; i < custom->base_count; i++)
        buf_format(&buf, "%u ", custom->bases[i]);
    buf_add_lit(&buf, "\n");
    for (size_t i = 0; i < custom->target_count; i++)
        buf_format(&buf, "%u ", custom->targets[i]);
    for (size_t i = 0; i < custom->component_count; i++)
        buf_format(&buf, "\n" STR_FMT " " STR_FMT, STR_ARG(custom->components[i].definition),
                   STR_ARG(custom->components[i].expression));
    TRY(buf_done(&buf));
    crypto_sha256(buf_str(&buf), hash);
    custom->digest = arena_format(cx->arena, "%02x%02x%02x%02x%02x%02x%02x%02x", hash[0], hash[1],
                                  hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]);
    return custom->digest.at ? STATUS_OK : STATUS_MEMORY;
}

/* What an index needs to know of a SearchParameter, in the arena of cx; its text is borrowed. */
static Status custom_read(Ctx *cx, const JsonValue *resource, Custom *ret_custom)
{
    Custom custom = {.id = json_get_str(resource, STR("id")),
                     .url = json_get_str(resource, STR("url")),
                     .code = json_get_str(resource, STR("code")),
                     .expression = json_get_str(resource, STR("expression")),
                     .active = str_eq(json_get_str(resource, STR("status")), STR("active"))};
    TRY(read_types(cx, json_get(resource, STR("base")), STR("SearchParameter.base"), &custom.bases,
                   &custom.base_count));
    TRY(read_types(cx, json_get(resource, STR("target")), STR("SearchParameter.target"),
                   &custom.targets, &custom.target_count));
    TRY(read_components(cx, json_get(resource, STR("component")), &custom));
    TRY(read_kind(cx, json_get_str(resource, STR("type")), &custom.kind));
    TRY(digest(cx, &custom));
    *ret_custom = custom;
    return STATUS_OK;
}

/* ---- all of the store -------------------------------------------------------------------------
 */

static int compare_rids(const void *a, const void *b)
{
    uint64_t left = ((const Custom *)a)->rid, right = ((const Custom *)b)->rid;
    return left < right ? -1 : left > right;
}

/* The body of the newest version, when that is active and can be read. */
static Status take(Ctx *cx, const StoreRow *row, Custom *customs, size_t *count)
{
    JsonValue *resource;
    Ctx scratch = {.arena = cx->arena}; /* what it complains of was said when it was written */
    if (json_parse(&scratch, row->body, &resource) != STATUS_OK ||
        custom_read(&scratch, resource, &customs[*count]) != STATUS_OK || !customs[*count].active)
        return STATUS_OK;
    customs[*count].id = row->id;
    customs[(*count)++].rid = row->rid;
    return STATUS_OK;
}

/* By the history of the type, which the store keeps itself: the index may be what is made. */
Status custom_list(Ctx *cx, StoreReader *reader, Custom **ret_customs, size_t *ret_count)
{
    StoreHistory query = {.type = fhir_type_find(STR("SearchParameter")),
                          .limit = CHANGES_AT_ONCE,
                          .with_body = false};
    size_t count = CHANGES_AT_ONCE, room = 0;
    Custom *customs = NULL;
    *ret_count = 0;
    while (count == CHANGES_AT_ONCE) {
        StoreChange *changes;
        TRY(store_history(reader, &query, &changes, &count));
        customs = arena_realloc(cx->arena, customs, room * sizeof(*customs),
                                (room + count + 1) * sizeof(*customs));
        if (!customs)
            return STATUS_MEMORY;
        room += count + 1;
        for (size_t i = 0; i < count; i++) {
            StoreRow now;
            TRY(store_get_rid(reader, changes[i].row.rid, true, &now));
            query.before = changes[i].change;
            if (!now.deleted && now.version == changes[i].row.version)
                TRY(take(cx, &now, customs, ret_count));
        }
    }
    if (*ret_count)
        qsort(customs, *ret_count, sizeof(*customs), compare_rids);
    *ret_customs = customs;
    return STATUS_OK;
}

/* ---- checking ---------------------------------------------------------------------------------
 */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static Status check_code(Ctx *cx, Str code)
{
    bool good = code.len && code.len <= CODE_CHARS_MAX && code.at[0] != '_' && code.at[0] != '-';
    for (size_t i = 0; i < code.len && good; i++)
        good = is_letter(code.at[i]) || code.at[i] == '-';
    if (good)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("SearchParameter.code"),
                    "The code of a search parameter has 1 to %d letters, digits, '-' and '_', and "
                    "begins with a letter or digit: names with '_' before them are FHIR's own.",
                    CODE_CHARS_MAX);
}

/* A name outside of quotes, with a bracket behind it. */
static bool calls(Str expression, Str function)
{
    char quote = 0;
    for (size_t i = 0; i < expression.len; i++) {
        char c = expression.at[i];
        if (quote) {
            i += c == '\\';
            quote = c == quote ? 0 : quote;
            continue;
        }
        if (c == '\'' || c == '`' || c == '"')
            quote = c;
        Str rest = str_from(expression, i);
        if ((i == 0 || !is_letter(expression.at[i - 1])) && str_has_prefix(rest, function)) {
            Str behind = str_trim(str_from(rest, function.len));
            if (behind.len && behind.at[0] == '(')
                return true;
        }
    }
    return false;
}

static Status check_expression(Ctx *cx, const Custom *custom, uint16_t type)
{
    const PathProgram *program;
    PathCompile how = {.context = fhir_type_name(type), .strict = true};
    Status status = path_compile(cx, cx->arena, custom->expression, &how, &program);
    if (status == STATUS_OK || status == STATUS_MEMORY)
        return status;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("SearchParameter.expression"),
                    "The expression is no FHIRPath for " STR_FMT ".",
                    STR_ARG(fhir_type_name(type)));
}

static Status check_stable(Ctx *cx, Str expression)
{
    for (size_t i = 0; i < COUNT_OF(unstable); i++) {
        if (calls(expression, unstable[i]))
            return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("SearchParameter.expression"),
                            "What " STR_FMT "() answers is not the same tomorrow, so it cannot be "
                            "indexed.",
                            STR_ARG(unstable[i]));
    }
    return STATUS_OK;
}

static Status refuse_taken(Ctx *cx, uint16_t type, Str code)
{
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("SearchParameter.code"),
                    STR_FMT " has a search parameter \"" STR_FMT "\" already.",
                    STR_ARG(fhir_type_name(type)), STR_ARG(code));
}

static Status check_free(const Search *search, Ctx *cx, const Custom *custom, uint16_t type)
{
    if (fhir_param_find(type, custom->code))
        return refuse_taken(cx, type, custom->code);
    return indexer_has_other(search, custom->id, type, custom->code)
               ? refuse_taken(cx, type, custom->code)
               : STATUS_OK;
}

static Status check_components(const Search *search, Ctx *cx, const Custom *custom, uint16_t type)
{
    static const Str element = STR_INIT("SearchParameter.component");
    PathCompile how = {.context = STR("Resource")};
    const PathProgram *program;
    for (size_t i = 0; i < custom->component_count; i++) {
        const FhirComponent *component = &custom->components[i];
        const SearchParam *param = search_param_by_url(search, type, component->definition);
        if (!param)
            return ctx_fail(cx, STATUS_UNPROCESSABLE, element,
                            STR_FMT " has no search parameter that component %zu names, or it is "
                                    "not indexed yet.",
                            STR_ARG(fhir_type_name(type)), i + 1);
        if (param->kind == FHIR_PARAM_COMPOSITE || param->special != SPECIAL_NONE)
            return ctx_fail(cx, STATUS_UNPROCESSABLE, element,
                            "A composite or special parameter cannot be a component.");
        if (path_compile(cx, cx->arena, component->expression, &how, &program) != STATUS_OK)
            return ctx_fail(cx, STATUS_UNPROCESSABLE, element,
                            "The expression of component %zu is no FHIRPath.", i + 1);
    }
    return STATUS_OK;
}

/* One of the definitions, as HL7 publishes them, may be stored: it is here already. */
static bool is_of_definitions(const Custom *custom)
{
    for (size_t i = 0; i < custom->base_count; i++) {
        const FhirParam *param = fhir_param_find(custom->bases[i], custom->code);
        if (!param || !str_eq(param->url, custom->url))
            return false;
    }
    return custom->base_count > 0;
}

Status search_check_param(const Search *search, Ctx *cx, const JsonValue *resource, Str id)
{
    Custom custom;
    bool composite;
    if (!str_eq(json_get_str(resource, STR("status")), STR("active")))
        return STATUS_OK; /* a draft, or retired: kept, and not searched by */
    Str code = json_get_str(resource, STR("code"));
    Custom named = {.url = json_get_str(resource, STR("url")), .code = code};
    TRY(read_types(cx, json_get(resource, STR("base")), STR("SearchParameter.base"), &named.bases,
                   &named.base_count));
    if (is_of_definitions(&named))
        return STATUS_OK;
    TRY(custom_read(cx, resource, &custom));
    custom.id = id;
    composite = custom.kind == FHIR_PARAM_COMPOSITE;
    TRY(check_code(cx, code));
    if (!custom.expression.len)
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("SearchParameter.expression"),
                        "A search parameter that is active needs an expression.");
    if (composite != (custom.component_count > 0))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("SearchParameter.component"),
                        "A composite has components, and no other type of parameter has.");
    TRY(check_stable(cx, custom.expression));
    for (size_t i = 0; i < custom.base_count; i++) {
        TRY(check_free(search, cx, &custom, custom.bases[i]));
        TRY(check_expression(cx, &custom, custom.bases[i]));
        TRY(check_components(search, cx, &custom, custom.bases[i]));
    }
    return STATUS_OK;
}
