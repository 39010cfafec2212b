/* fhir/path/suite.c - running the official cases. */
#include "fhir/path/suite.h"

#include "fhir/path/inner.h"

enum { CASE_MEMORY_MAX = 64 << 20 };

/* ---- items as text ------------------------------------------------------------------------------
 */

static Str text_of_element(Arena *arena, const PathItem *item)
{
    Buf buf;
    if (!item->json)
        return STR("(only an extension)");
    buf_init(&buf, arena, 64, (size_t)16 << 20);
    json_write(&buf, item->json, false);
    return buf_done(&buf) == STATUS_OK ? buf_str(&buf) : (Str){NULL, 0};
}

Str path_item_text(Arena *arena, const PathItem *item)
{
    char number[DECIMAL_TEXT_MAX];
    PathItem value = path_simple(item);
    switch (value.kind) {
    case PATH_ELEMENT: return text_of_element(arena, &value);
    case PATH_BOOLEAN: return value.boolean ? STR("true") : STR("false");
    case PATH_INTEGER:
    case PATH_DECIMAL: return arena_str(arena, decimal_text(value.decimal, number));
    case PATH_DATE:
    case PATH_DATETIME: return arena_format(arena, "@" STR_FMT, STR_ARG(value.text));
    case PATH_TIME: return arena_format(arena, "@T" STR_FMT, STR_ARG(value.text));
    case PATH_QUANTITY: {
        Str amount = decimal_text(value.decimal, number);
        return arena_format(arena, value.boolean ? "%.*s %.*s" : "%.*s '%.*s'", STR_ARG(amount),
                            STR_ARG(value.text));
    }
    case PATH_TYPE:
        return arena_format(arena, "%s." STR_FMT, value.boolean ? "FHIR" : "System",
                            STR_ARG(value.text));
    case PATH_STRING: break;
    }
    return value.text;
}

/* ---- one case --------------------------------------------------------------------------- */

/* "code" of an element, "dateTime" of a System.DateTime. */
static bool has_type(const PathItem *item, Str type)
{
    Str name = path_type_name(item);
    return type.len == 0 || (name.len == type.len && (name.at[0] | 32) == (type.at[0] | 32) &&
                             memcmp(name.at + 1, type.at + 1, type.len - 1) == 0);
}

static bool has_value(Arena *arena, const PathItem *item, Str wanted, bool typed)
{
    Decimal a, b;
    PathItem value = path_simple(item);
    if ((value.kind == PATH_DECIMAL || value.kind == PATH_INTEGER) && decimal_parse(wanted, &b)) {
        a = value.decimal;
        return decimal_compare(a, b) == 0 && (typed || a.scale == b.scale);
    }
    return str_eq(path_item_text(arena, item), wanted);
}

static bool meets(Arena *arena, const PathItem *item, const JsonValue *output)
{
    Str type = json_get_str(output, STR("type"));
    return has_type(item, type) &&
           has_value(arena, item, json_get_str(output, STR("value")), type.len > 0);
}

static Str compare_items(Arena *arena, const JsonValue *test, const PathItems *items)
{
    const JsonValue *outputs = json_get(test, STR("output"));
    bool any_order = str_eq(json_get_str(test, STR("ordered")), STR("false"));
    bool *met = arena_array_of(arena, bool, items->count + 1);
    JsonValue *output;
    if (json_count(outputs) != items->count)
        return arena_format(arena, "%zu items were expected, there are %zu", json_count(outputs),
                            items->count);
    size_t at = 0;
    for (JsonIter it = json_iter(outputs); met && json_next(&it, NULL, &output); at++) {
        bool found = false;
        for (size_t i = any_order ? 0 : at; i < (any_order ? items->count : at + 1); i++) {
            if (!met[i] && !found && meets(arena, &items->items[i], output))
                found = met[i] = true;
        }
        if (!found)
            return arena_format(arena,
                                "\"" STR_FMT "\" was expected, there is " STR_FMT " " STR_FMT,
                                STR_ARG(json_get_str(output, STR("value"))),
                                STR_ARG(path_type_name(&items->items[at])),
                                STR_ARG(path_item_text(arena, &items->items[at])));
    }
    return STR_EMPTY;
}

static Str refusal(Arena *arena, const Ctx *cx)
{
    return cx->issues ? arena_str(arena, cx->issues->diagnostics) : STR("no reason was given");
}

/* Empty when the case is met; else why not. A case that must fail may do so at either time,
 * but "syntax" while compiling. */
static Str run_case(Ctx *cx, const JsonValue *test, JsonValue *resource)
{
    const PathProgram *program;
    PathItems items = {NULL, 0};
    bool holds = false, predicate = str_eq(json_get_str(test, STR("predicate")), STR("true"));
    Str invalid = json_get_str(test, STR("invalid"));
    PathCompile how = {.context = json_get_str(resource, STR("resourceType")), .strict = true};
    PathEnv env = {.resource = resource};
    Status status =
        path_compile(cx, cx->arena, json_get_str(test, STR("expression")), &how, &program);
    if (status == STATUS_OK && str_eq(invalid, STR("syntax")))
        return STR("it must not compile");
    if (status == STATUS_OK)
        status = predicate ? path_evaluate_boolean(program, cx, &env, &holds)
                           : path_evaluate(program, cx, &env, &items);
    if (invalid.len)
        return status == STATUS_OK ? STR("it must fail") : STR_EMPTY;
    if (status != STATUS_OK)
        return refusal(cx->arena, cx);
    PathItem truth = {.kind = PATH_BOOLEAN, .boolean = holds};
    if (predicate)
        items = (PathItems){&truth, 1};
    return compare_items(cx->arena, test, &items);
}

/* ---- all ----------------------------------------------------------------------------------------
 */

Status path_suite_run(Ctx *cx, const JsonValue *suite, const PathSuite *how, size_t *ret_passed,
                      size_t *ret_failed)
{
    JsonValue *test, *resource;
    size_t passed = 0, failed = 0;
    Arena *scratch = arena_new(CASE_MEMORY_MAX, false);
    void **hook = arena_defer(cx->arena, (void (*)(void *))arena_free, scratch);
    if (!scratch || !hook)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(json_get(suite, STR("tests"))); json_next(&it, NULL, &test);) {
        Str name = json_get_str(test, STR("inputfile"));
        resource = NULL;
        if (name.len)
            TRY(how->load(how->to, cx, name, &resource));
        Ctx one = {.arena = scratch};
        arena_clear(scratch);
        Str why = run_case(&one, test, resource);
        passed += why.len == 0;
        failed += why.len != 0;
        if (why.len)
            how->failed(how->to, json_get_str(test, STR("group")), json_get_str(test, STR("name")),
                        why);
    }
    *ret_passed = passed;
    *ret_failed = failed;
    return passed + failed ? STATUS_OK
                           : ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                                      "This is no suite of FHIRPath cases: it has no \"tests\".");
}
