/* The invariants that HL7 writes into R4's own definitions, as FHIRPath: all compile, and none
 * that can be decided is false on the examples that HL7 publishes. */
#include "suite_tar.h"

#include "fhir/path/path.h"

enum { INVARIANTS_MAX = 2000, EXAMPLE_BYTES_MAX = 1 << 20 };

typedef struct {
    Str type, key, expression;
    const PathProgram *program;
    size_t broken;
} Invariant;

typedef struct {
    Ctx cx;
    Invariant list[INVARIANTS_MAX];
    size_t count;
} Invariants;

/* What is false although the examples are HL7's. */
static const struct {
    const char *key, *why;
} odd[] = {
    {"que-7", "answer is Boolean: a FHIR.boolean is no System.Boolean (official case testType12)"},
    {"sdf-4", "two logical models are not abstract and have no base definition"},
};

/* What the pinned package has of later releases: ADR 0020. */
static bool is_later(Str key)
{
    return str_eq(key, STR("evv-1"));
}

static JsonValue *definitions(Ctx *cx, const char *name)
{
    JsonValue *root;
    Str path = arena_format(cx->arena, "%s/%s", ACESO_DEFINITIONS, name);
    Str text = suite_read(cx->arena, path.at);
    check(text.at != NULL);
    check(json_parse(cx, text, &root) == STATUS_OK);
    return json_get(root, STR("entry"));
}

static bool is_there(const Invariants *all, Str type, Str key)
{
    for (size_t i = all->count; i-- > 0;) {
        if (str_eq(all->list[i].type, type) && str_eq(all->list[i].key, key))
            return true;
    }
    return false;
}

/* Invariants of a type or of a group of elements, which has a type of its own. */
static void take_element(Invariants *all, const JsonValue *element)
{
    JsonValue *constraint;
    Str type = json_get_str(element, STR("path"));
    Str code = json_get_str(json_item(json_get(element, STR("type")), 0), STR("code"));
    if (memchr(type.at, '.', type.len) && !str_eq(code, STR("BackboneElement")) &&
        !str_eq(code, STR("Element")))
        return;
    for (JsonIter it = json_iter(json_get(element, STR("constraint")));
         json_next(&it, NULL, &constraint);) {
        Str key = json_get_str(constraint, STR("key"));
        Str expression = json_get_str(constraint, STR("expression"));
        if (!expression.len || !str_eq(json_get_str(constraint, STR("severity")), STR("error")) ||
            is_later(key) || is_there(all, type, key))
            continue;
        check(all->count < INVARIANTS_MAX);
        Invariant *one = &all->list[all->count++];
        PathCompile how = {.context = type};
        *one = (Invariant){.type = type, .key = key, .expression = expression};
        if (path_compile(&all->cx, all->cx.arena, expression, &how, &one->program) != STATUS_OK)
            fail_msg(STR_FMT " of " STR_FMT ": " STR_FMT, STR_ARG(key), STR_ARG(type),
                     STR_ARG(all->cx.issues->diagnostics));
    }
}

static void take_definitions(Invariants *all, const char *name)
{
    JsonValue *entry, *element;
    for (JsonIter it = json_iter(definitions(&all->cx, name)); json_next(&it, NULL, &entry);) {
        JsonValue *definition = json_get(entry, STR("resource"));
        if (str_eq(json_get_str(definition, STR("derivation")), STR("constraint")))
            continue;
        JsonValue *snapshot = json_get(definition, STR("snapshot"));
        for (JsonIter e = json_iter(json_get(snapshot, STR("element")));
             json_next(&e, NULL, &element);)
            take_element(all, element);
    }
}

/* Whether the key may be false. */
static bool is_odd(Str key)
{
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        if (str_eq(key, str_of(odd[i].key)))
            return true;
    }
    return false;
}

static Status member_of(void *to, Ctx *cx, Str value_set, Str system, Str code, bool *ret_is)
{
    UNUSED(to);
    UNUSED(cx);
    UNUSED(value_set);
    UNUSED(system);
    UNUSED(code);
    *ret_is = true;
    return STATUS_OK;
}

static void ask(Invariant *one, Ctx *cx, const PathEnv *env, const char *name)
{
    PathItems items;
    if (path_evaluate(one->program, cx, env, &items) != STATUS_OK)
        fail_msg("%s: " STR_FMT " of " STR_FMT ": " STR_FMT, name, STR_ARG(one->key),
                 STR_ARG(one->type), STR_ARG(cx->issues->diagnostics));
    if (items.count == 1 && items.items[0].kind == PATH_BOOLEAN && !items.items[0].boolean) {
        if (!is_odd(one->key))
            fail_msg("%s: " STR_FMT " of " STR_FMT " is false: " STR_FMT, name, STR_ARG(one->key),
                     STR_ARG(one->type), STR_ARG(one->expression));
        one->broken++;
    }
}

typedef struct {
    Invariants *all;
    Ctx *cx;
    const PathProgram *children;
    const char *name;
    size_t asked;
} Walk;

/* An element and what is below it, by the invariants of their types. %resource is the resource
 * next above, %rootResource the whole. */
static void ask_all(Walk *w, const PathItem *item, JsonValue *root, JsonValue *resource)
{
    PathItems below;
    Str type = path_type_name(item);
    PathEnv env = {.root = root, .focus = *item, .member_of = member_of};
    env.resource = resource = fhir_type_find(type) ? item->json : resource;
    for (size_t k = 0; k < w->all->count; k++) {
        if (str_eq(w->all->list[k].type, type)) {
            ask(&w->all->list[k], w->cx, &env, w->name);
            w->asked++;
        }
    }
    check(path_evaluate(w->children, w->cx, &env, &below) == STATUS_OK);
    for (size_t i = 0; i < below.count; i++)
        ask_all(w, &below.items[i], root, resource);
}

static void invariants_hold_on_the_examples(void **state)
{
    UNUSED(state);
    static Invariants all;
    SKIP_WITHOUT_SHARED("invariants on HL7's examples");
    all.cx.arena = arena_new((size_t)1 << 30, false);
    Arena *arena = arena_new((size_t)512 << 20, false);
    static const PathCompile any = {.context = STR_INIT("Resource")};
    Walk walk = {.all = &all};
    take_definitions(&all, "profiles-types.json");
    take_definitions(&all, "profiles-resources.json");
    check(path_compile(&all.cx, all.cx.arena, STR("children()"), &any, &walk.children) ==
          STATUS_OK);
    SuiteTar tar = suite_tar_open(all.cx.arena, "data/r4-examples.tar.zst");
    char *text;
    size_t len, resources = 0;
    while (suite_tar_next(&tar, arena, &text, &len)) {
        Ctx cx = {.arena = arena};
        JsonValue *resource;
        if (str_has_suffix(str_of(tar.name), STR(".json")) && len < EXAMPLE_BYTES_MAX &&
            json_parse(&cx, str_n(text, len), &resource) == STATUS_OK &&
            json_get(resource, STR("resourceType"))) {
            PathItem whole = {.json = resource};
            whole.type = fhir_type_find(json_get_str(resource, STR("resourceType")));
            walk.cx = &cx;
            walk.name = tar.name;
            ask_all(&walk, &whole, resource, resource);
            resources++;
        }
        arena_clear(arena);
    }
    suite_tar_close(&tar);
    print_message("# %zu invariants, %zu resources, %zu evaluations\n", all.count, resources,
                  walk.asked);
    check(resources > 5000 && walk.asked > 1000000);
    arena_free(arena);
    arena_free(all.cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invariants_hold_on_the_examples),
    };
    return cmocka_run_group_tests_name("fhirpath invariants", tests, NULL, NULL);
}
