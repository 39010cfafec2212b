/* search/codes.c - :in, :not-in, :above and :below on tokens, through code systems and value sets
 * of the definitions and of the store.
 *
 * What can be listed becomes a list of codes before anything is looked up; membership in what
 * cannot is asked code by code. SPEC R4 search.html#token */
#include "search/run.h"
#include "search/test.h"

/* The newest resource of the type with this canonical URL, and version when one is named. */
static Status find_canonical(Run *run, uint16_t type, Str url, Str version, JsonValue **ret_found)
{
    const SearchParam *param = search_param_find(run->search, type, STR("url"));
    StoreCursor *cursor;
    Key key;
    key_begin(&key, KEY_URI, param->id);
    key_add_hash(&key, search_hash(run->search, url));
    TRY(store_cursor(run->reader, key_str(&key), &cursor));
    for (;;) {
        StoreRow row;
        JsonValue *resource;
        Str at;
        TRY(store_cursor_next(cursor, &at));
        if (!at.at)
            return STATUS_OK;
        TRY(store_get_rid(run->reader, key_rid(at), true, &row));
        TRY(json_parse(run->cx, row.body, &resource));
        if (version.len && !str_eq(json_get_str(resource, STR("version")), version))
            continue;
        *ret_found = resource;
        return STATUS_OK;
    }
}

static Status lookup(void *to, Ctx *cx, Str type, Str url, Str version, JsonValue **ret_resource)
{
    UNUSED(cx);
    return find_canonical(to, fhir_type_find(type), url, version, ret_resource);
}

static Status codes_open(Run *run)
{
    TermsSource source = {lookup, run};
    return run->terms ? STATUS_OK : terms_new(run->cx, &source, &run->terms);
}

/* A canonical URL, or ValueSet/123 of this server. */
static Status codes_set(Run *run, Str name, const TermsSet **ret_set)
{
    static const Str local = STR_INIT("ValueSet/");
    StoreRow row;
    JsonValue *resource;
    TRY(codes_open(run));
    if (!str_has_prefix(name, local))
        return terms_set(run->terms, run->cx, name, ret_set);
    Str id = str_from(name, local.len);
    Status status = fhir_id_is(id)
                        ? store_get(run->reader, fhir_type_find(STR("ValueSet")), id, true, &row)
                        : STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
        return ctx_fail(run->cx, STATUS_INVALID, STR_EMPTY, "There is no " STR_FMT ".",
                        STR_ARG(name));
    TRY(status);
    TRY(json_parse(run->cx, row.body, &resource));
    return terms_set_of(run->terms, run->cx, resource, ret_set);
}

/* A plain code has no system in the index: each code is asked for with and without one. */
static Status add_codes(Run *run, const TermsCodes *codes, Condition *condition)
{
    Test *tests = arena_array_of(run->cx->arena, Test, condition->count + 2 * codes->count);
    if (!tests)
        return STATUS_MEMORY;
    memcpy(tests, condition->tests, condition->count * sizeof(Test));
    for (size_t i = 0; i < codes->count; i++) {
        Test test = {
            .system_given = true, .system = codes->items[i].system, .code = codes->items[i].code};
        tests[condition->count++] = test;
        test.system = STR_EMPTY;
        tests[condition->count++] = test;
    }
    condition->tests = tests;
    return STATUS_OK;
}

static Status codes_of_test(Run *run, Ctx *cx, Modifier modifier, const Test *test,
                            TermsCodes *ret_codes)
{
    const TermsSet *set;
    if (modifier == MODIFIER_ABOVE)
        return terms_above(run->terms, cx, test->system, test->code, TERMS_CODES_MAX, ret_codes);
    if (modifier == MODIFIER_BELOW)
        return terms_below(run->terms, cx, test->system, test->code, TERMS_CODES_MAX, ret_codes);
    TRY(codes_set(run, test->text, &set));
    return terms_expand(run->terms, cx, set, TERMS_CODES_MAX, ret_codes);
}

bool codes_are_meant(const Condition *condition)
{
    return condition->param->kind == FHIR_PARAM_TOKEN &&
           (condition->modifier == MODIFIER_IN || condition->modifier == MODIFIER_ABOVE ||
            condition->modifier == MODIFIER_BELOW);
}

Status codes_resolve(Run *run, Condition *condition)
{
    Condition listed = {.param = condition->param};
    TRY(codes_open(run));
    for (size_t i = 0; i < condition->count; i++) {
        TermsCodes codes;
        Ctx trial = {.arena = run->cx->arena, .deadline = run->cx->deadline};
        const Test *test = &condition->tests[i];
        Status status = codes_of_test(run, &trial, condition->modifier, test, &codes);
        if (status == STATUS_UNSUPPORTED && condition->modifier == MODIFIER_IN)
            return STATUS_OK; /* then it is asked code by code */
        if (status != STATUS_OK)
            return codes_of_test(run, run->cx, condition->modifier, test, &codes);
        TRY(add_codes(run, &codes, &listed));
    }
    *condition = listed;
    return STATUS_OK;
}

Status codes_have(Run *run, const Condition *condition, Str system, Str code, bool *ret_has)
{
    *ret_has = false;
    for (size_t i = 0; i < condition->count && !*ret_has; i++) {
        const TermsSet *set;
        TRY(codes_set(run, condition->tests[i].text, &set));
        TRY(terms_has(run->terms, run->cx, set, system, code, ret_has));
    }
    return STATUS_OK;
}
