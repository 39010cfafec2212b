/* tools/gen_search.c - search parameters and compartments.
 *
 * An expression that is a union of plain paths becomes rows of steps. Understood are
 * element names, `as`, as(), ofType(), where(name='value') and where(resolve() is Type);
 * a choice element is spelled out as every alternative that fits. Anything else leaves the
 * parameter without paths. SPEC R4 searchparameter.html, fhirpath.html */
#include "gen_definitions.h"

enum { STEPS_MAX = 8, PATHS_MAX = 64, PARAMS_MAX = 6000 };

typedef struct {
    FhirStep steps[STEPS_MAX];
    size_t step_count;
    uint16_t type; /* reached so far */
    uint16_t target;
    Str choice; /* base name when the last step was a choice */
} Path;

typedef struct {
    Path paths[PATHS_MAX];
    size_t count;
} Paths;

typedef struct {
    Gen *gen;
    Str type;     /* resource type that the parameter is compiled for */
    Str rest;     /* of the expression */
    bool foreign; /* the alternative starts at another type */
    Paths now;
} Parse;

/* ---- scanning ---------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip_blank(Parse *p)
{
    while (p->rest.len && p->rest.at[0] == ' ')
        p->rest = str_from(p->rest, 1);
}

static bool accept(Parse *p, Str text)
{
    skip_blank(p);
    if (!str_has_prefix(p->rest, text))
        return false;
    p->rest = str_from(p->rest, text.len);
    return true;
}

static Str take_name(Parse *p)
{
    size_t len = 0;
    skip_blank(p);
    while (len < p->rest.len && is_name_char(p->rest.at[len]))
        len++;
    Str name = str_head(p->rest, len);
    p->rest = str_from(p->rest, len);
    return name;
}

/* ---- steps ------------------------------------------------------------------------------- */

static void follow(Parse *p, Str name)
{
    Paths next = {.count = 0};
    for (size_t i = 0; i < p->now.count; i++) {
        const Path *from = &p->now.paths[i];
        const Type *type = &p->gen->type_list[from->type];
        for (size_t e = 0; e < type->element_count; e++) {
            const Element *element = &type->elements[e];
            if (!str_eq(element->base, name) || from->step_count == STEPS_MAX)
                continue;
            if (next.count == PATHS_MAX)
                gen_die("an expression has too many alternatives");
            Path *to = &next.paths[next.count++];
            *to = *from;
            to->steps[to->step_count++] = (FhirStep){element->name, STR_EMPTY, STR_EMPTY};
            to->type = gen_type(p->gen, element->type);
            to->choice = element->flags & ELEMENT_CHOICE ? element->base : STR_EMPTY;
        }
    }
    p->now = next;
}

static void keep_type(Parse *p, Str type)
{
    size_t kept = 0;
    uint16_t wanted = gen_type(p->gen, type);
    for (size_t i = 0; i < p->now.count; i++) {
        if (p->now.paths[i].type == wanted)
            p->now.paths[kept++] = p->now.paths[i];
    }
    p->now.count = kept;
}

static bool parse_where(Parse *p)
{
    if (accept(p, STR("resolve() is "))) {
        uint16_t target = gen_type(p->gen, take_name(p));
        for (size_t i = 0; i < p->now.count; i++)
            p->now.paths[i].target = target;
        return target && accept(p, STR(")"));
    }
    Str name = take_name(p);
    if (!name.len || !accept(p, STR("='")))
        return false;
    Str value = str_head(p->rest, str_index(p->rest, '\''));
    p->rest = str_from(p->rest, value.len);
    for (size_t i = 0; i < p->now.count; i++) {
        Path *path = &p->now.paths[i];
        path->steps[path->step_count - 1].where_name = name;
        path->steps[path->step_count - 1].where_value = value;
    }
    return accept(p, STR("')"));
}

static bool parse_path(Parse *p)
{
    if (accept(p, STR("("))) {
        if (!parse_path(p))
            return false;
        if (p->foreign)
            return true; /* and the rest of it does not matter */
        if (!accept(p, STR(")")))
            return false;
    } else {
        Str root = take_name(p);
        p->foreign = !str_eq(root, p->type) && !str_eq(root, STR("Resource")) &&
                     !str_eq(root, STR("DomainResource"));
        p->now.count = 1;
        p->now.paths[0] = (Path){.type = gen_type(p->gen, p->type)};
        if (p->foreign)
            return true;
    }
    for (;;) {
        bool filter = accept(p, STR(" as ")) || accept(p, STR("as "));
        if (filter) {
            keep_type(p, take_name(p));
        } else if (accept(p, STR(".where("))) {
            if (!parse_where(p))
                return false;
        } else if (accept(p, STR(".ofType(")) || accept(p, STR(".as("))) {
            keep_type(p, take_name(p));
            if (!accept(p, STR(")")))
                return false;
        } else if (accept(p, STR("."))) {
            follow(p, take_name(p));
        } else {
            return true;
        }
    }
}

/* ---- parameters -------------------------------------------------------------------------- */

typedef struct {
    uint16_t type;
    const JsonValue *source;
    Str code;
} Param;

static const struct {
    const char *name, *kind;
} kinds[] = {
    {"number", "FHIR_PARAM_NUMBER"},       {"date", "FHIR_PARAM_DATE"},
    {"string", "FHIR_PARAM_STRING"},       {"token", "FHIR_PARAM_TOKEN"},
    {"reference", "FHIR_PARAM_REFERENCE"}, {"composite", "FHIR_PARAM_COMPOSITE"},
    {"quantity", "FHIR_PARAM_QUANTITY"},   {"uri", "FHIR_PARAM_URI"},
    {"special", "FHIR_PARAM_SPECIAL"},
};

static int compare_params(const void *a, const void *b)
{
    const Param *x = a, *y = b;
    return x->type != y->type ? (x->type < y->type ? -1 : 1) : str_cmp(x->code, y->code);
}

static void add_param(Gen *gen, const JsonValue *source, Str base, Param *list, size_t *count)
{
    uint16_t only = gen_type(gen, base);
    bool resource = str_eq(base, STR("Resource")), domain = str_eq(base, STR("DomainResource"));
    for (uint16_t t = 1; t <= gen->resource_count; t++) {
        bool has_text = false;
        const Type *type = &gen->type_list[t];
        for (size_t i = 0; i < type->element_count; i++)
            has_text = has_text || str_eq(type->elements[i].name, STR("text"));
        if (t != only && !resource && !(domain && has_text))
            continue;
        if (*count == PARAMS_MAX)
            gen_die("too many search parameters");
        list[(*count)++] = (Param){t, source, json_get_str(source, STR("code"))};
    }
}

static size_t collect_params(Gen *gen, Param *list)
{
    JsonValue *source, *base;
    size_t count = 0;
    for (JsonIter it = json_iter(gen->params);
         gen_next_resource(&it, STR("SearchParameter"), &source);) {
        if (!str_eq(json_get_str(source, STR("version")), STR(FHIR_VERSION)))
            continue; /* taken into the package from a later release */
        for (JsonIter b = json_iter(json_get(source, STR("base"))); json_next(&b, NULL, &base);)
            add_param(gen, source, json_str(base), list, &count);
    }
    qsort(list, count, sizeof(*list), compare_params);
    return count;
}

static void write_str(Gen *gen, Str s)
{
    fputs("STR_INIT(", gen->out);
    gen_write_c_string(gen, s);
    fputs(")", gen->out);
}

static void write_path(Gen *gen, const Path *path, Buf *rows, size_t *step_at)
{
    for (size_t i = 0; i < path->step_count; i++) {
        fputs("{", gen->out);
        write_str(gen, path->steps[i].name);
        fputs(",", gen->out);
        write_str(gen, path->steps[i].where_name);
        fputs(",", gen->out);
        write_str(gen, path->steps[i].where_value);
        fputs("},\n", gen->out);
    }
    const Type *leaf = &gen->type_list[path->type];
    Str name = leaf->kind == KIND_BACKBONE ? STR("BackboneElement") : leaf->name;
    buf_format(rows, "{fhir_steps + %zu, %zu, STR_INIT(\"" STR_FMT "\"), %u},\n", *step_at,
               path->step_count, STR_ARG(name), path->target);
    *step_at += path->step_count;
}

/* Writes the steps of all paths; collects the path rows; returns how many. */
static size_t write_paths(Gen *gen, const Param *param, Buf *rows, size_t *step_at)
{
    Str expression = json_get_str(param->source, STR("expression"));
    if (str_eq(json_get_str(param->source, STR("type")), STR("composite")))
        return 0;
    static Parse parses[PATHS_MAX];
    size_t count = 0, paths = 0;
    Str rest = expression;
    while (rest.len) {
        if (count == PATHS_MAX)
            gen_die("an expression has too many parts");
        Parse *p = &parses[count];
        *p = (Parse){.gen = gen,
                     .type = gen->type_list[param->type].name,
                     .rest = str_trim(str_cut(&rest, '|'))};
        bool sound = parse_path(p);
        if (sound && p->foreign)
            continue;
        if (!sound || p->rest.len || !p->now.count || !p->now.paths[0].step_count) {
            fprintf(gen->out, "/* not a plain path: " STR_FMT "." STR_FMT " */\n",
                    STR_ARG(gen->type_list[param->type].name), STR_ARG(param->code));
            return 0;
        }
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < parses[i].now.count; k++, paths++)
            write_path(gen, &parses[i].now.paths[k], rows, step_at);
    }
    return paths;
}

static size_t add_targets(Gen *gen, const Param *param, Buf *rows)
{
    JsonValue *target;
    size_t count = 0;
    for (JsonIter it = json_iter(json_get(param->source, STR("target")));
         json_next(&it, NULL, &target);) {
        uint16_t type = gen_type(gen, json_str(target));
        if (!type || type > gen->resource_count)
            continue;
        buf_format(rows, "%u,", type);
        count++;
    }
    return count;
}

static const char *kind_of(const Param *param)
{
    Str type = json_get_str(param->source, STR("type"));
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_eq(type, str_of(kinds[i].name)))
            return kinds[i].kind;
    }
    gen_die("unknown kind of search parameter " STR_FMT, STR_ARG(type));
}

static void write_params(Gen *gen, const Param *list, size_t count, const Range *paths,
                         const Range *targets)
{
    Range *ranges = arena_array_of(gen->arena, Range, gen->resource_count + 1u);
    fputs("const FhirParam fhir_params[] = {\n", gen->out);
    for (size_t i = 0; i < count; i++) {
        const Param *param = &list[i];
        Range *range = &ranges[param->type];
        if (!range->count++)
            range->first = (uint16_t)i;
        fprintf(gen->out, "{%zu,%u,%s,", i + 1, param->type, kind_of(param));
        write_str(gen, param->code);
        fputs(",", gen->out);
        write_str(gen, json_get_str(param->source, STR("url")));
        fputs(",", gen->out);
        write_str(gen, json_get_str(param->source, STR("description")));
        fprintf(gen->out, ",fhir_paths + %u,%u,fhir_param_targets + %u,%u},\n", paths[i].first,
                paths[i].count, targets[i].first, targets[i].count);
    }
    fputs("};\n\nconst Range fhir_param_ranges[] = {\n", gen->out);
    for (uint16_t t = 0; t <= gen->resource_count; t++)
        fprintf(gen->out, "{%u,%u},\n", ranges[t].first, ranges[t].count);
    fputs("};\n\n", gen->out);
}

void gen_write_search(Gen *gen)
{
    Param *list = arena_array_of(gen->arena, Param, PARAMS_MAX);
    size_t count = collect_params(gen, list), step_at = 0, path_at = 0, target_at = 0;
    Range *paths = arena_array_of(gen->arena, Range, count);
    Range *targets = arena_array_of(gen->arena, Range, count);
    Buf path_rows, target_rows;
    buf_init(&path_rows, gen->arena, 1 << 20, (size_t)16 << 20);
    buf_init(&target_rows, gen->arena, 1 << 20, (size_t)16 << 20);
    fputs("static const FhirStep fhir_steps[] = {\n", gen->out);
    for (size_t i = 0; i < count; i++) {
        if (i && !compare_params(&list[i - 1], &list[i]))
            gen_die("two search parameters are called " STR_FMT, STR_ARG(list[i].code));
        paths[i] =
            (Range){(uint16_t)path_at, (uint16_t)write_paths(gen, &list[i], &path_rows, &step_at)};
        targets[i] =
            (Range){(uint16_t)target_at, (uint16_t)add_targets(gen, &list[i], &target_rows)};
        path_at += paths[i].count;
        target_at += targets[i].count;
    }
    if (path_at > UINT16_MAX || target_at > UINT16_MAX)
        gen_die("too many paths");
    fprintf(gen->out,
            "{{0},{0},{0}}};\n\nstatic const FhirPath fhir_paths[] = {\n" STR_FMT
            "{0}};\n\nstatic const uint16_t fhir_param_targets[] = {" STR_FMT "0};\n\n",
            STR_ARG(buf_str(&path_rows)), STR_ARG(buf_str(&target_rows)));
    write_params(gen, list, count, paths, targets);
}

/* ---- compartments ------------------------------------------------------------------------ */

static size_t write_compartment_codes(Gen *gen, const JsonValue *compartment, size_t at,
                                      Range *ranges)
{
    JsonValue *resource, *code;
    for (JsonIter it = json_iter(json_get(compartment, STR("resource")));
         json_next(&it, NULL, &resource);) {
        uint16_t type = gen_type(gen, json_get_str(resource, STR("code")));
        JsonValue *params = json_get(resource, STR("param"));
        if (!type || type > gen->resource_count)
            continue;
        ranges[type] = (Range){(uint16_t)at, (uint16_t)json_count(params)};
        for (JsonIter p = json_iter(params); json_next(&p, NULL, &code); at++) {
            write_str(gen, json_str(code));
            fputs(",\n", gen->out);
        }
    }
    return at;
}

void gen_write_compartments(Gen *gen)
{
    enum { COMPARTMENTS_MAX = 16 };
    Range *ranges[COMPARTMENTS_MAX];
    Str names[COMPARTMENTS_MAX];
    size_t count = 0, at = 0;
    JsonValue *compartment;
    fputs("const Str fhir_compartment_codes[] = {\n", gen->out);
    for (JsonIter it = json_iter(gen->resources);
         gen_next_resource(&it, STR("CompartmentDefinition"), &compartment);) {
        if (count == COMPARTMENTS_MAX)
            gen_die("too many compartments");
        ranges[count] = arena_array_of(gen->arena, Range, gen->resource_count + 1u);
        names[count] = json_get_str(compartment, STR("code"));
        at = write_compartment_codes(gen, compartment, at, ranges[count++]);
    }
    fputs("STR_INIT(\"\")};\n\n", gen->out);
    for (size_t i = 0; i < count; i++) {
        fprintf(gen->out, "static const Range compartment_%zu[] = {", i);
        for (uint16_t t = 0; t <= gen->resource_count; t++)
            fprintf(gen->out, "{%u,%u},", ranges[i][t].first, ranges[i][t].count);
        fputs("};\n", gen->out);
    }
    fputs("const CompartmentRow fhir_compartments[] = {\n", gen->out);
    for (size_t i = 0; i < count; i++) {
        fputs("{", gen->out);
        write_str(gen, names[i]);
        fprintf(gen->out, ", compartment_%zu},\n", i);
    }
    fprintf(gen->out, "{STR_INIT(\"\"), 0}};\nconst uint16_t fhir_compartment_count = %zu;\n\n",
            count);
}
