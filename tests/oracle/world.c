/* world.c - the resources, HL7's search parameters, and the values of one in the other. */
#include "inner.h"

enum { FILE_BYTES_MAX = 32 << 20, DOC_BYTES_MAX = 16 << 20, PARAMS_MAX = 128 };

Str oracle_asked = STR_INIT("");

_Noreturn void oracle_give_up(const char *what, Str about)
{
    fprintf(stderr, "oracle: %s: " STR_FMT "\nin: " STR_FMT "\n", what, STR_ARG(about),
            STR_ARG(oracle_asked));
    abort();
}

static Str read_file(Arena *arena, Str path)
{
    FILE *file = fopen(path.at, "rb");
    char *text = file ? arena_alloc_raw(arena, FILE_BYTES_MAX) : NULL;
    size_t len = text ? fread(text, 1, FILE_BYTES_MAX, file) : 0;
    if (!len || len == FILE_BYTES_MAX)
        oracle_give_up("cannot be read", path);
    fclose(file);
    return (Str){text, len};
}

Oracle *oracle_new(const char *definitions, Str base)
{
    Arena *forever = arena_new((size_t)512 << 20, false);
    Oracle *o = arena_new_of(forever, Oracle);
    *o = (Oracle){.forever = forever, .base = base, .now = time_now()};
    o->query = arena_new((size_t)256 << 20, false);
    Ctx cx = {.arena = forever};
    JsonValue *root = NULL;
    Str path = arena_format(forever, "%s/search-parameters.json", definitions);
    if (json_parse(&cx, read_file(forever, path), &root) != STATUS_OK)
        oracle_give_up("is not JSON", path);
    o->definitions = json_get(root, STR("entry"));
    return o;
}

void oracle_free(Oracle *o)
{
    while (o->docs)
        oracle_remove(o, o->docs->type, o->docs->id);
    arena_free(o->query);
    arena_free(o->forever);
}

/* ---- resources ---- */

OracleDoc *oracle_find(const Oracle *o, Str type, Str id)
{
    for (OracleDoc *doc = o->docs; doc; doc = doc->next) {
        if (str_eq(doc->id, id) && str_eq(doc->type, type))
            return doc;
    }
    return NULL;
}

static OracleDoc *make_doc(Arena *arena, JsonValue *json, OracleDoc *container)
{
    OracleDoc *doc = arena_new_of(arena, OracleDoc);
    *doc = (OracleDoc){.type = json_get_str(json, STR("resourceType")),
                       .id = json_get_str(json, STR("id")),
                       .json = json,
                       .arena = arena,
                       .container = container};
    return doc;
}

void oracle_put(Oracle *o, Str text)
{
    Arena *arena = arena_new(DOC_BYTES_MAX, false);
    Ctx cx = {.arena = arena};
    JsonValue *json = NULL, *inner;
    if (json_parse(&cx, text, &json) != STATUS_OK)
        oracle_give_up("a resource is not JSON", text);
    OracleDoc *doc = make_doc(arena, json, NULL);
    for (JsonIter it = json_iter(json_get(json, STR("contained"))); json_next(&it, NULL, &inner);) {
        OracleDoc *contained = make_doc(arena, inner, doc);
        contained->next = doc->contained;
        doc->contained = contained;
    }
    oracle_remove(o, doc->type, doc->id);
    doc->next = o->docs;
    o->docs = doc;
}

void oracle_remove(Oracle *o, Str type, Str id)
{
    for (OracleDoc **at = &o->docs; *at; at = &(*at)->next) {
        OracleDoc *doc = *at;
        if (str_eq(doc->id, id) && str_eq(doc->type, type)) {
            *at = doc->next;
            arena_free(doc->arena);
            return;
        }
    }
}

/* ---- parameters ---- */

static JsonValue *definition_of(const Oracle *o, Str url)
{
    JsonValue *entry;
    for (JsonIter it = json_iter(o->definitions); json_next(&it, NULL, &entry);) {
        JsonValue *resource = json_get(entry, STR("resource"));
        if (str_eq(json_get_str(resource, STR("url")), url))
            return resource;
    }
    oracle_give_up("no such search parameter", url);
}

/* R4's own slip: Observation-code-value-date asks for a type DateTime, which is dateTime. */
static Str mended(Oracle *o, Str expression)
{
    static const Str slip = STR_INIT("ofType(DateTime)");
    char *found = memmem(expression.at, expression.len, slip.at, slip.len);
    if (!found)
        return expression;
    size_t at = (size_t)(found - expression.at);
    return arena_format(o->forever, STR_FMT "ofType(dateTime)" STR_FMT,
                        STR_ARG(str_head(expression, at)),
                        STR_ARG(str_from(expression, at + slip.len)));
}

static Param read_param(Oracle *o, JsonValue *definition)
{
    Param p = {.code = json_get_str(definition, STR("code")),
               .kind = json_get_str(definition, STR("type")),
               .expression = json_get_str(definition, STR("expression")),
               .definition = definition};
    JsonValue *components = json_get(definition, STR("component")), *component;
    p.components = arena_array_of(o->forever, Param, json_count(components) + 1);
    for (JsonIter it = json_iter(components); json_next(&it, NULL, &component);) {
        JsonValue *of = definition_of(o, json_get_str(component, STR("definition")));
        p.components[p.component_count++] =
            (Param){.code = json_get_str(of, STR("code")),
                    .kind = json_get_str(of, STR("type")),
                    .expression = mended(o, json_get_str(component, STR("expression"))),
                    .definition = of};
    }
    return p;
}

static bool has_base(JsonValue *definition, Str type)
{
    JsonValue *base;
    for (JsonIter it = json_iter(json_get(definition, STR("base"))); json_next(&it, NULL, &base);) {
        Str name = json_str(base);
        if (str_eq(name, type) || str_eq(name, STR("Resource")) ||
            str_eq(name, STR("DomainResource")))
            return true;
    }
    return false;
}

static TypeParams *params_of(Oracle *o, Str type)
{
    for (TypeParams *t = o->types; t; t = t->next) {
        if (str_eq(t->type, type))
            return t;
    }
    TypeParams *t = arena_new_of(o->forever, TypeParams);
    *t = (TypeParams){.next = o->types, .type = arena_str(o->forever, type)};
    t->params = arena_array_of(o->forever, Param, PARAMS_MAX);
    JsonValue *entry;
    for (JsonIter it = json_iter(o->definitions); json_next(&it, NULL, &entry);) {
        JsonValue *definition = json_get(entry, STR("resource"));
        if (t->count < PARAMS_MAX && has_base(definition, type))
            t->params[t->count++] = read_param(o, definition);
    }
    o->types = t;
    return t;
}

Param *oracle_param(Oracle *o, Str type, Str code)
{
    TypeParams *t = params_of(o, type);
    for (size_t i = 0; i < t->count; i++) {
        if (str_eq(t->params[i].code, code))
            return &t->params[i];
    }
    return NULL;
}

/* ---- values ---- */

static const PathProgram *program_of(Oracle *o, Str expression, Str context)
{
    for (Program *p = o->programs; p; p = p->next) {
        if (str_eq(p->expression, expression) && str_eq(p->context, context))
            return p->compiled;
    }
    Ctx cx = {.arena = o->forever};
    Program *p = arena_new_of(o->forever, Program);
    *p = (Program){.next = o->programs,
                   .expression = arena_str(o->forever, expression),
                   .context = arena_str(o->forever, context)};
    PathCompile how = {.context = p->context};
    if (path_compile(&cx, o->forever, p->expression, &how, &p->compiled) != STATUS_OK)
        oracle_give_up("does not compile", expression);
    o->programs = p;
    return p->compiled;
}

typedef struct {
    const Oracle *oracle;
    OracleDoc *doc;
} Resolver;

/* An index sees one resource: of what lies outside, only the type is known, by its address. */
static Status resolve(void *to, Ctx *cx, Str reference, JsonValue **ret_found, uint16_t *ret_type)
{
    UNUSED(cx);
    const Resolver *resolver = to;
    Ref ref = oracle_ref(resolver->oracle, reference, false);
    OracleDoc *holder = resolver->doc->container ? resolver->doc->container : resolver->doc;
    if (ref.contained) {
        for (OracleDoc *inner = holder->contained; inner; inner = inner->next) {
            if (str_eq(inner->id, ref.id)) {
                *ret_found = inner->json;
                *ret_type = fhir_type_find(inner->type);
            }
        }
        return STATUS_OK;
    }
    Str type = ref.type, rest = ref.url;
    while (!ref.type.len && rest.len) {
        Str segment = str_cut(&rest, '/');
        if (rest.len && fhir_type_find(segment))
            type = segment;
    }
    *ret_type = fhir_type_find(type);
    return STATUS_OK;
}

static bool has_value(const PathItem *item)
{
    return item->kind != PATH_ELEMENT || item->json;
}

static PathItems evaluate(Oracle *o, Arena *arena, OracleDoc *doc, const PathProgram *program,
                          const PathItem *focus)
{
    Ctx cx = {.arena = arena};
    Resolver resolver = {o, doc};
    PathEnv env = {.resource = doc->json, .now = o->now, .resolve = resolve, .to = &resolver};
    if (focus)
        env.focus = *focus;
    PathItems found = {NULL, 0};
    if (path_evaluate(program, &cx, &env, &found) != STATUS_OK)
        oracle_give_up("cannot be evaluated",
                       cx.issues ? cx.issues->diagnostics : STR("for no reason given"));
    size_t kept = 0;
    for (size_t i = 0; i < found.count; i++) {
        if (has_value(&found.items[i]))
            found.items[kept++] = found.items[i];
    }
    found.count = kept;
    return found;
}

PathItems oracle_values(Oracle *o, OracleDoc *doc, Param *param)
{
    for (OracleValues *v = doc->values; v; v = v->next) {
        if (v->param == param)
            return v->items;
    }
    if (!param->program)
        param->program = program_of(o, param->expression, doc->type);
    OracleValues *v = arena_new_of(doc->arena, OracleValues);
    *v = (OracleValues){doc->values, param, evaluate(o, doc->arena, doc, param->program, NULL)};
    doc->values = v;
    return v->items;
}

PathItems oracle_below(Oracle *o, OracleDoc *doc, const PathItem *root, Str expression)
{
    return evaluate(o, o->query, doc, program_of(o, expression, path_type_name(root)), root);
}
