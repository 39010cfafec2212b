/* search/codes.c - :in, :not-in, :above and :below on tokens, through code systems and value sets
 * of the definitions and of the store.
 *
 * What can be listed becomes a list of codes before anything is looked up; membership in what
 * cannot is asked code by code. SPEC R4 search.html#token */
#include "search/sight.h"
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
        bool sees;
        Str at;
        TRY(store_cursor_next(cursor, &at));
        if (!at.at)
            return STATUS_OK;
        uint64_t rid = key_rid(at);
        TRY(run_sees(run, rid, &sees));
        if (!sees)
            continue;
        TRY(store_get_rid(run->reader, rid, true, &row));
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
    name = search_reference_bare(run->search, name);
    if (!str_has_prefix(name, local))
        return terms_set(run->terms, run->cx, name, ret_set);
    Str id = str_from(name, local.len);
    bool found = false;
    if (fhir_id_is(id))
        TRY(run_find(run, fhir_type_find(STR("ValueSet")), id, &row, &found));
    if (!found)
        return ctx_fail(run->cx, STATUS_INVALID, STR_EMPTY, "There is no " STR_FMT ".",
                        STR_ARG(name));
    TRY(store_get_rid(run->reader, row.rid, true, &row));
    TRY(json_parse(run->cx, row.body, &resource));
    return terms_set_of(run->terms, run->cx, resource, ret_set);
}

/* A code that stands alone has no system in the index: each is asked for both ways. */
static Status add_codes(Run *run, const TermsCodes *codes, Condition *condition)
{
    Test *tests = arena_array_of(run->cx->arena, Test, condition->count + 2 * codes->count);
    if (!tests)
        return STATUS_MEMORY;
    if (condition->count)
        memcpy(tests, condition->tests, condition->count * sizeof(Test));
    for (size_t i = 0; i < codes->count; i++) {
        Test test = {
            .system_given = true, .system = codes->items[i].system, .code = codes->items[i].code};
        tests[condition->count++] = test;
        test.plain = true;
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

/* ---- references ------------------------------------------------------------------------- */

typedef struct {
    Run *run;
    Test *tests; /* found so far, each once */
    size_t count, room;
} Kin;

static Status add_kin(Kin *kin, Str reference)
{
    for (size_t i = 0; i < kin->count; i++) {
        if (str_eq(kin->tests[i].text, reference))
            return STATUS_OK;
    }
    if (kin->count == TERMS_CODES_MAX)
        return ctx_fail_code(kin->run->cx, STATUS_UNSUPPORTED, "too-costly", STR_EMPTY,
                             "There are more than %d above or below.", TERMS_CODES_MAX);
    kin->tests =
        arena_grow(kin->run->cx->arena, kin->tests, sizeof(Test), kin->count, &kin->room, 16);
    if (!kin->tests)
        return STATUS_MEMORY;
    Str copy = arena_str(kin->run->cx->arena, reference);
    kin->tests[kin->count++] = (Test){.text = copy};
    return copy.at ? STATUS_OK : STATUS_MEMORY;
}

static Status keep_kin(void *to, const Value *value)
{
    return value->text.len ? add_kin(to, value->text) : STATUS_OK;
}

static const SearchParam *part_of(const Search *search, uint16_t type)
{
    const SearchParam *param = search_param_find(search, type, STR("partof"));
    return param ? param : search_param_find(search, type, STR("part-of"));
}

/* What refers to it as the whole that it is part of. */
static Status add_parts(Kin *kin, const SearchParam *param, Str reference)
{
    StoreCursor *cursor;
    Key key;
    key_begin(&key, KEY_REFERENCE, param->id);
    key_add_hash(&key, search_hash(kin->run->search, reference));
    TRY(store_cursor(kin->run->reader, key_str(&key), &cursor));
    for (;;) {
        Str at;
        StoreRow row;
        bool sees;
        TRY(store_cursor_next(cursor, &at));
        if (!at.at)
            return STATUS_OK;
        uint64_t rid = key_rid(at);
        TRY(run_sees(kin->run, rid, &sees));
        if (!sees)
            continue;
        TRY(store_get_rid(kin->run->reader, rid, false, &row));
        Str text = arena_format(kin->run->cx->arena, STR_FMT "/" STR_FMT,
                                STR_ARG(fhir_type_name(row.type)), STR_ARG(row.id));
        TRY(text.at ? add_kin(kin, text) : STATUS_MEMORY);
    }
}

static Status add_whole(Kin *kin, const SearchParam *param, Str reference)
{
    const Subject *subject;
    Place place;
    bool found;
    TRY(run_place_of(kin->run, reference, &place, &found));
    if (!found)
        return STATUS_OK;
    TRY(run_subject(kin->run, key_rid(place_str(&place)), &subject));
    return search_values(subject, param, keep_kin, kin);
}

static Status resolve_references(Run *run, Condition *condition)
{
    Kin kin = {.run = run};
    for (size_t i = 0; i < condition->count; i++)
        TRY(add_kin(&kin, condition->tests[i].text));
    for (size_t i = 0; i < kin.count; i++) {
        Str reference = kin.tests[i].text, rest = reference;
        uint16_t type = fhir_type_find(str_cut(&rest, '/'));
        const SearchParam *param = type ? part_of(run->search, type) : NULL;
        if (param)
            TRY(condition->modifier == MODIFIER_BELOW ? add_parts(&kin, param, reference)
                                                      : add_whole(&kin, param, reference));
    }
    *condition = (Condition){.param = condition->param, .tests = kin.tests, .count = kin.count};
    return STATUS_OK;
}

/* ---- plain codes with their system -------------------------------------------------------- */

static bool is_system_of_fhir(const Test *test)
{
    return test->code.len && !test->plain &&
           str_has_prefix(test->system, STR("http://hl7.org/fhir/"));
}

/* gender=http://hl7.org/fhir/administrative-gender|male: the element's own system is meant when it
 * has the code. */
static Status resolve_plain(Run *run, Condition *condition)
{
    Condition both = {
        .param = condition->param, .tests = condition->tests, .count = condition->count};
    TRY(codes_open(run));
    for (size_t i = 0; i < condition->count; i++) {
        const Test *test = &condition->tests[i];
        TermsCode code;
        TermsCodes one = {&code, 1};
        bool found = false;
        if (is_system_of_fhir(test))
            TRY(terms_find(run->terms, run->cx, test->system, test->code, &code, &found, NULL));
        if (found)
            TRY(add_codes(run, &one, &both));
    }
    *condition = both;
    return STATUS_OK;
}

/* ---- which of them ------------------------------------------------------------------------- */

/* Their order is in their names. SPEC R4 search.html#mimetype */
static bool is_mime(const Condition *condition)
{
    return str_eq(condition->param->code, STR("contenttype"));
}

/* Local references have an order of their own; URLs are above and below by their paths. */
static bool is_local(const Test *test)
{
    Str rest = test->text;
    return fhir_type_find(str_cut(&rest, '/')) != 0;
}

bool codes_are_meant(const Condition *condition)
{
    bool order = condition->modifier == MODIFIER_ABOVE || condition->modifier == MODIFIER_BELOW;
    if (condition->param->kind == FHIR_PARAM_REFERENCE)
        return order && condition->count && is_local(&condition->tests[0]);
    if (condition->param->kind != FHIR_PARAM_TOKEN)
        return false;
    for (size_t i = 0; condition->modifier == MODIFIER_NONE && i < condition->count; i++) {
        if (is_system_of_fhir(&condition->tests[i]))
            return true;
    }
    return condition->modifier == MODIFIER_IN || (order && !is_mime(condition));
}

static Status resolve_codes(Run *run, Condition *condition)
{
    Condition listed = {.param = condition->param, .unequal = condition->unequal};
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

Status codes_resolve(Run *run, Condition *condition)
{
    if (condition->param->kind == FHIR_PARAM_REFERENCE)
        return resolve_references(run, condition);
    return condition->modifier == MODIFIER_NONE ? resolve_plain(run, condition)
                                                : resolve_codes(run, condition);
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
